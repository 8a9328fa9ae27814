//! Runs the catalogue over an estate.
//!
//! Holds what is common to all checks: where they do not apply, several revisions in flight, the
//! arithmetic of severities, and that one flaw is one finding.

mod subjects;
mod workloads;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wallwalk_findings::verdict::{Certainty, Failure, Outcome, Subject, Verdict};
use wallwalk_findings::{CheckInfo, Facts, Severity};
use wallwalk_iam::paths::Administrator;
use wallwalk_model::{Gap, Snapshot, Time};

use crate::check::{Check, Finding, Flaw, Judge, Judged, Not};
use crate::estate::{Estate, Launch, Os, Trace};
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
    let account = crate::roles::account(snapshot, now);
    let estate = Estate::new(snapshot, &account, settings, now);
    let mut verdicts = Vec::new();
    let mut subjects = Subjects::default();
    for check in catalog::CATALOG.iter().filter(|check| is_enabled(&check.info, settings)) {
        judge(&estate, check, &mut subjects, &mut verdicts);
    }
    one_flaw_one_finding(&estate, &mut verdicts);
    verdicts.sort_by(|a, b| (&a.check, &a.subject).cmp(&(&b.check, &b.subject)));
    Analysis { verdicts, workloads: estate.workloads.len() }
}

/// Judges a snapshot with one check.
#[must_use]
pub fn analyse_one(check: &Check, snapshot: &Snapshot, settings: &Settings, now: Time) -> Vec<Verdict> {
    let account = crate::roles::account(snapshot, now);
    let estate = Estate::new(snapshot, &account, settings, now);
    let mut verdicts = Vec::new();
    judge(&estate, check, &mut Subjects::default(), &mut verdicts);
    verdicts.sort_by(|a, b| a.subject.cmp(&b.subject));
    verdicts
}

/// Subjects, which all checks share.
#[derive(Default)]
struct Subjects {
    /// Those of workloads and their containers, by the workload's identity.
    of_workloads: BTreeMap<(String, Option<String>), Arc<Subject>>,
    others: BTreeSet<Arc<Subject>>,
}

impl Subjects {
    fn shared(&mut self, subject: Subject) -> Arc<Subject> {
        if let Some(known) = self.others.get(&subject) {
            return Arc::clone(known);
        }
        let subject = Arc::new(subject);
        self.others.insert(Arc::clone(&subject));
        subject
    }
}

/// One check at work.
struct Docket<'d, 'a> {
    estate: &'d Estate<'a>,
    check: &'d Check,
    subjects: &'d mut Subjects,
    verdicts: &'d mut Vec<Verdict>,
}

fn judge(estate: &Estate<'_>, check: &Check, subjects: &mut Subjects, verdicts: &mut Vec<Verdict>) {
    let mut docket = Docket { estate, check, subjects, verdicts };
    match check.judge {
        Judge::Container(_) | Judge::Workload(_) => workloads::all(&mut docket),
        Judge::Cluster(logic) => subjects::clusters(&mut docket, logic),
        Judge::HostGroup(logic) => subjects::host_groups(&mut docket, logic),
        Judge::Role(logic) => subjects::roles(&mut docket, &estate.roles, logic),
        Judge::HelperRole(logic) => subjects::roles(&mut docket, &estate.helper_roles, logic),
        Judge::FederatedRole(logic) => subjects::roles(&mut docket, &crate::roles::trust::federated(estate), logic),
        Judge::SecurityGroup(logic) => subjects::groups(&mut docket, logic),
        Judge::Secret(logic) => subjects::secrets(&mut docket, logic),
    }
}

/// Whether a check applies where something runs.
enum Applies {
    Yes,
    No(String),
    Open(Gap),
}

fn applies(not_on: &[Not], launch: &Result<Launch, Gap>, os: Os) -> Applies {
    if os == Os::Windows && not_on.contains(&Not::Windows) {
        return Applies::No("Windows".into());
    }
    let kinds: Vec<Launch> = not_on.iter().filter_map(|not| not.launch()).collect();
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

/// What could not be seen keeps everything else from passing.
fn unless(hidden: Option<&Gap>, judged: Judged) -> Judged {
    match (hidden, judged) {
        (Some(gap), Ok(Finding::Passed)) => Err(gap.clone()),
        (_, judged) => judged,
    }
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
        in_flight: Vec::new(),
        command: flaw.command.clone(),
    }
}

