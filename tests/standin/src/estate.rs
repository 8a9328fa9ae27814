//! What stands in one account and Region: the objects as the AWS CLI prints them.
//!
//! Documents are recognised by their top-level member, in the form of the bundled estates. Nothing is
//! checked but that every object can be told by its id: an estate may hold what AWS would not allow.

mod generate;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use thiserror::Error;

/// Objects by id, each as the AWS CLI prints it.
pub type Table = BTreeMap<String, Value>;

/// Why documents make no estate.
#[derive(Debug, Error)]
pub enum EstateError {
    /// A document is no JSON.
    #[error("`{file}` is not JSON: {reason}")]
    NotJson {
        /// Name of the document.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A document has no top-level member that is known.
    #[error("`{file}`: nothing in it is known; give it the form that the AWS CLI prints")]
    Unknown {
        /// Name of the document.
        file: String,
    },
    /// An object lacks the member that identifies it.
    #[error("`{file}`: an object in `{member}` has no `{id}`")]
    NoId {
        /// Name of the document.
        file: String,
        /// Top-level member.
        member: String,
        /// The member that is missing.
        id: &'static str,
    },
}

/// One account and Region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estate {
    /// `aws`.
    pub partition: String,
    /// Twelve digits.
    pub account: String,
    /// `eu-west-1`.
    pub region: String,
    /// ECS clusters by ARN.
    pub clusters: Table,
    /// ECS services by ARN, in the long form that names the cluster.
    pub services: Table,
    /// Tasks by ARN, in the long form.
    pub tasks: Table,
    /// Container instances by ARN, in the long form.
    pub container_instances: Table,
    /// Capacity providers by name.
    pub capacity_providers: Table,
    /// `{"taskDefinition": …, "tags": […]}` by family and revision.
    pub task_definitions: BTreeMap<(String, u64), Value>,
    /// Entries of `RoleDetailList` by role name.
    pub roles: Table,
    /// Entries of `Policies` (with `PolicyVersionList`) by ARN.
    pub policies: Table,
    /// Entries of `UserDetailList` by user name.
    pub users: Table,
    /// Entries of `GroupDetailList` by group name.
    pub groups: Table,
    /// Last accessed reports (`ServicesLastAccessed`) by name of the role; a role that is absent has used
    /// nothing.
    pub last_accessed: Table,
    /// Security groups by id.
    pub security_groups: Table,
    /// Security group rules by id.
    pub security_group_rules: Table,
    /// Network interfaces by id.
    pub network_interfaces: Table,
    /// Subnets by id.
    pub subnets: Table,
    /// VPCs by id.
    pub vpcs: Table,
    /// Route tables by id.
    pub route_tables: Table,
    /// Network ACLs by id.
    pub network_acls: Table,
    /// Instances by id. They are given out in reservations of one.
    pub instances: Table,
    /// VPC endpoints by id.
    pub vpc_endpoints: Table,
    /// Managed prefix lists by id.
    pub prefix_lists: Table,
    /// Arrays of entries by prefix list id.
    pub prefix_list_entries: Table,
    /// Load balancers by ARN.
    pub load_balancers: Table,
    /// Listeners by ARN.
    pub listeners: Table,
    /// Target groups by ARN.
    pub target_groups: Table,
    /// Secrets by ARN.
    pub secrets: Table,
    /// Arrays of versions by ARN of the secret.
    pub secret_versions: Table,
    /// Texts of resource policies by ARN of the secret; a secret that is absent has none.
    pub secret_policies: Table,
    /// SSM parameters by name.
    pub parameters: Table,
    /// KMS keys (`KeyMetadata`) by ARN.
    pub keys: Table,
    /// Texts of key policies by ARN of the key; one that is absent is AWS's default.
    pub key_policies: Table,
    /// Entries of `Aliases` by name of the alias, `alias/shop`.
    pub key_aliases: Table,
    /// ECR repositories by name.
    pub repositories: Table,
    /// Texts of repository policies by name of the repository; one that is absent has none.
    pub repository_policies: Table,
}

/// Top-level member, the member that identifies an object, its table.
type Kind = (&'static str, &'static str, fn(&mut Estate) -> &mut Table);

const KINDS: &[Kind] = &[
    ("clusters", "clusterArn", |e| &mut e.clusters),
    ("services", "serviceArn", |e| &mut e.services),
    ("tasks", "taskArn", |e| &mut e.tasks),
    ("containerInstances", "containerInstanceArn", |e| &mut e.container_instances),
    ("capacityProviders", "name", |e| &mut e.capacity_providers),
    ("RoleDetailList", "RoleName", |e| &mut e.roles),
    ("UserDetailList", "UserName", |e| &mut e.users),
    ("GroupDetailList", "GroupName", |e| &mut e.groups),
    ("Policies", "Arn", |e| &mut e.policies),
    ("SecurityGroups", "GroupId", |e| &mut e.security_groups),
    ("SecurityGroupRules", "SecurityGroupRuleId", |e| &mut e.security_group_rules),
    ("NetworkInterfaces", "NetworkInterfaceId", |e| &mut e.network_interfaces),
    ("Subnets", "SubnetId", |e| &mut e.subnets),
    ("Vpcs", "VpcId", |e| &mut e.vpcs),
    ("RouteTables", "RouteTableId", |e| &mut e.route_tables),
    ("NetworkAcls", "NetworkAclId", |e| &mut e.network_acls),
    ("VpcEndpoints", "VpcEndpointId", |e| &mut e.vpc_endpoints),
    ("PrefixLists", "PrefixListId", |e| &mut e.prefix_lists),
    ("LoadBalancers", "LoadBalancerArn", |e| &mut e.load_balancers),
    ("Listeners", "ListenerArn", |e| &mut e.listeners),
    ("TargetGroups", "TargetGroupArn", |e| &mut e.target_groups),
    ("SecretList", "ARN", |e| &mut e.secrets),
    ("Parameters", "Name", |e| &mut e.parameters),
    ("Aliases", "AliasName", |e| &mut e.key_aliases),
    ("repositories", "repositoryName", |e| &mut e.repositories),
];

