//! An execution role lacks what its tasks need: they will not start.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::is_one_of;
use crate::roles::missing;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "execution-role-missing-permission",
        title: "execution role lacks a permission that its tasks need",
        category: Category::Hardening,
        severity: Severity::Informational,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("execution_role_missing_permission.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

/// So many permissions are named.
const SHOWN: usize = 12;

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    if !is_one_of(estate, facts, &[RoleKind::Execution])? {
        return not_applicable("no execution role");
    }
    let (missing, gap) = missing::of_execution(estate, facts)?;
    let trusted = missing::is_trusted(view);
    if missing.is_empty() && trusted != Ok(false) {
        let hidden = gap.or_else(|| trusted.err()).or_else(|| estate.unseen.clone());
        return hidden.map_or(PASSED, Err);
    }
    let mut flaw = Flaw::new("tasks cannot start with the execution role").because(format!("role {}, {}", facts.name, facts.used_by()));
    if trusted == Ok(false) {
        flaw = flaw.because("its trust policy does not let ECS assume it for tasks of this account and Region");
    }
    let line = |one: &missing::Missing| format!("{} needs {} on {}, and no policy allows it", one.because, one.action, one.on);
    flaw = flaw.because_all(missing.iter().take(SHOWN).map(line));
    if missing.len() > SHOWN {
        flaw = flaw.because(format!("… and {} more", missing.len() - SHOWN));
    }
    Ok(flaw.so("the next deployment or replacement of a task fails").into())
}
