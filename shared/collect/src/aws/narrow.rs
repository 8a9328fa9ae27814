//! Reads what keys name, and everything.
//!
//! Lists are read again where their membership may have changed, details otherwise. What a narrow
//! reading asks for and does not find is absent; what it could not ask is a gap. After any change
//! that an event announces, what was known merged with a narrow reading says what a full one would.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::{Key, Reading, Table, arn};

use super::ec2::Which;
use super::ecs::Depth;
use super::run::{Pending, Run, batches, each};

/// Rounds of following references; a chain from a service to an entry of a prefix list has six.
const MOST_ROUNDS: usize = 16;

/// Keys by what they are keys of.
#[derive(Default)]
struct Sorted {
    services: BTreeMap<String, BTreeSet<String>>,
    clusters: BTreeSet<String>,
    families: BTreeSet<String>,
    hosts: BTreeSet<String>,
    providers: BTreeSet<String>,
    roles: BTreeSet<String>,
    policies: BTreeSet<String>,
    profiles: BTreeSet<String>,
    groups: BTreeSet<String>,
    interfaces: BTreeSet<String>,
    instances: BTreeSet<String>,
    subnets: BTreeSet<String>,
    tables: BTreeSet<String>,
    acls: BTreeSet<String>,
    vpcs: BTreeSet<String>,
    lists: BTreeSet<String>,
    endpoints: BTreeSet<String>,
    secrets: BTreeSet<String>,
    parameters: BTreeSet<String>,
    kms_keys: BTreeSet<String>,
    repositories: BTreeSet<String>,
    balancers: BTreeSet<String>,
    target_groups: BTreeSet<String>,
}

impl Sorted {
    fn new(keys: BTreeSet<Key>) -> Self {
        let mut sorted = Self::default();
        for key in keys {
            let (set, id) = match key {
                // Nothing of these is read.
                Key::Account | Key::Registry | Key::Settings => continue,
                Key::Service(id) => {
                    if let Some((cluster, service)) = id.split_once('/') {
                        sorted.services.entry(cluster.to_owned()).or_default().insert(service.to_owned());
                    }
                    continue;
                }
                Key::Cluster(id) => (&mut sorted.clusters, id),
                Key::Family(id) => (&mut sorted.families, id),
                Key::ContainerInstances(id) => (&mut sorted.hosts, id),
                Key::CapacityProvider(id) => (&mut sorted.providers, id),
                Key::Role(id) => (&mut sorted.roles, id),
                Key::Policy(id) => (&mut sorted.policies, id),
                Key::InstanceProfile(id) => (&mut sorted.profiles, id),
                Key::SecurityGroup(id) => (&mut sorted.groups, id),
                Key::NetworkInterface(id) => (&mut sorted.interfaces, id),
                Key::Instance(id) => (&mut sorted.instances, id),
                Key::Subnet(id) => (&mut sorted.subnets, id),
                Key::RouteTable(id) => (&mut sorted.tables, id),
                Key::NetworkAcl(id) => (&mut sorted.acls, id),
                Key::Vpc(id) => (&mut sorted.vpcs, id),
                Key::PrefixList(id) => (&mut sorted.lists, id),
                Key::VpcEndpoint(id) => (&mut sorted.endpoints, id),
                Key::Secret(id) => (&mut sorted.secrets, id),
                Key::Parameter(id) => (&mut sorted.parameters, id),
                Key::KmsKey(id) => (&mut sorted.kms_keys, id),
                Key::Repository(id) => (&mut sorted.repositories, id),
                Key::LoadBalancer(id) => (&mut sorted.balancers, id),
                Key::TargetGroup(id) => (&mut sorted.target_groups, id),
            };
            set.insert(id);
        }
        sorted
    }
}

