//! What on-call is told, and when: groups of findings, and only their transitions.
//!
//! It knows no topic. The body of a message holds the subject, the three shapes of the text and the
//! attributes; the sender only puts them into a request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use wallwalk_model::{Place, Time};

use crate::identity::hex;
use crate::ledger::{Cause, Channel, Group, Message, State};
use crate::reconcile::Round;
use crate::text::{ascii, count, cut, line};
use crate::{CheckInfo, Failure, Outcome, Severity, Subject, Verdict};

/// One round opens at most so many groups by notices of their own; the rest go into one digest.
const MOST_OPENED: usize = 10;
/// Findings named in a digest.
const WORST: usize = 10;
const HOUR: i64 = 3_600_000;

/// What happened to the findings judged in a round, as far as alerts care.
#[derive(Debug, Default)]
pub struct Tidings {
    failing: BTreeMap<String, Failing>,
}

#[derive(Debug)]
struct Failing {
    newly: bool,
    check: String,
    words: Words,
    subject: Arc<Subject>,
    failure: Failure,
    evidence_at: Time,
}

#[derive(Debug, Default)]
struct Words {
    category: &'static str,
    remedy: String,
    url: String,
}

impl Tidings {
    /// Takes note of a verdict and of what the ledger said before.
    pub fn add(&mut self, id: &str, before: Option<(String, Severity)>, verdict: &Verdict, info: Option<&CheckInfo>) {
        let Outcome::Failed(failure) = &verdict.outcome else { return };
        let words = info.map(|info| Words { category: info.category.word(), remedy: info.remedy(), url: info.url() }).unwrap_or_default();
        let failing = Failing {
            newly: before.is_none_or(|(status, _)| status != "failed"),
            check: verdict.check.clone(),
            words,
            subject: verdict.subject.clone(),
            failure: failure.as_ref().clone(),
            evidence_at: verdict.evidence_at,
        };
        self.failing.insert(id.to_owned(), failing);
    }
}

/// The group of a subject's findings: account, Region, cluster and workload (or the subject where
/// there is no workload), category.
#[must_use]
pub fn group_key(place: &Place, subject: &Subject, info: Option<&CheckInfo>) -> String {
    let category = info.map_or("hardening", |info| info.category.word());
    format!("{}/{}/{}/{category}", place.account, place.region, group_subject(subject))
}

/// `payments-prod/service/api` for a workload in a cluster, else the subject's id.
fn group_subject(subject: &Subject) -> String {
    let workload = subject.workload.as_deref().unwrap_or(&subject.id);
    let mut parts = workload.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(kind @ ("service" | "task-group" | "daemon")), Some(cluster), Some(name)) => format!("{cluster}/{kind}/{name}"),
        _ => workload.to_owned(),
    }
}

/// Puts the notices that a round calls for into the outbox.
pub fn tell(state: &mut State, tidings: &Tidings, first_time: &BTreeSet<String>, round: &Round<'_>) {
    resolve(state, round);
    if state.ledger.baseline_sent_at.is_none() {
        if round.complete {
            state.ledger.baseline_sent_at = Some(round.now);
            if !tidings.failing.is_empty() {
                let all: Vec<_> = tidings.failing.iter().collect();
                digest(state, "first scan", &all, round);
            }
        }
        return;
    }
    let loud = |failing: &Failing| failing.failure.severity >= round.policy.alert_from;
    let mut groups: BTreeMap<String, Vec<(&String, &Failing)>> = BTreeMap::new();
    let mut quiet = Vec::new();
    for (id, failing) in tidings.failing.iter().filter(|(_, failing)| loud(failing)) {
        if failing.newly && first_time.contains(&failing.check) {
            quiet.push((id, failing));
        } else if let Some(entry) = state.ledger.findings.get(id) {
            groups.entry(entry.group.clone()).or_default().push((id, failing));
        }
    }
    let mut opened = Vec::new();
    for (key, members) in groups {
        match state.ledger.groups.get(&key).cloned() {
            Some(group) => worsen(state, &key, group, &members, round),
            None if members.iter().any(|(_, failing)| failing.newly) => opened.push((key, members)),
            None => {}
        }
    }
    opened.sort_by_key(|(key, members)| (std::cmp::Reverse(worst(members)), key.clone()));
    let rest = opened.split_off(opened.len().min(MOST_OPENED));
    for (key, members) in &opened {
        open(state, key, members, round);
    }
    for (key, members) in rest {
        remember(state, &key, &members, round.now);
        quiet.extend(members);
    }
    if !quiet.is_empty() {
        digest(state, "more findings", &quiet, round);
    }
}

