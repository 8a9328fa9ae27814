//! A host of containers can be addressed from the internet.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_model::{Gap, ec2};
use wallwalk_network::{Family, Grade, Ranges, Source};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::HostGroup;
use crate::segmentation;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "container-instance-public-ip",
        title: "container instance has a public address",
        category: Category::Hardening,
        severity: Severity::Medium,
        subject: SubjectKind::HostGroup,
        tier: Tier::T1,
        requirements: &[
            "NIST.800-53.r5 AC-21",
            "NIST.800-53.r5 AC-3",
            "NIST.800-53.r5 AC-3(7)",
            "NIST.800-53.r5 AC-4",
            "NIST.800-53.r5 AC-4(21)",
            "NIST.800-53.r5 AC-6",
            "NIST.800-53.r5 SC-7",
            "NIST.800-53.r5 SC-7(11)",
            "NIST.800-53.r5 SC-7(16)",
            "NIST.800-53.r5 SC-7(20)",
            "NIST.800-53.r5 SC-7(21)",
            "NIST.800-53.r5 SC-7(3)",
            "NIST.800-53.r5 SC-7(4)",
            "NIST.800-53.r5 SC-7(9)",
            "PCI DSS v4.0.1/1.4.4",
        ],
        related_control: Some("EC2.9"),
        page: include_str!("container_instance_public_ip.md"),
    },
    not_on: &[Not::Fargate, Not::External],
    judge: Judge::HostGroup(judge),
};

fn judge(group: &HostGroup<'_>) -> Judged {
    let (mut public, mut wide, mut gap) = (Vec::new(), false, None);
    for host in &group.hosts {
        match host.read(group).and_then(|instance| Ok((instance, address(group, instance)?))) {
            Ok((instance, Some(address))) => {
                public.push(format!("instance {} has {address}", instance.instance_id));
                wide |= admits_world(group, instance) == Ok(true);
            }
            Ok((_, None)) => {}
            Err(one) => gap = gap.or(Some(one)),
        }
    }
    if public.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    let flaw = Flaw::new("container instances have public addresses")
        .because(format!("{} of {} instances of {}", public.len(), group.hosts.len(), group.id.replace('/', " ")))
        .because_all(public.into_iter().take(10))
        .so("a service of the host, or a task on the host's network, is one security group rule away from the internet");
    Ok(if wide { flaw.at(Severity::High).because("a security group of it admits the whole internet").into() } else { flaw.into() })
}

/// The address by which the internet knows the instance. An IPv6 address is one if its subnet has a
/// route to an internet gateway.
fn address(group: &HostGroup<'_>, instance: &ec2::Instance) -> Result<Option<&'static str>, Gap> {
    if instance.public_ip_address.is_some() {
        return Ok(Some("a public IPv4 address"));
    }
    if instance.ipv6_address.is_none() {
        return Ok(None);
    }
    let id = instance.subnet_id.as_deref().ok_or_else(|| Gap::not_asked("ec2:DescribeInstances"))?;
    let routed = segmentation::routes_ipv6_to_the_internet(group.estate, group.trace, id)?;
    Ok(routed.then_some("an IPv6 address in a subnet with a route to an internet gateway"))
}

fn admits_world(group: &HostGroup<'_>, instance: &ec2::Instance) -> Result<bool, Gap> {
    let ids: Vec<String> = instance.security_groups.iter().map(|one| one.group_id.clone()).collect();
    let rules = segmentation::rules(group.estate, group.trace, &ids)?;
    Ok([Family::V4, Family::V6].into_iter().any(|family| {
        let inbound = rules.iter().filter(|rule| !rule.egress);
        let sources = inbound.filter_map(|rule| if let Source::Ranges(cidrs) = &rule.source { Some(cidrs) } else { None });
        Ranges::of(family, sources.flatten()).grade() == Grade::World
    }))
}
