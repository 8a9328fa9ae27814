//! Checks of what workloads lead to: clusters, hosts, roles, security groups, secrets.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_findings::Facts;
use wallwalk_findings::verdict::{Resource, Subject};
use wallwalk_model::secrets::{Secret, StoreReference};
use wallwalk_model::{Fact, Gap, Reading, Time, arn};

use super::{Docket, applies, settle, unless};
use crate::check::{Finding, Judged};
use crate::estate::{
    ClusterView, Estate, GroupView, Host, HostGroup, Os, RoleKind, RoleView, SecretView, Trace, Workload, WorkloadView,
    host_groups as groups_of, host_kind, store_references,
};
use crate::roles::RoleFacts;
use crate::roles::paths::runs_movable_tag;

fn plain(id: &str, label: String, kind: &str, resource: &str) -> Subject {
    Subject { id: id.to_owned(), label, resource: Resource::new(kind, resource), ..Subject::default() }
}

pub(super) fn clusters(docket: &mut Docket<'_, '_>, logic: fn(&ClusterView<'_>) -> Judged) {
    let estate = docket.estate;
    for (cluster_arn, reading) in estate.snapshot.clusters() {
        let name = arn::last_segment(cluster_arn);
        let trace = Trace::default();
        let judged = trace.see(format!("cluster:{name}"), reading).and_then(|cluster| {
            let workloads: Vec<_> = estate.workloads.iter().filter(|workload| workload.cluster == Some(name)).collect();
            workloads.iter().for_each(|workload| trace.rest_on(workload));
            logic(&ClusterView { estate, name, cluster, workloads, trace: &trace })
        });
        let mut subject = plain(name, format!("cluster {name}"), "AwsEcsCluster", cluster_arn);
        subject.cluster = Some(name.to_owned());
        docket.note(subject, judged, 0, &trace, (&Facts::default(), reading.read_at));
    }
}

pub(super) fn host_groups(docket: &mut Docket<'_, '_>, logic: fn(&HostGroup<'_>) -> Judged) {
    let (estate, check) = (docket.estate, docket.check);
    for (id, members) in groups_of(estate) {
        let trace = Trace::default();
        let mut unread = None;
        let mut hosts = Vec::new();
        for (host_arn, reading) in &members.rows {
            match trace.see(format!("ci:{}", arn::cluster_of(host_arn).unwrap_or_default()), reading) {
                Ok(container_instance) => hosts.push(Host { arn: host_arn, container_instance }),
                Err(one) => unread = unread.or(Some(one)),
            }
        }
        let launch = host_kind(estate, &trace, &members.rows);
        let windows = hosts.iter().any(|host| {
            let os = host.container_instance.attributes.iter().find(|one| one.name == "ecs.os-type").and_then(|one| one.value.as_deref());
            os.is_some_and(|os| os.eq_ignore_ascii_case("windows"))
        });
        let applies = applies(check.not_on, &launch, if windows { Os::Windows } else { Os::Linux });
        let resource = members.rows.first().map_or("", |(arn, _)| arn);
        let group = HostGroup { estate, id: id.clone(), launch, hosts, trace: &trace };
        let hidden = unread.or_else(|| members.hidden.as_ref().map(|(gap, _)| gap.clone()));
        let judged = if group.hosts.is_empty() {
            Err(hidden.unwrap_or_else(|| Gap::not_asked("ecs:DescribeContainerInstances")))
        } else {
            unless(hidden.as_ref(), settle(&applies, || logic(&group)))
        };
        let at_least = members.hidden.map_or(Time::default(), |(_, at)| at);
        let subject = plain(&id, id.replace('/', " "), "Other", resource);
        docket.note(subject, judged, 0, &trace, (&Facts::default(), at_least));
    }
}

pub(super) fn roles<'a>(docket: &mut Docket<'_, 'a>, roles: &BTreeMap<String, RoleFacts<'a>>, logic: fn(&RoleView<'_>) -> Judged) {
    let (estate, info) = (docket.estate, &docket.check.info);
    for (role_arn, facts) in roles {
        let trace = Trace::default();
        let judged = facts.seen(&trace).and_then(|_| logic(&RoleView { estate, facts, trace: &trace }));
        let steps = if matches!(judged, Ok(Finding::Failed(_))) { role_steps(estate, info.name, facts) } else { 0 };
        let subject = plain(&facts.name, format!("role {}", facts.name), "AwsIamRole", role_arn);
        docket.note(subject, judged, steps, &trace, (&facts.basis, facts.read_at));
    }
}

/// Checks for which it counts, too, that an image may be replaced by whoever pushes one.
const MOVED_BY_TAGS: &[&str] = &["role-admin-equivalent", "role-can-escalate"];

/// One up if a workload that uses the role is exposed, privileged, on the host network, or runs what
/// others may replace; one down if no task has used it for long.
fn role_steps(estate: &Estate<'_>, check: &str, facts: &RoleFacts<'_>) -> i32 {
    let trace = Trace::default();
    let (mut running, mut endangered) = (false, false);
    let users = facts.users.iter().filter_map(|position| estate.workloads.get(*position));
    for workload in users.filter(|workload| !workload.latent) {
        for revision in &workload.revisions {
            let Ok(definition) = revision.definition else { continue };
            if ![revision.task_role(), revision.execution_role()].contains(&Some(facts.arn.as_str())) {
                continue;
            }
            let view = WorkloadView { estate, workload, revision, definition, trace: &trace };
            running |= !workload.tasks.is_empty();
            endangered = endangered
                || definition.container_definitions.iter().any(|container| container.privileged == Some(true))
                || definition.network_mode.as_deref() == Some("host")
                || MOVED_BY_TAGS.contains(&check) && runs_movable_tag(estate, definition)
                || view.exposed() == Ok(true);
        }
    }
    let last_used = facts.reading.as_ref().ok().and_then(|reading| reading.value()?.role_last_used.as_ref()?.last_used_date);
    let of_tasks = facts.uses.iter().all(|(kind, _)| *kind != RoleKind::Instance);
    let idle = of_tasks && !running && last_used.is_some_and(|used| used.plus_days(estate.settings.unused_days) < estate.now);
    i32::from(endangered) - i32::from(idle)
}

pub(super) fn groups(docket: &mut Docket<'_, '_>, logic: fn(&GroupView<'_>) -> Judged) {
    let estate = docket.estate;
    let snapshot = estate.snapshot;
    let mut carriers: BTreeMap<String, Vec<&Workload<'_>>> = BTreeMap::new();
    for workload in &estate.workloads {
        let configured =
            workload.revisions.iter().flat_map(|revision| &revision.networks).flat_map(|network| network.security_groups.iter().cloned());
        let running = estate
            .interfaces(workload)
            .into_iter()
            .filter_map(|(_, reading)| reading?.value())
            .flat_map(|interface| interface.groups.iter().map(|group| group.group_id.clone()));
        for id in configured.chain(running).collect::<BTreeSet<_>>() {
            carriers.entry(id).or_default().push(workload);
        }
    }
    let unseen = estate.unseen_carrier();
    for (id, carriers) in &carriers {
        let trace = Trace::default();
        carriers.iter().for_each(|workload| trace.rest_on(workload));
        let judged =
            trace.need(format!("sg:{id}"), snapshot, &snapshot.security_groups, id, "ec2:DescribeSecurityGroups").and_then(|group| {
                crate::segmentation::rules(estate, &trace, std::slice::from_ref(id))?;
                let rules = estate.rules.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
                logic(&GroupView { estate, id, group, rules, carriers: carriers.clone(), unseen: unseen.clone(), trace: &trace })
            });
        let name = snapshot.security_groups.get(id).and_then(Reading::value).and_then(|group| group.group_name.clone());
        let label = name.map_or_else(|| format!("security group {id}"), |name| format!("security group {id} ({name})"));
        let place = &snapshot.place;
        let resource = format!("arn:{}:ec2:{}:{}:security-group/{id}", place.partition, place.region, place.account);
        let subject = plain(id, label, "AwsEc2SecurityGroup", &resource);
        docket.note(subject, judged, 0, &trace, (&Facts::default(), Time::default()));
    }
}

/// A secret as workloads refer to it.
#[derive(Default)]
struct Referred<'a> {
    key: String,
    /// Why there would be no reading.
    missing: Option<Gap>,
    reading: Option<&'a Reading<Secret>>,
    users: BTreeMap<&'a str, &'a Workload<'a>>,
}

pub(super) fn secrets(docket: &mut Docket<'_, '_>, logic: fn(&SecretView<'_>) -> Judged) {
    let estate = docket.estate;
    let mut referred: BTreeMap<String, Referred<'_>> = BTreeMap::new();
    for workload in &estate.workloads {
        for definition in workload.revisions.iter().filter_map(|revision| revision.definition.as_ref().ok()) {
            for (_, reference, _) in definition.container_definitions.iter().flat_map(store_references) {
                let StoreReference::Secret { id, .. } = &reference else { continue };
                let found = estate.secret(id);
                let key = found.map_or(id.as_str(), |(key, _)| key);
                let reading = found.map(|(_, reading)| reading);
                let name = reading.and_then(Reading::value).map_or_else(|| name_in(key), |secret| &secret.name);
                // A name means something in one account and Region only.
                let subject =
                    estate.elsewhere(&reference).map_or_else(|| name.to_owned(), |(account, region)| format!("{account}/{region}/{name}"));
                let one = referred.entry(subject).or_default();
                one.missing.get_or_insert_with(|| estate.not_looked_up("secretsmanager:DescribeSecret", &reference));
                one.users.insert(&workload.label, workload);
                if one.reading.and_then(Reading::value).is_none() {
                    one.key = key.to_owned();
                    one.reading = reading.or(one.reading);
                }
            }
        }
    }
    for (name, Referred { key, missing, reading, users }) in referred {
        // That it is gone is another check's finding.
        if reading.is_some_and(|reading| matches!(reading.fact, Fact::Absent)) {
            continue;
        }
        let trace = Trace::default();
        users.values().for_each(|workload| trace.rest_on(workload));
        let judged = reading
            .ok_or_else(|| missing.unwrap_or_else(|| Gap::not_asked("secretsmanager:DescribeSecret")))
            .and_then(|reading| trace.see(format!("secret:{key}"), reading))
            .and_then(|secret| {
                logic(&SecretView { estate, secret, users: users.keys().map(|label| (*label).to_owned()).collect(), trace: &trace })
            });
        let subject = plain(&name, format!("secret {name}"), "AwsSecretsManagerSecret", &key);
        docket.note(subject, judged, 0, &trace, (&Facts::default(), Time::default()));
    }
}

/// The name in a secret's ARN without the six random characters, or the name itself. A secret that
/// could not be read keeps its identity this way.
fn name_in(reference: &str) -> &str {
    let Some((_, name)) = reference.split_once(":secret:") else { return reference };
    match name.rsplit_once('-') {
        Some((stem, suffix)) if suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()) => stem,
        _ => name,
    }
}
