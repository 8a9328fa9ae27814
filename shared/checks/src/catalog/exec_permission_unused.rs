//! A task role holds the permissions of ECS Exec although Exec is on nowhere.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Answer, Query};
use wallwalk_model::Gap;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::is_one_of;
use crate::roles::paths::SESSION_ACTIONS;
use crate::roles::{unread, why};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "exec-permission-unused",
        title: "role holds unused permissions of ECS Exec",
        category: Category::Hardening,
        severity: Severity::Low,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("exec_permission_unused.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    if !is_one_of(view.estate, facts, &[RoleKind::Task])? {
        return not_applicable("no task role");
    }
    let bounds = view.estate.bounds(facts)?;
    let ask = |action: &str| bounds.can(&Query::new(Action::of(&action.to_ascii_lowercase()), Target::exact("*")));
    let held = SESSION_ACTIONS.iter().map(|action| ask(action)).min().unwrap_or(Answer::Never);
    match held {
        Answer::Never => return PASSED,
        Answer::Unread => return Err(unread(bounds)),
        Answer::Possibly | Answer::Surely => {}
    }
    if enabled_somewhere(view)? {
        return PASSED;
    }
    let flaw = Flaw::new("the role may open sessions of ECS Exec, which is on nowhere")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(SESSION_ACTIONS.iter().take(1).flat_map(|action| why(bounds, action, "*")))
        .so("switching ECS Exec on is all that is left between an intruder in the account and a shell");
    Ok(if held.surely() { flaw.into() } else { flaw.possibly().into() })
}

/// Whether ECS Exec is on for a workload that has the role as task role.
fn enabled_somewhere(view: &RoleView<'_>) -> Result<bool, Gap> {
    let users = view.facts.users.iter().filter_map(|position| view.estate.workloads.get(*position));
    let mut gap = view.estate.unseen.clone();
    for workload in users {
        match workload.exec() {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(one) => gap = gap.or(Some(one)),
        }
    }
    gap.map_or(Ok(false), Err)
}
