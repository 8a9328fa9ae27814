//! Posing as the agent of an instance, or as an instance: the service hands its agent the credentials
//! of every task there.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::Met;
use wallwalk_model::arn;

use super::{Part, Walk, Walker, Way};
use crate::estate::Launch;

impl Walker<'_, '_> {
    pub(super) fn posing(&self, walk: &mut Walk) {
        if !self.may("ecs:Poll") || !self.may("ecs:DiscoverPollEndpoint") {
            return;
        }
        if let Some(gap) = self.estate.unseen.clone() {
            walk.hidden.insert(Part::Posing, gap);
        }
        let discovered = self.call("ecs:DiscoverPollEndpoint", "*", &[]);
        let mut by_host: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (_, reading) in self.estate.snapshot.tasks() {
            let Some(task) = reading.value() else { continue };
            if let Some(host) = task.container_instance_arn.as_deref() {
                by_host.entry(host).or_default().extend(self.role_of(task).into_iter().chain(self.execution_role_of(task)));
            }
        }
        for (host, roles) in by_host {
            let polled = self.call("ecs:Poll", host, &[("ecs:cluster", &super::cluster_arn(host))]);
            if polled.answer == Answer::Never {
                continue;
            }
            let what = format!("the agent of container instance {}", arn::last_segment(host));
            let way = Way::new("ecs-agent-impersonation", what, vec![discovered.clone(), polled]);
            for role in &roles {
                self.push(walk, &way, role, &[]);
            }
        }
        self.rogue(&discovered, walk);
    }

    /// An instance of one's own in a cluster receives what is placed there.
    fn rogue(&self, discovered: &Met, walk: &mut Walk) {
        if !self.may("ecs:RegisterContainerInstance") {
            return;
        }
        let estate = self.estate;
        let mut by_cluster: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for workload in estate.workloads.iter().filter(|workload| !workload.latent) {
            let Some(cluster) = workload.cluster else { continue };
            let on_hosts = workload.revisions.iter().filter(|revision| revision.launch == Ok(Launch::Ec2));
            let roles = on_hosts.flat_map(|revision| [revision.task_role(), revision.execution_role()]);
            by_cluster.entry(cluster).or_default().extend(roles.filter_map(|role| self.role(role)));
        }
        // What is placed where is the scheduler's choice, unless the source may pick.
        let picks = self.may("ecs:StartTask") || self.may("ecs:UpdateContainerInstancesState");
        for (cluster, _) in estate.snapshot.clusters() {
            let Some(roles) = by_cluster.get(arn::last_segment(cluster)) else { continue };
            let registered = self.call("ecs:RegisterContainerInstance", cluster, &[]);
            let own = format!("{}/a-new-instance", cluster.replacen(":cluster/", ":container-instance/", 1));
            let polled = self.call("ecs:Poll", &own, &[("ecs:cluster", cluster)]);
            let what = format!("a container instance of its own in cluster {}", arn::last_segment(cluster));
            let way = Way::new("ecs-rogue-instance", what, vec![registered, discovered.clone(), polled]);
            let way = way.at_most(if picks { Answer::Surely } else { Answer::Possibly });
            if way.answer() > Answer::Never {
                for role in roles {
                    self.push(walk, &way, role, &[]);
                }
            }
        }
    }
}
