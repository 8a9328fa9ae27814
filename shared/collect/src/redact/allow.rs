//! What may stay in clear because checks need it.

/// Log options whose value may stay.
pub(super) const LOG_OPTIONS: &[&str] = &[
    "mode",
    "max-buffer-size",
    "tag",
    "labels",
    "labels-regex",
    "env",
    "env-regex",
    "Name",
    "region",
    // Where an output of FireLens writes, and as whom: Fluent Bit's names, then Fluentd's.
    "log_group_name",
    "log_stream_name",
    "log_stream_prefix",
    "auto_create_group",
    "delivery_stream",
    "stream",
    "bucket",
    "role_arn",
    "@type",
    "delivery_stream_name",
    "stream_name",
    "s3_bucket",
    "TLS",
    "tls.verify",
];
/// FireLens options whose value may stay.
pub(super) const FIRELENS_OPTIONS: &[&str] = &["config-file-type", "config-file-value", "enable-ecs-log-metadata"];

const MOUNT_OPTIONS: &[&str] = &["addr", "vers", "nfsvers", "bind", "ro", "rw", "uid", "gid", "sec", "xprtsec"];

/// Whether the value of option `name` may stay. Fluent Bit does not look at the case of names.
pub(super) fn option(name: &str, allowed: &[&str]) -> bool {
    name.starts_with("awslogs-") || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

/// What may stay of a volume driver's option.
pub(super) fn driver_option(name: &str, value: &str) -> Option<String> {
    match name {
        "type" => plain(value).then(|| value.to_owned()),
        "device" => (value.starts_with('/') && !value.contains(['@', '?'])).then(|| value.to_owned()),
        "o" => {
            let kept: Vec<String> = value
                .split(',')
                .filter_map(|option| match option.split_once('=') {
                    Some((name, value)) if MOUNT_OPTIONS.contains(&name) => Some(format!("{name}={value}")),
                    Some((name, _)) => plain(name).then(|| format!("{name}=")),
                    None => plain(option).then(|| option.to_owned()),
                })
                .collect();
            Some(kept.join(","))
        }
        _ => None,
    }
}

fn plain(word: &str) -> bool {
    word.len() <= 32 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
