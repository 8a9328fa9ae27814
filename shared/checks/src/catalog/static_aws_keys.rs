//! Long-lived AWS credentials stand in a task definition.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Judge, Judged, PASSED};
use crate::estate::{Container, Written};

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
    let written = Written::read(container);
    let (secret, ids) = written.aws_keys();
    let claim = |what: &str| format!("container {} has {what} written in its definition", container.container.name);
    if !secret.is_empty() {
        let both: Vec<_> = secret.into_iter().chain(ids).collect();
        let flaw = written.flaw(claim("AWS access keys"), &both);
        return Ok(flaw.so("whoever reads the definition acts as the owner of the key, from anywhere").into());
    }
    if ids.is_empty() {
        return written.complete().and(PASSED);
    }
    let flaw = written.flaw(claim("the id of an AWS access key"), &ids).at(Severity::Low);
    Ok(flaw.because("only the key id; its secret was not seen").into())
}
