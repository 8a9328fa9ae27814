//! The joined view of a snapshot: workloads with what runs, and what they lead to.
//!
//! The view joins and derives; it judges nothing. Every fact it hands out is noted in a [`Trace`],
//! so that a verdict knows what it rests on and how fresh that is.

mod build;
mod launch;
mod mounts;
mod views;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::{Fact, Gap, Reading, Snapshot, Time, ecs};

use crate::Settings;

pub use launch::{Launch, Os};
pub use mounts::{HostMount, normalised};
pub(crate) use views::host_groups as host_groups_of;
pub use views::{
    ClusterView, Container, GroupView, Host, HostGroup, RoleKind, RoleView, SecretView, WorkloadView, sighting_text, sightings,
    store_references,
};

/// The joined view.
#[derive(Debug)]
pub struct Estate<'a> {
    /// What it is a view of.
    pub snapshot: &'a Snapshot,
    /// What the customer decided.
    pub settings: &'a Settings,
    /// The time of judgement.
    pub now: Time,
    /// Everything that runs, may run, or could be run.
    pub workloads: Vec<Workload<'a>>,
    /// Rules of each security group, read once.
    pub rules: BTreeMap<&'a str, Vec<wallwalk_network::Rule>>,
    /// Parsed policy documents by their text's place: `role/policy`.
    pub roles: BTreeMap<String, crate::roles::RoleFacts<'a>>,
}

/// Something that runs, may run, or could be run.
#[derive(Debug)]
pub struct Workload<'a> {
    /// `service/<cluster>/<name>`, `task-group/<cluster>/<group>`, `family/<name>`.
    pub id: String,
    /// How people call it, `shop/api`.
    pub label: String,
    /// Name of its cluster; none for a latent family.
    pub cluster: Option<&'a str>,
    /// The service, for services; the gap if it could not be read.
    pub service: Option<Result<&'a ecs::Service, Gap>>,
    /// ARN of the service, task or task definition that stands for it.
    pub arn: &'a str,
    /// Running tasks.
    pub tasks: Vec<&'a ecs::Task>,
    /// What is judged: every revision that runs or is configured.
    pub revisions: Vec<Revision<'a>>,
    /// Whether nothing uses it.
    pub latent: bool,
    /// Environment from tags or settings.
    pub environment: Option<String>,
    /// Latest read time of what makes it up.
    pub read_at: Time,
    /// What makes it up.
    pub facts: BTreeSet<String>,
}

/// A revision that runs or is configured.
#[derive(Debug)]
pub struct Revision<'a> {
    /// ARN.
    pub arn: &'a str,
    /// `family:revision`.
    pub name: String,
    /// The definition, or the gap.
    pub definition: Result<&'a ecs::TaskDefinition, Gap>,
    /// What RunTask overrode, for standalone tasks.
    pub overrides: Option<&'a ecs::TaskOverride>,
    /// Where it runs.
    pub launch: Result<Launch, Gap>,
    /// Operating system.
    pub os: Os,
    /// awsvpc configurations it runs under.
    pub networks: Vec<&'a ecs::AwsvpcConfiguration>,
}

/// What a verdict rests on.
#[derive(Debug, Default)]
pub struct Trace {
    at: Cell<Time>,
    facts: RefCell<BTreeSet<String>>,
}

impl Trace {
    /// Takes a reading into account and gives its value.
    ///
    /// # Errors
    /// The gap, or that there is no such thing where one is needed.
    pub fn see<'a, T>(&self, fact: impl Into<String>, reading: &'a Reading<T>) -> Result<&'a T, Gap> {
        self.note(fact, reading.read_at);
        match &reading.fact {
            Fact::Known(value) => Ok(value),
            Fact::Gap(gap) => Err(gap.clone()),
            Fact::Absent => Err(Gap::not_modelled("a reference to something that no longer exists")),
        }
    }

    /// Takes a fact into account.
    pub fn note(&self, fact: impl Into<String>, read_at: Time) {
        self.at.set(self.at.get().max(read_at));
        self.facts.borrow_mut().insert(fact.into());
    }

    /// Latest read time seen.
    #[must_use]
    pub fn read_at(&self) -> Time {
        self.at.get()
    }

    /// Facts seen.
    #[must_use]
    pub fn facts(&self) -> BTreeSet<String> {
        self.facts.borrow().clone()
    }
}

impl<'a> Estate<'a> {
    /// Joins a snapshot.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, settings: &'a Settings, now: Time) -> Self {
        let mut estate = Self {
            snapshot,
            settings,
            now,
            workloads: build::workloads(snapshot, settings),
            rules: BTreeMap::new(),
            roles: BTreeMap::new(),
        };
        estate.rules = build::rules(snapshot);
        estate.roles = crate::roles::read(&estate);
        estate
    }

    /// The workload's network interfaces that are known, with their readings.
    pub fn interfaces(&self, workload: &Workload<'a>) -> Vec<(&'a str, Option<&'a Reading<wallwalk_model::ec2::NetworkInterface>>)> {
        workload
            .tasks
            .iter()
            .flat_map(|task| task.network_interface_ids())
            .map(|id| (id, self.snapshot.network_interfaces.get(id)))
            .collect()
    }

    /// Whether the workload counts as production: labelled so, or not labelled.
    #[must_use]
    pub fn is_production(&self, workload: &Workload<'_>) -> bool {
        workload
            .environment
            .as_ref()
            .is_none_or(|environment| self.settings.production.iter().any(|one| one.eq_ignore_ascii_case(environment)))
    }
}

impl Workload<'_> {
    /// Whether ECS Exec is on anywhere: on the service, or on a task that still runs with it.
    #[must_use]
    pub fn exec_enabled(&self) -> bool {
        let service = matches!(&self.service, Some(Ok(service)) if service.enable_execute_command == Some(true));
        service || self.tasks.iter().any(|task| task.enable_execute_command == Some(true))
    }
}
