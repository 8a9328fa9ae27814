//! Figures of the IAM engine: parsing, expanding, bounds, one decision, start-up.
//!
//! `cargo bench --package wallwalk-iam [-- FILE]`
//!
//! FILE holds AWS managed policies as a JSON object of `{"name": {"Document": …}}`, with whatever text
//! before and after it; without it a corpus of about the same shape is made up. It asserts nothing:
//! figures depend on the machine.

#![expect(clippy::print_stdout, reason = "a program that measures prints what it measured")]

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::{Action, ActionId, catalogue, lookup};
use wallwalk_iam::eval::{Answer, Attached, Bounds, Caller, Query, Request, SessionOf, Situation, Stack, decide};
use wallwalk_iam::gain::sensitive_actions;
use wallwalk_iam::policy::{Document, Kind, parse};
use wallwalk_iam::{KeyState, Keys, Readings};
use wallwalk_model::Time;

const RUNS: u32 = 7;
const ROLES: usize = 10_000;
const ROLE: &str = "arn:aws:iam::111122223333:role/app";

fn main() -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let found = lookup("iam:PassRole").is_some();
    let start_up = begun.elapsed();
    let corpus = match std::env::args().skip(1).find(|argument| argument != "--bench") {
        Some(path) => managed(&std::fs::read_to_string(path)?)?,
        None => made_up(1_582),
    };
    let bytes: usize = corpus.iter().map(String::len).sum();
    println!("catalogue {} of {}: {} actions, PassRole known: {found}", catalogue().version, catalogue().date, catalogue().actions);
    println!("corpus: {} documents, {bytes} bytes", corpus.len());
    println!("| Work | Best | Median |");
    println!("| --- | ---: | ---: |");
    println!("| start-up and first lookup | {start_up:?} | |");
    row("corpus: parse and expand", || corpus.iter().filter_map(|text| parse(text, Kind::Identity).document).count());
    row("corpus: parse, expand, sets of actions", || corpus.iter().map(|text| judged(&[text], false)).sum());
    row("corpus: the same with conditions and resources", || corpus.iter().map(|text| judged(&[text], true)).sum());
    let parsed: Vec<Arc<Document>> = corpus.iter().filter_map(|text| parse(text, Kind::Identity).document).map(Arc::new).collect();
    let inline: Vec<String> = corpus.iter().map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()).collect();
    let of_role = |n: usize| [3, 7].map(|step| inline.get(n.wrapping_mul(step) % inline.len()).map_or("", String::as_str));
    let read: usize = (0..ROLES).flat_map(of_role).map(str::len).sum();
    let name = format!("{ROLES} roles, 2 managed and 2 inline documents each ({} MB of these), full bounds", read / 1_000_000);
    row(&name, || {
        let role = |n: usize| {
            let managed = [11, 13].into_iter().filter_map(|step| parsed.get(n.wrapping_mul(step) % parsed.len()).cloned());
            let own = of_role(n).into_iter().filter_map(|text| parse(text, Kind::Identity).document).map(Arc::new);
            bounds(managed.chain(own), true)
        };
        (0..ROLES).map(role).sum()
    });
    one_decision();
    println!("peak memory: {} MiB", peak());
    Ok(())
}

fn row(name: &str, mut work: impl FnMut() -> usize) {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let begun = Instant::now();
        black_box(work());
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let (best, median) = (times.first().copied().unwrap_or_default(), times.get(times.len() / 2).copied().unwrap_or_default());
    println!("| {name} | {best:.2?} | {median:.2?} |");
}

fn judged(texts: &[&String], full: bool) -> usize {
    bounds(texts.iter().filter_map(|text| parse(text, Kind::Identity).document).map(Arc::new), full)
}

/// What a role with these documents may do: sets of actions, and, if `full`, every sensitive action on
/// the resources that its statements name.
fn bounds(documents: impl Iterator<Item = Arc<Document>>, full: bool) -> usize {
    let mut stack = Stack::new(Caller::role(ROLE));
    stack.identity = documents.map(|document| Attached { name: "inline/p".into(), document: Ok(document) }).collect();
    let bounds = Bounds::new(&stack, keys());
    let (may, surely) = (bounds.may_allow(), bounds.surely_anywhere());
    let mut allowed = surely.count();
    if full {
        let mut open = may.clone();
        open.intersect(sensitive());
        open.subtract(&surely);
        allowed += open.iter().filter(|id| on_named(&bounds, *id)).count();
    }
    allowed + may.count()
}

