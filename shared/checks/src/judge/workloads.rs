//! Checks of workloads and their containers: every revision in use, joined to one verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wallwalk_findings::verdict::{Certainty, Outcome, Resource, Verdict};
use wallwalk_findings::{CheckInfo, Severity};
use wallwalk_model::{Gap, Time, ecs};

use super::{Docket, Subjects, applies, failure, resolved, settle};
use crate::check::{Check, Finding, Flaw, Judge, Judged, Not};
use crate::estate::{Container, Estate, Revision, Trace, Workload, WorkloadView};

/// What one revision says about one container, or about the workload.
struct Part {
    container: Option<String>,
    revision: String,
    definition: Option<Resource>,
    judged: Judged,
    read_at: Time,
    facts: BTreeSet<String>,
}

pub(super) fn all(docket: &mut Docket<'_, '_>) {
    for workload in &docket.estate.workloads {
        docket.verdicts.extend(verdicts(docket.estate, docket.check, workload, docket.subjects));
    }
}

fn verdicts(estate: &Estate<'_>, check: &Check, workload: &Workload<'_>, subjects: &mut Subjects) -> Vec<Verdict> {
    let mut parts = Vec::new();
    if let Some(Err(gap)) = &workload.service {
        parts.push(unread("", gap));
    }
    for revision in &workload.revisions {
        match &revision.definition {
            Ok(definition) => parts.extend(of_revision(estate, check, workload, revision, definition)),
            Err(gap) => parts.push(unread(&revision.name, gap)),
        }
    }
    // What a whole revision or task hides may be any of the containers.
    let whole = parts.iter().filter(|part| part.container.is_none()).find_map(|part| part.judged.as_ref().err());
    let hidden = whole.or(workload.open.as_ref()).cloned();
    // A latent family is one finding, whatever its containers.
    if workload.latent {
        for part in &mut parts {
            if let (Some(container), Ok(Finding::Failed(flaw))) = (&part.container, &mut part.judged) {
                let name = format!("container {container}");
                if !flaw.evidence.iter().any(|line| line.contains(&name)) {
                    flaw.evidence.insert(0, name);
                }
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
            let facts = workload.facts.with(parts.iter().flat_map(|part| part.facts.iter().cloned()).collect());
            let outcome = match (joined(estate, &check.info, workload, parts), &hidden) {
                (Outcome::Passed, Some(gap)) => Outcome::Unknown(gap.clone()),
                (outcome, _) => outcome,
            };
            let subject = subjects
                .of_workloads
                .entry((workload.id.clone(), container))
                .or_insert_with_key(|(_, name)| workload.subject(name.as_deref()).into());
            Verdict { check: check.info.name.to_owned(), subject: Arc::clone(subject), outcome, evidence_at: read_at, facts }
        })
        .collect()
}

fn unread(revision: &str, gap: &Gap) -> Part {
    Part {
        container: None,
        revision: revision.to_owned(),
        definition: None,
        judged: Err(gap.clone()),
        read_at: Time::default(),
        facts: BTreeSet::new(),
    }
}

fn of_revision(
    estate: &Estate<'_>,
    check: &Check,
    workload: &Workload<'_>,
    revision: &Revision<'_>,
    definition: &ecs::TaskDefinition,
) -> Vec<Part> {
    let applies = applies(check.not_on, &revision.launch, revision.os);
    let assumed = revision.assumed && check.not_on.iter().any(|not| not.launch().is_some());
    let part = |container: Option<&str>, logic: &dyn Fn(&Trace) -> Judged| {
        let trace = Trace::default();
        let mut judged = settle(&applies, || logic(&trace));
        if let (true, Ok(Finding::Failed(flaw))) = (assumed, &mut judged) {
            flaw.certainty = Certainty::Possibly;
            flaw.evidence.push("nothing says where the family is to run; EC2 is assumed".to_owned());
        }
        Part {
            container: container.map(str::to_owned),
            revision: revision.name.clone(),
            definition: Some(Resource::new("AwsEcsTaskDefinition", revision.arn)),
            judged,
            read_at: trace.read_at(),
            facts: trace.facts(),
        }
    };
    match check.judge {
        Judge::Container(logic) => {
            let mut parts: Vec<Part> = definition
                .container_definitions
                .iter()
                .map(|container| {
                    part(Some(&container.name), &|trace| {
                        let task = WorkloadView { estate, workload, revision, definition, trace };
                        Ok(softened(estate, check, container, logic(&Container { task, container })?))
                    })
                })
                .collect();
            parts.extend(injected(workload, revision, definition).into_iter().map(|name| {
                let mut part = part(Some(name), &|_| Ok(Finding::Passed));
                part.judged = Ok(Finding::NotApplicable("injected by AWS".into()));
                part
            }));
            parts
        }
        Judge::Workload(logic) => {
            vec![part(None, &|trace| logic(&WorkloadView { estate, workload, revision, definition, trace }))]
        }
        _ => Vec::new(),
    }
}

/// Containers that run in tasks of the revision and are not in its definition, whatever their names.
fn injected<'a>(workload: &Workload<'a>, revision: &Revision<'_>, definition: &ecs::TaskDefinition) -> BTreeSet<&'a str> {
    let tasks = workload.tasks.iter().filter(|task| task.task_definition_arn == revision.arn);
    let names = tasks.flat_map(|task| &task.containers).map(|container| container.name.as_str());
    names.filter(|name| definition.container_definitions.iter().all(|known| known.name != *name)).collect()
}

/// A flaw of a vendor's image stays one, at the lowest severity that is still shown.
fn softened(estate: &Estate<'_>, check: &Check, container: &ecs::ContainerDefinition, finding: Finding) -> Finding {
    let vendor = container.image.as_deref().and_then(|image| estate.settings.vendor_image(image, check.info.name));
    match (vendor, finding) {
        (Some(vendor), Finding::Failed(flaw)) => {
            let severity = flaw.severity.unwrap_or(check.info.severity).min(Severity::Low);
            flaw.at(severity).because(format!("vendor image: {}", vendor.reason)).into()
        }
        (_, finding) => finding,
    }
}

/// The outcome of several revisions: failed if one fails, else unknown if one is, else passed.
fn joined(estate: &Estate<'_>, info: &CheckInfo, workload: &Workload<'_>, parts: Vec<Part>) -> Outcome {
    let mut flaws: Vec<(Flaw, String, Option<Resource>)> = Vec::new();
    let (mut gap, mut passed, mut reason) = (None, BTreeSet::new(), None);
    for part in parts {
        match part.judged {
            Ok(Finding::Failed(flaw)) => flaws.push((flaw, part.revision, part.definition)),
            Ok(Finding::Passed) => {
                passed.insert(part.revision);
            }
            Ok(Finding::NotApplicable(why)) => reason = reason.or(Some(why)),
            Err(one) => gap = gap.or(Some(one)),
        }
    }
    let severity = |flaw: &Flaw| resolved(estate, info, flaw, -i32::from(workload.latent));
    flaws.sort_by_key(|(flaw, revision, _)| (std::cmp::Reverse((severity(flaw), flaw.certainty == Certainty::Surely)), revision.clone()));
    let Some((first, worst, _)) = flaws.first() else {
        return match (gap, passed.is_empty(), reason) {
            (Some(gap), _, _) => Outcome::Unknown(gap),
            (None, false, _) => Outcome::Passed,
            (None, true, Some(reason)) => Outcome::NotApplicable(reason),
            (None, true, None) => Outcome::NotApplicable("nothing to judge".into()),
        };
    };
    let mut failure = failure(severity(first), first);
    let failing: BTreeSet<&str> = flaws.iter().map(|(_, revision, _)| revision.as_str()).collect();
    failure.revisions = failing.iter().map(|revision| (*revision).to_owned()).collect();
    let definitions: BTreeSet<&Resource> = flaws.iter().filter_map(|(_, _, definition)| definition.as_ref()).collect();
    failure.resources.extend(definitions.into_iter().cloned());
    if workload.latent {
        failure.evidence.extend(flaws.iter().skip(1).map(|(flaw, ..)| flaw.claim.clone()));
    }
    failure.in_flight.extend(failing.iter().filter(|one| **one != worst).map(|revision| format!("so does {revision}")));
    failure.in_flight.extend(passed.iter().filter(|one| !failing.contains(one.as_str())).map(|revision| format!("{revision} passes")));
    capped(&mut failure.evidence);
    Outcome::Failed(failure.into())
}

/// Evidence of more lines than anybody reads is cut, and says so.
fn capped(evidence: &mut Vec<String>) {
    const MOST: usize = 40;
    if evidence.len() > MOST {
        let more = evidence.len() - MOST;
        evidence.truncate(MOST);
        evidence.push(format!("… and {more} more"));
    }
}

impl Not {
    /// The launch type that it names, if it names one.
    pub(super) const fn launch(self) -> Option<crate::estate::Launch> {
        use crate::estate::Launch;
        match self {
            Self::Fargate => Some(Launch::Fargate),
            Self::Ec2 => Some(Launch::Ec2),
            Self::ManagedInstances => Some(Launch::ManagedInstances),
            Self::External => Some(Launch::External),
            Self::Windows => None,
        }
    }
}
