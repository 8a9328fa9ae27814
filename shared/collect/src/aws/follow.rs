//! What the things that were read refer to, and is not read yet.
//!
//! A full reading finds little here but the details of secrets, keys, repositories and the entries of
//! prefix lists: the rest its listings have shown, and what they have not is asked for by name, so that
//! a reference to nothing is a fact. A narrow reading goes on until what it read is as well known as
//! everything else. References of what was known before were followed when it was read.

use std::collections::BTreeSet;

use wallwalk_model::{Fact, Key, Reading, Snapshot, Table, arn, ec2, ecs, iam};

use super::run::Run;
use super::stores::key_of;
use crate::references;

impl Run<'_> {
    /// The revisions that run, are configured, or are the latest of their family, among what was read.
    pub(super) fn definitions_in_use(&self) -> BTreeSet<String> {
        let now = self.now();
        let mut arns = BTreeSet::new();
        for service in now.services.values().filter_map(Reading::value) {
            arns.extend(references::revisions_of(service));
        }
        arns.extend(now.tasks.values().filter_map(Reading::value).map(|task| task.task_definition_arn.clone()));
        arns.extend(now.families.values().filter_map(|family| family.value()?.latest_active.clone()));
        arns.extend(now.task_definitions.keys().cloned());
        if self.full && self.options.since.is_some() {
            // What an earlier part of this reading found counts like what this one did.
            drop(now);
            arns.extend(self.in_use_before());
        }
        arns.retain(|arn| !arn.is_empty());
        arns
    }

    fn in_use_before(&self) -> BTreeSet<String> {
        let mut arns = BTreeSet::new();
        for (_, service) in self.known.services().filter(|(id, _)| self.read_before(&self.known.services, id)) {
            let Some(service) = service.value() else { continue };
            arns.extend(references::revisions_of(service));
        }
        let tasks = self.known.tasks().filter(|(id, _)| self.read_before(&self.known.tasks, id));
        arns.extend(tasks.filter_map(|(_, task)| Some(task.value()?.task_definition_arn.clone())));
        let families = self.known.families().filter(|(id, _)| self.read_before(&self.known.families, id));
        arns.extend(families.filter_map(|(_, family)| family.value()?.latest_active.clone()));
        arns
    }

    /// The keys of what is referred to and not read.
    pub(super) fn unread_references(&self) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        for arn in self.definitions_in_use() {
            self.with_definition(&arn, |definition| self.of_definition(definition, &mut keys));
        }
        {
            let now = self.now();
            now.services.values().filter_map(Reading::value).for_each(|service| of_service(service, &mut keys));
            now.tasks.values().filter_map(Reading::value).for_each(|task| self.of_task(task, &now, &mut keys));
            of_network(&now, &mut keys);
            for cluster in now.clusters.values().filter_map(Reading::value) {
                keys.extend(cluster.capacity_providers.iter().cloned().map(Key::CapacityProvider));
            }
            for role in now.roles.values().filter_map(Reading::value) {
                let boundary = role.permissions_boundary.as_ref().and_then(|boundary| boundary.permissions_boundary_arn.clone());
                let attached = role.attached_managed_policies.iter().map(|policy| policy.policy_arn.clone());
                keys.extend(attached.chain(boundary).filter(|arn| !arn.is_empty()).map(Key::Policy));
            }
            keys.extend(of_users(&now).into_iter().map(Key::Policy));
            keys.extend(self.key_references(&now).into_iter().map(Key::KmsKey));
            if !self.full {
                keys.extend(self.unseen_profiles(&now));
            }
        }
        keys.retain(|key| self.lacks(key));
        keys
    }

    fn of_definition(&self, definition: &ecs::TaskDefinition, keys: &mut BTreeSet<Key>) {
        let roles = [&definition.task_role_arn, &definition.execution_role_arn];
        keys.extend(roles.into_iter().flatten().filter_map(|role| self.own_role(role)).map(Key::Role));
        keys.extend(references::of_definition(definition).into_iter().filter_map(|one| key_of(one, self.place)));
        keys.extend(self.own_repositories(definition).into_iter().map(Key::Repository));
    }

    fn of_task(&self, task: &ecs::Task, now: &Snapshot, keys: &mut BTreeSet<Key>) {
        keys.extend(task.network_interface_ids().map(|id| Key::NetworkInterface(id.to_owned())));
        keys.extend(task.capacity_provider_name.clone().map(Key::CapacityProvider));
        let cluster = arn::last_segment(&task.cluster_arn);
        if !cluster.is_empty() {
            keys.insert(Key::Cluster(cluster.to_owned()));
        }
        if let Some(host) = &task.container_instance_arn
            && !self.known.container_instances.contains_key(host)
            && !now.container_instances.contains_key(host)
        {
            keys.insert(Key::ContainerInstances(cluster.to_owned()));
        }
        if let Some(overrides) = &task.overrides {
            let roles = [&overrides.task_role_arn, &overrides.execution_role_arn];
            keys.extend(roles.into_iter().flatten().filter_map(|role| self.own_role(role)).map(Key::Role));
        }
    }

    /// The instance profiles of instances read now that no known role is in.
    fn unseen_profiles(&self, now: &Snapshot) -> BTreeSet<Key> {
        let roles = || now.roles.values().chain(self.known.roles.values()).filter_map(Reading::value);
        let profiles = now.instances.values().filter_map(|instance| instance.value()?.iam_instance_profile.as_ref()?.arn.as_ref());
        profiles
            .filter(|arn| !roles().any(|role| role.instance_profile_list.iter().any(|profile| profile.arn == **arn)))
            .map(|arn| Key::InstanceProfile(arn::last_segment(arn).to_owned()))
            .collect()
    }

    /// Whether what a reference names is not read.
    fn lacks(&self, key: &Key) -> bool {
        let now = self.now();
        let known = self.known;
        let repository = |name: &str| self.repository_arn(name);
        match key {
            // These two are AWS's own; there is nothing to read about them.
            Key::CapacityProvider(id) if matches!(id.as_str(), "FARGATE" | "FARGATE_SPOT") => false,
            Key::CapacityProvider(id) => self.unread(&now.capacity_providers, &known.capacity_providers, id),
            Key::NetworkInterface(id) => {
                self.unread_listed(&now, &now.network_interfaces, &known.network_interfaces, id, "ec2:DescribeNetworkInterfaces")
            }
            Key::SecurityGroup(id) => {
                self.unread_listed(&now, &now.security_groups, &known.security_groups, id, "ec2:DescribeSecurityGroups")
            }
            Key::Subnet(id) => self.unread_listed(&now, &now.subnets, &known.subnets, id, "ec2:DescribeSubnets"),
            Key::Vpc(id) => self.unread_listed(&now, &now.vpcs, &known.vpcs, id, "ec2:DescribeVpcs"),
            Key::Instance(id) => self.unread_listed(&now, &now.instances, &known.instances, id, "ec2:DescribeInstances"),
            Key::Role(id) => self.unread_listed(&now, &now.roles, &known.roles, id, "iam:GetAccountAuthorizationDetails"),
            Key::Policy(id) => self.unread_listed(&now, &now.policies, &known.policies, id, "iam:GetAccountAuthorizationDetails"),
            Key::LoadBalancer(id) => {
                self.unread_listed(&now, &now.load_balancers, &known.load_balancers, id, "elasticloadbalancing:DescribeLoadBalancers")
            }
            Key::TargetGroup(id) => {
                self.unread_listed(&now, &now.target_groups, &known.target_groups, id, "elasticloadbalancing:DescribeTargetGroups")
            }
            Key::PrefixList(id) => self.lacks_entries(&now, id),
            Key::Cluster(name) => {
                let named = |table: &Table<ecs::Cluster>| table.keys().any(|arn| arn::last_segment(arn) == name);
                !self.full && !named(&now.clusters) && !named(&known.clusters)
            }
            Key::ContainerInstances(_) | Key::InstanceProfile(_) => !self.full,
            Key::Secret(id) => self.lacks_secret(&now, id),
            Key::Parameter(name) => self.lacks_parameter(&now, name),
            Key::KmsKey(reference) => self.lacks_key(&now, reference),
            Key::Repository(id) => self.unread(&now.repositories, &known.repositories, &repository(id)),
            _ => false,
        }
    }

    /// A prefix list says nothing without its entries.
    fn lacks_entries(&self, now: &Snapshot, id: &str) -> bool {
        let bare = |table: &Table<ec2::PrefixList>| table.get(id).and_then(Reading::value).is_some_and(|list| list.entries.is_none());
        let (read, known) = (&now.prefix_lists, &self.known.prefix_lists);
        if read.contains_key(id) {
            bare(read)
        } else {
            bare(known) || self.unread_listed(now, read, known, id, "ec2:DescribeManagedPrefixLists")
        }
    }

    fn unread<T>(&self, now: &Table<T>, known: &Table<T>, id: &str) -> bool {
        let had = if self.full { self.read_before(known, id) } else { known.get(id).is_some_and(|one| !matches!(one.fact, Fact::Gap(_))) };
        !had && !now.contains_key(id)
    }

    /// The same of something that a listing ought to have shown. Where a full reading's listing failed,
    /// its gap stands for all that is missing.
    fn unread_listed<T>(&self, snapshot: &Snapshot, now: &Table<T>, known: &Table<T>, id: &str, listing: &str) -> bool {
        !(self.full && self.failed(snapshot, listing)) && self.unread(now, known, id)
    }

    fn failed(&self, now: &Snapshot, listing: &str) -> bool {
        now.listings.get(listing).is_some_and(|listing| listing.gap().is_some())
    }
}

