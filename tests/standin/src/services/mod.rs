//! The operations, one file for each service, and what they share.

pub(crate) mod ec2;
pub(crate) mod ecr;
pub(crate) mod ecs;
pub(crate) mod elb;
pub(crate) mod hub;
pub(crate) mod iam;
pub(crate) mod kms;
pub(crate) mod s3;
pub(crate) mod secrets;
pub(crate) mod sns;
pub(crate) mod sqs;
pub(crate) mod ssm;
pub(crate) mod sts;

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::wire::{Refusal, Reply};

/// What an operation answers, or why it is refused.
pub(crate) type Answer = Result<Reply, Refusal>;

/// An operation of a service that only reads an estate.
pub(crate) type Read = fn(&crate::Estate, &Call) -> Answer;

pub(crate) fn output(value: Value) -> Answer {
    Ok(Reply::Output(value))
}

/// A page's size: what was asked for within `least..=most`, else `default`.
pub(crate) fn size(
    call: &Call,
    name: &str,
    (least, most, default): (i64, i64, usize),
    refused: fn(String) -> Refusal,
) -> Result<usize, Refusal> {
    match call.number(name) {
        None => Ok(default),
        Some(Some(asked)) if (least..=most).contains(&asked) => Ok(usize::try_from(asked).unwrap_or(default)),
        Some(asked) => {
            let asked = asked.map_or_else(|| "no number".to_owned(), |asked| asked.to_string());
            Err(refused(format!("{name} must be between {least} and {most}, got {asked}")))
        }
    }
}

/// Where the page begins: after the item that the token `name` holds.
pub(crate) fn after(call: &Call, name: &str, refused: fn(String) -> Refusal) -> Result<Option<String>, Refusal> {
    match call.text(name) {
        None => Ok(None),
        Some(token) => crate::token::open(call, token).map(Some).ok_or_else(|| refused(format!("invalid {name}"))),
    }
}

/// A copy of an object with only some of its members.
pub(crate) fn only(value: &Value, names: &[&str]) -> Value {
    let members = value.as_object().into_iter().flatten();
    Value::Object(members.filter(|(name, _)| names.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// A copy of an object without some of its members.
pub(crate) fn without(value: &Value, names: &[&str]) -> Value {
    let members = value.as_object().into_iter().flatten();
    Value::Object(members.filter(|(name, _)| !names.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// An object with one list and, if there is more, the token that continues it.
pub(crate) fn listed(list: (&str, Vec<Value>), token: (&str, Option<String>)) -> Value {
    let mut object = Map::new();
    object.insert(list.0.to_owned(), json!(list.1));
    if let (name, Some(token)) = token {
        object.insert(name.to_owned(), Value::String(token));
    }
    Value::Object(object)
}

pub(crate) fn text_of<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
