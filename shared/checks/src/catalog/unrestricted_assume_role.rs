//! A role of a workload may ask for every other role, or for roles of strangers.

use std::collections::BTreeSet;

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::arn::{ArnPattern, Target};
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Bounds, Query};
use wallwalk_iam::{KeyState, Keys, Readings, glob};

use crate::check::{Check, Flaw, Judge, Judged, listed};
use crate::estate::RoleView;
use crate::roles::breadth::{Found, Hit};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "unrestricted-assume-role",
        title: "role may assume any role",
        category: Category::PrivilegeEscalation,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("unrestricted_assume_role.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

const ACTION: &str = "sts:AssumeRole";

/// An account and an organisation that nobody has.
const STRANGER: &str = "000000000000";
const STRANGE_ORGANISATION: &str = "none";

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let bounds = view.estate.bounds(facts)?;
    let organisation = view.estate.web.account.organization.is_some();
    let ask = |role: String| {
        let keys = keys(&role, organisation);
        let answer = bounds.can(&Query::new(Action::of("sts:assumerole"), Target::exact(&role)).with(&keys));
        Hit { action: ACTION, resource: role, keys, answer }
    };
    let found: Found = strange_roles(view, bounds).into_iter().map(ask).collect();
    found.judged(facts, bounds, |hits| {
        let named: BTreeSet<&str> = hits.iter().filter_map(|hit| account(&hit.resource)).collect();
        let claim = if named.contains(STRANGER) {
            "the role may assume any role that lets it, in any account".to_owned()
        } else {
            format!("the role may assume roles of accounts that are not known as yours: {}", listed(named))
        };
        Flaw::new(claim).so("a break-in into the workload goes on in every account whose roles let it in")
    })
}

fn account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

/// Roles of accounts that are neither the own one nor trusted: one that nobody has, and one for each
/// pattern that the role's policies name.
fn strange_roles(view: &RoleView<'_>, bounds: &Bounds<'_>) -> BTreeSet<String> {
    let place = &view.estate.snapshot.place;
    let known = |account: &str| account == place.account || view.estate.settings.trusted_accounts.iter().any(|one| one == account);
    let statements = bounds.own_allows().map(|(_, statement, _)| statement);
    let assuming = statements.filter(|statement| statement.actions.matches(&Action::of("sts:assumerole"), Readings::OPEN).may());
    let resources = assuming.filter_map(|statement| statement.resources.as_ref()).filter(|resources| !resources.negated);
    let named = resources.flat_map(|resources| &resources.patterns).filter_map(strange).filter(|role| !account(role).is_some_and(known));
    named.chain([format!("arn:{}:iam::{STRANGER}:role/any", place.partition)]).collect()
}

/// A role that a pattern names, of an account that nobody has where it names none.
fn strange(pattern: &ArnPattern) -> Option<String> {
    let [_, partition, _, _, account, name] = pattern.segments()?;
    let literal = |text: &str| text.replace('*', "any").replace('?', "x");
    let account = if glob::has_wildcards(account) { STRANGER } else { account };
    let partition = if glob::has_wildcards(partition) { "aws" } else { partition };
    Some(format!("arn:{partition}:iam::{account}:{}", if name == "*" { "role/any".to_owned() } else { literal(name) }))
}

/// The keys of a request for a role of strangers: its organisation is another than the caller's.
fn keys(role: &str, organisation_known: bool) -> Keys {
    let keys = Keys::new()
        .with("aws:ResourceAccount", KeyState::one(account(role).unwrap_or_default()))
        .with("aws:ResourceOrgID", KeyState::one(STRANGE_ORGANISATION))
        .with("aws:ResourceOrgPaths", KeyState::one(STRANGE_ORGANISATION));
    if organisation_known { keys } else { keys.with("aws:PrincipalOrgID", KeyState::Like("o-*".into())) }
}
