//! SNS: topics, subscriptions of SQS queues, and the rules of publishing.
//!
//! No filter policies, no other protocols, no FIFO topics.
//! Source: Amazon SNS API Reference, `Publish`; Amazon SNS Developer Guide, "message attributes".

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::sqs::Queues;
use super::{Answer, output};
use crate::call::{Call, Input};
use crate::clock::rfc3339;
use crate::wire::Refusal;

const MOST_BYTES: usize = 256 << 10;
/// With raw delivery, a queue takes no more attributes.
const MOST_RAW_ATTRIBUTES: usize = 10;

#[derive(Clone, Debug)]
struct Subscription {
    queue: String,
    raw: bool,
    arn: String,
}

/// Topics by ARN, with their subscriptions.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    topics: BTreeMap<String, Vec<Subscription>>,
    counted: u64,
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameter", message)
}

impl Topics {
    /// Answers `call`; `None` if the operation is not known.
    pub(crate) fn answer(&mut self, queues: &mut Queues, call: &Call, now: i64) -> Option<Answer> {
        match call.operation.as_str() {
            "CreateTopic" => Some(self.create(call)),
            "Subscribe" => Some(self.subscribe(call)),
            "Publish" => Some(self.publish(queues, call, now)),
            _ => None,
        }
    }

    fn create(&mut self, call: &Call) -> Answer {
        let name = call.text("Name").unwrap_or_default();
        let letters = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if !(1..=256).contains(&name.len()) || !name.chars().all(letters) {
            return Err(invalid("Invalid parameter: Topic Name"));
        }
        let arn = format!("arn:aws:sns:{}:{}:{name}", call.region, call.account);
        self.topics.entry(arn.clone()).or_default();
        output(json!({"TopicArn": arn}))
    }

    fn topic(&mut self, call: &Call) -> Result<&mut Vec<Subscription>, Refusal> {
        let arn = call.text("TopicArn").or_else(|| call.text("TargetArn")).unwrap_or_default();
        self.topics.get_mut(arn).ok_or_else(|| Refusal::new(404, "NotFound", "Topic does not exist"))
    }

    fn subscribe(&mut self, call: &Call) -> Answer {
        let attributes = entries(call, "Attributes", "key", "value");
        if let Some(unknown) = attributes.keys().find(|name| *name != "RawMessageDelivery") {
            return Err(invalid(format!("Invalid parameter: Attributes Reason: {unknown} is not stood in for")));
        }
        let queue = call.text("Endpoint").unwrap_or_default().to_owned();
        if call.text("Protocol") != Some("sqs") || !queue.starts_with("arn:") {
            return Err(invalid("Invalid parameter: only SQS queues, by ARN, are stood in for"));
        }
        self.counted += 1;
        let arn = format!("{}:00000000-0000-4000-8000-{:012}", call.text("TopicArn").unwrap_or_default(), self.counted);
        let raw = attributes.get("RawMessageDelivery").is_some_and(|value| value == "true");
        let subscriptions = self.topic(call)?;
        if let Some(known) = subscriptions.iter().find(|one| one.queue == queue) {
            return output(json!({"SubscriptionArn": known.arn}));
        }
        subscriptions.push(Subscription { queue, raw, arn: arn.clone() });
        output(json!({"SubscriptionArn": arn}))
    }

    fn publish(&mut self, queues: &mut Queues, call: &Call, now: i64) -> Answer {
        let topic = call.text("TopicArn").or_else(|| call.text("TargetArn")).unwrap_or_default().to_owned();
        let subscriptions = self.topic(call)?.clone();
        let message = call.text("Message").ok_or_else(|| invalid("Invalid parameter: Empty message"))?;
        let subject = call.text("Subject");
        if subject.is_some_and(|subject| !fit_for_a_subject(subject)) {
            return Err(invalid("Invalid parameter: Subject"));
        }
        let attributes = attributes(call)?;
        let size = message.len() + attributes.iter().map(|one| one.name.len() + one.kind.len() + one.value.len()).sum::<usize>();
        if size > MOST_BYTES {
            return Err(invalid("Invalid parameter: Message too long"));
        }
        let text = match call.text("MessageStructure") {
            None => message.to_owned(),
            Some("json") => for_sqs(message)?,
            Some(_) => return Err(invalid("Invalid parameter: Invalid Message Structure parameter")),
        };
        self.counted += 1;
        let id = format!("00000000-0000-4000-9000-{:012}", self.counted);
        for subscription in subscriptions {
            if !subscription.raw {
                let body = envelope(&id, &topic, subject, &text, &attributes, now);
                queues.put(&subscription.queue, body.to_string(), Value::Null, now);
            } else if attributes.len() <= MOST_RAW_ATTRIBUTES {
                let raw: Map<String, Value> =
                    attributes.iter().map(|one| (one.name.clone(), json!({"DataType": one.kind, "StringValue": one.value}))).collect();
                queues.put(&subscription.queue, text.clone(), if raw.is_empty() { Value::Null } else { Value::Object(raw) }, now);
            }
        }
        output(json!({"MessageId": id}))
    }
}

