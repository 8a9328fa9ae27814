//! Small worlds to hold the engine against the oracle in: few names, so that statements meet, and
//! every form that a policy may have.
//!
//! Services, actions and keys are real ones of each kind the engine treats apart: actions with and
//! without resource types, actions no catalogue knows; keys of one value and of many, keys the caller
//! chooses and keys nobody knows.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use wallwalk_iam::KeyState;

use super::oracle::{Caller, Carried, Condition, Guard, Policy, Statement, World};

pub(crate) const OWN: &str = "111111111111";
pub(crate) const OTHER: &str = "222222222222";
const ROLE: &str = "arn:aws:iam::111111111111:role/p/task";
const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/task/s";

/// Two have no resource type, two are in no catalogue.
pub(crate) const ACTIONS: &[&str] = &[
    "ecs:StopTask",
    "ecs:DiscoverPollEndpoint",
    "ecs:StopFrob",
    "secretsmanager:GetSecretValue",
    "secretsmanager:GetRandomPassword",
    "secretsmanager:GetFrob",
];

/// Two types, two accounts, a case twin, colons in the resource part, empty segments.
pub(crate) const RESOURCES: &[&str] = &[
    "arn:aws:ecs:us-east-1:111111111111:task/a",
    "arn:aws:ecs:us-east-1:111111111111:task/A",
    "arn:aws:ecs:us-east-1:111111111111:task/a/b",
    "arn:aws:ecs:us-east-1:222222222222:task/a",
    "arn:aws:secretsmanager:us-east-1:111111111111:secret:a",
    "arn:aws:secretsmanager:us-east-1:111111111111:secret:a:b",
    "arn:aws:secretsmanager:us-east-1:222222222222:secret:a",
    "arn:aws:s3:::a/b",
];

/// A key of one value that nobody knows.
pub(crate) const SINGLE: &str = "aws:SourceVpce";
/// A key of many values that nobody knows.
pub(crate) const MANY: &str = "aws:CalledVia";
/// A tag of the caller, which variables refer to.
pub(crate) const TAG: &str = "aws:PrincipalTag/x";
/// A key that the caller chooses.
pub(crate) const CHOSEN: &str = "aws:RequestTag/x";
pub(crate) const KEYS: &[&str] = &[SINGLE, MANY, TAG, CHOSEN];

const TEXTS: &[&str] = &["a", "b", "", "*", "a*", "?", "A", "ab", "\u{17f}", "s", "a/b", "task/a"];
const NUMBERS: &[&str] = &["1", "01.0", "-1", "10", "10abc", "99999999999999999999", "0.5", ".50", "-0", "0"];
const DATES: &[&str] = &[
    "2026-01-01T00:00:00Z",
    "2026-01-01",
    "1767225600",
    "2026-01-01T01:00:00+01:00",
    "2025-12-31T23:59:60Z",
    "2026-01-01T00:00:00.5Z",
    "-1",
    "soon",
];
const BOOLS: &[&str] = &["true", "FALSE", "false", "maybe"];
const BINARIES: &[&str] = &["YQ==", "YWI=", "a"];
const RANGES: &[&str] = &["10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "::/0", "2001:db8::/32", "10.0.0.0/33"];
const ADDRESSES: &[&str] = &["10.1.2.3", "11.0.0.1", "::ffff:10.1.2.3", "2001:db8::1", "a"];
const ARNS: &[&str] = &[
    "*",
    "arn:aws:ecs:us-east-1:111111111111:task/a",
    "arn:aws:ecs:*:111111111111:task/*",
    "arn:aws:*:*:*:*",
    "arn:aws:s3:::a:b",
    "arn:*",
    "arn:aws:s3:::${aws:PrincipalTag/x}",
    "a",
];
const VARIABLES: &[&str] = &[
    "${aws:PrincipalTag/x}",
    "${AWS:principaltag/X}b",
    "${aws:PrincipalTag/x, 'a'}",
    "${aws:PrincipalTag/x,'a'}",
    "${*}",
    "${?}",
    "${$}",
    "${aws:PrincipalTag/x",
    "${aws:RequestTag/x}",
    "${aws:CalledVia}",
];

/// Operators by what they compare.
const OPERATORS: &[(&str, &[&str])] = &[
    ("String", &["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"]),
    (
        "Numeric",
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
    ),
    ("Date", &["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"]),
    ("Bool", &["Bool"]),
    ("Binary", &["BinaryEquals"]),
    ("Ip", &["IpAddress", "NotIpAddress"]),
    ("Arn", &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]),
    ("Null", &["Null"]),
    ("Frob", &["StringFrobs"]),
];

