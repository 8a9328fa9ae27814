//! A variable meant to be secret is kept as a plain String parameter.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_model::Gap;
use wallwalk_secrets::{NameClass, classify_name};

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
    let (estate, trace) = (container.task.estate, container.task.trace);
    let (mut plain, mut gap) = (Vec::new(), None);
    for (name, reference, _) in store_references(container.container) {
        match estate.parameter_referred(trace, &reference) {
            // That one is gone is another check's finding.
            Ok(None) => {}
            Ok(Some(parameter)) => match parameter.kind.as_deref() {
                Some("SecureString") => {}
                Some(_) => plain.push((name, parameter)),
                None => gap = gap.or_else(|| Some(Gap::not_asked("ssm:DescribeParameters Type"))),
            },
            Err(one) => gap = gap.or(Some(one)),
        }
    }
    if plain.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    let credential = plain.iter().any(|(name, _)| classify_name(name) == NameClass::Credential);
    Ok(Flaw::new(format!("container {} takes a secret from an unencrypted parameter", container.container.name))
        .at(if credential { Severity::High } else { Severity::Medium })
        .because(container.chain())
        .because_all(plain.iter().map(|(name, parameter)| {
            format!("{name} comes from parameter {} of type {}", parameter.name, parameter.kind.as_deref().unwrap_or("unknown"))
        }))
        .so("whoever may call ssm:GetParameter reads it, no key needed, and so does every listing that somebody keeps")
        .into())
}
