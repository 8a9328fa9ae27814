//! Other principals of the account may take a task role.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::is_one_of;
use crate::roles::trust::{How, Trust};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "trust-role-chaining",
        title: "task role can be assumed by other principals",
        category: Category::CredentialAccess,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("trust_role_chaining.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    if !is_one_of(view.estate, view.facts, &[RoleKind::Task])? {
        return not_applicable("it is no task role");
    }
    let trust = Trust::of(view)?;
    let parties = trust.parties().into_iter().filter(|party| party.account().is_some_and(|account| trust.is_own(account)));
    let found = trust.find(parties, How::Surely, |party| trust.insiders(party));
    found.judged(view.facts, |_| {
        Flaw::new("principals other than its tasks may assume the role")
            .so("whoever holds one of them acts as the workload, and its actions are logged as the workload's")
    })
}
