//! A task role is a role of hosts, people or pipelines too.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, not_applicable};
use crate::estate::{RoleKind, RoleView};
use crate::roles::breadth::is_one_of;
use crate::roles::trust::{EC2, How, Party, Trust};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-shared-across-kinds",
        title: "task role is shared with hosts, people or pipelines",
        category: Category::PrivilegeEscalation,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("role_shared_across_kinds.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    if !is_one_of(view.estate, facts, &[RoleKind::Task])? {
        return not_applicable("it is no task role");
    }
    let impact = "a break-in into a container reaches what hosts, people or pipelines were given the role for, and the other way round";
    let trust = Trust::of(view)?;
    if facts.is(RoleKind::Instance) {
        let flaw = Flaw::new("the role is task role and instance role");
        return Ok(flaw.because(format!("role {}, {}", facts.name, facts.used_by())).so(impact).into());
    }
    let profiles =
        facts.reading.as_ref().map_err(Clone::clone)?.value().map(|role| role.instance_profile_list.as_slice()).unwrap_or_default();
    let shared = |party: &Party<'_>| match party {
        // Only a role in an instance profile gets to instances.
        Party::Service(_) => party.is_service(EC2) && !profiles.is_empty(),
        Party::User(_) | Party::Provider(_) => true,
        Party::Role(_) | Party::Session(_) => party.is_of_people(),
        Party::Everybody | Party::Account(_) | Party::Other(_) => false,
    };
    // A condition on what the provider says of people or pipelines lets those in whom it names.
    let found = trust.find(trust.parties().into_iter().filter(shared), How::Conditioned, |party| match party {
        Party::Service(name) => trust.service(name),
        Party::Provider(provider) => trust.federated(provider),
        _ => trust.insiders(party),
    });
    found.judged(facts, |parties| {
        let hosts = parties.iter().any(|party| party.is_service(EC2));
        let people = parties.iter().any(|party| !party.is_service(EC2));
        let with = match (hosts, people) {
            (true, true) => "instances, people or pipelines",
            (true, false) => "instances",
            _ => "people or pipelines",
        };
        Flaw::new(format!("the task role is also a role of {with}")).so(impact)
    })
}