/// ASCII, shorter than 100 characters, no line breaks or control characters, begins with a letter,
/// number or punctuation mark.
fn fit_for_a_subject(subject: &str) -> bool {
    subject.len() < 100
        && subject.chars().all(|letter| (' '..='~').contains(&letter))
        && subject.starts_with(|first: char| first.is_ascii_graphic())
}

/// What SQS gets of a message with a text for each protocol.
fn for_sqs(message: &str) -> Result<String, Refusal> {
    let parsed: Value =
        serde_json::from_str(message).map_err(|_| invalid("Invalid parameter: Message Structure - JSON message body failed to parse"))?;
    let Some(shapes) = parsed.as_object() else {
        return Err(invalid("Invalid parameter: Message Structure - JSON message body failed to parse"));
    };
    if shapes.values().any(|text| !text.is_string()) {
        return Err(invalid("Invalid parameter: Message Structure - values must be strings"));
    }
    let default = shapes.get("default").and_then(Value::as_str);
    let default = default.ok_or_else(|| invalid("Invalid parameter: Message Structure - No default entry in JSON message body"))?;
    Ok(shapes.get("sqs").and_then(Value::as_str).unwrap_or(default).to_owned())
}

struct Attribute {
    name: String,
    kind: String,
    value: String,
}

fn attributes(call: &Call) -> Result<Vec<Attribute>, Refusal> {
    let Input::Query(parameters) = &call.input else { return Ok(Vec::new()) };
    let mut attributes = Vec::new();
    for n in 1.. {
        let part = |name: &str| parameters.get(&format!("MessageAttributes.entry.{n}.{name}")).cloned();
        let Some(name) = part("Name") else { break };
        let (kind, value) = (part("Value.DataType").unwrap_or_default(), part("Value.StringValue").unwrap_or_default());
        let fine = match kind.as_str() {
            "String" => true,
            "Number" => value.parse::<f64>().is_ok(),
            "String.Array" => serde_json::from_str::<Vec<Value>>(&value).is_ok(),
            _ => {
                return Err(Refusal::new(
                    400,
                    "ParameterValueInvalid",
                    format!("The message attribute '{name}' has an invalid type '{kind}'"),
                ));
            }
        };
        if value.is_empty() || !fine {
            let message = format!("The message attribute '{name}' must contain a non-empty value that fits its type '{kind}'");
            return Err(Refusal::new(400, "ParameterValueInvalid", message));
        }
        attributes.push(Attribute { name, kind, value });
    }
    Ok(attributes)
}

/// What a queue gets without raw delivery.
fn envelope(id: &str, topic: &str, subject: Option<&str>, message: &str, attributes: &[Attribute], now: i64) -> Value {
    let mut body = json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": topic,
        "Message": message,
        "Timestamp": rfc3339(now),
        "SignatureVersion": "1",
        "Signature": "not signed",
        "SigningCertURL": "",
        "UnsubscribeURL": "",
    });
    if let Some(members) = body.as_object_mut() {
        if let Some(subject) = subject {
            members.insert("Subject".into(), json!(subject));
        }
        if !attributes.is_empty() {
            let all = attributes.iter().map(|one| (one.name.clone(), json!({"Type": one.kind, "Value": one.value}))).collect();
            members.insert("MessageAttributes".into(), Value::Object(all));
        }
    }
    body
}

/// A map of the query protocol: `Attributes.entry.1.key`, `Attributes.entry.1.value` …
fn entries(call: &Call, name: &str, key: &str, value: &str) -> BTreeMap<String, String> {
    let Input::Query(parameters) = &call.input else { return BTreeMap::new() };
    let numbered = |n: usize| {
        let part = |part: &str| parameters.get(&format!("{name}.entry.{n}.{part}")).cloned();
        Some((part(key)?, part(value).unwrap_or_default()))
    };
    (1..).map_while(numbered).collect()
}
