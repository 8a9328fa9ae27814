//! Policies that would be enough for a role: derived for an execution role, trimmed for a task role.
//!
//! Nothing is handed out that was not proved, and nothing is ever applied. What the code in containers asks
//! for cannot be derived: for a task role only use that IAM reports tells what may go.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wallwalk_iam::account::Principal;
use wallwalk_iam::generate::{Generated, Need, Snippet, cloudformation, difference, prove, select, synthesize};
use wallwalk_iam::policy::Document;
use wallwalk_iam::usage::{ActionUsed, ServiceUsed, TrimSettings, Trimmed, Usage, trim};
use wallwalk_model::{Fact, Gap, Time, arn, iam};

use crate::estate::{Estate, RoleKind};
use crate::roles::RoleFacts;

/// A proposal, or why there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Remedy {
    /// What it is: `derived from task definitions`, `trimmed by use`.
    pub how: &'static str,
    /// What the role is used as.
    pub used_as: &'static str,
    /// The policies, in place of the present ones of which they are made.
    pub policies: Vec<PolicyText>,
    /// What was shown of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// What changes, line by line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub difference: String,
    /// The same for CloudFormation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloudformation: String,
    /// What goes, with the day it was last used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// What stays, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// What makes it incomplete, or why there is no proposal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// A policy as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyText {
    /// Name to give it.
    pub name: String,
    /// JSON.
    pub text: String,
}

const DERIVED: &str = "derived from task definitions";
const TRIMMED: &str = "trimmed by use";

/// Every proposal for a role.
pub(super) fn of(estate: &Estate<'_>, principal: &Principal, facts: Option<&RoleFacts<'_>>) -> Vec<Remedy> {
    let Some(facts) = facts else {
        let why =
            if principal.is_role() { "no workload uses it, as far as was read" } else { "policies are proposed for roles of workloads" };
        return vec![Remedy { how: "none", missing: vec![why.to_owned()], ..Remedy::default() }];
    };
    let mut all = Vec::new();
    if facts.is(RoleKind::Execution) {
        all.push(derived(estate, principal, facts));
    }
    if facts.is(RoleKind::Task) {
        all.push(trimmed(estate, principal, facts));
    }
    if all.is_empty() {
        let missing = vec!["what hosts and infrastructure need cannot be derived: AWS publishes policies for them".to_owned()];
        all.push(Remedy { how: "none", missing, ..Remedy::default() });
    }
    all
}

/// What the role is needed for as `kind`, and what may be the reason of further needs.
fn needs(estate: &Estate<'_>, facts: &RoleFacts<'_>, kind: RoleKind) -> (Vec<Need>, BTreeSet<Gap>) {
    let shares = || estate.demands_of(facts).flat_map(|demand| &demand.shares).filter(move |share| share.kind == kind);
    let needs: BTreeSet<&Need> = shares().flat_map(|share| &share.needs).collect();
    let gaps = shares().flat_map(|share| share.gaps.iter().cloned()).chain(estate.unseen.clone()).collect();
    (needs.into_iter().cloned().collect(), gaps)
}

fn derived(estate: &Estate<'_>, principal: &Principal, facts: &RoleFacts<'_>) -> Remedy {
    let bounds = estate.web.bounds(&principal.arn);
    let (needs, gaps) = needs(estate, facts, RoleKind::Execution);
    let selected = select(&needs, Some(bounds));
    let generated = synthesize(&selected.needs);
    let name = arn::last_segment(&principal.arn);
    let mut remedy = Remedy { how: DERIVED, used_as: RoleKind::Execution.word(), ..Remedy::default() };
    remedy.missing.extend(gaps.iter().map(|gap| format!("further needs may come of what was not seen: {gap}")));
    remedy.missing.extend(left_out(&selected.left_out));
    if facts.is(RoleKind::Task) {
        remedy.missing.push("the containers have the same role: give them one of their own, or this takes away what they use".to_owned());
    }
    match prove(&generated, &selected.needs, Some(bounds)) {
        Err(failure) => remedy.missing.push(failure.to_string()),
        Ok(_) if generated.is_empty() => remedy.proof = Some("nothing is needed of it: it can do without any permission".to_owned()),
        Ok(proved) => {
            remedy.proof = Some(proved.sentence());
            remedy.difference = difference(&present(principal), &proposed(name, &generated));
            remedy.cloudformation = cloudformation(&generated, &Snippet { name, role: name, managed: true });
            remedy.policies = texts(name, &generated);
        }
    }
    remedy
}

/// Needs that hang on what was not read, by their actions.
fn left_out(needs: &[Need]) -> Vec<String> {
    let mut by_actions: BTreeMap<Vec<&str>, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for need in needs {
        let (resources, because) = by_actions.entry(need.actions.iter().copied().collect()).or_default();
        resources.extend(need.resources.iter().map(String::as_str));
        because.extend(Some(need.because.as_str()).filter(|pointer| !pointer.is_empty()));
    }
    let joined = |list: BTreeSet<&str>| list.into_iter().collect::<Vec<_>>().join(", ");
    let told = by_actions.into_iter().map(|(actions, (resources, because))| {
        let of = if because.is_empty() { String::new() } else { format!(", for {}", joined(because)) };
        format!("left out, being neither certain nor held today: {} on {}{of}", actions.join(", "), joined(resources))
    });
    told.collect()
}

