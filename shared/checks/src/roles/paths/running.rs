//! Something that runs under a role which the source passes.

use std::collections::BTreeSet;

use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::Met;
use wallwalk_model::arn;

use super::{EC2, ECS, ECS_TASKS, MOST, Part, Walk, Walker, Way};

const STARTS: &[&str] = &["ecs:RunTask", "ecs:StartTask"];

/// Calls of which each path of this kind takes one.
const CALLS: &[&str] = &[
    "ecs:RunTask",
    "ecs:StartTask",
    "ecs:CreateService",
    "ecs:UpdateService",
    "ecs:CreateTaskSet",
    "ecs:CreateExpressGatewayService",
    "ecs:UpdateExpressGatewayService",
    "ecs:CreateDaemon",
    "ecs:UpdateDaemon",
    "ecs:CreateCapacityProvider",
    "ecs:UpdateCapacityProvider",
    "ecs:CreateGateway",
    "ecs:UpdateGateway",
];

impl Walker<'_, '_> {
    pub(super) fn running(&self, walk: &mut Walk) {
        if !self.may("iam:PassRole") || !self.may_any(CALLS) {
            return;
        }
        if let Some(gap) = self.estate.unseen_definition() {
            walk.hidden.insert(Part::Running, gap.clone());
        }
        let ways = self.ways_to_run();
        let mut noted = 0;
        for (role, passed) in self.passable(ECS_TASKS) {
            let gained = ways.iter().map(|way| self.push(walk, way, &role, std::slice::from_ref(&passed))).filter(|gained| *gained).count();
            noted += usize::from(gained > 0);
            if noted >= MOST {
                break;
            }
        }
        self.rerun(walk);
        self.instances(walk);
        self.helpers(walk);
    }

    /// Ways to run something of the source's making under a passed task role.
    fn ways_to_run(&self) -> Vec<Way> {
        let mut ways = Vec::new();
        ways.extend(self.new_task());
        ways.extend(self.updated_service());
        ways.extend(self.new_task_set());
        ways.extend(self.started().map(|run| Way::new("ecs-override", "a task with another role and command", vec![run])));
        ways.extend(self.express());
        ways.extend(self.daemon());
        ways
    }

    /// Definitions that the source may make: revisions to come of the families that its policies name.
    fn new_definitions(&self) -> BTreeSet<String> {
        let place = &self.estate.snapshot.place;
        let head = format!("arn:{}:ecs:{}:{}:task-definition/", place.partition, place.region, place.account);
        let calls = ["ecs:RegisterTaskDefinition", "ecs:RunTask", "ecs:StartTask"];
        let named = calls.into_iter().flat_map(|action| self.estate.web.named_by(self.source, action));
        let families = named.filter_map(|arn| arn.strip_prefix(&head).map(|name| arn::family_and_revision(name).0.to_owned()));
        let families: BTreeSet<String> = families.filter(|family| !family.is_empty()).take(MOST).collect();
        let next = |family: &String| {
            let latest = self.estate.snapshot.families.get(family).and_then(|reading| reading.value()?.latest_active.as_deref());
            let number = latest.and_then(|arn| arn::family_and_revision(arn).1).unwrap_or(0);
            format!("{head}{family}:{}", number + 1)
        };
        families.iter().map(next).chain([format!("{head}a-new-family:1")]).collect()
    }

    /// The surest pair of a new definition and a call that runs it. `depends`: whether the call's answer
    /// hangs on the definition.
    fn with_new_definition(&self, depends: bool, run: impl Fn(&str) -> Option<Met>) -> Option<Vec<Met>> {
        if !self.may("ecs:RegisterTaskDefinition") {
            return None;
        }
        let definitions = self.new_definitions();
        let once = if depends { None } else { Some(run(definitions.first()?)?) };
        let mut best: Option<(Answer, Vec<Met>)> = None;
        for definition in &definitions {
            let registered = self.call("ecs:RegisterTaskDefinition", definition, &[]);
            if registered.answer == Answer::Never {
                continue;
            }
            let Some(run) = once.clone().or_else(|| run(definition)) else { continue };
            let answer = registered.answer.min(run.answer);
            if answer > best.as_ref().map_or(Answer::Never, |(answer, _)| *answer) {
                best = Some((answer, vec![registered, run]));
            }
            if answer == Answer::Surely {
                break;
            }
        }
        best.map(|(_, calls)| calls)
    }

    fn new_task(&self) -> Option<Way> {
        let calls = self.with_new_definition(true, |definition| {
            let started = STARTS.iter().filter_map(|action| self.start(action, definition));
            Self::surest(started.chain(self.created_service(definition)))
        });
        calls.map(|calls| Way::new("ecs-new-task", "a task of its own making", calls))
    }

