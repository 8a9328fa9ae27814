//! wallwalk as its template deploys it, on moto: state bucket, queues with dead letters, a topic with a
//! subscriber, Security Hub, and the three functions in processes of their own.
//!
//! Lambda's poller is played by the test: it takes messages from a queue, hands them to the function
//! as one batch and deletes what the function did not report.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use serde_json::{Value, json};

use crate::aws::{Aws, REGION};
use crate::binaries;
use crate::estate::Estate;
use crate::lambda::Function;
use crate::moto::{ACCOUNT, Moto};
use crate::proxy::{Call, Proxy};

const BUCKET: &str = "wallwalk-state";

/// A queue of the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// Scan jobs.
    Scan,
    /// Events and second looks.
    Events,
    /// What nobody could work.
    DeadLetters,
    /// Subscribed to the alerts topic.
    OnCall,
}

impl Queue {
    const ALL: &[Self] = &[Self::DeadLetters, Self::Scan, Self::Events, Self::OnCall];

    const fn name(self) -> &'static str {
        match self {
            Self::Scan => "wallwalk-scan",
            Self::Events => "wallwalk-events",
            Self::DeadLetters => "wallwalk-dead-letters",
            Self::OnCall => "on-call",
        }
    }

    fn arn(self) -> String {
        format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", self.name())
    }
}

/// A batch that a function has worked.
#[derive(Debug)]
pub(crate) struct Worked {
    /// Bodies of its messages.
    pub(crate) bodies: Vec<String>,
    /// Ids of its messages, in the same order.
    pub(crate) ids: Vec<String>,
    /// What the function answered, or the error it reported.
    pub(crate) answer: Result<Value, Value>,
    /// Ids that it reported as failed.
    pub(crate) failed: Vec<String>,
}

/// The deployment with the estate it watches.
pub(crate) struct Deployment {
    pub(crate) aws: Aws,
    pub(crate) estate: Estate,
    pub(crate) proxy: Proxy,
    pub(crate) scheduled: Function,
    pub(crate) scan: Function,
    pub(crate) triggered: Function,
    queues: BTreeMap<&'static str, String>,
    _moto: Moto,
}

impl Deployment {
    /// Makes estate and deployment.
    pub(crate) async fn new() -> Self {
        let binaries = ["wallwalk-scheduled", "wallwalk-scan", "wallwalk-triggered"].map(|name| (name, binaries::of(name)));
        let moto = Moto::start();
        let proxy = Proxy::start(moto.address);
        // Queue URLs name the endpoint they were made at: the functions have to pass the proxy.
        let aws = Aws::at(&proxy.url());
        let estate = Estate::provision(&aws).await;
        let (queues, topic) = provision(&aws).await;
        let settings = settings(&proxy.url(), &queues, &topic);
        let [scheduled, scan, triggered] = binaries.map(|(name, binary)| Function::start(name, &binary, &settings));
        proxy.take();
        Self { aws, estate, proxy, scheduled, scan, triggered, queues, _moto: moto }
    }

    /// Plans, and works every job that comes of it.
    pub(crate) async fn round(&mut self) -> Vec<Worked> {
        let event = json!({
            "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event", "source": "aws.scheduler",
            "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": REGION, "resources": [], "detail": "{}",
        });
        self.scheduled.invoke(&event).expect("a plan");
        self.work(Queue::Scan).await
    }

    /// Works a queue until it is empty, as long as nothing fails.
    pub(crate) async fn work(&mut self, queue: Queue) -> Vec<Worked> {
        let mut done = Vec::new();
        while let Some(worked) = self.work_once(queue).await {
            let failed = worked.answer.is_err() || !worked.failed.is_empty();
            done.push(worked);
            if failed || done.len() > 20 {
                break;
            }
        }
        done
    }

