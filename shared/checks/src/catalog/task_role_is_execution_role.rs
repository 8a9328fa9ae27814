//! Containers hold the rights of the agent that starts them.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_iam::Grant;

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::{RoleKind, RoleView};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "task-role-is-execution-role",
        title: "one role is task and execution role",
        category: Category::CredentialAccess,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("task_role_is_execution_role.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let of = |kind: RoleKind| -> Vec<&str> { facts.uses.iter().filter(|(own, _)| *own == kind).map(|(_, label)| label.as_str()).collect() };
    let (task, execution) = (of(RoleKind::Task), of(RoleKind::Execution));
    if task.is_empty() || execution.is_empty() {
        return PASSED;
    }
    let reads = |action: &str| matches!(facts.permissions().allows(action, "*"), Grant::Surely(_));
    let names_secrets = facts.permissions().statements(wallwalk_iam::Effect::Allow).any(|(_, statement)| match &statement.actions {
        wallwalk_iam::document::Patterns::Any(list) => {
            list.iter().any(|action| wallwalk_iam::glob::matches(action, "secretsmanager:getsecretvalue"))
        }
        wallwalk_iam::document::Patterns::NotAny(_) => true,
    });
    let secrets = names_secrets || reads("ssm:GetParameters");
    let flaw = Flaw::new("one role is task role and execution role").because(format!(
        "role {}: task role of {}; execution role of {}",
        facts.name,
        task.join(", "),
        execution.join(", ")
    ));
    Ok(if secrets { flaw.at(Severity::High).because("it may read secrets, which the containers then may too").into() } else { flaw.into() })
}
