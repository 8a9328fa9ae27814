//! Shells can be opened in running containers.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::WorkloadView;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "exec-enabled",
        title: "ECS Exec is on",
        category: Category::CredentialAccess,
        severity: Severity::Medium,
        subject: SubjectKind::Workload,
        tier: Tier::T1,
        requirements: &["CIS Docker v1.6.0/5.23", "CIS Docker v1.6.0/5.24"],
        related_control: None,
        page: include_str!("exec_enabled.md"),
    },
    not_on: &[],
    judge: Judge::Workload(judge),
};

fn judge(view: &WorkloadView<'_>) -> Judged {
    let workload = view.workload;
    if !workload.exec_enabled() {
        return PASSED;
    }
    let on_service = matches!(&workload.service, Some(Ok(service)) if service.enable_execute_command == Some(true));
    let tasks = workload.tasks.iter().filter(|task| task.enable_execute_command == Some(true)).count();
    let mut flaw = Flaw::new("ECS Exec is on").because(view.chain());
    if !view.estate.is_production(workload) {
        flaw = flaw.at(Severity::Low);
    }
    flaw = flaw.because(if on_service {
        "enableExecuteCommand is true on the service"
    } else {
        "off on the service, and on in tasks that still run"
    });
    if tasks > 0 {
        flaw = flaw.because("running tasks accept sessions");
    }
    Ok(flaw.so("whoever holds ecs:ExecuteCommand on it gets a root shell with the task role").into())
}
