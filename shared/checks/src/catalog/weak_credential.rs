//! A password in use is a default, a common one, or follows from its surroundings.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Judge, Judged, PASSED};
use crate::estate::{Container, Written};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "weak-credential",
        title: "credential is easy to guess",
        category: Category::HardcodedSecret,
        severity: Severity::High,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["PCI DSS v4.0.1/8.6.2"],
        related_control: None,
        page: include_str!("weak_credential.md"),
    },
    not_on: &[],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let written = Written::read(container);
    let weak = written.weak();
    if weak.is_empty() {
        return written.complete().and(PASSED);
    }
    Ok(written
        .flaw(format!("container {} uses a credential that is easy to guess", container.container.name), &weak)
        .so("whoever reaches the login gets in by guessing")
        .into())
}
