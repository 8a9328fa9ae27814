//! A role changes any resource of a type instead of its own.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::catalogue::{ActionId, Level, Tags};

use crate::check::{Check, Flaw, Judge, Judged};
use crate::estate::RoleView;
use crate::roles::breadth::{Breadth, Found, actions, expected};
use crate::roles::control;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-broad-write",
        title: "role may change whole kinds of resources",
        category: Category::Hardening,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("role_broad_write.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let bounds = view.estate.bounds(facts)?;
    let breadth = Breadth::of(view.estate, bounds);
    let may = bounds.may_allow();
    let whole: Vec<&str> = breadth.whole_services().into_iter().filter(|(_, answer)| answer.surely()).map(|(service, _)| service).collect();
    let mut by_service: BTreeMap<&str, Vec<ActionId>> = BTreeMap::new();
    for id in changing().filter(|id| may.contains(*id) && !whole.contains(&id.service()) && !expected(facts, id.name())) {
        by_service.entry(id.service()).or_default().push(id);
    }
    // One action proves it for a service; admins may have thousands.
    let found: Found = by_service.into_values().filter_map(|actions| breadth.surest_of(actions.into_iter())).collect();
    found.judged(facts, bounds, |hits| {
        Flaw::new(format!("the role may change any resource of a type, among others by {}", actions(hits)))
            .so("a break-in into the workload damages what belongs to others")
    })
}

/// The actions that count.
fn changing() -> impl Iterator<Item = ActionId> {
    static ALL: OnceLock<Vec<ActionId>> = OnceLock::new();
    ALL.get_or_init(|| ActionId::all().filter(|id| changes(*id)).collect()).iter().copied()
}

/// Whether an action changes resources that can be named, and no other check looks at it.
fn changes(id: ActionId) -> bool {
    let info = id.info();
    let elsewhere = Tags::DATA_ACCESS.union(Tags::CREDENTIAL_EXPOSURE).union(Tags::RESOURCE_EXPOSURE).union(Tags::EVASION);
    matches!(info.level, Level::Write | Level::Tagging | Level::Permissions)
        && names_resource(id)
        && !info.tags.intersects(elsewhere)
        && !control::is_call(id.name())
}

/// Whether every call names a resource. One that may name a single type and need not, is allowed on `*` for the rest.
fn names_resource(id: ActionId) -> bool {
    id.info().types().any(|(_, always)| always) || id.info().types().count() > 1
}
