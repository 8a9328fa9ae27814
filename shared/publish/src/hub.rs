//! Imports findings into Security Hub.
//!
//! One call carries findings of one account and Region only, with that account's credentials: a
//! wrong account would be refused as a whole and look like a missing permission.
//! Source: AWS Security Hub API Reference, `BatchImportFindings`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::types as hub;
use serde_json::Value;
use wallwalk_findings::ledger::Refusal;
use wallwalk_findings::{Channel, Message, Receipt, asff};
use wallwalk_model::{Place, Time};

use crate::sdk::{code, status, words};

/// Serialised findings in one call, below the service's 6 MB.
const MOST_BYTES: usize = 5_500_000;
const MOST_TRIES: u32 = 8;
/// Half of the service's ten calls a second.
const PAUSE: Duration = Duration::from_millis(200);
/// Calls that may be made without a pause: half of the service's burst.
const BURST: usize = 15;

/// Security Hub of one account and Region.
#[derive(Clone, Debug)]
pub struct SecurityHub {
    client: Client,
    place: Place,
}

/// What became of the findings of an outbox.
#[derive(Debug, Default)]
pub struct Imported {
    /// Accepted.
    pub receipts: BTreeSet<Receipt>,
    /// Refused for good, by finding id.
    pub refused: BTreeMap<String, Refusal>,
    /// Refused for a reason that may pass, by finding id.
    pub delayed: BTreeMap<String, Refusal>,
    /// Whether the hub answered that it is off here.
    pub disabled: bool,
    /// Whether it refused fields that are documented for AWS controls only.
    pub extras_rejected: bool,
    /// Calls made.
    pub calls: u64,
    /// Everything that went wrong, in words.
    pub problems: Vec<String>,
}

/// One finding on its way.
struct Parcel<'a> {
    message: &'a Message,
    finding: hub::AwsSecurityFinding,
}

impl SecurityHub {
    /// The hub of `place`, reached with `config`'s credentials, which must be that account's.
    #[must_use]
    pub fn new(config: &SdkConfig, place: Place) -> Self {
        let config = aws_sdk_securityhub::config::Builder::from(config).retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), place }
    }

    /// Whether the hub is enabled here; `None` if that could not be found out.
    pub async fn enabled(&self) -> Option<bool> {
        match self.client.describe_hub().send().await {
            Ok(_) => Some(true),
            Err(error) if code(&error) == "InvalidAccessException" || code(&error) == "ResourceNotFoundException" => Some(false),
            Err(_) => None,
        }
    }

    /// Imports every finding of `outbox`, worst first, until `deadline`. What was not accepted stays
    /// in the outbox.
    pub async fn deliver(&self, outbox: &[Message], now: Time, deadline: Option<Instant>) -> Imported {
        let mut imported = Imported::default();
        let mut parcels = Vec::new();
        for message in outbox.iter().filter(|message| message.channel == Channel::SecurityHub) {
            match self.parcel(message) {
                Ok(parcel) => parcels.push(parcel),
                Err(reason) => imported.refuse(message, "InvalidInput", &reason, now),
            }
        }
        parcels
            .sort_by_key(|parcel| (std::cmp::Reverse(parcel.message.sent.as_ref().map(|sent| sent.severity)), parcel.message.key.clone()));
        let mut batches = batches(parcels);
        batches.reverse();
        let mut made = 0;
        while let Some(batch) = batches.pop() {
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                imported.problems.push("out of time: findings stay in the outbox".into());
                break;
            }
            if made >= BURST {
                tokio::time::sleep(PAUSE).await;
            }
            made += 1;
            match self.import(batch, now, deadline, &mut imported).await {
                Next::Done => {}
                Next::Halves(left, right) => batches.extend([right, left]),
                Next::Stop => break,
            }
        }
        imported
    }

    /// The typed finding, if it keeps every limit and belongs here.
    fn parcel<'a>(&self, message: &'a Message) -> Result<Parcel<'a>, String> {
        let problems = asff::problems(&message.body);
        if !problems.is_empty() {
            return Err(problems.join(", "));
        }
        let account = message.body.get("AwsAccountId").and_then(Value::as_str);
        if account != Some(self.place.account.as_str()) {
            return Err(format!("the finding is not of account {}", self.place.account));
        }
        Ok(Parcel { message, finding: typed(&message.body) })
    }

    async fn import<'a>(&self, batch: Vec<Parcel<'a>>, now: Time, deadline: Option<Instant>, imported: &mut Imported) -> Next<'a> {
        let mut tries = 0;
        loop {
            tries += 1;
            imported.calls += 1;
            let findings = batch.iter().map(|parcel| parcel.finding.clone()).collect();
            let error = match self.client.batch_import_findings().set_findings(Some(findings)).send().await {
                Ok(answer) => {
                    imported.take(&batch, &answer, now);
                    return Next::Done;
                }
                Err(error) => error,
            };
            let name = code(&error);
            let transient = status(&error).is_none_or(|status| status >= 500);
            let throttled = matches!(name.as_str(), "LimitExceededException" | "TooManyRequestsException" | "ThrottlingException")
                || status(&error) == Some(429);
            let late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if (throttled && tries < MOST_TRIES || transient && tries < 3) && !late {
                tokio::time::sleep(backoff(tries)).await;
                continue;
            }
            if name == "InvalidInputException" && batch.len() > 1 {
                let mut left = batch;
                let right = left.split_off(left.len() / 2);
                return Next::Halves(left, right);
            }
            if name == "InvalidInputException"
                && let Some(parcel) = batch.first()
            {
                imported.refuse(parcel.message, &name, &words(&error), now);
                return Next::Done;
            }
            imported.disabled |= name == "InvalidAccessException";
            let place = &self.place;
            imported.problems.push(format!("Security Hub of {} {} refused an import: {}", place.account, place.region, words(&error)));
            return Next::Stop;
        }
    }
}

