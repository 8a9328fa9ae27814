//! Credentials of the instance role are one request away.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_model::Gap;

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::HostGroup;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "imdsv1-allowed",
        title: "instance metadata version 1 is allowed",
        category: Category::CredentialAccess,
        severity: Severity::High,
        subject: SubjectKind::HostGroup,
        tier: Tier::T1,
        requirements: &[
            "NIST.800-53.r5 AC-3",
            "NIST.800-53.r5 AC-3(15)",
            "NIST.800-53.r5 AC-3(7)",
            "NIST.800-53.r5 AC-6",
            "PCI DSS v4.0.1/2.2.6",
        ],
        related_control: Some("EC2.8"),
        page: include_str!("imdsv1_allowed.md"),
    },
    not_on: &[Not::Fargate, Not::ManagedInstances, Not::External],
    judge: Judge::HostGroup(judge),
};

fn judge(group: &HostGroup<'_>) -> Judged {
    let (mut open, mut gap) = (Vec::new(), None);
    for host in &group.hosts {
        match host.read(group) {
            Err(one) => gap = gap.or(Some(one)),
            Ok(instance) => match &instance.metadata_options {
                None => gap = gap.or_else(|| Some(Gap::not_asked("ec2:DescribeInstances"))),
                Some(options) => {
                    let reachable = options.http_endpoint.as_deref() != Some("disabled");
                    match options.http_tokens.as_deref() {
                        Some("optional") if reachable => open.push(format!("instance {}: HttpTokens is optional", instance.instance_id)),
                        None if reachable => gap = gap.or_else(|| Some(Gap::not_asked("ec2:DescribeInstances HttpTokens"))),
                        _ => {}
                    }
                }
            },
        }
    }
    if open.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    Ok(Flaw::new("instance metadata version 1 is allowed")
        .because(format!("{} of {} instances of {}", open.len(), group.hosts.len(), group.id.replace('/', " ")))
        .because_all(open.into_iter().take(10))
        .so("a request that a container is tricked into making returns the instance role's credentials")
        .into())
}
