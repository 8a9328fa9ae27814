//! A container has the privileges of the host.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::Container;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "privileged-container",
        title: "container runs privileged",
        category: Category::LateralMovement,
        severity: Severity::High,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &[
            "CIS Docker v1.6.0/5.5",
            "NIST.800-53.r5 AC-2(1)",
            "NIST.800-53.r5 AC-3",
            "NIST.800-53.r5 AC-3(15)",
            "NIST.800-53.r5 AC-3(7)",
            "NIST.800-53.r5 AC-5",
            "NIST.800-53.r5 AC-6",
        ],
        related_control: Some("ECS.4"),
        page: include_str!("privileged_container.md"),
    },
    not_on: &[Not::Fargate, Not::Windows],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    if container.container.privileged != Some(true) {
        return PASSED;
    }
    let flaw = Flaw::new(format!("container {} runs privileged", container.container.name))
        .because(container.chain())
        .because("privileged is true: every capability, every device, no seccomp or AppArmor confinement")
        .so("whoever breaks into the container owns the host and every task on it");
    Ok(if container.task.exposed() == Ok(true) {
        flaw.at(Severity::Critical).because("the workload is exposed to the internet").into()
    } else if let Some((role, strength)) = container.task.strong_instance_role() {
        flaw.at(Severity::Critical).because(format!("the role of its instance, {role}, {strength}")).into()
    } else {
        flaw.into()
    })
}