/// Every value a key may take in a completion.
pub(crate) fn domain() -> Vec<String> {
    let mut all: Vec<&str> = [TEXTS, NUMBERS, DATES, BOOLS, ADDRESSES].concat();
    all.extend(["arn:aws:ecs:us-east-1:111111111111:task/a", "arn:aws:s3:::a:b", "arn:aws:s3:::a", "arn:aws", "fresh", "ABC"]);
    all.into_iter().map(str::to_owned).collect()
}

fn values_of(family: &str) -> BoxedStrategy<String> {
    let texts = || prop_oneof![4 => select(TEXTS), 2 => select(VARIABLES)];
    let all: BoxedStrategy<&'static str> = match family {
        "Numeric" => prop_oneof![9 => select(NUMBERS), 1 => select(VARIABLES)].boxed(),
        "Date" => select(DATES).boxed(),
        "Bool" => prop_oneof![4 => select(BOOLS), 1 => select(VARIABLES)].boxed(),
        "Binary" => select(BINARIES).boxed(),
        "Ip" => select(RANGES).boxed(),
        "Arn" => prop_oneof![4 => select(ARNS), 1 => select(VARIABLES)].boxed(),
        "Null" => prop_oneof![9 => select(&["true", "false", "True"][..]), 1 => Just("maybe")].boxed(),
        _ => texts().boxed(),
    };
    all.prop_map(str::to_owned).boxed()
}

/// A condition. String operators are as frequent as all others together, as they are in the wild.
pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    let family = prop_oneof![4 => Just(0_usize), 4 => 0..OPERATORS.len()];
    let shape = (select(&["", "", "", "", "ForAllValues:", "ForAnyValue:"][..]), select(&["", "", "", "IfExists"][..]));
    (family, shape, prop_oneof![3 => select(KEYS).boxed(), 1 => Just("AWS:sourcevpce").boxed()]).prop_flat_map(
        |(family, (set, suffix), key)| {
            let (name, operators) = OPERATORS[family];
            (select(operators), prop::collection::vec(values_of(name), 1..3)).prop_map(move |(operator, values)| {
                // `Null` takes neither a set prefix nor the suffix.
                let (set, suffix) = if operator == "Null" { ("", "") } else { (set, suffix) };
                Condition { operator: format!("{set}{operator}{suffix}"), key: key.to_owned(), values }
            })
        },
    )
}

fn action_pattern() -> impl Strategy<Value = String> {
    let odd = select(
        &[
            "*:*",
            "ECS:stoptask",
            "ecs:Stop????",
            "*:Get*",
            "e*:StopTask",
            " ecs:StopTask",
            "ecs:*Frob",
            "nocolon",
            "s?cretsmanager:*",
            "ecs:",
            "*:*Task",
            "ecs:Stop?rob",
            "iam:*",
            "ecs:stop*b",
        ][..],
    );
    let even = select(&["*", "ecs:*", "ecs:Stop*", "secretsmanager:*", "secretsmanager:Get*"][..]);
    prop_oneof![3 => even, 3 => select(ACTIONS), 2 => odd].prop_map(str::to_owned)
}

