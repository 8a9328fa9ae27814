//! A task or execution role can be taken by services that have no use for it.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Finding, Flaw, Judge, Judged, listed, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::is_one_of;
use crate::roles::trust::{EC2, ECS_TASKS, How, Party, Trust};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "trust-extra-service",
        title: "role trusts services beyond its use",
        category: Category::CredentialAccess,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("trust_extra_service.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    if !is_one_of(estate, facts, &[RoleKind::Task, RoleKind::Execution])? {
        return not_applicable("it is neither task role nor execution role");
    }
    let trust = Trust::of(view)?;
    let find = |hosts: bool| {
        let others = trust.parties().into_iter().filter(|party| !party.is_service(ECS_TASKS) && party.is_service(EC2) == hosts);
        trust.find(others, How::Surely, |party| if let Party::Service(name) = party { trust.service(name) } else { Vec::new() })
    };
    let flaw = |parties: &[Party<'_>]| {
        let services = parties.iter().filter_map(|party| if let Party::Service(name) = party { Some(*name) } else { None });
        Flaw::new(format!("the role trusts {}, which its workloads do not need", listed(services)))
            .so("whoever may pass the role to that service runs code of their own with the workload's permissions")
    };
    match is_one_of(estate, facts, &[RoleKind::Instance]) {
        Ok(true) => find(false).judged(facts, flaw),
        Ok(false) => find(false).and(find(true)).judged(facts, flaw),
        Err(gap) => match find(false).judged(facts, flaw)? {
            // Hosts that were not seen may have it as their role.
            Finding::Passed if !find(true).is_empty() => Err(gap),
            judged => Ok(judged),
        },
    }
}
