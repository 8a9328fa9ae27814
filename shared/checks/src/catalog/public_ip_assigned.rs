//! Tasks are given addresses that the internet can route to.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::WorkloadView;
use crate::segmentation;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "public-ip-assigned",
        title: "tasks get a public address",
        category: Category::Network,
        severity: Severity::Low,
        subject: SubjectKind::Workload,
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
        related_control: Some("ECS.2"),
        page: include_str!("public_ip_assigned.md"),
    },
    not_on: &[],
    judge: Judge::Workload(judge),
};

fn judge(view: &WorkloadView<'_>) -> Judged {
    let configured = view.revision.networks.iter().any(|network| network.assign_public_ip.as_deref() == Some("ENABLED"));
    let mut evidence = Vec::new();
    if configured {
        evidence.push("assignPublicIp is ENABLED".to_owned());
    }
    let (placements, mut gap) = segmentation::placements(view);
    for placement in placements.iter().filter(|placement| placement.name.starts_with("eni-")) {
        if !placement.public_ipv4.is_empty() {
            evidence.push(format!("{} has the public address {}", placement.name, placement.public_ipv4.join(", ")));
        }
        if let Some(address) = placement.ipv6.first() {
            match segmentation::routes_ipv6_to_the_internet(view.estate, view.trace, &placement.subnet) {
                Ok(true) => evidence.push(format!("{} has the IPv6 address {address} and a route to an internet gateway", placement.name)),
                Ok(false) => {}
                Err(one) => gap = gap.or(Some(one)),
            }
        }
    }
    if evidence.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    Ok(Flaw::new("tasks get a public address").because(view.chain()).because_all(evidence).into())
}
