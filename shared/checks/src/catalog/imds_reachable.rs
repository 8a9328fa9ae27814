//! Containers reach the metadata of their instance, and with it the credentials of its role.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED, not_applicable};
use crate::estate::WorkloadView;
use crate::roles::instances::reached;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "imds-reachable",
        title: "containers reach instance metadata",
        category: Category::CredentialAccess,
        severity: Severity::High,
        subject: SubjectKind::Workload,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("imds_reachable.md"),
    },
    not_on: &[Not::Fargate, Not::External],
    judge: Judge::Workload(judge),
};

fn judge(view: &WorkloadView<'_>) -> Judged {
    if view.workload.latent {
        return not_applicable("nothing runs it, so that it has no host");
    }
    let Some(reached) = reached(view)? else { return PASSED };
    let known = reached.roles.iter().filter_map(|role| view.estate.roles.get(role));
    let strong = known.filter_map(|role| Some((role, view.estate.strength(role)?))).next();
    let mut flaw = Flaw::new("containers reach the metadata of their instance, and the credentials of its role")
        .because(view.chain())
        .because_all(reached.lines)
        .so("whatever runs in a container, or can be tricked into a request, acts as the instance");
    if let Some((role, strength)) = strong {
        flaw = flaw.at(Severity::Critical).because(format!("the instance role {} {strength}", role.name));
    }
    Ok(if reached.surely { flaw.into() } else { flaw.possibly().into() })
}
