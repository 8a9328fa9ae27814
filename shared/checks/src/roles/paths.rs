//! Escalation paths through ECS: starting, changing, entering or feeding workloads that run under a role.
//!
//! Every call is judged on real clusters, services, tasks and definitions. A role is passed only if
//! its trust admits ECS, and a path counts only if the role reached may do something the source may not.
//!
//! Not known here: deployment groups of CodeDeploy, daemons and gateways, of which the source's own
//! policies tell which there may be; files whose bucket has a policy of its own.
//! Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon ECS";
//! Amazon ECS API Reference; Amazon ECS Developer Guide, "Amazon ECS Exec".

mod entering;
mod feeding;
mod posing;
mod running;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use wallwalk_iam::account::Principal;
use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::{Group, Met, Proof, surest};
use wallwalk_iam::{KeyState, Keys};
use wallwalk_model::{Gap, arn, ecs};

use crate::estate::Estate;

pub use entering::SESSION_ACTIONS;
pub(crate) use entering::{Running, running_tasks};
pub(crate) use feeding::{Feeds, runs_movable_tag};

const ECS_TASKS: &str = "ecs-tasks.amazonaws.com";
const ECS: &str = "ecs.amazonaws.com";
const EC2: &str = "ec2.amazonaws.com";

/// So many roles that a source gains by are told for each way; the most powerful ones come first.
const MOST: usize = 200;

/// Names of the paths into running tasks.
pub const INTO_TASKS: &[&str] = &["ecs-exec", "ecs-session", "ecs-enable-exec"];

/// Names of the paths by which whoever holds an instance's role poses as its agent or adds an instance.
pub const OF_INSTANCES: &[&str] = &["ecs-agent-impersonation", "ecs-rogue-instance"];

/// Names of the paths that influence a workload without making it run something for sure.
pub const INFLUENCE: &[&str] = &["task-file-write", "injected-value-write"];

/// A kind of path through ECS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Something runs under a passed role.
    Running,
    /// A running task is entered.
    Entering,
    /// Somebody poses as an instance or its agent.
    Posing,
    /// A workload takes something in.
    Feeding,
}

/// Every path of a principal through ECS.
#[derive(Debug, Default)]
pub struct Walk {
    /// The surest for each name and target.
    pub proofs: Vec<Proof>,
    /// What may hide others of a kind that the principal's policies leave open.
    pub hidden: BTreeMap<Part, Gap>,
}

/// The same without what may hide others.
#[must_use]
pub fn ecs_paths(estate: &Estate<'_>, source: &Principal) -> Vec<Proof> {
    walk(estate, source).proofs.clone()
}

/// Every path of a principal through ECS, worked out once.
#[must_use]
pub fn walk(estate: &Estate<'_>, source: &Principal) -> Rc<Walk> {
    if let Some(known) = estate.memo.walks.borrow().get(&*source.arn) {
        return Rc::clone(known);
    }
    let passing = passing(estate, source);
    let mut walk = Walk { proofs: passing.proofs.clone(), hidden: passing.hidden.clone() };
    if let Some(walker) = Walker::new(estate, source) {
        walker.entering(&mut walk);
        walker.posing(&mut walk);
        walker.feeding(&mut walk);
    }
    walk.proofs = surest(walk.proofs);
    let walk = Rc::new(walk);
    estate.memo.walks.borrow_mut().insert(source.arn.to_string(), Rc::clone(&walk));
    walk
}

/// Those by which something runs under a passed role, worked out once.
#[must_use]
pub(crate) fn passing(estate: &Estate<'_>, source: &Principal) -> Rc<Walk> {
    if let Some(known) = estate.memo.passing.borrow().get(&*source.arn) {
        return Rc::clone(known);
    }
    let mut walk = Walk::default();
    if let Some(walker) = Walker::new(estate, source) {
        walker.running(&mut walk);
    }
    walk.proofs = surest(walk.proofs);
    let walk = Rc::new(walk);
    estate.memo.passing.borrow_mut().insert(source.arn.to_string(), Rc::clone(&walk));
    walk
}