    /// Works one batch; `None` if nothing waits.
    pub(crate) async fn work_once(&mut self, queue: Queue) -> Option<Worked> {
        let messages = self.receive(queue).await;
        if messages.is_empty() {
            return None;
        }
        let records: Vec<Value> = messages.iter().map(|message| record(queue, message)).collect();
        let function = if queue == Queue::Scan { &mut self.scan } else { &mut self.triggered };
        let answer = function.invoke(&json!({"Records": records}));
        let ids: Vec<String> = messages.iter().map(|message| message.message_id().unwrap_or_default().to_owned()).collect();
        let failed = failures(&answer, &ids);
        for message in &messages {
            let handle = message.receipt_handle().unwrap_or_default();
            if failed.iter().any(|id| Some(id.as_str()) == message.message_id()) {
                // Seen again at once, not after the visibility timeout.
                let request =
                    self.aws.sqs.change_message_visibility().queue_url(self.url(queue)).receipt_handle(handle).visibility_timeout(0);
                request.send().await.expect("a visible message");
            } else {
                self.aws.sqs.delete_message().queue_url(self.url(queue)).receipt_handle(handle).send().await.expect("a deleted message");
            }
        }
        let bodies = messages.iter().map(|message| message.body().unwrap_or_default().to_owned()).collect();
        Some(Worked { bodies, ids, answer, failed })
    }

    /// Puts a message into a queue.
    pub(crate) async fn send(&self, queue: Queue, body: &str) {
        self.aws.sqs.send_message().queue_url(self.url(queue)).message_body(body).send().await.expect("a message");
    }

    /// Takes a batch of messages, and leaves them in flight.
    pub(crate) async fn receive(&self, queue: Queue) -> Vec<Message> {
        let most = if queue == Queue::Scan { 1 } else { 10 };
        let request = self.aws.sqs.receive_message().queue_url(self.url(queue)).max_number_of_messages(most);
        let request = request.message_system_attribute_names(MessageSystemAttributeName::All).wait_time_seconds(0);
        request.send().await.expect("messages").messages.unwrap_or_default()
    }

    /// Forgets what waits in a queue.
    pub(crate) async fn clear(&self, queue: Queue) {
        self.aws.sqs.purge_queue().queue_url(self.url(queue)).send().await.expect("an empty queue");
    }

    /// Takes every alert that has arrived on call: the JSON of `default`.
    pub(crate) async fn alerts(&self) -> Vec<Value> {
        let mut alerts = Vec::new();
        loop {
            let messages = self.receive(Queue::OnCall).await;
            if messages.is_empty() {
                return alerts;
            }
            for message in messages {
                let envelope: Value = serde_json::from_str(message.body().unwrap_or_default()).expect("a notification");
                alerts.push(serde_json::from_str(envelope["Message"].as_str().expect("a message")).expect("an alert in JSON"));
                let handle = message.receipt_handle().unwrap_or_default();
                self.aws
                    .sqs
                    .delete_message()
                    .queue_url(self.url(Queue::OnCall))
                    .receipt_handle(handle)
                    .send()
                    .await
                    .expect("a deleted alert");
            }
        }
    }

    /// What Security Hub holds, by the finding's id.
    pub(crate) async fn findings(&self) -> BTreeMap<String, Finding> {
        let mut findings = BTreeMap::new();
        let mut pages = self.aws.hub.get_findings().into_paginator().send();
        while let Some(page) = pages.next().await {
            for finding in page.expect("findings").findings() {
                let compliance = finding.compliance();
                let found = Finding {
                    check: finding.generator_id().unwrap_or_default().trim_start_matches("wallwalk/").to_owned(),
                    status: compliance.and_then(|one| one.status()).map(|status| status.as_str().to_owned()).unwrap_or_default(),
                    record_state: finding.record_state().map(|state| state.as_str().to_owned()).unwrap_or_default(),
                    severity: finding
                        .finding_provider_fields()
                        .and_then(|fields| fields.severity())
                        .and_then(|severity| severity.label())
                        .map(|label| label.as_str().to_owned())
                        .unwrap_or_default(),
                    title: finding.title().unwrap_or_default().to_owned(),
                    description: finding.description().unwrap_or_default().to_owned(),
                    resources: finding.resources().iter().filter_map(|resource| resource.id()).map(str::to_owned).collect(),
                };
                findings.insert(finding.id().unwrap_or_default().to_owned(), found);
            }
        }
        findings
    }

    /// A full scan, whether due or not.
    pub(crate) async fn full_scan(&mut self) -> Vec<Worked> {
        self.send(Queue::Scan, &full_job()).await;
        self.work(Queue::Scan).await
    }

    /// The state as it is stored, decompressed.
    pub(crate) async fn state(&self) -> String {
        let object =
            self.aws.s3.get_object().bucket(BUCKET).key(format!("state/{ACCOUNT}/{REGION}.json.zst")).send().await.expect("a state");
        let bytes = object.body.collect().await.expect("its bytes").into_bytes();
        String::from_utf8(zstd::decode_all(bytes.as_ref()).expect("zstd")).expect("UTF-8")
    }

