//! A variable meant to be secret is kept as a plain String parameter.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_model::secrets::{self, StoreReference};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::{Container, store_references};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "plaintext-parameter-as-secret",
        title: "secret comes from an unencrypted parameter",
        category: Category::DataExposure,
        severity: Severity::High,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("plaintext_parameter_as_secret.md"),
    },
    not_on: &[],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let snapshot = container.task.estate.snapshot;
    let (mut plain, mut gap) = (Vec::new(), None);
    for (name, reference, _) in store_references(container.container) {
        let StoreReference::Parameter { name: parameter, .. } = reference else { continue };
        let read = secrets::find_parameter(&snapshot.parameters, &parameter);
        let Some((key, reading)) = read else {
            gap = gap.or(Some(wallwalk_model::Gap::not_asked("ssm:DescribeParameters")));
            continue;
        };
        container.task.trace.note(format!("param:{key}"), reading.read_at);
        match &reading.fact {
            wallwalk_model::Fact::Gap(one) => gap = gap.or(Some(one.clone())),
            wallwalk_model::Fact::Known(parameter) if parameter.kind.as_deref() != Some("SecureString") => plain.push((name, parameter)),
            wallwalk_model::Fact::Known(_) | wallwalk_model::Fact::Absent => {}
        }
    }
    if plain.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    let credential = plain.iter().any(|(name, _)| names_a_credential(name));
    Ok(Flaw::new(format!("container {} takes a secret from an unencrypted parameter", container.container.name))
        .at(if credential { Severity::High } else { Severity::Medium })
        .because(container.chain())
        .because_all(plain.iter().map(|(name, parameter)| {
            format!("{name} comes from parameter {} of type {}", parameter.name, parameter.kind.as_deref().unwrap_or("unknown"))
        }))
        .into())
}

/// Whether the variable's name is that of a credential.
fn names_a_credential(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["password", "passwd", "secret", "token", "credential", "apikey", "api_key", "private_key", "access_key"]
        .iter()
        .any(|word| lower.contains(word))
}
