//! SQS: standard queues with delays and visibility timeouts.
//!
//! No dead-letter queues, no FIFO queues, no MD5 sums.
//! Source: Amazon SQS API Reference.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Answer, output, size, text_of};
use crate::call::Call;
use crate::wire::Refusal;

/// Most bytes of a message, attributes included. Source: Amazon SQS Developer Guide, "Message quotas".
const MOST_BYTES: usize = 1 << 20;

#[derive(Clone, Debug)]
struct Message {
    id: String,
    body: String,
    attributes: Value,
    sent: i64,
    visible: i64,
    received: u64,
    /// The handle of the last receipt, which is the one that deletes.
    handle: String,
}

#[derive(Clone, Debug, Default)]
struct Queue {
    attributes: Map<String, Value>,
    messages: Vec<Message>,
}

/// Queues by account, Region and name.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    queues: BTreeMap<(String, String, String), Queue>,
    counted: u64,
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "InvalidParameterValue", message)
}

fn no_queue() -> Refusal {
    Refusal::new(400, "QueueDoesNotExist", "The specified queue does not exist.")
}

impl Queues {
    pub(crate) fn create(&mut self, account: &str, region: &str, name: &str) {
        self.queues.entry((account.into(), region.into(), name.into())).or_default();
    }

    /// Bodies of every message in queues of this name, those in flight and delayed included.
    pub(crate) fn bodies(&self, name: &str) -> Vec<String> {
        let named = self.queues.iter().filter(|((_, _, known), _)| known == name);
        named.flat_map(|(_, queue)| &queue.messages).map(|message| message.body.clone()).collect()
    }

    pub(crate) fn purge(&mut self, name: &str) {
        self.queues.iter_mut().filter(|((_, _, known), _)| known == name).for_each(|(_, queue)| queue.messages.clear());
    }

    /// Puts a message into the queue with this ARN; `false` if there is none.
    pub(crate) fn put(&mut self, arn: &str, body: String, attributes: Value, now: i64) -> bool {
        let parts: Vec<&str> = arn.split(':').collect();
        let &["arn", _, "sqs", region, account, name] = parts.as_slice() else { return false };
        let id = self.next_id();
        let Some(queue) = self.queues.get_mut(&(account.into(), region.into(), name.into())) else { return false };
        queue.messages.push(Message { id, body, attributes, sent: now, visible: now, received: 0, handle: String::new() });
        true
    }

    fn next_id(&mut self) -> String {
        self.counted += 1;
        format!("00000000-0000-4000-8000-{:012}", self.counted)
    }

    /// Answers `call`; `None` if the operation is not known.
    pub(crate) fn answer(&mut self, call: &Call, url: &str, now: i64) -> Option<Answer> {
        match call.operation.as_str() {
            "CreateQueue" => Some(self.create_queue(call, url)),
            "GetQueueUrl" => Some(self.get_url(call, url)),
            "SendMessage" => Some(self.send(call, now)),
            "ReceiveMessage" => Some(self.receive(call, now)),
            "DeleteMessage" => Some(self.delete(call)),
            "GetQueueAttributes" => Some(self.attributes(call, now)),
            _ => None,
        }
    }