impl Estate {
    /// An account and Region where nothing stands.
    #[must_use]
    pub fn empty(partition: &str, account: &str, region: &str) -> Self {
        Self { partition: partition.into(), account: account.into(), region: region.into(), ..Self::default() }
    }

    /// An estate of documents, each with its file name and JSON text. `meta.json` names account and
    /// Region.
    ///
    /// # Errors
    /// [`EstateError`], for the first document that is not understood.
    pub fn from_documents<N: AsRef<str>, T: AsRef<str>>(documents: &[(N, T)]) -> Result<Self, EstateError> {
        let mut estate = Self::empty("aws", "111122223333", "eu-west-1");
        for (file, text) in documents {
            let file = file.as_ref();
            let document = serde_json::from_str(text.as_ref())
                .map_err(|error| EstateError::NotJson { file: file.into(), reason: error.to_string() })?;
            estate.add(file, document)?;
        }
        Ok(estate)
    }

    /// Adds the objects of one document; those with a known id are replaced.
    ///
    /// # Errors
    /// [`EstateError`]; `file` stands in its text.
    pub fn add(&mut self, file: &str, document: Value) -> Result<(), EstateError> {
        let Value::Object(mut top) = document else { return Err(EstateError::Unknown { file: file.into() }) };
        let mut known = self.meta(&top) | top.contains_key("families");
        for (member, id, table) in KINDS {
            known |= top.contains_key(*member);
            for object in items(top.remove(*member)) {
                let Some(id) = object.get(*id).and_then(Value::as_str).map(str::to_owned) else {
                    return Err(EstateError::NoId { file: file.into(), member: (*member).into(), id });
                };
                table(self).insert(id, object);
            }
        }
        if top.contains_key("taskDefinition") {
            known = true;
            self.task_definition(file, top.remove("taskDefinition").unwrap_or_default(), top.remove("tags"))?;
        }
        known |= top.contains_key("Reservations");
        for reservation in items(top.remove("Reservations")) {
            for instance in items(reservation.get("Instances").cloned()) {
                let Some(id) = instance.get("InstanceId").and_then(Value::as_str).map(str::to_owned) else {
                    return Err(EstateError::NoId { file: file.into(), member: "Reservations".into(), id: "InstanceId" });
                };
                self.instances.insert(id, instance);
            }
        }
        let text = |name: &str| top.get(name).and_then(Value::as_str).map(str::to_owned);
        if let (Some(entries), Some(id)) = (top.get("Entries"), text("PrefixListId")) {
            known = true;
            self.prefix_list_entries.insert(id, entries.clone());
        }
        if let (Some(policy), Some(name)) = (text("policyText"), text("repositoryName")) {
            known = true;
            self.repository_policies.insert(name, Value::String(policy));
        }
        if let (Some(services), Some(role)) = (top.get("ServicesLastAccessed"), text("RoleName")) {
            known = true;
            self.last_accessed.insert(role, json!({ "ServicesLastAccessed": services }));
        }
        if let Some(key) = top.get("KeyMetadata") {
            let Some(arn) = key.get("Arn").and_then(Value::as_str).map(str::to_owned) else {
                return Err(EstateError::NoId { file: file.into(), member: "KeyMetadata".into(), id: "Arn" });
            };
            known = true;
            self.keys.insert(arn, key.clone());
        }
        if let (Some(policy), Some(arn)) = (text("Policy"), text("KeyId")) {
            known = true;
            self.key_policies.insert(arn, Value::String(policy));
        }
        if let Some(arn) = text("ARN") {
            known = true;
            self.secret(arn, top);
        }
        if known { Ok(()) } else { Err(EstateError::Unknown { file: file.into() }) }
    }

    fn meta(&mut self, top: &Map<String, Value>) -> bool {
        let text = |name: &str| top.get(name).and_then(Value::as_str);
        let (Some(account), Some(region)) = (text("account"), text("region")) else { return false };
        self.account = account.into();
        self.region = region.into();
        self.partition = text("partition").unwrap_or("aws").into();
        true
    }

    fn task_definition(&mut self, file: &str, definition: Value, tags: Option<Value>) -> Result<(), EstateError> {
        let family = definition.get("family").and_then(Value::as_str).map(str::to_owned);
        let (Some(family), Some(revision)) = (family, definition.get("revision").and_then(Value::as_u64)) else {
            return Err(EstateError::NoId { file: file.into(), member: "taskDefinition".into(), id: "family` and `revision" });
        };
        let tags = tags.unwrap_or_else(|| json!([]));
        self.task_definitions.insert((family, revision), json!({"taskDefinition": definition, "tags": tags}));
        Ok(())
    }

    /// What is printed of one secret: its versions, its policy, or itself.
    fn secret(&mut self, arn: String, mut top: Map<String, Value>) {
        if let Some(versions) = top.remove("Versions") {
            self.secret_versions.insert(arn, versions);
        } else if let Some(policy) = top.remove("ResourcePolicy") {
            self.secret_policies.insert(arn, policy);
        } else if top.keys().any(|name| !["ARN", "Name"].contains(&name.as_str())) {
            self.secrets.insert(arn, Value::Object(top));
        }
    }

    /// `arn:aws:ecs:eu-west-1:111122223333:` and the rest.
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

fn items(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}
