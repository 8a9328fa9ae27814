//! Whether a role or user may do something, with the proof.

use std::collections::BTreeMap;

use serde::Serialize;
use wallwalk_iam::account::Principal;
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::{Action, ActionId, expand, lookup, takes_resource, types_for};
use wallwalk_iam::eval::{Answer, Bounds, Explanation, Layer, Query, Reason};
use wallwalk_iam::{KeyState, Keys, Readings, Tri, glob};
use wallwalk_model::arn;

use super::parameters::{Facing, assumes, facing, with_tags};
use super::{Assumed, Says, edition};
use crate::estate::Estate;
use crate::roles::readers::{Reader, calls};
use crate::roles::stored::{Encrypted, Store};

/// So many actions of a pattern are asked one by one.
const MOST: usize = 30_000;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Action, in any case; `*` and `?` are wildcards.
    pub action: String,
    /// ARN, pattern, or `*`.
    pub resource: String,
    /// Condition keys that the request carries, with their values.
    pub context: BTreeMap<String, Vec<String>>,
}

/// The answer with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// ARN of the role or user.
    pub principal: String,
    /// What was asked; known actions as IAM writes them.
    pub action: String,
    /// On what.
    pub resource: String,
    /// Condition keys that were given.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bind: BTreeMap<String, Vec<String>>,
    /// The answer.
    pub answer: Says,
    /// Statements that allow, or may.
    pub allowed_by: Vec<Ground>,
    /// Statements that deny, or may.
    pub denied_by: Vec<Ground>,
    /// What has to allow it and surely does not: `identity policy`, `permissions boundary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Statements that allow the action in other cases, where this one is not allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_otherwise: Vec<Ground>,
    /// What the caller chooses for the answer to be yes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choice: Vec<Chosen>,
    /// What the call takes besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Also>,
    /// Known actions of a pattern by their answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// What was assumed.
    pub assumptions: Vec<Assumed>,
    /// What was not read, if that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// What the reader should know of the question itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Version of the catalogue of actions.
    pub catalogue: &'static str,
    /// Whether the action is a name that the catalogue does not hold.
    pub unknown_action: bool,
}

/// A statement that bears on the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ground {
    /// Where it stands: `identity policy`.
    pub layer: &'static str,
    /// Whether it stands where nothing is granted but only limited: in a boundary, or in a policy of the organisation.
    #[serde(skip)]
    pub limits: bool,
    /// Its document: `inline/deploy`.
    pub policy: String,
    /// Its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// JSON pointer of the statement.
    pub pointer: String,
    /// How people find it: `statement 2 (AllowAll)`.
    #[serde(skip)]
    pub label: String,
    /// What it says, short.
    pub says: String,
    /// Whether it surely applies.
    pub surely: bool,
    /// What leaves it open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only_if: Vec<Open>,
}

/// What leaves a statement open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
    /// JSON pointer of the condition, or of the statement.
    pub pointer: String,
    /// For people.
    pub text: String,
}

/// A key that the caller chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// Its name.
    pub key: String,
    /// Its value; none where it is left out.
    pub value: Option<String>,
}

/// Another call that this one takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Also {
    /// Action.
    pub action: &'static str,
    /// On what.
    pub resource: String,
    /// Whether it is allowed.
    pub answer: Says,
    /// Why it is taken.
    pub because: &'static str,
}

/// Known actions of a pattern by their answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Breakdown {
    /// Allowed whatever is not known.
    pub surely: Vec<&'static str>,
    /// Allowed under conditions, or in part.
    pub possibly: Vec<&'static str>,
    /// What was not read decides.
    pub unread: Vec<&'static str>,
    /// How many are not allowed.
    pub never: usize,
}

