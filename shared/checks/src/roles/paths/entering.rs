//! Shells in running tasks.

use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::Met;
use wallwalk_model::{arn, ecs};

use super::super::named::{Nameable, Named};
use super::{Part, Walk, Walker, Way};
use crate::estate::Estate;

/// Calls of the session channel that ECS Exec needs of the task role.
pub const SESSION_ACTIONS: &[&str] =
    &["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"];

/// A running task that has a task role.
#[derive(Debug)]
pub(crate) struct Running {
    /// ARN.
    task: String,
    /// ARN of the role.
    role: String,
}

/// Every task that may be entered.
pub(crate) fn running_tasks(estate: &Estate<'_>) -> Nameable<Running> {
    let tasks = estate.snapshot.tasks().filter_map(|(arn, reading)| Some((arn, reading.value()?)));
    let running = tasks.filter(|(_, task)| task.last_status.as_deref() != Some("STOPPED"));
    let all = running.filter_map(|(arn, task)| Some(Running { task: arn.to_owned(), role: super::role_of(estate, task)? }));
    Nameable::new(all.collect(), |one| without_cluster(&one.task).into_iter().chain([one.task.clone()]).collect())
}

/// A task's ARN in the form without its cluster.
fn without_cluster(task_arn: &str) -> Option<String> {
    let (head, name) = task_arn.split_once(":task/")?;
    Some(format!("{head}:task/{}", arn::last_segment(name)))
}

impl Walker<'_, '_> {
    pub(super) fn entering(&self, walk: &mut Walk) {
        let (executes, connects) = (self.may("ecs:ExecuteCommand"), self.may("ssm:StartSession"));
        if !executes && !connects {
            return;
        }
        let switches = executes && self.may("ecs:UpdateService");
        if let Some(gap) = self.estate.unseen.clone() {
            walk.hidden.insert(Part::Entering, gap);
        }
        let named = Named::of(self.estate.web.bounds(&self.source.arn), &["ecs:ExecuteCommand", "ssm:StartSession"]);
        for Running { task: task_arn, role } in self.estate.running_tasks().named(&named) {
            let Some(task) = self.estate.snapshot.tasks.get(task_arn).and_then(|reading| reading.value()) else { continue };
            if **role == *self.source.arn {
                continue;
            }
            let label = format!("a shell in task {}", arn::last_segment(task_arn));
            if task.enable_execute_command == Some(true) {
                if executes {
                    self.push(walk, &Way::new("ecs-exec", label.clone(), self.execute(task_arn, task)), role, &[]);
                }
                if connects {
                    self.push(walk, &Way::new("ecs-session", label, self.session(task_arn)), role, &[]);
                }
            } else if switches && let Some(service) = service_of(task_arn, task) {
                let cluster = super::cluster_arn(task_arn);
                let bind = [("ecs:cluster", cluster.as_str()), ("ecs:service", &service), ("ecs:enable-execute-command", "true")];
                let mut calls = vec![self.call("ecs:UpdateService", &service, &bind)];
                calls.extend(self.execute(task_arn, task));
                let way = Way::new("ecs-enable-exec", format!("{label}, once ECS Exec is switched on"), calls);
                self.push(walk, &way.at_most(self.holds_session_actions(role)), role, &[]);
            }
        }
    }

    /// The call needs the cluster and the task. The container is the caller's choice.
    fn execute(&self, task_arn: &str, task: &ecs::Task) -> Vec<Met> {
        let cluster = super::cluster_arn(task_arn);
        let names: Vec<&str> = task.containers.iter().map(|container| container.name.as_str()).collect();
        let choices: Vec<Option<&str>> = if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() };
        let both = |name: Option<&str>| {
            let bind: Vec<(&'static str, &str)> = [("ecs:cluster", Some(cluster.as_str())), ("ecs:container-name", name)]
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?)))
                .collect();
            vec![self.call("ecs:ExecuteCommand", &cluster, &bind), self.call("ecs:ExecuteCommand", task_arn, &bind)]
        };
        let least = |calls: &Vec<Met>| calls.iter().map(|met| met.answer).min();
        choices.into_iter().map(both).max_by_key(least).unwrap_or_default()
    }

    /// AWS's reference writes tasks without their cluster, real ARNs have it: sure only if both are allowed.
    fn session(&self, task_arn: &str) -> Vec<Met> {
        let short = without_cluster(task_arn);
        let ask = |on: &str| self.call("ssm:StartSession", on, &[]);
        let own = ask(task_arn);
        let Some(other) = short.filter(|short| short != task_arn).map(|short| ask(&short)) else { return vec![own] };
        let (least, most) = if own.answer <= other.answer { (own.answer, other) } else { (other.answer, own) };
        let answer = if least == most.answer { least } else { most.answer.min(Answer::Possibly) };
        vec![Met { answer, ..most }]
    }

    /// Exec works only where the task role holds the calls of the session channel.
    fn holds_session_actions(&self, role: &str) -> Answer {
        let Some(target) = self.estate.web.account.principals.get(role) else { return Answer::Possibly };
        SESSION_ACTIONS.iter().map(|action| self.estate.web.met(target, action, "*", Vec::new()).answer).min().unwrap_or(Answer::Never)
    }
}

/// The service that a task belongs to.
fn service_of(task_arn: &str, task: &ecs::Task) -> Option<String> {
    let (head, _) = task_arn.split_once(":task/")?;
    let cluster = arn::cluster_of(task_arn).unwrap_or("default");
    Some(format!("{head}:service/{cluster}/{}", task.service_name()?))
}
