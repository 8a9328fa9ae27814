//! Recognises what the AWS CLI printed by the names at the top of a document.

mod single;

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wallwalk_model::secrets::{self, StoreReference};
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Arn, Fact, Gap, GapReason, Place, Reading, Snapshot, Table, Time, arn, ec2, ecs, elb, iam, kms};
use wallwalk_secrets::Key;

use super::Loaded;
use crate::redact;

pub(super) struct Reader<'a> {
    key: &'a Key,
    read_at: Time,
    snapshot: Snapshot,
    problems: Vec<String>,
    /// Names recognised at the top of documents.
    seen: BTreeSet<&'static str>,
    pub(super) recognised: usize,
    /// Places that ECS objects name.
    places: BTreeSet<Place>,
    /// Members of paged listings, by listing, and whether a further page was announced.
    members: BTreeMap<String, (BTreeSet<String>, bool)>,
    inline_rules: Vec<ec2::SecurityGroupRule>,
    /// Versions of secrets, which may come before the secret itself.
    versions: BTreeMap<String, Vec<secrets::SecretVersion>>,
}

type Handler = fn(&mut Reader<'_>, Value, &Map<String, Value>);

const HANDLERS: &[(&str, Handler)] = &[
    ("clusters", |r, v, _| r.ecs(v, "ecs:DescribeClusters", redact::cluster, |c| c.cluster_arn.clone(), |s| &mut s.clusters)),
    ("services", |r, v, _| r.ecs(v, "ecs:DescribeServices", redact::service, |s| s.service_arn.clone(), |s| &mut s.services)),
    ("tasks", |r, v, _| r.ecs(v, "ecs:DescribeTasks", redact::task, |t| t.task_arn.clone(), |s| &mut s.tasks)),
    ("containerInstances", |r, v, _| {
        r.ecs(
            v,
            "ecs:DescribeContainerInstances",
            redact::container_instance,
            |c| c.container_instance_arn.clone(),
            |s| &mut s.container_instances,
        );
    }),
    ("capacityProviders", |r, v, top| {
        r.listed("ecs:DescribeCapacityProviders", top, v, |p: &ecs::CapacityProvider| p.name.clone(), |s| &mut s.capacity_providers);
    }),
    ("taskDefinition", |r, v, top| r.task_definition(v, top.get("tags").unwrap_or(&Value::Null))),
    ("taskDefinitions", |r, v, _| {
        for one in items(v) {
            let (definition, tags) = match one {
                Value::Object(mut map) if map.contains_key("taskDefinition") => {
                    (map.remove("taskDefinition").unwrap_or_default(), map.remove("tags").unwrap_or_default())
                }
                other => (other, Value::Null),
            };
            r.task_definition(definition, &tags);
        }
    }),
    ("failures", |r, v, _| r.failures(&v)),
    ("clusterArns", |r, v, top| r.arns(&v, top, |_| Some("ecs:ListClusters".into()))),
    ("serviceArns", |r, v, top| r.arns(&v, top, |id| arn::cluster_of(id).map(listing::services))),
    ("taskArns", |r, v, top| r.arns(&v, top, |id| arn::cluster_of(id).map(listing::tasks))),
    ("containerInstanceArns", |r, v, top| r.arns(&v, top, |id| arn::cluster_of(id).map(listing::container_instances))),
    ("families", |r, v, top| r.arns(&v, top, |_| Some("ecs:ListTaskDefinitionFamilies".into()))),
    ("taskDefinitionArns", |r, v, _| r.latest(&v)),
    ("SecurityGroups", |r, v, top| {
        r.inline_rules(&v);
        r.listed("ec2:DescribeSecurityGroups", top, v, |g: &ec2::SecurityGroup| g.group_id.clone(), |s| &mut s.security_groups);
    }),
    ("SecurityGroupRules", |r, v, top| {
        let id = |g: &ec2::SecurityGroupRule| g.security_group_rule_id.clone();
        r.listed("ec2:DescribeSecurityGroupRules", top, v, id, |s| &mut s.security_group_rules);
    }),
    ("NetworkInterfaces", |r, v, top| {
        let id = |i: &ec2::NetworkInterface| i.network_interface_id.clone();
        r.listed("ec2:DescribeNetworkInterfaces", top, v, id, |s| &mut s.network_interfaces);
    }),
    ("Subnets", |r, v, top| r.listed("ec2:DescribeSubnets", top, v, |n: &ec2::Subnet| n.subnet_id.clone(), |s| &mut s.subnets)),
    ("Vpcs", |r, v, top| r.listed("ec2:DescribeVpcs", top, v, |n: &ec2::Vpc| n.vpc_id.clone(), |s| &mut s.vpcs)),
    ("RouteTables", |r, v, top| {
        r.listed("ec2:DescribeRouteTables", top, v, |t: &ec2::RouteTable| t.route_table_id.clone(), |s| &mut s.route_tables);
    }),
    ("NetworkAcls", |r, v, top| {
        r.listed("ec2:DescribeNetworkAcls", top, v, |a: &ec2::NetworkAcl| a.network_acl_id.clone(), |s| &mut s.network_acls);
    }),
    ("Reservations", |r, v, top| {
        let instances =
            items(v).into_iter().flat_map(|mut one| items(one.get_mut("Instances").map(Value::take).unwrap_or_default())).collect();
        r.listed("ec2:DescribeInstances", top, Value::Array(instances), |i: &ec2::Instance| i.instance_id.clone(), |s| &mut s.instances);
    }),
    ("VpcEndpoints", |r, v, top| {
        r.listed("ec2:DescribeVpcEndpoints", top, v, |e: &ec2::VpcEndpoint| e.vpc_endpoint_id.clone(), |s| &mut s.vpc_endpoints);
    }),
    ("PrefixLists", |r, v, top| {
        r.listed("ec2:DescribeManagedPrefixLists", top, v, |l: &ec2::PrefixList| l.prefix_list_id.clone(), |s| &mut s.prefix_lists);
    }),
    ("Entries", |r, v, top| r.prefix_list_entries(v, top)),
    ("LoadBalancers", |r, v, top| {
        let id = |l: &elb::LoadBalancer| l.load_balancer_arn.clone();
        r.listed("elasticloadbalancing:DescribeLoadBalancers", top, v, id, |s| &mut s.load_balancers);
    }),
    ("Listeners", |r, v, _| r.listeners(v)),
    ("TargetGroups", |r, v, top| {
        let id = |g: &elb::TargetGroup| g.target_group_arn.clone();
        r.listed("elasticloadbalancing:DescribeTargetGroups", top, v, id, |s| &mut s.target_groups);
    }),
    ("RoleDetailList", |r, v, top| {
        r.listed("iam:GetAccountAuthorizationDetails", top, v, |role: &iam::Role| role.role_name.clone(), |s| &mut s.roles);
    }),
    ("UserDetailList", |r, v, top| r.unless_empty(&listing::users(), top, v, |user: &iam::User| user.user_name.clone(), |s| &mut s.users)),
    ("GroupDetailList", |r, v, top| {
        r.unless_empty(&listing::groups(), top, v, |group: &iam::Group| group.group_name.clone(), |s| &mut s.groups);
    }),
    ("Policies", |r, v, _| r.policies(v)),
    ("ServicesLastAccessed", |r, v, top| r.last_accessed(v, top)),
    ("SecretList", |r, v, top| {
        let secrets = Value::Array(items(v).into_iter().map(secrets::described).collect());
        r.listed("secretsmanager:ListSecrets", top, secrets, |one: &secrets::Secret| one.arn.clone(), |s| &mut s.secrets);
    }),
    ("ARN", |r, _, top| r.secret(top)),
    ("Parameters", |r, v, top| {
        r.listed("ssm:DescribeParameters", top, v, |one: &secrets::Parameter| one.name.clone(), |s| &mut s.parameters)
    }),
    ("KeyMetadata", |r, v, _| {
        r.known(Value::Array(vec![v]), "kms:DescribeKey", |key: &kms::Key| key.arn.clone(), |s| &mut s.keys);
    }),
    ("Policy", |r, v, top| r.key_policy(&v, top)),
    ("repositories", |r, v, _| {
        let id = |one: &wallwalk_model::ecr::Repository| one.repository_arn.clone();
        r.known(v, "ecr:DescribeRepositories", id, |s| &mut s.repositories);
    }),
    ("policyText", |r, v, top| r.repository_policy(&v, top)),
];

fn items(value: Value) -> Vec<Value> {
    if let Value::Array(items) = value { items } else { Vec::new() }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str)
}

