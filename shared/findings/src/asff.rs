//! The AWS Security Finding Format: rendering a finding, and the limits it has to keep.
//!
//! Customer-owned fields (Workflow, Note, UserDefinedFields, VerificationState) are never rendered,
//! and neither are the top-level severity and types, which customers may override.
//! Source: AWS Security Hub User Guide, "AWS Security Finding Format (ASFF)".

use serde_json::{Map, Value, json};
use wallwalk_model::{Gap, GapReason, Place, Time};

use crate::ledger::Entry;
use crate::text::{count, cut, line};
use crate::{Certainty, CheckInfo, Failure, Outcome, Resource, Severity, Subject};

/// Version of the format.
pub const SCHEMA_VERSION: &str = "2018-10-08";
/// Security Hub refuses a call with more findings.
pub const MOST_IN_A_BATCH: usize = 100;
/// Own limit of a rendered finding, in bytes of JSON.
pub const MOST_BYTES: usize = 32 * 1024;

const MOST_EVIDENCE: usize = 20;
const MOST_RESOURCES: usize = 32;

/// What is the same for every finding of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// `CompanyName`.
    pub company: String,
    /// Whether `StatusReasons` and `SecurityControlId` may be sent.
    pub extras: bool,
    /// Version of the product.
    pub version: String,
}

impl Default for Style {
    fn default() -> Self {
        Self { company: "wallwalk".into(), extras: true, version: env!("CARGO_PKG_VERSION").into() }
    }
}

/// What to render.
#[derive(Clone, Copy, Debug)]
pub struct Rendering<'a> {
    /// Account and Region.
    pub place: &'a Place,
    /// Finding id.
    pub id: &'a str,
    /// What the ledger knows of it.
    pub entry: &'a Entry,
    /// Words of the check; absent if the catalogue no longer has it.
    pub info: Option<&'a CheckInfo>,
    /// Whom it is about.
    pub subject: &'a Subject,
    /// Title where there is no failure to take it from.
    pub known_title: Option<&'a str>,
    /// What was found.
    pub outcome: &'a Outcome,
    /// ASFF compliance status.
    pub status: &'a str,
    /// `ACTIVE` or `ARCHIVED`.
    pub record_state: &'a str,
    /// Severity to show.
    pub severity: Severity,
    /// `UpdatedAt`.
    pub updated_at: Time,
}

/// The finding's title: a claim about the subject, stable between scans.
#[must_use]
pub fn title(rendering: &Rendering<'_>) -> String {
    let title = match rendering.outcome {
        Outcome::Failed(failure) => titled(rendering.subject, failure),
        _ => match (rendering.known_title, rendering.info) {
            (Some(title), _) => title.to_owned(),
            (None, Some(info)) => format!("{}: {}", rendering.subject.label, info.title),
            (None, None) => format!("{}: {}", rendering.subject.label, rendering.entry.check),
        },
    };
    line(&title, 256)
}

fn titled(subject: &Subject, failure: &Failure) -> String {
    let possibly = if failure.certainty == Certainty::Possibly { "possibly: " } else { "" };
    format!("{}: {possibly}{}", subject.label, failure.claim)
}

/// The finding as ASFF.
#[must_use]
pub fn finding(rendering: &Rendering<'_>, style: &Style) -> Value {
    let Rendering { place, id, entry, info, outcome, .. } = *rendering;
    let product = format!("arn:{}:securityhub:{}:{}:product/{}/default", place.partition, place.region, place.account, place.account);
    let original = match outcome {
        Outcome::Failed(failure) => failure.severity,
        _ => entry.severity,
    };
    let confidence = if matches!(outcome, Outcome::Failed(failure) if failure.certainty == Certainty::Possibly) { 50 } else { 100 };
    let mut compliance = json!({ "Status": rendering.status });
    if style.extras {
        put(&mut compliance, "SecurityControlId", json!(entry.check));
        if let Outcome::Unknown(gap) = outcome {
            let reasons = json!([{ "ReasonCode": reason_code(gap), "Description": line(&gap.to_string(), 1024) }]);
            put(&mut compliance, "StatusReasons", reasons);
        }
    }
    if let Some(requirements) = info.map(|info| info.requirements).filter(|list| !list.is_empty()) {
        let requirements: Vec<String> = requirements.iter().take(32).map(|text| line(text, 64)).collect();
        put(&mut compliance, "RelatedRequirements", json!(requirements));
    }
    let mut finding = json!({
        "SchemaVersion": SCHEMA_VERSION,
        "Id": id,
        "ProductArn": product,
        "ProductName": "wallwalk",
        "CompanyName": line(&style.company, 128),
        "GeneratorId": format!("wallwalk/{}", entry.check),
        "AwsAccountId": place.account,
        "CreatedAt": entry.first_seen,
        "FirstObservedAt": entry.first_seen,
        "LastObservedAt": entry.evidence_at,
        "UpdatedAt": rendering.updated_at,
        "Title": title(rendering),
        "Description": description(rendering),
        "FindingProviderFields": {
            "Severity": { "Label": rendering.severity.word().to_uppercase(), "Original": original.word() },
            "Types": [info.map_or("Software and Configuration Checks", |info| info.category.asff_type())],
            "Confidence": confidence,
        },
        "Compliance": compliance,
        "Resources": resources(rendering),
        "RecordState": rendering.record_state,
        "ProductFields": product_fields(rendering, style),
    });
    if let Some(info) = info {
        let remediation = json!({ "Recommendation": { "Text": line(&info.remedy(), 512), "Url": info.url() } });
        put(&mut finding, "Remediation", remediation);
    }
    shrunk(finding)
}

fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

fn reason_code(gap: &Gap) -> &'static str {
    match gap.reason {
        GapReason::Denied => "WALLWALK_GAP_DENIED",
        GapReason::Throttled => "WALLWALK_GAP_THROTTLED",
        GapReason::Failed => "WALLWALK_GAP_FAILED",
        GapReason::NotAsked => "WALLWALK_GAP_NOT_ASKED",
        GapReason::NotModelled => "WALLWALK_GAP_NOT_MODELLED",
    }
}

fn description(rendering: &Rendering<'_>) -> String {
    let claim = title(rendering);
    let text = match rendering.outcome {
        Outcome::Failed(failure) => {
            let mut lines = vec![claim];
            lines.extend(failure.evidence.iter().cloned());
            let more = failure.resources.len().saturating_sub(MOST_RESOURCES - 1);
            if more > 0 {
                lines.push(format!("and {}", count(more, "more resource")));
            }
            lines.join("\n")
        }
        Outcome::Unknown(gap) => match rendering.entry.last_failed {
            Some(_) => {
                let since = rendering.entry.changed_at;
                format!("could not be read since {since}; was failing when last read: {claim}\n{gap}")
            }
            None => format!("could not be judged: {claim}\n{gap}"),
        },
        Outcome::Passed => format!("resolved: {claim}"),
        Outcome::NotApplicable(reason) => format!("no longer applies ({reason}): {claim}"),
    };
    cut(&text, 1024)
}

fn resources(rendering: &Rendering<'_>) -> Vec<Value> {
    let more: &[Resource] = match rendering.outcome {
        Outcome::Failed(failure) => &failure.resources,
        _ => &[],
    };
    let own = &rendering.subject.resource;
    std::iter::once(own)
        .chain(more.iter().filter(|resource| *resource != own))
        .filter(|resource| !resource.id.is_empty())
        .take(MOST_RESOURCES)
        .map(|resource| {
            let kind = if resource.kind.is_empty() { "Other" } else { &resource.kind };
            json!({
                "Type": line(kind, 256),
                "Id": line(&resource.id, 512),
                "Partition": rendering.place.partition,
                "Region": rendering.place.region,
            })
        })
        .collect()
}

fn product_fields(rendering: &Rendering<'_>, style: &Style) -> Map<String, Value> {
    let Rendering { entry, info, subject, outcome, .. } = *rendering;
    let mut fields = Map::new();
    let mut put = |key: &str, value: &str| {
        if !value.is_empty() {
            fields.insert(format!("wallwalk/ecs/{key}"), Value::String(line(value, 2048)));
        }
    };
    put("check", &entry.check);
    put("category", info.map_or("", |info| info.category.word()));
    put("subject", &subject.id);
    put("cluster", subject.cluster.as_deref().unwrap_or_default());
    put("container", subject.container.as_deref().unwrap_or_default());
    if let Some(workload) = subject.workload.as_deref() {
        put("workload_kind", workload.split('/').next().unwrap_or_default());
        if let Some(name) = workload.strip_prefix("service/").and_then(|rest| rest.split_once('/')) {
            put("service", name.1);
        }
    }
    put("first_seen", &entry.first_seen.to_string());
    put("last_failed", &entry.last_failed.map(|at| at.to_string()).unwrap_or_default());
    put("related_control", info.and_then(|info| info.related_control).unwrap_or_default());
    put("product_version", &style.version);
    match outcome {
        Outcome::Failed(failure) => {
            put("certainty", if failure.certainty == Certainty::Surely { "surely" } else { "possibly" });
            put("revision", &failure.revisions.join(", "));
            put("in_flight", &failure.in_flight.join(", "));
            for (n, hop) in failure.evidence.iter().take(MOST_EVIDENCE).enumerate() {
                put(&format!("evidence_{:02}", n + 1), hop);
            }
        }
        Outcome::Unknown(gap) => put("gap", &gap.to_string()),
        Outcome::Passed | Outcome::NotApplicable(_) => {}
    }
    if let Some(cause) = &entry.caused_by {
        put("change_event_id", &cause.event_id);
        put("change_event_name", &cause.event_name);
        put("change_actor", &cause.actor);
        put("change_time", &cause.time.to_string());
    }
    fields
}

