//! Roles of other workloads can become a task role.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::RoleFacts;
use crate::roles::breadth::is_one_of;
use crate::roles::escalation::{Taker, takers};
use crate::roles::instances::hidden_role;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "task-role-takeover",
        title: "other workloads can become the task role",
        category: Category::PrivilegeEscalation,
        severity: Severity::Informational,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("task_role_takeover.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    if !is_one_of(estate, facts, &[RoleKind::Task])? {
        return not_applicable("no container has it");
    }
    let own = &facts.principal.as_ref().map_err(Clone::clone)?.arn;
    // A role that only the same workloads have is no outsider.
    let outside = |other: &RoleFacts<'_>| other.arn != facts.arn && (other.users.is_empty() || !other.users.is_subset(&facts.users));
    let takers = takers(estate).get(&**own).map(Vec::as_slice).unwrap_or_default();
    let known = takers.iter().filter_map(|taker| Some((taker, estate.roles.get(&taker.role).filter(|other| outside(other))?)));
    let line =
        |(taker, other): (&Taker, &RoleFacts<'_>)| (taker.surely, format!("role {}, {}: {}", other.name, other.used_by(), taker.path));
    let lines: Vec<(bool, String)> = known.map(line).collect();
    if lines.is_empty() {
        let gap = estate.unseen.clone().or_else(|| hidden_role(estate));
        return gap
            .or_else(|| {
                let others = estate.undecided().iter().filter(|(arn, _)| estate.roles.get(arn).is_some_and(outside));
                others.map(|(_, gap)| gap.clone()).next()
            })
            .map_or(PASSED, Err);
    }
    let sure = lines.iter().any(|(surely, _)| *surely);
    let told = lines.into_iter().filter(|(surely, _)| *surely == sure).map(|(_, line)| line);
    let flaw = Flaw::new("roles of other workloads can become this task role")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because(listed(told))
        .so("a break-in into one of them is one into this workload");
    Ok(if sure { flaw.into() } else { flaw.possibly().into() })
}