/// Whether the answer announces a further page.
fn continues(top: &Map<String, Value>) -> bool {
    ["nextToken", "NextToken", "NextMarker"]
        .iter()
        .any(|name| top.get(*name).and_then(Value::as_str).is_some_and(|token| !token.is_empty()))
        || top.get("IsTruncated") == Some(&Value::Bool(true))
}

impl<'a> Reader<'a> {
    pub(super) fn new(key: &'a Key, now: Time) -> Self {
        Self {
            key,
            read_at: now,
            snapshot: Snapshot::new(Place::default()),
            problems: Vec::new(),
            seen: BTreeSet::new(),
            recognised: 0,
            places: BTreeSet::new(),
            members: BTreeMap::new(),
            inline_rules: Vec::new(),
            versions: BTreeMap::new(),
        }
    }

    pub(super) fn document(&mut self, file: &str, document: Value) {
        match document {
            Value::Array(documents) => documents.into_iter().for_each(|one| self.document(file, one)),
            Value::Object(mut top) => {
                self.meta(&top);
                let before = self.recognised;
                for (name, handle) in HANDLERS {
                    if top.contains_key(*name) {
                        // `ARN` is told by the whole document; the others take their member.
                        let value = if *name == "ARN" { Value::Null } else { top.remove(*name).unwrap_or_default() };
                        self.seen.insert(name);
                        self.recognised += 1;
                        handle(self, value, &top);
                    }
                }
                if self.recognised == before && !top.contains_key("readAt") {
                    self.problems.push(format!("`{file}`: nothing in it is known"));
                }
            }
            _ => self.problems.push(format!("`{file}`: not an object")),
        }
    }

