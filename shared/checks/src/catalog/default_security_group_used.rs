//! Tasks share a group with whatever was started without thought.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::WorkloadView;
use crate::segmentation;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "default-security-group-used",
        title: "task carries the VPC's default group",
        category: Category::LateralMovement,
        severity: Severity::Medium,
        subject: SubjectKind::Workload,
        tier: Tier::T1,
        requirements: &[
            "NIST.800-53.r5 AC-4",
            "NIST.800-53.r5 AC-4(21)",
            "NIST.800-53.r5 SC-7",
            "NIST.800-53.r5 SC-7(11)",
            "NIST.800-53.r5 SC-7(16)",
            "NIST.800-53.r5 SC-7(21)",
            "NIST.800-53.r5 SC-7(4)",
            "NIST.800-53.r5 SC-7(5)",
        ],
        related_control: Some("EC2.2"),
        page: include_str!("default_security_group_used.md"),
    },
    not_on: &[],
    judge: Judge::Workload(judge),
};

fn judge(view: &WorkloadView<'_>) -> Judged {
    let snapshot = view.estate.snapshot;
    let (placements, mut gap) = segmentation::placements(view);
    let mut evidence = Vec::new();
    for placement in placements {
        if placement.groups.is_empty() {
            evidence.push(format!("{} names no group, which means the VPC's default one", placement.name));
        }
        for group in &placement.groups {
            let read = snapshot.need(&snapshot.security_groups, group, "ec2:DescribeSecurityGroups");
            match read.and_then(|reading| view.trace.see(format!("sg:{group}"), reading)) {
                Ok(known) if known.group_name.as_deref() == Some("default") => {
                    evidence.push(format!("{} carries {group}, named default", placement.name))
                }
                Ok(_) => {}
                Err(one) => gap = gap.or(Some(one)),
            }
        }
    }
    evidence.dedup();
    if evidence.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    Ok(Flaw::new("tasks carry the VPC's default security group")
        .because(view.chain())
        .because_all(evidence)
        .so("it is let in wherever the default group is, and gets every rule that somebody adds to that group for something else")
        .into())
}
