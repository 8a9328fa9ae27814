//! STS: who a key belongs to, and keys of other accounts.
//!
//! Trust policies are not evaluated: every role may be assumed unless the fault plan says otherwise.
//! Source: AWS STS API Reference.

use std::collections::BTreeMap;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Answer, output, size};
use crate::call::Call;
use crate::clock::rfc3339;
use crate::wire::Refusal;

/// Whom an access key belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) account: String,
    pub(crate) arn: String,
    pub(crate) user_id: String,
    /// The session token that has to come with the key; empty for long-lived keys.
    token: String,
    expires: i64,
}

impl Principal {
    pub(crate) fn user(partition: &str, account: &str) -> Self {
        Self {
            account: account.to_owned(),
            arn: format!("arn:{partition}:iam::{account}:user/standin"),
            user_id: format!("AIDA{account}"),
            token: String::new(),
            expires: i64::MAX,
        }
    }
}

/// The table of access keys.
#[derive(Debug, Default)]
pub(crate) struct Keys(BTreeMap<String, Principal>);

impl Keys {
    pub(crate) fn insert(&mut self, key: &str, principal: Principal) {
        self.0.insert(key.to_owned(), principal);
    }

    /// Whose call it is; a key that is not in the table is `default`'s.
    pub(crate) fn caller(&self, call: &Call, default: &Principal, now: i64) -> Result<Principal, Refusal> {
        let Some(principal) = self.0.get(&call.access_key) else { return Ok(default.clone()) };
        if principal.token != call.session_token && !principal.token.is_empty() {
            let code =
                if call.service.protocol() == crate::call::Protocol::Json { "UnrecognizedClientException" } else { "InvalidClientTokenId" };
            return Err(Refusal::new(403, code, "The security token included in the request is invalid."));
        }
        if principal.expires <= now {
            return Err(Refusal::of(call.service, crate::wire::Common::Expired));
        }
        Ok(principal.clone())
    }
}

/// Answers `call` of `caller`; `None` if the operation is not known.
pub(crate) fn answer(keys: &mut Keys, call: &Call, caller: &Principal, now: i64) -> Option<Answer> {
    match call.operation.as_str() {
        "GetCallerIdentity" => Some(output(json!({"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}))),
        "AssumeRole" => Some(assume(keys, call, now)),
        _ => None,
    }
}

fn assume(keys: &mut Keys, call: &Call, now: i64) -> Answer {
    let invalid = |message: String| Refusal::new(400, "ValidationError", message);
    let role = call.text("RoleArn").unwrap_or_default();
    let parts: Vec<&str> = role.splitn(6, ':').collect();
    let &["arn", partition, "iam", "", account, resource] = parts.as_slice() else {
        return Err(invalid(format!("{role} is invalid")));
    };
    let Some(name) = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next()) else {
        return Err(invalid(format!("{role} is invalid")));
    };
    let session = call.text("RoleSessionName").unwrap_or_default();
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    if !(2..=64).contains(&session.len()) || !session.chars().all(letters) {
        return Err(invalid("RoleSessionName must have 2 to 64 of the characters [\\w+=,.@-]".into()));
    }
    let seconds = size(call, "DurationSeconds", (900, 43_200, 3600), invalid)?;
    // Made up, and the same in each run.
    let drawn = hex(&format!("{role} {session} {}", keys.0.len()));
    let key = format!("ASIA{}", drawn.get(..16).unwrap_or_default().to_uppercase());
    let expires = now + i64::try_from(seconds).unwrap_or_default() * 1000;
    let principal = Principal {
        account: account.to_owned(),
        arn: format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"),
        user_id: format!("AROA{account}:{session}"),
        token: format!("standin-{drawn}"),
        expires,
    };
    let answer = json!({
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": drawn.get(..40).unwrap_or_default(),
            "SessionToken": principal.token,
            "Expiration": rfc3339(expires),
        },
        "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
    });
    keys.insert(&key, principal);
    output(answer)
}

pub(crate) fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
