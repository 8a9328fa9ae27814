//! Runs a case: documents, what is known, and the answers wanted.
//!
//! A document is a policy, a list of statements (of a policy of the version of 2012), a text, or
//! `"unread"`. Every case is held against the oracle too: what is wanted for sure has to be so in
//! every completion of what is open, and what is `possibly` in some and not in others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Attached, Bounds, Caller, Limit, Query, Resource, ResourceKind, SessionOf, Situation, Stack, Who};
use wallwalk_iam::policy::{self, Kind};
use wallwalk_iam::{Context, KeyState, Keys, Reading, Readings};
use wallwalk_model::Gap;

use super::oracle;
use super::oracle::sample::{Dice, complete};

/// The caller of cases that name none.
const TASK: &str = "arn:aws:iam::123456789012:role/task";
/// The time of every question.
const NOW: &str = "2026-11-23T00:00:00Z";
/// Completions that are tried.
const SAMPLES: usize = 600;
/// Keys of several values that occur in cases.
const MANY: &[&str] = &["aws:calledvia", "aws:tagkeys"];

/// Runs one case and tells what is wrong with it.
pub(crate) fn run(case: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let arn = case["principal"].as_str().unwrap_or(TASK);
    let stack = stack(case, arn, &mut wrong);
    let facts = facts(case, arn);
    let base = base(case, arn);
    let mut readings = Readings::OPEN;
    for (code, fixed) in case["readings"].as_object().into_iter().flatten() {
        let reading = Reading::ALL.iter().find(|one| one.code() == code).expect("a reading");
        readings = readings.with(*reading, fixed == "wide");
    }
    let bounds = Bounds::under(&stack, base.clone(), readings);
    for ask in case["ask"].as_array().expect("questions") {
        let (action, resource) = (text(&ask["action"]), text(&ask["resource"]));
        let folded = action.to_ascii_lowercase();
        let bound = keys(&ask["bind"], Keys::new());
        let target = if ask["pattern"] == true { Target::pattern(&resource) } else { Target::exact(&resource) };
        let mut query = Query::new(Action::of(&folded), target).with(&bound);
        if let Some(facts) = &facts {
            query = query.facing(facts);
        }
        let (want, got) = (text(&ask["want"]), bounds.can(&query).word());
        if got != want {
            wrong.push(format!("{action} on {resource}: {got}, wanted {want}"));
        }
        let explained = bounds.explain(&query).answer.word();
        if explained != got {
            wrong.push(format!("{action} on {resource}: {got}, explained as {explained}"));
        }
        if case.get("oracle").is_none() && !case.to_string().contains("\"unread\"") {
            wrong.extend(against_the_oracle(case, arn, &base, &bound, readings, (&action, &resource, &want)));
        }
    }
    wrong
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text instead of {value}")).to_owned()
}

/// A document's text; none if it was not read.
fn written(document: &Value) -> Option<String> {
    match document {
        Value::String(unread) if unread == "unread" => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(statements) => Some(json!({"Version": "2012-10-17", "Statement": statements}).to_string()),
        policy => Some(policy.to_string()),
    }
}

fn attached(name: &str, document: &Value, kind: Kind) -> Attached {
    let document = written(document).ok_or_else(|| Gap::not_asked("iam:GetPolicyVersion"));
    let document = document.map(|text| Arc::new(policy::parse(&text, kind).document.unwrap_or_else(|| panic!("no policy: {text}"))));
    Attached { name: name.into(), document }
}

fn list<'a>(case: &'a Value, part: &str) -> &'a [Value] {
    case[part].as_array().map_or(&[], |all| all)
}

fn stack(case: &Value, arn: &str, wrong: &mut Vec<String>) -> Stack {
    let mut caller = if arn.starts_with("arn:") { Caller::role(arn) } else { Caller::service(arn) };
    if let (Some(session), Who::Role { session: known, .. }) = (case["session"].as_str(), &mut caller.who) {
        *known = Some(session.into());
    }
    let mut stack = Stack::new(caller);
    stack.identity = list(case, "identity").iter().map(|one| attached("inline", one, Kind::Identity)).collect();
    stack.boundary = case.get("boundary").map(|one| attached("boundary", one, Kind::Boundary));
    stack.session = case.get("session_policy").map(|one| vec![attached("session", one, Kind::Session)]);
    let levels = |part, kind| match case.get(part) {
        None => Limit::NotKnown,
        Some(_) => Limit::Levels(
            list(case, part)
                .iter()
                .map(|level| level.as_array().expect("a level").iter().map(|one| attached(part, one, kind)).collect())
                .collect(),
        ),
    };
    stack.scp = levels("scp", Kind::Scp);
    stack.rcp = levels("rcp", Kind::Rcp);
    if let Some(wanted) = case.get("problems") {
        let texts = list(case, "identity").iter().filter_map(written);
        let codes: BTreeSet<&str> =
            texts.flat_map(|text| policy::parse(&text, Kind::Identity).problems).map(|one| one.code.as_str()).collect();
        if json!(codes) != *wanted {
            wrong.push(format!("problems {codes:?}, wanted {wanted}"));
        }
    }
    stack
}