/// Drops evidence from the last hop on, then resources beyond the fourth, until the finding is
/// within [`MOST_BYTES`]. JSON is never cut blindly.
fn shrunk(mut finding: Value) -> Value {
    for n in (1..=MOST_EVIDENCE).rev() {
        if finding.to_string().len() <= MOST_BYTES {
            return finding;
        }
        if let Some(fields) = finding.get_mut("ProductFields").and_then(Value::as_object_mut) {
            fields.remove(&format!("wallwalk/ecs/evidence_{n:02}"));
        }
    }
    if finding.to_string().len() > MOST_BYTES
        && let Some(resources) = finding.get_mut("Resources").and_then(Value::as_array_mut)
    {
        resources.truncate(4);
    }
    finding
}

/// What Security Hub would refuse in a finding, in its validator's words. Empty if nothing.
#[must_use]
pub fn problems(finding: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for (pointer, least, most) in TEXTS {
        check_text(finding, pointer, *least, *most, &mut problems);
    }
    for pointer in ["/CreatedAt", "/UpdatedAt", "/FirstObservedAt", "/LastObservedAt"] {
        let good = finding.pointer(pointer).and_then(Value::as_str).is_some_and(|text| text.parse::<Time>().is_ok());
        if !good {
            problems.push(format!("data{} should match format \"date-time\"", dotted(pointer)));
        }
    }
    for (pointer, words) in ENUMS {
        if let Some(value) = finding.pointer(pointer)
            && !value.as_str().is_some_and(|word| words.contains(&word))
        {
            problems.push(format!("data{} should be equal to one of the allowed values", dotted(pointer)));
        }
    }
    let types = finding.pointer("/FindingProviderFields/Types").and_then(Value::as_array);
    for kind in types.into_iter().flatten() {
        let parts: Vec<&str> = kind.as_str().unwrap_or_default().split('/').collect();
        if parts.len() > 3 || parts.iter().any(|part| part.is_empty()) {
            problems.push("data.FindingProviderFields.Types[0] should match pattern \"^([^/]+)(/[^/]+){0,2}$\"".into());
        }
    }
    let resources = finding.get("Resources").and_then(Value::as_array).map_or(0, Vec::len);
    if resources == 0 {
        problems.push("data.Resources should NOT have fewer than 1 items".into());
    }
    if resources > MOST_RESOURCES {
        problems.push("data.Resources should NOT have more than 32 items".into());
    }
    if finding.get("ProductFields").and_then(Value::as_object).map_or(0, Map::len) > 50 {
        problems.push("data.ProductFields should NOT have more than 50 properties".into());
    }
    if finding.to_string().len() > 240 * 1024 {
        problems.push("data should NOT be larger than 240 KB".into());
    }
    problems
}

/// Pointer, least and most UTF-16 code units; a least of 0 means that the text may be absent.
const TEXTS: &[(&str, usize, usize)] = &[
    ("/Id", 1, 512),
    ("/ProductArn", 12, 2048),
    ("/ProductName", 1, 128),
    ("/CompanyName", 1, 128),
    ("/GeneratorId", 1, 512),
    ("/AwsAccountId", 12, 12),
    ("/Title", 1, 256),
    ("/Description", 1, 1024),
    ("/Remediation/Recommendation/Text", 0, 512),
    ("/FindingProviderFields/Severity/Original", 1, 64),
];

const ENUMS: &[(&str, &[&str])] = &[
    ("/SchemaVersion", &[SCHEMA_VERSION]),
    ("/RecordState", &["ACTIVE", "ARCHIVED"]),
    ("/Compliance/Status", &["PASSED", "FAILED", "WARNING", "NOT_AVAILABLE"]),
    ("/FindingProviderFields/Severity/Label", &["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]),
];

fn dotted(pointer: &str) -> String {
    pointer.replace('/', ".")
}

fn check_text(finding: &Value, pointer: &str, least: usize, most: usize, problems: &mut Vec<String>) {
    let name = dotted(pointer);
    match finding.pointer(pointer).map(Value::as_str) {
        None if least > 0 => problems.push(format!("data should have required property '{}'", name.trim_start_matches('.'))),
        None => {}
        Some(None) => problems.push(format!("data{name} should be string")),
        Some(Some(text)) => {
            let units = text.encode_utf16().count();
            if units < least.max(1) {
                problems.push(format!("data{name} should NOT be shorter than {} characters", least.max(1)));
            }
            if units > most {
                problems.push(format!("data{name} should NOT be longer than {most} characters"));
            }
        }
    }
}
