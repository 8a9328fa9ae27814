//! Policies trimmed by what was used, and by what was not for long.
//!
//! Nothing ambiguous is removed: what the report does not cover, what it does not distinguish and what
//! it could not have seen is kept, and so is everything that the workload is known to need. Attempts
//! that were denied count as use. Conditions, resources and Denies stay as they are. The result is
//! advice, and proved before it is handed out.
//!
//! Source: IAM User Guide, "Refine permissions in AWS using last accessed information". Not known here:
//! how the report was fetched, and use that its reporting period does not reach back to.

mod fate;
mod proof;
mod statement;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wallwalk_model::{Gap, GapReason, Time};

use crate::catalogue::ActionId;
use crate::eval::{Attached, Stack};
use crate::generate::{Generated, MANAGED_LIMIT, Need, pack};
use crate::key::Keys;
use crate::policy::{Actions, Atom, Document, Effect, Kind, Statement, parse, print};
use fate::Fates;

/// The call that reports use.
const REPORT: &str = "iam:GetServiceLastAccessedDetails";

/// A report older than this says too little of today.
const FRESH_DAYS: i64 = 7;

/// When the services that a role may use were used last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// When the report was made.
    pub completed: Time,
    /// Services. One that stands twice was used at the later date.
    pub services: Vec<ServiceUsed>,
    /// Whether every page of the report was read.
    pub complete: bool,
}

/// When a service was used last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceUsed {
    /// Prefix of its actions, `s3`.
    pub namespace: String,
    /// When; none if never in the reporting period.
    pub last: Option<Time>,
    /// Actions that are reported one by one; none if the report has no list, be it that the service has
    /// no such actions or that none was used.
    pub actions: Option<Vec<ActionUsed>>,
}

/// When an action was used last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionUsed {
    /// Its name, `GetObject` or `s3:GetObject`.
    pub name: String,
    /// When; none if never in the reporting period.
    pub last: Option<Time>,
}

/// Settings of [`trim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrimSettings {
    /// What was not used for so many days is unused; a younger role is not judged.
    pub unused_days: u32,
}

impl Default for TrimSettings {
    fn default() -> Self {
        Self { unused_days: 90 }
    }
}

/// Trimmed policies. That they grant nothing new, deny the same, and meet each need no worse than
/// before was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// The policies that change. Others stay.
    pub documents: Vec<TrimmedDocument>,
    /// Services and actions that are removed, with the day of their last use, by name.
    pub removed: BTreeMap<String, Option<Time>>,
    /// Whether a wildcard over all services became a list: what neither the report nor the catalogue names,
    /// as services that AWS adds later, is then no longer allowed.
    pub listed: bool,
    /// Services, actions and policies that are kept although the report alone does not ask for it, and
    /// those that were used, by name.
    pub kept: BTreeMap<String, Kept>,
}

impl Trimmed {
    /// Whether there is nothing to trim.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }
}

/// A policy that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrimmedDocument {
    /// The present policy, `inline/deploy`.
    pub name: String,
    /// What it says today.
    pub before: Arc<Document>,
    /// What takes its place: nothing if all of it is unused, several where one would be too large.
    pub after: Vec<Generated>,
}

/// Why something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// It was used, last at that time.
    Used(Time),
    /// The workload is known to need it.
    Needed,
    /// The service was used, and the report has no list of its actions.
    Ambiguous,
    /// The service was used, and the report does not tell such actions apart.
    Untracked,
    /// The report does not list the service.
    NotListed,
    /// The catalogue does not hold the service, so what its name stands for is not known.
    NotInCatalogue,
    /// Its use leaves no trace in the report.
    Untraceable,
    /// The policy was not understood in full.
    NotUnderstood,
    /// The policy was not read.
    NotRead,
    /// What would be left of the policy cannot be written within AWS's limit of size.
    TooLarge,
}

impl Kept {
    /// For people.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::Used(last) => return format!("last used on {}", last.date()),
            Self::Needed => "the workload needs it",
            Self::Ambiguous => "the service was used, and the report does not say by which actions",
            Self::Untracked => "the service was used, and such actions are untracked",
            Self::NotListed => "the report does not list the service",
            Self::NotInCatalogue => "the catalogue does not hold the service",
            Self::Untraceable => "its use leaves no trace in the report",
            Self::NotUnderstood => "the policy was not understood in full",
            Self::NotRead => "the policy was not read",
            Self::TooLarge => "what would be left of the policy exceeds the limit of a customer managed policy",
        }
        .to_owned()
    }
}

