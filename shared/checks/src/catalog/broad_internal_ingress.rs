//! A security group trusts a whole network instead of named peers.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_network::{Cidr, Source};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
use crate::estate::GroupView;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "broad-internal-ingress",
        title: "group admits a broad internal range",
        category: Category::LateralMovement,
        severity: Severity::Medium,
        subject: SubjectKind::SecurityGroup,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("broad_internal_ingress.md"),
    },
    not_on: &[],
    judge: Judge::SecurityGroup(judge),
};

const PRIVATE: &[&str] = &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

fn judge(view: &GroupView<'_>) -> Judged {
    let snapshot = view.estate.snapshot;
    let vpc = view.group.vpc_id.as_deref().unwrap_or_default();
    let vpc_ranges: Result<Vec<Cidr>, _> = snapshot.need(&snapshot.vpcs, vpc, "ec2:DescribeVpcs").and_then(|reading| {
        let vpc = view.trace.see(format!("vpc:{vpc}"), reading)?;
        let more = vpc.cidr_block_association_set.iter().filter_map(|block| block.cidr_block.as_deref());
        Ok(vpc.cidr_block.as_deref().into_iter().chain(more).filter_map(|text| text.parse().ok()).collect())
    });
    let mut gap = None;
    let mut broad = Vec::new();
    for rule in view.rules.iter().filter(|rule| !rule.egress) {
        match &rule.source {
            Source::Ranges(cidrs) => {
                let covers_vpc = |cidr: &Cidr| vpc_ranges.as_ref().is_ok_and(|ranges| ranges.iter().any(|range| cidr.contains(range)));
                if cidrs.iter().any(|cidr| is_wide_private(cidr) || (is_private(cidr) && covers_vpc(cidr))) {
                    broad.push(rule.text());
                } else if cidrs.iter().any(is_private)
                    && let Err(one) = &vpc_ranges
                {
                    gap = gap.or_else(|| Some(one.clone()));
                }
            }
            Source::Unread(one) => gap = gap.or_else(|| Some(one.clone())),
            Source::Group(_) => {}
        }
    }
    if broad.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    Ok(Flaw::new("the group admits a broad internal range")
        .because(format!("carried by {}", listed(view.carriers.iter().map(|one| &one.label))))
        .because_all(broad)
        .so("whoever breaks into anything in that range reaches these tasks")
        .into())
}

fn private() -> impl Iterator<Item = Cidr> {
    PRIVATE.iter().filter_map(|text| text.parse().ok())
}

fn is_private(cidr: &Cidr) -> bool {
    private().any(|range| range.contains(cidr))
}

/// Private space of a /16 or wider (IPv6: /48).
fn is_wide_private(cidr: &Cidr) -> bool {
    let most = if cidr.family == wallwalk_network::Family::V4 { 16 } else { 48 };
    is_private(cidr) && cidr.prefix() <= most
}
