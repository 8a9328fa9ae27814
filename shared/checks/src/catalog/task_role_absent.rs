//! Containers without a role of their own act as the instance they run on.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED, not_applicable};
use crate::estate::WorkloadView;
use crate::roles::instances::reached;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "task-role-absent",
        title: "containers fall back to the instance role",
        category: Category::CredentialAccess,
        severity: Severity::High,
        subject: SubjectKind::Workload,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("task_role_absent.md"),
    },
    not_on: &[Not::Fargate, Not::External],
    judge: Judge::Workload(judge),
};

fn judge(view: &WorkloadView<'_>) -> Judged {
    if view.workload.latent {
        return not_applicable("nothing runs it, so that it has no host");
    }
    if view.task_role().is_some() {
        return PASSED;
    }
    let Some(reached) = reached(view)? else { return PASSED };
    let flaw = Flaw::new("containers have no role of their own and act as their instance")
        .because(view.chain())
        .because("taskRoleArn is absent, so that the SDK asks the instance for credentials")
        .because_all(reached.lines)
        .so("every call of the program is made with the rights of the host and its agent");
    Ok(if reached.surely { flaw.into() } else { flaw.possibly().into() })
}