/// The role's own policies without what was not used.
///
/// `keys` is what is known of the role's sessions, `keep` what its workloads need, `created` when the
/// role was made.
///
/// # Errors
/// Why nothing can be said: the report was cut short or is too old, the role is too young, or the
/// result could not be proved.
pub fn trim(
    stack: &Stack,
    keys: &Keys,
    usage: &Usage,
    keep: &[Need],
    created: Option<Time>,
    now: Time,
    settings: TrimSettings,
) -> Result<Trimmed, Gap> {
    trim_tracked(&Role { stack, keys, keep, created }, usage, now, settings, &ActionId::is_tracked)
}

/// What is trimmed.
#[derive(Clone, Copy)]
struct Role<'r> {
    stack: &'r Stack,
    keys: &'r Keys,
    keep: &'r [Need],
    created: Option<Time>,
}

/// The same, `tracked` says of which actions the report tells.
fn trim_tracked(
    role: &Role<'_>,
    usage: &Usage,
    now: Time,
    settings: TrimSettings,
    tracked: &dyn Fn(ActionId) -> bool,
) -> Result<Trimmed, Gap> {
    let days = i64::from(settings.unused_days);
    let since = now.plus_days(-days);
    if !usage.complete {
        return Err(Gap::new(REPORT, GapReason::NotAsked, "the report was cut short"));
    }
    if usage.completed < now.plus_days(-FRESH_DAYS) {
        return Err(Gap::new(REPORT, GapReason::NotAsked, format!("the report is older than {FRESH_DAYS} days")));
    }
    match role.created {
        None => return Err(Gap::new("iam:GetRole", GapReason::NotAsked, "it is not known when the role was made")),
        Some(created) if created > since => return Err(Gap::not_modelled(format!("use of a role that is younger than {days} days"))),
        Some(_) => {}
    }
    let mut fates = Fates::new(usage, since, role.keep, tracked);
    let mut documents = Vec::new();
    let mut identity = Vec::new();
    for attached in &role.stack.identity {
        let changed = match &attached.document {
            Err(_) => fates.keep(&attached.name, Kept::NotRead),
            Ok(document) if !understood(document) => fates.keep(&attached.name, Kept::NotUnderstood),
            Ok(document) => {
                let before = fates.clone();
                match trimmed(document, &mut fates) {
                    Some(after) if !fits(document, &after) => {
                        fates = before;
                        fates.keep(&attached.name, Kept::TooLarge)
                    }
                    after => after.map(|after| (Arc::clone(document), after)),
                }
            }
        };
        let Some((before, after)) = changed else {
            identity.push(attached.clone());
            continue;
        };
        identity.extend(after.iter().map(|one| Attached { document: Ok(Arc::new(one.document.clone())), ..attached.clone() }));
        documents.push(TrimmedDocument { name: attached.name.to_string(), before, after });
    }
    proof::prove(role, &documents, identity)?;
    Ok(Trimmed { documents, removed: fates.removed, listed: fates.listed, kept: fates.kept })
}

/// Whether all of the document was understood, and says the same after it was printed. Else it must not
/// be written anew.
fn understood(document: &Document) -> bool {
    let plain = |atom: &Atom| !atom.doubtful && atom.test.is_some();
    let clear = |one: &Statement| !one.doubtful && one.effect != Effect::Either && one.conditions.iter().all(plain);
    document.statements.iter().all(clear) && parse(&print(document), Kind::Identity).document.is_some_and(|again| again == *document)
}

/// The document without what was not used; none if it stays as it is.
fn trimmed(document: &Document, fates: &mut Fates<'_>) -> Option<Vec<Generated>> {
    let mut statements = Vec::with_capacity(document.statements.len());
    let mut changed = false;
    for one in &document.statements {
        if one.effect != Effect::Allow {
            statements.push(one.clone());
            continue;
        }
        let actions = statement::trimmed(&one.actions, fates);
        changed |= actions.is_some();
        match actions {
            None => statements.push(one.clone()),
            Some(list) if list.is_empty() => {}
            Some(list) => statements.push(Statement { actions: Actions::new(false, list), ..one.clone() }),
        }
    }
    changed.then(|| pack(document, statements))
}