    fn updated_service(&self) -> Option<Way> {
        let action = "ecs:UpdateService";
        if !self.may(action) {
            return None;
        }
        let calls = self.with_new_definition(self.asked.contains("ecs:task-definition"), |definition| {
            Self::surest(self.services().map(|(service, _)| self.on_service(action, service, service, definition)))
        });
        calls.map(|calls| Way::new("ecs-update-service", "a service that runs a definition of its own making", calls))
    }

    /// Task sets exist only where the deployment controller is not ECS.
    fn new_task_set(&self) -> Option<Way> {
        let action = "ecs:CreateTaskSet";
        if !self.may(action) {
            return None;
        }
        let foreign =
            || self.services().filter(|(_, known)| known.is_some_and(|one| !one.task_sets.is_empty() || one.task_definition.is_none()));
        let calls = self.with_new_definition(self.asked.contains("ecs:task-definition"), |definition| {
            Self::surest(foreign().map(|(service, _)| self.on_service(action, &task_set_of(service), service, definition)))
        });
        calls.map(|calls| Way::new("ecs-create-task-set", "a task set of its own making", calls))
    }

    /// A call about a service, or its task set, and a definition.
    fn on_service(&self, action: &'static str, object: &str, service: &str, definition: &str) -> Met {
        let cluster = super::cluster_arn(service);
        self.with_revision(definition, |definition| {
            self.call(action, object, &[("ecs:cluster", &cluster), ("ecs:service", service), ("ecs:task-definition", definition)])
        })
    }

    /// A new service of a definition, in the cluster that suits best.
    fn created_service(&self, definition: &str) -> Option<Met> {
        let action = "ecs:CreateService";
        if !self.may(action) {
            return None;
        }
        let named = self.estate.web.named_by(self.source, action);
        let in_clusters = self.estate.snapshot.clusters().flat_map(|(cluster, _)| {
            let own = cluster.replacen(":cluster/", ":service/", 1);
            let of_policy = named.iter().filter(|one| one.starts_with(&format!("{own}/"))).cloned();
            of_policy.chain([format!("{own}/a-new-service")]).collect::<Vec<_>>()
        });
        Self::surest(in_clusters.map(|service| self.on_service(action, &service, &service, definition)))
    }

    /// A call that starts a definition, in the cluster that suits best.
    fn start(&self, action: &'static str, definition: &str) -> Option<Met> {
        if !self.may(action) {
            return None;
        }
        let in_cluster =
            |cluster: &str| self.with_revision(definition, |definition| self.call(action, definition, &[("ecs:cluster", cluster)]));
        // The answer is the same in every cluster if nothing asks which one it is.
        let most = if self.asked.contains("ecs:cluster") { usize::MAX } else { 1 };
        let clusters = self.estate.snapshot.clusters().take(most);
        let made = || {
            let created = self.any_of(&["ecs:CreateCluster"])?;
            let run = in_cluster(&created.resource);
            Some(Met { answer: run.answer.min(created.answer), ..run }).filter(|run| run.answer > Answer::Never)
        };
        // Without a cluster there is nowhere to run it, unless one can be made.
        Self::surest(clusters.map(|(cluster, _)| in_cluster(cluster))).or_else(made)
    }

    /// Calls are authorised on the revision. Policies that name the family alone are from before that,
    /// and AWS's notice of the change leaves open whether any is still honoured.
    fn with_revision(&self, definition: &str, call: impl Fn(&str) -> Met) -> Met {
        let met = call(definition);
        let family = || definition.rsplit_once(':').map(|(family, _)| call(family));
        match met.answer {
            Answer::Never => family().map(|old| Met { answer: old.answer.min(Answer::Possibly), ..old }).unwrap_or(met),
            _ => met,
        }
    }

    /// Starting a task of some existing definition.
    fn started(&self) -> Option<Met> {
        Self::surest(self.definitions().flat_map(|definition| STARTS.iter().filter_map(|action| self.start(action, definition))))
    }

    fn definitions(&self) -> impl Iterator<Item = &str> {
        let known = self.estate.snapshot.task_definitions();
        known.filter(|(_, reading)| reading.value().is_none_or(|one| one.status.as_deref() != Some("INACTIVE"))).map(|(arn, _)| arn)
    }

    /// An Express service takes a task role, an execution role, and one by which ECS makes its infrastructure.
    fn express(&self) -> Option<Way> {
        let what = "an Express service";
        let updated = self.any_of(&["ecs:UpdateExpressGatewayService"]).map(|met| Way::new("ecs-express", what, vec![met]));
        let created = self.any_of(&["ecs:CreateExpressGatewayService"]).map(|met| match self.passable(ECS).into_iter().next() {
            Some((_, infrastructure)) => Way::new("ecs-express", what, vec![infrastructure, met]),
            // What else it takes there is not documented well enough to rule it out.
            None => Way::new("ecs-express", what, vec![met]).at_most(Answer::Possibly),
        });
        // Whether there is such a service already is not known.
        let updated = updated.map(|way| way.at_most(Answer::Possibly));
        created.into_iter().chain(updated).max_by_key(Way::answer)
    }

