//! Clusters and what is in them, capacity providers, families.
//!
//! Answers are taken as JSON and go through the same redaction as files. Task definitions are read
//! elsewhere.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{
    ClusterField, ContainerInstanceField, ServiceField, SortOrder, TaskDefinitionFamilyStatus, TaskDefinitionStatus, TaskField,
};
use serde_json::Value;
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Fact, Gap, GapReason, Key, Reading, Time, arn, ecs};
use wallwalk_secrets::Key as FingerprintKey;

use super::ask::{Miss, odd};
use super::call::Call;
use super::run::{Pages, Pick, Run, batches, each, left_out, list, next, same_name, texts};
use super::trouble::clean;
use crate::redact;

/// How objects of one kind are described.
struct Kind<T> {
    call: Call,
    /// Where the answer holds them.
    field: &'static str,
    read: fn(Value, &FingerprintKey) -> Result<T, String>,
    id: fn(&T) -> &str,
    /// Whether what the answer still shows is no longer there.
    gone: fn(&T) -> bool,
    table: Pick<T>,
}

const CLUSTERS: Kind<ecs::Cluster> = Kind {
    call: Call::DescribeClusters,
    field: "clusters",
    read: redact::cluster,
    id: |cluster| &cluster.cluster_arn,
    gone: |cluster| cluster.status.as_deref() == Some("INACTIVE"),
    table: |snapshot| &mut snapshot.clusters,
};

const SERVICES: Kind<ecs::Service> = Kind {
    call: Call::DescribeServices,
    field: "services",
    read: redact::service,
    id: |service| &service.service_arn,
    gone: |service| service.status.as_deref() == Some("INACTIVE"),
    table: |snapshot| &mut snapshot.services,
};

const TASKS: Kind<ecs::Task> = Kind {
    call: Call::DescribeTasks,
    field: "tasks",
    read: redact::task,
    id: |task| &task.task_arn,
    gone: |_| false,
    table: |snapshot| &mut snapshot.tasks,
};

const INSTANCES: Kind<ecs::ContainerInstance> = Kind {
    call: Call::DescribeContainerInstances,
    field: "containerInstances",
    read: redact::container_instance,
    id: |instance| &instance.container_instance_arn,
    gone: |instance| instance.status.as_deref() == Some("INACTIVE"),
    table: |snapshot| &mut snapshot.container_instances,
};

const PROVIDERS: Kind<ecs::CapacityProvider> = Kind {
    call: Call::DescribeCapacityProviders,
    field: "capacityProviders",
    read: |raw, _| serde_json::from_value(raw).map_err(|_| "a capacity provider does not have the form the API documents".to_owned()),
    id: |provider| &provider.name,
    gone: |provider| provider.status.as_deref() == Some("INACTIVE"),
    table: |snapshot| &mut snapshot.capacity_providers,
};

/// How much of a cluster is described anew.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Everything in it.
    All,
    /// Its tasks, and what was not known before.
    News,
}

