//! Single cases: numbers, instants, addresses, ARNs, absence, and the questions AWS leaves open.

use wallwalk_iam::policy::Atom;
use wallwalk_iam::{KeyState, Reading, Readings, Tri};

use super::{atom, exactly, in_state, of};

/// With one reading narrow, with it wide; the others as AWS is believed to have them.
fn both(reading: Reading, operator: &str, values: &[&str], request: &[&str]) -> (Tri, Tri) {
    let read = |wide| in_state(&atom(operator, "k", values), &exactly(request), Readings::believed().with(reading, wide));
    assert_eq!(of(operator, values, request), Tri::Open, "a question, and yet the answer is sure");
    (read(false), read(true))
}

/// Holds only if the question is read wide, or only if narrow.
const WIDE: (Tri, Tri) = (Tri::False, Tri::True);
const NARROW: (Tri, Tri) = (Tri::True, Tri::False);

#[test]
fn instants_are_seconds_in_every_notation() {
    let now = "2026-11-23T00:00:00Z";
    for same in ["1795392000", "2026-11-23", "2026-11-23T00:00Z", "2026-11-23T02:00:00+02:00", "2026-11-23T00:00:00.000Z"] {
        assert_eq!(of("DateEquals", &[same], &[now]), Tri::True, "{same}");
    }
    assert_eq!(of("DateGreaterThan", &["2026-11-22T23:59:59.999Z"], &[now]), Tri::True);
    assert_eq!(of("DateEquals", &["2016-12-31T23:59:60Z"], &["2016-12-31T23:59:59Z"]), Tri::True);
    assert_eq!(of("DateLessThan", &["0"], &["-1"]), Tri::True);
    // Ten digits and thirteen: never milliseconds.
    assert_eq!(of("DateLessThan", &["9999999999"], &[now]), Tri::True);
    assert_eq!(of("DateLessThan", &["1795391999999"], &[now]), Tri::True);
    assert_eq!(both(Reading::GarbageValue, "DateLessThan", &["tomorrow"], &[now]), WIDE);
    // A year, or seconds: nobody says which.
    assert_eq!(both(Reading::GarbageValue, "DateGreaterThan", &["2026"], &[now]), WIDE);
}

#[test]
fn numbers_are_exact() {
    assert_eq!(of("NumericEquals", &["1"], &["1.0"]), Tri::True);
    assert_eq!(of("StringEquals", &["1"], &["1.0"]), Tri::False);
    assert_eq!(of("NumericLessThan", &["900719925474099"], &["900719925474098"]), Tri::True);
    assert_eq!(of("NumericEquals", &["123456789012345678901234567890"], &["123456789012345678901234567891"]), Tri::False);
    assert_eq!(of("NumericLessThan", &["123456789012345678901234567891"], &["123456789012345678901234567890"]), Tri::True);
    assert_eq!(of("NumericEquals", &["0"], &["-0"]), Tri::True);
    assert_eq!(of("NumericEquals", &["5"], &["+5"]), Tri::True);
    assert_eq!(of("NumericEquals", &["0.5"], &[".5"]), Tri::True);
    for garbage in ["10abc", "1e3", "", " 5", "five"] {
        assert_eq!(both(Reading::GarbageValue, "NumericLessThanEquals", &[garbage], &["5"]), WIDE, "{garbage}");
        assert_eq!(both(Reading::GarbageValue, "NumericNotEquals", &[garbage], &["5"]), NARROW, "{garbage}");
    }
}

