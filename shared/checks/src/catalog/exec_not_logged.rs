//! Nobody can tell what was done in a shell.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::{ClusterView, Workload};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "exec-not-logged",
        title: "ECS Exec sessions are not logged",
        category: Category::CredentialAccess,
        severity: Severity::High,
        subject: SubjectKind::Cluster,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("exec_not_logged.md"),
    },
    not_on: &[],
    judge: Judge::Cluster(judge),
};

fn judge(view: &ClusterView<'_>) -> Judged {
    let users: Vec<&Workload<'_>> = view.workloads.iter().filter(|workload| workload.exec_enabled()).copied().collect();
    if users.is_empty() {
        return not_applicable("no workload has ECS Exec on");
    }
    let configuration = view.cluster.configuration.as_ref().and_then(|one| one.execute_command_configuration.as_ref());
    let logging = configuration.and_then(|one| one.logging.as_deref()).unwrap_or("DEFAULT");
    let reason = match logging {
        "OVERRIDE" => {
            let log = configuration.and_then(|one| one.log_configuration.as_ref());
            let named = log.is_some_and(|log| log.cloud_watch_log_group_name.is_some() || log.s3_bucket_name.is_some());
            if named {
                return PASSED;
            }
            "logging is OVERRIDE and names neither a log group nor a bucket".to_owned()
        }
        "NONE" => "logging is NONE".to_owned(),
        _ => {
            let silent = containers_without_awslogs(&users);
            if silent.is_empty() {
                return PASSED;
            }
            format!("logging is DEFAULT, which logs only through awslogs; without it: {}", silent.join(", "))
        }
    };
    let production = users.iter().any(|workload| view.estate.is_production(workload));
    Ok(Flaw::new("ECS Exec sessions are not logged")
        .at(if production { Severity::High } else { Severity::Medium })
        .because(format!("cluster {}: {reason}", view.name))
        .because(format!("ECS Exec is on for {}", users.iter().map(|one| one.label.clone()).collect::<Vec<_>>().join(", ")))
        .so("nobody can tell afterwards what was done in a session")
        .into())
}

fn containers_without_awslogs(users: &[&Workload<'_>]) -> Vec<String> {
    let mut silent = Vec::new();
    for workload in users {
        for definition in workload.revisions.iter().filter_map(|revision| revision.definition.as_ref().ok()) {
            for container in &definition.container_definitions {
                let driver = container.log_configuration.as_ref().and_then(|log| log.log_driver.as_deref());
                if driver != Some("awslogs") {
                    silent.push(format!("{} {}", workload.label, container.name));
                }
            }
        }
    }
    silent.sort();
    silent.dedup();
    silent
}
