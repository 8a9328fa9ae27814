//! A task sees and can signal every process of its host.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::{WorkloadView, runs_as_root, traces_processes};

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
    let flaw = Flaw::new("the task shares the host's process namespace")
        .because(view.chain())
        .because("pidMode is host")
        .so("its containers see every process of the host, and as root read their environment and memory");
    let able = view.definition.container_definitions.iter().find(|container| runs_as_root(container) || traces_processes(container));
    Ok(match able {
        Some(container) if view.exposed() == Ok(true) => {
            let why = format!("the workload is exposed to the internet, and container {} runs as root or may trace", container.name);
            flaw.at(Severity::Critical).because(why).into()
        }
        _ => flaw.into(),
    })
}
