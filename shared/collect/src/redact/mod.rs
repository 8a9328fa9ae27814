//! Turns raw JSON of ECS objects, as the API and the AWS CLI give it, into the model's types, with
//! every value that may hold a secret examined and replaced.
//!
//! A field unknown to the model never enters the snapshot, but its strings are examined like any
//! other. One set of surfaces serves the live reading and the file loader.

mod allow;
mod container;
mod convert;

use serde_json::{Map, Value};
use wallwalk_model::redacted::RedactedPair;
use wallwalk_model::{Fact, Snapshot, ec2, ecs};
use wallwalk_secrets::{Context, Key, RULES_VERSION, Stage, Subject, examine};

use convert::{has_credential, pair};

/// Version of what is kept of a task definition; a new one has the revisions in use read once more.
const KEPT: u32 = 2;

/// By which rules a task definition is examined and what is kept of it.
#[must_use]
pub fn examined_by() -> String {
    format!("{RULES_VERSION}/{KEPT}")
}

/// An object whose JSON does not have the form it should.
pub type Malformed = String;

/// A task definition revision: the `taskDefinition` and the `tags` that stand beside it.
///
/// # Errors
/// A sentence, if the JSON is no task definition.
pub fn task_definition(raw: Value, tags: &Value, key: &Key) -> Result<ecs::TaskDefinition, Malformed> {
    let Value::Object(mut map) = raw else { return Err("a task definition is not an object".into()) };
    let family = text(&map, "family").to_owned();
    let mut other = Vec::new();
    if let Some(Value::Array(containers)) = map.get_mut("containerDefinitions") {
        for (n, one) in containers.iter_mut().enumerate() {
            container::definition(one, &format!("/containerDefinitions/{n}"), &family, key);
        }
    }
    if let Some(Value::Array(volumes)) = map.get_mut("volumes") {
        for (n, volume) in volumes.iter_mut().enumerate() {
            self::volume(volume, &format!("/volumes/{n}"), key, &mut other);
        }
    }
    let words = [family.as_str()];
    let context = Context { siblings: &[], words: &words, stage: Stage::Deployed };
    for field in ["proxyConfiguration", "inferenceAccelerators", "ephemeralStorage", "placementConstraints"] {
        if let Some(value) = map.get(field) {
            let surface = if field == "proxyConfiguration" { "proxy-property" } else { "other-text" };
            leaves(value, field, &format!("/{field}"), surface, &context, key, &mut other);
        }
    }
    map.remove("proxyConfiguration");
    let tags = self::tags(tags, "/tags", key, &mut other);
    map.insert("tags".into(), tags);
    map.insert("otherText".into(), json(&other));
    map.insert("rulesVersion".into(), Value::String(examined_by()));
    let definition: ecs::TaskDefinition = typed(Value::Object(map), "task definition")?;
    if definition.task_definition_arn.is_empty() {
        return Err("a task definition has no taskDefinitionArn".into());
    }
    Ok(definition)
}

/// A task.
///
/// # Errors
/// A sentence, if the JSON is no task.
pub fn task(raw: Value, key: &Key) -> Result<ecs::Task, Malformed> {
    let Value::Object(mut map) = raw else { return Err("a task is not an object".into()) };
    if let Some(Value::Object(overrides)) = map.get_mut("overrides")
        && let Some(Value::Array(containers)) = overrides.get_mut("containerOverrides")
    {
        for (n, one) in containers.iter_mut().enumerate() {
            container::overrides(one, &format!("/overrides/containerOverrides/{n}"), key);
        }
    }
    retag(&mut map, key);
    let task: ecs::Task = typed(Value::Object(map), "task")?;
    if task.task_arn.is_empty() { Err("a task has no taskArn".into()) } else { Ok(task) }
}

/// A service.
///
/// # Errors
/// A sentence, if the JSON is no service.
pub fn service(raw: Value, key: &Key) -> Result<ecs::Service, Malformed> {
    let Value::Object(mut map) = raw else { return Err("a service is not an object".into()) };
    if let Some(Value::Array(deployments)) = map.get_mut("deployments") {
        for (n, deployment) in deployments.iter_mut().enumerate() {
            let log = deployment.pointer_mut("/serviceConnectConfiguration/logConfiguration");
            if let Some(Value::Object(log)) = log {
                let pointer = format!("/deployments/{n}/serviceConnectConfiguration/logConfiguration/options");
                container::options(log, &pointer, "service-log-option", allow::LOG_OPTIONS, &Context::default(), key);
            }
        }
    }
    retag(&mut map, key);
    let service: ecs::Service = typed(Value::Object(map), "service")?;
    if service.service_arn.is_empty() { Err("a service has no serviceArn".into()) } else { Ok(service) }
}

/// A cluster.
///
/// # Errors
/// A sentence, if the JSON is no cluster.
pub fn cluster(raw: Value, key: &Key) -> Result<ecs::Cluster, Malformed> {
    let Value::Object(mut map) = raw else { return Err("a cluster is not an object".into()) };
    retag(&mut map, key);
    let cluster: ecs::Cluster = typed(Value::Object(map), "cluster")?;
    if cluster.cluster_arn.is_empty() { Err("a cluster has no clusterArn".into()) } else { Ok(cluster) }
}

