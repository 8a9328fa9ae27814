//! ECS: lists by page, descriptions by batch, `failures` for what is not there.
//!
//! Source: Amazon ECS API Reference.

use std::ops::Bound;

use serde_json::{Value, json};

use super::{Answer, Read, after, listed, output, size, text_of, without};
use crate::call::Call;
use crate::estate::{Estate, Table};
use crate::token;
use crate::wire::Refusal;

pub(crate) const OPERATIONS: &[(&str, Read)] = &[
    ("ListClusters", list_clusters),
    ("DescribeClusters", describe_clusters),
    ("ListServices", |e, c| list_within(e, c, &e.services, "serviceArns", 10, is_service)),
    ("DescribeServices", describe_services),
    ("ListTasks", list_tasks),
    ("DescribeTasks", |e, c| describe_within(e, c, &e.tasks, ("tasks", "task", "tasks"))),
    ("ListContainerInstances", list_container_instances),
    ("DescribeContainerInstances", |e, c| {
        describe_within(e, c, &e.container_instances, ("containerInstances", "container-instance", "containerInstances"))
    }),
    ("DescribeCapacityProviders", describe_capacity_providers),
    ("ListTaskDefinitionFamilies", list_families),
    ("ListTaskDefinitions", list_task_definitions),
    ("DescribeTaskDefinition", describe_task_definition),
];

const MOST_IN_A_PAGE: i64 = 100;

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "InvalidParameterException", message)
}

fn no_cluster() -> Refusal {
    Refusal::new(400, "ClusterNotFoundException", "Cluster not found.")
}

fn asks(call: &Call, what: &str) -> bool {
    call.texts("include").iter().any(|asked| asked == what)
}

/// The ARN of the cluster that a name or ARN means.
fn cluster_arn(estate: &Estate, id: &str) -> String {
    if id.starts_with("arn:") { id.to_owned() } else { estate.arn("ecs", &format!("cluster/{id}")) }
}

/// The name of the cluster that the call is about, which must be there.
fn cluster<'e>(estate: &'e Estate, call: &Call) -> Result<&'e str, Refusal> {
    let arn = cluster_arn(estate, call.text("cluster").unwrap_or("default"));
    let (arn, _) = estate.clusters.get_key_value(&arn).ok_or_else(no_cluster)?;
    Ok(arn.rsplit('/').next().unwrap_or_default())
}

fn list_clusters(estate: &Estate, call: &Call) -> Answer {
    let most = size(call, "maxResults", (1, MOST_IN_A_PAGE, 100), invalid)?;
    list(call, &estate.clusters, "", ("clusterArns", most), |_, _| true)
}

/// A page of ARNs of those below `prefix` that `keep` likes.
fn list(call: &Call, table: &Table, prefix: &str, (name, most): (&str, usize), keep: impl FnMut(&str, &Value) -> bool) -> Answer {
    let after = after(call, "nextToken", invalid)?;
    let (page, last) = token::page(table, prefix, after.as_deref(), most, keep);
    let arns = page.into_iter().map(|(arn, _)| json!(arn)).collect();
    output(listed((name, arns), ("nextToken", last.map(|last| token::seal(call, &last, call.text("nextToken"))))))
}

fn list_within(estate: &Estate, call: &Call, table: &Table, name: &str, default: usize, keep: impl Fn(&Call, &Value) -> bool) -> Answer {
    let cluster = cluster(estate, call)?;
    let most = size(call, "maxResults", (1, MOST_IN_A_PAGE, default), invalid)?;
    let kind = match name {
        "serviceArns" => "service",
        "taskArns" => "task",
        _ => "container-instance",
    };
    let prefix = estate.arn("ecs", &format!("{kind}/{cluster}/"));
    list(call, table, &prefix, (name, most), |_, object| keep(call, object))
}

/// Whether the object has what the call asks for, if it asks.
fn fits(call: &Call, object: &Value, asked: &str, member: &str) -> bool {
    call.text(asked).is_none_or(|asked| text_of(object, member) == asked)
}

fn is_service(call: &Call, service: &Value) -> bool {
    text_of(service, "status") != "INACTIVE"
        && fits(call, service, "launchType", "launchType")
        && fits(call, service, "schedulingStrategy", "schedulingStrategy")
}

fn list_tasks(estate: &Estate, call: &Call) -> Answer {
    if call.text("startedBy").is_some() && ["family", "serviceName", "containerInstance"].iter().any(|one| call.text(one).is_some()) {
        return Err(invalid("startedBy must be the only filter".into()));
    }
    // Stopped tasks are listed only if asked for.
    let status = call.text("desiredStatus").unwrap_or("RUNNING");
    let service = call.text("serviceName").map(|name| format!("service:{name}"));
    let family = call.text("family").map(|family| format!("task-definition/{family}:"));
    list_within(estate, call, &estate.tasks, "taskArns", 100, |call, task| {
        text_of(task, "desiredStatus") == status
            && fits(call, task, "startedBy", "startedBy")
            && fits(call, task, "containerInstance", "containerInstanceArn")
            && fits(call, task, "launchType", "launchType")
            && service.as_deref().is_none_or(|group| text_of(task, "group") == group)
            && family.as_deref().is_none_or(|family| text_of(task, "taskDefinitionArn").contains(family))
    })
}