    fn meta(&mut self, top: &Map<String, Value>) {
        let Some(read_at) = top.get("readAt").and_then(Value::as_str) else { return };
        if let Ok(read_at) = read_at.parse() {
            self.read_at = read_at;
        }
        let text = |name: &str| top.get(name).and_then(Value::as_str);
        if let (Some(account), Some(region)) = (text("account"), text("region")) {
            self.places.insert(Place::new(text("partition").unwrap_or("aws"), account, region));
        }
    }

    /// Two places that objects name, if there are two.
    pub(super) fn mixed(&self) -> Option<(String, String)> {
        let mut places = self.places.iter().map(|place| format!("{} {}", place.account, place.region));
        Some((places.next()?, places.next()?))
    }

    fn note_place(&mut self, id: &str) {
        if let Ok(arn) = id.parse::<Arn>()
            && !arn.region.is_empty()
            && !arn.account.is_empty()
        {
            self.places.insert(Place::new(arn.partition, arn.account, arn.region));
        }
    }

    fn ecs<T>(
        &mut self,
        value: Value,
        call: &str,
        read: fn(Value, &Key) -> Result<T, String>,
        id: fn(&T) -> String,
        table: fn(&mut Snapshot) -> &mut Table<T>,
    ) {
        for raw in items(value) {
            match read(raw, self.key) {
                Ok(object) => {
                    let id = id(&object);
                    self.note_place(&id);
                    table(&mut self.snapshot).insert(id, Reading::known(self.read_at, object));
                }
                Err(problem) => self.problems.push(format!("{call}: {problem}")),
            }
        }
    }

    /// Objects that stand on their own: their absence from the answer proves nothing.
    fn known<T: DeserializeOwned>(
        &mut self,
        value: Value,
        call: &str,
        id: fn(&T) -> String,
        table: fn(&mut Snapshot) -> &mut Table<T>,
    ) -> Vec<String> {
        let mut ids = Vec::new();
        for raw in items(value) {
            match serde_json::from_value::<T>(raw) {
                Ok(object) if !id(&object).is_empty() => {
                    let id = id(&object);
                    ids.push(id.clone());
                    table(&mut self.snapshot).insert(id, Reading::known(self.read_at, object));
                }
                _ => self.problems.push(format!("{call}: an object does not have the form the API documents")),
            }
        }
        ids
    }