#[test]
fn addresses_stay_in_their_family() {
    assert_eq!(of("IpAddress", &["0.0.0.0/0"], &["203.0.113.9"]), Tri::True);
    assert_eq!(of("IpAddress", &["0.0.0.0/0"], &["2001:db8::1"]), Tri::False);
    assert_eq!(of("IpAddress", &["::/0"], &["::ffff:203.0.113.9"]), Tri::True);
    assert_eq!(both(Reading::MappedIpv6, "IpAddress", &["203.0.113.0/24"], &["::ffff:203.0.113.9"]), WIDE);
    assert_eq!(both(Reading::MappedIpv6, "NotIpAddress", &["203.0.113.0/24"], &["::ffff:203.0.113.9"]), NARROW);
    assert_eq!(of("IpAddress", &["203.0.113.77/24"], &["203.0.113.9"]), Tri::True);
    assert_eq!(both(Reading::GarbageValue, "IpAddress", &["203.0.113.0/33"], &["203.0.113.9"]), WIDE);
    assert_eq!(both(Reading::GarbageValue, "IpAddress", &["203.0.113.0/24"], &["nowhere"]), WIDE);
}

#[test]
fn segments_of_arns_are_compared_one_by_one() {
    let arn = "arn:aws:s3:us-east-1:111122223333:a:b:c";
    for pattern in [arn, "arn:aws:s3:*:*:a*", "arn:aws:s3:us-east-?:111122223333:a:*:c", "*"] {
        assert_eq!(of("ArnLike", &[pattern], &[arn]), Tri::True, "{pattern}");
        assert_eq!(of("ArnNotEquals", &[pattern], &[arn]), Tri::False, "{pattern}");
    }
    // A star stays in its segment, case counts, and short patterns match nothing.
    for pattern in ["arn:aws:*:a:b:c", "arn:aws:s3:*:c", "arn:aws:S3:*:*:*", "arn:*", "**", "arn:aws:s3:us-east-1:111122223333"] {
        assert_eq!(of("ArnEquals", &[pattern], &[arn]), Tri::False, "{pattern}");
    }
    // The account of the third party stands where a star may not reach.
    let other = "arn:aws:s:us-east-2:999999999999:store/abc:111122223333:finance/d.txt";
    assert_eq!(of("ArnLike", &["arn:aws:s:*:111122223333:finance/*"], &[other]), Tri::False);
    assert_eq!(of("ArnLike", &["*"], &["no arn"]), Tri::True);
    assert_eq!(of("ArnLike", &["*"], &[]), Tri::False);
    assert_eq!(both(Reading::ArnOperatorOnNonArn, "ArnLike", &["no*"], &["no arn"]), WIDE);
    assert_eq!(both(Reading::ArnOperatorOnNonArn, "ArnNotLike", &["no*"], &["no arn"]), NARROW);
    assert_eq!(of("ArnLike", &["yes*"], &["no arn"]), Tri::False);
}

#[test]
fn null_asks_whether_the_key_is_there() {
    for (values, absent, present) in [
        (&["true"] as &[&str], Tri::True, Tri::False),
        (&["True"], Tri::True, Tri::False),
        (&["false"], Tri::False, Tri::True),
        (&["true", "false"], Tri::True, Tri::True),
        (&["maybe"], Tri::Open, Tri::Open),
        (&["maybe", "true"], Tri::True, Tri::Open),
    ] {
        assert_eq!(of("Null", values, &[]), absent, "{values:?}");
        assert_eq!(of("Null", values, &["a"]), present, "{values:?}");
        assert_eq!(of("Null", values, &["", "a"]), present, "{values:?}");
    }
    assert_eq!(both(Reading::EmptyIsNull, "Null", &["true"], &[""]), WIDE);
    assert_eq!(both(Reading::EmptyIsNull, "Null", &["false"], &[""]), NARROW);
}

#[test]
fn case_is_ignored_by_what_says_so_and_beyond_ascii_by_reading() {
    assert_eq!(of("StringEqualsIgnoreCase", &["Abc*"], &["aBC*"]), Tri::True);
    assert_eq!(of("StringEqualsIgnoreCase", &["abc*"], &["abcd"]), Tri::False);
    assert_eq!(both(Reading::FoldBeyondAscii, "StringEqualsIgnoreCase", &["ÄB"], &["äb"]), WIDE);
    assert_eq!(both(Reading::FoldBeyondAscii, "StringNotEqualsIgnoreCase", &["ẞ"], &["ß"]), NARROW);
    assert_eq!(of("StringEqualsIgnoreCase", &["ß"], &["SS"]), Tri::False);
    assert_eq!(of("StringEqualsIgnoreCase", &["İ"], &["i"]), Tri::False);
    assert_eq!(of("StringEqualsIgnoreCase", &["ß"], &["ß"]), Tri::True);
}