/// The policies of users and groups; not those that AWS manages, which are read where the walk over the
/// account shows them and are worth no call of their own.
fn of_users(now: &Snapshot) -> BTreeSet<String> {
    let users = now.users.values().filter_map(Reading::value);
    let boundaries = users.clone().filter_map(|user| user.permissions_boundary.as_ref()?.permissions_boundary_arn.clone());
    let of_users = users.flat_map(|user| &user.attached_managed_policies);
    let of_groups = now.groups.values().filter_map(Reading::value).flat_map(|group| &group.attached_managed_policies);
    let attached = of_users.chain(of_groups).map(|policy| policy.policy_arn.clone());
    attached.chain(boundaries).filter(|arn| !arn.is_empty() && !iam::is_of_aws(arn)).collect()
}

fn of_service(service: &ecs::Service, keys: &mut BTreeSet<Key>) {
    let cluster = arn::last_segment(&service.cluster_arn);
    if !cluster.is_empty() {
        keys.insert(Key::Cluster(cluster.to_owned()));
    }
    let networks = [&service.network_configuration].into_iter();
    let networks = networks.chain(service.deployments.iter().map(|one| &one.network_configuration));
    let networks = networks.chain(service.task_sets.iter().map(|one| &one.network_configuration));
    for network in networks.flatten().filter_map(|network| network.awsvpc_configuration.as_ref()) {
        keys.extend(network.subnets.iter().cloned().map(Key::Subnet));
        keys.extend(network.security_groups.iter().cloned().map(Key::SecurityGroup));
    }
    let balancers = service.load_balancers.iter().chain(service.task_sets.iter().flat_map(|set| &set.load_balancers));
    keys.extend(balancers.filter_map(|one| one.target_group_arn.clone()).map(Key::TargetGroup));
    let strategies = service.capacity_provider_strategy.iter();
    let strategies = strategies.chain(service.deployments.iter().flat_map(|one| &one.capacity_provider_strategy));
    let strategies = strategies.chain(service.task_sets.iter().flat_map(|one| &one.capacity_provider_strategy));
    keys.extend(strategies.map(|item| Key::CapacityProvider(item.capacity_provider.clone())));
}

