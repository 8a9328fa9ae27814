//! What a role surely may do beyond the needs, statement by statement.
//!
//! Judged on patterns: a pair of an action and a resource of a statement is beyond the needs if some
//! action that it names is not needed on all of that resource. What a condition, a Deny or a boundary
//! leaves open is not counted, so a count is one of at least.
//!
//! Conditions of needs play no part here: a key that is needed through one service, and allowed without
//! that condition, is not counted. Resources with policy variables are not judged.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::Gap;

use super::compare::{covers, of_form, overlap, target};
use super::need::Need;
use crate::arn::{ArnPattern, Target};
use crate::catalogue::{Action, ActionBits, ActionId, IdRanges, Origin, ResourceType, Tags, expand};
use crate::eval::{Answer, Bounds, Query};
use crate::gain::{filled, sensitive_actions};
use crate::policy::{ActionPattern, Statement};
use crate::tri::Tri;

/// How many are listed.
const MOST_LISTED: usize = 20;

/// How many narrower needs are named beside one.
const MOST_NAMED: usize = 5;

/// What a role surely may do beyond the needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excess {
    /// Sensitive ones first, then those that name most; no more than twenty.
    pub listed: Vec<Surplus>,
    /// How many there are.
    pub total: usize,
    /// Known actions beyond the needs, at least, by service prefix.
    pub services: BTreeMap<&'static str, usize>,
    /// A document that was not read: it may deny, so that nothing is sure.
    pub gap: Option<Gap>,
}

/// An action on a resource that a statement allows and that is not needed so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surplus {
    /// The document, `inline/deploy`.
    pub document: String,
    /// How people find the statement: `statement 2 (AllowAll)`.
    pub label: String,
    /// JSON pointer of the statement.
    pub pointer: String,
    /// Action as the statement names it, or `everything but …`.
    pub action: String,
    /// Resource as the statement names it, or `everything but …`.
    pub resource: String,
    /// Known actions among them that are not needed on all of the resource.
    pub actions: usize,
    /// One of those.
    pub example: Option<&'static str>,
    /// What they are sensitive for.
    pub sensitive: Tags,
    /// What of it is needed, `ecr:BatchGetImage on arn:…`; no more than five. Empty if nothing of it is.
    pub needed: Vec<String>,
    /// Whether it is surely allowed in part only: a Deny, a boundary or a condition takes the rest, or may.
    pub partly: bool,
}

/// What the role surely may do beyond the needs. Needs that are not certain count as needs here.
///
/// Documents named in `known_broad` are passed over: their breadth is told elsewhere, in one finding
/// of its own, as that of AmazonECSTaskExecutionRolePolicy.
#[must_use]
pub fn excess(bounds: &Bounds<'_>, needs: &[Need], known_broad: &BTreeSet<&str>) -> Excess {
    if let Some(gap) = bounds.gap() {
        return Excess { gap: Some(gap.clone()), ..Excess::default() };
    }
    let needed = Needed::new(needs);
    let sensitive = sensitive_actions();
    let all_sensitive = sensitive.iter().collect();
    let mut judge = Judge { bounds, needed: &needed, sensitive, all_sensitive, beyond: ActionBits::new() };
    let mut all = Vec::new();
    let mut sure: Vec<(&str, &str)> = Vec::new();
    let counts = |allow: &(&str, &Statement, Tri)| !known_broad.contains(allow.0) && !allow.1.doubtful && allow.2.may();
    let mut allows: Vec<(&str, &Statement, Tri)> = bounds.own_allows().filter(counts).collect();
    allows.sort_by_key(|allow| allow.2 != Tri::True);
    for (document, statement, conditions) in allows {
        for (grant, resource) in grants(statement) {
            // What another statement says without a condition is told there.
            let twice = |(action, on): &(&str, &str)| crate::glob::covers(action, grant.folded()) && covers(on, resource.unwrap_or("*"));
            if conditions == Tri::Open && sure.iter().any(twice) {
                continue;
            }
            if let (Tri::True, Grant::Pattern(pattern), Some(resource)) = (conditions, &grant, resource) {
                sure.push((&pattern.folded, resource));
            }
            if let Some(surplus) = judge.judge(&Allow { document, statement, conditions }, &grant, resource) {
                all.push(surplus);
            }
        }
    }
    let total = all.len();
    all.sort_by(|one, other| order(one).cmp(&order(other)));
    all.truncate(MOST_LISTED);
    let mut services = BTreeMap::new();
    for id in judge.beyond.iter() {
        *services.entry(id.service()).or_default() += 1;
    }
    Excess { listed: all, total, services, gap: None }
}

