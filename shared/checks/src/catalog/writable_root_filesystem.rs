//! A container may change its own programs.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::Container;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "writable-root-filesystem",
        title: "root file system is writable",
        category: Category::Hardening,
        severity: Severity::Medium,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &[
            "CIS Docker v1.6.0/5.13",
            "NIST.800-53.r5 AC-2(1)",
            "NIST.800-53.r5 AC-3",
            "NIST.800-53.r5 AC-3(15)",
            "NIST.800-53.r5 AC-3(7)",
            "NIST.800-53.r5 AC-5",
            "NIST.800-53.r5 AC-6",
        ],
        related_control: Some("ECS.5"),
        page: include_str!("writable_root_filesystem.md"),
    },
    not_on: &[Not::Windows],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    if container.container.readonly_root_filesystem == Some(true) {
        return PASSED;
    }
    let flaw = Flaw::new(format!("root file system of container {} is writable", container.container.name))
        .because(container.chain())
        .because(match container.container.readonly_root_filesystem {
            Some(_) => "readonlyRootFilesystem is false",
            None => "readonlyRootFilesystem is not set, which means false",
        });
    Ok(if container.task.workload.exec_enabled() {
        flaw.because("ECS Exec is on: its agent writes to /var/lib/amazon and /var/log/amazon, mount volumes there").into()
    } else {
        flaw.into()
    })
}
