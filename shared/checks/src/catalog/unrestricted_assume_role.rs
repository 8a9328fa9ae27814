//! A role of a workload may ask for every other role.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_iam::Grant;

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::RoleView;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "unrestricted-assume-role",
        title: "role may assume any role",
        category: Category::PrivilegeEscalation,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("unrestricted_assume_role.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    match facts.allows("sts:AssumeRole", "*") {
        Grant::Surely(proof) => Ok(Flaw::new("the role may assume any role that lets it")
            .because(format!("role {}, {}", facts.name, facts.used_by()))
            .because(format!("policy {} → {}: {}", proof.policy, proof.statement, proof.says))
            .so("every role, here or in another account, that trusts this account is in reach of a break-in")
            .into()),
        // What was not read may allow it without the condition.
        Grant::Possibly(_) | Grant::No => facts.unread().map_or(PASSED, |gap| Err(gap.clone())),
        Grant::Unread(gap) => Err(gap),
    }
}
