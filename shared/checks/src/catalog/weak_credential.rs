//! A password in use is a default, a common one, or follows from its surroundings.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_model::redacted::SightingClass;

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::{Container, sightings};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "weak-credential",
        title: "credential is easy to guess",
        category: Category::HardcodedSecret,
        severity: Severity::High,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("weak_credential.md"),
    },
    not_on: &[],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let weak: Vec<_> = sightings(container).into_iter().filter(|sighting| sighting.class == SightingClass::WeakCredential).collect();
    if weak.is_empty() {
        return PASSED;
    }
    let production = container.task.estate.is_production(container.task.workload);
    Ok(Flaw::new(format!("container {} uses a credential that is easy to guess", container.container.name))
        .at(if production { Severity::High } else { Severity::Medium })
        .because(container.chain())
        .because_all(weak.iter().take(20).map(|sighting| crate::estate::sighting_text(sighting)))
        .into())
}