    fn url(&self, queue: Queue) -> &str {
        &self.queues[queue.name()]
    }
}

/// A finding in Security Hub, as far as the tests look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) check: String,
    pub(crate) status: String,
    pub(crate) record_state: String,
    pub(crate) severity: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) resources: Vec<String>,
}

/// Findings imported by the calls, in their order.
pub(crate) fn imported(calls: &[Call]) -> Vec<Value> {
    calls
        .iter()
        .filter(|call| call.action == "securityhub:BatchImportFindings" && call.status == 200)
        .flat_map(|call| call.json()["Findings"].as_array().cloned().unwrap_or_default())
        .collect()
}

/// A job for a full scan that was planned just now.
pub(crate) fn full_job() -> String {
    let now = aws_sdk_sts::primitives::DateTime::from(std::time::SystemTime::now());
    let now = now.fmt(aws_sdk_sts::primitives::DateTimeFormat::DateTime).expect("a time");
    json!({"v": 1, "kind": "full", "account": ACCOUNT, "region": REGION, "run": now, "cursor": null, "hop": 0}).to_string()
}

async fn provision(aws: &Aws) -> (BTreeMap<&'static str, String>, String) {
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1).build();
    aws.s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.expect("a bucket");
    let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    aws.s3.put_bucket_versioning().bucket(BUCKET).versioning_configuration(versioned).send().await.expect("versions");

    let mut queues = BTreeMap::new();
    for queue in Queue::ALL {
        let mut request = aws.sqs.create_queue().queue_name(queue.name());
        if matches!(queue, Queue::Scan | Queue::Events) {
            let redrive = json!({"deadLetterTargetArn": Queue::DeadLetters.arn(), "maxReceiveCount": 5}).to_string();
            request =
                request.attributes(QueueAttributeName::RedrivePolicy, redrive).attributes(QueueAttributeName::VisibilityTimeout, "1860");
        }
        let made = request.send().await.expect("a queue");
        queues.insert(queue.name(), made.queue_url().expect("its URL").to_owned());
    }
    let topic = aws.sns.create_topic().name("wallwalk-alerts").send().await.expect("a topic");
    let topic = topic.topic_arn().expect("its ARN").to_owned();
    aws.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(Queue::OnCall.arn()).send().await.expect("a subscription");
    aws.hub.enable_security_hub().send().await.expect("Security Hub");
    (queues, topic)
}

fn settings(endpoint: &str, queues: &BTreeMap<&'static str, String>, topic: &str) -> BTreeMap<String, String> {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_SESSION_TOKEN", "testing"),
        ("WALLWALK_STATE_BUCKET", BUCKET),
        ("WALLWALK_SCAN_QUEUE_URL", &queues[Queue::Scan.name()]),
        ("WALLWALK_EVENT_QUEUE_URL", &queues[Queue::Events.name()]),
        ("WALLWALK_ALERTS_TOPIC_ARN", topic),
        ("WALLWALK_MEMBER_ROLE_ARN", &format!("arn:aws:iam::{ACCOUNT}:role/wallwalk/wallwalk-member")),
        ("WALLWALK_ACCOUNTS", ACCOUNT),
        ("WALLWALK_REGIONS", REGION),
        ("WALLWALK_SCAN_INTERVAL_HOURS", "6"),
        ("WALLWALK_ALERT_MIN_SEVERITY", "HIGH"),
        ("WALLWALK_COMPANY_NAME", "Example"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// A message as Lambda's poller hands it on.
fn record(queue: Queue, message: &Message) -> Value {
    let attributes: BTreeMap<&str, &str> =
        message.attributes().into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn(),
        "awsRegion": REGION,
    })
}

/// What Lambda takes for failed: what is reported, or everything after an error or an answer that is
/// no batch response. An empty answer means success.
fn failures(answer: &Result<Value, Value>, ids: &[String]) -> Vec<String> {
    let Ok(answer) = answer else { return ids.to_vec() };
    match &answer["batchItemFailures"] {
        Value::Null => Vec::new(),
        Value::Array(failures) => failures.iter().filter_map(|one| one["itemIdentifier"].as_str()).map(str::to_owned).collect(),
        _ => ids.to_vec(),
    }
}
