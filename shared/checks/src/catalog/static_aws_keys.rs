//! Long-lived AWS credentials stand in a task definition.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_model::redacted::SightingClass;

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::{Container, sightings};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "static-aws-keys",
        title: "AWS access keys are written in the task definition",
        category: Category::HardcodedSecret,
        severity: Severity::Critical,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["NIST.800-53.r5 CA-9(1)", "NIST.800-53.r5 CM-2", "PCI DSS v4.0.1/8.6.2"],
        related_control: Some("ECS.8"),
        page: include_str!("static_aws_keys.md"),
    },
    not_on: &[],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let aws: Vec<_> = sightings(container)
        .into_iter()
        .filter(|sighting| {
            let secret = sighting.detector == "aws-secret-access-key" && sighting.class == SightingClass::Secret;
            secret || (sighting.detector == "aws-access-key-id" && sighting.class == SightingClass::Identifier)
        })
        .collect();
    if aws.is_empty() {
        return PASSED;
    }
    let secret = aws.iter().any(|sighting| sighting.class == SightingClass::Secret);
    let flaw = Flaw::new(format!("container {} has AWS access keys written in its definition", container.container.name))
        .because(container.chain())
        .because_all(aws.iter().take(20).map(|sighting| crate::estate::sighting_text(sighting)));
    Ok(if secret {
        flaw.so("whoever reads the definition acts as the owner of the key, from anywhere").into()
    } else {
        flaw.at(Severity::Low).because("only the key id; its secret was not seen").into()
    })
}
