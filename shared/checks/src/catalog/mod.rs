// Generated from the files beside it; the test run rewrites it when it is out of date.
//! The checks, one pair of files for each.

use crate::Check;

mod broad_internal_ingress;
mod container_insights_off;
mod container_instance_public_ip;
mod container_logging_off;
mod dangerous_capability;
mod dangling_secret_reference;
mod default_security_group_used;
mod docker_socket_mounted;
mod exec_enabled;
mod exec_not_logged;
mod fargate_platform_old;
mod host_network_mode;
mod host_pid_namespace;
mod imdsv1_allowed;
mod internet_reachable_task;
mod memory_limit_missing;
mod new_privileges_allowed;
mod plaintext_parameter_as_secret;
mod privileged_container;
mod public_ip_assigned;
mod role_admin_equivalent;
mod role_service_wildcard;
mod rotation_overdue;
mod secret_in_log_options;
mod secret_in_run_override;
mod secret_in_task_definition;
mod secret_without_rotation;
mod self_referencing_security_group;
mod sensitive_host_path_mounted;
mod static_aws_keys;
mod task_role_is_execution_role;
mod task_roles_unsupported_by_host;
mod trust_open;
mod unconfined_container;
mod unrestricted_assume_role;
mod weak_credential;
mod writable_root_filesystem;

/// Every check, by name.
pub static CATALOG: &[Check] = &[
    broad_internal_ingress::CHECK,
    container_insights_off::CHECK,
    container_instance_public_ip::CHECK,
    container_logging_off::CHECK,
    dangerous_capability::CHECK,
    dangling_secret_reference::CHECK,
    default_security_group_used::CHECK,
    docker_socket_mounted::CHECK,
    exec_enabled::CHECK,
    exec_not_logged::CHECK,
    fargate_platform_old::CHECK,
    host_network_mode::CHECK,
    host_pid_namespace::CHECK,
    imdsv1_allowed::CHECK,
    internet_reachable_task::CHECK,
    memory_limit_missing::CHECK,
    new_privileges_allowed::CHECK,
    plaintext_parameter_as_secret::CHECK,
    privileged_container::CHECK,
    public_ip_assigned::CHECK,
    role_admin_equivalent::CHECK,
    role_service_wildcard::CHECK,
    rotation_overdue::CHECK,
    secret_in_log_options::CHECK,
    secret_in_run_override::CHECK,
    secret_in_task_definition::CHECK,
    secret_without_rotation::CHECK,
    self_referencing_security_group::CHECK,
    sensitive_host_path_mounted::CHECK,
    static_aws_keys::CHECK,
    task_role_is_execution_role::CHECK,
    task_roles_unsupported_by_host::CHECK,
    trust_open::CHECK,
    unconfined_container::CHECK,
    unrestricted_assume_role::CHECK,
    weak_credential::CHECK,
    writable_root_filesystem::CHECK,
];
