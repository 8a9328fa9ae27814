//! Calls by which a role of a workload controls tasks, on objects that are not the workload's own.
//!
//! Objects that nobody has stand for what is made tomorrow: a service, task and instance in every
//! cluster, and a cluster. Real ones are tried up to a number of each kind.
//!
//! Not known here: tags of the objects.

use std::collections::BTreeSet;

use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::{Action, lookup};
use wallwalk_iam::eval::{Answer, Bounds, Query};
use wallwalk_iam::{KeyState, Keys};
use wallwalk_model::arn;

use super::breadth::{Hit, untagged};
use crate::estate::RoleView;

/// What a call is authorised on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Definition,
    Service,
    TaskSet,
    Task,
    Host,
    Cluster,
}

/// Calls that start, change, enter, stop or place tasks, with what they are authorised on.
pub(crate) const CALLS: &[(&str, On)] = &[
    ("ecs:RegisterTaskDefinition", On::Definition),
    ("ecs:RunTask", On::Definition),
    ("ecs:StartTask", On::Definition),
    ("ecs:StopTask", On::Task),
    ("ecs:CreateService", On::Service),
    ("ecs:UpdateService", On::Service),
    ("ecs:CreateTaskSet", On::TaskSet),
    ("ecs:ExecuteCommand", On::Task),
    ("ecs:UpdateContainerInstancesState", On::Host),
    ("ecs:RegisterContainerInstance", On::Cluster),
    ("ecs:DeregisterContainerInstance", On::Cluster),
    ("ecs:PutAttributes", On::Host),
    ("ssm:StartSession", On::Task),
];

/// Whether an action is one of them.
pub(crate) fn is_call(action: &str) -> bool {
    CALLS.iter().any(|(call, _)| *call == action)
}

/// Whether the role's own side may allow one of them at all.
pub(crate) fn may_call(bounds: &Bounds<'_>) -> bool {
    bounds.gap().is_some() || CALLS.iter().any(|(action, _)| may_name(bounds, action))
}

fn may_name(bounds: &Bounds<'_>, action: &str) -> bool {
    lookup(action).is_none_or(|id| bounds.may_name(id))
}

/// So many objects of a kind are tried for each call.
const MOST: usize = 200;

/// A name that nobody gives.
const NAME: &str = "qqqqqqqq";

/// Objects that do not belong to the workloads of a role, real and made up.
pub(crate) struct Others<'b, 'a> {
    bounds: &'b Bounds<'a>,
    clusters: Vec<String>,
    definitions: Vec<String>,
    services: Vec<String>,
    tasks: Vec<String>,
    hosts: Vec<String>,
    base: Keys,
    /// The same for objects that nobody has, and that carry no tags.
    made_up: Keys,
}