fn order(one: &Surplus) -> impl Ord + use<'_> {
    (one.sensitive.is_empty(), std::cmp::Reverse(one.actions), &one.document, &one.pointer, &one.action, &one.resource)
}

/// What a statement names on the side of actions.
enum Grant<'s> {
    Pattern(&'s ActionPattern),
    AllBut(&'s Statement),
}

impl Grant<'_> {
    fn folded(&self) -> &str {
        match self {
            Self::Pattern(pattern) => &pattern.folded,
            Self::AllBut(_) => "*",
        }
    }

    fn known(&self) -> IdRanges {
        match self {
            Self::Pattern(pattern) => {
                let mut ranges = Vec::new();
                expand(&pattern.folded, &mut ranges);
                IdRanges::from_ranges(ranges)
            }
            Self::AllBut(statement) => statement.actions.named_widely.as_ref().unwrap_or(&statement.actions.named).complement(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Pattern(pattern) => pattern.text.to_string(),
            Self::AllBut(statement) => all_but(statement.actions.patterns.iter().map(|one| &*one.text)),
        }
    }
}

fn all_but<'s>(texts: impl Iterator<Item = &'s str>) -> String {
    format!("everything but {}", texts.collect::<Vec<_>>().join(", "))
}

/// The pairs of a statement; none as resource stands for `NotResource`.
fn grants(statement: &Statement) -> impl Iterator<Item = (Grant<'_>, Option<&str>)> {
    let actions: Vec<Grant<'_>> = if statement.actions.negated {
        vec![Grant::AllBut(statement)]
    } else {
        statement.actions.patterns.iter().map(Grant::Pattern).collect()
    };
    let resources: Vec<Option<&str>> = match &statement.resources {
        Some(list) if list.negated => vec![None],
        Some(list) => list.patterns.iter().filter(|one| !one.has_variables()).map(|one| Some(one.text())).collect(),
        None => Vec::new(),
    };
    actions.into_iter().flat_map(move |action| {
        resources.clone().into_iter().map(move |resource| {
            let again = match &action {
                Grant::Pattern(pattern) => Grant::Pattern(pattern),
                Grant::AllBut(statement) => Grant::AllBut(statement),
            };
            (again, resource)
        })
    })
}

/// Resources by the action that is needed on them, its name in lower case.
struct Needed<'n> {
    by_action: BTreeMap<String, (&'static str, BTreeSet<&'n str>)>,
}

impl<'n> Needed<'n> {
    fn new(needs: &'n [Need]) -> Self {
        let mut by_action: BTreeMap<String, (&'static str, BTreeSet<&str>)> = BTreeMap::new();
        for (action, resource) in needs.iter().flat_map(Need::pairs) {
            by_action.entry(action.to_ascii_lowercase()).or_insert((action, BTreeSet::new())).1.insert(resource);
        }
        Self { by_action }
    }
}

/// What is not excess if `resource` is needed. Streams of a log group are authorised on the group in the
/// reference and on the stream in error messages, and AWS's examples name all streams of a group: so
/// the whole of a group that is written to is no excess.
fn allowance(action: &str, resource: &str) -> String {
    match resource.split_once(":log-stream:") {
        Some((group, _)) if action.starts_with("logs:") => format!("{group}:*"),
        _ => resource.to_owned(),
    }
}

/// A statement that allows, with whether its conditions hold.
struct Allow<'s> {
    document: &'s str,
    statement: &'s Statement,
    conditions: Tri,
}

