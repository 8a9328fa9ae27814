//! Security Hub as strict as AWS: what is refused, what is ignored, what belongs to the customer.
//!
//! Knows the operations of a provider only; what customers do to a finding is done by
//! [`crate::Standin::triage`]. Aggregation is not stood in for: a hub sees its account and Region.

mod valid;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::{Answer, after, listed, output, size, text_of};
use crate::call::Call;
use crate::clock::{parse_rfc3339, rfc3339};
use crate::estate::Table;
use crate::services::sts::Principal;
use crate::token;
use crate::wire::Refusal;

const MOST_FINDINGS: usize = 100;
const MOST_BODY: usize = 6_000_000;
const MOST_FINDING: usize = 240 << 10;
const DAY: i64 = 86_400_000;

/// Belongs to customers once a finding exists.
const CUSTOMERS: &[&str] = &["Note", "UserDefinedFields", "VerificationState", "Workflow"];
/// Copied from `FindingProviderFields`, unless customers set them.
const COPIED: &[&str] = &["Severity", "Types", "Confidence", "Criticality", "RelatedFindings"];

/// A finding that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `Id` of the finding; empty if it has none.
    pub id: String,
    /// `ErrorCode`.
    pub code: String,
    /// `ErrorMessage`.
    pub message: String,
}

/// What is in Security Hub, and what happened to it.
#[derive(Clone, Debug, Default)]
pub struct HubView {
    /// Findings by `Id`. Two hubs may hold the same `Id`; the later account and Region is shown.
    pub findings: BTreeMap<String, Value>,
    /// Events `Security Hub Findings - Imported`, which are also what is paid for, by account, Region
    /// and month (`2026-11`).
    pub imported: BTreeMap<(String, String, String), u64>,
    /// `Id`s in the order of those events.
    pub events: Vec<String>,
    /// Imports that were ignored, since the stored finding is as new or newer.
    pub ignored: u64,
    /// Findings refused, in order.
    pub refused: Vec<Refused>,
    /// Calls to `BatchImportFindings` that were refused as a whole: code and message.
    pub refused_calls: Vec<(String, String)>,
}

/// The hubs of every account and Region.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    /// By product and id.
    findings: Table,
    overridden: BTreeMap<String, BTreeSet<String>>,
    touched: BTreeMap<String, i64>,
    disabled: BTreeSet<(String, String)>,
    pub(crate) reject_extras: bool,
    /// How many calls `GetFindings` is behind.
    pub(crate) lag: usize,
    past: VecDeque<Table>,
    view: HubView,
}

fn key(product: &str, id: &str) -> String {
    format!("{product}\u{1f}{id}")
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "InvalidInputException", message)
}

impl Hub {
    pub(crate) fn enable(&mut self, account: &str, region: &str, enabled: bool) {
        let place = (account.to_owned(), region.to_owned());
        if enabled {
            self.disabled.remove(&place);
        } else {
            self.disabled.insert(place);
        }
    }

    pub(crate) fn view(&mut self, now: i64) -> HubView {
        self.expire(now);
        let findings = self.findings.values().map(|finding| (text_of(finding, "Id").to_owned(), finding.clone())).collect();
        HubView { findings, ..self.view.clone() }
    }

    /// What a customer does to a finding; `false` if it is not there. Top-level fields that are
    /// copied from the provider's are the customer's from then on.
    pub(crate) fn triage(&mut self, id: &str, edit: impl FnOnce(&mut Map<String, Value>)) -> bool {
        let Some((key, finding)) = self.findings.iter_mut().find(|(_, finding)| text_of(finding, "Id") == id) else { return false };
        let before = finding.clone();
        let Some(members) = finding.as_object_mut() else { return false };
        edit(members);
        let changed = COPIED.iter().filter(|name| before.get(**name) != members.get(**name)).map(|name| (*name).to_owned());
        self.overridden.entry(key.clone()).or_default().extend(changed);
        true
    }

    /// Answers `call`; `None` if the operation is not known.
    pub(crate) fn answer(&mut self, call: &Call, caller: &Principal, partition: &str, now: i64) -> Option<Answer> {
        if !["DescribeHub", "BatchImportFindings", "GetFindings"].contains(&call.operation.as_str()) {
            return None;
        }
        self.expire(now);
        if self.lag > 0 {
            self.past.push_front(self.findings.clone());
            self.past.truncate(self.lag + 1);
        }
        if self.disabled.contains(&(call.account.clone(), call.region.clone())) {
            let message = format!("Account {} is not subscribed to AWS Security Hub", call.account);
            return Some(Err(Refusal::new(401, "InvalidAccessException", message)));
        }
        let hub = format!("arn:{partition}:securityhub:{}:{}:", call.region, call.account);
        Some(match call.operation.as_str() {
            "DescribeHub" => output(json!({"HubArn": format!("{hub}hub/default"), "AutoEnableControls": true})),
            "GetFindings" => self.get(call),
            _ => {
                let answer = self.import(call, caller, &format!("{hub}product/{}/default", call.account), now);
                if let Err(refusal) = &answer {
                    self.view.refused_calls.push((refusal.code.clone(), refusal.message.clone()));
                }
                answer
            }
        })
    }

