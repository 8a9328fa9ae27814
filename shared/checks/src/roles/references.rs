//! Which secrets and parameters definitions refer to, and for whom.
//!
//! An execution role refers to what is injected with it. A task role refers to what is injected into the
//! same definitions, and to what variables of their containers name; code may know others.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::generate::Need;
use wallwalk_iam::glob;
use wallwalk_model::{Gap, secrets};

use super::RoleFacts;
use super::readers::calls;
use super::stored::{Store, Stored};
use crate::estate::{Estate, RoleKind, Workload};

/// Workloads by what is injected into them: ARNs, or patterns of them.
#[derive(Debug, Default)]
pub(crate) struct Injected {
    exact: BTreeMap<String, BTreeSet<usize>>,
    patterns: BTreeMap<String, BTreeSet<usize>>,
}

impl Injected {
    /// What every workload is given.
    pub(crate) fn of(estate: &Estate<'_>) -> Self {
        let mut injected = Self::default();
        for share in estate.demands().values().flat_map(|demand| &demand.shares).filter(|share| share.kind == RoleKind::Execution) {
            for resource in share.needs.iter().filter(|need| reads(need) && !unknown(need)).flat_map(|need| &need.resources) {
                let list = if glob::has_wildcards(resource) { &mut injected.patterns } else { &mut injected.exact };
                list.entry(resource.clone()).or_default().insert(share.workload);
            }
        }
        injected
    }

    /// Positions of the workloads that are given an object.
    pub(crate) fn into(&self, stored: &Stored) -> BTreeSet<usize> {
        let exact = self.exact.get(&stored.arn).into_iter();
        let matching = self.patterns.iter().filter(|(pattern, _)| glob::matches(pattern, &stored.arn)).map(|(_, all)| all);
        exact.chain(matching).flatten().copied().collect()
    }
}

/// Whether a need is one for the value of a secret or parameter.
fn reads(need: &Need) -> bool {
    [Store::Secrets, Store::Parameters].into_iter().flat_map(calls).any(|action| need.actions.contains(action))
}

/// Whether a need may be for any secret, because what names it was not read.
pub(crate) fn unknown(need: &Need) -> bool {
    need.resources.iter().any(|one| one.ends_with(":secret:*"))
}

/// What is referred to on behalf of one role.
pub(crate) struct References<'e> {
    resources: BTreeSet<&'e str>,
    open: Option<&'e Gap>,
}

/// What everything that is started with an execution role refers to.
pub(crate) fn of_role<'e>(estate: &'e Estate<'_>, facts: &RoleFacts<'_>) -> References<'e> {
    let mut resources = BTreeSet::new();
    let mut any = false;
    for need in estate.needs_of(facts).into_iter().filter(|need| reads(need)) {
        if unknown(need) {
            any = true;
        } else {
            resources.extend(need.resources.iter().map(String::as_str));
        }
    }
    let gap = estate.demands_of(facts).flat_map(|demand| demand.gaps()).next();
    References { resources, open: gap.filter(|_| any) }
}

impl<'e> References<'e> {
    /// Whether an object is referred to.
    pub(crate) fn hold(&self, stored: &Stored) -> bool {
        self.resources.contains(stored.arn.as_str()) || self.cover_text(&stored.arn)
    }

    /// Whether everything that a pattern of resources names is referred to.
    pub(crate) fn cover(&self, pattern: &str) -> bool {
        self.cover_text(pattern)
    }

    fn cover_text(&self, text: &str) -> bool {
        self.resources.iter().any(|one| *one == text || glob::has_wildcards(one) && glob::covers(one, text))
    }

    /// Why anything else may be referred to.
    pub(crate) const fn open(&self) -> Option<&'e Gap> {
        self.open
    }
}

/// What variables and command lines of containers with one task role name.
#[derive(Debug, Default)]
pub(crate) struct Mentions(BTreeSet<String>);

impl Mentions {
    /// Of every definition in use that has the role as its task role.
    pub(crate) fn of(estate: &Estate<'_>, facts: &RoleFacts<'_>) -> Self {
        let workloads = facts.users.iter().filter_map(|position| estate.workloads.get(*position));
        let own = |role: Option<&str>| role.is_some_and(|role| role == facts.arn || role == facts.full_arn());
        let revisions = workloads.flat_map(|workload| &workload.revisions).filter(|revision| own(revision.task_role()));
        let containers = revisions.filter_map(|revision| revision.definition.as_ref().ok()).flat_map(|one| &one.container_definitions);
        let values = containers.flat_map(|container| {
            let commands = container.command.iter().chain(&container.entry_point).map(|command| &command.value);
            container.environment.iter().map(|pair| &pair.value).chain(commands)
        });
        let kinds = ["aws-secret", "aws-parameter", "arn"];
        let named = values.flat_map(|value| &value.refs).filter(|one| kinds.contains(&one.kind.as_str()));
        Self(named.map(|one| one.target.clone()).collect())
    }

    /// Whether an object is mentioned: by ARN, with its suffix or without, or by name.
    pub(crate) fn hold(&self, stored: &Stored) -> bool {
        let name = stored.name.trim_start_matches('/');
        self.0.iter().any(|target| match stored.store {
            Store::Secrets => secrets::secret_answers(&stored.arn, &stored.name, target),
            Store::Parameters => *target == stored.arn || target.trim_start_matches('/') == name,
        })
    }

    /// Whether a pattern of resources names nothing but what is mentioned.
    pub(crate) fn name(&self, pattern: &str) -> bool {
        let stem = pattern.strip_suffix("-??????").unwrap_or(pattern);
        self.0.contains(pattern) || self.0.contains(stem)
    }
}

/// Labels of the workloads that are given an object.
pub(crate) fn labels<'e>(estate: &'e Estate<'_>, stored: &Stored) -> BTreeSet<&'e str> {
    let positions = estate.injected().into(stored);
    positions.into_iter().filter_map(|position| estate.workloads.get(position)).map(|workload| workload.label.as_str()).collect()
}

/// Whether some workload is given an object.
pub(crate) fn anywhere(estate: &Estate<'_>, stored: &Stored) -> bool {
    !estate.injected().into(stored).is_empty()
}

/// The one environment that all workloads of a role are labelled with.
pub(crate) fn environments_of<'e>(estate: &'e Estate<'_>, facts: &RoleFacts<'_>) -> Option<&'e str> {
    one_environment(facts.users.iter().filter_map(|position| estate.workloads.get(*position)))
}

fn one_environment<'e>(workloads: impl Iterator<Item = &'e Workload<'e>>) -> Option<&'e str> {
    let all: BTreeSet<Option<&str>> = workloads.map(|workload| workload.environment.as_deref()).collect();
    if all.len() == 1 { all.first().copied().flatten() } else { None }
}

/// The environment that an object is labelled with, or else that of the workloads that are given it.
pub(crate) fn environment<'e>(estate: &'e Estate<'_>, stored: &'e Stored) -> Option<&'e str> {
    let tagged = |(name, _): &&(String, Option<String>)| name.eq_ignore_ascii_case(&estate.settings.environment_tag);
    if let Some((_, value)) = stored.tags.iter().flatten().find(tagged) {
        return value.as_deref();
    }
    one_environment(estate.injected().into(stored).into_iter().filter_map(|position| estate.workloads.get(position)))
}