struct Judge<'j, 'a> {
    bounds: &'j Bounds<'a>,
    needed: &'j Needed<'j>,
    sensitive: ActionBits,
    all_sensitive: Vec<ActionId>,
    beyond: ActionBits,
}

impl Judge<'_, '_> {
    fn judge(&mut self, allow: &Allow<'_>, grant: &Grant<'_>, resource: Option<&str>) -> Option<Surplus> {
        let named = grant.known();
        let known = resource.map_or_else(|| named.clone(), |resource| of_kind(&named, resource));
        if known.is_empty() && !named.is_empty() {
            return None;
        }
        let literal = matches!(grant, Grant::Pattern(pattern) if !crate::glob::has_wildcards(&pattern.folded));
        // Needed actions among those named: wholly, so that they do not count, or on less.
        let (mut spared, mut needed) = (BTreeSet::new(), Vec::new());
        for (folded, (action, resources)) in &self.needed.by_action {
            let named = match Action::of(folded) {
                Action::Known(id) => known.contains(id),
                _ => literal && grant.folded() == folded,
            };
            if !named {
                continue;
            }
            let allowed = |on: &str| resource.is_some_and(|resource| covers(&allowance(folded, on), resource));
            if resources.iter().any(|on| allowed(on)) {
                spared.insert(folded.as_str());
            } else {
                let within = resources.iter().filter(|on| resource.is_none_or(|resource| overlap(resource, on)));
                needed.extend(within.map(|on| format!("{action} on {on}")));
            }
        }
        let spared_ids: BTreeSet<ActionId> = spared.iter().filter_map(|folded| crate::catalogue::lookup(folded)).collect();
        let actions = if literal { 1 - spared.len().min(1) } else { known.count() - spared_ids.len() };
        if actions == 0 && !spared.is_empty() {
            return None;
        }
        let surely = self.surely(allow.conditions, grant, resource, (&known, &spared_ids))?;
        let in_question = |id: &ActionId| known.contains(*id) && !spared_ids.contains(id);
        let (example, sensitive) = match surely {
            Sure::Wholly => {
                let tagged: Vec<ActionId> = self.sensitive_of(&known).into_iter().filter(in_question).collect();
                let tags = tagged.iter().fold(Tags::default(), |tags, id| tags.union(id.info().tags));
                (tagged.first().copied().or_else(|| known.iter().find(in_question)), tags)
            }
            Sure::Partly(id) => (Some(id), id.info().tags),
        };
        match surely {
            Sure::Wholly if spared_ids.is_empty() => self.beyond.add_ranges(&known),
            Sure::Wholly => {
                let mut all = ActionBits::new();
                all.add_ranges(&known);
                all.subtract(&of(&spared_ids));
                self.beyond.union(&all);
            }
            Sure::Partly(id) => self.beyond.union(&of(&BTreeSet::from([id]))),
        }
        needed.truncate(MOST_NAMED);
        let but = || all_but(allow.statement.resources.iter().flat_map(|list| &list.patterns).map(ArnPattern::text));
        Some(Surplus {
            document: allow.document.to_owned(),
            label: allow.statement.label(),
            pointer: allow.statement.pointer(),
            action: grant.text(),
            resource: resource.map_or_else(but, str::to_owned),
            actions,
            example: example.map(ActionId::name),
            sensitive,
            needed,
            partly: !matches!(surely, Sure::Wholly),
        })
    }

