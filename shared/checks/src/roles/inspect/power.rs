//! What a principal may do, counted by service and access level.
//!
//! An action counts once, with the surest of its answers over the resources that statements name: surely
//! if all that some statement names is allowed, possibly if a part of it is, or under conditions. What a
//! statement names beside the kinds of resources that the catalogue has for an action is passed over.
//! Policies of resources, which may allow more, are not counted.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wallwalk_iam::arn::{ArnPattern, Target};
use wallwalk_iam::catalogue::{Action, ActionId, Level, ResourceType, Tags, lookup};
use wallwalk_iam::eval::{Answer, Bounds, Query};
use wallwalk_iam::policy::Statement;
use wallwalk_iam::{Readings, glob};

/// Numbers of actions by access level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Levels {
    /// Lists resources.
    pub list: usize,
    /// Reads content or attributes.
    pub read: usize,
    /// Creates, changes or deletes.
    pub write: usize,
    /// Changes tags.
    pub tagging: usize,
    /// Grants or changes permissions.
    pub permissions: usize,
}

impl Levels {
    fn count(&mut self, level: Level) {
        *match level {
            Level::List => &mut self.list,
            Level::Read => &mut self.read,
            Level::Write => &mut self.write,
            Level::Tagging => &mut self.tagging,
            Level::Permissions => &mut self.permissions,
        } += 1;
    }

    /// How many in all.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.list + self.read + self.write + self.tagging + self.permissions
    }

    /// How many that change something.
    #[must_use]
    pub const fn changing(&self) -> usize {
        self.write + self.tagging + self.permissions
    }
}

/// What may be done in one service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServicePower {
    /// Prefix of its actions.
    pub service: &'static str,
    /// Surely.
    pub surely: Levels,
    /// Possibly only.
    pub possibly: Levels,
    /// What it is limited to, as statements name it; `*` alone if some action is not limited.
    pub resources: BTreeSet<String>,
}

/// Sensitive actions of one class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sensitive {
    /// What for: `data-access`.
    pub class: &'static str,
    /// Surely.
    pub surely: Vec<&'static str>,
    /// Possibly only.
    pub possibly: Vec<&'static str>,
}

/// What a principal may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Power {
    /// By service.
    pub services: Vec<ServicePower>,
    /// Sensitive actions by class.
    pub sensitive: Vec<Sensitive>,
    /// Actions that policies allow by a name which the catalogue does not hold; possibly, at the least.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unknown: BTreeSet<String>,
}

/// What the principal's own policies let it do.
pub(super) fn of(bounds: &Bounds<'_>) -> Power {
    let allows: Vec<(&Statement, Vec<On>)> =
        bounds.own_allows().filter(|(_, _, conditions)| conditions.may()).map(|(_, statement, _)| (statement, named(statement))).collect();
    let mut services: BTreeMap<&'static str, ServicePower> = BTreeMap::new();
    let mut sensitive: Vec<Sensitive> = Tags::ALL.iter().map(|(_, class)| Sensitive { class, ..Sensitive::default() }).collect();
    let mut kinds = Kinds::default();
    for id in bounds.may_allow().iter() {
        let Some((answer, resources)) = surest(bounds, id, &allows, &mut kinds) else { continue };
        let service = services.entry(id.service()).or_insert_with(|| ServicePower { service: id.service(), ..ServicePower::default() });
        let surely = answer == Answer::Surely;
        if surely {
            service.surely.count(id.info().level)
        } else {
            service.possibly.count(id.info().level)
        }
        service.resources.extend(resources.into_iter().map(str::to_owned));
        for ((class, _), told) in Tags::ALL.iter().zip(&mut sensitive) {
            if id.info().tags.contains(*class) {
                if surely { told.surely.push(id.name()) } else { told.possibly.push(id.name()) }
            }
        }
    }
    for service in services.values_mut().filter(|service| service.resources.contains("*")) {
        service.resources = ["*".to_owned()].into();
    }
    sensitive.retain(|one| !one.surely.is_empty() || !one.possibly.is_empty());
    let written = allows.iter().filter(|(statement, _)| !statement.actions.negated).flat_map(|(statement, _)| &statement.actions.patterns);
    let unknown = written.map(|pattern| &*pattern.text).filter(|text| !glob::has_wildcards(text) && lookup(text).is_none());
    let unknown = unknown.filter(|name| may_somewhere(bounds, name)).map(str::to_owned).collect();
    Power { services: services.into_values().collect(), sensitive, unknown }
}

fn may_somewhere(bounds: &Bounds<'_>, name: &str) -> bool {
    bounds.can(&Query::new(Action::of(&name.to_ascii_lowercase()), Target::pattern("*"))) != Answer::Never
}

/// A resource as a statement names it.
struct On {
    /// As written, or `everything but …`.
    told: String,
    /// What is asked for it: variables may stand for anything.
    asked: String,
    /// Whether it names everything.
    everything: bool,
}

fn named(statement: &Statement) -> Vec<On> {
    let everything = |told: String| On { told, asked: "*".to_owned(), everything: true };
    let Some(list) = &statement.resources else { return vec![everything("*".to_owned())] };
    if list.negated {
        let names: Vec<&str> = list.patterns.iter().map(ArnPattern::text).collect();
        return vec![everything(format!("everything but {}", names.join(", ")))];
    }
    let one = |pattern: &ArnPattern| match pattern.is_everything() {
        true => everything("*".to_owned()),
        false => On { told: pattern.text().to_owned(), asked: without_variables(pattern.text()), everything: false },
    };
    list.patterns.iter().map(one).collect()
}

fn without_variables(text: &str) -> String {
    let mut parts = text.split("${");
    let head = parts.next().unwrap_or_default().to_owned();
    parts.fold(head, |all, part| all + "*" + part.split_once('}').map_or("", |(_, rest)| rest))
}

/// Which patterns may name resources of a kind.
#[derive(Default)]
struct Kinds(BTreeMap<(ResourceType, String), bool>);

impl Kinds {
    fn fit(&mut self, id: ActionId, on: &On) -> bool {
        // Of an action without kinds of resources the engine says what becomes of it.
        let mut types = id.info().types().map(|(kind, _)| kind).peekable();
        on.everything || types.peek().is_none() || types.any(|kind| self.fits(kind, &on.asked))
    }

    fn fits(&mut self, kind: ResourceType, pattern: &str) -> bool {
        let key = (kind, pattern.to_owned());
        *self.0.entry(key).or_insert_with(|| {
            let short = pattern.splitn(6, ':').count() < 6;
            let alike = |form: &str| pattern.splitn(6, ':').zip(form.splitn(6, ':')).all(|(one, other)| glob::intersects(one, other));
            short || kind.globs().any(|form| alike(&form))
        })
    }
}

/// The surest answer for an action, with the resources on which it is allowed at all; none if on no resource.
fn surest<'n>(bounds: &Bounds<'_>, id: ActionId, allows: &'n [(&Statement, Vec<On>)], kinds: &mut Kinds) -> Option<(Answer, Vec<&'n str>)> {
    let mut best = Answer::Never;
    let mut resources = Vec::new();
    for (statement, named) in allows {
        if !statement.doubtful && !statement.actions.matches(&Action::Known(id), Readings::OPEN).may() {
            continue;
        }
        for on in named {
            if !kinds.fit(id, on) {
                continue;
            }
            let answer = bounds.can(&Query::new(Action::Known(id), Target::pattern(&on.asked)));
            if answer == Answer::Never {
                continue;
            }
            best = best.max(answer);
            resources.push(on.told.as_str());
        }
    }
    (best != Answer::Never).then_some((best, resources))
}
