//! A container runs without the kernel's confinement.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::Container;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "unconfined-container",
        title: "container runs unconfined",
        category: Category::Hardening,
        severity: Severity::High,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["CIS Docker v1.6.0/5.2", "CIS Docker v1.6.0/5.22", "CIS Docker v1.6.0/5.3"],
        related_control: None,
        page: include_str!("unconfined_container.md"),
    },
    not_on: &[Not::Fargate, Not::Windows],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let options = container.container.docker_security_options.iter();
    let off: Vec<&str> = options.filter(|option| unconfines(option)).map(String::as_str).collect();
    if off.is_empty() {
        return PASSED;
    }
    Ok(Flaw::new(format!("container {} runs unconfined", container.container.name))
        .because(container.chain())
        .because(format!("dockerSecurityOptions switches confinement off: {}", off.join(", ")))
        .so("the kernel's filters that keep a broken-in container away from its host are not there")
        .into())
}

fn unconfines(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    let Some((kind, value)) = option.split_once([':', '=']) else { return false };
    matches!(kind.trim(), "apparmor" | "seccomp" | "label") && matches!(value.trim(), "unconfined" | "disable")
}
