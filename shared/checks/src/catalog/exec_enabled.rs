//! Shells can be opened in running containers.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::{WorkloadView, unlogged};

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
    if !workload.exec()? {
        return PASSED;
    }
    let on_service = matches!(&workload.service, Some(Ok(service)) if service.enable_execute_command == Some(true));
    let in_tasks = workload.tasks.iter().any(|task| task.enable_execute_command == Some(true));
    let flaw = Flaw::new("ECS Exec is on")
        .because(view.chain())
        .because(match (on_service, workload.service.is_some()) {
            (true, _) => "enableExecuteCommand is true on the service",
            (false, true) => "off on the service, and on in tasks that still run",
            (false, false) => "enableExecuteCommand is true on a running task",
        })
        .because_all((in_tasks && on_service).then(|| "running tasks accept sessions".to_owned()))
        .so("whoever holds ecs:ExecuteCommand on it gets a root shell with the task role");
    if let Some(worse) = worse(view) {
        return Ok(flaw.at(Severity::High).because(format!("sessions leave no log, and {worse}")).into());
    }
    Ok(if view.estate.is_production(workload) { flaw.into() } else { flaw.at(Severity::Low).into() })
}

/// What makes a session that leaves no log dangerous.
fn worse(view: &WorkloadView<'_>) -> Option<String> {
    let (_, cluster) = view.estate.index.clusters.get(view.workload.cluster?)?;
    unlogged(cluster.value()?, &[view.workload]).ok()??;
    let role = view.task_role().and_then(|arn| view.estate.roles.get(arn));
    match role.and_then(|role| Some((role, view.estate.strength(role)?))) {
        Some((role, strength)) => Some(format!("the task role {} {strength}", role.name)),
        None => (view.exposed() == Ok(true)).then(|| "the workload is exposed to the internet".to_owned()),
    }
}