/// Whether the policies are no larger than AWS accepts, with no Deny taken apart for it.
fn fits(before: &Document, after: &[Generated]) -> bool {
    let statements: Vec<Statement> = after.iter().flat_map(|one| one.document.statements.iter().cloned()).collect();
    after.iter().all(|one| one.size <= MANAGED_LIMIT) && proof::denies_the_same(&statements, before)
}

/// Names of the actions that needs ask for, in lower case.
fn names(needs: &[Need]) -> BTreeSet<String> {
    needs.iter().flat_map(|need| &need.actions).map(|action| action.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::lookup;
    use crate::eval::Caller;

    const NOW: Time = Time::from_millis(1_790_000_000_000);

    fn stack(actions: &str) -> Stack {
        let mut stack = Stack::new(Caller::role("arn:aws:iam::111122223333:role/api"));
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"*"}}]}}"#);
        stack
            .identity
            .push(Attached { name: "inline/api".into(), document: Ok(Arc::new(parse(&text, Kind::Identity).document.expect("a policy"))) });
        stack
    }

    fn after(actions: &str, reported: Option<&[(&str, Option<i64>)]>, tracked: &[&str]) -> (Vec<String>, Trimmed) {
        let stack = stack(actions);
        let keys = Keys::new();
        let role = Role { stack: &stack, keys: &keys, keep: &[], created: Some(NOW.plus_days(-400)) };
        let list = |list: &[(&str, Option<i64>)]| {
            list.iter().map(|(name, ago)| ActionUsed { name: (*name).to_owned(), last: ago.map(|days| NOW.plus_days(-days)) }).collect()
        };
        let service = ServiceUsed { namespace: "sqs".into(), last: Some(NOW.plus_days(-1)), actions: reported.map(list) };
        let usage = Usage { completed: NOW, services: vec![service], complete: true };
        let tracked: BTreeSet<ActionId> = tracked.iter().map(|name| lookup(name).expect("in the catalogue")).collect();
        let trimmed = trim_tracked(&role, &usage, NOW, TrimSettings::default(), &|id| tracked.contains(&id)).expect("trimmed");
        let texts = trimmed.documents.iter().flat_map(|one| &one.after).flat_map(|one| &one.document.statements);
        (texts.flat_map(|one| &one.actions.patterns).map(|one| one.text.to_string()).collect(), trimmed)
    }

    #[test]
    fn a_tracked_action_of_a_used_service_is_removed_if_it_was_not_used() {
        let list = r#"["sqs:SendMessage","sqs:DeleteQueue","sqs:CreateQueue","sqs:ListQueues"]"#;
        let reported = [("sqs:DeleteQueue", Some(200)), ("ListQueues", Some(5))];
        let (kept, trimmed) = after(list, Some(&reported), &["sqs:DeleteQueue", "sqs:CreateQueue", "sqs:ListQueues"]);
        assert_eq!(kept, ["sqs:SendMessage", "sqs:ListQueues"]);
        let removed: Vec<_> = trimmed.removed.iter().map(|(name, last)| (name.as_str(), last.is_some())).collect();
        assert_eq!(removed, [("sqs:CreateQueue", false), ("sqs:DeleteQueue", true)]);
        assert_eq!(trimmed.kept.get("sqs:ListQueues"), Some(&Kept::Used(NOW.plus_days(-5))));
        assert_eq!(trimmed.kept.get("sqs"), Some(&Kept::Untracked));
    }

    #[test]
    fn without_a_list_of_actions_nothing_of_a_used_service_is_removed() {
        let (_, trimmed) = after(r#""sqs:*""#, None, &["sqs:DeleteQueue"]);
        assert!(trimmed.is_empty() && trimmed.kept.get("sqs") == Some(&Kept::Ambiguous));
    }

    #[test]
    fn a_wildcard_that_is_used_in_part_becomes_a_list_of_what_is_left_of_it() {
        let (kept, _) = after(r#""sqs:*Queue*""#, Some(&[]), &["sqs:DeleteQueue"]);
        assert!(kept.len() > 1 && !kept.iter().any(|one| crate::glob::matches(one, "sqs:DeleteQueue")), "{kept:?}");
        assert!(kept.iter().all(|one| crate::glob::covers("sqs:*Queue*", one)), "{kept:?}");
        let left: Vec<&str> = ["sqs:CreateQueue", "sqs:GetQueueUrl", "sqs:PurgeQueue"].to_vec();
        assert!(left.iter().all(|name| kept.iter().any(|one| crate::glob::matches(one, name))), "{kept:?}");
    }
}
