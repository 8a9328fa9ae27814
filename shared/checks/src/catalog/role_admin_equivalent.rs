//! A role of a workload may do everything, or give itself the right to.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_iam::paths::Administrator;

use crate::check::{Check, Flaw, Judge, Judged, LEAST_PRIVILEGE, PASSED};
use crate::estate::RoleView;
use crate::roles::escalation::unseen;
use crate::roles::{proof_lines, unread, why};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-admin-equivalent",
        title: "role is administrator",
        category: Category::PrivilegeEscalation,
        severity: Severity::Critical,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: LEAST_PRIVILEGE,
        related_control: Some("IAM.1"),
        page: include_str!("role_admin_equivalent.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let bounds = view.estate.bounds(facts)?;
    let (lines, sure) = match view.estate.administrator(facts)? {
        // A role that was not seen may be one that it can become.
        Administrator::No => return unseen(view.estate, facts.principal.as_ref().map_err(Clone::clone)?).map_or(PASSED, Err),
        Administrator::Unread => return Err(unread(bounds)),
        Administrator::Literally => (why(bounds, "*", "*"), true),
        Administrator::By(proof) => (proof_lines(bounds, &proof), true),
        Administrator::Possibly(Some(proof)) => (proof_lines(bounds, &proof), false),
        Administrator::Possibly(None) => (why(bounds, "*", "*"), false),
    };
    let flaw = Flaw::new("the role is administrator of the account")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(lines)
        .so("whoever breaks into a container that has it owns the account");
    Ok(if sure { flaw.into() } else { flaw.possibly().into() })
}
