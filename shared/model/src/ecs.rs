//! Amazon ECS objects as DescribeClusters, DescribeServices, DescribeTasks,
//! DescribeContainerInstances, DescribeTaskDefinition and DescribeCapacityProviders give them,
//! with field names as the AWS CLI prints them.
//!
//! Strings that may hold secrets are replaced by their [`redacted`](crate::redacted) forms before
//! they get here; these types have no field that could take a value in clear.
//! Source: Amazon ECS API Reference, "Data Types".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::lenient;
use crate::redacted::{RedactedCommand, RedactedPair};

macro_rules! api {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field:meta])* pub $member:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase", default)]
            pub struct $name { $($(#[$field])* pub $member: $type,)* }
        )*
    };
}

mod definition;

pub use definition::*;

api! {
    /// A cluster (`DescribeClusters` with `include` SETTINGS, CONFIGURATIONS, TAGS).
    pub struct Cluster {
        /// ARN.
        pub cluster_arn: String,
        /// Name.
        pub cluster_name: String,
        /// `ACTIVE`, `INACTIVE`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
        /// Settings such as `containerInsights`. AWS always names that one when settings were
        /// asked for, so an empty list means that they were not.
        #[serde(deserialize_with = "lenient::list")]
        pub settings: Vec<Setting>,
        /// ECS Exec and managed storage configuration.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub configuration: Option<ClusterConfiguration>,
        /// Names of the capacity providers associated with the cluster.
        #[serde(deserialize_with = "lenient::list")]
        pub capacity_providers: Vec<String>,
        /// Used where a service or task names neither launch type nor strategy.
        #[serde(deserialize_with = "lenient::list")]
        pub default_capacity_provider_strategy: Vec<StrategyItem>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// A name and a value.
    pub struct Setting {
        /// Name, `containerInsights`.
        pub name: String,
        /// Value, `enabled`.
        pub value: String,
    }

    /// `configuration` of a cluster.
    pub struct ClusterConfiguration {
        /// ECS Exec: logging and encryption of sessions.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub execute_command_configuration: Option<ExecuteCommandConfiguration>,
        /// Keys for managed and ephemeral storage.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub managed_storage_configuration: Option<ManagedStorageConfiguration>,
    }

    /// ECS Exec configuration of a cluster.
    pub struct ExecuteCommandConfiguration {
        /// Key that encrypts the session.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub kms_key_id: Option<String>,
        /// `NONE`, `DEFAULT` or `OVERRIDE`; absent means `DEFAULT`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub logging: Option<String>,
        /// Where sessions are logged, with `OVERRIDE`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub log_configuration: Option<ExecuteCommandLogConfiguration>,
    }

    /// Where ECS Exec sessions are logged.
    pub struct ExecuteCommandLogConfiguration {
        /// CloudWatch log group.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cloud_watch_log_group_name: Option<String>,
        /// Whether the log group is encrypted.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub cloud_watch_encryption_enabled: Option<bool>,
        /// S3 bucket.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub s3_bucket_name: Option<String>,
        /// Whether the objects are encrypted.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub s3_encryption_enabled: Option<bool>,
        /// Prefix of the objects.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub s3_key_prefix: Option<String>,
    }

    /// Keys for the storage that ECS manages.
    pub struct ManagedStorageConfiguration {
        /// Key for managed EBS volumes.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub kms_key_id: Option<String>,
        /// Key for Fargate ephemeral storage.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub fargate_ephemeral_storage_kms_key_id: Option<String>,
    }

    /// One item of a capacity provider strategy.
    pub struct StrategyItem {
        /// Name of the capacity provider.
        pub capacity_provider: String,
        /// Relative share.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub weight: Option<i64>,
        /// Tasks that run on it at least.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub base: Option<i64>,
    }

    /// A resource tag.
    pub struct Tag {
        /// Key.
        pub key: String,
        /// Value; absent where it was withheld because it holds a credential.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub value: Option<String>,
    }

    /// A service (`DescribeServices` with `include` TAGS).
    pub struct Service {
        /// ARN.
        pub service_arn: String,
        /// Name.
        pub service_name: String,
        /// ARN of its cluster.
        pub cluster_arn: String,
        /// `ACTIVE`, `DRAINING`, `INACTIVE`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
        /// Tasks wanted.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub desired_count: Option<i64>,
        /// Tasks running.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub running_count: Option<i64>,
        /// Absent whenever a capacity provider strategy was used.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub launch_type: Option<String>,
        /// Capacity provider strategy.
        #[serde(deserialize_with = "lenient::list")]
        pub capacity_provider_strategy: Vec<StrategyItem>,
        /// Fargate platform version, as configured.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub platform_version: Option<String>,
        /// Operating system family.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub platform_family: Option<String>,
        /// ARN of the task definition that is configured; absent with an external deployment controller.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub task_definition: Option<String>,
        /// Deployments, one for each revision in flight.
        #[serde(deserialize_with = "lenient::list")]
        pub deployments: Vec<Deployment>,
        /// Task sets, with an external or CODE_DEPLOY controller.
        #[serde(deserialize_with = "lenient::list")]
        pub task_sets: Vec<TaskSet>,
        /// awsvpc configuration.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub network_configuration: Option<NetworkConfiguration>,
        /// Target groups and load balancers.
        #[serde(deserialize_with = "lenient::list")]
        pub load_balancers: Vec<ServiceLoadBalancer>,
        /// Cloud Map registries.
        #[serde(deserialize_with = "lenient::list")]
        pub service_registries: Vec<ServiceRegistry>,
        /// Whether ECS Exec is on. Absent where the answer did not say.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub enable_execute_command: Option<bool>,
        /// `REPLICA` or `DAEMON`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub scheduling_strategy: Option<String>,
        /// ARN of the role ECS uses for load balancers.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub role_arn: Option<String>,
        /// When it was created.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub created_at: Option<Time>,
        /// Who created it, where ECS says.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub created_by: Option<String>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// One deployment of a service.
    pub struct Deployment {
        /// Identifier, `ecs-svc/…`.
        pub id: String,
        /// `PRIMARY`, `ACTIVE`, `INACTIVE`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
        /// ARN of its task definition.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub task_definition: Option<String>,
        /// Tasks wanted.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub desired_count: Option<i64>,
        /// Tasks running.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub running_count: Option<i64>,
        /// Launch type.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub launch_type: Option<String>,
        /// Capacity provider strategy.
        #[serde(deserialize_with = "lenient::list")]
        pub capacity_provider_strategy: Vec<StrategyItem>,
        /// Fargate platform version.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub platform_version: Option<String>,
        /// Operating system family.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub platform_family: Option<String>,
        /// awsvpc configuration.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub network_configuration: Option<NetworkConfiguration>,
        /// Service Connect.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub service_connect_configuration: Option<ServiceConnectConfiguration>,
        /// `IN_PROGRESS`, `COMPLETED`, `FAILED`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub rollout_state: Option<String>,
    }

    /// A task set of a service.
    pub struct TaskSet {
        /// Identifier.
        pub id: String,
        /// ARN.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub task_set_arn: Option<String>,
        /// `PRIMARY`, `ACTIVE`, `DRAINING`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
        /// ARN of its task definition.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub task_definition: Option<String>,
        /// Launch type.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub launch_type: Option<String>,
        /// Capacity provider strategy.
        #[serde(deserialize_with = "lenient::list")]
        pub capacity_provider_strategy: Vec<StrategyItem>,
        /// Fargate platform version.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub platform_version: Option<String>,
        /// Operating system family.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub platform_family: Option<String>,
        /// awsvpc configuration.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub network_configuration: Option<NetworkConfiguration>,
        /// Target groups.
        #[serde(deserialize_with = "lenient::list")]
        pub load_balancers: Vec<ServiceLoadBalancer>,
    }

    /// Network configuration of a service, deployment or task set.
    pub struct NetworkConfiguration {
        /// Present with network mode `awsvpc`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub awsvpc_configuration: Option<AwsvpcConfiguration>,
    }

    /// awsvpc configuration.
    pub struct AwsvpcConfiguration {
        /// Subnet ids.
        #[serde(deserialize_with = "lenient::list")]
        pub subnets: Vec<String>,
        /// Security group ids; empty means the default group of the VPC.
        #[serde(deserialize_with = "lenient::list")]
        pub security_groups: Vec<String>,
        /// `ENABLED` or `DISABLED`; absent means `DISABLED`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub assign_public_ip: Option<String>,
    }

    /// A target group or classic load balancer of a service.
    pub struct ServiceLoadBalancer {
        /// ARN of the target group.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub target_group_arn: Option<String>,
        /// Name of a classic load balancer.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub load_balancer_name: Option<String>,
        /// Container that takes the traffic.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub container_name: Option<String>,
        /// Its port.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub container_port: Option<i64>,
    }

    /// A Cloud Map registry of a service.
    pub struct ServiceRegistry {
        /// ARN of the Cloud Map service.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub registry_arn: Option<String>,
        /// Container registered.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub container_name: Option<String>,
        /// Its port.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub container_port: Option<i64>,
    }

    /// Service Connect configuration of a deployment.
    pub struct ServiceConnectConfiguration {
        /// Whether it is on.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub enabled: Option<bool>,
        /// Cloud Map namespace.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub namespace: Option<String>,
        /// Endpoints offered; none for a client only.
        #[serde(deserialize_with = "lenient::list")]
        pub services: Vec<ServiceConnectService>,
        /// Log configuration of the proxy, options redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub log_configuration: Option<LogConfiguration>,
    }

    /// One endpoint that a service offers through Service Connect.
    pub struct ServiceConnectService {
        /// Name of the port mapping.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub port_name: Option<String>,
        /// Discovery name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub discovery_name: Option<String>,
        /// Port of the proxy for inbound traffic.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub ingress_port_override: Option<i64>,
        /// TLS, if configured.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub tls: Option<ServiceConnectTls>,
    }

    /// TLS of a Service Connect endpoint.
    pub struct ServiceConnectTls {
        /// Key that protects the private key.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub kms_key: Option<String>,
        /// Role for certificates.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub role_arn: Option<String>,
    }

    /// A running task (`DescribeTasks` with `include` TAGS).
    pub struct Task {
        /// ARN.
        pub task_arn: String,
        /// ARN of its cluster.
        pub cluster_arn: String,
        /// ARN of its task definition.
        pub task_definition_arn: String,
        /// `service:NAME`, `family:NAME` or a group of the caller's choice.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub group: Option<String>,
        /// Deployment (`ecs-svc/…`), schedule or the caller's text.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub started_by: Option<String>,
        /// `PROVISIONING`, `RUNNING`, `STOPPED`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub last_status: Option<String>,
        /// `RUNNING` or `STOPPED`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub desired_status: Option<String>,
        /// `FARGATE`, `EC2`, `EXTERNAL`, `MANAGED_INSTANCES`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub launch_type: Option<String>,
        /// Capacity provider it was placed by.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub capacity_provider_name: Option<String>,
        /// Container instance it runs on.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub container_instance_arn: Option<String>,
        /// Fargate platform version that runs.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub platform_version: Option<String>,
        /// Operating system family that runs.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub platform_family: Option<String>,
        /// Whether ECS Exec is on.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub enable_execute_command: Option<bool>,
        /// Network interfaces and volumes.
        #[serde(deserialize_with = "lenient::list")]
        pub attachments: Vec<Attachment>,
        /// Containers that run, those injected by AWS included.
        #[serde(deserialize_with = "lenient::list")]
        pub containers: Vec<RunningContainer>,
        /// What RunTask overrode, values redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub overrides: Option<TaskOverride>,
        /// When it was asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub created_at: Option<Time>,
        /// When it started.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub started_at: Option<Time>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// Something attached to a task: `ElasticNetworkInterface`, `AmazonElasticBlockStorage`, …
    pub struct Attachment {
        /// Identifier.
        pub id: String,
        /// Kind.
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        pub kind: Option<String>,
        /// `ATTACHED`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
        /// `networkInterfaceId`, `subnetId`, `privateIPv4Address`, …
        #[serde(deserialize_with = "lenient::list")]
        pub details: Vec<Setting>,
    }

    /// A container as it runs.
    pub struct RunningContainer {
        /// Name.
        pub name: String,
        /// Image reference.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub image: Option<String>,
        /// Digest that runs.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub image_digest: Option<String>,
        /// `RUNNING`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub last_status: Option<String>,
        /// Host ports of bridge and host mode.
        #[serde(deserialize_with = "lenient::list")]
        pub network_bindings: Vec<NetworkBinding>,
    }

    /// A host port of a running container.
    pub struct NetworkBinding {
        /// Address on the host.
        #[serde(rename = "bindIP", skip_serializing_if = "Option::is_none")]
        pub bind_ip: Option<String>,
        /// Port in the container.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub container_port: Option<i64>,
        /// Port on the host.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub host_port: Option<i64>,
        /// `tcp` or `udp`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub protocol: Option<String>,
    }

    /// What RunTask or a schedule overrode.
    pub struct TaskOverride {
        /// Per container, by name.
        #[serde(deserialize_with = "lenient::list")]
        pub container_overrides: Vec<ContainerOverride>,
        /// Another task role.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub task_role_arn: Option<String>,
        /// Another execution role.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub execution_role_arn: Option<String>,
        /// Task CPU units.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::number_text")]
        pub cpu: Option<String>,
        /// Task memory in MiB.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::number_text")]
        pub memory: Option<String>,
    }

    /// Overrides for one container.
    pub struct ContainerOverride {
        /// Name of the container.
        pub name: String,
        /// Command line, redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub command: Option<RedactedCommand>,
        /// Environment, redacted.
        #[serde(deserialize_with = "lenient::list")]
        pub environment: Vec<RedactedPair>,
        /// Environment files.
        #[serde(deserialize_with = "lenient::list")]
        pub environment_files: Vec<EnvironmentFile>,
        /// CPU units.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub cpu: Option<i64>,
        /// Hard limit, MiB.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub memory: Option<i64>,
        /// Soft limit, MiB.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub memory_reservation: Option<i64>,
    }

    /// A container instance (`DescribeContainerInstances` with `include` TAGS).
    pub struct ContainerInstance {
        /// ARN.
        pub container_instance_arn: String,
        /// EC2 instance id, or `mi-…` for ECS Anywhere.
        #[serde(rename = "ec2InstanceId", skip_serializing_if = "Option::is_none")]
        pub ec2_instance_id: Option<String>,
        /// Capacity provider.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub capacity_provider_name: Option<String>,
        /// `ACTIVE`, `DRAINING`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
        /// Whether the agent is connected.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub agent_connected: Option<bool>,
        /// Versions of agent and Docker.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub version_info: Option<VersionInfo>,
        /// Capabilities and custom attributes.
        #[serde(deserialize_with = "lenient::list")]
        pub attributes: Vec<Attribute>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// Versions on a container instance.
    pub struct VersionInfo {
        /// ECS agent, `1.98.0`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub agent_version: Option<String>,
        /// Docker, `DockerVersion: 25.0.8`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub docker_version: Option<String>,
    }

    /// A capability or custom attribute.
    pub struct Attribute {
        /// Name, `com.amazonaws.ecs.capability.task-iam-role`.
        pub name: String,
        /// Value, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub value: Option<String>,
    }

    /// A capacity provider (`DescribeCapacityProviders`).
    pub struct CapacityProvider {
        /// Name.
        pub name: String,
        /// ARN.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub capacity_provider_arn: Option<String>,
        /// `ACTIVE`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
        /// Present for providers over an Auto Scaling group.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub auto_scaling_group_provider: Option<AutoScalingGroupProvider>,
        /// Present for ECS Managed Instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub managed_instances_provider: Option<ManagedInstancesProvider>,
    }

    /// Auto Scaling group behind a capacity provider.
    pub struct AutoScalingGroupProvider {
        /// ARN of the group.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub auto_scaling_group_arn: Option<String>,
        /// `ENABLED` or `DISABLED`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub managed_termination_protection: Option<String>,
    }

    /// Managed Instances behind a capacity provider.
    pub struct ManagedInstancesProvider {
        /// Role ECS uses.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub infrastructure_role_arn: Option<String>,
    }

    /// A task definition family and its latest ACTIVE revision.
    pub struct Family {
        /// Name.
        pub family: String,
        /// ARN of the latest ACTIVE revision, if there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub latest_active: Option<String>,
    }
}

impl Cluster {
    /// Value of the setting called `name`.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|setting| setting.name == name).map(|setting| setting.value.as_str())
    }
}

impl Task {
    /// Identifiers of the network interfaces attached to the task.
    pub fn network_interface_ids(&self) -> impl Iterator<Item = &str> {
        self.attachments
            .iter()
            .flat_map(|attachment| &attachment.details)
            .filter(|detail| detail.name == "networkInterfaceId")
            .map(|detail| detail.value.as_str())
    }

    /// Name of the service that owns the task, if it belongs to one.
    #[must_use]
    pub fn service_name(&self) -> Option<&str> {
        self.group.as_deref()?.strip_prefix("service:")
    }
}

impl ContainerInstance {
    /// Whether the instance announces the attribute `name`.
    #[must_use]
    pub fn has_attribute(&self, name: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute.name == name)
    }
}

/// Tags as a map; a key without a value (withheld) maps to nothing.
#[must_use]
pub fn tag_map(tags: &[Tag]) -> BTreeMap<&str, Option<&str>> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_deref())).collect()
}
