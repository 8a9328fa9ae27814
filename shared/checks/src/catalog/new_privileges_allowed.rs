//! A process that is not root can become root through a setuid program.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED, not_applicable};
use crate::estate::{Container, Launch};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "new-privileges-allowed",
        title: "container may gain privileges",
        category: Category::Hardening,
        severity: Severity::Low,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["CIS Docker v1.6.0/2.14", "CIS Docker v1.6.0/5.26"],
        related_control: None,
        page: include_str!("new_privileges_allowed.md"),
    },
    not_on: &[Not::Fargate, Not::Windows],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let options = &container.container.docker_security_options;
    if container.task.revision.launch == Ok(Launch::ManagedInstances) && options.is_empty() {
        return not_applicable("Managed Instances, where support of the option is not documented");
    }
    // Docker takes the last one.
    let said = options.iter().filter_map(|option| enabled(option)).next_back();
    if said == Some(true) {
        return PASSED;
    }
    Ok(Flaw::new(format!("container {} may gain privileges", container.container.name))
        .because(container.chain())
        .because(match said {
            Some(_) => "dockerSecurityOptions switches no-new-privileges off",
            None => "dockerSecurityOptions lacks no-new-privileges",
        })
        .into())
}

fn enabled(option: &str) -> Option<bool> {
    match option.trim().to_ascii_lowercase().strip_prefix("no-new-privileges")? {
        "" | ":true" | "=true" => Some(true),
        _ => Some(false),
    }
}
