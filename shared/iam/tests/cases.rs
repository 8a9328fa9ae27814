//! Cases of evaluation as data: `tests/cases/*.json`, one list of cases for each subject.
//!
//! A case has a `name` (the number keeps cases of one question together), the caller (`principal`,
//! `session`; else a task's role), documents (`identity`, `boundary`, `session_policy`, `scp` and `rcp`
//! by level, `resource` with `kind`, `account` and `policies`), what is known of keys (`context`),
//! readings that are fixed (`readings`), codes of the problems the parser has to find (`problems`), and
//! questions (`ask`) with the answer wanted. Where the oracle cannot follow, `oracle` says why; where
//! more than one key is in play and `possibly` is known to be too much, `imprecise`.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "cases/json.rs"]
mod json;
#[path = "cases/run.rs"]
mod run;

mod oracle;

use serde_json::Value;

/// Runs every case of a file.
fn all(text: &str) {
    let cases: Vec<Value> = serde_json::from_str(text).expect("a list of cases");
    assert!(!cases.is_empty());
    let wrong: Vec<String> =
        cases.iter().flat_map(|case| run::run(case).into_iter().map(|what| format!("{}: {what}", case["name"]))).collect();
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

macro_rules! files {
    ($($name:ident)*) => { $(#[test] fn $name() { all(include_str!(concat!("cases/", stringify!($name), ".json"))); })* };
}

files! { parsing actions resources variables conditions combination bounds }
