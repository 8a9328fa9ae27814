//! A role of a workload may start, change, enter, stop or move tasks that are not its own.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::{Found, actions, expected, is_one_of};
use crate::roles::control::{CALLS, Others, may_call};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "workload-controls-ecs",
        title: "workload may control other tasks",
        category: Category::LateralMovement,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("workload_controls_ecs.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    if !is_one_of(view.estate, facts, &[RoleKind::Task, RoleKind::Instance])? {
        return not_applicable("no container has it");
    }
    let bounds = view.estate.bounds(facts)?;
    if !may_call(bounds) {
        return PASSED;
    }
    let others = Others::of(view, bounds);
    // A task has no business with what the agent of its instance does in the instance's name.
    let of_agent = |action| !facts.is(RoleKind::Task) && expected(facts, action);
    let found: Found = CALLS.iter().filter(|(action, _)| !of_agent(action)).map(|(action, on)| others.surest(action, *on)).collect();
    found.judged(facts, bounds, |hits| {
        Flaw::new(format!("the role may control tasks that are not its own: {}", actions(hits)))
            .so("a break-in into the workload reaches the others of the cluster, or drives them to where it sits")
    })
}
