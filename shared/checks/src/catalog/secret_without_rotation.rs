//! A secret that workloads use has had the same value for long.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed, not_applicable};
use crate::estate::SecretView;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "secret-without-rotation",
        title: "secret is not rotated",
        category: Category::DataExposure,
        severity: Severity::Medium,
        subject: SubjectKind::Secret,
        tier: Tier::T1,
        requirements: &["NIST.800-53.r5 AC-2(1)", "NIST.800-53.r5 AC-3(15)", "PCI DSS v4.0.1/8.3.9", "PCI DSS v4.0.1/8.6.3"],
        related_control: Some("SecretsManager.1"),
        page: include_str!("secret_without_rotation.md"),
    },
    not_on: &[],
    judge: Judge::Secret(judge),
};

const DAYS: i64 = 90;

fn judge(view: &SecretView<'_>) -> Judged {
    let secret = view.secret;
    if let Some(owner) = &secret.owning_service {
        return not_applicable(format!("managed by {owner}"));
    }
    if secret.rotation_enabled == Some(true) {
        return PASSED;
    }
    let current = secret.versions.iter().flatten().find(|version| version.version_stages.iter().any(|stage| stage == "AWSCURRENT"));
    let since = match (current.and_then(|version| version.created_date), secret.created_date) {
        (Some(since), _) => since,
        // Without the versions' dates, a young secret has a young value.
        (None, Some(created)) if created.plus_days(DAYS) > view.estate.now => return PASSED,
        (None, _) => return Err(wallwalk_model::Gap::not_asked("secretsmanager:ListSecretVersionIds")),
    };
    if since.plus_days(DAYS) > view.estate.now {
        return PASSED;
    }
    Ok(Flaw::new("the secret is not rotated")
        .because(format!("secret {}: rotation is off", secret.name))
        .because(format!("its value dates from {}, more than {DAYS} days ago", since.date()))
        .because(format!("used by {}", listed(&view.users)))
        .so("whoever ever read the value can still use it")
        .into())
}
