//! A credential stands in clear in a task definition.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_model::redacted::SightingClass;

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::{Container, sightings};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "secret-in-task-definition",
        title: "secret is written in the task definition",
        category: Category::HardcodedSecret,
        severity: Severity::High,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["NIST.800-53.r5 CA-9(1)", "NIST.800-53.r5 CM-2", "PCI DSS v4.0.1/8.6.2"],
        related_control: Some("ECS.8"),
        page: include_str!("secret_in_task_definition.md"),
    },
    not_on: &[],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    // AWS keys have a check of their own.
    let found: Vec<_> = sightings(container)
        .into_iter()
        .filter(|sighting| sighting.class == SightingClass::Secret && sighting.detector != "aws-secret-access-key")
        .collect();
    let Some(first) = found.first() else { return PASSED };
    let key = found.iter().any(|sighting| sighting.detector.contains("private"));
    let flaw = Flaw::new(format!("container {} has a secret written in its definition", container.container.name))
        .because(container.chain())
        .because_all(found.iter().take(20).map(|sighting| crate::estate::sighting_text(sighting)))
        .so("everybody who may call ecs:DescribeTaskDefinition reads it, and so does every log and backup of the definition");
    let flaw = if key { flaw.at(Severity::Critical) } else { flaw };
    let certain = found.iter().any(|sighting| sighting.confidence == "high");
    debug_assert!(!first.detector.is_empty());
    Ok(if certain { flaw.into() } else { flaw.possibly().into() })
}