fn facts(case: &Value, arn: &str) -> Option<Resource> {
    let resource = case.get("resource")?;
    let kind = match resource["kind"].as_str() {
        Some("trust") => ResourceKind::Trust,
        Some("key") => ResourceKind::Key,
        _ => ResourceKind::Ordinary,
    };
    let parsed = if kind == ResourceKind::Trust { Kind::Trust } else { Kind::Resource };
    let policies = list(resource, "policies").iter().map(|one| attached("policy", one, parsed)).collect();
    let own = arn.split(':').nth(4).unwrap_or("123456789012");
    Some(Resource { account: resource["account"].as_str().unwrap_or(own).into(), kind, policies, complete: true })
}

fn keys(states: &Value, mut keys: Keys) -> Keys {
    for (key, state) in states.as_object().into_iter().flatten() {
        let values = || list(state, "values").iter().map(|value| text(value).into()).collect();
        let state = match state["state"].as_str() {
            Some("absent") => KeyState::Absent,
            Some("exactly") => KeyState::Exactly(values()),
            Some("like") => KeyState::Like(text(&state["glob"]).into()),
            Some("one-of") => KeyState::OneOf(values()),
            Some("present") => KeyState::Present,
            Some("unknown") => KeyState::Unknown,
            Some("chosen") => KeyState::Chosen,
            _ => panic!("no state: {state}"),
        };
        keys.set(key, state);
    }
    keys
}

/// What is known of a task's session, and what the case says.
fn base(case: &Value, arn: &str) -> Keys {
    let now = NOW.parse().expect("a time");
    let situation = Situation { arn, id: Some("AROAEXAMPLE"), tags: Some(&[]), of: SessionOf::Task, organization: None, now };
    keys(&case["context"], situation.keys())
}

/// Holds the answer wanted against the oracle, over completions of what is open.
fn against_the_oracle(
    case: &Value,
    arn: &str,
    base: &Keys,
    bound: &Keys,
    readings: Readings,
    (action, resource, want): (&str, &str, &str),
) -> Vec<String> {
    let parse = |document: &Value| {
        let text = written(document).expect("read");
        let text = if text.starts_with('%') { percent_decoded(&text) } else { text };
        oracle::Policy::from_json(&serde_json::from_str(&text).expect("JSON"))
    };
    let all = |value: &Value, part: &str| list(value, part).iter().map(parse).collect::<Vec<_>>();
    let levels = |part: &str| list(case, part).iter().map(|level| level.as_array().expect("a level").iter().map(parse).collect()).collect();
    let name = arn.rsplit('/').next().expect("a name");
    let own = arn.split(':').nth(4).expect("an account");
    let facts = &case["resource"];
    let world = oracle::World {
        caller: oracle::Caller {
            account: own.to_owned(),
            role: arn.to_owned(),
            session: case["session"].as_str().map_or_else(|| format!("arn:aws:sts::{own}:assumed-role/{name}/s"), str::to_owned),
            service_linked: arn.contains(":role/aws-service-role/"),
            management: false,
        },
        identity: all(case, "identity"),
        boundary: case.get("boundary").map(parse),
        session: case.get("session_policy").map(parse),
        scp: levels("scp"),
        rcp: levels("rcp"),
        endpoint: None,
        resource: all(facts, "policies"),
        guard: if facts["kind"].is_string() { oracle::Guard::Exclusive } else { oracle::Guard::Ordinary },
        owner: facts["account"].as_str().unwrap_or(own).to_owned(),
    };
    let (mentioned, mut domain) = world.mentions();
    domain.extend(resource.match_indices(['/', ':']).map(|(at, _)| resource[at + 1..].to_owned()));
    let context = Context::new(bound, base);
    let chosen = mentioned.iter().any(|key| *context.state(key) == KeyState::Chosen);
    let mut dice = Dice(7);
    let mut allowed = 0;
    for _ in 0..SAMPLES {
        let random = dice.next().to_le_bytes();
        let random = u32::from_le_bytes([random[0], random[1], random[2], random[3]]);
        let bits = Reading::ALL
            .iter()
            .filter(|one| readings.surely_wide(**one) || readings.possibly_wide(**one) && random >> (**one as u8) & 1 == 1);
        let wide = oracle::Wide(bits.fold(0, |bits, one| bits | 1 << *one as u8));
        let carried: BTreeMap<String, Vec<String>> = mentioned
            .iter()
            .filter_map(|key| Some((key.clone(), complete(context.state(key), MANY.contains(&&**key), &domain, &mut dice)?)))
            .collect();
        allowed += usize::from(oracle::allows(&world, &oracle::Request { action, resource, carried: &carried, wide }));
    }
    let fits = match want {
        "surely" if chosen => allowed > 0,
        "surely" => allowed == SAMPLES,
        "never" => allowed == 0,
        // Either of two conditions may hold, and one of them has to: known not to be seen.
        _ if case["imprecise"] == true => true,
        _ => (1..SAMPLES).contains(&allowed),
    };
    if fits {
        Vec::new()
    } else {
        vec![format!("{action} on {resource}: wanted {want}, the oracle allows {allowed} of {SAMPLES} completions")]
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
