//! AWS's policy for execution roles is attached: it holds for every repository and log group.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::is_one_of;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "execution-role-managed-policy",
        title: "execution role has AWS's policy for all repositories",
        category: Category::Hardening,
        severity: Severity::Low,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("execution_role_managed_policy.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    if !is_one_of(view.estate, facts, &[RoleKind::Execution])? {
        return not_applicable("no execution role");
    }
    let role = facts.seen(view.trace)?;
    let Some(policy) = role.attached_managed_policies.iter().find(|one| is_it(&one.policy_arn)) else { return PASSED };
    Ok(Flaw::new("the execution role pulls from every repository and writes to every log group")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because(format!("policy {} is attached", policy.policy_arn))
        .so("whoever writes a task definition can run any image of the account, and fill any log")
        .into())
}

/// Source: AWS Managed Policy Reference, `AmazonECSTaskExecutionRolePolicy`.
fn is_it(policy: &str) -> bool {
    policy.ends_with(":iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
}
