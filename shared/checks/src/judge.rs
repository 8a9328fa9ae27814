//! Runs the catalogue over an estate.
//!
//! Holds what is common to all checks: where they do not apply, several revisions in flight, the
//! arithmetic of severities, and that one flaw is one finding.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_findings::verdict::{Certainty, Failure, Outcome, Resource, Subject, Verdict};
use wallwalk_findings::{CheckInfo, Severity};
use wallwalk_model::{Gap, Reading, Snapshot, Time, arn, secrets};

use crate::check::{Check, Finding, Flaw, Judge, Judged, Not};
use crate::estate::{
    ClusterView, Container, Estate, GroupView, Host, HostGroup, Launch, Os, RoleView, SecretView, Trace, Workload, WorkloadView,
};
use crate::{Settings, catalog, is_enabled};

/// What an analysis gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// Verdicts, sorted by check and subject.
    pub verdicts: Vec<Verdict>,
    /// Number of workloads judged.
    pub workloads: usize,
}

/// Judges a snapshot with every check that is enabled. Same input, same output.
#[must_use]
pub fn analyse(snapshot: &Snapshot, settings: &Settings, now: Time) -> Analysis {
    let estate = Estate::new(snapshot, settings, now);
    let mut verdicts = Vec::new();
    for check in catalog::CATALOG.iter().filter(|check| is_enabled(&check.info, settings)) {
        judge(&estate, check, &mut verdicts);
    }
    one_flaw_one_finding(&mut verdicts);
    verdicts.sort_by(|a, b| (&a.check, &a.subject).cmp(&(&b.check, &b.subject)));
    Analysis { verdicts, workloads: estate.workloads.len() }
}

/// Judges a snapshot with one check.
#[must_use]
pub fn analyse_one(check: &Check, snapshot: &Snapshot, settings: &Settings, now: Time) -> Vec<Verdict> {
    let estate = Estate::new(snapshot, settings, now);
    let mut verdicts = Vec::new();
    judge(&estate, check, &mut verdicts);
    verdicts.sort_by(|a, b| a.subject.cmp(&b.subject));
    verdicts
}

fn judge(estate: &Estate<'_>, check: &Check, verdicts: &mut Vec<Verdict>) {
    match check.judge {
        Judge::Container(_) | Judge::Workload(_) => {
            for workload in &estate.workloads {
                verdicts.extend(workload_verdicts(estate, check, workload));
            }
        }
        Judge::Cluster(logic) => clusters(estate, check, logic, verdicts),
        Judge::HostGroup(logic) => host_groups(estate, check, logic, verdicts),
        Judge::Role(logic) => roles(estate, check, logic, verdicts),
        Judge::SecurityGroup(logic) => groups(estate, check, logic, verdicts),
        Judge::Secret(logic) => secrets(estate, check, logic, verdicts),
    }
}

/// What one revision says about one container, or about the workload.
struct Part {
    container: Option<String>,
    revision: String,
    definition: Option<Resource>,
    judged: Judged,
    read_at: Time,
    facts: BTreeSet<String>,
}

fn workload_verdicts(estate: &Estate<'_>, check: &Check, workload: &Workload<'_>) -> Vec<Verdict> {
    let mut parts = Vec::new();
    if let Some(Err(gap)) = &workload.service {
        parts.push(part(None, "", None, Err(gap.clone()), &Trace::default()));
    }
    for revision in &workload.revisions {
        let definition = match &revision.definition {
            Ok(definition) => *definition,
            Err(gap) => {
                parts.push(part(None, &revision.name, None, Err(gap.clone()), &Trace::default()));
                continue;
            }
        };
        let resource = Some(Resource::new("AwsEcsTaskDefinition", revision.arn));
        let applies = applies(check.not_on, &revision.launch, revision.os);
        match check.judge {
            Judge::Container(logic) => {
                for container in &definition.container_definitions {
                    let trace = Trace::default();
                    let judged = settle(&applies, || {
                        let task = WorkloadView { estate, workload, revision, definition, trace: &trace };
                        logic(&Container { task, container })
                    });
                    parts.push(part(Some(container.name.clone()), &revision.name, resource.clone(), judged, &trace));
                }
            }
            Judge::Workload(logic) => {
                let trace = Trace::default();
                let judged = settle(&applies, || logic(&WorkloadView { estate, workload, revision, definition, trace: &trace }));
                parts.push(part(None, &revision.name, resource.clone(), judged, &trace));
            }
            _ => {}
        }
    }
    // A latent family is one finding, whatever its containers.
    if workload.latent {
        for part in &mut parts {
            if let (Some(container), Ok(Finding::Failed(flaw))) = (&part.container, &mut part.judged) {
                flaw.evidence.insert(0, format!("container {container}"));
            }
            part.container = None;
        }
    }
    let mut by_container: BTreeMap<Option<String>, Vec<Part>> = BTreeMap::new();
    for part in parts {
        by_container.entry(part.container.clone()).or_default().push(part);
    }
    by_container
        .into_iter()
        .map(|(container, parts)| {
            let read_at = parts.iter().map(|part| part.read_at).max().unwrap_or_default().max(workload.read_at);
            let facts = parts.iter().flat_map(|part| part.facts.iter().cloned()).chain(workload.facts.iter().cloned()).collect();
            let outcome = joined(estate, &check.info, workload, parts);
            Verdict {
                check: check.info.name.to_owned(),
                subject: workload.subject(container.as_deref()),
                outcome,
                evidence_at: read_at,
                facts,
            }
        })
        .collect()
}

