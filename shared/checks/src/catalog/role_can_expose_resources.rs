//! A role may open resources to others.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::catalogue::Tags;

use crate::check::{Check, Flaw, Judge, Judged};
use crate::estate::RoleView;
use crate::roles::breadth::{Breadth, Found, actions, sensitive_for};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-can-expose-resources",
        title: "role may share resources with anybody",
        category: Category::DataExposure,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("role_can_expose_resources.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let bounds = view.estate.bounds(facts)?;
    let breadth = Breadth::of(view.estate, bounds);
    let may = bounds.may_allow();
    let writers = sensitive_for(Tags::RESOURCE_EXPOSURE).filter(|id| may.contains(*id));
    let found: Found = writers.map(|id| breadth.on_a_type(id)).collect();
    found.judged(facts, bounds, |hits| {
        Flaw::new(format!("the role may open resources to other accounts or to the network: {}", actions(hits)))
            .so("whoever breaks into the workload can let themselves in from outside, and stay when the workload is gone")
    })
}