/// Whether `principal` may do it.
#[must_use]
pub fn can(estate: &Estate<'_>, principal: &Principal, question: &Question) -> Decision {
    let bounds = estate.web.bounds(&principal.arn);
    let folded = question.action.to_ascii_lowercase();
    let action = Action::of(&folded);
    let one = !glob::has_wildcards(&question.resource);
    let target = if one { Target::exact(&question.resource) } else { Target::pattern(&question.resource) };
    let Facing { facts, called } =
        if one { facing(estate, &folded, &question.resource) } else { Facing { facts: None, called: "resource policy" } };
    let stored = estate.stores().objects.get(&question.resource);
    let given = question.context.iter().fold(Keys::new(), |keys, (key, values)| {
        keys.with(key, KeyState::Exactly(values.iter().map(|value| value.as_str().into()).collect()))
    });
    let keys = with_tags(bounds, stored, given);
    let query = Query::new(action, target).with(&keys);
    let query = facts.as_ref().map_or(query, |facts| query.facing(facts));
    let explanation = bounds.explain(&query);
    let answer = Says::from(explanation.answer);
    let ground = |reason: &Reason| ground(reason, called);
    let unread = (answer == Says::Unread).then(|| {
        let of_resource = || {
            let facts = facts.as_ref()?;
            let gap = facts.policies.iter().find_map(|one| one.document.as_ref().err()).map(ToString::to_string);
            gap.or_else(|| (!facts.complete).then(|| format!("the {called} of {}, which is in another account", question.resource)))
        };
        explanation.gap.as_ref().map(ToString::to_string).or_else(of_resource).unwrap_or_else(|| "a policy that bears on it".to_owned())
    });
    let stated = |reasons: &[Reason]| reasons.iter().map(ground).collect::<Vec<_>>();
    let denied = explanation.denied_by.iter().any(|reason| reason.applies == Tri::True);
    Decision {
        principal: principal.arn.to_string(),
        action: if let Action::Known(id) = action { id.name().to_owned() } else { question.action.clone() },
        resource: question.resource.clone(),
        bind: question.context.clone(),
        answer,
        allowed_by: stated(&explanation.allowed_by),
        denied_by: stated(&explanation.denied_by),
        missing: explanation.missing.filter(|_| answer == Says::No && !denied).map(|layer| word(layer, called).to_owned()),
        allowed_otherwise: if answer == Says::No && !denied { otherwise(bounds, &action, &explanation) } else { Vec::new() },
        choice: explanation.choice.iter().map(|(key, value)| Chosen { key: as_written(key, &explanation), value: value.clone() }).collect(),
        also: also(estate, bounds, &folded, &question.resource),
        breakdown: breakdown(bounds, &action, &query),
        assumptions: explanation.assumptions.iter().copied().map(Assumed::from).collect(),
        unread,
        notes: notes(estate, bounds, question, &action, facts.is_some()),
        catalogue: edition(),
        unknown_action: matches!(action, Action::Named(_)),
    }
}

/// A key as a condition that looks at it writes it.
fn as_written(key: &str, explanation: &Explanation) -> String {
    let reasons = explanation.allowed_by.iter().chain(&explanation.denied_by);
    let pointers = reasons.flat_map(|reason| &reason.only_if).filter_map(|open| open.pointer.split_once("/Condition/"));
    let mut keys = pointers.filter_map(|(_, condition)| condition.split_once('/')).map(|(_, key)| key);
    keys.find(|written| written.eq_ignore_ascii_case(key)).unwrap_or(key).to_owned()
}

