//! One role serves families that need different things of it.

use std::collections::BTreeMap;

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::generate::Need;
use wallwalk_iam::glob;
use wallwalk_model::{Gap, arn};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
use crate::estate::{RoleKind, RoleView};
use crate::roles::sharing::{Difference, Sharing, User};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-shared",
        title: "role is shared by different workloads",
        category: Category::PrivilegeEscalation,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("role_shared.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    let all = estate.sharing();
    let Some(sharing) = all.get(facts.full_arn()).or_else(|| all.get(&facts.arn)) else {
        return estate.unseen.clone().map_or(PASSED, Err);
    };
    // What one family certainly needs and the other perhaps is no difference yet.
    let Some(difference) = sharing.differences().find(|one| !perhaps_needed(view, one)) else {
        let perhaps = || sharing.difference().map(|_| Gap::not_modelled("whether two families need the same"));
        return sharing.open().cloned().or_else(perhaps).or_else(|| estate.unseen.clone()).map_or(PASSED, Err);
    };
    let across = sharing.across();
    let Difference { kind, family, other, wanted } = difference;
    let mut flaw = Flaw::new("one role serves workloads that need different things of it")
        .at(if across.is_some() { Severity::High } else { Severity::Medium })
        .because_all(users(facts.name.as_str(), sharing))
        .because(format!("as {}: {family} needs {} on {}, {other} does not", kind.word(), wanted.action, wanted.resource));
    if let Some(across) = across {
        flaw = flaw.because(format!("used across {across}"));
    }
    Ok(flaw.so("a break-in into one of the workloads has what the others need").into())
}

fn users<'s>(role: &'s str, sharing: &'s Sharing) -> impl Iterator<Item = String> + 's {
    let of = move |kind: RoleKind, users: &BTreeMap<String, User>| {
        let one = |(family, user): (&String, &User)| format!("{family} ({})", listed(&user.workloads));
        (!users.is_empty()).then(|| format!("role {role}: {} of {}", kind.word(), listed(users.iter().map(one))))
    };
    [of(RoleKind::Task, &sharing.task), of(RoleKind::Execution, &sharing.execution)].into_iter().flatten()
}

/// Whether the family that does not certainly need it may need it.
fn perhaps_needed(view: &RoleView<'_>, difference: &Difference<'_>) -> bool {
    let wanted = difference.wanted;
    let covers = |need: &Need| {
        !need.certain && need.actions.contains(wanted.action) && need.resources.iter().any(|one| glob::matches(one, &wanted.resource))
    };
    let shares = view.estate.demands_of(view.facts).flat_map(|demand| &demand.shares);
    let of_other = |revision: &str| arn::family_and_revision(revision).0 == difference.other;
    shares.filter(|share| share.kind == difference.kind && of_other(&share.revision)).flat_map(|share| &share.needs).any(covers)
}
