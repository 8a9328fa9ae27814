//! An execution role may read secrets that nothing started with it refers to.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::is_one_of;
use crate::roles::readers::Found;
use crate::roles::references;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "execution-role-reads-unreferenced-secrets",
        title: "execution role may read secrets that its tasks are not given",
        category: Category::DataExposure,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("execution_role_reads_unreferenced_secrets.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    if !is_one_of(estate, facts, &[RoleKind::Execution])? {
        return not_applicable("no execution role");
    }
    let bounds = estate.bounds(facts)?;
    let references = references::of_role(estate, facts);
    let found = Found::new(view, bounds, |stored| stored.secret || references::anywhere(estate, stored), |stored| references.hold(stored));
    let Some((surplus, surely)) = found.worst() else {
        let undecided = found.undecided().or_else(|| references.open().cloned());
        let hidden = || found.hidden(|pattern| references.cover(pattern));
        return undecided.or_else(hidden).or_else(|| estate.unseen.clone()).map_or(PASSED, Err);
    };
    // A definition that was not read may refer to them.
    if let Some(gap) = &estate.unseen {
        return Err(gap.clone());
    }
    let own = references::environments_of(estate, facts);
    let same = own.is_some() && surplus.iter().all(|(stored, _)| references::environment(estate, stored) == own);
    let mut flaw = Flaw::new("the execution role may read secrets that nothing it starts refers to")
        .at(if same { Severity::Medium } else { Severity::High })
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because(found.names(surplus))
        .because_all(found.evidence(surplus));
    if let (true, Some(environment)) = (same, own) {
        flaw = flaw.because(format!("all of them are of the environment {environment}, as the role's workloads are"));
    }
    let flaw = flaw.so("whoever registers a task definition with the role is given any of them");
    Ok(if surely { flaw.into() } else { flaw.possibly().into() })
}
