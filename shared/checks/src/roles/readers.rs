//! Whether a principal can read a secret or parameter, by which call, and which statements say so.
//!
//! Reading a value takes the call on the object and, where a key of the customer's encrypts it,
//! `kms:Decrypt` on the key. Each is asked with the policies of the object and of the key. Where the
//! principal's own policies allow and a policy of the object or key was not read, it is possible.
//!
//! Not known here: service control policies, unless they were read.
//! Sources: AWS Secrets Manager User Guide, "Authentication and access control"; AWS Systems Manager
//! User Guide, "Restricting access to Parameter Store parameters using IAM policies"; AWS KMS Developer
//! Guide, "Encryption context" and `kms:ViaService`.

use std::collections::BTreeSet;

use wallwalk_iam::arn::{ArnPattern, Target};
use wallwalk_iam::catalogue::{Action, lookup};
use wallwalk_iam::eval::{Answer, Bounds, Query, Resource};
use wallwalk_iam::{KeyState, Keys, Readings, glob};
use wallwalk_model::Gap;

use super::named::Named;
use super::proof::{because, denied};
use super::stored::{Encrypted, Store, Stored, Stores, paths_above};
use crate::estate::RoleView;

const SECRET: &str = "secretsmanager:GetSecretValue";
const PARAMETER: &[&str] = &["ssm:GetParameters", "ssm:GetParameter", "ssm:GetParameterHistory"];
/// Calls that name an object itself.
const DIRECT: &[&str] = &[SECRET, "ssm:GetParameters", "ssm:GetParameter", "ssm:GetParameterHistory"];
const BY_PATH: &str = "ssm:GetParametersByPath";

/// Calls that return a value of a store.
pub(crate) const fn calls(store: Store) -> &'static [&'static str] {
    match store {
        Store::Secrets => &[SECRET],
        Store::Parameters => &["ssm:GetParameters", "ssm:GetParameter", "ssm:GetParameterHistory", BY_PATH],
    }
}

/// Whether the principal's own policies may let it read some object of a store.
pub(crate) fn may_read_some(bounds: &Bounds<'_>, store: Store) -> bool {
    bounds.gap().is_some() || calls(store).iter().filter_map(|action| lookup(action)).any(|id| bounds.may_name(id))
}

/// ARNs of the objects that a principal may be able to read, as far as its own policies or theirs name
/// it; none if that may be most of them. Whether it can is [`Reader::way`]'s to say. What is open to
/// anybody, or whose policies were not read, comes on top.
pub(crate) fn candidates<'s>(principal: &str, bounds: &Bounds<'_>, stores: &'s Stores) -> Option<BTreeSet<&'s str>> {
    let mut all: BTreeSet<&str> = stores.granted(principal).collect();
    all.extend(Named::of(bounds, DIRECT).patterns()?.iter().flat_map(|pattern| stores.named(pattern)));
    all.extend(Named::of(bounds, &[BY_PATH]).patterns()?.iter().flat_map(|pattern| stores.below(pattern)));
    (all.len() <= stores.objects.len() / 2).then_some(all)
}

/// The objects of [`candidates`] and those that are open to anybody, in the order of their ARNs.
fn candidate_objects<'s>(principal: &str, bounds: &Bounds<'_>, stores: &'s Stores) -> Vec<&'s Stored> {
    let Some(mut arns) = candidates(principal, bounds, stores) else { return stores.objects.values().collect() };
    arns.extend(stores.open().iter().map(String::as_str));
    arns.into_iter().filter_map(|arn| stores.objects.get(arn)).collect()
}

/// Something meant to be secret that the principal surely may read.
pub(crate) fn reads_a_secret<'s>(principal: &str, bounds: &Bounds<'_>, stores: &'s Stores) -> Option<&'s Stored> {
    let reader = Reader::new(bounds);
    let mut secrets = candidate_objects(principal, bounds, stores).into_iter().filter(|stored| stored.secret);
    secrets.find(|stored| reader.way(stored).answer.surely())
}

/// Parameters that the principal may be able to read by a path above them.
pub(crate) fn below_paths<'s>(bounds: &Bounds<'_>, stores: &'s Stores) -> Vec<&'s Stored> {
    match Named::of(bounds, &[BY_PATH]).patterns() {
        Some(patterns) => {
            let arns: BTreeSet<&str> = patterns.iter().flat_map(|pattern| stores.below(pattern)).collect();
            arns.into_iter().filter_map(|arn| stores.objects.get(arn)).collect()
        }
        None => stores.objects.values().filter(|stored| stored.store == Store::Parameters).collect(),
    }
}

