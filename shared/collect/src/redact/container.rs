//! Containers of task definitions and their overrides.

use serde_json::{Map, Value};
use wallwalk_model::redacted::RedactedPair;
use wallwalk_model::secrets::StoreReference;
use wallwalk_secrets::{Context, Key, Stage, argv};

use super::convert::{self, Spot, pair};
use super::{allow, json, leaves, text};

/// Fields whose strings are structure: names, paths, ports, references. Everything else is examined.
const HARMLESS: &[&str] = &[
    "name",
    "image",
    "secrets",
    "environmentFiles",
    "portMappings",
    "mountPoints",
    "volumesFrom",
    "dependsOn",
    "ulimits",
    "resourceRequirements",
    "repositoryCredentials",
    "linuxParameters",
    "restartPolicy",
    "versionConsistency",
    "credentialSpecs",
    "links",
];

/// Replaces the values of a container definition.
pub(super) fn definition(container: &mut Value, pointer: &str, family: &str, key: &Key) {
    let Value::Object(map) = container else { return };
    let name = text(map, "name").to_owned();
    let image = text(map, "image").to_owned();
    let words: Vec<&str> = image.split(['/', ':', '@']).skip(1).chain([family, name.as_str()]).collect();
    values(map, pointer, &words, "container-environment", "command", key);
    let context = Context { siblings: &[], words: &words, stage: Stage::Deployed };
    if let Some(Value::Object(check)) = map.get_mut("healthCheck") {
        replace_command(check, "command", &format!("{pointer}/healthCheck/command"), "health-check", &context, key);
    }
    if let Some(Value::Object(labels)) = map.remove("dockerLabels") {
        let pairs: Vec<RedactedPair> = labels
            .iter()
            .map(|(name, value)| {
                let place = format!("{pointer}/dockerLabels/{}", name.replace('~', "~0").replace('/', "~1"));
                pair(name, value.as_str().unwrap_or_default(), &place, "docker-label", &context, key)
            })
            .collect();
        map.insert("dockerLabels".into(), json(&pairs));
    }
    if let Some(Value::Object(log)) = map.get_mut("logConfiguration") {
        options(log, &format!("{pointer}/logConfiguration/options"), "log-option", allow::LOG_OPTIONS, &context, key);
    }
    if let Some(Value::Object(router)) = map.get_mut("firelensConfiguration") {
        options(router, &format!("{pointer}/firelensConfiguration/options"), "firelens-option", allow::FIRELENS_OPTIONS, &context, key);
    }
    let mut other = Vec::new();
    references(map, pointer, key, &mut other);
    let handled = ["environment", "command", "entryPoint", "healthCheck", "dockerLabels", "logConfiguration", "firelensConfiguration"];
    let fields: Vec<String> =
        map.keys().filter(|field| !handled.contains(&field.as_str()) && !HARMLESS.contains(&field.as_str())).cloned().collect();
    for field in fields {
        let before = other.len();
        if let Some(value) = map.get(&field) {
            leaves(value, &field, &format!("{pointer}/{field}"), "other-text", &context, key, &mut other);
        }
        // A value that holds a credential does not stay in a field the model keeps.
        if other.len() > before {
            map.remove(&field);
        }
    }
    map.insert("otherText".into(), json(&other));
}

/// Stands where a reference was that is none.
const WITHHELD: &str = "(withheld)";

/// Withholds what was pasted where a reference to a secret belongs: a credential, or what cannot be
/// the name of a parameter or secret.
fn references(map: &mut Map<String, Value>, pointer: &str, key: &Key, other: &mut Vec<RedactedPair>) {
    let secrets = map.get_mut("secrets");
    withhold_each(secrets, &format!("{pointer}/secrets"), key, other);
    let options = map.get_mut("logConfiguration").and_then(|log| log.get_mut("secretOptions"));
    withhold_each(options, &format!("{pointer}/logConfiguration/secretOptions"), key, other);
    if let Some(credentials) = map.get_mut("repositoryCredentials") {
        withhold(credentials, "credentialsParameter", &format!("{pointer}/repositoryCredentials"), key, other);
    }
    for (n, spec) in map.get_mut("credentialSpecs").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        let named = spec.as_str().and_then(|spec| spec.split_once(':')).is_some_and(|(kind, from)| {
            ["credentialspec", "credentialspecdomainless"].contains(&kind) && (from.starts_with("arn:") || from.starts_with("file:"))
        });
        if !named {
            let text = spec.as_str().unwrap_or_default().to_owned();
            other.push(pair("", &text, &format!("{pointer}/credentialSpecs/{n}"), "other-text", &Context::default(), key));
            *spec = Value::String(WITHHELD.into());
        }
    }
}