/// The policies of a role or key have names of their own.
const fn word(layer: Layer, called: &'static str) -> &'static str {
    if let Layer::Resource = layer { called } else { layer.word() }
}

fn ground(reason: &Reason, called: &'static str) -> Ground {
    Ground {
        layer: word(reason.layer, called),
        limits: !matches!(reason.layer, Layer::Identity | Layer::Resource),
        policy: reason.policy.clone(),
        sid: reason.sid.clone(),
        pointer: reason.pointer.clone(),
        label: reason.label.clone(),
        says: reason.says.clone(),
        surely: reason.applies == Tri::True,
        only_if: reason.only_if.iter().map(|open| Open { pointer: open.pointer.clone(), text: open.text.clone() }).collect(),
    }
}

/// Statements of the principal's own that allow the action, but not here.
fn otherwise(bounds: &Bounds<'_>, action: &Action<'_>, explanation: &Explanation) -> Vec<Ground> {
    let named = bounds.own_allows().filter(|(_, statement, _)| statement.actions.matches(action, Readings::OPEN).may());
    let grounds = named.map(|(policy, statement, _)| Ground {
        layer: Layer::Identity.word(),
        limits: false,
        policy: policy.to_owned(),
        sid: statement.sid.as_deref().map(str::to_owned),
        pointer: statement.pointer(),
        label: statement.label(),
        says: wallwalk_iam::eval::says(statement),
        surely: false,
        only_if: Vec::new(),
    });
    let told = |one: &Ground| explanation.allowed_by.iter().any(|reason| reason.policy == one.policy && reason.pointer == one.pointer);
    grounds.filter(|one| !told(one)).collect()
}

/// Reading a secret also takes its key.
fn also(estate: &Estate<'_>, bounds: &Bounds<'_>, folded: &str, on: &str) -> Vec<Also> {
    let Some(stored) = estate.stores().objects.get(on) else { return Vec::new() };
    let reads = [Store::Secrets, Store::Parameters].into_iter().flat_map(calls).any(|call| call.eq_ignore_ascii_case(folded));
    match &stored.key {
        Encrypted::By(key, _) if reads => vec![Also {
            action: "kms:Decrypt",
            resource: key.clone(),
            answer: Reader::new(bounds).decrypts(stored).into(),
            because: "the value is encrypted under that key",
        }],
        _ => Vec::new(),
    }
}

fn breakdown(bounds: &Bounds<'_>, action: &Action<'_>, query: &Query<'_>) -> Option<Breakdown> {
    let Action::Pattern(pattern) = action else { return None };
    let mut ranges = Vec::new();
    expand(pattern, &mut ranges);
    let mut breakdown = Breakdown::default();
    let named = |id: &ActionId| ranges.iter().any(|(first, last)| (usize::from(*first)..=usize::from(*last)).contains(&id.index()));
    for id in ActionId::all().filter(named).take(MOST) {
        match bounds.can(&Query { action: Action::Known(id), ..*query }) {
            Answer::Surely => breakdown.surely.push(id.name()),
            Answer::Possibly => breakdown.possibly.push(id.name()),
            Answer::Unread => breakdown.unread.push(id.name()),
            Answer::Never => breakdown.never += 1,
        }
    }
    Some(breakdown)
}

/// What the reader should know of the question itself.
fn notes(estate: &Estate<'_>, bounds: &Bounds<'_>, question: &Question, action: &Action<'_>, faced: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let (written, on) = (&question.action, &question.resource);
    let one = !glob::has_wildcards(on);
    match action {
        Action::Named(_) => {
            notes.push(format!("`{written}` is not in the catalogue of actions ({}): it is judged by its name alone", edition()));
        }
        Action::Known(id) if on != "*" && !takes_resource(*id) => {
            notes.push(format!("`{}` takes no resource: AWS asks for it on `*`, and a policy has to allow it there", id.name()));
        }
        Action::Known(id) if one && types_for(*id, on).next().is_none() => {
            notes.push(format!("`{}` is not authorised on anything of the form `{on}`", id.name()));
        }
        Action::Pattern(pattern) if lookup_any(pattern).is_none() => {
            notes.push(format!("`{written}` names no action of the catalogue ({})", edition()));
        }
        Action::Known(_) | Action::Pattern(_) => {}
    }
    let role = on.contains(":role/").then(|| arn::last_segment(on));
    if assumes(&question.action.to_ascii_lowercase()) && !faced {
        notes.push(match role.filter(|_| one) {
            Some(role) => format!("the trust policy of {role} decides as well, and there is no such role among those that were read"),
            None => "the trust policy of each role decides as well: ask about one role".to_owned(),
        });
    }
    let asked = bounds.condition_keys();
    for key in question.context.keys().filter(|key| !asked.contains(key.to_ascii_lowercase().as_str())) {
        let elsewhere = if faced { ", unless one of the resource's does" } else { "" };
        notes.push(format!("no policy of the caller looks at `{key}`{elsewhere}"));
    }
    if let Some(Encrypted::Unread(gap)) = estate.stores().objects.get(on).map(|stored| &stored.key) {
        notes.push(format!("which key encrypts it was not seen: {gap}"));
    }
    notes
}

/// Some known action that a pattern names.
fn lookup_any(pattern: &str) -> Option<()> {
    let mut ranges = Vec::new();
    expand(pattern, &mut ranges);
    (!ranges.is_empty() || lookup(pattern).is_some()).then_some(())
}
