//! The joined view of a snapshot: workloads with what runs, and what they lead to.
//!
//! The view joins and derives; it judges nothing. Every fact it hands out is noted in a [`Trace`],
//! so that a verdict knows what it rests on and how fresh that is.

mod build;
mod capabilities;
mod exec;
mod hosts;
mod index;
mod launch;
mod mounts;
mod terms;
mod uses;
mod views;
mod written;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use wallwalk_findings::Facts;
use wallwalk_iam::account::Account;
use wallwalk_iam::paths::Web;
use wallwalk_model::secrets::{Parameter, Secret, StoreReference, find_parameter};
use wallwalk_model::{Fact, Gap, GapReason, Reading, Snapshot, Table, Time, ecs};

use crate::Settings;
use crate::roles::escalation::Memo;

pub use capabilities::{capability_severity, runs_as_root, traces_processes};
pub use exec::unlogged;
pub use hosts::{Host, HostGroup};
pub(crate) use hosts::{host_groups, kind as host_kind};
use index::Index;
pub use launch::{Launch, Os};
pub use mounts::{HostMount, host_path_severity, normalised, socket};
pub use views::{ClusterView, Container, GroupView, RoleKind, RoleView, SecretView, WorkloadView, store_references};
pub use written::Written;

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
    /// A rule that could not be read, and may belong to any group.
    pub unread_rule: Option<Gap>,
    /// What may hide a workload, or a definition that one runs.
    pub unseen: Option<Gap>,
    /// Roles that workloads and their hosts lead to, by ARN.
    pub roles: BTreeMap<String, crate::roles::RoleFacts<'a>>,
    /// Roles by which ECS manages instances, load balancers and certificates for workloads, by ARN.
    pub helper_roles: BTreeMap<String, crate::roles::RoleFacts<'a>>,
    /// Roles of container instances, by the hosts' name in [`crate::roles::RoleFacts::uses`].
    pub(crate) host_roles: BTreeMap<String, BTreeSet<String>>,
    pub(crate) index: Index<'a>,
    pub(crate) fleet: crate::roles::imds::Fleet<'a>,
    pub(crate) joined: crate::roles::Joined,
    /// The principals of the account, and who may act as whom.
    pub web: Web<'a>,
    pub(crate) memo: Memo,
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
    /// What may hide more of it: a listing or task that could not be read. Nothing passes then.
    pub open: Option<Gap>,
    /// Environment from tags or settings.
    pub environment: Option<String>,
    /// Latest read time of what makes it up.
    pub read_at: Time,
    /// What makes it up.
    pub facts: Facts,
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
    /// Whether `launch` is only the most exposed kind that a latent family allows.
    pub assumed: bool,
    /// Operating system.
    pub os: Os,
    /// awsvpc configurations it runs under.
    pub networks: Vec<&'a ecs::AwsvpcConfiguration>,
}

impl<'a> Revision<'a> {
    /// ARN of the task role in force, an override included.
    #[must_use]
    pub fn task_role(&self) -> Option<&str> {
        let own = self.definition.as_ref().ok().and_then(|definition| definition.task_role_arn.as_deref());
        self.overrides.and_then(|one| one.task_role_arn.as_deref()).or(own).filter(|role| !role.is_empty())
    }

    /// ARN of the execution role in force, an override included.
    #[must_use]
    pub fn execution_role(&self) -> Option<&str> {
        let own = self.definition.as_ref().ok().and_then(|definition| definition.execution_role_arn.as_deref());
        self.overrides.and_then(|one| one.execution_role_arn.as_deref()).or(own).filter(|role| !role.is_empty())
    }

    /// A revision of which nothing is known.
    fn unread(name: &'a str, gap: Gap) -> Self {
        Self {
            arn: name,
            name: name.to_owned(),
            definition: Err(gap.clone()),
            overrides: None,
            launch: Err(gap),
            assumed: false,
            os: Os::Linux,
            networks: Vec::new(),
        }
    }
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

    /// The value of a row of a table, with the time of the reading, or of the listing that ought to
    /// have shown it, taken into account.
    ///
    /// # Errors
    /// The gap.
    pub fn need<'a, T>(
        &self,
        fact: impl Into<String>,
        snapshot: &Snapshot,
        table: &'a Table<T>,
        id: &str,
        call: &str,
    ) -> Result<&'a T, Gap> {
        match table.get(id) {
            Some(reading) => self.see(fact, reading),
            None => {
                self.note(fact, snapshot.listing_read_at(call).unwrap_or_default());
                Err(snapshot.need(table, id, call).err().unwrap_or_else(|| Gap::not_asked(call)))
            }
        }
    }

    /// Takes what makes up a workload into account.
    pub fn rest_on(&self, workload: &Workload<'_>) {
        for fact in workload.facts.iter() {
            self.note(fact.clone(), workload.read_at);
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

/// The value of what was found, or that there is no such thing.
fn referred<'a, T>(trace: &Trace, found: Option<(String, &'a Reading<T>)>, missing: impl FnOnce() -> Gap) -> Result<Option<&'a T>, Gap> {
    let (fact, reading) = found.ok_or_else(missing)?;
    match &reading.fact {
        Fact::Absent => {
            trace.note(fact, reading.read_at);
            Ok(None)
        }
        _ => trace.see(fact, reading).map(Some),
    }
}