fn part(container: Option<String>, revision: &str, definition: Option<Resource>, judged: Judged, trace: &Trace) -> Part {
    Part { container, revision: revision.to_owned(), definition, judged, read_at: trace.read_at(), facts: trace.facts() }
}

/// Whether a check applies where a revision runs.
enum Applies {
    Yes,
    No(String),
    Open(Gap),
}

fn applies(not_on: &[Not], launch: &Result<Launch, Gap>, os: Os) -> Applies {
    if os == Os::Windows && not_on.contains(&Not::Windows) {
        return Applies::No("Windows".into());
    }
    let kinds: Vec<Launch> = not_on
        .iter()
        .filter_map(|not| match not {
            Not::Fargate => Some(Launch::Fargate),
            Not::ManagedInstances => Some(Launch::ManagedInstances),
            Not::External => Some(Launch::External),
            Not::Windows => None,
        })
        .collect();
    match launch {
        Ok(launch) if kinds.contains(launch) => Applies::No(launch.word().into()),
        Ok(_) => Applies::Yes,
        Err(_) if kinds.is_empty() => Applies::Yes,
        Err(gap) => Applies::Open(gap.clone()),
    }
}

fn settle(applies: &Applies, logic: impl FnOnce() -> Judged) -> Judged {
    match applies {
        Applies::No(reason) => Ok(Finding::NotApplicable(reason.clone())),
        Applies::Yes => logic(),
        // Whether the check applies is open: a failure is open too, a pass is one either way.
        Applies::Open(gap) => match logic()? {
            Finding::Failed(_) => Err(gap.clone()),
            other => Ok(other),
        },
    }
}

/// The outcome of several revisions: failed if one fails, else unknown if one is, else passed.
fn joined(estate: &Estate<'_>, info: &CheckInfo, workload: &Workload<'_>, parts: Vec<Part>) -> Outcome {
    let mut flaws: Vec<(Flaw, String, Option<Resource>)> = Vec::new();
    let (mut gap, mut passed, mut reason) = (None, Vec::new(), None);
    for part in parts {
        match part.judged {
            Ok(Finding::Failed(flaw)) => flaws.push((flaw, part.revision, part.definition)),
            Ok(Finding::Passed) => passed.push(part.revision),
            Ok(Finding::NotApplicable(why)) => reason = reason.or(Some(why)),
            Err(one) => gap = gap.or(Some(one)),
        }
    }
    let severity = |flaw: &Flaw| resolved(estate, info, flaw, workload.latent);
    flaws.sort_by_key(|(flaw, revision, _)| (std::cmp::Reverse((severity(flaw), flaw.certainty == Certainty::Surely)), revision.clone()));
    let Some((first, _, _)) = flaws.first() else {
        return match (gap, passed.is_empty(), reason) {
            (Some(gap), _, _) => Outcome::Unknown(gap),
            (None, false, _) => Outcome::Passed,
            (None, true, Some(reason)) => Outcome::NotApplicable(reason),
            (None, true, None) => Outcome::NotApplicable("nothing to judge".into()),
        };
    };
    let mut failure = failure(severity(first), first);
    failure.revisions = flaws.iter().map(|(_, revision, _)| revision.clone()).filter(|revision| !revision.is_empty()).collect();
    failure.revisions.dedup();
    for (_, _, definition) in &flaws {
        failure.resources.extend(definition.clone());
    }
    let others: BTreeSet<&str> = flaws
        .iter()
        .skip(1)
        .map(|(_, revision, _)| revision.as_str())
        .filter(|revision| Some(*revision) != failure.revisions.first().map(String::as_str))
        .collect();
    failure.evidence.extend(others.iter().map(|revision| format!("so does {revision}")));
    failure
        .evidence
        .extend(passed.iter().filter(|revision| !failure.revisions.contains(revision)).map(|revision| format!("{revision} passes")));
    Outcome::Failed(failure)
}