    /// The same, where the answer lists everything there is.
    fn listed<T: DeserializeOwned>(
        &mut self,
        call: &str,
        top: &Map<String, Value>,
        value: Value,
        id: fn(&T) -> String,
        table: fn(&mut Snapshot) -> &mut Table<T>,
    ) {
        let ids = self.known(value, call, id, table);
        self.page(call.to_owned(), ids, continues(top));
    }

    /// The same of a list that a filter leaves empty, which the answer does not tell: an empty one proves
    /// nothing.
    fn unless_empty<T: DeserializeOwned>(
        &mut self,
        name: &str,
        top: &Map<String, Value>,
        value: Value,
        id: fn(&T) -> String,
        table: fn(&mut Snapshot) -> &mut Table<T>,
    ) {
        // A further page may well be empty.
        if self.members.contains_key(name) || value.as_array().is_some_and(|items| !items.is_empty()) {
            self.listed(name, top, value, id, table);
        }
    }

    fn policies(&mut self, value: Value) {
        let ids =
            self.known(value, "iam:GetAccountAuthorizationDetails", |policy: &iam::ManagedPolicy| policy.arn.clone(), |s| &mut s.policies);
        for id in ids {
            if let Some(Reading { fact: Fact::Known(policy), .. }) = self.snapshot.policies.get_mut(&id) {
                *policy = std::mem::take(policy).tidied();
            }
        }
    }

    fn page(&mut self, name: String, ids: impl IntoIterator<Item = String>, continues: bool) {
        let (members, open) = self.members.entry(name).or_default();
        members.extend(ids);
        // The last page read decides whether another one is missing; pages come in file order.
        *open = continues;
    }

    fn arns(&mut self, value: &Value, top: &Map<String, Value>, name: fn(&str) -> Option<String>) {
        for id in texts(value) {
            self.note_place(id);
            if let Some(name) = name(id) {
                self.page(name, [id.to_owned()], continues(top));
            }
        }
    }

    fn task_definition(&mut self, raw: Value, tags: &Value) {
        match redact::task_definition(raw, tags, self.key) {
            Ok(definition) => {
                self.note_place(&definition.task_definition_arn);
                let id = definition.task_definition_arn.clone();
                self.snapshot.task_definitions.insert(id, Reading::known(self.read_at, definition));
            }
            Err(problem) => self.problems.push(format!("ecs:DescribeTaskDefinition: {problem}")),
        }
    }

    /// What a describe call did not find.
    fn failures(&mut self, value: &Value) {
        for failure in value.as_array().map(Vec::as_slice).unwrap_or_default() {
            let text = |name: &str| failure.get(name).and_then(Value::as_str).unwrap_or_default();
            let id = text("arn").to_owned();
            let missing = text("reason") == "MISSING";
            let gap = Gap::new("ecs:Describe", GapReason::Failed, text("reason"));
            let at = self.read_at;
            macro_rules! into {
                ($table:ident) => {{
                    let reading = if missing { Reading::absent(at) } else { Reading::gap(at, gap) };
                    self.snapshot.$table.entry(id).or_insert(reading);
                }};
            }
            match id.split(':').nth(5).and_then(|resource| resource.split('/').next()) {
                Some("service") => into!(services),
                Some("task") => into!(tasks),
                Some("container-instance") => into!(container_instances),
                Some("cluster") => into!(clusters),
                _ => self.problems.push("ecs: a failure names no object".into()),
            }
        }
    }

    /// Latest ACTIVE revisions, from a listing of revisions.
    fn latest(&mut self, value: &Value) {
        let mut latest: BTreeMap<&str, (u32, &str)> = BTreeMap::new();
        for id in texts(value) {
            if let (family, Some(revision)) = arn::family_and_revision(id) {
                let slot = latest.entry(family).or_insert((revision, id));
                if revision >= slot.0 {
                    *slot = (revision, id);
                }
            }
        }
        for (family, (_, id)) in latest {
            let object = ecs::Family { family: family.to_owned(), latest_active: Some(id.to_owned()) };
            self.snapshot.families.insert(family.to_owned(), Reading::known(self.read_at, object));
        }
    }