impl<'b, 'a> Others<'b, 'a> {
    pub(crate) fn of(view: &RoleView<'_>, bounds: &'b Bounds<'a>) -> Self {
        let (estate, snapshot) = (view.estate, view.estate.snapshot);
        let place = &snapshot.place;
        let own: Vec<_> = view.facts.users.iter().filter_map(|position| estate.workloads.get(*position)).collect();
        let revisions = own.iter().flat_map(|workload| &workload.revisions);
        let families: BTreeSet<&str> = revisions.map(|revision| arn::family_and_revision(revision.arn).0).collect();
        let services: BTreeSet<&str> = own.iter().map(|workload| workload.arn).collect();
        let tasks: BTreeSet<&str> = own.iter().flat_map(|workload| &workload.tasks).map(|task| task.task_arn.as_str()).collect();
        let made_up = |resource: &str| format!("arn:{}:ecs:{}:{}:{resource}", place.partition, place.region, place.account);
        let known: Vec<String> = snapshot.clusters().map(|(cluster, _)| cluster.to_owned()).take(MOST).collect();
        let clusters: Vec<String> = known.into_iter().chain([made_up(&format!("cluster/{NAME}"))]).collect();
        let base = Keys::new()
            .with("aws:ResourceAccount", KeyState::one(place.account.as_str()))
            .with("aws:RequestedRegion", KeyState::one(place.region.as_str()));
        let in_each = |kind: &str| {
            clusters.iter().map(|cluster| made_up(&format!("{kind}/{}/{NAME}", arn::last_segment(cluster)))).collect::<Vec<_>>()
        };
        let real = |all: Vec<&str>, own: &BTreeSet<&str>| {
            all.into_iter().filter(|one| !own.contains(one)).take(MOST).map(str::to_owned).collect::<Vec<_>>()
        };
        let of_others = snapshot.task_definitions().map(|(definition, _)| definition);
        let of_others = of_others.filter(|definition| !families.contains(arn::family_and_revision(definition).0));
        Self {
            definitions: of_others.take(MOST).map(str::to_owned).chain([made_up(&format!("task-definition/{NAME}:1"))]).collect(),
            services: [in_each("service"), real(snapshot.services().map(|(service, _)| service).collect(), &services)].concat(),
            tasks: [in_each("task"), real(snapshot.tasks().map(|(task, _)| task).collect(), &tasks)].concat(),
            hosts: [in_each("container-instance"), real(snapshot.container_instances().map(|(host, _)| host).collect(), &BTreeSet::new())]
                .concat(),
            made_up: untagged(bounds).fold(base.clone(), |keys, key| keys.with(key, KeyState::Absent)),
            base,
            clusters,
            bounds,
        }
    }

    /// The surest answer to a call, with the object it was asked about.
    pub(crate) fn surest(&self, action: &'static str, on: On) -> Hit {
        let folded = action.to_ascii_lowercase();
        let mut best = Hit { action, resource: "*".to_owned(), keys: self.base.clone(), answer: Answer::Never };
        if self.bounds.gap().is_none() && !may_name(self.bounds, action) {
            return best;
        }
        for (resource, cluster) in self.objects(on) {
            let keys = if resource.contains(NAME) { &self.made_up } else { &self.base };
            let keys = keys.clone().with("ecs:cluster", KeyState::one(cluster.as_str()));
            // A call that names several objects needs each of them.
            let ask = |object: &str| self.bounds.can(&Query::new(Action::of(&folded), Target::pattern(object)).with(&keys));
            let answer = if action == "ecs:ExecuteCommand" { ask(&resource).min(ask(&cluster)) } else { ask(&resource) };
            if answer > best.answer {
                best = Hit { resource, keys, answer, ..best };
            }
            if answer == Answer::Surely {
                break;
            }
        }
        best
    }

    /// Objects of a kind, each with its cluster.
    fn objects(&self, on: On) -> Vec<(String, String)> {
        let cluster_of = |object: &str| {
            let name = arn::cluster_of(object).unwrap_or("default");
            self.clusters.iter().find(|cluster| arn::last_segment(cluster) == name).cloned().unwrap_or_default()
        };
        let each = |objects: &[String]| objects.iter().map(|object| (object.clone(), cluster_of(object))).collect();
        match on {
            On::Cluster => self.clusters.iter().map(|cluster| (cluster.clone(), cluster.clone())).collect(),
            // Definitions belong to no cluster: they are started in any.
            On::Definition => {
                let asked = self.bounds.condition_keys().contains("ecs:cluster");
                let clusters = if asked { self.clusters.as_slice() } else { self.clusters.get(..1).unwrap_or_default() };
                self.definitions.iter().flat_map(|one| clusters.iter().map(|cluster| (one.clone(), cluster.clone()))).collect()
            }
            On::Service => each(&self.services),
            On::TaskSet => each(&self.services).into_iter().map(|(service, cluster)| (task_set_of(&service), cluster)).collect(),
            On::Task => each(&self.tasks),
            On::Host => each(&self.hosts),
        }
    }
}

/// A task set of a service; the identifier is made by AWS.
fn task_set_of(service: &str) -> String {
    format!("{}/ecs-svc/{NAME}", service.replacen(":service/", ":task-set/", 1))
}
