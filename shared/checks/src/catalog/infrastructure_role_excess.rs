//! A role by which ECS acts for workloads may do more than that takes.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Answer, Query};
use wallwalk_iam::generate::{Surplus, excess};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::RoleView;
use crate::roles::{purposes, unread, why};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "infrastructure-role-excess",
        title: "infrastructure role may do more than ECS needs",
        category: Category::LateralMovement,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("infrastructure_role_excess.md"),
    },
    not_on: &[],
    judge: Judge::HelperRole(judge),
};

/// So many permissions are shown with their statements.
const SHOWN: usize = 12;

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    let bounds = estate.bounds(facts)?;
    let place = &estate.snapshot.place;
    let roles = format!("arn:{}:iam::{}:role/*", place.partition, place.account);
    let definitions = format!("arn:{}:ecs:{}:{}:task-definition/*", place.partition, place.region, place.account);
    let whole = |action: &str, on: &str| bounds.covers(&Query::new(Action::of(action), Target::pattern(on)));
    let beyond = excess(bounds, &purposes::needs(&place.partition), &Default::default());
    let mut worst = if beyond.total > 0 { Answer::Surely } else { Answer::Never };
    let mut lines: Vec<String> = Vec::new();
    for (folded, action, on) in [("iam:passrole", "iam:PassRole", &roles), ("ecs:runtask", "ecs:RunTask", &definitions)] {
        let answer = whole(folded, on);
        worst = worst.max(answer);
        if answer.possibly() {
            lines.push(format!("{} may call {action} on all of {on}", answer.word()));
            lines.extend(why(bounds, action, on));
        }
    }
    lines.extend(beyond.listed.iter().take(SHOWN).map(line));
    if beyond.total > SHOWN {
        lines.push(format!("… and {} more", beyond.total - SHOWN));
    }
    match worst {
        Answer::Never => return bounds.gap().cloned().map_or(PASSED, Err),
        Answer::Unread => return Err(unread(bounds)),
        Answer::Possibly | Answer::Surely => {}
    }
    let flaw = Flaw::new("ECS is lent a role that may do more than it needs")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(lines)
        .so("whoever may pass the role to ECS, or change what ECS does with it, has all of that");
    Ok(if worst.surely() { flaw.into() } else { flaw.possibly().into() })
}

fn line(one: &Surplus) -> String {
    let partly = if one.partly { ", in part" } else { "" };
    format!("policy {} → {}: {} on {}{partly}", one.document, one.label, one.action, one.resource)
}
