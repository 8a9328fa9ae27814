//! Metadata of KMS keys. It knows neither grants nor aliases: a key that was asked for by an alias is
//! found by it, and that is all.
//!
//! Source: AWS Key Management Service API Reference, "KeyMetadata", `DescribeKey`.

use serde::{Deserialize, Serialize};

use crate::ec2::api;
use crate::{Reading, Table};

api! {
    /// A key's metadata (`DescribeKey`).
    pub struct Key {
        /// ARN of the key itself, whatever it was asked for by.
        pub arn: String,
        /// Id.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub key_id: Option<String>,
        /// `AWS` or `CUSTOMER`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub key_manager: Option<String>,
        /// `Enabled`, `Disabled`, `PendingDeletion`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub key_state: Option<String>,
    }
}

/// Whether a reference is the alias of a key that AWS manages for one of its services. Such keys may be
/// used through that service by everybody in the account who may use the service.
///
/// Source: AWS Key Management Service Developer Guide, "AWS managed keys".
#[must_use]
pub fn is_of_aws(reference: &str) -> bool {
    reference.starts_with("alias/aws/") || reference.contains(":alias/aws/")
}

/// The key that a reference names: by what it was asked for, by ARN, or by id.
#[must_use]
pub fn find_key<'a>(table: &'a Table<Key>, reference: &str) -> Option<(&'a str, &'a Reading<Key>)> {
    if let Some((key, reading)) = table.get_key_value(reference) {
        return Some((key, reading));
    }
    let ends = format!(":key/{reference}");
    table.iter().find(|(key, _)| key.ends_with(&ends)).map(|(key, reading)| (key.as_str(), reading))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;

    #[test]
    fn keys_are_found_by_arn_by_id_and_by_what_they_were_asked_for() {
        const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/0a1b";
        let reading = Reading::known(Time::default(), Key { arn: ARN.into(), ..Key::default() });
        let table: Table<Key> = [(ARN.to_owned(), reading.clone()), ("alias/shop".to_owned(), reading)].into();
        for reference in [ARN, "0a1b", "alias/shop"] {
            assert_eq!(find_key(&table, reference).unwrap().1.value().unwrap().arn, ARN, "{reference}");
        }
        for reference in ["alias/other", "b", "", "arn:aws:kms:eu-west-1:111122223333:key/1b"] {
            assert_eq!(find_key(&table, reference), None, "{reference}");
        }
    }

    #[test]
    fn keys_of_aws_are_told_by_their_alias() {
        assert!(is_of_aws("alias/aws/ssm") && is_of_aws("arn:aws:kms:eu-west-1:111122223333:alias/aws/ssm"));
        assert!(!is_of_aws("alias/awsome") && !is_of_aws("arn:aws:kms:eu-west-1:111122223333:key/0a1b"));
    }
}