fn withhold_each(entries: Option<&mut Value>, pointer: &str, key: &Key, other: &mut Vec<RedactedPair>) {
    for (n, entry) in entries.and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        withhold(entry, "valueFrom", &format!("{pointer}/{n}"), key, other);
    }
}

pub(super) fn withhold(entry: &mut Value, field: &str, pointer: &str, key: &Key, other: &mut Vec<RedactedPair>) {
    let name = entry.get("name").and_then(Value::as_str).unwrap_or(field).to_owned();
    let Some(Value::String(reference)) = entry.get_mut(field) else { return };
    let could_be_a_name = reference.starts_with("arn:") || StoreReference::parse(reference) != StoreReference::Malformed;
    // The name beside a reference says what the secret is for, and would make every reference look like one.
    let named = if could_be_a_name { "" } else { name.as_str() };
    let mut pair = pair(named, reference, &format!("{pointer}/{field}"), "secret-reference", &Context::default(), key);
    if !could_be_a_name || convert::is_credential(&pair.value) {
        WITHHELD.clone_into(reference);
        pair.name = name;
        other.push(pair);
    }
}

/// Replaces the values of a container override.
pub(super) fn overrides(container: &mut Value, pointer: &str, key: &Key) {
    let Value::Object(map) = container else { return };
    let name = text(map, "name").to_owned();
    values(map, pointer, &[name.as_str()], "run-override", "run-override", key);
}

/// Environment, command and entry point.
fn values(map: &mut Map<String, Value>, pointer: &str, words: &[&str], environment: &str, command: &str, key: &Key) {
    let Some(raw) = map.remove("environment") else {
        let context = Context { siblings: &[], words, stage: Stage::Deployed };
        for field in ["command", "entryPoint"] {
            replace_command(map, field, &format!("{pointer}/{field}"), command, &context, key);
        }
        return;
    };
    let entries: Vec<(&str, &str)> = raw
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .map(|entry| {
            let member = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            (member("name"), member("value"))
        })
        .collect();
    let context = Context { siblings: &entries, words, stage: Stage::Deployed };
    let pairs: Vec<RedactedPair> = entries
        .iter()
        .enumerate()
        .map(|(n, (name, value))| pair(name, value, &format!("{pointer}/environment/{n}/value"), environment, &context, key))
        .collect();
    for field in ["command", "entryPoint"] {
        replace_command(map, field, &format!("{pointer}/{field}"), command, &context, key);
    }
    map.insert("environment".into(), json(&pairs));
}

fn replace_command(map: &mut Map<String, Value>, field: &str, pointer: &str, surface: &str, context: &Context<'_>, key: &Key) {
    let Some(raw) = map.remove(field) else { return };
    let words: Vec<&str> = match &raw {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(line) => vec![line.as_str()],
        _ => return,
    };
    if words.is_empty() {
        return;
    }
    let examined = argv(&words, context, key);
    let none = field == "command" && words == ["NONE"];
    let mut command = convert::command(examined, &Spot { name: None, pointer, surface });
    if none {
        command.program = Some("NONE".into());
    }
    map.insert(field.to_owned(), json(&command));
}

/// Replaces an options map by examined pairs; values on the allow-list stay in clear.
pub(super) fn options(map: &mut Map<String, Value>, pointer: &str, surface: &str, allowed: &[&str], context: &Context<'_>, key: &Key) {
    let Some(Value::Object(options)) = map.remove("options") else { return };
    let pairs: Vec<RedactedPair> = options
        .iter()
        .map(|(name, value)| {
            let value = value.as_str().unwrap_or_default();
            // Fluent Bit's `Header` holds a name, a space and a value.
            let (inner, text) = match value.split_once(' ') {
                Some((header, rest)) if name.eq_ignore_ascii_case("header") => (header, rest),
                _ => (name.as_str(), value),
            };
            let mut pair = pair(inner, text, &format!("{pointer}/{name}"), surface, context, key);
            pair.name.clone_from(name);
            let clean = !convert::is_credential(&pair.value);
            pair.clear = (clean && allow::option(name, allowed)).then(|| value.to_owned());
            pair
        })
        .collect();
    map.insert("options".into(), json(&pairs));
}
