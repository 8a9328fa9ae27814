//! An execution role may do more than starting its tasks takes.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::catalogue::{Tags, lookup};
use wallwalk_iam::generate::Surplus;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::{expected, is_one_of};
use crate::roles::{escalation, excess};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "execution-role-excess",
        title: "execution role may do more than its tasks need",
        category: Category::PrivilegeEscalation,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("execution_role_excess.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

/// So many permissions are shown with their statements.
const SHOWN: usize = 12;

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    if !is_one_of(estate, facts, &[RoleKind::Execution])? {
        return not_applicable("no execution role");
    }
    if let Some((other, _)) = facts.uses.iter().find(|(kind, _)| *kind != RoleKind::Execution) {
        return not_applicable(format!("it is {} too, whose needs are not known", other.word()));
    }
    let beyond = excess::of_execution(estate, facts)?;
    if beyond.listed.is_empty() {
        return beyond.hidden.map_or(PASSED, Err);
    }
    let data = beyond.listed.iter().any(|one| reads_data(view, one));
    let path = escalation::of_role(estate, facts)?.steps.iter().find(|step| step.surely).map(escalation::Step::name);
    let mut flaw = Flaw::new("the execution role may do more than starting its tasks takes")
        .at(if data || path.is_some() { Severity::High } else { Severity::Medium })
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(beyond.listed.iter().take(SHOWN).map(line));
    if beyond.total > SHOWN {
        flaw = flaw.because(format!("… and {} more", beyond.total - SHOWN));
    }
    if let Some(path) = path {
        flaw = flaw.because(format!("it is a way to more: {path}"));
    }
    if beyond.hidden.is_some() {
        flaw = flaw.because("no task definition needs these, whatever those say that could not be read");
    }
    let flaw = flaw.so("whoever starts a task with the role, or breaks out to a host that keeps its credentials, may do all of it");
    Ok(if beyond.surely { flaw.into() } else { flaw.possibly().because("only if the conditions of the statements hold").into() })
}

/// Images of others and logs are not what a break-in is after.
fn reads_data(view: &RoleView<'_>, one: &Surplus) -> bool {
    let start = lookup(&one.action).is_some_and(|id| expected(view.facts, id.name()));
    !start && one.sensitive.intersects(Tags::DATA_ACCESS.union(Tags::CREDENTIAL_EXPOSURE))
}

fn line(one: &Surplus) -> String {
    let partly = if one.partly { ", in part" } else { "" };
    let needed = if one.needed.is_empty() { String::new() } else { format!("; needed is only {}", listed(&one.needed)) };
    let sensitive: Vec<&str> = one.sensitive.names().collect();
    let sensitive = if sensitive.is_empty() { String::new() } else { format!(" ({})", sensitive.join(", ")) };
    format!("policy {} → {}: {} on {}{sensitive}{partly}{needed}", one.document, one.label, one.action, one.resource)
}