    /// Whether the pair is surely allowed, in part or as a whole; none if no part is.
    fn surely(
        &self,
        conditions: Tri,
        grant: &Grant<'_>,
        resource: Option<&str>,
        (known, spared): (&IdRanges, &BTreeSet<ActionId>),
    ) -> Option<Sure> {
        let ask = |action: Action<'_>, on: Target<'_>| self.bounds.can(&Query::new(action, on));
        let whole = match (grant, resource) {
            (Grant::Pattern(pattern), Some(resource)) => ask(Action::of(&pattern.folded), target(resource)),
            (Grant::AllBut(_), Some(resource)) if self.each_surely(known, target(resource)) => Answer::Surely,
            _ => Answer::Possibly,
        };
        match whole {
            Answer::Surely => return Some(Sure::Wholly),
            Answer::Never => return None,
            // A part of what stands under an open condition is as open.
            _ if conditions != Tri::True => return None,
            Answer::Possibly | Answer::Unread => {}
        }
        let sample = |id: ActionId| {
            let sure = |on: Target<'_>| ask(Action::Known(id), on).surely();
            resource.is_some_and(|resource| sure(target(resource))) || sure(Target::exact(&self.one_of(resource, id)))
        };
        // Services of which nothing is allowed are passed over as a whole.
        let mut closed: BTreeMap<&str, bool> = BTreeMap::new();
        let mut open = |id: &ActionId| {
            !*closed.entry(id.service()).or_insert_with(|| {
                let all = format!("{}:*", id.service());
                ask(Action::Pattern(&all), resource.map_or(Target::pattern("*"), target)) == Answer::Never
            })
        };
        let in_question = |id: &ActionId| known.contains(*id) && !spared.contains(id);
        let telling = self.sensitive_of(known).into_iter().filter(in_question);
        telling.chain(known.iter().filter(in_question)).filter(|id| open(id)).find(|id| sample(*id)).map(Sure::Partly)
    }

    /// The sensitive ones of the actions.
    fn sensitive_of(&self, known: &IdRanges) -> Vec<ActionId> {
        if known.count() < self.all_sensitive.len() {
            known.iter().filter(|id| self.sensitive.contains(*id)).collect()
        } else {
            self.all_sensitive.iter().copied().filter(|id| known.contains(*id)).collect()
        }
    }

    /// Whether each of the actions is surely allowed on all that is asked, found service by service.
    fn each_surely(&self, known: &IdRanges, on: Target<'_>) -> bool {
        let surely = |action: Action<'_>| self.bounds.can(&Query::new(action, on)).surely();
        let mut whole: BTreeMap<&str, bool> = BTreeMap::new();
        known.iter().all(|id| {
            *whole.entry(id.service()).or_insert_with(|| surely(Action::Pattern(&format!("{}:*", id.service()))))
                || surely(Action::Known(id))
        })
    }

    /// A resource that the statement may name, made up.
    fn one_of(&self, resource: Option<&str>, id: ActionId) -> String {
        filled(resource.unwrap_or("*"), id, ("aws", "us-east-1", self.bounds.account()))
    }
}

enum Sure {
    Wholly,
    /// At least this action.
    Partly(ActionId),
}

/// Those of the actions that are authorised on some resource that the pattern names. With the others it
/// stands in one statement only because the lists are one.
fn of_kind(actions: &IdRanges, resource: &str) -> IdRanges {
    if ArnPattern::new(resource).is_everything() {
        return actions.clone();
    }
    let mut known: BTreeMap<ResourceType, bool> = BTreeMap::new();
    let mut fits = |kind: ResourceType| *known.entry(kind).or_insert_with(|| kind.globs().any(|form| of_form(resource, &form)));
    let listed = |id: &ActionId| id.info().origin == Origin::Listed;
    let mut on_it = |id: &ActionId| !listed(id) || id.info().types().any(|(kind, _)| fits(kind));
    let ids: BTreeSet<ActionId> = actions.iter().filter(|id| on_it(id)).collect();
    ranges(&ids)
}

fn ranges(ids: &BTreeSet<ActionId>) -> IdRanges {
    let at = |id: &ActionId| u16::try_from(id.index()).ok().map(|at| (at, at));
    IdRanges::from_ranges(ids.iter().filter_map(at).collect())
}

fn of(ids: &BTreeSet<ActionId>) -> ActionBits {
    let mut bits = ActionBits::new();
    bits.add_ranges(&ranges(ids));
    bits
}
