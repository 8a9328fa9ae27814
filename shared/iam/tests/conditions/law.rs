//! What is said of a key of which little is known holds for every value it may turn out to have.

use proptest::prelude::*;
use wallwalk_iam::condition::all_hold;
use wallwalk_iam::policy::{Atom, Version};
use wallwalk_iam::{Context, KeyState, Keys, Reading, Readings, Tri};

use super::table::FIXTURES;
use super::{all, atom, like};

const KEYS: &[&str] =
    &["k", "aws:tagkeys", "aws:principaltag/x", "aws:sourcevpce", "aws:sourceip", "aws:securetransport", "aws:tokenissuetime"];

/// What a request may carry under a key; AWS guarantees the form of some.
fn pool(key: &str) -> &'static [&'static str] {
    match key {
        "aws:sourceip" => &["10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1"],
        "aws:securetransport" => &["true", "false"],
        "aws:tokenissuetime" => &["2026-11-23T00:00:00Z", "0"],
        _ => &[
            "a",
            "A",
            "ab",
            "b",
            "",
            "*",
            "ä",
            "Ä",
            "5",
            "5.0",
            "true",
            "10.0.0.1",
            "arn:aws:iam::1:role/a",
            "arn:aws:iam::1:role/b:c",
            "0",
        ],
    }
}

/// The law speaks of what keys carry: of several values only where a key may have several.
fn most_values(key: &str) -> usize {
    if matches!(key, "k" | "aws:tagkeys" | "aws:principaltag/x") { 3 } else { 1 }
}

fn values(key: &'static str, least: usize) -> impl Strategy<Value = Vec<Box<str>>> {
    prop::collection::vec(prop::sample::select(pool(key)).prop_map(Box::from), least..=most_values(key))
}

/// What is known of a key, and a request that agrees with it.
fn known_and_carried(key: &'static str) -> impl Strategy<Value = (KeyState, Vec<Box<str>>)> {
    const GLOBS: &[&str] = &["*", "a*", "?", "*b", "arn:aws:iam::1:role/*", "arn:*:a", "a?", "ab", "10.*", "*:*"];
    let fits = |glob: &str, text: &str| glob_fits(&glob.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
    let pairs = GLOBS.iter().flat_map(|glob| pool(key).iter().map(move |text| (*glob, *text)));
    let fitting: Vec<(&str, &str)> = pairs.filter(|(glob, text)| fits(glob, text)).collect();
    prop_oneof![
        Just((KeyState::Absent, Vec::new())),
        values(key, 0).prop_map(|values| (KeyState::Exactly(values.clone()), values)),
        (values(key, 1), prop::sample::select(pool(key))).prop_map(|(mut values, one)| {
            values.push(one.into());
            (KeyState::OneOf(values), vec![one.into()])
        }),
        prop::sample::select(fitting).prop_map(|(glob, one)| (like(glob), vec![one.into()])),
        values(key, 1).prop_map(|values| (KeyState::Present, values)),
        values(key, 0).prop_map(|values| (KeyState::Unknown, values)),
        values(key, 0).prop_map(|values| (KeyState::Chosen, values)),
    ]
}

/// A naive matcher, so that what agrees with a glob does not rest on the one that is tested.
fn glob_fits(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|skip| glob_fits(rest, &text[skip..])),
        ['?', rest @ ..] => !text.is_empty() && glob_fits(rest, &text[1..]),
        [one, rest @ ..] => text.first() == Some(one) && glob_fits(rest, &text[1..]),
    }
}