    /// Active findings go after 90 days without an update, archived ones after 30.
    fn expire(&mut self, now: i64) {
        let touched = &self.touched;
        self.findings.retain(|key, finding| {
            let days = if text_of(finding, "RecordState") == "ARCHIVED" { 30 } else { 90 };
            touched.get(key).is_none_or(|at| now - at < days * DAY)
        });
    }

    fn import(&mut self, call: &Call, caller: &Principal, product: &str, now: i64) -> Answer {
        if call.request.body.len() > MOST_BODY {
            return Err(invalid("Invalid request: the request body is larger than 6 MB".into()));
        }
        let findings = call.member("Findings").as_array().map(Vec::as_slice).unwrap_or_default();
        if findings.is_empty() || findings.len() > MOST_FINDINGS {
            return Err(invalid("Invalid parameter 'Findings'. The list must have between 1 and 100 items".into()));
        }
        // A finding that names no account fails alone, for its form.
        let foreign = |finding: &&Value| {
            let of = |member: &str, own: &str| finding.get(member).and_then(Value::as_str).is_some_and(|text| text != own);
            of("AwsAccountId", &call.account) || of("ProductArn", product)
        };
        if let Some(foreign) = findings.iter().find(foreign) {
            let resource = foreign.get("ProductArn").and_then(Value::as_str).unwrap_or(product);
            let message =
                format!("User: {} is not authorized to perform: securityhub:BatchImportFindings on resource: {resource}", caller.arn);
            return Err(Refusal::new(403, "AccessDeniedException", message));
        }
        let mut failed = Vec::new();
        for (n, finding) in findings.iter().enumerate() {
            let refused = if call.refuse_half && n % 2 == 1 {
                Some(("InternalError".to_owned(), "An internal error occurred".to_owned()))
            } else {
                self.refuse(finding).map(|message| ("InvalidInput".to_owned(), message))
            };
            match refused {
                Some((code, message)) => {
                    let id = text_of(finding, "Id").to_owned();
                    failed.push(json!({"Id": id, "ErrorCode": code, "ErrorMessage": message}));
                    self.view.refused.push(Refused { id, code, message });
                }
                None => self.store(call, finding, now),
            }
        }
        let succeeded = findings.len() - failed.len() + usize::from(call.wrong_counts);
        output(json!({"FailedCount": failed.len(), "SuccessCount": succeeded, "FailedFindings": failed}))
    }

    fn refuse(&self, finding: &Value) -> Option<String> {
        let mut problems = valid::problems(finding);
        if finding.to_string().len() > MOST_FINDING {
            problems.push("data should NOT be larger than 240 KB".into());
        }
        if self.reject_extras {
            for extra in ["StatusReasons", "SecurityControlId"] {
                if finding.pointer(&format!("/Compliance/{extra}")).is_some() {
                    problems.push(format!("data.Compliance.{extra} should NOT be present"));
                }
            }
        }
        (!problems.is_empty()).then(|| format!("Finding does not adhere to Amazon Finding Format. {}.", problems.join(", ")))
    }

    fn store(&mut self, call: &Call, sent: &Value, now: i64) {
        let key = key(text_of(sent, "ProductArn"), text_of(sent, "Id"));
        let stored = self.findings.get(&key);
        let updated = |finding: &Value| parse_rfc3339(text_of(finding, "UpdatedAt"));
        if stored.is_some_and(|stored| updated(sent) <= updated(stored)) {
            self.view.ignored += 1;
            return;
        }
        let mut finding = sent.as_object().cloned().unwrap_or_default();
        finding.entry("Region").or_insert_with(|| json!(call.region));
        finding.entry("RecordState").or_insert_with(|| json!("ACTIVE"));
        finding.insert("ProcessedAt".into(), json!(rfc3339(now)));
        provider_fields(&mut finding);
        match stored {
            None => {
                finding.entry("Workflow").or_insert_with(|| json!({"Status": "NEW"}));
            }
            Some(stored) => {
                let overridden = self.overridden.get(&key);
                let kept = |name: &str| CUSTOMERS.contains(&name) || overridden.is_some_and(|names| names.contains(name));
                for name in CUSTOMERS.iter().chain(COPIED).filter(|name| kept(name)) {
                    match stored.get(*name) {
                        Some(value) => finding.insert((*name).into(), value.clone()),
                        None => finding.remove(*name),
                    };
                }
                reopen(stored, &mut finding);
            }
        }
        let place = (call.account.clone(), call.region.clone(), rfc3339(now).chars().take(7).collect());
        *self.view.imported.entry(place).or_default() += 1;
        self.view.events.push(text_of(sent, "Id").to_owned());
        self.touched.insert(key.clone(), now);
        self.findings.insert(key, Value::Object(finding));
    }