/// What to do after a call.
enum Next<'a> {
    Done,
    Halves(Vec<Parcel<'a>>, Vec<Parcel<'a>>),
    Stop,
}

fn batches(parcels: Vec<Parcel<'_>>) -> Vec<Vec<Parcel<'_>>> {
    let mut batches: Vec<Vec<Parcel<'_>>> = Vec::new();
    let mut bytes = 0;
    for parcel in parcels {
        let size = parcel.message.body.to_string().len();
        match batches.last_mut() {
            Some(batch) if batch.len() < asff::MOST_IN_A_BATCH && bytes + size <= MOST_BYTES => {
                bytes += size;
                batch.push(parcel);
            }
            _ => {
                bytes = size;
                batches.push(vec![parcel]);
            }
        }
    }
    batches
}

/// Full jitter between zero and 200 ms · 2^tries, at most 20 s.
fn backoff(tries: u32) -> Duration {
    let most = 200_u64.saturating_mul(1 << tries.min(7)).min(20_000);
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    Duration::from_millis(u64::from(nanos / 1000) % most.max(1))
}

fn refusal(message: &Message, code: &str, reason: &str, now: Time) -> Refusal {
    let reason = wallwalk_findings::text::line(reason, 500);
    Refusal { fingerprint: message.fingerprint.clone(), code: code.to_owned(), message: reason, since: now }
}

impl Imported {
    fn refuse(&mut self, message: &Message, code: &str, reason: &str, now: Time) {
        let refusal = refusal(message, code, reason, now);
        self.problems.push(format!("finding `{}` was refused: {}", message.key, refusal.message));
        self.refused.insert(message.key.clone(), refusal);
    }

    /// Takes an answer apart. It is HTTP 200 even when every finding failed.
    fn take(
        &mut self,
        batch: &[Parcel<'_>],
        answer: &aws_sdk_securityhub::operation::batch_import_findings::BatchImportFindingsOutput,
        now: Time,
    ) {
        let failed: BTreeMap<&str, (&str, &str)> = answer
            .failed_findings()
            .iter()
            .map(|failure| {
                (failure.id().unwrap_or_default(), (failure.error_code().unwrap_or_default(), failure.error_message().unwrap_or_default()))
            })
            .collect();
        let counted = usize::try_from(answer.success_count().unwrap_or_default()).unwrap_or_default();
        if counted + failed.len() != batch.len() {
            // Nothing can be told from such an answer; the repeat is harmless.
            self.problems.push(format!("Security Hub counted {counted} successes and {} failures of {}", failed.len(), batch.len()));
            return;
        }
        for parcel in batch {
            match failed.get(parcel.message.key.as_str()) {
                None => {
                    self.receipts.insert(parcel.message.receipt());
                }
                Some(("InvalidInput", message)) if message.contains("StatusReasons") || message.contains("SecurityControlId") => {
                    self.extras_rejected = true;
                }
                Some(("InvalidAccess", message)) => {
                    self.disabled = true;
                    self.problems.push(format!("Security Hub is not enabled here: {message}"));
                }
                Some((code @ "InvalidInput", message)) => self.refuse(parcel.message, code, message, now),
                Some((code, message)) => {
                    let refusal = refusal(parcel.message, code, message, now);
                    self.problems.push(format!("finding `{}` was not imported: {code}: {}", parcel.message.key, refusal.message));
                    self.delayed.insert(parcel.message.key.clone(), refusal);
                }
            }
        }
    }
}

/// The rendered finding in the SDK's types.
fn typed(body: &Value) -> hub::AwsSecurityFinding {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let severity = hub::FindingProviderSeverity::builder()
        .set_label(text("/FindingProviderFields/Severity/Label").map(|label| hub::SeverityLabel::from(label.as_str())))
        .set_original(text("/FindingProviderFields/Severity/Original"))
        .build();
    let confidence = body.pointer("/FindingProviderFields/Confidence").and_then(Value::as_i64).and_then(|n| i32::try_from(n).ok());
    let provided = hub::FindingProviderFields::builder()
        .severity(severity)
        .set_types(Some(texts(body, "/FindingProviderFields/Types")))
        .set_confidence(confidence)
        .build();
    let mut compliance = hub::Compliance::builder()
        .set_status(text("/Compliance/Status").map(|status| hub::ComplianceStatus::from(status.as_str())))
        .set_security_control_id(text("/Compliance/SecurityControlId"));
    if body.pointer("/Compliance/RelatedRequirements").is_some() {
        compliance = compliance.set_related_requirements(Some(texts(body, "/Compliance/RelatedRequirements")));
    }
    for reason in list(body, "/Compliance/StatusReasons") {
        let member = |name: &str| reason.get(name).and_then(Value::as_str).map(str::to_owned);
        compliance = compliance.status_reasons(
            hub::StatusReason::builder().set_reason_code(member("ReasonCode")).set_description(member("Description")).build(),
        );
    }
    let mut finding = hub::AwsSecurityFinding::builder()
        .set_schema_version(text("/SchemaVersion"))
        .set_id(text("/Id"))
        .set_product_arn(text("/ProductArn"))
        .set_product_name(text("/ProductName"))
        .set_company_name(text("/CompanyName"))
        .set_generator_id(text("/GeneratorId"))
        .set_aws_account_id(text("/AwsAccountId"))
        .set_created_at(text("/CreatedAt"))
        .set_first_observed_at(text("/FirstObservedAt"))
        .set_last_observed_at(text("/LastObservedAt"))
        .set_updated_at(text("/UpdatedAt"))
        .set_title(text("/Title"))
        .set_description(text("/Description"))
        .set_record_state(text("/RecordState").map(|state| hub::RecordState::from(state.as_str())))
        .finding_provider_fields(provided)
        .compliance(compliance.build());
    if let Some(recommendation) = text("/Remediation/Recommendation/Text") {
        let recommendation = hub::Recommendation::builder().text(recommendation).set_url(text("/Remediation/Recommendation/Url")).build();
        finding = finding.remediation(hub::Remediation::builder().recommendation(recommendation).build());
    }
    for resource in list(body, "/Resources") {
        let member = |name: &str| resource.get(name).and_then(Value::as_str);
        finding = finding.resources(
            hub::Resource::builder()
                .set_type(member("Type").map(str::to_owned))
                .set_id(member("Id").map(str::to_owned))
                .set_partition(member("Partition").map(hub::Partition::from))
                .set_region(member("Region").map(str::to_owned))
                .build(),
        );
    }
    for (key, value) in body.get("ProductFields").and_then(Value::as_object).into_iter().flatten() {
        finding = finding.product_fields(key, value.as_str().unwrap_or_default());
    }
    finding.build()
}

fn list<'a>(body: &'a Value, pointer: &str) -> &'a [Value] {
    body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn texts(body: &Value, pointer: &str) -> Vec<String> {
    list(body, pointer).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
