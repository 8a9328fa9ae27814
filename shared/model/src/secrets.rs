//! Metadata of Secrets Manager secrets and Systems Manager parameters; never a value.
//!
//! Source: AWS Secrets Manager API Reference, `DescribeSecret`, `SecretListEntry`; AWS Systems Manager
//! API Reference, `ParameterMetadata`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ec2::{Tag, api};
use crate::lenient;
use crate::{Reading, Snapshot, Table, Time};

api! {
    /// A secret's metadata (`DescribeSecret`, or an entry of `ListSecrets`).
    pub struct Secret {
        /// ARN with the six random characters.
        #[serde(rename = "ARN")]
        pub arn: String,
        /// Name.
        pub name: String,
        /// Key: ARN, id or alias ARN; absent means the account's `aws/secretsmanager`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub kms_key_id: Option<String>,
        /// Whether rotation is on; absent means that it never was configured.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub rotation_enabled: Option<bool>,
        /// Rotation rules; may be the leftover of a rotation that was turned off.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub rotation_rules: Option<RotationRules>,
        /// When it was last rotated.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub last_rotated_date: Option<Time>,
        /// Moves with any change, tags and policies included.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub last_changed_date: Option<Time>,
        /// Day of the last use.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub last_accessed_date: Option<Time>,
        /// When the next rotation is due.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub next_rotation_date: Option<Time>,
        /// When it was scheduled for deletion.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub deleted_date: Option<Time>,
        /// When it was created.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub created_date: Option<Time>,
        /// Service that manages it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub owning_service: Option<String>,
        /// Stages of each version.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        pub version_ids_to_stages: BTreeMap<String, BTreeSet<String>>,
        /// Versions with their dates (`ListSecretVersionIds`); absent where they were not read, as they
        /// are of secrets that nothing refers to.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub versions: Option<Vec<SecretVersion>>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// Rotation rules.
    pub struct RotationRules {
        /// Days between rotations.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub automatically_after_days: Option<i64>,
        /// `rate(…)` or `cron(…)`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub schedule_expression: Option<String>,
    }

    /// A version of a secret.
    pub struct SecretVersion {
        /// Identifier.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub version_id: Option<String>,
        /// `AWSCURRENT`, `AWSPREVIOUS`, …
        #[serde(deserialize_with = "lenient::list")]
        pub version_stages: Vec<String>,
        /// When it was made.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub created_date: Option<Time>,
    }

    /// A parameter's metadata (`DescribeParameters`).
    pub struct Parameter {
        /// Name, with its leading slash if it has one.
        pub name: String,
        /// ARN.
        #[serde(rename = "ARN", skip_serializing_if = "Option::is_none")]
        pub arn: Option<String>,
        /// `String`, `StringList`, `SecureString`.
        #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
        pub kind: Option<String>,
        /// Key of a SecureString: ARN, id, alias (`alias/aws/ssm`) or alias ARN.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub key_id: Option<String>,
        /// When it was last changed.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub last_modified_date: Option<Time>,
        /// Version.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub version: Option<i64>,
        /// `Standard`, `Advanced`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub tier: Option<String>,
    }

    /// A resource policy, or the fact that there is none.
    pub struct ResourcePolicy {
        /// Document, as text; absent where there is no policy.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::policy_text")]
        pub document: Option<String>,
    }
}

/// An entry of `ListSecrets` as `DescribeSecret` would give it: the two call the stages of versions
/// otherwise.
#[must_use]
pub fn described(mut entry: Value) -> Value {
    if let Some(members) = entry.as_object_mut()
        && let Some(stages) = members.remove("SecretVersionsToStages")
    {
        members.entry("VersionIdsToStages").or_insert(stages);
    }
    entry
}

/// What a `valueFrom`, `credentialsParameter` or similar field refers to.
///
/// Source: Amazon ECS API Reference, `Secret`; Amazon ECS Developer Guide, "Pass sensitive data to
/// an Amazon ECS container".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreReference {
    /// A secret: ARN (random suffix optional) or, through Parameter Store, a name.
    Secret {
        /// ARN or name, without JSON key, stage and version.
        id: String,
        /// Account in the ARN, if it is one.
        account: Option<String>,
        /// Region in the ARN, if it is one.
        region: Option<String>,
    },
    /// A parameter.
    Parameter {
        /// Name, with a leading slash if the reference had one.
        name: String,
        /// Account in the ARN, if it is one.
        account: Option<String>,
        /// Region in the ARN, if it is one.
        region: Option<String>,
    },
    /// An ARN with a wrong number of fields or of another service, or a text that can be no name: the
    /// task cannot start.
    Malformed,
}