    fn get(&self, call: &Call) -> Answer {
        let most = size(call, "MaxResults", (1, 100, 100), invalid)?;
        let mut filters = Vec::new();
        for (name, wanted) in call.member("Filters").as_object().into_iter().flatten() {
            let pointer = FILTERS.iter().find(|(known, _)| known == name).map(|(_, pointer)| *pointer);
            let pointer = pointer.ok_or_else(|| invalid(format!("the filter {name} is not stood in for")))?;
            let wanted = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
            if wanted.len() > 20 {
                return Err(invalid(format!("Invalid parameter 'Filters.{name}': at most 20 values")));
            }
            filters.push((pointer, wanted));
        }
        let after = after(call, "NextToken", invalid)?;
        // Before so many calls have been made there was nothing.
        let nothing = Table::new();
        let shown = if self.lag == 0 { &self.findings } else { self.past.get(self.lag).unwrap_or(&nothing) };
        let keep = |_: &str, finding: &Value| {
            text_of(finding, "AwsAccountId") == call.account
                && text_of(finding, "Region") == call.region
                && filters.iter().all(|(pointer, wanted)| fits(finding.pointer(pointer), wanted))
        };
        let (page, last) = token::page(shown, "", after.as_deref(), most, keep);
        let list = page.into_iter().map(|(_, finding)| finding.clone()).collect();
        output(listed(("Findings", list), ("NextToken", last.map(|last| token::seal(call, &last, call.text("NextToken"))))))
    }
}

const FILTERS: &[(&str, &str)] = &[
    ("ProductArn", "/ProductArn"),
    ("AwsAccountId", "/AwsAccountId"),
    ("Region", "/Region"),
    ("RecordState", "/RecordState"),
    ("Id", "/Id"),
    ("GeneratorId", "/GeneratorId"),
    ("ProductName", "/ProductName"),
    ("ComplianceStatus", "/Compliance/Status"),
    ("SeverityLabel", "/Severity/Label"),
    ("WorkflowStatus", "/Workflow/Status"),
];

/// Whether the value is one of those wanted, and none of those not wanted.
fn fits(value: Option<&Value>, wanted: &[Value]) -> bool {
    let value = value.and_then(Value::as_str).unwrap_or_default();
    let negative = |one: &&Value| text_of(one, "Comparison").contains("NOT");
    let fits = |one: &Value| match text_of(one, "Comparison") {
        "PREFIX" | "PREFIX_NOT_EQUALS" => value.starts_with(text_of(one, "Value")),
        _ => value == text_of(one, "Value"),
    };
    let (not, yes): (Vec<&Value>, Vec<&Value>) = wanted.iter().partition(negative);
    (yes.is_empty() || yes.into_iter().any(fits)) && !not.into_iter().any(fits)
}

/// Copies the provider's fields up; makes them if only the top level was sent.
fn provider_fields(finding: &mut Map<String, Value>) {
    let provided = finding.get("FindingProviderFields").and_then(Value::as_object).cloned();
    let mut provided = provided.unwrap_or_default();
    for name in COPIED {
        match (provided.get(*name).cloned(), finding.get(*name).cloned()) {
            (Some(value), _) => {
                finding.insert((*name).into(), value);
            }
            (None, Some(value)) => {
                provided.insert((*name).into(), value);
            }
            (None, None) => {}
        }
    }
    finding.insert("FindingProviderFields".into(), Value::Object(provided));
}

/// A finding that comes back is new again, unless the customer has suppressed it.
fn reopen(stored: &Value, finding: &mut Map<String, Value>) {
    let compliance = |finding: Option<&Value>| finding.map(|value| text_of(value, "Status").to_owned()).unwrap_or_default();
    let (was, is) = (compliance(stored.get("Compliance")), compliance(finding.get("Compliance")));
    let unarchived = text_of(stored, "RecordState") == "ARCHIVED" && finding.get("RecordState").and_then(Value::as_str) == Some("ACTIVE");
    let fails_again = was == "PASSED" && ["WARNING", "FAILED", "NOT_AVAILABLE"].contains(&is.as_str());
    let workflow = stored.pointer("/Workflow/Status").and_then(Value::as_str).unwrap_or_default();
    if (unarchived || fails_again) && ["NOTIFIED", "RESOLVED"].contains(&workflow) {
        finding.insert("Workflow".into(), json!({"Status": "NEW"}));
    }
}
