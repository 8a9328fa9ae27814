//! No task has used a role for a long time.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_model::{Gap, GapReason};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::{RoleKind, RoleView};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-unused",
        title: "role is not used",
        category: Category::Hardening,
        severity: Severity::Low,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("role_unused.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let role = facts.seen(view.trace)?;
    let days = view.estate.settings.unused_days;
    let users: Vec<_> = facts.users.iter().filter_map(|position| view.estate.workloads.get(*position)).collect();
    if facts.is(RoleKind::Instance) || users.iter().any(|workload| !workload.tasks.is_empty()) {
        return PASSED;
    }
    let last_used = role.role_last_used.as_ref().ok_or_else(|| Gap::not_asked("iam:GetRole RoleLastUsed"))?;
    // Without a date it was never used, or is new: when it was made was not kept.
    let never = || Gap::new("iam:GetRole", GapReason::NotModelled, "the role was never used, and when it was made is not known");
    let date = last_used.last_used_date.ok_or_else(never)?;
    if date.plus_days(days) >= view.estate.now {
        return PASSED;
    }
    let hidden = users.iter().find_map(|workload| workload.open.clone()).or_else(|| view.estate.unseen.clone());
    if let Some(gap) = hidden {
        return Err(gap);
    }
    Ok(Flaw::new(format!("the role has not been used for more than {days} days"))
        // A finding on a role that lies idle is one lower by the common arithmetic; here that is the finding.
        .at(Severity::Medium)
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because(format!("last used {date}, and no task runs with it"))
        .so("nobody would miss it, and nobody would notice who uses it")
        .into())
}
