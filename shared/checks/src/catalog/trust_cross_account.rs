//! Another account may take a role of a workload.

use std::collections::BTreeSet;

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, listed};
use crate::estate::RoleView;
use crate::roles::trust::{How, Trust};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "trust-cross-account",
        title: "role trusts another account",
        category: Category::CredentialAccess,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("trust_cross_account.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let trust = Trust::of(view)?;
    let foreign = |account: &str| trust.is_foreign(account);
    let parties = trust.parties().into_iter().filter(|party| party.account().is_some_and(foreign) && !party.is_exact_role());
    let found = trust.find(parties, How::Surely, |party| trust.outsiders(party));
    found.judged(view.facts, |parties| {
        let accounts: BTreeSet<&str> = parties.iter().filter_map(|party| party.account()).collect();
        Flaw::new(format!("the role trusts account {} without telling who may come", listed(accounts)))
            .so("whoever holds permissions in that account, or breaks into it, can take the workload's permissions")
    })
}