pub(crate) fn resource_pattern() -> impl Strategy<Value = String> {
    let odd = select(
        &[
            "arn:*",
            "arn:*:*:*:*:*",
            "arn:aws:ecs:*",
            "arn:aws:ecs",
            "arn:aws:*",
            "arn:aws:ecs:us-east-1:111111111111:task/${aws:PrincipalTag/x}",
            "arn:aws:ecs:us-east-1:111111111111:task/${aws:PrincipalTag/x, 'a'}",
            "arn:aws:ecs:*:*:task/${aws:PrincipalTag/x,'a'}*",
            "arn:aws:ecs:*:${aws:PrincipalTag/x}:task/a",
            "arn:aws:ecs:*:*:task/${aws:RequestTag/x}",
            "arn:aws:ecs:us-east-1:*:ta?k/a",
            "arn:aws:ecs:us-east-1:111111111111:*/a",
            "arn:aws:ecs:us-east-1:111111111111:t*",
            "arn:aws:secretsmanager:*:secret:a*",
            "arn:aws:ecs:US-EAST-1:*:task/a",
            "arn:aws:e?s:*:*:task/*",
            "arn:*:ecs:us-east-1:111111111111:task/a/b",
            "arn:aws:ecs:*:111111111111:task/a",
            "arn:aws:ecs:us-east-1:111111111111:task/a${aws:PrincipalTag/x}",
        ][..],
    )
    .prop_map(str::to_owned);
    let made = (
        select(&["aws", "aws", "AWS", "aws-cn", "*"][..]),
        select(&["ecs", "secretsmanager", "s3", "*"][..]),
        select(&["us-east-1", "*", "", "us-*"][..]),
        select(&[OWN, OTHER, "*", "", "1*"][..]),
        select(
            &["*", "task/*", "task/a", "task/?", "secret:*", "secret:a", "secret:?", "*a*", "*/b", "a/*", "TASK/a", "*:b", "secret*b"][..],
        ),
    )
        .prop_map(|(partition, service, region, account, rest)| format!("arn:{partition}:{service}:{region}:{account}:{rest}"));
    prop_oneof![3 => Just("*".to_owned()), 3 => select(RESOURCES).prop_map(str::to_owned), 3 => made, 3 => odd]
}

fn principal() -> impl Strategy<Value = (String, String)> {
    select(
        &[
            ("AWS", "*"),
            ("AWS", OWN),
            ("AWS", "arn:aws:iam::111111111111:root"),
            ("AWS", ROLE),
            ("AWS", SESSION),
            ("AWS", "arn:aws:iam::111111111111:role/p/*"),
            ("AWS", "arn:aws:iam::111111111111:role/other"),
            ("AWS", OTHER),
            ("AWS", "AROAEXAMPLE"),
            ("Service", "ecs-tasks.amazonaws.com"),
            ("Federated", "cognito-identity.amazonaws.com"),
        ][..],
    )
    .prop_map(|(kind, name)| (kind.to_owned(), name.to_owned()))
}

/// A statement; with principals if its policy has them.
pub(crate) fn statement(effect: &'static str, principals: bool) -> BoxedStrategy<Statement> {
    let who = (prop::bool::weighted(0.15), prop::collection::vec(principal(), 1..4));
    let who = (any::<bool>(), who).prop_map(
        |(star, (not, list))| {
            if star && !not { (false, vec![("*".to_owned(), "*".to_owned())]) } else { (not, list) }
        },
    );
    let what = (prop::bool::weighted(0.12), prop::collection::vec(action_pattern(), 1..3));
    let on = (prop::bool::weighted(0.12), prop::collection::vec(resource_pattern(), 1..3));
    let when =
        prop_oneof![6 => Just(Vec::new()), 3 => prop::collection::vec(condition(), 1..2), 1 => prop::collection::vec(condition(), 2..4)];
    (who, what, on, when)
        .prop_map(move |((not_principal, list), (not_action, actions), (not_resource, resources), conditions)| {
            let mut conditions = conditions;
            // The same operator twice would be one JSON key with two members; the same key in it a duplicate.
            conditions.sort();
            conditions.dedup_by(|a, b| a.operator == b.operator && a.key.eq_ignore_ascii_case(&b.key));
            Statement {
                effect: effect.to_owned(),
                not_principal,
                principals: principals.then_some(list),
                not_action,
                actions,
                not_resource,
                resources: Some(resources),
                conditions,
            }
        })
        .boxed()
}

/// A policy of at most `most` statements, Allows being five times as frequent as Denies: one Deny undoes much.
pub(crate) fn policy(most: usize, principals: bool) -> impl Strategy<Value = Policy> {
    let one = prop_oneof![5 => statement("Allow", principals), 1 => statement("Deny", principals)];
    (prop::bool::weighted(0.85), prop::collection::vec(one, 1..=most)).prop_map(|(v2012, statements)| Policy { v2012, statements })
}

/// Everything on everything.
fn everything() -> Statement {
    Statement {
        effect: "Allow".to_owned(),
        not_principal: false,
        principals: None,
        not_action: false,
        actions: vec!["*".to_owned()],
        not_resource: false,
        resources: Some(vec!["*".to_owned()]),
        conditions: Vec::new(),
    }
}

