//! Task definition revisions, with the values that may hold secrets redacted.
//!
//! Source: Amazon ECS API Reference, `TaskDefinition`, `ContainerDefinition`, `Volume`.

use serde::{Deserialize, Serialize};

use super::Tag;
use crate::Time;
use crate::lenient;
use crate::redacted::{RedactedCommand, RedactedPair};

api! {
    /// A task definition revision, values redacted.
    pub struct TaskDefinition {
        /// ARN with revision.
        pub task_definition_arn: String,
        /// Family.
        pub family: String,
        /// Revision.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub revision: Option<i64>,
        /// `ACTIVE`, `INACTIVE`, `DELETE_IN_PROGRESS`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
        /// Role of the containers.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub task_role_arn: Option<String>,
        /// Role of the agent that starts them.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub execution_role_arn: Option<String>,
        /// `awsvpc`, `bridge`, `host`, `none`, `default`; absent means bridge (EC2 Linux) or default (Windows).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub network_mode: Option<String>,
        /// `host` or `task`; absent means a namespace of its own.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub pid_mode: Option<String>,
        /// `host`, `task` or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub ipc_mode: Option<String>,
        /// Task CPU units, as text.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::number_text")]
        pub cpu: Option<String>,
        /// Task memory in MiB, as text.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::number_text")]
        pub memory: Option<String>,
        /// Launch types the customer asked to be checked for.
        #[serde(deserialize_with = "lenient::list")]
        pub requires_compatibilities: Vec<String>,
        /// Operating system and architecture.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub runtime_platform: Option<RuntimePlatform>,
        /// Containers.
        #[serde(deserialize_with = "lenient::list")]
        pub container_definitions: Vec<ContainerDefinition>,
        /// Volumes.
        #[serde(deserialize_with = "lenient::list")]
        pub volumes: Vec<Volume>,
        /// Whether fault injection is on.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub enable_fault_injection: Option<bool>,
        /// Who registered it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub registered_by: Option<String>,
        /// When it was registered.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub registered_at: Option<Time>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
        /// Sightings on task-level surfaces and on strings of fields this model does not know.
        #[serde(deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
        pub other_text: Vec<RedactedPair>,
        /// Version of the detector's rules that examined the values.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub rules_version: Option<String>,
    }

    /// Operating system and architecture.
    pub struct RuntimePlatform {
        /// `LINUX`, `WINDOWS_SERVER_2022_CORE`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub operating_system_family: Option<String>,
        /// `X86_64` or `ARM64`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cpu_architecture: Option<String>,
    }

    /// A container of a task definition.
    pub struct ContainerDefinition {
        /// Name.
        pub name: String,
        /// Image reference.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub image: Option<String>,
        /// Whether the task stops with it; absent means true.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub essential: Option<bool>,
        /// Whether it has the host's privileges.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub privileged: Option<bool>,
        /// Whether its root file system is read-only; absent means false.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub readonly_root_filesystem: Option<bool>,
        /// User, `uid`, `uid:gid`, `name`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub user: Option<String>,
        /// CPU units.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub cpu: Option<i64>,
        /// Hard limit, MiB.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub memory: Option<i64>,
        /// Soft limit, MiB.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub memory_reservation: Option<i64>,
        /// Command line, redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub command: Option<RedactedCommand>,
        /// Entry point, redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub entry_point: Option<RedactedCommand>,
        /// Environment, redacted.
        #[serde(deserialize_with = "lenient::list")]
        pub environment: Vec<RedactedPair>,
        /// Environment files in S3.
        #[serde(deserialize_with = "lenient::list")]
        pub environment_files: Vec<EnvironmentFile>,
        /// References to secrets and parameters.
        #[serde(deserialize_with = "lenient::list")]
        pub secrets: Vec<SecretReference>,
        /// Ports.
        #[serde(deserialize_with = "lenient::list")]
        pub port_mappings: Vec<PortMapping>,
        /// Mounts.
        #[serde(deserialize_with = "lenient::list")]
        pub mount_points: Vec<MountPoint>,
        /// Mounts inherited from other containers.
        #[serde(deserialize_with = "lenient::list")]
        pub volumes_from: Vec<VolumeFrom>,
        /// Capabilities, devices, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub linux_parameters: Option<LinuxParameters>,
        /// `apparmor:…`, `label:…`, `no-new-privileges`, `credentialspec:…`.
        #[serde(deserialize_with = "lenient::list")]
        pub docker_security_options: Vec<String>,
        /// Logging, options redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub log_configuration: Option<LogConfiguration>,
        /// FireLens router, options redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub firelens_configuration: Option<FirelensConfiguration>,
        /// Labels, redacted.
        #[serde(deserialize_with = "lenient::list")]
        pub docker_labels: Vec<RedactedPair>,
        /// Health check, redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub health_check: Option<HealthCheck>,
        /// Credentials of a private registry.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub repository_credentials: Option<RepositoryCredentials>,
        /// Credential specifications of Active Directory: `credentialspec:` or `credentialspecdomainless:`
        /// and the ARN of a parameter or an object in S3.
        #[serde(deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
        pub credential_specs: Vec<String>,
        /// Whether the digest is fixed for a deployment.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub version_consistency: Option<String>,
        /// Sightings on strings of fields this model does not know.
        #[serde(deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
        pub other_text: Vec<RedactedPair>,
    }

    /// An environment file in S3.
    pub struct EnvironmentFile {
        /// ARN of the object.
        pub value: String,
        /// `s3`.
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        pub kind: Option<String>,
    }

    /// A variable or log option that takes its value from a secret store.
    pub struct SecretReference {
        /// Name of the variable or option.
        pub name: String,
        /// ARN of a secret or parameter, or name of a parameter.
        pub value_from: String,
    }

    /// A port of a container.
    pub struct PortMapping {
        /// Port in the container.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub container_port: Option<i64>,
        /// Range of ports in the container, `8000-8010`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub container_port_range: Option<String>,
        /// Port on the host; 0 or absent in bridge mode means a dynamic one.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub host_port: Option<i64>,
        /// `tcp` or `udp`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub protocol: Option<String>,
        /// Name, for Service Connect.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// `http`, `http2`, `grpc`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub app_protocol: Option<String>,
    }

    /// A volume mounted into a container.
    pub struct MountPoint {
        /// Name of the volume.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub source_volume: Option<String>,
        /// Path in the container.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub container_path: Option<String>,
        /// Whether it is read-only; absent means writable.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub read_only: Option<bool>,
    }

    /// Mounts taken over from another container.
    pub struct VolumeFrom {
        /// The other container.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub source_container: Option<String>,
        /// Whether they are read-only here.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub read_only: Option<bool>,
    }

    /// Linux-specific parameters.
    pub struct LinuxParameters {
        /// Capabilities added and dropped.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub capabilities: Option<Capabilities>,
        /// Host devices.
        #[serde(deserialize_with = "lenient::list")]
        pub devices: Vec<Device>,
        /// Whether an init process runs.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub init_process_enabled: Option<bool>,
    }

    /// Capabilities relative to Docker's default set.
    pub struct Capabilities {
        /// Added, after `drop`.
        #[serde(deserialize_with = "lenient::list")]
        pub add: Vec<String>,
        /// Dropped.
        #[serde(deserialize_with = "lenient::list")]
        pub drop: Vec<String>,
    }

    /// A host device given to a container.
    pub struct Device {
        /// Path on the host.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub host_path: Option<String>,
        /// Path in the container.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub container_path: Option<String>,
        /// `read`, `write`, `mknod`; empty means all.
        #[serde(deserialize_with = "lenient::list")]
        pub permissions: Vec<String>,
    }

    /// Log driver and options.
    pub struct LogConfiguration {
        /// `awslogs`, `awsfirelens`, `splunk`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub log_driver: Option<String>,
        /// Options, redacted but for an allow-list.
        #[serde(deserialize_with = "lenient::list")]
        pub options: Vec<RedactedPair>,
        /// Options taken from a secret store.
        #[serde(deserialize_with = "lenient::list")]
        pub secret_options: Vec<SecretReference>,
    }

    /// FireLens router.
    pub struct FirelensConfiguration {
        /// `fluentd` or `fluentbit`.
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        pub kind: Option<String>,
        /// Options, redacted but for an allow-list.
        #[serde(deserialize_with = "lenient::list")]
        pub options: Vec<RedactedPair>,
    }

    /// Container health check.
    pub struct HealthCheck {
        /// Command, redacted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub command: Option<RedactedCommand>,
    }

    /// Credentials of a private registry.
    pub struct RepositoryCredentials {
        /// ARN or name of the secret.
        pub credentials_parameter: String,
    }

    /// A volume of a task definition.
    pub struct Volume {
        /// Name.
        pub name: String,
        /// Bind mount; without `sourcePath` a directory that Docker manages.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub host: Option<HostVolume>,
        /// Docker volume.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub docker_volume_configuration: Option<DockerVolumeConfiguration>,
        /// Amazon EFS volume.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub efs_volume_configuration: Option<EfsVolumeConfiguration>,
        /// Amazon FSx for Windows File Server volume.
        #[serde(rename = "fsxWindowsFileServerVolumeConfiguration", skip_serializing_if = "Option::is_none")]
        pub fsx_volume_configuration: Option<FsxVolumeConfiguration>,
        /// Amazon S3 Files volume.
        #[serde(rename = "s3filesVolumeConfiguration", skip_serializing_if = "Option::is_none")]
        pub s3_files_volume_configuration: Option<S3FilesVolumeConfiguration>,
        /// Whether it is configured at launch (managed EBS).
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub configured_at_launch: Option<bool>,
    }

    /// Bind mount.
    pub struct HostVolume {
        /// Path on the host.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub source_path: Option<String>,
    }

    /// Docker volume.
    pub struct DockerVolumeConfiguration {
        /// `task` or `shared`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub scope: Option<String>,
        /// Volume driver; absent means `local`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub driver: Option<String>,
        /// Options, redacted but for an allow-list.
        #[serde(deserialize_with = "lenient::list")]
        pub driver_opts: Vec<RedactedPair>,
    }

    /// Amazon EFS volume.
    pub struct EfsVolumeConfiguration {
        /// File system id.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub file_system_id: Option<String>,
        /// Directory mounted as root.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub root_directory: Option<String>,
        /// `ENABLED` or `DISABLED`; absent means `DISABLED`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub transit_encryption: Option<String>,
        /// Access point and IAM authorization.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub authorization_config: Option<EfsAuthorizationConfig>,
    }

    /// Access point and IAM authorization of an EFS volume.
    pub struct EfsAuthorizationConfig {
        /// Access point id.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub access_point_id: Option<String>,
        /// `ENABLED` or `DISABLED`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub iam: Option<String>,
    }

    /// Amazon FSx for Windows File Server volume.
    pub struct FsxVolumeConfiguration {
        /// File system id.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub file_system_id: Option<String>,
        /// Directory mounted as root.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub root_directory: Option<String>,
        /// Credentials for the file system.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub authorization_config: Option<FsxAuthorizationConfig>,
    }

    /// Credentials for an Amazon FSx file system.
    pub struct FsxAuthorizationConfig {
        /// ARN of a secret or parameter.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub credentials_parameter: Option<String>,
        /// Domain of the directory.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub domain: Option<String>,
    }

    /// Amazon S3 Files volume.
    pub struct S3FilesVolumeConfiguration {
        /// ARN of the file system.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub file_system_arn: Option<String>,
        /// ARN of the access point.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub access_point_arn: Option<String>,
        /// Directory mounted as root.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub root_directory: Option<String>,
    }
}
