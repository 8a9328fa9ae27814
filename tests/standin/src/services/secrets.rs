//! Secrets Manager: metadata, versions and resource policies. There are no values here to give.
//!
//! Source: AWS Secrets Manager API Reference.

use serde_json::{Map, Value, json};

use super::{Answer, Read, after, listed, output, size, text_of, without};
use crate::call::Call;
use crate::estate::Estate;
use crate::token;
use crate::wire::Refusal;

pub(crate) const OPERATIONS: &[(&str, Read)] =
    &[("ListSecrets", list), ("DescribeSecret", describe), ("ListSecretVersionIds", list_versions), ("GetResourcePolicy", get_policy)];

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "InvalidParameterException", message)
}

/// The secret that an ARN, an ARN without its six last characters, or a name means.
fn secret<'e>(estate: &'e Estate, call: &Call) -> Result<(&'e str, &'e Value), Refusal> {
    let id = call.text("SecretId").ok_or_else(|| invalid("SecretId is required".into()))?;
    let partial = format!("{id}-");
    let found = if id.starts_with("arn:") {
        let begins =
            estate.secrets.range(partial.clone()..).next().filter(|(arn, _)| arn.len() == partial.len() + 6 && arn.starts_with(&partial));
        estate.secrets.get_key_value(id).or(begins)
    } else {
        estate.secrets.iter().find(|(_, secret)| text_of(secret, "Name") == id)
    };
    let (arn, secret) =
        found.ok_or_else(|| Refusal::new(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."))?;
    Ok((arn, secret))
}

fn list(estate: &Estate, call: &Call) -> Answer {
    if call.member("Filters").as_array().is_some_and(|filters| !filters.is_empty()) {
        return Err(invalid("Filters is not stood in for".into()));
    }
    let most = size(call, "MaxResults", (1, 100, 100), invalid)?;
    let after = after(call, "NextToken", |message| Refusal::new(400, "InvalidNextTokenException", message))?;
    let doomed = call.member("IncludePlannedDeletion").as_bool() == Some(true);
    let kept = |_: &str, secret: &Value| doomed || secret.get("DeletedDate").is_none_or(Value::is_null);
    let (page, last) = token::page(&estate.secrets, "", after.as_deref(), most, kept);
    let entries = page.into_iter().map(|(arn, secret)| told(estate, arn, secret, "SecretVersionsToStages")).collect();
    output(listed(("SecretList", entries), ("NextToken", last.map(|last| token::seal(call, &last, call.text("NextToken"))))))
}

fn describe(estate: &Estate, call: &Call) -> Answer {
    let (arn, secret) = secret(estate, call)?;
    output(told(estate, arn, secret, "VersionIdsToStages"))
}

/// A secret with the stages of its versions, which a list calls otherwise than a description.
fn told(estate: &Estate, arn: &str, secret: &Value, stages_are_called: &str) -> Value {
    let stages = secret.get("SecretVersionsToStages").or_else(|| secret.get("VersionIdsToStages")).cloned();
    let stages = stages.unwrap_or_else(|| stages_of(estate, arn));
    let mut answer = without(secret, &["SecretVersionsToStages", "VersionIdsToStages"]);
    if let Some(members) = answer.as_object_mut() {
        members.insert(stages_are_called.into(), stages);
    }
    answer
}

fn versions<'e>(estate: &'e Estate, arn: &str) -> &'e [Value] {
    estate.secret_versions.get(arn).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn stages_of(estate: &Estate, arn: &str) -> Value {
    let pair = |version: &Value| (text_of(version, "VersionId").to_owned(), version.get("VersionStages").cloned().unwrap_or_default());
    Value::Object(versions(estate, arn).iter().map(pair).collect::<Map<_, _>>())
}

fn list_versions(estate: &Estate, call: &Call) -> Answer {
    let (arn, secret) = secret(estate, call)?;
    let most = size(call, "MaxResults", (1, 100, 100), invalid)?;
    let start: usize = after(call, "NextToken", |message| Refusal::new(400, "InvalidNextTokenException", message))?
        .and_then(|at| at.parse().ok())
        .unwrap_or_default();
    // Versions without a label are deprecated, and given only if asked for.
    let all = call.member("IncludeDeprecated").as_bool() == Some(true);
    let labelled = |one: &&Value| all || one.get("VersionStages").and_then(Value::as_array).is_some_and(|stages| !stages.is_empty());
    let list: Vec<&Value> = versions(estate, arn).iter().filter(labelled).collect();
    let end = list.len().min(start.saturating_add(most));
    let mut answer = json!({"ARN": arn, "Name": text_of(secret, "Name"), "Versions": list.get(start..end)});
    if end < list.len()
        && let Some(members) = answer.as_object_mut()
    {
        members.insert("NextToken".into(), json!(token::seal(call, &end.to_string(), call.text("NextToken"))));
    }
    output(answer)
}

fn get_policy(estate: &Estate, call: &Call) -> Answer {
    let (arn, secret) = secret(estate, call)?;
    let mut answer = json!({"ARN": arn, "Name": text_of(secret, "Name")});
    if let Some(policy) = estate.secret_policies.get(arn)
        && let Some(members) = answer.as_object_mut()
    {
        members.insert("ResourcePolicy".into(), policy.clone());
    }
    output(answer)
}
