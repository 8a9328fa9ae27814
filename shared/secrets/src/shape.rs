//! What a value looks like, apart from whether it is a secret.

use crate::entropy::{classes, shannon};

/// The kind of a value. Kinds are safe to keep.
pub(crate) fn kind(value: &str) -> &'static str {
    let lower = value.to_ascii_lowercase();
    if is_absent(&lower) {
        return "absent";
    }
    match lower.as_str() {
        "true" | "false" | "yes" | "no" | "on" | "off" => return "bool",
        _ => {}
    }
    if value.parse::<f64>().is_ok() && value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+')) {
        return "number";
    }
    if is_duration(&lower) {
        return "duration";
    }
    if is_uuid(value) {
        return "uuid";
    }
    if is_digest(&lower) {
        return "digest";
    }
    if value.contains("://") {
        return "url";
    }
    if host_and_port(value).is_some() {
        return "host";
    }
    if is_email(value) {
        return "email";
    }
    if is_path(value) {
        return "path";
    }
    if (value.starts_with('{') || value.starts_with('[')) && serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok() {
        return "json";
    }
    "text"
}

/// Values that say that there is none. The argument is in lower case.
pub(crate) fn is_absent(lower: &str) -> bool {
    matches!(lower, "" | "none" | "null" | "nil" | "n/a" | "-" | "false" | "disabled")
}

fn is_duration(lower: &str) -> bool {
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = lower.get(digits.len()..).unwrap_or_default();
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(unit, "ms" | "s" | "m" | "h" | "d" | "w" | "sec" | "min" | "days")
}

/// `8-4-4-4-12` hexadecimal digits.
pub(crate) fn is_uuid(value: &str) -> bool {
    let groups: Vec<&str> = value.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_digest(lower: &str) -> bool {
    lower.split_once(':').is_some_and(|(algorithm, hex)| {
        matches!(algorithm, "sha256" | "sha384" | "sha512" | "md5" | "sha1")
            && hex.len() >= 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

pub(crate) fn is_email(value: &str) -> bool {
    value.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && is_host(host) && !user.contains(|c: char| c.is_whitespace() || matches!(c, ':' | '/'))
    })
}

/// `host`, `host:port` or an IP address, with at least one dot or the name `localhost`.
pub(crate) fn host_and_port(value: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match value.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
        None => (value, None),
    };
    let known = host == "localhost" || host.parse::<core::net::IpAddr>().is_ok() || (host.contains('.') && is_host(host));
    // `1.4` and `v2.3.1` are versions, and a file name is no host either.
    let last = host.rsplit('.').next().unwrap_or_default();
    let versionlike = host.parse::<core::net::IpAddr>().is_err() && last.bytes().all(|byte| byte.is_ascii_digit());
    let address = host.parse::<core::net::IpAddr>().is_ok();
    (known && !versionlike && (address || port.is_some() || last.len() >= 2)).then(|| (host.to_owned(), port))
}

fn is_host(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
                && !label.starts_with('-')
        })
}

const ROOTS: &[&str] =
    &["run", "var", "etc", "home", "opt", "app", "usr", "mnt", "certs", "secrets", "tmp", "vault", "data", "srv", "dev", "proc"];

/// An absolute path, unless a segment looks like base 64, which may begin with a slash.
pub(crate) fn is_path(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('/').or_else(|| value.strip_prefix("file:/")) else { return false };
    let segments: Vec<&str> = rest.trim_start_matches('/').split('/').collect();
    let plain = segments.iter().all(|segment| {
        segment.len() <= 64 && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    });
    let random = segments.iter().any(|segment| segment.len() >= 20 && classes(segment) >= 3 && shannon(segment.as_bytes()) >= 3.8);
    plain && !random && (segments.len() >= 2 || segments.first().is_some_and(|first| ROOTS.contains(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let cases = [
            ("", "absent"),
            ("None", "absent"),
            ("yes", "bool"),
            ("8080", "number"),
            ("1.5", "number"),
            ("15m", "duration"),
            ("6f1e2c3a-1111-2222-3333-444455556666", "uuid"),
            ("https://example.com/x", "url"),
            ("db.example.com:5432", "host"),
            ("10.0.0.1", "host"),
            ("ops@example.com", "email"),
            ("/run/secrets/db", "path"),
            ("[1, 2]", "json"),
            ("hello world", "text"),
            ("v1.2.3", "text"),
        ];
        for (value, expected) in cases {
            assert_eq!(kind(value), expected, "{value}");
        }
        assert_eq!(kind(&format!("sha256:{}", "0".repeat(64))), "digest");
    }

    #[test]
    fn base64_that_begins_with_a_slash_is_no_path() {
        let random: String = "qW3eRt5yUi7oPa9sDf1gHj3kL".chars().collect();
        assert!(!is_path(&format!("/{random}/x")));
        assert!(is_path("/app/config/settings.json"));
    }
}
