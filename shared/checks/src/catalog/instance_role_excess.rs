//! An instance role may do more than a container instance needs.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::catalogue::Tags;
use wallwalk_iam::generate::{Surplus, excess};

use std::collections::BTreeSet;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::RoleView;
use crate::roles::escalation::of_role;
use crate::roles::instances::{is_instance_role, needs_of_hosts};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "instance-role-excess",
        title: "instance role may do more than its agent needs",
        category: Category::LateralMovement,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("instance_role_excess.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    if !is_instance_role(view)? {
        return not_applicable("no container instance has it");
    }
    let facts = view.facts;
    let excess = excess(view.estate.bounds(facts)?, &needs_of_hosts(), &BTreeSet::new());
    if excess.total == 0 {
        return excess.gap.map_or(PASSED, Err);
    }
    let data = excess.listed.iter().find(|one| one.sensitive.intersects(Tags::DATA_ACCESS.union(Tags::CREDENTIAL_EXPOSURE)));
    let escalation = of_role(view.estate, facts)?;
    let path = escalation.steps.iter().find(|step| step.surely);
    let worse = match (path, data) {
        (Some(step), _) => Some(format!("it can escalate: {}", step.name())),
        (None, Some(one)) => Some(format!("it opens data: {}", one.example.unwrap_or(&one.action))),
        (None, None) => None,
    };
    let services = excess.services.iter().map(|(service, count)| format!("{service} ({count})"));
    let flaw = Flaw::new("the instance role may do more than the ECS agent needs")
        .at(if worse.is_some() { Severity::High } else { Severity::Medium })
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(excess.listed.iter().take(LINES).map(line))
        .because_all((excess.total > LINES).then(|| format!("and {} more", excess.total - LINES)))
        .because(format!("actions beyond the need, by service: {}", crate::check::listed(services)))
        .because_all(worse)
        .so("every container that reaches the instance metadata may do it, and so may whoever breaks out of one");
    Ok(flaw.into())
}

/// So many grants are told.
const LINES: usize = 10;

fn line(one: &Surplus) -> String {
    format!("policy {} → {}: {} on {}", one.document, one.label, one.action, one.resource)
}