    fn listeners(&mut self, value: Value) {
        let ids = self.known(
            value,
            "elasticloadbalancing:DescribeListeners",
            |one: &elb::Listener| one.listener_arn.clone(),
            |s| &mut s.listeners,
        );
        for id in ids {
            let path = id.split_once(":listener/").map_or(id.as_str(), |(_, path)| path);
            let balancer = path.rsplit_once('/').map_or(path, |(balancer, _)| balancer).to_owned();
            self.page(listing::listeners(&balancer), [id], false);
        }
    }

    /// Rules as older outputs hold them, inside their groups.
    fn inline_rules(&mut self, groups: &Value) {
        for group in groups.as_array().map(Vec::as_slice).unwrap_or_default() {
            let id = group.get("GroupId").and_then(Value::as_str).unwrap_or_default();
            for (member, egress) in [("IpPermissions", false), ("IpPermissionsEgress", true)] {
                let permissions = group.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                let direction = if egress { "egress" } else { "ingress" };
                let mut rules: Vec<ec2::SecurityGroupRule> =
                    permissions.iter().flat_map(|permission| flatten(permission, id, egress)).collect();
                for (n, rule) in rules.iter_mut().enumerate() {
                    rule.security_group_rule_id = format!("{id}/{direction}/{n}");
                }
                self.inline_rules.extend(rules);
            }
        }
    }

    pub(super) fn finish(mut self) -> Loaded {
        let at = self.read_at;
        self.snapshot.place = self.places.first().cloned().unwrap_or_default();
        self.snapshot.schema = wallwalk_model::snapshot::SCHEMA;
        if !self.seen.contains("SecurityGroupRules") && self.seen.contains("SecurityGroups") {
            let rules: Vec<_> = std::mem::take(&mut self.inline_rules);
            let ids: Vec<String> = rules.iter().map(|rule| rule.security_group_rule_id.clone()).collect();
            for rule in rules {
                self.snapshot.security_group_rules.insert(rule.security_group_rule_id.clone(), Reading::known(at, rule));
            }
            self.page("ec2:DescribeSecurityGroupRules".into(), ids, false);
        }
        for (id, versions) in std::mem::take(&mut self.versions) {
            if let Some(Reading { fact: Fact::Known(secret), .. }) = self.snapshot.secrets.get_mut(&id) {
                secret.versions = Some(versions);
            }
        }
        self.cluster_listings();
        self.families();
        for (name, (members, open)) in std::mem::take(&mut self.members) {
            if open {
                let gap = Gap::new(name.split(' ').next().unwrap_or(&name), GapReason::NotAsked, "the file ends before the last page");
                self.snapshot.listing_failed(name, at, gap);
            } else {
                self.snapshot.listing_complete(name, at, members);
            }
        }
        self.absent_references();
        redact::scrub_tags(&mut self.snapshot, self.key);
        Loaded { snapshot: self.snapshot, problems: self.problems }
    }

    /// A describe output in a folder stands for the whole: its file is complete for every cluster.
    fn cluster_listings(&mut self) {
        let clusters: BTreeSet<String> = self.snapshot.clusters.keys().cloned().collect();
        if self.seen.contains("clusters") && !self.seen.contains("clusterArns") {
            self.page("ecs:ListClusters".into(), clusters.clone(), false);
        }
        type Kind = (&'static str, &'static str, fn(&str) -> String, Vec<String>);
        let kinds: [Kind; 3] = [
            ("services", "serviceArns", listing::services, self.snapshot.services.keys().cloned().collect()),
            ("tasks", "taskArns", listing::tasks, self.snapshot.tasks.keys().cloned().collect()),
            (
                "containerInstances",
                "containerInstanceArns",
                listing::container_instances,
                self.snapshot.container_instances.keys().cloned().collect(),
            ),
        ];
        for (described, listed, name, ids) in kinds {
            if !self.seen.contains(described) || self.seen.contains(listed) {
                continue;
            }
            for cluster in clusters.iter().map(|arn| arn::last_segment(arn)) {
                let own: Vec<String> = ids.iter().filter(|id| arn::cluster_of(id) == Some(cluster)).cloned().collect();
                self.page(name(cluster), own, false);
            }
        }
    }

