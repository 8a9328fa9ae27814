//! The snapshot: everything read of one account and Region, with every gap.
//!
//! A snapshot holds no secret value and may be attached to a ticket. It knows nothing of how it
//! was read, and judges nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::gap::GapReason;
use crate::reading::{Fact, Listing, Reading, Table};
use crate::{Gap, Time, arn, ec2, ecr, ecs, elb, iam, kms, secrets};

/// Version of the snapshot's form. A reader refuses a newer one.
pub const SCHEMA: u32 = 1;

/// Where a snapshot was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The twelve digits of the account.
    pub account: String,
    /// The Region.
    pub region: String,
}

impl Place {
    /// A place.
    #[must_use]
    pub fn new(partition: impl Into<String>, account: impl Into<String>, region: impl Into<String>) -> Self {
        Self { partition: partition.into(), account: account.into(), region: region.into() }
    }
}

macro_rules! snapshot {
    ($($(#[$meta:meta])* $table:ident: $type:ty => $call:literal, $scope:expr;)*) => {
        /// Facts, gaps and listings of one account and Region.
        ///
        /// Tables are keyed by ARN where the object has one, else by its id or name.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct Snapshot {
            /// Version of this form.
            pub schema: u32,
            /// Where it was taken.
            #[serde(flatten)]
            pub place: Place,
            /// What is known of each listing, by [`listing`] name.
            #[serde(default)]
            pub listings: BTreeMap<String, Listing>,
            $($(#[$meta])*
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            pub $table: Table<$type>,)*
        }

        impl Snapshot {
            /// Everything that either snapshot of the same place knows; the later reading of each
            /// fact wins. Commutative, associative and idempotent.
            #[must_use]
            pub fn merge(mut self, other: Self) -> Self {
                for (name, listing) in other.listings {
                    let mine = self.listings.remove(&name).unwrap_or_default();
                    self.listings.insert(name, mine.join(listing));
                }
                $(merge_table(&mut self.$table, other.$table);)*
                self
            }

            /// Forgets what complete listings have disproved.
            ///
            /// Nothing that is present is lost.
            #[must_use]
            pub fn compacted(mut self) -> Self {
                let listings = std::mem::take(&mut self.listings);
                $({
                    let scope: fn(&str) -> Option<String> = $scope;
                    self.$table.retain(|id, reading| present(&listings, scope(id), id, reading.read_at));
                })*
                self.listings = listings;
                self
            }

            /// Number of facts and of gaps.
            #[must_use]
            pub fn counts(&self) -> Counts {
                let mut counts = Counts::default();
                for listing in self.listings.values() {
                    counts.gaps += usize::from(listing.gap().is_some());
                }
                $(for reading in self.$table.values() { counts.add(&reading.fact); })*
                counts
            }

            /// Every distinct gap with the number of facts it stands for, listings included.
            #[must_use]
            pub fn gaps(&self) -> BTreeMap<Gap, usize> {
                let mut gaps = BTreeMap::new();
                for gap in self.listings.values().filter_map(Listing::gap) {
                    *gaps.entry(gap.clone()).or_default() += 1;
                }
                $(for reading in self.$table.values() {
                    if let Fact::Gap(gap) = &reading.fact { *gaps.entry(gap.clone()).or_default() += 1; }
                })*
                gaps
            }

            /// The names of the tables with the call that fills each.
            pub const TABLES: &'static [(&'static str, &'static str)] = &[$((stringify!($table), $call)),*];
        }

        /// Facts that are present, one method for each table.
        impl Snapshot {
            $($(#[$meta])*
            pub fn $table(&self) -> impl Iterator<Item = (&str, &Reading<$type>)> {
                let scope: fn(&str) -> Option<String> = $scope;
                self.$table
                    .iter()
                    .filter(move |(id, reading)| {
                        !matches!(reading.fact, Fact::Absent) && present(&self.listings, scope(id), id, reading.read_at)
                    })
                    .map(|(id, reading)| (id.as_str(), reading))
            })*
        }
    };
}

snapshot! {
    /// Clusters by ARN.
    clusters: ecs::Cluster => "ecs:DescribeClusters", |_| Some("ecs:ListClusters".into());
    /// Services by ARN.
    services: ecs::Service => "ecs:DescribeServices", |id| of_cluster("ecs:ListServices", id);
    /// Tasks by ARN.
    tasks: ecs::Task => "ecs:DescribeTasks", |id| of_cluster("ecs:ListTasks", id);
    /// Container instances by ARN.
    container_instances: ecs::ContainerInstance => "ecs:DescribeContainerInstances", |id| of_cluster("ecs:ListContainerInstances", id);
    /// Capacity providers by name.
    capacity_providers: ecs::CapacityProvider => "ecs:DescribeCapacityProviders", |_| Some("ecs:DescribeCapacityProviders".into());
    /// Task definition families by name.
    families: ecs::Family => "ecs:ListTaskDefinitions", |_| Some("ecs:ListTaskDefinitionFamilies".into());
    /// Task definition revisions by ARN. Immutable: a revision once read is not read again.
    task_definitions: ecs::TaskDefinition => "ecs:DescribeTaskDefinition", |_| None;
    /// Roles by name.
    roles: iam::Role => "iam:GetAccountAuthorizationDetails", |_| Some("iam:GetAccountAuthorizationDetails".into());
    /// Managed policies by ARN.
    policies: iam::ManagedPolicy => "iam:GetAccountAuthorizationDetails", |_| None;
    /// Users by name.
    users: iam::User => "iam:GetAccountAuthorizationDetails", |_| Some(listing::users());
    /// Groups of users by name.
    groups: iam::Group => "iam:GetAccountAuthorizationDetails", |_| Some(listing::groups());
    /// What roles of workloads last used, by name of the role. Read on request alone.
    last_accessed: iam::LastAccessed => "iam:GetServiceLastAccessedDetails", |_| None;
    /// Security groups by id.
    security_groups: ec2::SecurityGroup => "ec2:DescribeSecurityGroups", |_| Some("ec2:DescribeSecurityGroups".into());
    /// Security group rules by id.
    security_group_rules: ec2::SecurityGroupRule => "ec2:DescribeSecurityGroupRules", |_| Some("ec2:DescribeSecurityGroupRules".into());
    /// Network interfaces by id.
    network_interfaces: ec2::NetworkInterface => "ec2:DescribeNetworkInterfaces", |_| Some("ec2:DescribeNetworkInterfaces".into());
    /// Subnets by id.
    subnets: ec2::Subnet => "ec2:DescribeSubnets", |_| Some("ec2:DescribeSubnets".into());
    /// VPCs by id.
    vpcs: ec2::Vpc => "ec2:DescribeVpcs", |_| Some("ec2:DescribeVpcs".into());
    /// Route tables by id.
    route_tables: ec2::RouteTable => "ec2:DescribeRouteTables", |_| Some("ec2:DescribeRouteTables".into());
    /// Network ACLs by id.
    network_acls: ec2::NetworkAcl => "ec2:DescribeNetworkAcls", |_| Some("ec2:DescribeNetworkAcls".into());
    /// Instances by id.
    instances: ec2::Instance => "ec2:DescribeInstances", |_| Some("ec2:DescribeInstances".into());
    /// VPC endpoints by id.
    vpc_endpoints: ec2::VpcEndpoint => "ec2:DescribeVpcEndpoints", |_| Some("ec2:DescribeVpcEndpoints".into());
    /// Prefix lists by id.
    prefix_lists: ec2::PrefixList => "ec2:GetManagedPrefixListEntries", |_| Some("ec2:DescribeManagedPrefixLists".into());
    /// Load balancers by ARN.
    load_balancers: elb::LoadBalancer => "elasticloadbalancing:DescribeLoadBalancers", |_| Some("elasticloadbalancing:DescribeLoadBalancers".into());
    /// Listeners by ARN.
    listeners: elb::Listener => "elasticloadbalancing:DescribeListeners", |id| Some(listing::listeners(&load_balancer_of(id)));
    /// Target groups by ARN.
    target_groups: elb::TargetGroup => "elasticloadbalancing:DescribeTargetGroups", |_| Some("elasticloadbalancing:DescribeTargetGroups".into());
    /// Metadata of secrets by ARN. One that was asked for under another reference (an ARN without its
    /// suffix, a name) stands under that as well; [`secrets::by_arn`] gives each once.
    secrets: secrets::Secret => "secretsmanager:ListSecrets", |_| Some("secretsmanager:ListSecrets".into());
    /// Resource policies of the secrets referred to, under the keys of the secrets.
    secret_policies: secrets::ResourcePolicy => "secretsmanager:GetResourcePolicy", |_| Some("secretsmanager:ListSecrets".into());
    /// Metadata of parameters by name.
    parameters: secrets::Parameter => "ssm:DescribeParameters", |_| Some("ssm:DescribeParameters".into());
    /// KMS keys of the customer's that secrets and parameters are encrypted with, by ARN. One that was
    /// asked for under an alias or id stands under that as well; [`kms::find_key`] finds it by either.
    keys: kms::Key => "kms:DescribeKey", |_| None;
    /// Key policies of those keys, by ARN.
    key_policies: secrets::ResourcePolicy => "kms:GetKeyPolicy", |_| None;
    /// Repositories of images in use, by ARN.
    repositories: ecr::Repository => "ecr:DescribeRepositories", |_| None;
    /// Resource policies of those repositories, by the same ARN.
    repository_policies: secrets::ResourcePolicy => "ecr:GetRepositoryPolicy", |_| None;
}

/// Names of listings: what a complete reading of them proves the absence of.
pub mod listing {
    /// The services of a cluster, by the cluster's name.
    #[must_use]
    pub fn services(cluster: &str) -> String {
        format!("ecs:ListServices {cluster}")
    }

    /// The users of the account. They come with the roles, and may bear the names of some.
    #[must_use]
    pub fn users() -> String {
        "iam:GetAccountAuthorizationDetails User".to_owned()
    }

    /// The groups of users of the account.
    #[must_use]
    pub fn groups() -> String {
        "iam:GetAccountAuthorizationDetails Group".to_owned()
    }

    /// The tasks of a cluster, by the cluster's name.
    #[must_use]
    pub fn tasks(cluster: &str) -> String {
        format!("ecs:ListTasks {cluster}")
    }

    /// The container instances of a cluster, by the cluster's name.
    #[must_use]
    pub fn container_instances(cluster: &str) -> String {
        format!("ecs:ListContainerInstances {cluster}")
    }

    /// The listeners of a load balancer, by the path of its ARN (`app/name/id`).
    #[must_use]
    pub fn listeners(load_balancer: &str) -> String {
        format!("elasticloadbalancing:DescribeListeners {load_balancer}")
    }
}

fn of_cluster(call: &str, id: &str) -> Option<String> {
    arn::cluster_of(id).map(|cluster| format!("{call} {cluster}"))
}

/// `app/name/id` of the load balancer that a listener ARN (`…:listener/app/name/id/listener`) names.
fn load_balancer_of(listener: &str) -> String {
    let path = listener.split_once(":listener/").map_or(listener, |(_, path)| path);
    path.rsplit_once('/').map_or(path, |(load_balancer, _)| load_balancer).to_owned()
}

fn merge_table<T: Serialize>(mine: &mut Table<T>, theirs: Table<T>) {
    for (id, reading) in theirs {
        match mine.remove(&id) {
            Some(known) => mine.insert(id, known.join(reading)),
            None => mine.insert(id, reading),
        };
    }
}

fn present(listings: &BTreeMap<String, Listing>, scope: Option<String>, id: &str, read_at: Time) -> bool {
    let Some(scope) = scope else { return true };
    // What belongs to a cluster is gone with the cluster.
    if let Some((_, cluster)) = scope.split_once(' ').filter(|(call, _)| call.starts_with("ecs:"))
        && let Some(clusters) = listings.get("ecs:ListClusters").and_then(|listing| listing.complete.as_ref())
        && clusters.read_at > read_at
        && !clusters.members.iter().any(|arn| arn::last_segment(arn) == cluster)
    {
        return false;
    }
    listings.get(&scope).is_none_or(|listing| !listing.disproves(id, read_at))
}

/// How many facts and gaps a snapshot holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Known values and proven absences.
    pub facts: usize,
    /// Gaps, incomplete listings included.
    pub gaps: usize,
}

impl Counts {
    const fn add<T>(&mut self, fact: &Fact<T>) {
        match fact {
            Fact::Gap(_) => self.gaps += 1,
            Fact::Known(_) | Fact::Absent => self.facts += 1,
        }
    }
}

impl Snapshot {
    /// An empty snapshot of `place`.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self { schema: SCHEMA, place, ..Self::default() }
    }

    /// The gap of a listing: its own, or that nobody asked. `None` where it was read completely.
    #[must_use]
    pub fn listing_gap(&self, name: &str) -> Option<Gap> {
        match self.listings.get(name) {
            None => Some(Gap::not_asked(name)),
            Some(listing) => match (listing.gap(), &listing.complete) {
                (Some(gap), _) => Some(gap.clone()),
                (None, Some(_)) => None,
                (None, None) => Some(Gap::not_asked(name)),
            },
        }
    }

    /// When the listing was last read or attempted.
    #[must_use]
    pub fn listing_read_at(&self, name: &str) -> Option<Time> {
        let listing = self.listings.get(name)?;
        let complete = listing.complete.as_ref().map(|complete| complete.read_at);
        complete.max(listing.failed.as_ref().map(|failed| failed.read_at))
    }

    /// The reading of `id` in `table`, or a gap that says why there is none: the gap of the
    /// listing, or that nobody asked.
    ///
    /// # Errors
    /// The gap.
    pub fn need<'a, T>(&self, table: &'a Table<T>, id: &str, call: &str) -> Result<&'a Reading<T>, Gap> {
        match table.get(id) {
            Some(Reading { fact: Fact::Gap(gap), .. }) => Err(gap.clone()),
            Some(reading) => Ok(reading),
            None => Err(self.listings.get(call).and_then(Listing::gap).cloned().unwrap_or_else(|| Gap::not_asked(call))),
        }
    }

    /// Records that a listing was not read to its end.
    pub fn listing_failed(&mut self, name: impl Into<String>, read_at: Time, gap: Gap) {
        let name = name.into();
        let mine = self.listings.remove(&name).unwrap_or_default();
        self.listings.insert(name, mine.join(Listing::failed(read_at, gap)));
    }

    /// Records that every page of a listing was read, and what it showed.
    pub fn listing_complete(&mut self, name: impl Into<String>, read_at: Time, members: impl IntoIterator<Item = String>) {
        let name = name.into();
        let mine = self.listings.remove(&name).unwrap_or_default();
        self.listings.insert(name, mine.join(Listing::complete(read_at, members.into_iter().collect())));
    }

    /// Whether any gap has the given reason.
    #[must_use]
    pub fn has_gap(&self, reason: GapReason) -> bool {
        self.gaps().keys().any(|gap| gap.reason == reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLUSTER: &str = "arn:aws:ecs:eu-west-1:111122223333:cluster/shop";

    fn service_arn(n: u8) -> String {
        format!("arn:aws:ecs:eu-west-1:111122223333:service/shop/s{n}")
    }

    fn time() -> impl Strategy<Value = Time> {
        (0..6_i64).prop_map(Time::from_millis)
    }

    fn reading() -> impl Strategy<Value = Reading<ecs::Service>> {
        (time(), 0..4_u8).prop_map(|(at, kind)| match kind {
            0 => Reading::gap(at, Gap::new("ecs:DescribeServices", GapReason::Denied, "")),
            1 => Reading::absent(at),
            n => Reading::known(at, ecs::Service { service_name: format!("v{n}"), ..Default::default() }),
        })
    }

    prop_compose! {
        fn snapshot()(
            services in proptest::collection::btree_map(0..4_u8, reading(), 0..4),
            complete in proptest::option::of((time(), proptest::collection::btree_set(0..4_u8, 0..4))),
            failed in proptest::option::of(time()),
            clusters in proptest::option::of((time(), any::<bool>())),
        ) -> Snapshot {
            let mut snapshot = Snapshot::new(Place::new("aws", "111122223333", "eu-west-1"));
            snapshot.services = services.into_iter().map(|(n, reading)| (service_arn(n), reading)).collect();
            if let Some((at, members)) = complete {
                snapshot.listing_complete(listing::services("shop"), at, members.into_iter().map(service_arn));
            }
            if let Some(at) = failed {
                snapshot.listing_failed(listing::services("shop"), at, Gap::new("ecs:ListServices", GapReason::Throttled, ""));
            }
            if let Some((at, there)) = clusters {
                snapshot.listing_complete("ecs:ListClusters", at, there.then(|| CLUSTER.to_owned()));
            }
            snapshot
        }
    }

    fn present_ids(snapshot: &Snapshot) -> Vec<&str> {
        snapshot.services().map(|(id, _)| id).collect()
    }

    proptest! {
        #[test]
        fn merge_is_commutative(a in snapshot(), b in snapshot()) {
            prop_assert_eq!(a.clone().merge(b.clone()), b.merge(a));
        }

        #[test]
        fn merge_is_associative(a in snapshot(), b in snapshot(), c in snapshot()) {
            prop_assert_eq!(a.clone().merge(b.clone()).merge(c.clone()), a.merge(b.merge(c)));
        }

        #[test]
        fn merge_is_idempotent(a in snapshot(), b in snapshot()) {
            let once = a.merge(b.clone());
            prop_assert_eq!(once.clone().merge(b), once);
        }

        #[test]
        fn the_later_reading_of_a_fact_wins(a in snapshot(), b in snapshot()) {
            let merged = a.clone().merge(b.clone());
            for (id, reading) in &merged.services {
                let latest = a.services.get(id).into_iter().chain(b.services.get(id)).map(|reading| reading.read_at).max();
                prop_assert_eq!(Some(reading.read_at), latest);
            }
        }

        #[test]
        fn an_incomplete_listing_removes_nothing(a in snapshot(), at in time()) {
            let mut partial = Snapshot::new(a.place.clone());
            partial.listing_failed(listing::services("shop"), at, Gap::new("ecs:ListServices", GapReason::Failed, ""));
            let merged = a.clone().merge(partial);
            prop_assert_eq!(present_ids(&a), present_ids(&merged));
        }

        #[test]
        fn a_later_complete_listing_removes_exactly_what_it_does_not_show(a in snapshot(), members in proptest::collection::btree_set(0..4_u8, 0..4)) {
            let mut full = Snapshot::new(a.place.clone());
            full.listing_complete(listing::services("shop"), Time::from_millis(100), members.iter().copied().map(service_arn));
            let before: Vec<String> = present_ids(&a).into_iter().map(str::to_owned).collect();
            let merged = a.merge(full);
            let after = present_ids(&merged);
            for id in after {
                prop_assert!(members.iter().any(|n| service_arn(*n) == id));
            }
            for id in before {
                let shown = members.iter().any(|n| service_arn(*n) == id);
                prop_assert!(!shown || merged.services.contains_key(&id));
            }
        }

        #[test]
        fn compaction_loses_nothing_that_is_present(a in snapshot()) {
            let compacted = a.clone().compacted();
            prop_assert_eq!(present_ids(&a), present_ids(&compacted));
        }

        #[test]
        fn a_snapshot_survives_its_json(a in snapshot()) {
            let text = serde_json::to_string(&a).unwrap();
            prop_assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), a);
        }
    }

    #[test]
    fn a_deleted_cluster_takes_its_services_along() {
        let mut snapshot = Snapshot::new(Place::default());
        snapshot.services.insert(service_arn(1), Reading::known(Time::from_millis(1), ecs::Service::default()));
        snapshot.listing_complete("ecs:ListClusters", Time::from_millis(2), []);
        assert_eq!(snapshot.services().count(), 0);
    }

    #[test]
    fn the_same_snapshot_gives_the_same_bytes() {
        let build = |order: [u8; 3]| {
            let mut snapshot = Snapshot::new(Place::default());
            for n in order {
                snapshot.services.insert(service_arn(n), Reading::known(Time::from_millis(1), ecs::Service::default()));
            }
            serde_json::to_string(&snapshot).unwrap()
        };
        assert_eq!(build([1, 2, 3]), build([3, 1, 2]));
    }
}
