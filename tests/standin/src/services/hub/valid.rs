//! The validator of the AWS Security Finding Format, in its own words.
//!
//! Written from the format's documentation and observed refusals, apart from the client's own
//! validator: the two check each other.
//! Source: AWS Security Hub User Guide, "AWS Security Finding Format (ASFF)".

use serde_json::Value;

use crate::clock::parse_rfc3339;

const REQUIRED: &[&str] =
    &["SchemaVersion", "Id", "ProductArn", "GeneratorId", "AwsAccountId", "CreatedAt", "UpdatedAt", "Title", "Description", "Resources"];

/// Texts: where, fewest and most characters.
const TEXTS: &[(&str, usize, usize)] = &[
    ("Id", 1, 512),
    ("ProductArn", 12, 2048),
    ("ProductName", 1, 128),
    ("CompanyName", 1, 128),
    ("GeneratorId", 1, 512),
    ("Region", 1, 16),
    ("Title", 1, 256),
    ("Description", 1, 1024),
    ("Severity.Original", 1, 64),
    ("FindingProviderFields.Severity.Original", 1, 64),
    ("Remediation.Recommendation.Text", 1, 512),
    ("Remediation.Recommendation.Url", 1, 2048),
    ("Note.Text", 1, 512),
    ("Compliance.SecurityControlId", 1, 256),
];

const TIMES: &[&str] = &["CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt"];

const LABELS: &[&str] = &["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"];

const WORDS: &[(&str, &[&str])] = &[
    ("SchemaVersion", &["2018-10-08"]),
    ("Severity.Label", LABELS),
    ("FindingProviderFields.Severity.Label", LABELS),
    ("Compliance.Status", &["PASSED", "WARNING", "FAILED", "NOT_AVAILABLE"]),
    ("RecordState", &["ACTIVE", "ARCHIVED"]),
    ("Workflow.Status", &["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"]),
    ("VerificationState", &["UNKNOWN", "TRUE_POSITIVE", "FALSE_POSITIVE", "BENIGN_POSITIVE"]),
];

/// Lists: where, fewest and most items.
const LISTS: &[(&str, usize, usize)] = &[
    ("Resources", 1, 32),
    ("Types", 0, 50),
    ("FindingProviderFields.Types", 0, 50),
    ("Compliance.RelatedRequirements", 0, 32),
    ("Compliance.StatusReasons", 0, 20),
    ("RelatedFindings", 0, 10),
    ("FindingProviderFields.RelatedFindings", 0, 10),
    ("Threats", 0, 32),
    ("Malware", 0, 5),
];

/// Maps: where, most characters of a key and of a value.
const MAPS: &[(&str, usize, usize)] = &[("ProductFields", 128, 2048), ("UserDefinedFields", 128, 1024)];

const NUMBERS: &[&str] = &["Confidence", "Criticality", "FindingProviderFields.Confidence", "FindingProviderFields.Criticality"];

const NAMESPACES: &[&str] =
    &["Software and Configuration Checks", "TTPs", "Effects", "Unusual Behaviors", "Sensitive Data Identifications"];

