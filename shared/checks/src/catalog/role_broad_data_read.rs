//! A role reads every secret, object or table instead of its own.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::catalogue::{Tags, takes_resource};

use crate::check::{Check, Flaw, Judge, Judged};
use crate::estate::RoleView;
use crate::roles::breadth::{Breadth, Found, actions, expected, sensitive_for};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-broad-data-read",
        title: "role may read whole kinds of data",
        category: Category::DataExposure,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("role_broad_data_read.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let bounds = view.estate.bounds(facts)?;
    let breadth = Breadth::of(view.estate, bounds);
    let may = bounds.may_allow();
    // What cannot be limited to a resource is no breadth, and assuming roles is judged by itself.
    let readers = sensitive_for(Tags::DATA_ACCESS.union(Tags::CREDENTIAL_EXPOSURE))
        .filter(|id| may.contains(*id) && takes_resource(*id) && id.service() != "sts" && !expected(facts, id.name()));
    let found: Found = readers.map(|id| breadth.on_a_type(id)).collect();
    found.judged(facts, bounds, |hits| {
        Flaw::new(format!("the role may read whatever there is of a kind: {}", actions(hits)))
            .so("a break-in into the workload reads the data and credentials of every other one")
    })
}