fn worst(members: &[(&String, &Failing)]) -> Severity {
    members.iter().map(|(_, failing)| failing.failure.severity).max().unwrap_or(Severity::Informational)
}

fn remember(state: &mut State, key: &str, members: &[(&String, &Failing)], now: Time) -> Group {
    let digest = hex(&Sha256::digest(format!("{key}\u{1f}{now}")));
    let group = Group {
        alert_id: digest.chars().take(16).collect(),
        severity: worst(members),
        members: members.iter().map(|(id, _)| (*id).clone()).collect(),
        opened_at: now,
        last_sent: now,
    };
    state.ledger.groups.insert(key.to_owned(), group.clone());
    group
}

fn open(state: &mut State, key: &str, members: &[(&String, &Failing)], round: &Round<'_>) {
    let group = remember(state, key, members, round.now);
    notice(state, "new", key, &group, members, round);
}

/// An open group whose severity rises, or that another check joins (at most once an hour).
fn worsen(state: &mut State, key: &str, mut group: Group, members: &[(&String, &Failing)], round: &Round<'_>) {
    let joined: BTreeSet<&str> = members
        .iter()
        .filter(|(id, failing)| failing.newly && !group.members.contains(*id))
        .map(|(_, failing)| failing.check.as_str())
        .collect();
    let severity = worst(members);
    let rises = severity > group.severity;
    group.members.extend(members.iter().map(|(id, _)| (*id).clone()));
    group.severity = group.severity.max(severity);
    let tell = rises || (!joined.is_empty() && round.now.since(group.last_sent) >= HOUR);
    if tell {
        group.last_sent = round.now;
    }
    state.ledger.groups.insert(key.to_owned(), group.clone());
    if tell {
        notice(state, "worse", key, &group, members, round);
    }
}

/// Closes groups none of whose members fails or is unknown. Unknown is not a resolution.
fn resolve(state: &mut State, round: &Round<'_>) {
    let over: Vec<(String, Group)> = state
        .ledger
        .groups
        .iter()
        .filter(|(_, group)| {
            group.members.iter().all(|id| {
                let status = state.ledger.findings.get(id).map_or("gone", |entry| entry.status.as_str());
                matches!(status, "passed" | "not-applicable" | "gone")
            })
        })
        .map(|(key, group)| (key.clone(), group.clone()))
        .collect();
    for (key, group) in over {
        state.ledger.groups.remove(&key);
        let entries: Vec<_> = group.members.iter().filter_map(|id| state.ledger.findings.get(id).map(|entry| (id, entry))).collect();
        let title = format!("RESOLVED {}", key.split('/').skip(2).collect::<Vec<_>>().join("/"));
        let cause = entries.iter().filter_map(|(_, entry)| entry.caused_by.as_ref()).max_by_key(|cause| cause.time);
        let mut message = base("resolved", &group.alert_id, &key, group.severity, &state.place, round);
        message.insert("title".into(), json!(title));
        message.insert("open_for_seconds".into(), json!(round.now.since(group.opened_at) / 1000));
        message.insert("resolved_by".into(), json!(cause.map(cause_json)));
        message.insert(
            "findings".into(),
            json!(
                entries
                    .iter()
                    .map(|(id, entry)| json!({"id": id, "check": entry.check, "status": entry.status, "first_seen": entry.first_seen}))
                    .collect::<Vec<_>>()
            ),
        );
        let mut text = format!("{title}\n\nopen since {}\n", group.opened_at);
        if let Some(cause) = cause {
            let _ = writeln!(text, "likely resolved by: {} by {} at {}", cause.event_name, cause.actor, cause.time);
        }
        for (id, entry) in &entries {
            let _ = writeln!(text, "- {}: {} ({id})", entry.check, entry.status);
        }
        push(state, &group.alert_id, "resolved", message, &text, group.severity, round.now);
    }
}