fn list_container_instances(estate: &Estate, call: &Call) -> Answer {
    if call.text("filter").is_some() {
        return Err(invalid("cluster query language is not stood in for".into()));
    }
    list_within(estate, call, &estate.container_instances, "containerInstanceArns", 100, |call, instance| {
        text_of(instance, "status") != "INACTIVE" && fits(call, instance, "status", "status")
    })
}

/// The ids that a call describes, at least one and at most `most`.
fn batch(call: &Call, name: &str, most: usize) -> Result<Vec<String>, Refusal> {
    let ids = call.texts(name);
    match ids.len() {
        0 => Err(invalid(format!("{name} cannot be empty."))),
        count if count > most => Err(invalid(format!("{name} can have at most {most} items."))),
        _ => Ok(ids),
    }
}

fn missing(arn: &str) -> Value {
    json!({"arn": arn, "reason": "MISSING"})
}

fn describe_clusters(estate: &Estate, call: &Call) -> Answer {
    let mut ids = call.texts("clusters");
    if ids.is_empty() {
        ids.push("default".into());
    }
    if ids.len() > 100 {
        return Err(invalid("clusters can have at most 100 items.".into()));
    }
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    for id in ids {
        let arn = cluster_arn(estate, &id);
        let Some(cluster) = estate.clusters.get(&arn) else {
            failures.push(missing(&arn));
            continue;
        };
        let mut cluster = cluster.clone();
        if let Some(members) = cluster.as_object_mut() {
            // Settings, tags and statistics that were not asked for are empty lists, which do not
            // mean that there are none.
            for (asked, member) in [("SETTINGS", "settings"), ("TAGS", "tags"), ("STATISTICS", "statistics")] {
                if !asks(call, asked) {
                    members.insert(member.into(), json!([]));
                }
            }
            for (asked, member) in
                [("CONFIGURATIONS", "configuration"), ("ATTACHMENTS", "attachments"), ("ATTACHMENTS", "attachmentsStatus")]
            {
                if !asks(call, asked) {
                    members.remove(member);
                }
            }
        }
        clusters.push(cluster);
    }
    output(json!({"clusters": clusters, "failures": failures}))
}

fn describe_services(estate: &Estate, call: &Call) -> Answer {
    let cluster = cluster(estate, call)?;
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for id in batch(call, "services", 10)? {
        let name = id.rsplit('/').next().unwrap_or_default();
        let arn = estate.arn("ecs", &format!("service/{cluster}/{name}"));
        match estate.services.get(&arn) {
            Some(service) => services.push(tagged(call, service)),
            None => failures.push(missing(&arn)),
        }
    }
    output(json!({"services": services, "failures": failures}))
}

/// The object, with its tags only if they were asked for.
fn tagged(call: &Call, object: &Value) -> Value {
    if asks(call, "TAGS") { object.clone() } else { without(object, &["tags"]) }
}

fn describe_within(estate: &Estate, call: &Call, table: &Table, (asked, kind, name): (&str, &str, &str)) -> Answer {
    let cluster = cluster(estate, call)?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for id in batch(call, asked, 100)? {
        let short = id.rsplit('/').next().unwrap_or_default();
        let arn = estate.arn("ecs", &format!("{kind}/{cluster}/{short}"));
        match table.get(&arn) {
            Some(object) => found.push(tagged(call, object)),
            None => failures.push(missing(&arn)),
        }
    }
    let mut answer = json!({"failures": failures});
    if let Some(members) = answer.as_object_mut() {
        members.insert(name.into(), Value::Array(found));
    }
    output(answer)
}

fn describe_capacity_providers(estate: &Estate, call: &Call) -> Answer {
    let most = size(call, "maxResults", (1, 10, 10), invalid)?;
    let names = call.texts("capacityProviders");
    if !names.is_empty() {
        if names.len() > 100 {
            return Err(invalid("capacityProviders can have at most 100 items.".into()));
        }
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for id in names {
            let name = id.rsplit('/').next().unwrap_or_default();
            match estate.capacity_providers.get(name) {
                Some(provider) => found.push(tagged(call, provider)),
                None => failures.push(missing(&estate.arn("ecs", &format!("capacity-provider/{name}")))),
            }
        }
        return output(json!({"capacityProviders": found, "failures": failures}));
    }
    let after = after(call, "nextToken", invalid)?;
    let (page, last) = token::page(&estate.capacity_providers, "", after.as_deref(), most, |_, _| true);
    let found = page.into_iter().map(|(_, provider)| tagged(call, provider)).collect();
    output(listed(("capacityProviders", found), ("nextToken", last.map(|last| token::seal(call, &last, call.text("nextToken"))))))
}

