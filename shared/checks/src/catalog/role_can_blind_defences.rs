//! A role may switch off what would notice an attack.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::Keys;
use wallwalk_iam::catalogue::{ActionId, Tags};

use crate::check::{Check, Flaw, Judge, Judged};
use crate::estate::RoleView;
use crate::roles::breadth::{Breadth, Found, Hit, actions, sensitive_for};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-can-blind-defences",
        title: "role may switch off monitoring",
        category: Category::PrivilegeEscalation,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("role_can_blind_defences.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

/// Services in which workloads keep what is their own: there only a whole type of resource is a defence.
const OF_WORKLOADS: &[&str] = &["athena", "cloudwatch", "ec2", "ecr", "events", "kms", "logs", "s3", "sns", "ssm", "xray"];

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let bounds = view.estate.bounds(facts)?;
    let principal = facts.principal.as_ref().map_err(Clone::clone)?;
    let breadth = Breadth::of(view.estate, bounds);
    let may = bounds.may_allow();
    let anywhere = |id: ActionId| {
        let met = view.estate.web.met_best(principal, id.name(), &Keys::new());
        Hit { action: met.action, resource: met.resource, keys: Keys::new(), answer: met.answer }
    };
    let blinding = sensitive_for(Tags::EVASION).filter(|id| may.contains(*id));
    let found: Found = blinding.map(|id| if OF_WORKLOADS.contains(&id.service()) { breadth.on_a_type(id) } else { anywhere(id) }).collect();
    found.judged(facts, bounds, |hits| {
        Flaw::new(format!("the role may switch off monitoring or destroy its records: {}", actions(hits)))
            .so("a break-in into the workload can go on unseen, and what it did cannot be traced")
    })
}