fn present(principal: &Principal) -> Vec<(&str, &Document)> {
    let read = |one: &'_ wallwalk_iam::eval::Attached| one.document.is_ok();
    let named = principal.stack.identity.iter().filter(|one| read(one));
    named.filter_map(|one| Some((&*one.name, &**one.document.as_ref().ok()?))).collect()
}

fn proposed<'g>(name: &'g str, generated: &'g [Generated]) -> Vec<(&'g str, &'g Document)> {
    generated.iter().map(|one| (name, &one.document)).collect()
}

fn texts(name: &str, generated: &[Generated]) -> Vec<PolicyText> {
    generated.iter().map(|one| PolicyText { name: format!("{name}{}", one.name_suffix), text: one.text.clone() }).collect()
}

fn trimmed(estate: &Estate<'_>, principal: &Principal, facts: &RoleFacts<'_>) -> Remedy {
    let mut remedy = Remedy { how: TRIMMED, used_as: RoleKind::Task.word(), ..Remedy::default() };
    let usage = match usage(estate, &facts.name) {
        Ok(usage) => usage,
        Err(why) => {
            remedy.missing.push(why);
            return remedy;
        }
    };
    // Of a role for both purposes what starts the tasks stays too.
    let (mut keep, mut gaps) = needs(estate, facts, RoleKind::Task);
    let (of_agent, more) = needs(estate, facts, RoleKind::Execution);
    keep.extend(of_agent);
    gaps.extend(more);
    let role = facts.reading.as_ref().ok().and_then(|reading| reading.value());
    let created = role.and_then(|role| role.create_date);
    let settings = TrimSettings { unused_days: u32::try_from(estate.settings.unused_days).unwrap_or(u32::MAX) };
    match trim(&principal.stack, &estate.web.account.keys(principal), &usage, &keep, created, estate.now, settings) {
        Err(gap) => remedy.missing.push(gap.to_string()),
        Ok(trimmed) => told(&mut remedy, &trimmed),
    }
    remedy.missing.extend(gaps.iter().map(|gap| format!("further needs may come of what was not seen: {gap}")));
    remedy
}

fn told(remedy: &mut Remedy, trimmed: &Trimmed) {
    let day = |last: &Option<Time>| last.map_or_else(|| "never used".to_owned(), |last| format!("last used on {}", last.date()));
    remedy.removed = trimmed.removed.iter().map(|(name, last)| format!("{name}: {}", day(last))).collect();
    remedy.kept = trimmed.kept.iter().map(|(name, kept)| format!("{name}: {}", kept.sentence())).collect();
    let grants =
        if trimmed.listed { "it grants nothing new; services that AWS adds later are no longer allowed" } else { "it grants nothing new" };
    remedy.proof = Some(match trimmed.is_empty() {
        true => "nothing can go: all of it was used, or its use cannot be told".to_owned(),
        false => format!("{grants}, denies the same, and keeps what the workload is known to need"),
    });
    for document in &trimmed.documents {
        let name = arn::last_segment(&document.name);
        remedy.policies.extend(texts(name, &document.after));
        if document.after.is_empty() {
            remedy.removed.push(format!("the policy {}: all of it is unused", document.name));
        }
        remedy.difference += &difference(&[(document.name.as_str(), &document.before)], &proposed(&document.name, &document.after));
    }
}

/// What IAM reports of a role's use; or why nothing is known of it.
fn usage(estate: &Estate<'_>, name: &str) -> Result<Usage, String> {
    let reading = estate.snapshot.last_accessed.get(name).ok_or(
        "when its permissions were last used was not read: `--trim` asks IAM, or give what `aws iam get-service-last-accessed-details` \
         prints, with a member `RoleName`",
    )?;
    match &reading.fact {
        Fact::Known(report) => Ok(of_report(report, reading.read_at)),
        Fact::Gap(gap) => Err(format!("when its permissions were last used is not known: {gap}")),
        Fact::Absent => Err("there is no report of when its permissions were last used".to_owned()),
    }
}

fn of_report(report: &iam::LastAccessed, read_at: Time) -> Usage {
    let actions = |list: &Vec<iam::TrackedAction>| {
        list.iter().map(|one| ActionUsed { name: one.action_name.clone(), last: one.last_accessed_time }).collect()
    };
    let service = |one: &iam::ServiceLastAccessed| ServiceUsed {
        namespace: one.service_namespace.clone(),
        last: one.last_authenticated,
        actions: one.tracked_actions_last_accessed.as_ref().map(actions),
    };
    Usage {
        completed: report.job_completion_date.unwrap_or(read_at),
        services: report.services_last_accessed.iter().map(service).collect(),
        complete: true,
    }
}