/// Base or escalated severity, moved by `steps`, and one lower if possible.
fn resolved(estate: &Estate<'_>, info: &CheckInfo, flaw: &Flaw, steps: i32) -> Severity {
    let base = estate.settings.checks.get(info.name).and_then(|own| own.severity);
    let severity = match (base, flaw.severity) {
        // The customer's word replaces the base, and escalation moves from there.
        (Some(base), Some(own)) => base.moved(i32::from(own.rank()) - i32::from(info.severity.rank())),
        (Some(base), None) => base,
        (None, own) => own.unwrap_or(info.severity),
    };
    severity.moved(steps - i32::from(flaw.certainty == Certainty::Possibly))
}

impl Docket<'_, '_> {
    /// Notes the verdict about something that is no workload. It rests on what the trace saw, and on `basis` with its read time.
    fn note(&mut self, subject: Subject, judged: Judged, steps: i32, trace: &Trace, basis: (&Facts, Time)) {
        let info = &self.check.info;
        let outcome = match judged {
            Ok(Finding::Passed) => Outcome::Passed,
            Ok(Finding::NotApplicable(reason)) => Outcome::NotApplicable(reason),
            Ok(Finding::Failed(flaw)) => Outcome::Failed(failure(resolved(self.estate, info, &flaw, steps), &flaw).into()),
            Err(gap) => Outcome::Unknown(gap),
        };
        let (facts, read_at) = basis;
        self.verdicts.push(Verdict {
            check: info.name.to_owned(),
            subject: self.subjects.shared(subject),
            outcome,
            evidence_at: trace.read_at().max(read_at),
            facts: facts.with(trace.facts()),
        });
    }
}

/// What a sure failure makes moot for the same subject, and why; and whether this failure does.
type Moot = (&'static str, &'static [&'static str], &'static str, fn(&Estate<'_>, &Verdict) -> bool);

const MOOT: &[Moot] = &[
    (
        "privileged-container",
        &[
            "apparmor-profile-not-enforced",
            "dangerous-capability",
            "default-capabilities-kept",
            "host-device-exposed",
            "mandatory-access-control-unused",
            "new-privileges-allowed",
            "unconfined-container",
        ],
        "privileged",
        |_, _| true,
    ),
    ("role-admin-equivalent", &["assume-role-chain", "role-can-escalate"], "administrator", |_, _| true),
    (
        "role-admin-equivalent",
        &[
            "exec-lateral-movement",
            "exec-permission-unused",
            "execution-role-excess",
            "execution-role-reads-unreferenced-secrets",
            "infrastructure-role-excess",
            "instance-role-crosses-clusters",
            "instance-role-excess",
            "role-allow-with-negation",
            "role-broad-data-read",
            "role-broad-write",
            "role-can-blind-defences",
            "role-can-expose-resources",
            "role-service-wildcard",
            "secret-readable-by-path",
            "task-role-holds-execution-permissions",
            "task-role-reads-other-workloads-secrets",
            "unrestricted-assume-role",
            "workload-controls-ecs",
        ],
        "administrator",
        by_itself,
    ),
];

/// Whether a role is administrator by permissions of its own, which imply the others. What it may only
/// become through another role says nothing of its own policies.
fn by_itself(estate: &Estate<'_>, verdict: &Verdict) -> bool {
    let facts = estate.roles.get(&verdict.subject.resource.id);
    match facts.map(|facts| estate.administrator(facts)) {
        Some(Ok(Administrator::Literally)) => true,
        Some(Ok(Administrator::By(proof))) => proof.target.is_none(),
        _ => false,
    }
}

fn one_flaw_one_finding(estate: &Estate<'_>, verdicts: &mut [Verdict]) {
    for (cause, moot, reason, applies) in MOOT {
        // What may be so takes nothing away from what surely is.
        let surely = |outcome: &Outcome| matches!(outcome, Outcome::Failed(failure) if failure.certainty == Certainty::Surely);
        let failed: BTreeSet<(String, Option<String>)> = verdicts
            .iter()
            .filter(|verdict| verdict.check == *cause && surely(&verdict.outcome) && applies(estate, verdict))
            .map(|verdict| (verdict.subject.id.clone(), verdict.subject.container.clone()))
            .collect();
        for verdict in verdicts.iter_mut().filter(|verdict| moot.contains(&verdict.check.as_str())) {
            if failed.contains(&(verdict.subject.id.clone(), verdict.subject.container.clone())) {
                verdict.outcome = Outcome::NotApplicable((*reason).to_owned());
            }
        }
    }
}
