//! Whether a caller may do all that a question names, not just a part of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use wallwalk_iam::Keys;
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::Answer::{Never, Possibly, Surely, Unread};
use wallwalk_iam::eval::{Answer, Attached, Bounds, Caller, Query, Stack};
use wallwalk_iam::policy::{Kind, parse};
use wallwalk_model::Gap;

const ROLE: &str = "arn:aws:iam::111122223333:role/app";

fn document(name: &str, statements: &str, kind: Kind) -> Attached {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Attached { name: name.into(), document: Ok(Arc::new(parse(&text, kind).document.unwrap())) }
}

fn unread() -> Attached {
    Attached { name: "lost".into(), document: Err(Gap::not_asked("iam:GetPolicyVersion")) }
}

fn stack(statements: &str) -> Stack {
    let mut stack = Stack::new(Caller::role(ROLE));
    stack.identity.push(document("inline/p", statements, Kind::Identity));
    stack
}

fn ask(stack: &Stack, action: &str, resource: &str) -> Answer {
    let folded = action.to_ascii_lowercase();
    let bounds = Bounds::new(stack, Keys::new());
    let query = Query::new(Action::of(&folded), Target::pattern(resource));
    let (all, some) = (bounds.covers(&query), bounds.can(&query));
    // All of it is at most as sure as a part, and surely all is the same question either way.
    assert!(all <= some, "{action} on {resource}: all {all:?}, some {some:?}");
    assert_eq!(all == Surely, some == Surely, "{action} on {resource}");
    all
}

const VPCE: &str = r#""Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#;

#[test]
fn a_part_is_nothing_and_an_open_condition_leaves_it_open() {
    let allow = |rest: &str| format!(r#"{{"Effect":"Allow",{rest}}}"#);
    for (statements, action, resource, expected) in [
        (allow(r#""Action":"*","Resource":"*""#), "*", "*", Surely),
        (allow(r#""Action":"*:*","Resource":"arn:*""#), "*", "*", Surely),
        (allow(r#""Action":"s3:*","Resource":"*""#), "*", "*", Never),
        (allow(r#""Action":"s3:*","Resource":"*""#), "s3:*", "*", Surely),
        (allow(r#""Action":"s3:Get*","Resource":"*""#), "s3:*", "*", Never),
        (allow(r#""Action":"s3:*","Resource":"arn:aws:s3:::b/*""#), "s3:GetObject", "arn:aws:s3:::*/*", Never),
        (allow(r#""NotAction":"iam:*","Resource":"*""#), "*", "*", Never),
        (allow(r#""Action":"s3:*","NotResource":"arn:aws:s3:::b/*""#), "s3:GetObject", "*", Never),
        (allow(&format!(r#""Action":"*","Resource":"*",{VPCE}"#)), "*", "*", Possibly),
        (allow(&format!(r#""Action":"s3:*","Resource":"*",{VPCE}"#)), "*", "*", Never),
    ] {
        assert_eq!(ask(&stack(&statements), action, resource), expected, "{statements}: {action} on {resource}");
    }
}

#[test]
fn a_deny_of_a_part_takes_the_whole_and_one_under_a_condition_leaves_it_open() {
    let all = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
    for (deny, expected) in [
        (r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#.to_owned(), Never),
        (r#"{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}"#.to_owned(), Surely),
        (format!(r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*",{VPCE}}}"#), Possibly),
    ] {
        assert_eq!(ask(&stack(&format!("{all},{deny}")), "s3:GetObject", "*"), expected, "{deny}");
    }
}

#[test]
fn a_reading_that_is_open_leaves_it_open() {
    for statement in [
        r#"{"Effect":"Allow","Action":"s3:GetObject ","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"s*:GetObject","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3"}"#,
        r#"{"Effect":"allow","Action":"s3:GetObject","Resource":"*"}"#,
        r#"{"Effect":"Allow","NotAction":[],"Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Deny","Action":"s3:GetObject ","Resource":"*"}"#,
    ] {
        assert_eq!(ask(&stack(statement), "s3:GetObject", "arn:aws:s3:::*/*"), Possibly, "{statement}");
    }
}

#[test]
fn what_was_not_read_counts_only_where_it_may_add() {
    let ask = |stack: &Stack| ask(stack, "s3:*", "*");
    let (whole, part) =
        (r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#, r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#);
    let open = format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"*",{VPCE}}}"#);
    for (statements, boundary, expected) in [
        (whole, true, Unread),
        (part, true, Never),
        (&open, true, Possibly),
        (whole, false, Unread),
        (part, false, Unread),
        (&open, false, Possibly),
    ] {
        let mut stack = stack(statements);
        if boundary {
            stack.boundary = Some(unread());
        } else {
            stack.identity.push(unread());
        }
        assert_eq!(ask(&stack), expected, "{statements}, boundary {boundary}");
    }
}
