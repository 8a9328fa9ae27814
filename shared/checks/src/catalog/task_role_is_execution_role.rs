//! Containers hold the rights of the agent that starts them.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_iam::Effect;
use wallwalk_iam::document::Patterns;
use wallwalk_iam::glob::matches;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
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

/// Actions that give the value of a secret or of a parameter.
const READS_SECRETS: &[&str] = &[
    "secretsmanager:getsecretvalue",
    "secretsmanager:batchgetsecretvalue",
    "ssm:getparameter",
    "ssm:getparameters",
    "ssm:getparametersbypath",
];

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let of = |kind: RoleKind| -> Vec<&str> { facts.uses.iter().filter(|(own, _)| *own == kind).map(|(_, label)| label.as_str()).collect() };
    let (task, execution) = (of(RoleKind::Task), of(RoleKind::Execution));
    if task.is_empty() || execution.is_empty() {
        // What could not be read may use the role for the other purpose.
        return view.estate.unseen.clone().map_or(PASSED, Err);
    }
    let secrets = facts.permissions().statements(Effect::Allow).any(|(_, statement)| match &statement.actions {
        Patterns::Any(list) => list.iter().any(|action| READS_SECRETS.iter().any(|read| matches(action, read))),
        Patterns::NotAny(list) => READS_SECRETS.iter().any(|read| !list.iter().any(|action| matches(action, read))),
    });
    let flaw = Flaw::new("one role is task role and execution role").because(format!(
        "role {}: task role of {}; execution role of {}",
        facts.name,
        listed(&task),
        listed(&execution)
    ));
    Ok(if secrets { flaw.at(Severity::High).because("it may read secrets, which the containers then may too").into() } else { flaw.into() })
}
