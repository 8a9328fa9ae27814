//! A container refers to a secret or parameter that is gone.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_model::Fact;
use wallwalk_model::secrets::{self, StoreReference};

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
    let snapshot = container.task.estate.snapshot;
    let (mut gone, mut gap) = (Vec::new(), None);
    for (name, reference, written) in store_references(container.container) {
        let (key, readings) = match &reference {
            StoreReference::Secret { id, .. } => match secrets::find_secret(&snapshot.secrets, id) {
                Some((key, reading)) => {
                    let deleted = reading.value().is_some_and(|secret| secret.deleted_date.is_some());
                    (format!("secret:{key}"), Some((reading.read_at, reading.fact == Fact::Absent || deleted, gap_of(&reading.fact))))
                }
                None => (format!("secret:{id}"), None),
            },
            StoreReference::Parameter { name, .. } => match secrets::find_parameter(&snapshot.parameters, name) {
                Some((key, reading)) => {
                    (format!("param:{key}"), Some((reading.read_at, reading.fact == Fact::Absent, gap_of(&reading.fact))))
                }
                None => (format!("param:{name}"), None),
            },
            StoreReference::Malformed => continue,
        };
        match readings {
            None => gap = gap.or(Some(wallwalk_model::Gap::not_asked("secretsmanager:DescribeSecret"))),
            Some((read_at, missing, one)) => {
                container.task.trace.note(key, read_at);
                gap = gap.or(one);
                if missing {
                    gone.push(format!("{name} refers to {written}, which does not exist or is being deleted"));
                }
            }
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

fn gap_of<T>(fact: &Fact<T>) -> Option<wallwalk_model::Gap> {
    if let Fact::Gap(gap) = fact { Some(gap.clone()) } else { None }
}
