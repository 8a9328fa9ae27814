//! KMS: keys and their policies. Nothing can be encrypted or decrypted here.
//!
//! A key whose policy the estate does not hold has the one that AWS gives to keys made through the
//! API. Source: AWS Key Management Service API Reference; Developer Guide, "Default key policy".

use serde_json::{Value, json};

use super::{Answer, Read, output, text_of};
use crate::call::Call;
use crate::estate::Estate;
use crate::wire::Refusal;

pub(crate) const OPERATIONS: &[(&str, Read)] = &[("DescribeKey", describe), ("GetKeyPolicy", get_policy)];

fn not_found(message: String) -> Refusal {
    Refusal::new(400, "NotFoundException", message)
}

fn key_id(call: &Call) -> Result<&str, Refusal> {
    call.text("KeyId").ok_or_else(|| Refusal::new(400, "ValidationException", "KeyId is required"))
}

/// The key that an ARN or id names.
fn key<'e>(estate: &'e Estate, id: &str) -> Option<(&'e str, &'e Value)> {
    let ends = format!(":key/{id}");
    estate.keys.iter().find(|(arn, _)| *arn == id || arn.ends_with(&ends)).map(|(arn, key)| (arn.as_str(), key))
}

fn describe(estate: &Estate, call: &Call) -> Answer {
    let id = key_id(call)?;
    let alias = || {
        let named = estate.key_aliases.iter().find(|(name, alias)| *name == id || text_of(alias, "AliasArn") == id)?;
        key(estate, text_of(named.1, "TargetKeyId"))
    };
    let (_, key) = key(estate, id).or_else(alias).ok_or_else(|| not_found(format!("Key '{id}' does not exist")))?;
    output(json!({"KeyMetadata": key}))
}

fn get_policy(estate: &Estate, call: &Call) -> Answer {
    let id = key_id(call)?;
    // An alias will not do.
    let (arn, _) = key(estate, id).ok_or_else(|| not_found(format!("Invalid keyId {id}")))?;
    if call.text("PolicyName").is_some_and(|name| name != "default") {
        return Err(not_found("No such policy exists".into()));
    }
    let root = format!("arn:{}:iam::{}:root", estate.partition, estate.account);
    let default = || {
        let statement = json!({"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"});
        json!(json!({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}).to_string())
    };
    output(json!({"Policy": estate.key_policies.get(arn).cloned().unwrap_or_else(default), "PolicyName": "default"}))
}