impl<'a> Estate<'a> {
    /// Joins a snapshot with the principals of its account, as [`crate::roles::account`] reads them.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, account: &'a Account, settings: &'a Settings, now: Time) -> Self {
        let workloads = build::workloads(snapshot, settings);
        let (rules, unread_rule) = build::rules(snapshot);
        let index = Index::new(snapshot, &workloads);
        let (roles, helper_roles, host_roles) = Default::default();
        let web = Web::new(account, Box::new(crate::roles::Known::new(snapshot)));
        let (fleet, joined, memo) = Default::default();
        let mut estate = Self {
            snapshot,
            settings,
            now,
            workloads,
            rules,
            unread_rule,
            unseen: None,
            roles,
            helper_roles,
            host_roles,
            index,
            fleet,
            joined,
            memo,
            web,
        };
        estate.unseen = estate.find_unseen();
        estate.fleet = crate::roles::imds::Fleet::new(&estate);
        (estate.roles, estate.host_roles) = crate::roles::read(&estate);
        estate.helper_roles = crate::roles::helpers(&estate);
        estate
    }

    /// The secret that a reference names, with the key it was read under.
    #[must_use]
    pub fn secret(&self, reference: &str) -> Option<(&'a str, &'a Reading<Secret>)> {
        self.index.secret(&self.snapshot.secrets, reference)
    }

    /// Metadata of a secret, noted in the trace; none if there is no such secret.
    ///
    /// # Errors
    /// The gap.
    pub fn secret_referred(&self, trace: &Trace, reference: &StoreReference) -> Result<Option<&'a Secret>, Gap> {
        let StoreReference::Secret { id, .. } = reference else { return Ok(None) };
        let found = self.secret(id).map(|(key, reading)| (format!("secret:{key}"), reading));
        referred(trace, found, || self.not_looked_up("secretsmanager:DescribeSecret", reference))
    }

    /// Metadata of a parameter, noted in the trace; none if there is no such parameter.
    ///
    /// # Errors
    /// The gap.
    pub fn parameter_referred(&self, trace: &Trace, reference: &StoreReference) -> Result<Option<&'a Parameter>, Gap> {
        let StoreReference::Parameter { name, .. } = reference else { return Ok(None) };
        // Parameters are known by name: one of another account or Region is another parameter.
        let here = self.elsewhere(reference).is_none();
        let found = if here { find_parameter(&self.snapshot.parameters, name) } else { None };
        let found = found.map(|(key, reading)| (format!("param:{key}"), reading));
        referred(trace, found, || self.not_looked_up("ssm:DescribeParameters", reference))
    }

    /// Why the object of a reference is not among the facts.
    #[must_use]
    pub fn not_looked_up(&self, call: &str, reference: &StoreReference) -> Gap {
        match self.elsewhere(reference) {
            Some(place) => Gap::new(call, GapReason::NotAsked, format!("it is in account {}, {}", place.0, place.1)),
            None => Gap::not_asked(call),
        }
    }

    /// The account and Region that a reference names, if they are not the snapshot's.
    pub(crate) fn elsewhere<'r>(&self, reference: &'r StoreReference) -> Option<(&'r str, &'r str)> {
        let place = &self.snapshot.place;
        match reference {
            StoreReference::Secret { account: Some(account), region: Some(region), .. }
            | StoreReference::Parameter { account: Some(account), region: Some(region), .. }
                if (account, region) != (&place.account, &place.region) =>
            {
                Some((account, region))
            }
            _ => None,
        }
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

    fn find_unseen(&self) -> Option<Gap> {
        let unread = |workload: &Workload<'_>| match &workload.service {
            Some(Err(gap)) => Some(gap.clone()),
            _ => workload.open.clone(),
        };
        let revision = |workload: &Workload<'_>| workload.revisions.iter().find_map(|one| one.definition.as_ref().err().cloned());
        build::hidden_users(self.snapshot)
            .map(|(gap, _)| gap)
            .or_else(|| self.workloads.iter().find_map(unread))
            .or_else(|| self.workloads.iter().find_map(revision))
    }

    /// What may hide a workload, or what one runs and carries.
    #[must_use]
    pub fn unseen_carrier(&self) -> Option<Gap> {
        self.unseen.clone().or_else(|| {
            let interfaces = self.workloads.iter().flat_map(|workload| self.interfaces(workload));
            let call = "ec2:DescribeNetworkInterfaces";
            interfaces.into_iter().find_map(|(id, _)| self.snapshot.need(&self.snapshot.network_interfaces, id, call).err())
        })
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