#[test]
fn set_operators_have_their_own_way_with_absence() {
    assert_eq!(of("ForAllValues:StringEquals", &["a"], &[]), Tri::True);
    assert_eq!(both(Reading::EmptyIsNull, "ForAllValues:StringEquals", &["a"], &[""]), WIDE);
    assert_eq!(of("ForAllValues:StringEquals", &["a"], &["", "b"]), Tri::False);
    assert_eq!(of("ForAnyValue:StringNotEquals", &["a"], &[]), Tri::False);
    assert_eq!(both(Reading::EmptyIsNull, "ForAnyValue:StringNotEquals", &["a"], &[""]), NARROW);
    assert_eq!(of("ForAnyValue:StringEqualsIfExists", &["a"], &[]), Tri::True);
    assert_eq!(of("ForAnyValue:StringEqualsIfExists", &["a"], &["b"]), Tri::False);
    // One value is a set of one.
    assert_eq!(of("ForAnyValue:StringEquals", &["a"], &["a"]), Tri::True);
    assert_eq!(of("ForAllValues:StringNotEquals", &["a"], &["a"]), Tri::False);
}

#[test]
fn several_values_without_a_set_operator_are_a_question() {
    assert_eq!(both(Reading::PlainOperatorOnMany, "StringEquals", &["a"], &["a", "b"]), WIDE);
    assert_eq!(both(Reading::PlainOperatorOnMany, "StringNotEquals", &["a"], &["a", "b"]), NARROW);
    assert_eq!(of("StringEquals", &["a"], &["b", "c"]), Tri::False);
}

#[test]
fn two_tags_that_differ_in_case_only_are_a_question() {
    let tag = atom("StringEquals", "aws:ResourceTag/Team", &["a"]);
    let two = exactly(&["a", "b"]);
    let believed = Readings::believed();
    assert_eq!(in_state(&tag, &two, believed.with(Reading::TagKeyCase, false)), Tri::False);
    assert_eq!(in_state(&tag, &two, believed.with(Reading::TagKeyCase, true)), Tri::True);
    assert_eq!(in_state(&tag, &two, Readings::OPEN), Tri::Open);
}

#[test]
fn base64_is_compared_as_bytes() {
    assert_eq!(of("BinaryEquals", &["Zm9v"], &["foo"]), Tri::True);
    assert_eq!(both(Reading::GarbageValue, "BinaryEquals", &["Zm9"], &["foo"]), WIDE);
}

#[test]
fn truth_is_compared_in_any_case() {
    assert_eq!(of("Bool", &["True"], &["true"]), Tri::True);
    assert_eq!(of("Bool", &["false"], &["true"]), Tri::False);
    assert_eq!(both(Reading::GarbageValue, "Bool", &["1"], &["true"]), WIDE);
}

#[test]
fn what_is_not_understood_is_open_with_or_without_the_key() {
    for state in [KeyState::Absent, exactly(&["a"]), KeyState::Unknown] {
        let unknown = atom("StringLikes", "k", &["a"]);
        assert_eq!(in_state(&unknown, &state, Readings::OPEN), Tri::Open);
        assert_eq!(in_state(&unknown, &state, Readings::believed()), Tri::False);
        let doubtful = Atom { doubtful: true, ..atom("StringEquals", "k", &["a"]) };
        assert_eq!(in_state(&doubtful, &state, Readings::OPEN), Tri::Open);
        assert_eq!(in_state(&atom("StringEquals", "k", &[]), &state, Readings::OPEN), Tri::False);
        assert_eq!(in_state(&atom("StringNotEquals", "k", &[]), &state, Readings::OPEN), Tri::Open);
    }
}
