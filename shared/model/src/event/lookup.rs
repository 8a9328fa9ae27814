//! Looking into what was sent and answered, within bounds.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Arn, Key, Snapshot, arn};

/// Deeper parts of a body are not looked at.
const DEEPEST: usize = 16;
/// More parts of a body are not looked at.
const MOST_NODES: usize = 10_000;
/// Longest identifier: the longest ARN.
const LONGEST: usize = 2048;

/// What a call sent and was answered, and what is known of its account and Region.
pub(super) struct Request<'a> {
    /// Name of the call.
    pub(super) name: &'a str,
    /// Account the call was made in.
    pub(super) account: &'a str,
    /// What is known.
    pub(super) snapshot: Option<&'a Snapshot>,
    parameters: &'a Value,
    nested: Option<&'a Value>,
    answer: &'a Value,
    resources: &'a Value,
}

impl<'a> Request<'a> {
    pub(super) fn new(detail: &'a Value, name: &'a str, account: &'a str, snapshot: Option<&'a Snapshot>) -> Self {
        let parameters = detail.get("requestParameters").unwrap_or(&Value::Null);
        let nested = parameters.get(format!("{name}Request"));
        let of = |name: &str| detail.get(name).unwrap_or(&Value::Null);
        Self { name, account, snapshot, parameters, nested, answer: of("responseElements"), resources: of("resources") }
    }

    /// The parameter `name` (camel case). Newer EC2 calls nest their parameters and begin their names
    /// with a capital.
    pub(super) fn field(&self, name: &str) -> Option<&'a Value> {
        let capital = capitalised(name);
        [Some(self.parameters), self.nested]
            .into_iter()
            .flatten()
            .find_map(|body| body.get(name).or_else(|| body.get(capital.as_str())))
            .filter(|value| !value.is_null())
    }

    /// Names of the parameters that were sent.
    pub(super) fn field_names(&self) -> impl Iterator<Item = &'a str> {
        self.parameters.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str())
    }

    /// The parameter as a plain text.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.field(name).and_then(Value::as_str).filter(|text| is_plain(text))
    }

    /// What `key` makes of every text in these parameters, whether a parameter is one, a list, or
    /// wrapped in `items` or `content`. If there is too much to look at, everything is stale.
    pub(super) fn keys_in(&self, names: &[&str], key: impl Fn(&str) -> BTreeSet<Key>) -> BTreeSet<Key> {
        names.iter().filter_map(|name| self.field(name)).flat_map(|value| harvest(value, &key)).collect()
    }

    /// What `key` makes of every text in the answer.
    pub(super) fn keys_in_answer(&self, key: impl Fn(&str) -> BTreeSet<Key>) -> BTreeSet<Key> {
        harvest(self.answer, key)
    }

    /// What `key` makes of every text in the list of what the call was about, which only some services fill.
    pub(super) fn keys_in_resources(&self, key: impl Fn(&str) -> BTreeSet<Key>) -> BTreeSet<Key> {
        harvest(self.resources, key)
    }

    /// What `key` makes of everything sent and answered.
    pub(super) fn harvest(&self, key: impl Fn(&str) -> BTreeSet<Key>) -> BTreeSet<Key> {
        let mut keys = harvest(self.parameters, &key);
        keys.extend(harvest(self.answer, &key));
        keys
    }
}

fn harvest(body: &Value, key: impl Fn(&str) -> BTreeSet<Key>) -> BTreeSet<Key> {
    let (texts, complete) = strings(body);
    let mut keys: BTreeSet<Key> = texts.into_iter().flat_map(key).collect();
    if !complete {
        keys.insert(Key::Account);
    }
    keys
}