impl Run<'_> {
    /// Lists the clusters and describes them, all or those called `only`; gives the ARNs of those that
    /// are not known to be gone.
    pub(super) async fn clusters(&self, only: Option<&BTreeSet<String>>) -> BTreeSet<String> {
        let call = Call::ListClusters;
        let page = async |token: Option<String>, _: Time| {
            let send =
                |tap| self.clients.ecs.list_clusters().max_results(100).set_next_token(token.clone()).customize().interceptor(tap).send();
            let mut answer = self.ask.json(call, send).await?;
            Ok((texts(&mut answer, "clusterArns", call)?, next(&answer, "nextToken")))
        };
        let listed = self.listing(call.name(), call, page).await;
        let wanted: BTreeSet<String> = match only {
            None => listed,
            // What the listing does not show is asked for all the same: it may be incomplete.
            Some(names) => names
                .iter()
                .map(|name| listed.iter().find(|arn| same_name(arn, name)).cloned().unwrap_or_else(|| self.cluster_arn(name)))
                .collect(),
        };
        let unread = wanted.iter().filter(|arn| !self.read_before(&self.known.clusters, arn)).cloned();
        each(batches(unread, 100).into_iter().map(|batch| self.describe_clusters(batch))).await;
        let now = self.now();
        // One that could not be described may be there all the same.
        let gone =
            |arn: &String| now.clusters.get(arn).or_else(|| self.known.clusters.get(arn)).is_some_and(|one| one.fact == Fact::Absent);
        wanted.into_iter().filter(|arn| !gone(arn)).collect()
    }

    async fn describe_clusters(&self, batch: Vec<String>) {
        let at = (self.clock)();
        let include = || vec![ClusterField::Settings, ClusterField::Configurations, ClusterField::Tags];
        let send = |tap| {
            let request = self.clients.ecs.describe_clusters().set_clusters(Some(batch.clone())).set_include(Some(include()));
            request.customize().interceptor(tap).send()
        };
        let answer = self.ask.json(CLUSTERS.call, send).await;
        self.described(&CLUSTERS, batch.iter().map(|arn| (arn.clone(), arn.clone())).collect(), at, answer);
    }

    /// Everything in a cluster: services, tasks, container instances.
    pub(super) async fn cluster_members(&self, cluster: &str, depth: Depth) {
        tokio::join!(
            async {
                let ids = self.list_services(cluster).await;
                let known = |id: &String| depth == Depth::News && self.known.services.get(id).is_some_and(|one| one.value().is_some());
                self.services(cluster, ids.into_iter().filter(|id| !known(id))).await;
            },
            async {
                let ids = self.list_tasks(cluster).await;
                self.tasks(cluster, ids).await;
            },
            self.container_instances(cluster, depth),
        );
    }

    async fn list_services(&self, cluster: &str) -> BTreeSet<String> {
        let call = Call::ListServices;
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.ecs.list_services().cluster(cluster).max_results(100).set_next_token(token.clone());
                request.customize().interceptor(tap).send()
            };
            let Some(mut answer) = unless_gone(self.ask.json(call, send).await)? else { return Ok((Vec::new(), None)) };
            Ok((texts(&mut answer, "serviceArns", call)?, next(&answer, "nextToken")))
        };
        self.listing(listing::services(cluster), call, page).await
    }

    async fn list_tasks(&self, cluster: &str) -> BTreeSet<String> {
        let call = Call::ListTasks;
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.ecs.list_tasks().cluster(cluster).max_results(100).set_next_token(token.clone());
                request.customize().interceptor(tap).send()
            };
            let Some(mut answer) = unless_gone(self.ask.json(call, send).await)? else { return Ok((Vec::new(), None)) };
            Ok((texts(&mut answer, "taskArns", call)?, next(&answer, "nextToken")))
        };
        self.listing(listing::tasks(cluster), call, page).await
    }

    /// Lists the container instances of a cluster and describes them.
    pub(super) async fn container_instances(&self, cluster: &str, depth: Depth) {
        let call = Call::ListContainerInstances;
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.ecs.list_container_instances().cluster(cluster).max_results(100).set_next_token(token.clone());
                request.customize().interceptor(tap).send()
            };
            let Some(mut answer) = unless_gone(self.ask.json(call, send).await)? else { return Ok((Vec::new(), None)) };
            Ok((texts(&mut answer, "containerInstanceArns", call)?, next(&answer, "nextToken")))
        };
        let ids = self.listing(listing::container_instances(cluster), call, page).await;
        let known = &self.known.container_instances;
        let unread = ids.into_iter().filter(|id| {
            let enough = depth == Depth::News && known.get(id).is_some_and(|one| one.value().is_some());
            !enough && !self.read_before(known, id)
        });
        each(batches(unread, 100).into_iter().map(async |batch: Vec<String>| {
            let at = (self.clock)();
            let send = |tap| {
                let request = self.clients.ecs.describe_container_instances().cluster(cluster).set_container_instances(Some(batch.clone()));
                request.include(ContainerInstanceField::Tags).customize().interceptor(tap).send()
            };
            let answer = self.ask.json(INSTANCES.call, send).await;
            let asked = batch.iter().map(|id| (id.clone(), self.long_arn("container-instance", cluster, id))).collect();
            self.described(&INSTANCES, asked, at, answer);
        }))
        .await;
    }

    /// Describes services, by ARN or name.
    pub(super) async fn services(&self, cluster: &str, ids: impl IntoIterator<Item = String>) {
        let unread = ids.into_iter().filter(|id| !self.read_before(&self.known.services, id));
        each(batches(unread, 10).into_iter().map(async |batch: Vec<String>| {
            let at = (self.clock)();
            let send = |tap| {
                let request = self.clients.ecs.describe_services().cluster(cluster).set_services(Some(batch.clone()));
                request.include(ServiceField::Tags).customize().interceptor(tap).send()
            };
            let answer = self.ask.json(SERVICES.call, send).await;
            let asked = batch.iter().map(|id| (id.clone(), self.long_arn("service", cluster, id))).collect();
            self.described(&SERVICES, asked, at, answer);
        }))
        .await;
    }

    /// Describes tasks, by ARN.
    pub(super) async fn tasks(&self, cluster: &str, ids: impl IntoIterator<Item = String>) {
        let unread = ids.into_iter().filter(|id| !self.read_before(&self.known.tasks, id));
        each(batches(unread, 100).into_iter().map(async |batch: Vec<String>| {
            let at = (self.clock)();
            let send = |tap| {
                let request = self.clients.ecs.describe_tasks().cluster(cluster).set_tasks(Some(batch.clone()));
                request.include(TaskField::Tags).customize().interceptor(tap).send()
            };
            let answer = self.ask.json(TASKS.call, send).await;
            let asked = batch.iter().map(|id| (id.clone(), self.long_arn("task", cluster, id))).collect();
            self.described(&TASKS, asked, at, answer);
        }))
        .await;
    }

    /// Reads which tasks a service has now, and describes them. Its earlier ones are gone.
    pub(super) async fn tasks_of_service(&self, cluster: &str, service: &str) {
        let call = Call::ListTasks;
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.ecs.list_tasks().cluster(cluster).service_name(service).max_results(100);
                request.set_next_token(token.clone()).customize().interceptor(tap).send()
            };
            let Some(mut answer) = unless_gone(self.ask.json(call, send).await)? else { return Ok((Vec::new(), None)) };
            Ok((texts(&mut answer, "taskArns", call)?, next(&answer, "nextToken")))
        };
        let Pages { at, ids, miss } = self.pages(call, page).await;
        match &miss {
            None => {
                let earlier: Vec<(&String, &ecs::Task)> = self
                    .known
                    .tasks
                    .iter()
                    .filter_map(|(id, reading)| Some((id, reading.value()?)))
                    .filter(|(id, task)| {
                        !ids.contains(*id) && task.service_name() == Some(service) && arn::last_segment(&task.cluster_arn) == cluster
                    })
                    .collect();
                // What a task leaves behind goes with it.
                self.want(earlier.iter().flat_map(|(_, task)| task.network_interface_ids()).map(|id| Key::NetworkInterface(id.to_owned())));
                for (id, _) in earlier {
                    self.put(TASKS.table, id.clone(), Reading::absent(at));
                }
            }
            // There is no listing of one service's tasks: the cluster's is incomplete.
            Some(Miss::Refused(refusal)) => self.now().listing_failed(listing::tasks(cluster), at, refusal.gap()),
            Some(Miss::Stopped) => {}
        }
        self.tasks(cluster, ids).await;
    }

    /// Lists every capacity provider.
    pub(super) async fn capacity_providers(&self) {
        let call = PROVIDERS.call;
        let page = async |token: Option<String>, at: Time| {
            let send =
                |tap| self.clients.ecs.describe_capacity_providers().set_next_token(token.clone()).customize().interceptor(tap).send();
            let mut answer = self.ask.json(call, send).await?;
            let token = next(&answer, "nextToken");
            let mut ids = Vec::new();
            for raw in list(&mut answer, PROVIDERS.field, call)? {
                // What does not have its form would be an absence if it were left out.
                let provider = (PROVIDERS.read)(raw, self.key).map_err(|problem| odd(call, problem))?;
                if !(PROVIDERS.gone)(&provider) {
                    ids.push(provider.name.clone());
                    self.put(PROVIDERS.table, provider.name.clone(), Reading::known(at, provider));
                }
            }
            Ok((ids, token))
        };
        self.listing(call.name(), call, page).await;
    }

    /// Describes capacity providers by name.
    pub(super) async fn capacity_providers_named(&self, names: BTreeSet<String>) {
        each(batches(names, 100).into_iter().map(async |batch: Vec<String>| {
            let at = (self.clock)();
            let send = |tap| {
                let request = self.clients.ecs.describe_capacity_providers().set_capacity_providers(Some(batch.clone()));
                request.customize().interceptor(tap).send()
            };
            let answer = self.ask.json(PROVIDERS.call, send).await;
            self.described(&PROVIDERS, batch.iter().map(|name| (name.clone(), name.clone())).collect(), at, answer);
        }))
        .await;
    }

    /// Lists the families that have an active revision.
    pub(super) async fn list_families(&self) -> BTreeSet<String> {
        let call = Call::ListTaskDefinitionFamilies;
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.ecs.list_task_definition_families().status(TaskDefinitionFamilyStatus::Active).max_results(100);
                request.set_next_token(token.clone()).customize().interceptor(tap).send()
            };
            let mut answer = self.ask.json(call, send).await?;
            Ok((texts(&mut answer, "families", call)?, next(&answer, "nextToken")))
        };
        self.listing(call.name(), call, page).await
    }

    /// Reads the latest active revision of a family.
    pub(super) async fn family(&self, family: String) {
        if self.read_before(&self.known.families, &family) {
            return;
        }
        let call = Call::ListTaskDefinitions;
        let at = (self.clock)();
        let mut token: Option<String> = None;
        // One question is enough where the service matches the whole name and sorts, as AWS does.
        for _ in 0..100_u8 {
            let send = |tap| {
                let request = self.clients.ecs.list_task_definitions().family_prefix(&family).status(TaskDefinitionStatus::Active);
                request.sort(SortOrder::Desc).max_results(1).set_next_token(token.clone()).customize().interceptor(tap).send()
            };
            let mut answer = match self.ask.json(call, send).await {
                Ok(answer) => answer,
                Err(Miss::Refused(refusal)) => return self.put(|now| &mut now.families, family, Reading::gap(at, refusal.gap())),
                Err(Miss::Stopped) => return,
            };
            let Ok(arns) = texts(&mut answer, "taskDefinitionArns", call) else { break };
            let own = arns.into_iter().filter(|arn| arn::family_and_revision(arn).0 == family);
            if let Some(latest) = own.max_by_key(|arn| arn::family_and_revision(arn).1) {
                let object = ecs::Family { family: family.clone(), latest_active: Some(latest) };
                return self.put(|now| &mut now.families, family, Reading::known(at, object));
            }
            token = next(&answer, "nextToken").filter(|token| !token.is_empty());
            if token.is_none() {
                return self.put(|now| &mut now.families, family, Reading::absent(at));
            }
        }
        self.put(|now| &mut now.families, family, Reading::gap(at, left_out(call)));
    }

    /// `id` if it is an ARN, else the ARN it stands for.
    fn long_arn(&self, kind: &str, cluster: &str, id: &str) -> String {
        if id.starts_with("arn:") { id.to_owned() } else { self.ecs_arn(kind, cluster, id) }
    }

    /// Records the answer to a question about objects: each with what was asked for and the key it
    /// stands under if it is not there.
    fn described<T>(&self, kind: &Kind<T>, mut asked: Vec<(String, String)>, at: Time, answer: Result<Value, Miss>) {
        let objects = match unless_gone(answer) {
            Ok(Some(mut answer)) => list(&mut answer, kind.field, kind.call).map(|objects| (objects, answer)),
            Ok(None) => return asked.into_iter().for_each(|(_, key)| self.put(kind.table, key, Reading::absent(at))),
            Err(miss) => Err(miss),
        };
        let (objects, mut answer) = match objects {
            Ok(read) => read,
            Err(Miss::Refused(refusal)) => {
                return asked.into_iter().for_each(|(_, key)| self.put(kind.table, key, Reading::gap(at, refusal.gap())));
            }
            Err(Miss::Stopped) => return,
        };
        for raw in objects {
            let Ok(object) = (kind.read)(raw, self.key) else { continue };
            let id = (kind.id)(&object).to_owned();
            asked.retain(|(one, _)| !same_name(one, &id));
            let reading = if (kind.gone)(&object) { Reading::absent(at) } else { Reading::known(at, object) };
            self.put(kind.table, id, reading);
        }
        for failure in list(&mut answer, "failures", kind.call).unwrap_or_default() {
            let text = |name: &str| failure.get(name).and_then(Value::as_str).unwrap_or_default();
            let Some(at_place) = asked.iter().position(|(one, _)| same_name(one, text("arn"))) else { continue };
            let (_, key) = asked.swap_remove(at_place);
            let reading = match text("reason") {
                "MISSING" => Reading::absent(at),
                reason => Reading::gap(at, Gap::new(kind.call.name(), GapReason::Failed, clean(reason))),
            };
            self.put(kind.table, key, reading);
        }
        for (_, key) in asked {
            self.put(kind.table, key, Reading::gap(at, left_out(kind.call)));
        }
    }
}

/// `None` if the service says that the cluster or service asked about is gone, which settles every
/// question about what was in it.
fn unless_gone(answer: Result<Value, Miss>) -> Result<Option<Value>, Miss> {
    match answer {
        Err(Miss::Refused(refusal))
            if refusal.is(&["ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"]) =>
        {
            Ok(None)
        }
        Err(miss) => Err(miss),
        Ok(answer) => Ok(Some(answer)),
    }
}