impl StoreReference {
    /// Reads a reference as the ECS agent does.
    #[must_use]
    pub fn parse(value_from: &str) -> Self {
        if !value_from.starts_with("arn:") {
            if let Some(id) = value_from.strip_prefix("/aws/reference/secretsmanager/") {
                return Self::Secret { id: id.to_owned(), account: None, region: None };
            }
            // Source: Systems Manager API Reference, `PutParameter`, what a name may hold.
            let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ':');
            if value_from.is_empty() || !value_from.chars().all(fit) {
                return Self::Malformed;
            }
            return Self::Parameter { name: unpinned(value_from).to_owned(), account: None, region: None };
        }
        let parts: Vec<&str> = value_from.split(':').collect();
        let [_, _, service, region, account, rest @ ..] = parts.as_slice() else { return Self::Malformed };
        let (account, region) = (Some((*account).to_owned()), Some((*region).to_owned()));
        match (*service, rest) {
            ("secretsmanager", ["secret", _] | ["secret", _, _, _, _]) => {
                let id = parts.get(..7).unwrap_or_default().join(":");
                Self::Secret { id, account, region }
            }
            ("ssm", [parameter, ..]) if rest.len() <= 2 => match parameter.strip_prefix("parameter") {
                Some("" | "/") | None => Self::Malformed,
                // In an ARN the slash after `parameter` stands for the name's own leading slash;
                // a name without slashes is written without one.
                Some(name) if name.matches('/').count() == 1 => {
                    Self::Parameter { name: name.trim_start_matches('/').to_owned(), account, region }
                }
                Some(name) => Self::Parameter { name: name.to_owned(), account, region },
            },
            _ => Self::Malformed,
        }
    }
}

/// A parameter name without `:version` or `:label`.
fn unpinned(name: &str) -> &str {
    name.split_once(':').map_or(name, |(name, _)| name)
}

/// Whether a secret's full ARN answers a reference that may lack the six random characters.
#[must_use]
pub fn secret_answers(full_arn: &str, name: &str, reference: &str) -> bool {
    if full_arn == reference || name == reference {
        return true;
    }
    full_arn.rsplit_once('-').is_some_and(|(stem, suffix)| stem == reference && suffix.len() == 6)
}

/// The secret that a reference names: by the key it was read under, by full ARN, by ARN without its
/// suffix, or by name.
#[must_use]
pub fn find_secret<'a>(table: &'a Table<Secret>, reference: &str) -> Option<(&'a str, &'a Reading<Secret>)> {
    if let Some((key, reading)) = table.get_key_value(reference) {
        return Some((key, reading));
    }
    table
        .iter()
        .find(|(key, reading)| match reading.value() {
            Some(secret) => secret_answers(&secret.arn, &secret.name, reference),
            None => secret_answers(key, key, reference),
        })
        .map(|(key, reading)| (key.as_str(), reading))
}

/// The secrets that are present and known, each once, with the ARN.
pub fn by_arn(snapshot: &Snapshot) -> impl Iterator<Item = (&str, &Secret)> {
    snapshot.secrets().filter_map(|(key, reading)| reading.value().filter(|secret| secret.arn == key).map(|secret| (key, secret)))
}

/// The parameter that a reference names, with or without its leading slash.
#[must_use]
pub fn find_parameter<'a>(table: &'a Table<Parameter>, name: &str) -> Option<(&'a str, &'a Reading<Parameter>)> {
    let bare = name.trim_start_matches('/');
    let slashed = format!("/{bare}");
    [name, bare, slashed.as_str()]
        .into_iter()
        .find_map(|candidate| table.get_key_value(candidate))
        .map(|(key, reading)| (key.as_str(), reading))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf";

    fn secret(id: &str) -> StoreReference {
        StoreReference::Secret { id: id.into(), account: Some("111122223333".into()), region: Some("eu-west-1".into()) }
    }

    #[test]
    fn secrets_are_recognised_with_two_or_five_fields_and_no_other_number() {
        assert_eq!(StoreReference::parse(SECRET), secret(SECRET));
        assert_eq!(StoreReference::parse(&format!("{SECRET}:user::")), secret(SECRET));
        for wrong in [format!("{SECRET}:user"), format!("{SECRET}:user:"), format!("{SECRET}:a:b:c:d")] {
            assert_eq!(StoreReference::parse(&wrong), StoreReference::Malformed, "{wrong}");
        }
    }

    #[test]
    fn what_can_be_no_name_is_malformed() {
        for wrong in ["", "two words", "pass@word", "(withheld)"] {
            assert_eq!(StoreReference::parse(wrong), StoreReference::Malformed, "{wrong}");
        }
    }

    #[test]
    fn a_bare_name_is_a_parameter_and_a_reference_path_is_a_secret() {
        let bare = StoreReference::parse("shop-db");
        assert_eq!(bare, StoreReference::Parameter { name: "shop-db".into(), account: None, region: None });
        let through = StoreReference::parse("/aws/reference/secretsmanager/shop/db");
        assert_eq!(through, StoreReference::Secret { id: "shop/db".into(), account: None, region: None });
    }

    #[test]
    fn parameter_arns_give_the_name_with_its_own_slash() {
        let name = |text: &str| match StoreReference::parse(text) {
            StoreReference::Parameter { name, .. } => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(name("arn:aws:ssm:eu-west-1:1:parameter/plain"), "plain");
        assert_eq!(name("arn:aws:ssm:eu-west-1:1:parameter/shop/db"), "/shop/db");
        assert_eq!(name("/shop/db:3"), "/shop/db");
    }

    #[test]
    fn a_reference_without_the_random_suffix_answers() {
        assert!(secret_answers(SECRET, "shop/db", SECRET.trim_end_matches("-AbCdEf")));
        assert!(!secret_answers(SECRET, "shop/db", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop"));
    }
}
