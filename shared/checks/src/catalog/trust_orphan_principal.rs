//! A trust policy names somebody who no longer exists.

use std::collections::BTreeSet;

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
use crate::estate::RoleView;
use crate::roles::trust::{LINES, Trust};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "trust-orphan-principal",
        title: "role trusts a deleted principal",
        category: Category::Hardening,
        severity: Severity::Low,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("trust_orphan_principal.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let orphans = Trust::of(view)?.orphans();
    if orphans.is_empty() {
        return PASSED;
    }
    let ids: BTreeSet<&str> = orphans.iter().map(|(id, _)| *id).collect();
    Ok(Flaw::new(format!("the trust policy names deleted principals: {}", listed(ids)))
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(orphans.iter().take(LINES).map(|(id, label)| format!("trust policy → {label}: names {id}")))
        .so("nobody can come in by it, and nobody knows any more who was meant")
        .into())
}
