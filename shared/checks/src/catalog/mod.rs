// Generated from the files beside it; the test run rewrites it when it is out of date.
//! The checks, one pair of files for each.

use crate::Check;

mod container_logging_off;
mod dangerous_capability;
mod docker_socket_mounted;
mod host_network_mode;
mod host_pid_namespace;
mod memory_limit_missing;
mod privileged_container;
mod writable_root_filesystem;

/// Every check, by name.
pub static CATALOG: &[Check] = &[
    container_logging_off::CHECK,
    dangerous_capability::CHECK,
    docker_socket_mounted::CHECK,
    host_network_mode::CHECK,
    host_pid_namespace::CHECK,
    memory_limit_missing::CHECK,
    privileged_container::CHECK,
    writable_root_filesystem::CHECK,
];
