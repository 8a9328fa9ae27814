//! A container refers to a secret or parameter that is gone.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_model::secrets::StoreReference;

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::{Container, store_references};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "dangling-secret-reference",
        title: "reference to a secret that does not exist",
        category: Category::DataExposure,
        severity: Severity::Medium,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("dangling_secret_reference.md"),
    },
    not_on: &[],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let (estate, trace) = (container.task.estate, container.task.trace);
    let (mut gone, mut gap) = (Vec::new(), None);
    for (name, reference, written) in store_references(container.container) {
        let there = match &reference {
            StoreReference::Secret { .. } => {
                estate.secret_referred(trace, &reference).map(|secret| secret.is_some_and(|secret| secret.deleted_date.is_none()))
            }
            StoreReference::Parameter { .. } => estate.parameter_referred(trace, &reference).map(|parameter| parameter.is_some()),
            StoreReference::Malformed => {
                gone.push(format!("{name} refers to {written}, which has the form of no secret and no parameter"));
                continue;
            }
        };
        match there {
            Ok(true) => {}
            Ok(false) => gone.push(format!("{name} refers to {written}, which does not exist or is being deleted")),
            Err(one) => gap = gap.or(Some(one)),
        }
    }
    if gone.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    Ok(Flaw::new(format!("container {} refers to a secret that does not exist", container.container.name))
        .because(container.chain())
        .because_all(gone)
        .so("the next task of this workload will not start")
        .into())
}
