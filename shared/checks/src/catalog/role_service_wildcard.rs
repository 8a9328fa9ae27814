//! A role holds every action of a service on every resource.

use std::collections::BTreeSet;

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::{self, Action};
use wallwalk_iam::eval::{Answer, Bounds, Query};

use crate::check::{Check, Flaw, Judge, Judged, LEAST_PRIVILEGE, PASSED, listed};
use crate::estate::RoleView;
use crate::roles::breadth::Breadth;
use crate::roles::{unread, why};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-service-wildcard",
        title: "role may do everything in a service",
        category: Category::PrivilegeEscalation,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: LEAST_PRIVILEGE,
        related_control: Some("IAM.21"),
        page: include_str!("role_service_wildcard.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

/// Services in which everything is a way to more.
const SENSITIVE: &[&str] =
    &["iam", "sts", "kms", "secretsmanager", "s3", "dynamodb", "ssm", "ecs", "ecr", "lambda", "ec2", "organizations"];

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let bounds = view.estate.bounds(facts)?;
    let mut whole = Breadth::of(view.estate, bounds).whole_services();
    whole.retain(|(service, _)| !CHANNELS.contains(service));
    let Some(answer) = whole.iter().map(|(_, answer)| *answer).max() else { return PASSED };
    if answer == Answer::Unread {
        return Err(unread(bounds));
    }
    let services: Vec<&str> = whole.iter().filter(|one| one.1 == answer).map(|one| one.0).collect();
    let sensitive = services.iter().any(|service| SENSITIVE.contains(service));
    let mut lines: Vec<String> = services.iter().take(LINES).flat_map(|service| proof(bounds, service)).collect();
    lines.sort();
    lines.dedup();
    let flaw = Flaw::new(format!("the role may do everything in {}", listed(&services)))
        .at(if sensitive { Severity::High } else { Severity::Medium })
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(lines)
        .so("a break-in into the workload is one into all that the account keeps there");
    Ok(if answer.surely() { flaw.into() } else { flaw.possibly().into() })
}

/// Services that are nothing but the channel of an agent: whoever needs one needs all of it.
const CHANNELS: &[&str] = &["ec2messages", "ssmmessages"];

/// So many services are proved; the others are named.
const LINES: usize = 12;

/// The statements that hold a service: one for its star, or those that have the parts.
fn proof(bounds: &Bounds<'_>, service: &str) -> Vec<String> {
    let all = format!("{service}:*");
    if bounds.covers(&Query::new(Action::Pattern(&all), Target::pattern("*"))).possibly() {
        return why(bounds, &all, "*");
    }
    let mut named = BTreeSet::new();
    let actions = catalogue::actions_of(service);
    let unlike = actions.iter().filter(|id| named.insert(bounds.naming(*id)));
    unlike.flat_map(|id| why(bounds, id.name(), "*")).collect()
}