/// A way to read something, with how sure it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) action: &'static str,
    /// What the call is authorised on: the object, or a path above it.
    pub(crate) on: String,
    pub(crate) answer: Answer,
}

/// One principal as a reader.
pub(crate) struct Reader<'b, 'a> {
    bounds: &'b Bounds<'a>,
    /// Condition keys about tags of the resource that its policies look at, in lower case.
    about_tags: Vec<&'a str>,
    /// For secrets and for parameters, whether its own policies may let it read some.
    names: [bool; 2],
}

impl<'b, 'a> Reader<'b, 'a> {
    pub(crate) fn new(bounds: &'b Bounds<'a>) -> Self {
        let names = [Store::Secrets, Store::Parameters].map(|store| may_read_some(bounds, store));
        let about_tags = match names {
            [false, false] => Vec::new(),
            _ => bounds.condition_keys().into_iter().filter(|key| key.contains("resourcetag/")).collect(),
        };
        Self { bounds, about_tags, names }
    }

    /// The surest way to read an object, the direct ones first.
    pub(crate) fn way(&self, stored: &Stored) -> Way {
        let direct = self.directly(stored);
        let found =
            if direct.answer.surely() { direct } else { self.by_path(stored).filter(|path| path.answer > direct.answer).unwrap_or(direct) };
        if found.answer == Answer::Never {
            return found;
        }
        let answer = found.answer.min(self.decrypts(stored));
        Way { answer, ..found }
    }