/// Keys whose value is a parameter of the call.
fn chosen() -> Keys {
    const CHOSEN: &[&str] = &[
        "ecs:auto-assign-public-ip",
        "ecs:capacity-provider",
        "ecs:enable-ebs-volumes",
        "ecs:enable-ecs-managed-tags",
        "ecs:enable-execute-command",
        "ecs:enable-service-connect",
        "ecs:privileged",
        "ecs:propagate-tags",
        "ecs:task-cpu",
        "ecs:task-memory",
    ];
    CHOSEN.iter().fold(Keys::new(), |keys, key| keys.with(key, KeyState::Chosen))
}

struct Walker<'w, 'a> {
    estate: &'w Estate<'a>,
    source: &'w Principal,
    /// Condition keys that the source's policies look at.
    asked: BTreeSet<&'w str>,
    chosen: Keys,
}

/// A way to act under a role: its calls, and how sure it can be at most.
struct Way {
    path: &'static str,
    what: String,
    calls: Vec<Met>,
    at_most: Answer,
}

impl Way {
    fn new(path: &'static str, what: impl Into<String>, calls: Vec<Met>) -> Self {
        Self { path, what: what.into(), calls, at_most: Answer::Surely }
    }

    fn at_most(self, at_most: Answer) -> Self {
        Self { at_most, ..self }
    }

    fn answer(&self) -> Answer {
        self.calls.iter().map(|met| met.answer).min().unwrap_or(Answer::Never).min(self.at_most)
    }
}

type Bind<'b> = [(&'static str, &'b str)];

impl<'w, 'a> Walker<'w, 'a> {
    /// None for whoever may do everything, and so gains nothing.
    fn new(estate: &'w Estate<'a>, source: &'w Principal) -> Option<Self> {
        let asked = || estate.web.bounds(&source.arn).condition_keys();
        (!estate.web.is_literal_administrator(&source.arn)).then(|| Self { estate, source, asked: asked(), chosen: chosen() })
    }

    fn may(&self, action: &str) -> bool {
        self.estate.web.may(self.source, action)
    }