fn on_named(bounds: &Bounds<'_>, id: ActionId) -> bool {
    let statements = bounds.own_allows().filter(|(_, statement, _)| statement.actions.matches(&Action::Known(id), Readings::OPEN).may());
    let patterns = statements.filter_map(|(_, statement, _)| statement.resources.as_ref()).flat_map(|resources| &resources.patterns);
    patterns.map(|pattern| bounds.can(&Query::new(Action::Known(id), Target::pattern(pattern.text())))).any(|answer| answer > Answer::Never)
}

fn sensitive() -> &'static wallwalk_iam::catalogue::ActionBits {
    static ALL: std::sync::OnceLock<wallwalk_iam::catalogue::ActionBits> = std::sync::OnceLock::new();
    ALL.get_or_init(sensitive_actions)
}

fn keys() -> Keys {
    static KEYS: std::sync::OnceLock<Keys> = std::sync::OnceLock::new();
    let situation =
        || Situation { arn: ROLE, id: Some("AROAEXAMPLE"), tags: Some(&[]), of: SessionOf::Task, organization: None, now: Time::default() };
    KEYS.get_or_init(|| situation().keys()).clone()
}

fn one_decision() {
    let statements: Vec<Value> = (0..10)
        .map(|n| json!({"Effect": if n == 9 { "Deny" } else { "Allow" }, "Action": [format!("s3:Get{n}*"), "ecs:Describe*", "iam:GetRole"], "Resource": format!("arn:aws:s3:::bucket-{n}/*")}))
        .chain([json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}})])
        .collect();
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let Some(document) = parse(&text, Kind::Identity).document else { return };
    let mut stack = Stack::new(Caller::role(ROLE));
    stack.identity = vec![Attached { name: "inline/p".into(), document: Ok(Arc::new(document)) }];
    let keys = Keys::new().with("aws:PrincipalAccount", KeyState::one("111122223333"));
    let request = Request { action: "s3:GetObject", resource: "arn:aws:s3:::shop/a/b", keys: &keys, facts: None };
    let each = |name: &str, work: &mut dyn FnMut()| {
        const TIMES: u32 = 100_000;
        let begun = Instant::now();
        (0..TIMES).for_each(|_| work());
        println!("| {name} | {:.0?} | |", begun.elapsed() / TIMES);
    };
    each("one decision over eleven statements, from the documents", &mut || {
        black_box(decide(&stack, black_box(&request), Readings::believed()));
    });
    let bounds = Bounds::new(&stack, keys.clone());
    let id = lookup("s3:GetObject").map_or(Action::Named("s3:getobject"), Action::Known);
    each("one answer of bounds that are ready", &mut || {
        black_box(bounds.can(&Query::new(id, Target::exact(black_box("arn:aws:s3:::shop/a/b")))));
    });
}

fn managed(text: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let json = text.find('{').zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to)).ok_or("no JSON object in the file")?;
    let all: std::collections::BTreeMap<String, Value> = serde_json::from_str(json)?;
    Ok(all.values().filter_map(|policy| policy.get("Document")).map(Value::to_string).collect())
}

/// Documents of about the shape of those that AWS manages: 5 to 6 statements, 7 actions each, a condition in 45 of 100.
fn made_up(documents: usize) -> Vec<String> {
    let names: Vec<&str> = ActionId::all().map(ActionId::name).collect();
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or(0) % below.max(1)
    };
    let mut all = Vec::new();
    for _ in 0..documents {
        let mut statements = Vec::new();
        for _ in 0..=next(11) {
            let first = next(names.len());
            let mut actions: Vec<String> =
                (0..=next(14)).filter_map(|n| names.get((first + n * 3) % names.len())).map(|name| (*name).to_owned()).collect();
            if next(20) == 0 {
                let service = names.get(first).and_then(|name| name.split(':').next()).unwrap_or("s3");
                actions.push(format!("{service}:{}*", ["", "Get", "List", "Describe"].get(next(4)).copied().unwrap_or_default()));
            }
            let resource = if next(10) < 6 { "*".to_owned() } else { format!("arn:aws:s3:::bucket-{}/*", next(1_000)) };
            let mut statement = json!({"Sid": format!("S{first}"), "Effect": "Allow", "Action": actions, "Resource": resource});
            if next(100) < 45 {
                let condition = match next(4) {
                    0 => json!({"StringLike": {"aws:ResourceTag/team": "shop-*"}}),
                    1 => json!({"Null": {"aws:RequestTag/team": "false"}}),
                    _ => json!({"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}),
                };
                if let Some(map) = statement.as_object_mut() {
                    map.insert("Condition".to_owned(), condition);
                }
            }
            statements.push(statement);
        }
        all.push(json!({"Version": "2012-10-17", "Statement": statements}).to_string());
    }
    all
}

/// Peak of resident memory in MiB, or 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
