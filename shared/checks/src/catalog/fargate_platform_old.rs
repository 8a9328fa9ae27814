//! A workload runs on an outdated Fargate platform.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::{Os, WorkloadView};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "fargate-platform-old",
        title: "Fargate platform version is old",
        category: Category::Hardening,
        severity: Severity::Medium,
        subject: SubjectKind::Workload,
        tier: Tier::T1,
        requirements: &[
            "NIST.800-53.r5 SI-2",
            "NIST.800-53.r5 SI-2(2)",
            "NIST.800-53.r5 SI-2(4)",
            "NIST.800-53.r5 SI-2(5)",
            "PCI DSS v4.0.1/6.3.3",
        ],
        related_control: Some("ECS.10"),
        page: include_str!("fargate_platform_old.md"),
    },
    not_on: &[Not::Ec2, Not::ManagedInstances, Not::External],
    judge: Judge::Workload(judge),
};

/// The platform versions that are current.
const LINUX: &str = "1.4.0";
const WINDOWS: &str = "1.0.0";

fn judge(view: &WorkloadView<'_>) -> Judged {
    let current = if view.revision.os == Os::Windows { WINDOWS } else { LINUX };
    let arn = view.revision.arn;
    let tasks =
        view.workload.tasks.iter().filter(|task| task.task_definition_arn == arn).filter_map(|task| task.platform_version.as_deref());
    let service = view.workload.service.as_ref().and_then(|service| service.as_ref().ok());
    let deployments = service.into_iter().flat_map(|service| &service.deployments);
    let sets = service.into_iter().flat_map(|service| &service.task_sets);
    let configured = deployments
        .filter(|one| one.task_definition.as_deref() == Some(arn))
        .filter_map(|one| one.platform_version.as_deref())
        .chain(sets.filter(|one| one.task_definition.as_deref() == Some(arn)).filter_map(|one| one.platform_version.as_deref()))
        .chain(service.filter(|one| one.task_definition.as_deref() == Some(arn)).and_then(|one| one.platform_version.as_deref()));
    let mut old: Vec<String> = tasks
        .filter(|version| is_old(version, current))
        .map(|version| format!("a running task is on platform version {version}"))
        .chain(configured.filter(|version| is_old(version, current)).map(|version| format!("configured: {version}")))
        .collect();
    old.sort();
    old.dedup();
    if old.is_empty() {
        // Whether it is on Fargate at all may not be known.
        return view.revision.launch.as_ref().map_or_else(|gap| Err(gap.clone()), |_| PASSED);
    }
    Ok(Flaw::new("the Fargate platform version is old")
        .because(view.chain())
        .because_all(old)
        .because(format!("current is {current}"))
        .so("flaws of the kernel and the container runtime that AWS has mended since stay open")
        .into())
}

fn is_old(version: &str, current: &str) -> bool {
    !version.is_empty() && version != "LATEST" && version != current
}
