//! Containers hold permissions that only the agent needs to start them.

use std::collections::BTreeSet;

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::eval::Answer;
use wallwalk_iam::generate::{Need, Purpose, satisfied};
use wallwalk_model::Gap;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::is_one_of;
use crate::roles::readers::Reader;
use crate::roles::{needs, references, unread, why};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "task-role-holds-execution-permissions",
        title: "task role has permissions of the agent",
        category: Category::Hardening,
        severity: Severity::Low,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("task_role_holds_execution_permissions.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    if !is_one_of(estate, facts, &[RoleKind::Task])? {
        return not_applicable("no task role");
    }
    if facts.is(RoleKind::Execution) {
        return not_applicable("it is an execution role, too");
    }
    let bounds = estate.bounds(facts)?;
    let reader = Reader::new(bounds);
    let held = |need: &Need| {
        let object = |on: &String| estate.stores().objects.get(on);
        let answer = match need.resources.iter().find_map(object) {
            Some(stored) => reader.way(stored).answer,
            None => satisfied(need, bounds),
        };
        // What is injected was not read in full.
        if need.certain { answer } else { answer.min(Answer::Possibly) }
    };
    let mut best: Option<(Answer, bool, Need)> = None;
    for need in started(view)? {
        let found = (held(&need), need.purpose != Purpose::PullImages);
        if found.0 > Answer::Never && best.as_ref().is_none_or(|(answer, secret, _)| found > (*answer, *secret)) {
            best = Some((found.0, found.1, need));
        }
    }
    let Some((answer, secret, need)) = best else {
        return bounds.gap().cloned().or_else(|| estate.unseen.clone()).map_or(PASSED, Err);
    };
    if answer == Answer::Unread {
        return Err(unread(bounds));
    }
    let what = if secret {
        "may itself read the secrets that are injected into its containers"
    } else {
        "may pull the images that its tasks are started from"
    };
    let lines = need.pairs().flat_map(|(action, on)| why(bounds, action, on)).collect::<BTreeSet<_>>();
    let flaw = Flaw::new(format!("the task role {what}"))
        .at(if secret { Severity::Medium } else { Severity::Low })
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(lines)
        .so(if secret {
            "code in any container of the task reads the value anew, and after it was rotated"
        } else {
            "code in the containers may read the images of the workload"
        });
    Ok(if answer.surely() { flaw.into() } else { flaw.possibly().into() })
}

/// What the agent needs to start the tasks that have the role: images, and secrets that are injected.
fn started(view: &RoleView<'_>) -> Result<Vec<Need>, Gap> {
    let (estate, facts) = (view.estate, view.facts);
    let mut all = BTreeSet::new();
    for workload in facts.users.iter().filter_map(|position| estate.workloads.get(*position)) {
        let own = |role: Option<&str>| role.is_some_and(|role| role == facts.arn || role == facts.full_arn());
        for revision in workload.revisions.iter().filter(|revision| own(revision.task_role())) {
            let needs = needs::of_revision(estate, estate.fleet(), workload, revision)?;
            let serves = |need: &Need| match need.purpose {
                Purpose::PullImages => need.certain,
                Purpose::ReadSecrets | Purpose::ReadParameters => !references::unknown(need),
                _ => false,
            };
            all.extend(needs.execution.into_iter().chain(needs.instance).filter(serves));
        }
    }
    Ok(all.into_iter().collect())
}
