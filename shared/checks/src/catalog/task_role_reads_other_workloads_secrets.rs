//! Containers may read secrets that only other workloads are given.

use std::collections::BTreeSet;

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::is_one_of;
use crate::roles::readers::Found;
use crate::roles::references::{self, Mentions};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "task-role-reads-other-workloads-secrets",
        title: "task role may read secrets of other workloads",
        category: Category::DataExposure,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("task_role_reads_other_workloads_secrets.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    if !is_one_of(estate, facts, &[RoleKind::Task])? {
        return not_applicable("no task role");
    }
    let bounds = estate.bounds(facts)?;
    let injected = estate.injected();
    let mentions = Mentions::of(estate, facts);
    let of_others = |stored: &_| injected.into(stored).iter().any(|position| !facts.users.contains(position));
    let own = |stored: &_| injected.into(stored).iter().any(|position| facts.users.contains(position)) || mentions.hold(stored);
    let found = Found::new(view, bounds, of_others, own);
    let Some((surplus, surely)) = found.worst() else {
        let hidden = || found.hidden(|pattern| mentions.name(pattern));
        return found.undecided().or_else(hidden).or_else(|| estate.unseen.clone()).map_or(PASSED, Err);
    };
    // A definition that was not read may mention them.
    if let Some(gap) = &estate.unseen {
        return Err(gap.clone());
    }
    let given = surplus.iter().flat_map(|(stored, _)| references::labels(estate, stored)).collect::<BTreeSet<_>>();
    let flaw = Flaw::new("the task role may read secrets of other workloads, and nothing in its definitions mentions them")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because(found.names(surplus))
        .because(format!("they are given to {}", listed(given)))
        .because_all(found.evidence(surplus))
        .so("a break-in into one of its containers reads the credentials of the other workloads");
    Ok(if surely { flaw.into() } else { flaw.possibly().into() })
}