/// Every plain text in `value`, and whether all of it was looked at.
fn strings(value: &Value) -> (Vec<&str>, bool) {
    let mut found = Vec::new();
    let mut waiting = vec![(value, 0_usize)];
    let mut nodes = 0_usize;
    let mut complete = true;
    while let Some((value, depth)) = waiting.pop() {
        nodes += 1;
        if nodes > MOST_NODES {
            return (found, false);
        }
        match value {
            Value::String(text) if is_plain(text) => found.push(text.as_str()),
            Value::Array(_) | Value::Object(_) if depth >= DEEPEST => complete = false,
            Value::Array(list) => waiting.extend(list.iter().rev().map(|inner| (inner, depth + 1))),
            Value::Object(map) => waiting.extend(map.values().rev().map(|inner| (inner, depth + 1))),
            _ => {}
        }
    }
    (found, complete)
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// `text` without control characters, cut after `most` characters.
pub(super) fn bounded(text: &str, most: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(most).collect()
}

/// The keys that an ARN of a service that is read stands for; none for any other text.
pub(super) fn arn_keys(text: &str, account: &str, snapshot: Option<&Snapshot>) -> BTreeSet<Key> {
    let Ok(arn) = text.parse::<Arn>() else { return BTreeSet::new() };
    // AWS-managed policies and the account's own resources; those of others are theirs to scan.
    if arn.account != account && !(arn.service == "iam" && arn.account == "aws") {
        return BTreeSet::new();
    }
    let parts: Vec<&str> = arn.resource.split('/').collect();
    let last = || arn::last_segment(&arn.resource).to_owned();
    let key = match (arn.service.as_str(), parts.as_slice()) {
        ("ecs", ["cluster", name]) => Key::Cluster((*name).to_owned()),
        ("ecs", ["service", cluster, name] | ["service-deployment" | "service-revision" | "task-set", cluster, name, _]) => {
            Key::Service(format!("{cluster}/{name}"))
        }
        // The older form names no cluster: only what is known of the service does.
        ("ecs", ["service", _]) => match service_cluster(text, snapshot) {
            Some(cluster) => Key::Service(format!("{cluster}/{}", last())),
            None => Key::Account,
        },
        ("ecs", ["task-definition", name]) => Key::Family(arn::family_and_revision(name).0.to_owned()),
        ("ecs", ["container-instance", cluster, _]) => Key::ContainerInstances((*cluster).to_owned()),
        ("ecs", ["task", cluster, _]) => match task_service(text, snapshot) {
            Some(service) => Key::Service(format!("{cluster}/{service}")),
            None => Key::Cluster((*cluster).to_owned()),
        },
        ("ecs", ["capacity-provider", name]) => Key::CapacityProvider((*name).to_owned()),
        ("iam", ["role", ..]) => Key::Role(last()),
        ("iam", ["policy", ..]) => Key::Policy(text.to_owned()),
        ("iam", ["instance-profile", ..]) => Key::InstanceProfile(last()),
        ("secretsmanager", _) if arn.resource.starts_with("secret:") => Key::Secret(text.to_owned()),
        ("kms", ["key", _]) => Key::KmsKey(text.to_owned()),
        ("ecr", ["repository", ..]) => Key::Repository(arn.resource_name().to_owned()),
        ("elasticloadbalancing", ["loadbalancer", "app" | "net" | "gwy", _, _]) => Key::LoadBalancer(text.to_owned()),
        ("elasticloadbalancing", ["listener" | "listener-rule", kind, name, id, ..]) => {
            let Arn { partition, service, region, account, .. } = &arn;
            Key::LoadBalancer(format!("arn:{partition}:{service}:{region}:{account}:loadbalancer/{kind}/{name}/{id}"))
        }
        ("elasticloadbalancing", ["targetgroup", _, _]) => Key::TargetGroup(text.to_owned()),
        _ => return BTreeSet::new(),
    };
    [key].into()
}

fn service_cluster(arn: &str, snapshot: Option<&Snapshot>) -> Option<String> {
    let service = snapshot?.services.get(arn)?.value()?;
    Some(arn::last_segment(&service.cluster_arn).to_owned()).filter(|cluster| !cluster.is_empty())
}

fn task_service(arn: &str, snapshot: Option<&Snapshot>) -> Option<String> {
    let task = snapshot?.tasks.get(arn)?.value()?;
    task.group.as_deref()?.strip_prefix("service:").map(str::to_owned)
}
