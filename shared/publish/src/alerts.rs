//! Alerts over SNS.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use serde_json::{Value, json};
use wallwalk_findings::{Channel, Message, Receipt};

use crate::sdk::words;

/// The alerts topic.
#[derive(Clone, Debug)]
pub struct Topic {
    client: Client,
    arn: String,
}

/// What became of the alerts of an outbox.
#[derive(Debug, Default)]
pub struct Told {
    /// Delivered.
    pub receipts: BTreeSet<Receipt>,
    /// Why others were not; they stay in the outbox.
    pub problems: Vec<String>,
}

impl Topic {
    /// The topic `arn`.
    #[must_use]
    pub fn new(config: &SdkConfig, arn: impl Into<String>) -> Self {
        Self { client: Client::new(config), arn: arn.into() }
    }

    /// Publishes every alert of `outbox`.
    ///
    /// A repeat is harmless: receivers tell repeats by `alert_id`, `kind` and `evidence_at`.
    pub async fn deliver(&self, outbox: &[Message]) -> Told {
        let mut told = Told::default();
        for message in outbox.iter().filter(|message| message.channel == Channel::Alerts) {
            match self.publish(&message.body).await {
                Ok(()) => {
                    told.receipts.insert(message.receipt());
                }
                Err(reason) => told.problems.push(format!("alert `{}` was not published: {reason}", message.key)),
            }
        }
        told
    }

    async fn publish(&self, body: &Value) -> Result<(), String> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        // Every protocol's value must be a string; `default` is mandatory.
        let shapes = json!({
            "default": body.get("message").map(Value::to_string).unwrap_or_default(),
            "email": text("email"),
            "sms": text("sms"),
        });
        let mut request = self.client.publish().topic_arn(&self.arn).message_structure("json").message(shapes.to_string());
        if !text("subject").is_empty() {
            request = request.subject(text("subject"));
        }
        for (name, value) in body.get("attributes").and_then(Value::as_object).into_iter().flatten() {
            let kind = if name == "severity_rank" { "Number" } else { "String" };
            let value = MessageAttributeValue::builder().data_type(kind).string_value(value.as_str().unwrap_or_default()).build();
            request = request.message_attributes(name, value.map_err(|error| error.to_string())?);
        }
        request.send().await.map(|_| ()).map_err(|error| words(&error))
    }
}