    /// Families by their latest ACTIVE revision, from the revisions at hand where no listing says.
    fn families(&mut self) {
        let mut latest: BTreeMap<String, (i64, String)> = BTreeMap::new();
        for (id, definition) in self.snapshot.task_definitions.iter().filter_map(|(id, reading)| Some((id, reading.value()?))) {
            let active = definition.status.as_deref().is_none_or(|status| status == "ACTIVE");
            let revision = definition.revision.unwrap_or_default();
            if active && latest.get(&definition.family).is_none_or(|(known, _)| *known < revision) {
                latest.insert(definition.family.clone(), (revision, id.clone()));
            }
        }
        let listed: Option<BTreeSet<String>> = self.members.get("ecs:ListTaskDefinitionFamilies").map(|(members, _)| members.clone());
        for (family, (_, id)) in latest {
            if listed.as_ref().is_none_or(|listed| listed.contains(&family)) {
                let object = ecs::Family { family: family.clone(), latest_active: Some(id) };
                self.snapshot.families.entry(family).or_insert_with(|| Reading::known(self.read_at, object));
            }
        }
        for family in listed.into_iter().flatten() {
            let gap = Gap::new("ecs:DescribeTaskDefinition", GapReason::NotAsked, "the family's latest revision is not among the files");
            self.snapshot.families.entry(family).or_insert_with(|| Reading::gap(self.read_at, gap));
        }
    }

    /// References that a complete listing disproves are facts: there is no such secret.
    fn absent_references(&mut self) {
        let complete = |name: &str| self.snapshot.listing_gap(name).is_none();
        let (secrets_complete, parameters_complete) = (complete("secretsmanager:ListSecrets"), complete("ssm:DescribeParameters"));
        let place = self.snapshot.place.clone();
        let here = |account: &Option<String>, region: &Option<String>| {
            account.as_ref().is_none_or(|account| *account == place.account) && region.as_ref().is_none_or(|region| *region == place.region)
        };
        for reference in crate::references::store_references(&self.snapshot) {
            match reference {
                StoreReference::Secret { id, account, region }
                    if secrets_complete && here(&account, &region) && secrets::find_secret(&self.snapshot.secrets, &id).is_none() =>
                {
                    self.snapshot.secrets.insert(id, Reading::absent(self.read_at));
                }
                StoreReference::Parameter { name, account, region }
                    if parameters_complete
                        && here(&account, &region)
                        && secrets::find_parameter(&self.snapshot.parameters, &name).is_none() =>
                {
                    self.snapshot.parameters.insert(name, Reading::absent(self.read_at));
                }
                _ => {}
            }
        }
    }
}

/// The rules of one permission: one for each range, list and group.
fn flatten(permission: &Value, group: &str, egress: bool) -> Vec<ec2::SecurityGroupRule> {
    let base = ec2::SecurityGroupRule {
        group_id: group.to_owned(),
        is_egress: egress,
        ip_protocol: permission.get("IpProtocol").and_then(Value::as_str).map(str::to_owned),
        from_port: permission.get("FromPort").and_then(Value::as_i64),
        to_port: permission.get("ToPort").and_then(Value::as_i64),
        ..Default::default()
    };
    let each = |member: &str, inner: &str| -> Vec<String> {
        let list = permission.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|one| one.get(inner).and_then(Value::as_str)).map(str::to_owned).collect()
    };
    let mut rules = Vec::new();
    rules.extend(each("IpRanges", "CidrIp").into_iter().map(|cidr| ec2::SecurityGroupRule { cidr_ipv4: Some(cidr), ..base.clone() }));
    rules.extend(each("Ipv6Ranges", "CidrIpv6").into_iter().map(|cidr| ec2::SecurityGroupRule { cidr_ipv6: Some(cidr), ..base.clone() }));
    rules.extend(
        each("PrefixListIds", "PrefixListId").into_iter().map(|id| ec2::SecurityGroupRule { prefix_list_id: Some(id), ..base.clone() }),
    );
    rules.extend(each("UserIdGroupPairs", "GroupId").into_iter().map(|id| {
        let info = ec2::ReferencedGroup { group_id: Some(id), ..Default::default() };
        ec2::SecurityGroupRule { referenced_group_info: Some(info), ..base.clone() }
    }));
    rules
}
