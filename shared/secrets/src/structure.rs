//! References, and values with an inner structure: URLs, connection strings, JSON, encoded text.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::entropy::shannon;
use crate::examine::{Class, Confidence, Examiner, Stage};
use crate::name::{NameClass, classify};
use crate::{shape, weak};

const FOREIGN_STORES: &[&str] =
    &["vault:", "op://", "ssm://", "sm://", "secretref:", "awssm:", "gcp:secret", "keyvault", "@Microsoft.KeyVault(", "ENC[", "sops:"];

/// Whether the value says where a secret is, rather than being one.
pub(crate) fn is_reference(value: &str) -> bool {
    value.starts_with("arn:") && value.split(':').count() >= 6
        || FOREIGN_STORES.iter().any(|prefix| value.starts_with(prefix))
        || (value.starts_with("ref+") && value.contains("://"))
        || is_kms_ciphertext(value)
}

fn is_kms_ciphertext(value: &str) -> bool {
    value.len() >= 100 && (value.starts_with("AQICA") || value.starts_with("AQECA")) && value.bytes().all(is_base64)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// Records a reference. Says whether the value is one.
pub(crate) fn reference(examiner: &mut Examiner<'_>, name: &str, class: NameClass, value: &str) -> bool {
    if value.starts_with("arn:") && is_reference(value) {
        let kind = match value.split(':').nth(2) {
            Some("secretsmanager") => "aws-secret",
            Some("ssm") => "aws-parameter",
            _ => "arn",
        };
        examiner.reference(kind, value);
        return true;
    }
    if is_reference(value) {
        let kind = if is_kms_ciphertext(value) { "kms-ciphertext" } else { "foreign-store" };
        examiner.reference(kind, "");
        return true;
    }
    if is_variable(value) {
        if examiner.context.stage == Stage::Deployed && class == NameClass::Credential {
            examiner.sight(Class::Placeholder, "unresolved-variable", Confidence::High, value.as_bytes());
        }
        return true;
    }
    if shape::is_path(value) {
        let lower = name.to_ascii_lowercase();
        let parameter = ["_parameter", "_ssm", "_path"].iter().any(|tail| lower.ends_with(tail)) && !lower.ends_with("file_path");
        examiner.reference(if parameter { "aws-parameter" } else { "file" }, value);
        return true;
    }
    if let Some((host, port)) = shape::host_and_port(value) {
        examiner.host(&host, port, None);
        return true;
    }
    let hosts: Vec<_> = value.split(',').map(|part| shape::host_and_port(part.trim())).collect();
    if hosts.len() > 1 && hosts.iter().all(Option::is_some) {
        for (host, port) in hosts.into_iter().flatten() {
            examiner.host(&host, port, None);
        }
        return true;
    }
    false
}

/// The whole value is `${NAME}`, `$NAME` in capitals, `%NAME%`, `{{ … }}`, `<…>` or `__NAME__`.
fn is_variable(value: &str) -> bool {
    let dollar = value
        .strip_prefix('$')
        .is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'));
    let wrapped = [("${", "}"), ("{{", "}}"), ("<", ">"), ("%", "%"), ("__", "__")]
        .iter()
        .any(|(open, close)| value.len() > open.len() + close.len() && value.starts_with(open) && value.ends_with(close));
    dollar || (wrapped && weak::is_placeholder(value))
}

/// Takes a structured value apart. Says whether that decided.
pub(crate) fn structure(examiner: &mut Examiner<'_>, name: &str, class: NameClass, value: &str, depth: usize) -> bool {
    pem(examiner, value)
        || url(examiner, name, value, depth)
        || connection_string(examiner, value, depth)
        || authorization(examiner, value, depth)
        || json(examiner, value, depth)
        || jwt(examiner, value)
        || lines(examiner, value, depth)
        || hash(examiner, value)
        || encoded(examiner, name, class, value, depth)
}

fn pem(examiner: &mut Examiner<'_>, value: &str) -> bool {
    if value.contains("-----BEGIN") {
        if value.contains("PRIVATE KEY") {
            let confidence = if value.contains("ENCRYPTED") { Confidence::Medium } else { Confidence::High };
            examiner.sight(Class::Secret, "private-key", confidence, value.as_bytes());
        } else {
            examiner.sight(Class::Publishable, "public-key", Confidence::High, value.as_bytes());
        }
        return true;
    }
    if ["ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-"].iter().any(|prefix| value.starts_with(prefix)) {
        examiner.sight(Class::Publishable, "ssh-public-key", Confidence::High, value.as_bytes());
        return true;
    }
    false
}

const QUERY_KEYS: &[&str] =
    &["sig", "signature", "x-amz-signature", "token", "access_token", "api_key", "apikey", "password", "pwd", "secret", "code"];

fn url(examiner: &mut Examiner<'_>, name: &str, value: &str, depth: usize) -> bool {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest))
            if !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-' | b':')) =>
        {
            (scheme.rsplit(':').next().unwrap_or(scheme), rest)
        }
        _ => return false,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let mut authority = rest.get(..end).unwrap_or(rest);
    // A password may hold a slash: then the `@` stands behind it.
    if !authority.contains('@')
        && let Some(at) = rest.rfind('@')
        && authority.split_once(':').is_some_and(|(user, text)| !user.is_empty() && text.parse::<u16>().is_err())
        && rest.get(at + 1..).is_some_and(|host| shape::host_and_port(host.split(['/', '?', '#']).next().unwrap_or_default()).is_some())
    {
        let tail = rest.get(at..).unwrap_or_default();
        let host_end = tail.find(['/', '?', '#']).unwrap_or(tail.len());
        authority = rest.get(..at + host_end).unwrap_or(rest);
    }
    let hosts = match authority.rsplit_once('@') {
        Some((info, hosts)) => {
            let dsn = classify(name) == NameClass::Publishable;
            match info.split_once(':') {
                Some((user, password)) => examiner.inner("password", &percent_decoded(password), Some(user), depth),
                None if info.len() >= 16 && shannon(info.as_bytes()) >= 3.0 => {
                    let class = if dsn || hosts.contains("sentry") { Class::Publishable } else { Class::Secret };
                    examiner.sight(class, "url-userinfo", Confidence::High, info.as_bytes());
                }
                None => {}
            }
            hosts
        }
        None => authority,
    };
    for host in hosts.split(',') {
        let (host, port) = host.rsplit_once(':').map_or((host, None), |(h, p)| p.parse().map_or((host, None), |p| (h, Some(p))));
        if !host.is_empty() {
            examiner.host(host.trim_matches(['[', ']']), port, Some(scheme));
        }
    }
    if let Some((_, query)) = rest.split_once('?') {
        for pair in query.split(['&', '#']) {
            if let Some((key, inner)) = pair.split_once('=') {
                let known = QUERY_KEYS.contains(&key.to_ascii_lowercase().as_str());
                if known || (key.eq_ignore_ascii_case("key") && shannon(inner.as_bytes()) >= 3.0) {
                    let name = if known && classify(key) == NameClass::Credential { key } else { "token" };
                    examiner.inner(name, &percent_decoded(inner), None, depth);
                }
            }
        }
    }
    for hit in crate::formats::find(value.as_bytes()) {
        examiner.sight_of(hit.format.class, hit.format.id, Some(hit.format.provider), Confidence::High, &hit.credential);
    }
    true
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `key=value;key=value`, `user:password@tcp(host)/db`, JDBC `user/password@`.
fn connection_string(examiner: &mut Examiner<'_>, value: &str, depth: usize) -> bool {
    if let Some((before, after)) = value.split_once("@tcp(")
        && let Some((user, password)) = before.split_once(':')
    {
        examiner.inner("password", password, Some(user), depth);
        let target = after.split(')').next().unwrap_or_default();
        if let Some((host, port)) = shape::host_and_port(target) {
            examiner.host(&host, port, None);
        }
        return true;
    }
    if let Some(rest) = value.strip_prefix("jdbc:oracle:thin:")
        && let Some((user, rest)) = rest.split_once('/')
        && let Some((password, _)) = rest.split_once('@')
    {
        examiner.inner("password", password, Some(user), depth);
        return true;
    }
    let pairs: Vec<(&str, &str)> = value.split(';').filter_map(|pair| pair.split_once('=')).collect();
    let parts = value.split(';').filter(|part| !part.trim().is_empty()).count();
    if parts >= 2 && pairs.len() == parts && !value.contains('\n') {
        for (key, inner) in pairs {
            member(examiner, key.trim(), inner, depth);
        }
        return true;
    }
    false
}

fn member(examiner: &mut Examiner<'_>, key: &str, inner: &str, depth: usize) {
    let key = if key.eq_ignore_ascii_case("accountkey") || key.eq_ignore_ascii_case("sharedaccesskey") { "access_key" } else { key };
    examiner.inner(key, inner, None, depth);
}

/// `Basic …`, `Bearer …`, with or without `Authorization:`; header lists `k=v,k2=v2`.
fn authorization(examiner: &mut Examiner<'_>, value: &str, depth: usize) -> bool {
    let lower = value.to_ascii_lowercase();
    let text = if lower.starts_with("authorization:") || lower.starts_with("authorization=") {
        value.get("authorization:".len()..).unwrap_or_default().trim()
    } else {
        value
    };
    let mut words = text.splitn(2, ' ');
    match (words.next().map(str::to_ascii_lowercase).as_deref(), words.next().map(str::trim)) {
        (Some("basic"), Some(rest)) if !rest.is_empty() && rest.bytes().all(is_base64) => {
            let decoded = decode(rest).unwrap_or_else(|| rest.to_owned());
            let (user, password) = decoded.split_once(':').unwrap_or(("", &decoded));
            examiner.inner("password", password, Some(user), depth);
            true
        }
        (Some("bearer"), Some(rest)) if !rest.is_empty() && !rest.contains(' ') => {
            examiner.inner("token", rest, None, depth);
            true
        }
        _ => false,
    }
}

fn json(examiner: &mut Examiner<'_>, value: &str, depth: usize) -> bool {
    if !value.starts_with(['{', '[']) {
        return false;
    }
    let Ok(parsed) = serde_json::from_str::<Value>(value) else { return false };
    walk(examiner, "", &parsed, depth);
    true
}

fn walk(examiner: &mut Examiner<'_>, name: &str, value: &Value, depth: usize) {
    match value {
        Value::Object(map) => {
            if let (Some(Value::String(kty)), Some(d)) = (map.get("kty"), map.get("d").or_else(|| map.get("k")).and_then(Value::as_str))
                && !kty.is_empty()
            {
                examiner.sight(Class::Secret, "private-jwk", Confidence::High, d.as_bytes());
                return;
            }
            if let (Some(Value::String(key)), Some(Value::String(inner))) = (map.get("name"), map.get("value")) {
                examiner.inner(key, inner, None, depth);
                return;
            }
            let user = map.iter().find(|(key, _)| key.to_ascii_lowercase().ends_with("username")).and_then(|(_, user)| user.as_str());
            for (key, inner) in map {
                match inner {
                    Value::String(text) if key == "auth" => {
                        let decoded = decode(text).unwrap_or_else(|| text.clone());
                        let (user, password) = decoded.split_once(':').unwrap_or(("", &decoded));
                        examiner.inner("password", password, Some(user), depth);
                    }
                    Value::String(text) => examiner.inner(key, text, user, depth),
                    other => walk(examiner, key, other, depth + 1),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(examiner, name, item, depth + 1)),
        Value::String(text) => examiner.inner(name, text, None, depth),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn jwt(examiner: &mut Examiner<'_>, value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return false };
    let object = |part: &str| decode(part).and_then(|text| serde_json::from_str::<Value>(&text).ok()).filter(Value::is_object);
    let Some(header) = object(header) else { return false };
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let claims = object(claims).unwrap_or_default();
    if !algorithm.eq_ignore_ascii_case("none") && !signature.is_empty() {
        let anonymous = claims.get("role").and_then(Value::as_str) == Some("anon");
        let class = if anonymous { Class::Publishable } else { Class::Secret };
        examiner.sight(class, "jwt", Confidence::High, value.as_bytes());
    }
    true
}

/// `.env`, properties, INI or YAML text of at least two lines.
fn lines(examiner: &mut Examiner<'_>, value: &str, depth: usize) -> bool {
    let lines: Vec<&str> = value.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let pairs: Vec<(&str, &str)> = lines.iter().filter_map(|line| line.split_once('=').or_else(|| line.split_once(": "))).collect();
    if pairs.len() < 2 || pairs.len() * 2 < lines.len() {
        return false;
    }
    for (key, inner) in pairs {
        examiner.inner(key.trim().trim_start_matches("export "), inner.trim(), None, depth);
    }
    true
}

const HASHES: &[&str] = &["$apr1$", "$2a$", "$2b$", "$2y$", "$argon2", "$5$", "$6$", "{SHA}", "pbkdf2_"];

fn hash(examiner: &mut Examiner<'_>, value: &str) -> bool {
    let single = value.replace("$$", "$");
    let text =
        single.split_once(':').map_or(single.as_str(), |(_, hash)| if hash.starts_with(['$', '{']) { hash } else { single.as_str() });
    let found = HASHES.iter().any(|prefix| text.starts_with(prefix)) && text.len() >= 20;
    if found {
        examiner.sight(Class::Secret, "password-hash", Confidence::Medium, text.as_bytes());
    }
    found
}

/// Base 64 of printable text is examined as that text; random bytes are left to the other rules.
fn encoded(examiner: &mut Examiner<'_>, name: &str, class: NameClass, value: &str, depth: usize) -> bool {
    if value.len() < 24 || !value.bytes().all(is_base64) || depth >= 2 {
        return false;
    }
    let Some(text) = decode(value).filter(|text| text.chars().all(|c| !c.is_control() || c.is_whitespace()) && text.is_ascii()) else {
        return false;
    };
    if class == NameClass::Credential {
        return false;
    }
    examiner.inner(name, &text, None, depth);
    true
}

fn decode(text: &str) -> Option<String> {
    let text = text.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?;
    String::from_utf8(bytes).ok()
}