    fn may_any(&self, actions: &[&'static str]) -> bool {
        actions.iter().any(|action| self.may(action))
    }

    /// A call on an object, with the keys that follow from it.
    fn call(&self, action: &'static str, on: &str, bind: &Bind<'_>) -> Met {
        // Others would only lengthen the evidence.
        let asked = bind.iter().filter(|(key, _)| self.asked.contains(key.to_ascii_lowercase().as_str()));
        let bind = asked.map(|(key, value)| (*key, (*value).to_owned())).collect();
        self.estate.web.met_with(self.source, action, on, bind, &self.chosen)
    }

    fn met_best(&self, action: &'static str) -> Met {
        self.estate.web.met_best(self.source, action, &self.chosen)
    }

    fn pass(&self, role: &str, service: &'static str) -> Met {
        self.estate.web.pass(self.source, role, service)
    }

    /// The surest of several calls; none if none of them is possible.
    fn surest(mets: impl IntoIterator<Item = Met>) -> Option<Met> {
        let mut best: Option<Met> = None;
        for met in mets {
            if met.answer > best.as_ref().map_or(Answer::Never, |best| best.answer) {
                let sure = met.answer == Answer::Surely;
                best = Some(met);
                if sure {
                    break;
                }
            }
        }
        best
    }

    /// The surest of calls on whatever the source's policies name.
    fn any_of(&self, actions: &[&'static str]) -> Option<Met> {
        Self::surest(actions.iter().filter(|action| self.may(action)).map(|action| self.met_best(action)))
    }

    /// Notes the path if its calls are possible and something is gained. Whether it was noted.
    fn push(&self, walk: &mut Walk, way: &Way, target: &str, passed: &[Met]) -> bool {
        let calls = passed.iter().map(|met| met.answer).min().unwrap_or(Answer::Surely);
        let answer = way.answer().min(calls);
        if *target == *self.source.arn || answer == Answer::Never {
            return false;
        }
        let Some(gain) = self.estate.web.gain(target, &self.source.arn) else {
            let unread = !self.estate.web.account.principals.contains_key(target) && INTO_TASKS.contains(&way.path);
            if let Some(gap) = self.estate.unseen_principal().filter(|_| unread) {
                walk.hidden.entry(Part::Entering).or_insert_with(|| gap.clone());
            }
            return false;
        };
        walk.proofs.push(Proof {
            path: way.path,
            group: Group::Workloads,
            source: self.source.arn.to_string(),
            target: Some(target.to_owned()),
            what: way.what.clone(),
            needs: passed.iter().chain(&way.calls).cloned().collect(),
            answer: answer.min(gain.most()),
            gain,
            supposed: false,
        });
        true
    }

    /// Roles that trust a service and that the source may pass to it, the most powerful first.
    fn passable(&self, service: &'static str) -> Vec<(String, Met)> {
        let trusting = self.estate.web.trusting(service);
        // Roles of services' own cannot be passed.
        let ordinary = trusting.iter().filter(|(role, _)| !role.contains(":role/aws-service-role/"));
        let passed = ordinary.filter_map(|(role, trusts)| {
            let met = self.pass(role, service);
            (met.answer > Answer::Never).then(|| (role.clone(), Met { answer: met.answer.min(*trusts), ..met }))
        });
        let mut roles: Vec<_> = passed.collect();
        roles.sort_by_cached_key(|(role, met)| (self.weakness(role), std::cmp::Reverse(met.answer), role.clone()));
        roles
    }

    /// Least for those that may do everything, then for those that may become more.
    fn weakness(&self, role: &str) -> u8 {
        const RAISING: &[&str] = &[
            "iam:AttachRolePolicy",
            "iam:CreateAccessKey",
            "iam:CreatePolicyVersion",
            "iam:CreateRole",
            "iam:PassRole",
            "iam:PutRolePolicy",
            "iam:UpdateAssumeRolePolicy",
            "sts:AssumeRole",
        ];
        let bounds = self.estate.web.bounds(role);
        let raising = || RAISING.iter().filter_map(|name| wallwalk_iam::catalogue::lookup(name)).any(|id| bounds.may_name(id));
        if self.estate.web.is_literal_administrator(role) { 0 } else { 2 - u8::from(raising()) }
    }

    fn role_of(&self, task: &ecs::Task) -> Option<String> {
        role_of(self.estate, task)
    }

    fn execution_role_of(&self, task: &ecs::Task) -> Option<String> {
        let own = task.overrides.as_ref().and_then(|one| one.execution_role_arn.as_deref());
        let definition = self.estate.snapshot.task_definitions.get(&task.task_definition_arn).and_then(|reading| reading.value());
        self.role(own.or_else(|| definition?.execution_role_arn.as_deref()))
    }

    fn role(&self, role: Option<&str>) -> Option<String> {
        role_named(self.estate, role)
    }

    fn services(&self) -> impl Iterator<Item = (&'a str, Option<&'a ecs::Service>)> + use<'a> {
        self.estate.snapshot.services().map(|(arn, reading)| (arn, reading.value()))
    }
}

/// The task role of a running task, its override's if it has one.
fn role_of(estate: &Estate<'_>, task: &ecs::Task) -> Option<String> {
    let own = task.overrides.as_ref().and_then(|one| one.task_role_arn.as_deref());
    let definition = estate.snapshot.task_definitions.get(&task.task_definition_arn).and_then(|reading| reading.value());
    role_named(estate, own.or_else(|| definition?.task_role_arn.as_deref()))
}

/// A role by ARN, which definitions may give as a bare name.
fn role_named(estate: &Estate<'_>, role: Option<&str>) -> Option<String> {
    super::uses::resolved(estate.snapshot, role.filter(|role| !role.is_empty())?).ok()
}

/// The cluster of a service, task or container instance.
pub(crate) fn cluster_arn(of: &str) -> String {
    let name = arn::cluster_of(of).unwrap_or("default");
    let head: Vec<&str> = of.splitn(6, ':').take(5).collect();
    format!("{}:cluster/{name}", head.join(":"))
}
