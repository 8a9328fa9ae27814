// Generated from the files beside it; the test run rewrites it when it is out of date.
//! The checks, one pair of files for each.

use crate::Check;

mod container_insights_off;
mod container_logging_off;
mod dangerous_capability;
mod dangling_secret_reference;
mod docker_socket_mounted;
mod exec_enabled;
mod exec_not_logged;
mod fargate_platform_old;
mod host_network_mode;
mod host_pid_namespace;
mod imdsv1_allowed;
mod memory_limit_missing;
mod plaintext_parameter_as_secret;
mod privileged_container;
mod secret_in_task_definition;
mod secret_without_rotation;
mod static_aws_keys;
mod weak_credential;
mod writable_root_filesystem;

/// Every check, by name.
pub static CATALOG: &[Check] = &[
    container_insights_off::CHECK,
    container_logging_off::CHECK,
    dangerous_capability::CHECK,
    dangling_secret_reference::CHECK,
    docker_socket_mounted::CHECK,
    exec_enabled::CHECK,
    exec_not_logged::CHECK,
    fargate_platform_old::CHECK,
    host_network_mode::CHECK,
    host_pid_namespace::CHECK,
    imdsv1_allowed::CHECK,
    memory_limit_missing::CHECK,
    plaintext_parameter_as_secret::CHECK,
    privileged_container::CHECK,
    secret_in_task_definition::CHECK,
    secret_without_rotation::CHECK,
    static_aws_keys::CHECK,
    weak_credential::CHECK,
    writable_root_filesystem::CHECK,
];
