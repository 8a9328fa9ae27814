//! A workload runs on an outdated Fargate platform.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::{Launch, Os, WorkloadView};

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
    not_on: &[],
    judge: Judge::Workload(judge),
};

/// The platform versions that are current.
const LINUX: &str = "1.4.0";
const WINDOWS: &str = "1.0.0";

fn judge(view: &WorkloadView<'_>) -> Judged {
    match &view.revision.launch {
        Ok(Launch::Fargate) => {}
        Ok(other) => return not_applicable(other.word()),
        Err(gap) => return Err(gap.clone()),
    }
    let current = if view.revision.os == Os::Windows { WINDOWS } else { LINUX };
    let is_old = |version: &Option<String>| {
        version.as_deref().is_some_and(|version| !version.is_empty() && version != "LATEST" && version != current)
    };
    let mut old = Vec::new();
    for task in view.workload.tasks.iter().filter(|task| is_old(&task.platform_version)) {
        old.push(format!("a running task is on platform version {}", task.platform_version.as_deref().unwrap_or_default()));
    }
    if let Some(Ok(service)) = &view.workload.service {
        let configured = service.deployments.iter().map(|one| &one.platform_version).chain([&service.platform_version]);
        old.extend(
            configured.filter(|version| is_old(version)).map(|version| format!("configured: {}", version.as_deref().unwrap_or_default())),
        );
    }
    old.sort();
    old.dedup();
    if old.is_empty() {
        return PASSED;
    }
    Ok(Flaw::new("the Fargate platform version is old")
        .because(view.chain())
        .because_all(old)
        .because(format!("current is {current}"))
        .into())
}