fn failure(severity: Severity, flaw: &Flaw) -> Failure {
    Failure {
        severity,
        certainty: flaw.certainty,
        claim: flaw.claim.clone(),
        evidence: flaw.evidence.clone(),
        impact: flaw.impact.clone(),
        resources: flaw.resources.clone(),
        revisions: Vec::new(),
        command: flaw.command.clone(),
    }
}

/// Base or escalated severity, one lower if latent, one lower if possible.
fn resolved(estate: &Estate<'_>, info: &CheckInfo, flaw: &Flaw, latent: bool) -> Severity {
    let base = estate.settings.checks.get(info.name).and_then(|own| own.severity);
    let severity = match (base, flaw.severity) {
        // The customer's word replaces the base, and escalation moves from there.
        (Some(base), Some(own)) => base.moved(i32::from(own.rank()) - i32::from(info.severity.rank())),
        (Some(base), None) => base,
        (None, own) => own.unwrap_or(info.severity),
    };
    severity.moved(-i32::from(latent) - i32::from(flaw.certainty == Certainty::Possibly))
}

/// A verdict about something that is no workload.
fn single(estate: &Estate<'_>, info: &CheckInfo, subject: Subject, judged: Judged, trace: &Trace, at_least: Time) -> Verdict {
    let outcome = match judged {
        Ok(Finding::Passed) => Outcome::Passed,
        Ok(Finding::NotApplicable(reason)) => Outcome::NotApplicable(reason),
        Ok(Finding::Failed(flaw)) => Outcome::Failed(failure(resolved(estate, info, &flaw, false), &flaw)),
        Err(gap) => Outcome::Unknown(gap),
    };
    Verdict { check: info.name.to_owned(), subject, outcome, evidence_at: trace.read_at().max(at_least), facts: trace.facts() }
}

fn plain(id: &str, label: String, kind: &str, resource: &str) -> Subject {
    Subject { id: id.to_owned(), label, resource: Resource::new(kind, resource), ..Subject::default() }
}

fn clusters(estate: &Estate<'_>, check: &Check, logic: fn(&ClusterView<'_>) -> Judged, verdicts: &mut Vec<Verdict>) {
    for (cluster_arn, reading) in estate.snapshot.clusters() {
        let name = arn::last_segment(cluster_arn);
        let trace = Trace::default();
        let judged = trace.see(format!("cluster:{name}"), reading).and_then(|cluster| {
            let workloads: Vec<_> = estate.workloads.iter().filter(|workload| workload.cluster == Some(name)).collect();
            workloads.iter().for_each(|workload| trace.note(workload.facts.iter().next().cloned().unwrap_or_default(), workload.read_at));
            logic(&ClusterView { estate, name, cluster, workloads, trace: &trace })
        });
        let mut subject = plain(name, format!("cluster {name}"), "AwsEcsCluster", cluster_arn);
        subject.cluster = Some(name.to_owned());
        verdicts.push(single(estate, &check.info, subject, judged, &trace, reading.read_at));
    }
}

fn host_groups(estate: &Estate<'_>, check: &Check, logic: fn(&HostGroup<'_>) -> Judged, verdicts: &mut Vec<Verdict>) {
    let snapshot = estate.snapshot;
    for (id, members) in crate::estate::host_groups_of(estate) {
        let trace = Trace::default();
        let mut gap = None;
        let mut hosts = Vec::new();
        for (host_arn, reading) in &members {
            match trace.see(format!("ci:{}", arn::cluster_of(host_arn).unwrap_or_default()), reading) {
                Ok(container_instance) => {
                    let instance = container_instance
                        .ec2_instance_id
                        .as_deref()
                        .ok_or_else(|| Gap::not_asked("ecs:DescribeContainerInstances"))
                        .and_then(|id| snapshot.need(&snapshot.instances, id, "ec2:DescribeInstances"));
                    hosts.push(Host { arn: host_arn, container_instance, instance });
                }
                Err(one) => gap = Some(one),
            }
        }
        let resource = members.first().map_or("", |(arn, _)| arn);
        let judged = match gap {
            Some(gap) => logic(&HostGroup { estate, id: id.clone(), hosts, trace: &trace }).and_then(|found| match found {
                Finding::Failed(_) => Ok(found),
                _ => Err(gap),
            }),
            None => logic(&HostGroup { estate, id: id.clone(), hosts, trace: &trace }),
        };
        verdicts.push(single(estate, &check.info, plain(&id, id.replace('/', " "), "Other", resource), judged, &trace, Time::default()));
    }
}