fn any_atom() -> impl Strategy<Value = Atom> {
    const VALUES: &[&str] = &[
        "a",
        "A",
        "a*",
        "?",
        "*",
        "**",
        "b",
        "",
        "Ä",
        "5",
        "6",
        "x",
        "true",
        "false",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "::/0",
        "2026-11-22",
        "YQ==",
        "arn:aws:iam::*:role/a*",
        "arn:aws:iam::1:role/a",
        "arn:*",
        "arn:aws:iam::1:*",
        "${aws:PrincipalTag/x}",
        "*${aws:PrincipalTag/x}",
        "${aws:PrincipalTag/x, 'a'}",
        "${k,'a'}",
        "${*}",
        "arn:aws:iam::1:role/${k}",
    ];
    let names: Vec<&'static str> = FIXTURES.iter().flat_map(|(names, ..)| *names).copied().chain(["Unknown"]).collect();
    let operator = (prop::sample::select(&["", "", "ForAllValues:", "ForAnyValue:"][..]), prop::sample::select(names), any::<bool>())
        .prop_map(|(prefix, name, if_exists)| format!("{prefix}{name}{}", if if_exists { "IfExists" } else { "" }));
    let values = prop_oneof![9 => prop::collection::vec(prop::sample::select(VALUES), 1..3), 1 => Just(Vec::new())];
    (operator, prop::sample::select(KEYS), values, prop::bool::weighted(0.03))
        .prop_map(|(operator, key, values, doubtful)| Atom { doubtful, ..atom(&operator, key, &values) })
}

/// Keys as they are known, and as a request carries them.
fn situations() -> impl Strategy<Value = (Keys, Keys)> {
    KEYS.iter().map(|key| known_and_carried(key)).collect::<Vec<_>>().prop_map(|states| {
        KEYS.iter().zip(states).fold((Keys::new(), Keys::new()), |(known, carried), (key, (state, values))| {
            (known.with(key, state), carried.with(key, KeyState::Exactly(values)))
        })
    })
}

/// Some readings fixed, the others open; and all fixed, agreeing with that.
fn readings(wide: u32, left_open: u32) -> (Readings, Readings) {
    let fixed = Reading::ALL.iter().filter(|reading| left_open & 1 << **reading as u8 == 0);
    let some = fixed.fold(Readings::OPEN, |some, reading| some.with(*reading, wide & 1 << *reading as u8 != 0));
    (some, Readings::fixed(wide))
}

/// The states times the operators are many; each case is cheap.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(2_000), ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_sure_holds_for_every_request_that_agrees_with_what_is_known(
        atoms in prop::collection::vec(any_atom(), 1..4),
        one_key in prop::option::of(prop::sample::select(KEYS)),
        (known, carried) in situations(),
        (wide, left_open, all_open) in (any::<u32>(), any::<u32>(), any::<bool>()),
        new in any::<bool>(),
    ) {
        let on = |atom: &Atom| Atom { folded_key: one_key.map_or_else(|| atom.folded_key.clone(), Box::from), ..atom.clone() };
        let atoms: Vec<Atom> = atoms.iter().map(on).collect();
        let version = if new { Version::V2012 } else { Version::V2008 };
        let (some, fixed) = readings(wide, if all_open { u32::MAX } else { left_open });
        let nothing = Keys::new();
        let said = all_hold(&atoms, version, Context::new(&nothing, &known), some);
        let is = all_hold(&atoms, version, Context::closed(&carried), fixed);
        prop_assert_ne!(is, Tri::Open, "a concrete request has an answer");
        prop_assert!(said == Tri::Open || said == is, "said {:?}, is {:?}", said, is);
    }

    #[test]
    fn learning_a_key_takes_nothing_back(
        atoms in prop::collection::vec(any_atom(), 1..4),
        (known, carried) in situations(),
        learnt in prop::collection::vec(any::<bool>(), KEYS.len()),
    ) {
        let states = KEYS.iter().zip(&learnt).map(|(key, learnt)| (*key, if *learnt { &carried } else { &known }.get(key).unwrap()));
        let later = states.fold(Keys::new(), |keys, (key, state)| keys.with(key, state.clone()));
        let (before, after) = (all(&atoms, &known), all(&atoms, &later));
        prop_assert!(before == Tri::Open || before == after, "{:?}, then {:?}", before, after);
    }

    #[test]
    fn more_conditions_never_allow_more(atoms in prop::collection::vec(any_atom(), 1..4), (known, _) in situations()) {
        let (fewer, more) = (all(&atoms[1..], &known), all(&atoms, &known));
        prop_assert!(more <= fewer, "{:?} of fewer, {:?} of more", fewer, more);
    }
}
