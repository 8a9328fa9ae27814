// Generated from the files beside it; the test run rewrites it when it is out of date.
//! The checks, one pair of files for each.

use crate::Check;

mod agent_impersonation;
mod assume_role_chain;
mod broad_internal_ingress;
mod container_insights_off;
mod container_instance_public_ip;
mod container_logging_off;
mod dangerous_capability;
mod dangling_secret_reference;
mod default_security_group_used;
mod deploy_role_trust_too_wide;
mod docker_socket_mounted;
mod exec_enabled;
mod exec_lateral_movement;
mod exec_not_logged;
mod exec_permission_unused;
mod execution_role_excess;
mod execution_role_managed_policy;
mod execution_role_missing_permission;
mod execution_role_reads_unreferenced_secrets;
mod fargate_platform_old;
mod host_network_mode;
mod host_pid_namespace;
mod imds_reachable;
mod imdsv1_allowed;
mod infrastructure_role_excess;
mod instance_role_crosses_clusters;
mod instance_role_excess;
mod internet_reachable_task;
mod memory_limit_missing;
mod new_privileges_allowed;
mod plaintext_parameter_as_secret;
mod privileged_container;
mod public_ip_assigned;
mod role_admin_equivalent;
mod role_allow_with_negation;
mod role_broad_data_read;
mod role_broad_write;
mod role_can_blind_defences;
mod role_can_escalate;
mod role_can_expose_resources;
mod role_service_wildcard;
mod role_shared;
mod role_shared_across_kinds;
mod role_statement_ineffective;
mod role_unused;
mod rotation_overdue;
mod secret_in_log_options;
mod secret_in_run_override;
mod secret_in_task_definition;
mod secret_readable_by_many;
mod secret_readable_by_path;
mod secret_without_rotation;
mod self_referencing_security_group;
mod sensitive_host_path_mounted;
mod static_aws_keys;
mod task_role_absent;
mod task_role_holds_execution_permissions;
mod task_role_is_execution_role;
mod task_role_reads_other_workloads_secrets;
mod task_role_takeover;
mod task_roles_unsupported_by_host;
mod trust_confused_deputy;
mod trust_cross_account;
mod trust_extra_service;
mod trust_open;
mod trust_orphan_principal;
mod trust_role_chaining;
mod unconfined_container;
mod unrestricted_assume_role;
mod untrusted_sidecar_shares_task_role;
mod weak_credential;
mod workload_controls_ecs;
mod writable_root_filesystem;

/// Every check, by name.
pub static CATALOG: &[Check] = &[
    agent_impersonation::CHECK,
    assume_role_chain::CHECK,
    broad_internal_ingress::CHECK,
    container_insights_off::CHECK,
    container_instance_public_ip::CHECK,
    container_logging_off::CHECK,
    dangerous_capability::CHECK,
    dangling_secret_reference::CHECK,
    default_security_group_used::CHECK,
    deploy_role_trust_too_wide::CHECK,
    docker_socket_mounted::CHECK,
    exec_enabled::CHECK,
    exec_lateral_movement::CHECK,
    exec_not_logged::CHECK,
    exec_permission_unused::CHECK,
    execution_role_excess::CHECK,
    execution_role_managed_policy::CHECK,
    execution_role_missing_permission::CHECK,
    execution_role_reads_unreferenced_secrets::CHECK,
    fargate_platform_old::CHECK,
    host_network_mode::CHECK,
    host_pid_namespace::CHECK,
    imds_reachable::CHECK,
    imdsv1_allowed::CHECK,
    infrastructure_role_excess::CHECK,
    instance_role_crosses_clusters::CHECK,
    instance_role_excess::CHECK,
    internet_reachable_task::CHECK,
    memory_limit_missing::CHECK,
    new_privileges_allowed::CHECK,
    plaintext_parameter_as_secret::CHECK,
    privileged_container::CHECK,
    public_ip_assigned::CHECK,
    role_admin_equivalent::CHECK,
    role_allow_with_negation::CHECK,
    role_broad_data_read::CHECK,
    role_broad_write::CHECK,
    role_can_blind_defences::CHECK,
    role_can_escalate::CHECK,
    role_can_expose_resources::CHECK,
    role_service_wildcard::CHECK,
    role_shared::CHECK,
    role_shared_across_kinds::CHECK,
    role_statement_ineffective::CHECK,
    role_unused::CHECK,
    rotation_overdue::CHECK,
    secret_in_log_options::CHECK,
    secret_in_run_override::CHECK,
    secret_in_task_definition::CHECK,
    secret_readable_by_many::CHECK,
    secret_readable_by_path::CHECK,
    secret_without_rotation::CHECK,
    self_referencing_security_group::CHECK,
    sensitive_host_path_mounted::CHECK,
    static_aws_keys::CHECK,
    task_role_absent::CHECK,
    task_role_holds_execution_permissions::CHECK,
    task_role_is_execution_role::CHECK,
    task_role_reads_other_workloads_secrets::CHECK,
    task_role_takeover::CHECK,
    task_roles_unsupported_by_host::CHECK,
    trust_confused_deputy::CHECK,
    trust_cross_account::CHECK,
    trust_extra_service::CHECK,
    trust_open::CHECK,
    trust_orphan_principal::CHECK,
    trust_role_chaining::CHECK,
    unconfined_container::CHECK,
    unrestricted_assume_role::CHECK,
    untrusted_sidecar_shares_task_role::CHECK,
    weak_credential::CHECK,
    workload_controls_ecs::CHECK,
    writable_root_filesystem::CHECK,
];
