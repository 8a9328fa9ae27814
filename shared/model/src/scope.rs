//! What a scan is to read: everything, or what a few keys make stale.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a scan is to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everything in the account and Region.
    Full,
    /// What these keys make stale.
    Narrow(BTreeSet<Key>),
}

impl Scope {
    /// More keys than this are answered by a full scan.
    pub const MOST_KEYS: usize = 500;

    /// The scope for `keys`: full where they name the account as a whole or are too many.
    #[must_use]
    pub fn of_keys(keys: BTreeSet<Key>) -> Self {
        if keys.len() > Self::MOST_KEYS || keys.contains(&Key::Account) { Self::Full } else { Self::Narrow(keys) }
    }
}

macro_rules! keys {
    ($($(#[$meta:meta])* $variant:ident => $prefix:literal,)*) => {
        /// Something that an event made stale.
        ///
        /// Written as `kind:identifier` (`svc:shop/api`, `sg:sg-0a1`), or as a bare word where there
        /// is nothing to identify.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Key {
            /// The account and Region as a whole.
            Account,
            /// The registry's own settings.
            Registry,
            /// The account's ECS settings.
            Settings,
            $($(#[$meta])* $variant(String),)*
        }

        impl fmt::Display for Key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Account => f.write_str("account"),
                    Self::Registry => f.write_str("registry"),
                    Self::Settings => f.write_str("settings"),
                    $(Self::$variant(id) => write!(f, "{}:{id}", $prefix),)*
                }
            }
        }

        impl FromStr for Key {
            type Err = NotAKey;

            fn from_str(text: &str) -> Result<Self, NotAKey> {
                let refuse = || NotAKey(text.chars().take(80).collect());
                match text {
                    "account" => return Ok(Self::Account),
                    "registry" => return Ok(Self::Registry),
                    "settings" => return Ok(Self::Settings),
                    _ => {}
                }
                let (prefix, id) = text.split_once(':').filter(|(_, id)| !id.is_empty()).ok_or_else(refuse)?;
                match prefix {
                    $($prefix => Ok(Self::$variant(id.to_owned())),)*
                    _ => Err(refuse()),
                }
            }
        }
    };
}

keys! {
    /// A service: `cluster/service`.
    Service => "svc",
    /// A cluster by name.
    Cluster => "cluster",
    /// A task definition family.
    Family => "td",
    /// The container instances of a cluster, by the cluster's name.
    ContainerInstances => "ci",
    /// A capacity provider by name.
    CapacityProvider => "cp",
    /// A role by name.
    Role => "role",
    /// A managed policy by ARN.
    Policy => "policy",
    /// An instance profile by name.
    InstanceProfile => "profile",
    /// A security group.
    SecurityGroup => "sg",
    /// A network interface.
    NetworkInterface => "eni",
    /// An instance.
    Instance => "instance",
    /// A subnet.
    Subnet => "subnet",
    /// A route table.
    RouteTable => "rtb",
    /// A network ACL.
    NetworkAcl => "nacl",
    /// A VPC.
    Vpc => "vpc",
    /// A prefix list.
    PrefixList => "pl",
    /// A VPC endpoint.
    VpcEndpoint => "vpce",
    /// A secret: name, ARN, or ARN without its suffix.
    Secret => "secret",
    /// A parameter by name.
    Parameter => "param",
    /// A KMS key: ARN, id, alias or alias ARN.
    KmsKey => "key",
    /// A repository by name.
    Repository => "repo",
    /// A load balancer by ARN.
    LoadBalancer => "lb",
    /// A target group by ARN.
    TargetGroup => "tg",
}

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAKey(String);

impl fmt::Display for NotAKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a scope key", self.0)
    }
}

impl std::error::Error for NotAKey {}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_and_print_the_same() {
        for text in ["account", "settings", "svc:shop/api", "sg:sg-0a1", "policy:arn:aws:iam::1:policy/p", "param:/shop/db"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        for text in ["", "svc", "svc:", "what:ever"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }

    #[test]
    fn too_many_keys_and_the_account_key_ask_for_a_full_scan() {
        let many = (0..=Scope::MOST_KEYS).map(|n| Key::SecurityGroup(format!("sg-{n}"))).collect();
        assert_eq!(Scope::of_keys(many), Scope::Full);
        assert_eq!(Scope::of_keys([Key::Account].into()), Scope::Full);
    }
}