/// Everything the validator has against `finding`; empty if nothing.
pub(super) fn problems(finding: &Value) -> Vec<String> {
    let mut problems: Vec<String> = REQUIRED
        .iter()
        .filter(|name| finding.get(**name).is_none_or(Value::is_null))
        .map(|name| format!("data should have required property '{name}'"))
        .collect();
    let both = |within: Option<&Value>| within.is_some_and(|within| within.get("Severity").is_some() && within.get("Types").is_some());
    if !both(Some(finding)) && !both(finding.get("FindingProviderFields")) {
        problems.push("data should have required property 'FindingProviderFields', data should match some schema in anyOf".into());
    }
    let at = |path: &str| finding.pointer(&format!("/{}", path.replace('.', "/"))).filter(|value| !value.is_null());
    for (path, least, most) in TEXTS {
        if let Some(value) = at(path) {
            text(&mut problems, &format!("data.{path}"), value, *least, *most);
        }
    }
    if let Some(account) = at("AwsAccountId") {
        let digits = account.as_str().is_some_and(|text| text.len() == 12 && text.chars().all(|digit| digit.is_ascii_digit()));
        if !digits {
            problems.push("data.AwsAccountId should match pattern \"^[0-9]{12}$\"".into());
        }
    }
    for path in TIMES {
        if at(path).is_some_and(|value| !value.as_str().is_some_and(is_time)) {
            problems.push(format!("data.{path} should match format \"date-time\""));
        }
    }
    for (path, words) in WORDS {
        if at(path).is_some_and(|value| !value.as_str().is_some_and(|word| words.contains(&word))) {
            problems.push(format!("data.{path} should be equal to one of the allowed values"));
        }
    }
    for (path, least, most) in LISTS {
        if let Some(value) = at(path) {
            list(&mut problems, &format!("data.{path}"), value, *least, *most);
        }
    }
    for (path, most_key, most_value) in MAPS {
        if let Some(value) = at(path) {
            map(&mut problems, &format!("data.{path}"), value, *most_key, *most_value);
        }
    }
    for path in NUMBERS {
        if at(path).is_some_and(|value| !value.as_i64().is_some_and(|number| (0..=100).contains(&number))) {
            problems.push(format!("data.{path} should be between 0 and 100"));
        }
    }
    for path in ["Types", "FindingProviderFields.Types"] {
        types(&mut problems, &format!("data.{path}"), at(path));
    }
    for (n, resource) in items(at("Resources")).iter().enumerate() {
        resource_problems(&mut problems, &format!("data.Resources[{n}]"), resource);
    }
    for (n, step) in items(at("NetworkPath")).iter().enumerate() {
        for member in ["ComponentId", "ComponentType"] {
            if let Some(value) = step.get(member) {
                text(&mut problems, &format!("data.NetworkPath[{n}].{member}"), value, 1, 32);
            }
        }
    }
    problems
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text(problems: &mut Vec<String>, path: &str, value: &Value, least: usize, most: usize) {
    let Some(text) = value.as_str() else {
        problems.push(format!("{path} should be string"));
        return;
    };
    let length = text.chars().count();
    if length < least {
        problems.push(format!("{path} should NOT be shorter than {least} characters"));
    }
    if length > most {
        problems.push(format!("{path} should NOT be longer than {most} characters"));
    }
}

fn list(problems: &mut Vec<String>, path: &str, value: &Value, least: usize, most: usize) {
    let Some(items) = value.as_array() else {
        problems.push(format!("{path} should be array"));
        return;
    };
    if items.len() < least {
        problems.push(format!("{path} should NOT have fewer than {least} items"));
    }
    if items.len() > most {
        problems.push(format!("{path} should NOT have more than {most} items"));
    }
}

fn map(problems: &mut Vec<String>, path: &str, value: &Value, most_key: usize, most_value: usize) {
    let Some(members) = value.as_object() else {
        problems.push(format!("{path} should be object"));
        return;
    };
    if members.len() > 50 {
        problems.push(format!("{path} should NOT have more than 50 properties"));
    }
    for (name, value) in members {
        if name.is_empty() || name.chars().count() > most_key {
            problems.push(format!("{path} property name '{name}' is invalid"));
        }
        if name.starts_with("aws/") {
            problems.push(format!("{path} property name '{name}' is reserved"));
        }
        text(problems, &format!("{path}['{name}']"), value, 0, most_value);
    }
}

/// Up to three parts parted by slashes, of a known namespace.
fn types(problems: &mut Vec<String>, path: &str, value: Option<&Value>) {
    for (n, kind) in items(value).iter().enumerate() {
        let Some(kind) = kind.as_str() else {
            problems.push(format!("{path}[{n}] should be string"));
            continue;
        };
        let parts: Vec<&str> = kind.split('/').collect();
        if parts.len() > 3 || parts.iter().any(|part| part.is_empty()) {
            problems.push(format!("{path}[{n}] should match pattern \"^([^/]+)(/[^/]+){{0,2}}$\""));
        } else if !parts.first().is_some_and(|namespace| NAMESPACES.contains(namespace)) {
            problems.push(format!("{path}[{n}] should be equal to one of the allowed values"));
        }
    }
}

fn resource_problems(problems: &mut Vec<String>, path: &str, resource: &Value) {
    for (member, most) in [("Type", 256), ("Id", usize::MAX)] {
        match resource.get(member) {
            None => problems.push(format!("{path} should have required property '{member}'")),
            Some(value) => text(problems, &format!("{path}.{member}"), value, 1, most),
        }
    }
    if let Some(region) = resource.get("Region") {
        text(problems, &format!("{path}.Region"), region, 1, 16);
    }
    if resource.get("Partition").is_some_and(|value| !value.as_str().is_some_and(|word| ["aws", "aws-cn", "aws-us-gov"].contains(&word))) {
        problems.push(format!("{path}.Partition should be equal to one of the allowed values"));
    }
    for (name, value) in resource.pointer("/Details/Other").and_then(Value::as_object).into_iter().flatten() {
        text(problems, &format!("{path}.Details.Other['{name}']"), value, 0, 1024);
    }
}

/// RFC 3339, as the format's pattern admits it.
fn is_time(text: &str) -> bool {
    text.is_ascii() && text.get(10..11).is_some_and(|mark| mark.eq_ignore_ascii_case("t")) && parse_rfc3339(text).is_some()
}
