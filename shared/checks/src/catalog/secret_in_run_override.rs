//! Whoever started a task wrote a credential into the call.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Judge, Judged, PASSED, listed, not_applicable};
use crate::estate::{WorkloadView, Written};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "secret-in-run-override",
        title: "secret is written in an override of a running task",
        category: Category::HardcodedSecret,
        severity: Severity::High,
        subject: SubjectKind::Workload,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("secret_in_run_override.md"),
    },
    not_on: &[],
    judge: Judge::Workload(judge),
};

fn judge(view: &WorkloadView<'_>) -> Judged {
    if view.workload.latent {
        return not_applicable("nothing of it runs");
    }
    let written = Written::of_overrides(view);
    let found = written.credentials();
    if found.is_empty() {
        return written.complete().and(PASSED);
    }
    let with = |task: &&&wallwalk_model::ecs::Task| task.overrides.as_ref().is_some_and(|own| !own.container_overrides.is_empty());
    let mut starters: Vec<&str> = view.workload.tasks.iter().filter(with).filter_map(|task| task.started_by.as_deref()).collect();
    starters.sort_unstable();
    starters.dedup();
    let flaw = written
        .flaw("an override of a running task holds a secret", &found)
        .so("everybody who may call ecs:DescribeTasks reads it, and so does every trail of RunTask calls");
    Ok(if starters.is_empty() { flaw.into() } else { flaw.because(format!("started by {}", listed(&starters))).into() })
}