    /// A daemon runs on the instances of providers of Managed Instances.
    fn daemon(&self) -> Option<Way> {
        let providers = &self.estate.snapshot.capacity_providers;
        let managed = providers.values().filter_map(|reading| reading.value()).any(|one| one.managed_instances_provider.is_some());
        let unread = providers.values().any(|reading| reading.unread().is_some());
        let definition = self.any_of(&["ecs:RegisterDaemonTaskDefinition"])?;
        let run = self.any_of(&["ecs:CreateDaemon", "ecs:UpdateDaemon"])?;
        let way = Way::new("ecs-daemon", "a daemon on every managed instance", vec![definition, run]);
        match (managed, unread) {
            (true, _) => Some(way),
            (false, true) => Some(way.at_most(Answer::Possibly)),
            (false, false) => None,
        }
    }

    /// Running, or switching to, a definition with its own roles.
    fn rerun(&self, walk: &mut Walk) {
        let services: Vec<_> = self.services().filter_map(|(arn, known)| Some((arn, known?.task_definition.as_deref()?))).collect();
        let (starts, updates) = (self.may_any(STARTS), self.may("ecs:UpdateService"));
        if !starts && !updates {
            return;
        }
        for definition in self.definitions() {
            let Some(known) = self.estate.snapshot.task_definitions.get(definition).and_then(|reading| reading.value()) else { continue };
            let Some(role) = self.role(known.task_role_arn.as_deref()).filter(|role| **role != *self.source.arn) else { continue };
            let both = [Some(role.clone()), self.role(known.execution_role_arn.as_deref())];
            let own: Vec<Met> = both.into_iter().flatten().map(|role| self.pass(&role, ECS_TASKS)).collect();
            if own.iter().any(|met| met.answer == Answer::Never) || self.estate.web.gain(&role, &self.source.arn).is_none() {
                continue;
            }
            let label = arn::last_segment(definition);
            if let Some(run) = Self::surest(STARTS.iter().filter_map(|action| self.start(action, definition))) {
                let way = Way::new("ecs-rerun", format!("a task of {label} with another command"), vec![run]);
                self.push(walk, &way, &role, &own);
            }
            if !updates {
                continue;
            }
            let family = arn::family_and_revision(definition).0;
            let elsewhere = services.iter().filter(|(_, runs)| *runs != definition && arn::family_and_revision(runs).0 == family);
            let switched = elsewhere.map(|(service, _)| self.on_service("ecs:UpdateService", service, service, definition));
            if let Some(switched) = Self::surest(switched) {
                let way = Way::new("ecs-switch-revision", format!("a service switched to {label}"), vec![switched]);
                self.push(walk, &way, &role, &own);
            }
        }
    }

    /// Managed instances under an instance role, made by an infrastructure role.
    fn instances(&self, walk: &mut Walk) {
        let Some(provider) = self.any_of(&["ecs:CreateCapacityProvider", "ecs:UpdateCapacityProvider"]) else { return };
        let Some((_, infrastructure)) = self.passable(ECS).into_iter().max_by_key(|(_, met)| met.answer) else { return };
        let way = Way::new("ecs-managed-instances", "managed instances of its own making", vec![infrastructure, provider]);
        let roles = self.passable(EC2).into_iter().filter(|(role, _)| self.has_profile(role));
        let noted = roles.filter(|(role, own)| self.push(walk, &way, role, std::slice::from_ref(own)));
        noted.take(MOST).for_each(drop);
    }

    /// An instance takes a role by an instance profile that holds it.
    fn has_profile(&self, role: &str) -> bool {
        let known = self.estate.snapshot.roles.get(arn::role_name(role)).and_then(|reading| reading.value());
        known.is_some_and(|role| !role.instance_profile_list.is_empty())
    }

    /// Roles that ECS itself uses on a service's behalf: what they are good for is all that can be made of them.
    fn helpers(&self, walk: &mut Walk) {
        let gateway = self.any_of(&["ecs:CreateGateway", "ecs:UpdateGateway"]);
        let helped = self.any_of(&["ecs:CreateService", "ecs:UpdateService", "ecs:RunTask"]);
        let ways = [
            ("ecs-gateway", "a gateway under that role", gateway),
            ("ecs-helper-roles", "a service that ECS helps under that role", helped),
        ];
        let ways: Vec<Way> =
            ways.into_iter().filter_map(|(path, what, call)| Some(Way::new(path, what, vec![call?]).at_most(Answer::Possibly))).collect();
        if ways.is_empty() {
            return;
        }
        for (role, passed) in self.passable(ECS).iter().take(MOST) {
            for way in &ways {
                self.push(walk, way, role, std::slice::from_ref(passed));
            }
        }
    }
}

/// The ARN of a task set of a service; the identifier is made by AWS.
fn task_set_of(service: &str) -> String {
    format!("{}/ecs-svc/1", service.replacen(":service/", ":task-set/", 1))
}