fn roles(estate: &Estate<'_>, check: &Check, logic: fn(&RoleView<'_>) -> Judged, verdicts: &mut Vec<Verdict>) {
    for (role_arn, facts) in &estate.roles {
        let trace = Trace::default();
        let judged = facts.seen(&trace).and_then(|_| logic(&RoleView { estate, facts, trace: &trace }));
        let subject = plain(&facts.name, format!("role {}", facts.name), "AwsIamRole", role_arn);
        let at_least = estate.snapshot.listing_read_at("iam:GetAccountAuthorizationDetails").unwrap_or_default();
        let at_least = if facts.reading.is_ok() { Time::default() } else { at_least };
        verdicts.push(single(estate, &check.info, subject, judged, &trace, at_least));
    }
}

fn groups(estate: &Estate<'_>, check: &Check, logic: fn(&GroupView<'_>) -> Judged, verdicts: &mut Vec<Verdict>) {
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
    for (id, carriers) in &carriers {
        let trace = Trace::default();
        let judged = snapshot
            .need(&snapshot.security_groups, id, "ec2:DescribeSecurityGroups")
            .and_then(|reading| trace.see(format!("sg:{id}"), reading))
            .and_then(|group| {
                crate::segmentation::rules(estate, &trace, std::slice::from_ref(id))?;
                let rules = estate.rules.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
                logic(&GroupView { estate, id, group, rules, carriers: carriers.clone(), trace: &trace })
            });
        let name = snapshot.security_groups.get(id).and_then(Reading::value).and_then(|group| group.group_name.clone());
        let label = name.map_or_else(|| format!("security group {id}"), |name| format!("security group {id} ({name})"));
        let place = &snapshot.place;
        let resource = format!("arn:{}:ec2:{}:{}:security-group/{id}", place.partition, place.region, place.account);
        let at_least = snapshot.listing_read_at("ec2:DescribeSecurityGroups").unwrap_or_default();
        let at_least = if snapshot.security_groups.contains_key(id) { Time::default() } else { at_least };
        verdicts.push(single(estate, &check.info, plain(id, label, "AwsEc2SecurityGroup", &resource), judged, &trace, at_least));
    }
}

fn secrets(estate: &Estate<'_>, check: &Check, logic: fn(&SecretView<'_>) -> Judged, verdicts: &mut Vec<Verdict>) {
    let snapshot = estate.snapshot;
    let mut users: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for workload in &estate.workloads {
        for definition in workload.revisions.iter().filter_map(|revision| revision.definition.as_ref().ok()) {
            for (_, reference, _) in definition.container_definitions.iter().flat_map(crate::estate::store_references) {
                if let secrets::StoreReference::Secret { id, .. } = reference
                    && let Some((key, _)) = secrets::find_secret(&snapshot.secrets, &id)
                {
                    users.entry(key).or_default().insert(workload.label.clone());
                }
            }
        }
    }
    for (key, users) in users {
        let Some(reading) = snapshot.secrets.get(key).filter(|reading| !matches!(reading.fact, wallwalk_model::Fact::Absent)) else {
            continue;
        };
        let trace = Trace::default();
        let judged = trace
            .see(format!("secret:{key}"), reading)
            .and_then(|secret| logic(&SecretView { estate, secret, users: users.into_iter().collect(), trace: &trace }));
        let name = reading.value().map_or(key, |secret| secret.name.as_str());
        verdicts.push(single(
            estate,
            &check.info,
            plain(name, format!("secret {name}"), "AwsSecretsManagerSecret", key),
            judged,
            &trace,
            Time::default(),
        ));
    }
}

/// What a failure makes moot for the same subject.
const MOOT: &[(&str, &[&str], &str)] = &[
    ("privileged-container", &["dangerous-capability"], "privileged"),
    ("role-admin-equivalent", &["role-service-wildcard", "unrestricted-assume-role"], "administrator"),
];

fn one_flaw_one_finding(verdicts: &mut [Verdict]) {
    for (cause, moot, reason) in MOOT {
        let failed: BTreeSet<(String, Option<String>)> = verdicts
            .iter()
            .filter(|verdict| verdict.check == *cause && matches!(verdict.outcome, Outcome::Failed(_)))
            .map(|verdict| (verdict.subject.id.clone(), verdict.subject.container.clone()))
            .collect();
        for verdict in verdicts.iter_mut().filter(|verdict| moot.contains(&verdict.check.as_str())) {
            if failed.contains(&(verdict.subject.id.clone(), verdict.subject.container.clone())) {
                verdict.outcome = Outcome::NotApplicable((*reason).to_owned());
            }
        }
    }
}
