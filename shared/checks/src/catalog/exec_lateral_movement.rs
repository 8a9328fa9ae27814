//! A role of a workload opens shells in tasks that may do more than it.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::eval::Answer;

use crate::check::{Check, Finding, Judge, Judged, PASSED};
use crate::estate::RoleView;
use crate::roles::escalation::{flaw, undecided, weighed};
use crate::roles::paths::{INTO_TASKS, Part, walk};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "exec-lateral-movement",
        title: "role opens shells in stronger tasks",
        category: Category::CredentialAccess,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("exec_lateral_movement.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let estate = view.estate;
    let source = view.facts.principal.as_ref().map_err(Clone::clone)?;
    let walk = walk(estate, source);
    let shells = || walk.proofs.iter().filter(|proof| INTO_TASKS.contains(&proof.path));
    let steps = weighed(estate, source, shells().filter(|proof| proof.answer != Answer::Unread));
    let Some(worst) = steps.first() else {
        let unread = || shells().next().map(|proof| undecided(estate, proof));
        let gap = estate.web.bounds(&source.arn).gap().cloned().or_else(unread);
        return gap.or_else(|| walk.hidden.get(&Part::Entering).cloned()).map_or(PASSED, Err);
    };
    let target = worst.target().unwrap_or_default();
    let flaw = flaw(view, &steps, format!("the role can open a shell in a task and act as {target}"))
        .at(Severity::High)
        .so("a break-in into the workload goes on as a root shell in the other one");
    Ok(Finding::Failed(flaw))
}
