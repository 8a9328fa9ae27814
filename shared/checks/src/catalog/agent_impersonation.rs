//! A container can pose as the ECS agent of its host and take the credentials of every task there.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::HostGroup;
use crate::roles::impersonation::posed;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "agent-impersonation",
        title: "a container can pose as the ECS agent",
        category: Category::CredentialAccess,
        severity: Severity::Medium,
        subject: SubjectKind::HostGroup,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("agent_impersonation.md"),
    },
    not_on: &[Not::Fargate, Not::External],
    judge: Judge::HostGroup(judge),
};

fn judge(group: &HostGroup<'_>) -> Judged {
    let (found, gap) = posed(group);
    let Some(worst) = found.first() else { return gap.map_or(PASSED, Err) };
    let severity = if worst.difference.is_some() { Severity::Critical } else { Severity::Medium };
    let flaw = Flaw::new("a container can pose as the ECS agent and take the credentials of every task on its host")
        .at(severity)
        .because(format!("{} of {} instances of {}", found.len(), group.hosts.len(), group.id.replace('/', " ")))
        .because_all(worst.lines(group.estate))
        .so("a break-in into any container there is one into all of them, with the execution roles' secrets");
    Ok(if worst.surely { flaw.into() } else { flaw.possibly().into() })
}
