//! A role of a workload can act as something that may do more, or raise itself.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Finding, Judge, Judged, LEAST_PRIVILEGE, PASSED};
use crate::estate::RoleView;
use crate::roles::escalation::{flaw, of_role};
use crate::roles::paths::INFLUENCE;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-can-escalate",
        title: "role can escalate its rights",
        category: Category::PrivilegeEscalation,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: LEAST_PRIVILEGE,
        related_control: None,
        page: include_str!("role_can_escalate.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let escalation = of_role(view.estate, view.facts)?;
    let Some(worst) = escalation.steps.first() else { return escalation.hidden.clone().map_or(PASSED, Err) };
    let claim = match worst.target() {
        Some(target) if INFLUENCE.contains(&worst.proof.path) => {
            format!("the role can change what a workload with the role {target} takes in")
        }
        Some(target) if worst.proof.supposed => format!("the role can act as {target}, if something runs as it"),
        Some(target) if worst.administrator => format!("the role can act as {target} and become administrator"),
        Some(target) => format!("the role can act as {target}, which may do more"),
        None if worst.proof.supposed => format!("the role can act as {}, if there is such a thing", worst.proof.what),
        None if worst.administrator => "the role can make itself administrator".to_owned(),
        None => format!("the role can become {}", worst.proof.what),
    };
    let flaw =
        flaw(view, &escalation.steps, claim).at(worst.severity).so("a break-in into the workload does not end at what its role says");
    Ok(Finding::Failed(flaw))
}
