//! Whether two renderings of a finding say the same.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::identity::hex;

/// Fields that change without the meaning changing.
const FLEETING: &[&str] = &[
    "CreatedAt",
    "FirstObservedAt",
    "LastObservedAt",
    "UpdatedAt",
    "wallwalk/ecs/first_seen",
    "wallwalk/ecs/last_failed",
    "wallwalk/ecs/product_version",
    "wallwalk/ecs/revision",
    "wallwalk/ecs/in_flight",
    "wallwalk/ecs/change_event_id",
    "wallwalk/ecs/change_event_name",
    "wallwalk/ecs/change_actor",
    "wallwalk/ecs/change_time",
];

/// SHA-256 over the rendered finding without times, product version and attribution, and with
/// identifiers that change with every deployment (revisions, task and interface ids, addresses)
/// replaced by their kind.
///
/// A redeployed, unchanged flaw therefore has the fingerprint it had.
#[must_use]
pub fn fingerprint(finding: &Value, revisions: &[String]) -> String {
    let mut text = String::new();
    canonical(finding, revisions, &mut text);
    hex(&Sha256::digest(text))
}

fn canonical(value: &Value, revisions: &[String], out: &mut String) {
    match value {
        Value::Object(map) => {
            out.push('{');
            let mut keys: Vec<&String> = map.keys().filter(|key| !FLEETING.contains(&key.as_str())).collect();
            keys.sort();
            for key in keys {
                out.push_str(key);
                out.push('=');
                if let Some(member) = map.get(key) {
                    canonical(member, revisions, out);
                }
                out.push(';');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            // While a deployment is in flight, two revisions of one family stand for the same thing.
            let mut seen = BTreeSet::new();
            for item in items {
                let mut text = String::new();
                canonical(item, revisions, &mut text);
                if !seen.contains(&text) {
                    out.push_str(&text);
                    out.push(';');
                    seen.insert(text);
                }
            }
            out.push(']');
        }
        Value::String(text) => out.push_str(&undated(text, revisions)),
        other => out.push_str(&other.to_string()),
    }
}

/// `text` with per-deployment identifiers replaced by their kind.
fn undated(text: &str, revisions: &[String]) -> String {
    let mut text = text.to_owned();
    for revision in revisions {
        if let Some((family, _)) = revision.rsplit_once(':') {
            text = text.replace(revision.as_str(), family);
        }
    }
    let delimiter = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '`' | '"');
    text.split_inclusive(delimiter)
        .map(|piece| {
            let word = piece.trim_end_matches(delimiter);
            let rest = piece.get(word.len()..).unwrap_or_default();
            format!("{}{rest}", undated_word(word))
        })
        .collect()
}

fn undated_word(word: &str) -> String {
    if word.starts_with("eni-") {
        return "eni".into();
    }
    if word.parse::<core::net::IpAddr>().is_ok() {
        return "address".into();
    }
    if let Some((head, tail)) = word.split_once(":task-definition/") {
        let family = tail.split(':').next().unwrap_or(tail);
        return format!("{head}:task-definition/{family}");
    }
    if let Some((head, tail)) = word.split_once(":task/") {
        let cluster = tail.split('/').next().unwrap_or(tail);
        return format!("{head}:task/{cluster}");
    }
    if let Some((head, _)) = word.split_once(":network-interface/") {
        return format!("{head}:network-interface");
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(text: &str, revision: &str, at: &str) -> String {
        fingerprint(&json!({"Title": "t", "Description": text, "UpdatedAt": at}), &[revision.to_owned()])
    }

    #[test]
    fn a_redeployed_unchanged_flaw_has_the_same_fingerprint() {
        let before =
            of("service api → shop-api:41\narn:aws:ecs:r:1:task/shop/aa11 on eni-1 (10.0.0.7)", "shop-api:41", "2026-01-01T00:00:00Z");
        let after =
            of("service api → shop-api:42\narn:aws:ecs:r:1:task/shop/bb22 on eni-2 (10.0.0.9)", "shop-api:42", "2026-02-01T00:00:00Z");
        assert_eq!(before, after);
    }

    #[test]
    fn a_deployment_in_flight_changes_nothing() {
        let arn = |revision: u32| json!({"Id": format!("arn:aws:ecs:r:1:task-definition/shop-api:{revision}")});
        let one = json!({"Resources": [arn(41)], "wallwalk/ecs/revision": "shop-api:41"});
        let two = json!({"Resources": [arn(41), arn(42)], "wallwalk/ecs/revision": "shop-api:41, shop-api:42", "wallwalk/ecs/in_flight": "so does shop-api:42"});
        assert_eq!(fingerprint(&one, &["shop-api:41".into()]), fingerprint(&two, &["shop-api:41".into(), "shop-api:42".into()]));
    }

    #[test]
    fn another_claim_or_range_has_another_fingerprint() {
        let base = of("tcp 8080 from 0.0.0.0/0", "shop-api:41", "x");
        assert_ne!(base, of("tcp 8080 from 10.0.0.0/8", "shop-api:41", "x"));
        assert_ne!(base, of("tcp 22 from 0.0.0.0/0", "shop-api:41", "x"));
    }
}