/// What hosts, interfaces, subnets, load balancers and rules refer to.
fn of_network(now: &Snapshot, keys: &mut BTreeSet<Key>) {
    for host in now.container_instances.values().filter_map(Reading::value) {
        // Hosts of ECS Anywhere are no instances of EC2.
        keys.extend(host.ec2_instance_id.clone().filter(|id| id.starts_with("i-")).map(Key::Instance));
        keys.extend(host.capacity_provider_name.clone().map(Key::CapacityProvider));
    }
    let interfaces = now.network_interfaces.values().filter_map(Reading::value);
    let interfaces = interfaces.map(|one| (&one.groups, &one.subnet_id));
    let instances = now.instances.values().filter_map(Reading::value);
    // What is left of a terminated instance refers to nothing that is needed.
    let instances = instances.filter(|one| one.state.as_ref().is_none_or(|state| state.name.as_deref() != Some("terminated")));
    for (groups, subnet) in interfaces.chain(instances.map(|one| (&one.security_groups, &one.subnet_id))) {
        keys.extend(groups.iter().map(|group| Key::SecurityGroup(group.group_id.clone())));
        keys.extend(subnet.clone().map(Key::Subnet));
    }
    keys.extend(now.subnets.values().filter_map(|subnet| subnet.value()?.vpc_id.clone()).map(Key::Vpc));
    for balancer in now.load_balancers.values().filter_map(Reading::value) {
        keys.extend(balancer.security_groups.iter().cloned().map(Key::SecurityGroup));
        keys.extend(balancer.availability_zones.iter().filter_map(|zone| zone.subnet_id.clone()).map(Key::Subnet));
    }
    let groups = now.target_groups.values().filter_map(Reading::value);
    keys.extend(groups.flat_map(|group| group.load_balancer_arns.iter().cloned()).map(Key::LoadBalancer));
    let actions = now.listeners.values().filter_map(Reading::value).flat_map(|listener| &listener.default_actions);
    keys.extend(actions.filter_map(|action| action.target_group_arn.clone()).map(Key::TargetGroup));
    let rules = now.security_group_rules.values().filter_map(|rule| rule.value()?.prefix_list_id.clone());
    let routes = now.route_tables.values().filter_map(Reading::value).flat_map(|table| &table.routes);
    keys.extend(rules.chain(routes.filter_map(|route| route.destination_prefix_list_id.clone())).map(Key::PrefixList));
}
