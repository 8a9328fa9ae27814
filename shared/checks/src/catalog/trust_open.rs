//! A role of a workload can be assumed by anybody.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_iam::document::{Patterns, Statement};
use wallwalk_iam::glob::matches;
use wallwalk_iam::trust::trust;
use wallwalk_iam::{Effect, Truster};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::RoleView;

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
    let document = facts.trust.as_ref().map_err(Clone::clone)?;
    let own = [view.estate.snapshot.place.account.as_str()];
    let trusted = view.estate.settings.trusted_accounts.iter().map(String::as_str);
    let accounts: Vec<&str> = own.into_iter().chain(trusted).collect();
    let trust = trust(document);
    let open = trust.trusters.iter().find(|(statement, truster)| *truster == Truster::Anybody && !statement.confined_to(&accounts));
    let Some((statement, _)) = open else { return PASSED };
    let denies: Vec<&Statement> = document.statements.iter().filter(|statement| denies_anybody(statement)).collect();
    if denies.iter().any(|deny| deny.conditions.is_empty() && !deny.not_principal && !deny.doubtful) {
        return PASSED;
    }
    let conditioned = !statement.conditions.is_empty();
    let flaw = Flaw::new("the role trusts everybody")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because(format!("trust policy → {}: principal *", statement.label()))
        .so("any AWS account can take the workload's permissions");
    if let Some(deny) = denies.first() {
        let line = format!("{} denies it to some, and may leave nobody but the own organisation", deny.label());
        return Ok(flaw.at(Severity::High).possibly().because(line).into());
    }
    Ok(if conditioned {
        flaw.at(Severity::High).because("a condition narrows it, to neither this account nor an organisation").into()
    } else {
        flaw.into()
    })
}

/// Whether a statement takes the role from everybody, or from all but a few.
fn denies_anybody(statement: &Statement) -> bool {
    let anybody = statement.principals.values().flatten().any(|name| name == "*");
    let assumes = match &statement.actions {
        Patterns::Any(list) => list.iter().any(|action| matches(action, "sts:assumerole")),
        Patterns::NotAny(list) => !list.iter().any(|action| matches(action, "sts:assumerole")),
    };
    statement.effect == Effect::Deny && (anybody || statement.not_principal) && assumes
}
