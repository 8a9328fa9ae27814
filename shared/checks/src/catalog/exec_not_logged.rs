//! Nobody can tell what was done in a shell.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed, not_applicable};
use crate::estate::{ClusterView, unlogged};

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
    let users: Vec<_> = view.workloads.iter().filter(|workload| workload.exec_enabled()).copied().collect();
    let unseen = || view.unseen().or_else(|| view.workloads.iter().find_map(|workload| workload.exec().err()));
    if users.is_empty() {
        return unseen().map_or_else(|| not_applicable("no workload has ECS Exec on"), Err);
    }
    let Some(reason) = unlogged(view.cluster, &users)? else { return unseen().map_or(PASSED, Err) };
    let production = users.iter().any(|workload| view.estate.is_production(workload));
    Ok(Flaw::new("ECS Exec sessions are not logged")
        .at(if production { Severity::High } else { Severity::Medium })
        .because(format!("cluster {}: {reason}", view.name))
        .because(format!("ECS Exec is on for {}", listed(users.iter().map(|one| &one.label))))
        .so("nobody can tell afterwards what was done in a session")
        .into())
}