fn notice(state: &mut State, kind: &str, key: &str, group: &Group, members: &[(&String, &Failing)], round: &Round<'_>) {
    let mut members = members.to_vec();
    members.sort_by_key(|(id, failing)| (std::cmp::Reverse(failing.failure.severity), !failing.newly, (*id).clone()));
    let Some((id, first)) = members.first().copied() else { return };
    let entry = state.ledger.findings.get(id);
    let cause = entry.and_then(|entry| entry.caused_by.clone());
    let title = format!("{} {}: {}", group.severity.word().to_uppercase(), first.subject.label, first.failure.claim);
    let since = entry.map_or(round.now, |entry| entry.changed_at);
    let why_now = if kind == "new" { format!("new since {since}") } else { format!("worse since {since}") };
    let mut message = base(kind, &group.alert_id, key, group.severity, &state.place, round);
    let command = first.failure.command.clone();
    message.insert("title".into(), json!(line(&title, 256)));
    message.insert("why_now".into(), json!(why_now));
    message.insert("changed_by".into(), json!(cause.as_ref().map(cause_json)));
    message.insert("evidence".into(), json!(first.failure.evidence.iter().map(|hop| line(hop, 500)).take(20).collect::<Vec<_>>()));
    message.insert("impact".into(), json!(first.failure.impact));
    message.insert("fix".into(), json!({"text": first.words.remedy, "command": command}));
    message.insert("links".into(), links(&state.place, first, id));
    message.insert("cluster".into(), json!(first.subject.cluster));
    message.insert("workload".into(), json!(first.subject.workload));
    message.insert("environment".into(), json!(first.subject.environment));
    message.insert("category".into(), json!(first.words.category));
    message.insert("evidence_at".into(), json!(first.evidence_at));
    message.insert(
        "findings".into(),
        json!(members.iter().take(WORST).map(|(id, failing)| member_json(state, id, failing)).collect::<Vec<_>>()),
    );
    message.insert("more".into(), json!(members.len().saturating_sub(WORST)));
    let text = mail(&title, &why_now, cause.as_ref(), first, &members, id, &state.place);
    push(state, &group.alert_id, kind, message, &text, group.severity, round.now);
}

/// The mail: title; why now and who; impact; evidence; fix; links; id.
fn mail(
    title: &str,
    why_now: &str,
    cause: Option<&Cause>,
    first: &Failing,
    members: &[(&String, &Failing)],
    id: &str,
    place: &Place,
) -> String {
    let mut text = format!("{}\n\nwhy now: {why_now}\n", line(title, 256));
    match cause {
        Some(cause) => {
            let via = cause.via.as_ref().map(|via| format!(" via {via}")).unwrap_or_default();
            let _ = writeln!(text, "likely caused by: {} by {}{via} at {}", cause.event_name, cause.actor, cause.time);
        }
        None => text.push_str("caused by: unattributed\n"),
    }
    if !first.failure.impact.is_empty() {
        let _ = writeln!(text, "\nimpact: {}", first.failure.impact.join("; "));
    }
    text.push_str("\nevidence:\n");
    for hop in first.failure.evidence.iter().take(20) {
        let _ = writeln!(text, "  {}", line(hop, 500));
    }
    let _ = writeln!(text, "\nfix: {}", first.words.remedy);
    if let Some(command) = &first.failure.command {
        let _ = writeln!(text, "  {command}");
    }
    for (_, failing) in members.iter().skip(1).take(WORST) {
        let _ = writeln!(text, "also: {} {} ({})", failing.failure.severity, failing.failure.claim, failing.check);
    }
    let links = links(place, first, id);
    for (name, link) in links.as_object().into_iter().flatten() {
        let _ = writeln!(text, "{name}: {}", link.as_str().unwrap_or_default());
    }
    let _ = writeln!(text, "\nfinding: {id}");
    text
}

fn digest(state: &mut State, why: &str, failing: &[(&String, &Failing)], round: &Round<'_>) {
    let mut by_severity: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_check: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, one) in failing {
        *by_severity.entry(one.failure.severity.word()).or_default() += 1;
        *by_check.entry(&one.check).or_default() += 1;
    }
    let mut sorted = failing.to_vec();
    sorted.sort_by_key(|(id, one)| (std::cmp::Reverse(one.failure.severity), (*id).clone()));
    let severity = worst(failing);
    let group = format!("{}/{}/digest", state.place.account, state.place.region);
    let alert_id: String = hex(&Sha256::digest(format!("{group}\u{1f}{why}\u{1f}{}", round.now))).chars().take(16).collect();
    let title = format!("wallwalk {why} of {} {}: {}", state.place.account, state.place.region, count(failing.len(), "finding"));
    let findings: Vec<Value> = sorted.iter().take(WORST).map(|(id, one)| member_json(state, id, one)).collect();
    let mut message = base("digest", &alert_id, &group, severity, &state.place, round);
    message.insert("title".into(), json!(title));
    message.insert("counts".into(), json!({"severity": by_severity, "check": by_check}));
    message.insert("findings".into(), json!(findings));
    message.insert("more".into(), json!(failing.len().saturating_sub(WORST)));
    let mut text = format!("{title}\n\n");
    for severity in Severity::ALL {
        if let Some(n) = by_severity.get(severity.word()) {
            let _ = writeln!(text, "{n:>5} {severity}");
        }
    }
    text.push_str("\nworst:\n");
    for (id, one) in sorted.iter().take(WORST) {
        let _ = writeln!(text, "- {} {}: {} ({id})", one.failure.severity, one.subject.label, one.failure.claim);
    }
    push(state, &alert_id, "digest", message, &text, severity, round.now);
}

