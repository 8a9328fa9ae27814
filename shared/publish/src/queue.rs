//! Job queues on SQS.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use thiserror::Error;

use crate::sdk::words;

/// A queue that jobs are sent to.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// A job could not be sent.
#[derive(Debug, Error)]
#[error("the job could not be sent to `{queue}`: {reason}")]
pub struct QueueError {
    /// URL of the queue.
    pub queue: String,
    /// The service's words.
    pub reason: String,
}

impl Queue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(config: &SdkConfig, url: impl Into<String>) -> Self {
        Self { client: Client::new(config), url: url.into() }
    }

    /// Sends `body`, to be seen after `delay` seconds (at most 900).
    ///
    /// # Errors
    /// [`QueueError`].
    pub async fn send(&self, body: &str, delay: u16) -> Result<(), QueueError> {
        let delay = i32::from(delay.min(900));
        match self.client.send_message().queue_url(&self.url).message_body(body).delay_seconds(delay).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(QueueError { queue: self.url.clone(), reason: words(&error) }),
        }
    }
}