    /// The surest of the calls that name the object itself, the key aside.
    pub(crate) fn directly(&self, stored: &Stored) -> Way {
        let actions: &[&'static str] = if stored.store == Store::Secrets { &[SECRET] } else { PARAMETER };
        let mut best = Way { action: actions.first().copied().unwrap_or(SECRET), on: stored.arn.clone(), answer: Answer::Never };
        if !self.may_name(stored) {
            return best;
        }
        let keys = self.keys(stored);
        for action in actions {
            let answer = self.ask(action, &stored.arn, &keys, &stored.facts);
            if answer > best.answer {
                best = Way { action, answer, ..best };
            }
        }
        best
    }

    /// A call for all parameters below a path, which is authorised on the path and not on what it returns.
    pub(crate) fn by_path(&self, stored: &Stored) -> Option<Way> {
        if stored.store == Store::Secrets || !self.may_name(stored) {
            return None;
        }
        let keys = Keys::new();
        let ways = paths_above(&stored.arn).into_iter().map(|on| {
            let answer = self.ask(BY_PATH, &on, &keys, &stored.facts);
            Way { action: BY_PATH, on, answer }
        });
        // Of equal ones the longest path.
        ways.max_by_key(|way| way.answer)
    }

    /// Whether the key lets the value be decrypted.
    pub(crate) fn decrypts(&self, stored: &Stored) -> Answer {
        match &stored.key {
            Encrypted::Openly => Answer::Surely,
            Encrypted::Unread(_) => Answer::Possibly,
            Encrypted::By(arn, facts) => self.ask("kms:Decrypt", arn, &self.key_keys(stored), facts),
        }
    }

    /// Statements that surely deny the calls which name the object itself.
    pub(crate) fn denials(&self, stored: &Stored) -> Vec<String> {
        let keys = self.keys(stored);
        let mut lines = Vec::new();
        for action in calls(stored.store).iter().filter(|action| **action != BY_PATH) {
            let folded = action.to_ascii_lowercase();
            for line in denied(self.bounds, &Query::new(Action::of(&folded), Target::exact(&stored.arn)).with(&keys)) {
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
        lines
    }

    /// What may hide a parameter that is denied and yet read by its path.
    pub(crate) fn hidden_by_path(&self, stores: &Stores) -> Option<Gap> {
        let gap = stores.hidden(Store::Parameters)?;
        let any = Target::pattern("arn:*:ssm:*:*:parameter/*");
        let may = |action: &str| self.bounds.can(&Query::new(Action::of(action), any)).possibly();
        let denies = ["ssm:getparameter", "ssm:getparameters", "ssm:getparameterhistory"]
            .iter()
            .any(|action| !self.bounds.explain(&Query::new(Action::of(action), any)).denied_by.is_empty());
        (denies && may("ssm:getparametersbypath")).then(|| gap.clone())
    }

    /// The statements that allow a way, and what leaves it open.
    pub(crate) fn evidence(&self, stored: &Stored, way: &Way) -> Vec<String> {
        let explain = |action: &str, on: &str, keys: &Keys, facts: &Resource| {
            let folded = action.to_ascii_lowercase();
            because(self.bounds, &Query::new(Action::of(&folded), Target::exact(on)).with(keys).facing(facts))
        };
        let mut lines = explain(way.action, &way.on, &self.keys(stored), &stored.facts);
        match &stored.key {
            Encrypted::Openly => {}
            Encrypted::By(arn, facts) => lines.extend(explain("kms:Decrypt", arn, &self.key_keys(stored), facts)),
            Encrypted::Unread(gap) => lines.push(format!("only if it may use the key, which was not seen: {gap}")),
        }
        lines.extend(unread_policies(stored).map(|gap| format!("only if a policy that was not seen does not deny it: {gap}")));
        lines
    }

    /// What keeps an answer open.
    pub(crate) fn gap(&self, stored: &Stored) -> Gap {
        let own = self.bounds.gap().cloned();
        own.or_else(|| unread_policies(stored).next().cloned()).unwrap_or_else(|| super::unread(self.bounds))
    }

    /// What may hide another object that this principal may read: the inventory is not complete, and
    /// its policies name more than `known` does.
    pub(crate) fn hidden(&self, stores: &Stores, known: impl Fn(&str) -> bool) -> Option<Gap> {
        [Store::Secrets, Store::Parameters].into_iter().find_map(|store| {
            let gap = stores.hidden(store)?;
            self.names_others(stores, store, &known).then(|| gap.clone())
        })
    }

    fn names_others(&self, stores: &Stores, store: Store, known: &impl Fn(&str) -> bool) -> bool {
        let seen = |pattern: &str| {
            let of_seen = |arn: &String| {
                arn == pattern || arn.rsplit_once('-').is_some_and(|(stem, _)| pattern.strip_suffix("-??????") == Some(stem))
            };
            known(pattern) || stores.objects.keys().any(of_seen)
        };
        calls(store).iter().any(|action| {
            let folded = action.to_ascii_lowercase();
            let may = |on: &str| self.bounds.can(&Query::new(Action::of(&folded), Target::pattern(on))).possibly();
            self.bounds.own_allows().any(|(_, statement, conditions)| {
                if !conditions.may() || !statement.actions.matches(&Action::of(&folded), Readings::OPEN).may() {
                    return false;
                }
                match statement.resources.as_ref().filter(|list| !list.negated) {
                    None => may("*"),
                    Some(list) => {
                        list.patterns.iter().map(ArnPattern::text).any(|text| may_name_of(store, text) && !seen(text) && may(text))
                    }
                }
            })
        })
    }

    fn may_name(&self, stored: &Stored) -> bool {
        let [secrets, parameters] = self.names;
        let own = if stored.store == Store::Secrets { secrets } else { parameters };
        own || !stored.facts.policies.is_empty()
    }

    fn ask(&self, action: &str, on: &str, keys: &Keys, facts: &Resource) -> Answer {
        let folded = action.to_ascii_lowercase();
        let query = Query::new(Action::of(&folded), Target::exact(on)).with(keys);
        match self.bounds.can(&query.facing(facts)) {
            // Only what the object's own policies say is missing: they may deny what the principal's allow.
            Answer::Unread if self.bounds.gap().is_none() && self.bounds.can(&query).possibly() => Answer::Possibly,
            answer => answer,
        }
    }

    /// Tags of the object, where conditions look at them.
    fn keys(&self, stored: &Stored) -> Keys {
        self.about_tags.iter().filter_map(|key| Some((key, stored.tag(key)?))).fold(Keys::new(), |keys, (key, state)| keys.with(key, state))
    }

    /// What a store sends to the key with a call.
    fn key_keys(&self, stored: &Stored) -> Keys {
        let (service, context) = match stored.store {
            Store::Secrets => ("secretsmanager", "SecretARN"),
            Store::Parameters => ("ssm", "PARAMETER_ARN"),
        };
        Keys::new()
            .with("kms:ViaService", KeyState::one(format!("{service}.{}.amazonaws.com", stored.region)))
            .with("kms:CallerAccount", KeyState::one(self.bounds.account()))
            .with(&format!("kms:EncryptionContext:{context}"), KeyState::one(stored.arn.as_str()))
    }
}

/// So many objects are named.
const NAMED: usize = 20;

/// So many of them are proved.
const PROVED: usize = 3;

/// An object with a way to read it.
pub(crate) type Readable<'s> = (&'s Stored, Way);

/// What one role may read of a kind of objects.
pub(crate) struct Found<'v, 'b, 'a> {
    reader: Reader<'b, 'a>,
    stores: &'v Stores,
    surely: Vec<Readable<'v>>,
    possibly: Vec<Readable<'v>>,
    unread: Option<Gap>,
}

impl<'v, 'b, 'a> Found<'v, 'b, 'a> {
    /// Of the objects that `counts` picks, those that the role may read and that `spared` does not name.
    pub(crate) fn new(
        view: &RoleView<'v>,
        bounds: &'b Bounds<'a>,
        counts: impl Fn(&Stored) -> bool,
        spared: impl Fn(&Stored) -> bool,
    ) -> Self {
        let (reader, stores) = (Reader::new(bounds), view.estate.stores());
        let mut found = Self { reader, stores, surely: Vec::new(), possibly: Vec::new(), unread: None };
        for stored in candidate_objects(view.facts.full_arn(), bounds, stores) {
            let way = found.reader.way(stored);
            if way.answer == Answer::Never || !counts(stored) || spared(stored) {
                continue;
            }
            let (fact, read_at) = &stored.fact;
            view.trace.note(fact.clone(), *read_at);
            match way.answer {
                Answer::Surely => found.surely.push((stored, way)),
                Answer::Possibly => found.possibly.push((stored, way)),
                _ => found.unread = found.unread.or_else(|| Some(found.reader.gap(stored))),
            }
        }
        if found.unread.is_none() {
            let mut others = stores.unread().filter(|stored| counts(stored) && !spared(stored));
            let undecided = others.find(|stored| found.reader.way(stored).answer == Answer::Unread);
            found.unread = undecided.map(|stored| {
                view.trace.note(stored.fact.0.clone(), stored.fact.1);
                found.reader.gap(stored)
            });
        }
        found
    }

