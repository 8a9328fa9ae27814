//! A secret ought to have been rotated and was not.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_model::Gap;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed, not_applicable};
use crate::estate::SecretView;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "rotation-overdue",
        title: "rotation of a secret is overdue",
        category: Category::DataExposure,
        severity: Severity::Medium,
        subject: SubjectKind::Secret,
        tier: Tier::T1,
        requirements: &["NIST.800-53.r5 AC-2(1)", "NIST.800-53.r5 AC-3(15)", "PCI DSS v4.0.1/8.3.9", "PCI DSS v4.0.1/8.6.3"],
        related_control: Some("SecretsManager.2"),
        page: include_str!("rotation_overdue.md"),
    },
    not_on: &[],
    judge: Judge::Secret(judge),
};

fn judge(view: &SecretView<'_>) -> Judged {
    let secret = view.secret;
    if secret.rotation_enabled != Some(true) {
        return not_applicable("rotation is off");
    }
    let Some(next) = secret.next_rotation_date else {
        return Err(Gap::not_asked("secretsmanager:DescribeSecret NextRotationDate"));
    };
    if next.plus_days(1) >= view.estate.now {
        return PASSED;
    }
    Ok(Flaw::new("the secret's rotation is overdue")
        .because(format!("secret {}: rotation is on", secret.name))
        .because(format!("the next one was due on {}", next.date()))
        .because(format!("used by {}", listed(&view.users)))
        .so("rotation that is on and does not happen is believed in: a value that leaked stays good")
        .mended_by(format!("aws secretsmanager rotate-secret --secret-id {}", secret.arn))
        .into())
}