    fn create_queue(&mut self, call: &Call, url: &str) -> Answer {
        let name = call.text("QueueName").unwrap_or_default();
        let letters = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if !(1..=80).contains(&name.len()) || !name.chars().all(letters) {
            return Err(invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length".into()));
        }
        let asked = call.member("Attributes").as_object().cloned().unwrap_or_default();
        let key = (call.account.clone(), call.region.clone(), name.to_owned());
        match self.queues.get(&key) {
            Some(queue) if !asked.is_empty() && queue.attributes != asked => {
                return Err(Refusal::new(
                    400,
                    "QueueAlreadyExists",
                    "A queue already exists with the same name and a different value for an attribute",
                ));
            }
            Some(_) => {}
            None => {
                self.queues.insert(key, Queue { attributes: asked, messages: Vec::new() });
            }
        }
        output(json!({"QueueUrl": format!("{url}/{}/{name}", call.account)}))
    }

    fn get_url(&self, call: &Call, url: &str) -> Answer {
        let name = call.text("QueueName").unwrap_or_default();
        let account = call.text("QueueOwnerAWSAccountId").unwrap_or(&call.account);
        if !self.queues.contains_key(&(account.to_owned(), call.region.clone(), name.to_owned())) {
            return Err(no_queue());
        }
        output(json!({"QueueUrl": format!("{url}/{account}/{name}")}))
    }

    fn queue(&mut self, call: &Call) -> Result<(&mut Queue, String), Refusal> {
        let mut parts = call.text("QueueUrl").unwrap_or_default().rsplit('/');
        let (name, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let arn = format!("arn:aws:sqs:{}:{account}:{name}", call.region);
        let queue = self.queues.get_mut(&(account.to_owned(), call.region.clone(), name.to_owned()));
        queue.map(|queue| (queue, arn)).ok_or_else(no_queue)
    }

    fn send(&mut self, call: &Call, now: i64) -> Answer {
        let id = self.next_id();
        let delay = size(call, "DelaySeconds", (0, 900, 0), invalid)?;
        let (queue, _) = self.queue(call)?;
        let body = call
            .text("MessageBody")
            .ok_or_else(|| Refusal::new(400, "MissingParameter", "The request must contain the parameter MessageBody."))?;
        let attributes = call.member("MessageAttributes").clone();
        if body.len() + if attributes.is_null() { 0 } else { attributes.to_string().len() } > MOST_BYTES {
            return Err(invalid(format!("One or more parameters are invalid. Reason: Message must be shorter than {MOST_BYTES} bytes.")));
        }
        let unfit = |letter: char| (letter < ' ' && !"\t\n\r".contains(letter)) || letter == '\u{fffe}' || letter == '\u{ffff}';
        if body.chars().any(unfit) {
            return Err(Refusal::new(400, "InvalidMessageContents", "Invalid characters found."));
        }
        let visible = now + i64::try_from(delay).unwrap_or_default() * 1000;
        let message = Message { id: id.clone(), body: body.into(), attributes, sent: now, visible, received: 0, handle: String::new() };
        queue.messages.push(message);
        output(json!({"MessageId": id}))
    }

    fn receive(&mut self, call: &Call, now: i64) -> Answer {
        let most = size(call, "MaxNumberOfMessages", (1, 10, 1), invalid)?;
        size(call, "WaitTimeSeconds", (0, 20, 0), invalid)?;
        let (queue, _) = self.queue(call)?;
        let default = queue.attributes.get("VisibilityTimeout").and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(30);
        let timeout = size(call, "VisibilityTimeout", (0, 43_200, default), invalid)?;
        let hidden_until = now + i64::try_from(timeout).unwrap_or_default() * 1000;
        let mut given = Vec::new();
        for message in queue.messages.iter_mut().filter(|message| message.visible <= now).take(most) {
            message.received += 1;
            message.visible = hidden_until;
            message.handle = format!("{}#{}", message.id, message.received);
            let mut one = json!({
                "MessageId": message.id,
                "ReceiptHandle": message.handle,
                "Body": message.body,
                "Attributes": {"ApproximateReceiveCount": message.received.to_string(), "SentTimestamp": message.sent.to_string()},
            });
            if let (Some(members), false) = (one.as_object_mut(), message.attributes.is_null()) {
                members.insert("MessageAttributes".into(), message.attributes.clone());
            }
            given.push(one);
        }
        output(if given.is_empty() { json!({}) } else { json!({"Messages": given}) })
    }

    fn delete(&mut self, call: &Call) -> Answer {
        let handle = call.text("ReceiptHandle").unwrap_or_default().to_owned();
        let (queue, _) = self.queue(call)?;
        if !handle.contains('#') {
            return Err(Refusal::new(400, "ReceiptHandleIsInvalid", "The input receipt handle is invalid."));
        }
        queue.messages.retain(|message| message.handle != handle);
        output(json!({}))
    }

    fn attributes(&mut self, call: &Call, now: i64) -> Answer {
        let asked = call.texts("AttributeNames");
        let (queue, arn) = self.queue(call)?;
        let count = |of: &dyn Fn(&Message) -> bool| json!(queue.messages.iter().filter(|message| of(message)).count().to_string());
        let mut all = json!({
            "QueueArn": arn,
            "VisibilityTimeout": "30",
            "ApproximateNumberOfMessages": count(&|message| message.visible <= now),
            "ApproximateNumberOfMessagesNotVisible": count(&|message| message.visible > now && message.received > 0),
            "ApproximateNumberOfMessagesDelayed": count(&|message| message.visible > now && message.received == 0),
        });
        if let Some(members) = all.as_object_mut() {
            members.extend(queue.attributes.clone());
            members.retain(|name, _| asked.iter().any(|one| one == name || one == "All"));
        }
        output(if all.as_object().is_none_or(Map::is_empty) { json!({}) } else { json!({"Attributes": all}) })
    }
}

/// How long a call is willing to wait for a message.
pub(crate) fn patience(call: &Call) -> std::time::Duration {
    let seconds = if call.operation == "ReceiveMessage" { call.number("WaitTimeSeconds").flatten().unwrap_or(0).clamp(0, 20) } else { 0 };
    std::time::Duration::from_secs(seconds.unsigned_abs())
}

/// Whether an answer to `ReceiveMessage` holds no message.
pub(crate) fn is_empty(answer: &Answer) -> bool {
    matches!(answer, Ok(crate::wire::Reply::Output(value)) if text_of(value, "Messages").is_empty() && value.get("Messages").is_none())
}
