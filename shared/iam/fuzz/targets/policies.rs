//! Policies of any bytes: parsed, printed, asked.
//!
//! Nothing panics; what is printed reads back the same; and a question never has an answer that a
//! concrete request contradicts.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Answer, Attached, Bounds, Caller, Decision, Query, Request, Resource, ResourceKind, Stack, decide};
use wallwalk_iam::policy::{Kind, parse, print};
use wallwalk_iam::{KeyState, Keys, Readings};

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const KINDS: [Kind; 8] =
    [Kind::Identity, Kind::Boundary, Kind::Session, Kind::Scp, Kind::Rcp, Kind::Trust, Kind::Resource, Kind::Endpoint];
const ASKED: [(&str, &str); 6] = [
    ("s3:getobject", "arn:aws:s3:::shop/key"),
    ("iam:passrole", ROLE),
    ("sts:assumerole", ROLE),
    ("ecr:getauthorizationtoken", "*"),
    ("ecs:executecommand", "arn:aws:ecs:eu-west-1:111122223333:task/shop/0"),
    ("nobody:knowsit", "arn:aws:nobody:::x"),
];

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let kind = KINDS[usize::from(*first) % KINDS.len()];
    let parsed = parse(&String::from_utf8_lossy(rest), kind);
    let Some(document) = parsed.document else {
        assert!(!parsed.problems.is_empty(), "a document that is not there is told");
        return;
    };
    let printed = print(&document);
    if parsed.problems.is_empty() {
        let again = parse(&printed, kind);
        assert!(again.document.as_ref() == Some(&document), "what is printed reads back");
    }
    let attached = Attached { name: "p".into(), document: Ok(Arc::new(document)) };
    let mut stack = Stack::new(Caller::role(ROLE));
    let mut facts = None;
    match kind {
        Kind::Trust | Kind::Resource => {
            let kind = if kind == Kind::Trust { ResourceKind::Trust } else { ResourceKind::Ordinary };
            facts = Some(Resource { account: "111122223333".into(), kind, policies: vec![attached], complete: true });
        }
        Kind::Boundary => stack.boundary = Some(attached),
        _ => stack.identity = vec![attached],
    }
    let known = Keys::new().with("aws:PrincipalArn", KeyState::one(ROLE));
    let bounds = Bounds::new(&stack, known.clone());
    for (action, resource) in ASKED {
        let query = Query { facts: facts.as_ref(), ..Query::new(Action::of(action), Target::exact(resource)) };
        let answer = bounds.can(&query);
        assert_eq!(bounds.explain(&query).answer, answer);
        for wide in [0, u32::MAX, 0x5555_5555] {
            let request = Request { action, resource, keys: &known, facts: facts.as_ref() };
            let allowed = decide(&stack, &request, Readings::fixed(wide)) == Decision::Allow;
            // Keys the caller chooses may be left out, so only the upper bound holds for every request.
            assert!(!allowed || answer > Answer::Never, "{action} is allowed and said never to be");
        }
    }
});
