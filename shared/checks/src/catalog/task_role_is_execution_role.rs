//! Containers hold the rights of the agent that starts them.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::Keys;
use wallwalk_iam::eval::Bounds;
use wallwalk_iam::paths::Met;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
use crate::estate::{RoleKind, RoleView};
use crate::roles::why;

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
const READS_SECRETS: &[&str] =
    &["secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"];

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let of = |kind: RoleKind| -> Vec<&str> { facts.uses.iter().filter(|(own, _)| *own == kind).map(|(_, label)| label.as_str()).collect() };
    let (task, execution) = (of(RoleKind::Task), of(RoleKind::Execution));
    if task.is_empty() || execution.is_empty() {
        // What could not be read may use the role for the other purpose.
        return view.estate.unseen.clone().map_or(PASSED, Err);
    }
    let flaw = Flaw::new("one role is task role and execution role").because(format!(
        "role {}: task role of {}; execution role of {}",
        facts.name,
        listed(&task),
        listed(&execution)
    ));
    Ok(match read(view) {
        Some((bounds, met)) => flaw
            .at(Severity::High)
            .because(format!("it reads secrets: {} on {}", met.action, met.resource))
            .because_all(why(bounds, met.action, &met.resource))
            .so("a break-in into a container reads what is injected into the others that use the role")
            .into(),
        None => flaw.so("a break-in into a container pulls images and writes logs as the agent").into(),
    })
}

/// A secret or parameter that the role surely reads.
fn read<'v>(view: &RoleView<'v>) -> Option<(&'v Bounds<'v>, Met)> {
    let (estate, principal) = (view.estate, view.facts.principal.as_ref().ok()?);
    let bounds = estate.bounds(view.facts).ok()?;
    let met = |action: &&'static str| estate.web.met_best(principal, action, &Keys::new());
    READS_SECRETS.iter().map(met).find(|met| met.answer.surely()).map(|met| (bounds, met))
}