fn status(definition: &Value) -> &str {
    definition.pointer("/taskDefinition/status").and_then(Value::as_str).unwrap_or_default()
}

/// Revisions of one family, lowest first.
fn revisions<'e>(estate: &'e Estate, family: &str) -> impl DoubleEndedIterator<Item = (u64, &'e Value)> {
    estate.task_definitions.range((family.to_owned(), 0)..=(family.to_owned(), u64::MAX)).map(|((_, revision), value)| (*revision, value))
}

fn list_families(estate: &Estate, call: &Call) -> Answer {
    let most = size(call, "maxResults", (1, MOST_IN_A_PAGE, 100), invalid)?;
    let prefix = call.text("familyPrefix").unwrap_or_default();
    let wanted = call.text("status").unwrap_or("ALL");
    let after = after(call, "nextToken", invalid)?;
    let mut from = after.map_or(Bound::Included((prefix.to_owned(), 0)), |family| Bound::Excluded((family, u64::MAX)));
    let mut families: Vec<String> = Vec::new();
    let mut last = None;
    while let Some(((family, _), _)) = estate.task_definitions.range((from.clone(), Bound::Unbounded)).next() {
        if !family.starts_with(prefix) {
            break;
        }
        let active = revisions(estate, family).any(|(_, definition)| status(definition) == "ACTIVE");
        if wanted == "ALL" || (wanted == "ACTIVE") == active {
            if families.len() == most {
                last = families.last().cloned();
                break;
            }
            families.push(family.clone());
        }
        from = Bound::Excluded((family.clone(), u64::MAX));
    }
    let families = families.into_iter().map(Value::String).collect();
    output(listed(("families", families), ("nextToken", last.map(|last| token::seal(call, &last, call.text("nextToken"))))))
}

fn list_task_definitions(estate: &Estate, call: &Call) -> Answer {
    let most = size(call, "maxResults", (1, MOST_IN_A_PAGE, 100), invalid)?;
    let wanted = call.text("status").unwrap_or("ACTIVE");
    let descending = match call.text("sort").unwrap_or("ASC") {
        "ASC" => false,
        "DESC" => true,
        other => return Err(invalid(format!("sort must be ASC or DESC, got {other}"))),
    };
    let after = match after(call, "nextToken", invalid)? {
        None => None,
        Some(last) => {
            let (family, revision) = last.rsplit_once(':').unwrap_or((&last, "0"));
            Some((family.to_owned(), revision.parse().unwrap_or_default()))
        }
    };
    // A family named in full, or all of them.
    let (mut low, mut high) = match call.text("familyPrefix") {
        Some(family) => (Bound::Included((family.to_owned(), 0)), Bound::Included((family.to_owned(), u64::MAX))),
        None => (Bound::Unbounded, Bound::Unbounded),
    };
    if let Some(after) = after {
        *(if descending { &mut high } else { &mut low }) = Bound::Excluded(after);
    }
    // A range that ends before it begins would panic.
    if let (Bound::Included(low) | Bound::Excluded(low), Bound::Included(high) | Bound::Excluded(high)) = (&low, &high)
        && low >= high
    {
        return output(json!({"taskDefinitionArns": []}));
    }
    let range = estate.task_definitions.range((low, high));
    let mut keys: Box<dyn Iterator<Item = _>> = if descending { Box::new(range.rev()) } else { Box::new(range) };
    let mut given = Vec::new();
    let mut last = None;
    let mut more = false;
    for ((family, revision), definition) in keys.by_ref().filter(|(_, definition)| status(definition) == wanted) {
        if given.len() == most {
            more = true;
            break;
        }
        given.push(json!(definition.pointer("/taskDefinition/taskDefinitionArn")));
        last = Some(format!("{family}:{revision}"));
    }
    let last = last.filter(|_| more);
    output(listed(("taskDefinitionArns", given), ("nextToken", last.map(|last| token::seal(call, &last, call.text("nextToken"))))))
}

fn describe_task_definition(estate: &Estate, call: &Call) -> Answer {
    let unknown = || Refusal::new(400, "ClientException", "Unable to describe task definition.");
    let id =
        call.text("taskDefinition").ok_or_else(|| Refusal::new(400, "ClientException", "TaskDefinition should not be null or empty"))?;
    let id = id.rsplit('/').next().unwrap_or_default();
    let definition = match id.rsplit_once(':') {
        Some((family, revision)) => {
            let revision = revision.parse().map_err(|_| unknown())?;
            estate.task_definitions.get(&(family.to_owned(), revision))
        }
        None => revisions(estate, id).rev().map(|(_, definition)| definition).find(|definition| status(definition) == "ACTIVE"),
    };
    output(tagged(call, definition.ok_or_else(unknown)?))
}