/// A policy without principals that often lets everything through, so that something gets through at all.
fn lenient(often: f64) -> impl Strategy<Value = Policy> {
    (prop::bool::weighted(often), policy(2, false)).prop_map(move |(all, mut policy)| {
        policy.statements.extend(all.then(everything));
        policy
    })
}

/// A world without any policy.
pub(crate) fn bare_world() -> World {
    World {
        caller: Caller {
            account: OWN.to_owned(),
            role: ROLE.to_owned(),
            session: SESSION.to_owned(),
            service_linked: false,
            management: false,
        },
        identity: Vec::new(),
        boundary: None,
        session: None,
        scp: Vec::new(),
        rcp: Vec::new(),
        endpoint: None,
        resource: Vec::new(),
        guard: Guard::Ordinary,
        owner: OWN.to_owned(),
    }
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    let levels = || prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(prop::collection::vec(lenient(0.6), 1..3), 1..3)];
    let maybe = || prop_oneof![3 => Just(None), 1 => lenient(0.7).prop_map(Some)];
    let resource = prop_oneof![1 => Just(Vec::new()), 2 => prop::collection::vec(policy(3, true), 1..3)];
    (
        prop::collection::vec(lenient(0.25), 0..3),
        maybe(),
        maybe(),
        (levels(), levels(), prop_oneof![6 => Just(None), 1 => lenient(0.7).prop_map(|policy| Some(everybodys(policy)))]),
        resource,
        select(&[Guard::Ordinary, Guard::Ordinary, Guard::Exclusive][..]),
        select(&[OWN, OWN, OTHER][..]),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(identity, boundary, session, (scp, rcp, endpoint), resource, guard, owner, management)| {
            let mut world = bare_world();
            world.caller.management = management;
            let rcp = rcp.into_iter().map(|level: Vec<Policy>| level.into_iter().map(everybodys).collect()).collect();
            World { identity, boundary, session, scp, rcp, endpoint, resource, guard, owner: owner.to_owned(), ..world }
        })
}

/// The policy with everybody as principal, as resource control policies have to be.
fn everybodys(mut policy: Policy) -> Policy {
    for statement in &mut policy.statements {
        statement.not_principal = false;
        statement.principals = Some(vec![("*".to_owned(), "*".to_owned())]);
    }
    policy
}

/// What is known of the request's keys; of one that is not here nothing is said.
pub(crate) type Known = BTreeMap<&'static str, KeyState>;

pub(crate) fn many(key: &str) -> bool {
    key == MANY
}

fn values(key: &'static str) -> impl Strategy<Value = Vec<String>> {
    let most = if many(key) { 3 } else { 1 };
    prop::collection::vec(select(domain()), 1..=most)
}

fn boxed(values: Vec<String>) -> Vec<Box<str>> {
    values.into_iter().map(Into::into).collect()
}

fn state(key: &'static str) -> impl Strategy<Value = Option<KeyState>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(KeyState::Absent)),
        3 => values(key).prop_map(|values| Some(KeyState::Exactly(boxed(values)))),
        1 => select(&["*", "a*", "?", "arn:aws:*", "*b"][..]).prop_map(|glob| Some(KeyState::Like(glob.into()))),
        1 => subsequence(domain(), 1..3).prop_map(|all| Some(KeyState::OneOf(boxed(all)))),
        1 => Just(Some(KeyState::Present)),
        1 => Just(Some(KeyState::Unknown)),
        1 => Just(Some(KeyState::Chosen)),
    ]
}

pub(crate) fn known() -> impl Strategy<Value = Known> {
    (state(SINGLE), state(MANY), state(TAG), state(CHOSEN)).prop_map(|(single, many, tag, chosen)| {
        [(SINGLE, single), (MANY, many), (TAG, tag), (CHOSEN, chosen)].into_iter().filter_map(|(key, state)| Some((key, state?))).collect()
    })
}

/// A request's keys, complete.
pub(crate) fn carried() -> impl Strategy<Value = Carried> {
    let one = |key: &'static str| {
        prop_oneof![1 => Just(None), 2 => values(key).prop_map(Some)]
            .prop_map(move |values| values.map(|values| (key.to_ascii_lowercase(), values)))
    };
    (one(SINGLE), one(MANY), one(TAG), one(CHOSEN)).prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect())
}
