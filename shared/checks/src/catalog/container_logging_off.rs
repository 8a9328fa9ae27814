//! What a container writes is not kept.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::Container;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "container-logging-off",
        title: "container does not log",
        category: Category::Logging,
        severity: Severity::Medium,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &[
            "NIST.800-53.r5 AC-4(26)",
            "NIST.800-53.r5 AU-10",
            "NIST.800-53.r5 AU-12",
            "NIST.800-53.r5 AU-2",
            "NIST.800-53.r5 AU-3",
            "NIST.800-53.r5 AU-6(3)",
            "NIST.800-53.r5 AU-6(4)",
            "NIST.800-53.r5 CA-7",
            "NIST.800-53.r5 SC-7(9)",
            "NIST.800-53.r5 SI-7(8)",
        ],
        related_control: Some("ECS.9"),
        page: include_str!("container_logging_off.md"),
    },
    not_on: &[],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let driver = container.container.log_configuration.as_ref().and_then(|log| log.log_driver.as_deref());
    if driver.is_some_and(|driver| !driver.is_empty()) {
        return PASSED;
    }
    let router = container.container.firelens_configuration.is_some();
    let flaw = Flaw::new(format!("container {} does not log", container.container.name))
        .because(container.chain())
        .because("no logConfiguration with a logDriver; a default driver of the host's Docker daemon is not visible")
        .so("what it does, and what is done to it, leaves no trace");
    Ok(if router { flaw.at(Severity::Low).because("it is the FireLens router itself").into() } else { flaw.into() })
}
