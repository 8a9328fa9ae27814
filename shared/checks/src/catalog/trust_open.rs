//! A role of a workload can be assumed by anybody.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::RoleView;
use crate::roles::trust::{How, Party, Trust};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "trust-open",
        title: "role trusts everybody",
        category: Category::CredentialAccess,
        severity: Severity::Critical,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("trust_open.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let trust = Trust::of(view)?;
    if !trust.parties().contains(&Party::Everybody) {
        return PASSED;
    }
    let admission = trust.surest(&Party::Everybody, trust.strangers())?;
    let flaw = Flaw::new("the role trusts everybody")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(admission.evidence)
        .so("any AWS account can take the workload's permissions");
    Ok(match admission.how {
        How::No => return PASSED,
        How::Perhaps => flaw.at(Severity::High).possibly().into(),
        How::Conditioned | How::Surely => {
            flaw.at(Severity::High).because("a condition narrows it, to neither this account nor an organisation").into()
        }
        How::Freely => flaw.into(),
    })
}