/// A container instance.
///
/// # Errors
/// A sentence, if the JSON is no container instance.
pub fn container_instance(raw: Value, key: &Key) -> Result<ecs::ContainerInstance, Malformed> {
    let Value::Object(mut map) = raw else { return Err("a container instance is not an object".into()) };
    retag(&mut map, key);
    let instance: ecs::ContainerInstance = typed(Value::Object(map), "container instance")?;
    if instance.container_instance_arn.is_empty() { Err("a container instance has no containerInstanceArn".into()) } else { Ok(instance) }
}

/// Withholds the values of tags that hold credentials, on every object that is not ECS's own.
pub fn scrub_tags(snapshot: &mut Snapshot, key: &Key) {
    macro_rules! scrub {
        ($($table:ident),*) => {
            $(for reading in snapshot.$table.values_mut() {
                if let Fact::Known(object) = &mut reading.fact {
                    object.tags.iter_mut().for_each(|tag| withhold(tag, key));
                }
            })*
        };
    }
    scrub!(security_groups, subnets, vpcs, instances, roles, users, secrets);
}

fn withhold(tag: &mut ec2::Tag, key: &Key) {
    let Some(value) = &tag.value else { return };
    let examined = examine(&Subject { name: Some(&tag.key), value: value.as_str().into() }, &Context::default(), key);
    if has_credential(&examined) {
        tag.value = None;
    }
}

fn retag(map: &mut Map<String, Value>, key: &Key) {
    if let Some(tags) = map.remove("tags") {
        let mut withheld = Vec::new();
        map.insert("tags".into(), self::tags(&tags, "/tags", key, &mut withheld));
    }
}

/// Tags with the values that hold credentials withheld; those are noted in `other`.
fn tags(tags: &Value, pointer: &str, key: &Key, other: &mut Vec<RedactedPair>) -> Value {
    let mut kept = Vec::new();
    for (n, tag) in tags.as_array().map(Vec::as_slice).unwrap_or_default().iter().enumerate() {
        let name = tag.get("key").and_then(Value::as_str).unwrap_or_default();
        let value = tag.get("value").and_then(Value::as_str).unwrap_or_default();
        let pair = pair(name, value, &format!("{pointer}/{n}/value"), "tag", &Context::default(), key);
        if convert::is_credential(&pair.value) {
            kept.push(serde_json::json!({ "key": name }));
            other.push(pair);
        } else {
            kept.push(serde_json::json!({ "key": name, "value": value }));
        }
    }
    Value::Array(kept)
}

fn volume(volume: &mut Value, pointer: &str, key: &Key, other: &mut Vec<RedactedPair>) {
    if let Some(credentials) = volume.pointer_mut("/fsxWindowsFileServerVolumeConfiguration/authorizationConfig") {
        let pointer = format!("{pointer}/fsxWindowsFileServerVolumeConfiguration/authorizationConfig");
        container::withhold(credentials, "credentialsParameter", &pointer, key, other);
    }
    let Some(Value::Object(docker)) = volume.get_mut("dockerVolumeConfiguration") else { return };
    let context = Context::default();
    if let Some(Value::Object(labels)) = docker.remove("labels") {
        for (name, value) in &labels {
            let pair = pair(
                name,
                value.as_str().unwrap_or_default(),
                &format!("{pointer}/dockerVolumeConfiguration/labels"),
                "volume-option",
                &context,
                key,
            );
            if !pair.value.sightings.is_empty() {
                other.push(pair);
            }
        }
    }
    if let Some(Value::Object(options)) = docker.remove("driverOpts") {
        let pairs: Vec<RedactedPair> = options
            .iter()
            .map(|(name, value)| {
                let value = value.as_str().unwrap_or_default();
                let mut pair =
                    pair(name, value, &format!("{pointer}/dockerVolumeConfiguration/driverOpts"), "volume-option", &context, key);
                // The options of a mount are name=value pairs of their own.
                for option in value.split(',').filter(|_| name == "o") {
                    if let Some((inner, value)) = option.split_once('=') {
                        let inner = convert::pair(
                            inner,
                            value,
                            &format!("{pointer}/dockerVolumeConfiguration/driverOpts/o"),
                            "volume-option",
                            &context,
                            key,
                        );
                        pair.value.sightings.extend(inner.value.sightings);
                    }
                }
                pair.clear = allow::driver_option(name, value);
                pair
            })
            .collect();
        docker.insert("driverOpts".into(), json(&pairs));
    }
}

/// Notes every string leaf below `value` that betrays something.
fn leaves(value: &Value, name: &str, pointer: &str, surface: &str, context: &Context<'_>, key: &Key, other: &mut Vec<RedactedPair>) {
    match value {
        Value::String(text) => {
            let pair = pair(name, text, pointer, surface, context, key);
            if convert::is_credential(&pair.value) {
                other.push(pair);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                leaves(item, name, &format!("{pointer}/{n}"), surface, context, key, other);
            }
        }
        Value::Object(map) => {
            // A name/value pair is one thing.
            if let (Some(Value::String(inner)), Some(Value::String(text))) = (map.get("name"), map.get("value")) {
                leaves(&Value::String(text.clone()), inner, &format!("{pointer}/value"), surface, context, key, other);
                return;
            }
            for (inner, item) in map {
                leaves(item, inner, &format!("{pointer}/{}", inner.replace('~', "~0").replace('/', "~1")), surface, context, key, other);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> &'a str {
    map.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The error of serde would repeat the value it stumbled over, so only its place is told.
fn typed<T: serde::de::DeserializeOwned>(value: Value, what: &str) -> Result<T, Malformed> {
    serde_json::from_value(value).map_err(|_| format!("a {what} does not have the form the API documents"))
}

fn json<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
