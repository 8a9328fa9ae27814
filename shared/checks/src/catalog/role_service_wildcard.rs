//! A role holds every action of a service on every resource.

use std::collections::BTreeSet;

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_iam::{Grant, Proof};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::RoleView;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-service-wildcard",
        title: "role may do everything in a service",
        category: Category::PrivilegeEscalation,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[
            "NIST.800-53.r5 AC-2",
            "NIST.800-53.r5 AC-2(1)",
            "NIST.800-53.r5 AC-3",
            "NIST.800-53.r5 AC-3(15)",
            "NIST.800-53.r5 AC-3(7)",
            "NIST.800-53.r5 AC-5",
            "NIST.800-53.r5 AC-6",
            "NIST.800-53.r5 AC-6(10)",
            "NIST.800-53.r5 AC-6(2)",
            "NIST.800-53.r5 AC-6(3)",
        ],
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
    let permissions = facts.permissions();
    let mut services: Vec<String> = permissions
        .statements(wallwalk_iam::Effect::Allow)
        .filter_map(|(_, statement)| match &statement.actions {
            wallwalk_iam::document::Patterns::Any(list) => Some(list),
            wallwalk_iam::document::Patterns::NotAny(_) => None,
        })
        .flatten()
        .filter_map(|action| Some(action.strip_suffix(":*")?.to_owned()))
        .filter(|service| !service.contains(['*', '?']))
        .collect();
    services.sort();
    services.dedup();
    let (mut proofs, mut gap) = (Vec::new(), facts.unread().cloned());
    for service in services {
        match facts.allows(&format!("{service}:*"), "*") {
            Grant::Surely(proof) => proofs.push((service, proof)),
            Grant::Unread(one) => gap = gap.or(Some(one)),
            Grant::Possibly(_) | Grant::No => {}
        }
    }
    if proofs.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    let sensitive = proofs.iter().any(|(service, _)| SENSITIVE.contains(&service.as_str()));
    let names: Vec<&str> = proofs.iter().map(|(service, _)| service.as_str()).collect();
    Ok(Flaw::new(format!("the role may do everything in {}", names.join(", ")))
        .at(if sensitive { Severity::High } else { Severity::Medium })
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(proofs.iter().map(|(_, proof)| proof_text(proof)).collect::<BTreeSet<_>>())
        .so("a break-in into the workload is one into all that the account keeps there")
        .into())
}

fn proof_text(proof: &Proof) -> String {
    format!("policy {} → {}: {}", proof.policy, proof.statement, proof.says)
}