    /// What it surely may read, or else what it possibly may; and which of the two it is.
    pub(crate) fn worst(&self) -> Option<(&[Readable<'v>], bool)> {
        let surely = !self.surely.is_empty();
        let all = if surely { &self.surely } else { &self.possibly };
        (!all.is_empty()).then_some((all, surely))
    }

    /// What was not read and decides whether there is any.
    pub(crate) fn undecided(&self) -> Option<Gap> {
        self.unread.clone().or_else(|| self.reader.bounds.gap().cloned())
    }

    /// What may hide others, see [`Reader::hidden`].
    pub(crate) fn hidden(&self, known: impl Fn(&str) -> bool) -> Option<Gap> {
        self.reader.hidden(self.stores, known)
    }

    /// The objects as a line of evidence.
    pub(crate) fn names(&self, all: &[Readable<'_>]) -> String {
        let names: Vec<&str> = all.iter().take(NAMED).map(|(stored, _)| stored.label.as_str()).collect();
        let more = if all.len() > NAMED { format!(" and {} more", all.len() - NAMED) } else { String::new() };
        format!("may read {}{more}; {} in all", names.join(", "), all.len())
    }

    /// The statements that allow it, each once.
    pub(crate) fn evidence(&self, all: &[Readable<'_>]) -> Vec<String> {
        let mut lines = Vec::new();
        for line in all.iter().take(PROVED).flat_map(|(stored, way)| self.reader.evidence(stored, way)) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }
}

fn unread_policies(stored: &Stored) -> impl Iterator<Item = &Gap> {
    let of_key = if let Encrypted::By(_, facts) = &stored.key { facts.policies.as_slice() } else { &[] };
    stored.facts.policies.iter().chain(of_key).filter_map(|one| one.document.as_ref().err())
}

/// Whether a pattern of resources may name objects of a store. Stars stay within their segments here, or
/// else `arn:aws:s3:::bucket/*` could name a secret.
fn may_name_of(store: Store, pattern: &str) -> bool {
    let form = match store {
        Store::Secrets => "arn:*:secretsmanager:*:*:secret:*",
        Store::Parameters => "arn:*:ssm:*:*:parameter/*",
    };
    pattern.splitn(6, ':').count() < 6 || pattern.splitn(6, ':').zip(form.splitn(6, ':')).all(|(one, other)| glob::intersects(one, other))
}

#[cfg(test)]
mod tests;