impl Run<'_> {
    /// Everything in the account and Region.
    pub(super) async fn everything(&self) {
        let services = async {
            let (_, families) = tokio::join!(self.all_clusters(), self.list_families());
            each(families.into_iter().map(|family| self.family(family))).await;
            self.definitions(self.definitions_in_use()).await;
        };
        let stores = async { tokio::join!(self.all_secrets(), self.all_parameters()) };
        tokio::join!(services, self.capacity_providers(), self.identities(), self.network(), self.load_balancing(), stores);
        self.follow(BTreeSet::new()).await;
        if self.options.last_accessed {
            self.last_accessed().await;
        }
    }

    async fn all_clusters(&self) {
        let clusters = self.clusters(None).await;
        each(clusters.iter().map(|arn| self.cluster_members(arn::last_segment(arn), Depth::All))).await;
    }

    /// What `keys` make stale, and what that refers to.
    pub(super) async fn narrow(&self, keys: &BTreeSet<Key>) {
        self.follow(keys.iter().flat_map(|key| self.resolved(key)).collect()).await;
    }

    /// The keys that an event's key stands for. Keys of KMS and repositories that nothing leads to are
    /// not read.
    fn resolved(&self, key: &Key) -> BTreeSet<Key> {
        match key {
            Key::Secret(id) => self.secrets_named(id).into_iter().map(Key::Secret).collect(),
            Key::Parameter(name) => self.parameters_named(name).into_iter().map(Key::Parameter).collect(),
            Key::KmsKey(id) => self.keys_named(id).into_iter().map(Key::KmsKey).collect(),
            Key::Repository(name) if !self.uses_repository(name) => BTreeSet::new(),
            other => [other.clone()].into(),
        }
    }

    /// Reads `keys`, then what they refer to, until nothing is left.
    async fn follow(&self, mut keys: BTreeSet<Key>) {
        let mut done = BTreeSet::new();
        for _ in 0..MOST_ROUNDS {
            done.extend(keys.iter().cloned());
            self.read(Sorted::new(std::mem::take(&mut keys))).await;
            self.definitions(self.definitions_in_use()).await;
            keys = self.take_wanted();
            keys.extend(self.unread_references());
            keys.retain(|key| !done.contains(key));
            if keys.is_empty() || self.ask.stops() {
                return;
            }
        }
        tracing::warn!(left = keys.len(), "references are nested too deeply and were not followed to their end");
    }

    async fn read(&self, keys: Sorted) {
        let Sorted { services, clusters, families, hosts, providers, .. } = &keys;
        let containers = async {
            tokio::join!(
                each(services.iter().map(|(cluster, names)| self.read_services(cluster, names))),
                self.read_clusters(clusters),
                each(families.iter().map(|family| self.family(family.clone()))),
                each(hosts.iter().map(|cluster| self.read_hosts(cluster))),
                self.capacity_providers_named(providers.clone()),
            );
        };
        let identities = async {
            let of_profiles = each(keys.profiles.iter().map(|profile| self.roles_in_profile(profile))).await;
            let roles = keys.roles.iter().cloned().chain(of_profiles.into_iter().flatten()).collect();
            tokio::join!(self.roles(roles), self.policies(keys.policies.clone()));
        };
        let stores = async {
            tokio::join!(
                self.secrets(keys.secrets.clone()),
                self.parameters(keys.parameters.clone()),
                self.keys(keys.kms_keys.clone()),
                self.repositories(keys.repositories.clone()),
            );
        };
        let balancers = async {
            each(keys.balancers.iter().map(|arn| self.load_balancer(arn.clone()))).await;
            let unread = keys.target_groups.iter().filter(|arn| !self.now().target_groups.contains_key(*arn));
            self.target_groups(unread.cloned().collect()).await;
        };
        tokio::join!(containers, identities, stores, balancers, self.read_network(&keys));
    }

    async fn read_services(&self, cluster: &str, names: &BTreeSet<String>) {
        // The ARN it is known by, because older ones are not made of the names.
        let known = |name: &String| {
            let same = |(id, reading): &(&String, &Reading<wallwalk_model::ecs::Service>)| {
                let of = reading.value().map(|service| arn::last_segment(&service.cluster_arn)).or_else(|| arn::cluster_of(id));
                arn::last_segment(id) == name && of == Some(cluster)
            };
            self.known.services.iter().find(same).map_or_else(|| name.clone(), |(id, _)| id.clone())
        };
        tokio::join!(self.services(cluster, names.iter().map(known)), each(names.iter().map(|name| self.tasks_of_service(cluster, name))),);
    }

    async fn read_clusters(&self, names: &BTreeSet<String>) {
        if names.is_empty() {
            return;
        }
        let there = self.clusters(Some(names)).await;
        each(there.iter().map(|arn| self.cluster_members(arn::last_segment(arn), Depth::News))).await;
    }

    async fn read_hosts(&self, cluster: &str) {
        self.container_instances(cluster, Depth::All).await;
        let now = self.now();
        let hosts = now.container_instances.iter().filter(|(id, _)| arn::cluster_of(id).is_none_or(|of| of == cluster));
        let instances = hosts.filter_map(|(_, host)| host.value()?.ec2_instance_id.clone()).filter(|id| id.starts_with("i-"));
        self.want(instances.map(Key::Instance));
    }

    async fn read_network(&self, keys: &Sorted) {
        let groups = async {
            tokio::join!(
                self.by_ids(keys.groups.clone(), |which| self.security_groups(which)),
                each(batches(keys.groups.clone(), 200).into_iter().map(|groups| self.rules_of(groups))),
            );
        };
        let lists = async {
            // A full reading has listed them, and needs their entries alone.
            let unread = keys.lists.iter().filter(|id| !self.now().prefix_lists.contains_key(*id)).cloned().collect();
            self.by_ids(unread, |which| self.prefix_lists(which)).await;
            self.prefix_list_entries(keys.lists.clone()).await;
        };
        let placement = async {
            let of_vpcs = self.known_in_vpcs(&self.known.subnets, &keys.vpcs, |subnet| subnet.vpc_id.as_ref());
            tokio::join!(
                self.by_ids(keys.subnets.clone(), |which| self.subnets(which)),
                self.by_ids(keys.vpcs.clone(), |which| self.vpcs(which)),
                self.in_vpcs(&keys.vpcs, of_vpcs, |which| self.subnets(which)),
            );
            self.read_routing(keys).await;
        };
        tokio::join!(
            groups,
            lists,
            placement,
            self.by_ids(keys.interfaces.clone(), |which| self.network_interfaces(which)),
            self.by_ids(keys.instances.clone(), |which| self.instances(which)),
            self.read_endpoints(keys.endpoints.clone()),
        );
    }

    /// The rules of groups. Those that are known and no longer found are gone.
    async fn rules_of(&self, groups: Vec<String>) {
        let own =
            self.known.security_group_rules.iter().filter(|(_, rule)| rule.value().is_some_and(|rule| groups.contains(&rule.group_id)));
        let proves = own.map(|(id, _)| id.clone()).collect();
        self.security_group_rules(Which::By { filter: "group-id", values: groups, proves }).await;
    }

    /// Route tables and network ACLs by id; and all of a VPC that is stale, or one of whose subnets is:
    /// those name the subnets they serve, and a subnet that none names falls to the VPC's own.
    async fn read_routing(&self, keys: &Sorted) {
        let vpcs: BTreeSet<String> = {
            let now = self.now();
            let of = |id: &String| now.subnets.get(id).and_then(Reading::value).or_else(|| self.known.subnets.get(id)?.value());
            let of_subnets = keys.subnets.iter().filter_map(of).filter_map(|subnet| subnet.vpc_id.clone());
            if self.full { BTreeSet::new() } else { of_subnets.chain(keys.vpcs.iter().cloned()).collect() }
        };
        let tables = self.known_in_vpcs(&self.known.route_tables, &vpcs, |table| table.vpc_id.as_ref());
        let acls = self.known_in_vpcs(&self.known.network_acls, &vpcs, |acl| acl.vpc_id.as_ref());
        tokio::join!(
            self.by_ids(keys.tables.difference(&tables).cloned().collect(), |which| self.route_tables(which)),
            self.by_ids(keys.acls.difference(&acls).cloned().collect(), |which| self.network_acls(which)),
            self.in_vpcs(&vpcs, tables.clone(), |which| self.route_tables(which)),
            self.in_vpcs(&vpcs, acls.clone(), |which| self.network_acls(which)),
        );
    }

    fn known_in_vpcs<T>(&self, table: &Table<T>, vpcs: &BTreeSet<String>, vpc: fn(&T) -> Option<&String>) -> BTreeSet<String> {
        let inside = table.iter().filter(|(_, reading)| reading.value().and_then(vpc).is_some_and(|vpc| vpcs.contains(vpc)));
        inside.map(|(id, _)| id.clone()).collect()
    }

    /// A full reading has listed them.
    fn in_vpcs<'f, S>(
        &self,
        vpcs: &BTreeSet<String>,
        proves: BTreeSet<String>,
        read: impl Fn(Which) -> S + Send + 'f,
    ) -> Pending<'f, Vec<()>>
    where
        S: Future<Output = ()> + Send + 'f,
    {
        let vpcs = if self.full { BTreeSet::new() } else { vpcs.clone() };
        let which = move |values| Which::By { filter: "vpc-id", values, proves: proves.clone() };
        each(batches(vpcs, 200).into_iter().map(move |values| read(which(values))))
    }

    /// Endpoints with the routes and interfaces that come and go with them.
    async fn read_endpoints(&self, ids: BTreeSet<String>) {
        self.by_ids(ids.clone(), |which| self.vpc_endpoints(which)).await;
        let now = self.now();
        let both = ids.iter().flat_map(|id| [now.vpc_endpoints.get(id), self.known.vpc_endpoints.get(id)]).flatten();
        let endpoints: Vec<&wallwalk_model::ec2::VpcEndpoint> = both.filter_map(Reading::value).collect();
        let tables = endpoints.iter().flat_map(|one| &one.route_table_ids).cloned().map(Key::RouteTable);
        let interfaces = endpoints.iter().flat_map(|one| &one.network_interface_ids).cloned().map(Key::NetworkInterface);
        self.want(tables.chain(interfaces));
    }
}
