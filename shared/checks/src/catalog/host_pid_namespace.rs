//! A task sees and can signal every process of its host.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::WorkloadView;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "host-pid-namespace",
        title: "task shares the host's process namespace",
        category: Category::LateralMovement,
        severity: Severity::High,
        subject: SubjectKind::Workload,
        tier: Tier::T1,
        requirements: &["CIS Docker v1.6.0/5.16", "NIST.800-53.r5 CA-9(1)", "NIST.800-53.r5 CM-2"],
        related_control: Some("ECS.3"),
        page: include_str!("host_pid_namespace.md"),
    },
    not_on: &[Not::Fargate, Not::Windows],
    judge: Judge::Workload(judge),
};

fn judge(view: &WorkloadView<'_>) -> Judged {
    if view.definition.pid_mode.as_deref() != Some("host") {
        return PASSED;
    }
    Ok(Flaw::new("the task shares the host's process namespace")
        .because(view.chain())
        .because("pidMode is host")
        .so("its containers see every process of the host, and as root read their environment and memory")
        .into())
}