fn base(kind: &str, alert_id: &str, group: &str, severity: Severity, place: &Place, round: &Round<'_>) -> Map<String, Value> {
    let mut message = Map::new();
    message.insert("schema".into(), json!("wallwalk.alert/1"));
    message.insert("kind".into(), json!(kind));
    message.insert("alert_id".into(), json!(alert_id));
    message.insert("group".into(), json!(group));
    message.insert("severity".into(), json!(severity));
    message.insert("account".into(), json!(place.account));
    message.insert("region".into(), json!(place.region));
    message.insert("scan".into(), json!(round.scan));
    message
}

fn member_json(state: &State, id: &str, failing: &Failing) -> Value {
    let first_seen = state.ledger.findings.get(id).map(|entry| entry.first_seen);
    let title = format!("{}: {}", failing.subject.label, failing.failure.claim);
    json!({"id": id, "check": failing.check, "title": line(&title, 256), "severity": failing.failure.severity, "status": "failed", "first_seen": first_seen})
}

fn cause_json(cause: &Cause) -> Value {
    json!({"event_name": cause.event_name, "actor": cause.actor, "time": cause.time, "event_id": cause.event_id, "via": cause.via, "certainty": "likely"})
}

fn links(place: &Place, failing: &Failing, id: &str) -> Value {
    let region = &place.region;
    let console = if place.partition == "aws-cn" { "console.amazonaws.cn" } else { "console.aws.amazon.com" };
    let filter = format!("Id%3D%255Coperator%255C%253AEQUALS%255C%253A{}", id.replace('/', "%252F"));
    let finding = format!("https://{region}.{console}/securityhub/home?region={region}#/findings?search={filter}");
    let mut links = Map::from_iter([("check".to_owned(), json!(failing.words.url)), ("finding".to_owned(), json!(finding))]);
    if let Some((cluster, service)) =
        failing.subject.workload.as_deref().and_then(|workload| workload.strip_prefix("service/")).and_then(|rest| rest.split_once('/'))
    {
        let resource = format!("https://{region}.{console}/ecs/v2/clusters/{cluster}/services/{service}/health?region={region}");
        links.insert("resource".to_owned(), json!(resource));
    }
    Value::Object(links)
}

/// Adds the message with its subject and attributes. Attributes without a value are left out.
fn push(state: &mut State, alert_id: &str, kind: &str, message: Map<String, Value>, text: &str, severity: Severity, now: Time) {
    let of = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let title = of("title");
    let mut attributes = BTreeMap::from([
        ("severity", severity.word().to_owned()),
        ("severity_rank", severity.rank().to_string()),
        ("kind", kind.to_owned()),
        ("schema_version", "1".to_owned()),
    ]);
    for name in ["category", "account", "region", "cluster", "environment"] {
        attributes.insert(name, of(name));
    }
    attributes.retain(|_, value| !value.is_empty());
    let message = within(Value::Object(message));
    let fingerprint = hex(&Sha256::digest(message.to_string()));
    let body = json!({
        "subject": ascii(&title, 99),
        "message": message,
        "email": cut(text, 16 * 1024),
        "sms": line(&title, 140),
        "attributes": attributes,
    });
    let message = Message {
        channel: Channel::Alerts,
        key: format!("{alert_id}/{kind}"),
        fingerprint,
        updated_at: now,
        attempts: 0,
        body,
        sent: None,
    };
    state.outbox.retain(|waiting| !(waiting.channel == Channel::Alerts && waiting.key == message.key));
    state.outbox.push(message);
}

/// The message within the size limit: the list of findings is cut first.
fn within(mut message: Value) -> Value {
    while message.to_string().len() > 16 * 1024 {
        let Some(findings) = message.get_mut("findings").and_then(Value::as_array_mut).filter(|list| !list.is_empty()) else { break };
        findings.pop();
    }
    message
}
