//! Policy variables in the values of conditions.

use wallwalk_iam::condition::holds;
use wallwalk_iam::policy::Version;
use wallwalk_iam::{Context, KeyState, Keys, Reading, Readings, Tri};

use super::{atom, exactly};

fn with_tag(operator: &str, values: &[&str], tag: &KeyState, request: &[&str], version: Version, readings: Readings) -> Tri {
    let keys = Keys::new().with("aws:PrincipalTag/x", tag.clone());
    holds(&atom(operator, "k", values), &exactly(request), version, Context::closed(&keys), readings)
}

#[test]
fn variables_in_texts_and_arns_are_replaced_by_literal_text() {
    let of = |operator, value: &str, tag: &KeyState, request: &str| {
        with_tag(operator, &[value], tag, &[request], Version::V2012, Readings::OPEN)
    };
    let tag = KeyState::one("a*");
    for operator in ["StringEquals", "StringLike", "StringEqualsIgnoreCase"] {
        assert_eq!(of(operator, "x-${aws:PrincipalTag/x}", &tag, "x-a*"), Tri::True, "{operator}");
        assert_eq!(of(operator, "x-${aws:PrincipalTag/x}", &tag, "x-ab"), Tri::False, "{operator}");
        assert_eq!(of(operator, "${AWS:principaltag/X}${aws:PrincipalTag/x}", &tag, "a*a*"), Tri::True, "{operator}");
        assert_eq!(of(operator, "${aws:PrincipalTag/x, 'd'}", &KeyState::Absent, "d"), Tri::True, "{operator}");
        assert_eq!(of(operator, "${aws:PrincipalTag/x}", &KeyState::Absent, ""), Tri::False, "{operator}");
        assert_eq!(of(operator, "${aws:PrincipalTag/x}", &exactly(&["a", "b"]), "a"), Tri::False, "{operator}");
        assert_eq!(of(operator, "a${*}", &tag, "a*"), Tri::True, "{operator}");
    }
    assert_eq!(of("StringLike", "*${aws:PrincipalTag/x}", &tag, "any a*"), Tri::True);
    assert_eq!(of("StringEquals", "*${aws:PrincipalTag/x}", &tag, "any a*"), Tri::False);
    assert_eq!(of("StringEquals", "*${aws:PrincipalTag/x}", &tag, "*a*"), Tri::True);
    assert_eq!(of("StringNotEquals", "${aws:PrincipalTag/x}", &KeyState::Absent, "a"), Tri::True);
    assert_eq!(of("StringNotLike", "${aws:PrincipalTag/x}", &exactly(&["a", "b"]), "a"), Tri::True);
    let arn = "arn:aws:iam::111122223333:role/a*";
    assert_eq!(of("ArnLike", "arn:aws:iam::*:role/${aws:PrincipalTag/x}", &tag, arn), Tri::True);
    assert_eq!(of("ArnLike", "arn:aws:iam::*:role/${aws:PrincipalTag/x}", &KeyState::one("a"), arn), Tri::False);
    assert_eq!(of("ArnLike", "arn:aws:iam::${aws:PrincipalTag/x}:role/*", &KeyState::one("111122223333"), arn), Tri::True);
    // A colon out of a tag ends no segment.
    assert_eq!(of("ArnLike", "arn:aws:${aws:PrincipalTag/x}:111122223333:role/*", &KeyState::one("iam:"), arn), Tri::False);
    assert_eq!(of("ArnLike", "arn:aws:s3:::${aws:PrincipalTag/x}*", &KeyState::one("a:b"), "arn:aws:s3:::a:b:c"), Tri::True);
}

#[test]
fn variables_of_unknown_keys_match_perhaps() {
    let of =
        |operator, value: &str, request: &str| with_tag(operator, &[value], &KeyState::Unknown, &[request], Version::V2012, Readings::OPEN);
    for operator in ["StringEquals", "StringLike", "StringEqualsIgnoreCase"] {
        assert_eq!(of(operator, "x-${aws:PrincipalTag/x}", "x-a"), Tri::Open, "{operator}");
        assert_eq!(of(operator, "x-${aws:PrincipalTag/x}", "y-a"), Tri::False, "{operator}");
    }
    assert_eq!(of("StringNotEquals", "x-${aws:PrincipalTag/x}", "y-a"), Tri::True);
    assert_eq!(of("ArnLike", "arn:aws:iam::*:role/${aws:PrincipalTag/x}", "arn:aws:iam::1:role/a"), Tri::Open);
    assert_eq!(of("ArnLike", "arn:aws:iam::*:role/${aws:PrincipalTag/x}", "arn:aws:iam::1:user/a"), Tri::False);
    assert_eq!(of("ArnLike", "arn:aws:iam::${aws:PrincipalTag/x}:role/a", "arn:aws:iam::1:role/a"), Tri::Open);
    assert_eq!(of("ArnLike", "arn:aws:iam::${aws:PrincipalTag/x}:a", "arn:aws:iam::1:role/a:a"), Tri::False);
}

#[test]
fn variables_are_literal_text_before_2012_and_where_they_do_not_belong() {
    let tag = KeyState::one("5");
    let old = |value: &str, request: &str| with_tag("StringEquals", &[value], &tag, &[request], Version::V2008, Readings::OPEN);
    assert_eq!(old("${aws:PrincipalTag/x}", "5"), Tri::False);
    assert_eq!(old("${aws:PrincipalTag/x}", "${aws:PrincipalTag/x}"), Tri::True);
    for operator in ["NumericEquals", "DateEquals", "IpAddress", "BinaryEquals", "Null"] {
        let with = |readings| with_tag(operator, &["${aws:PrincipalTag/x}"], &tag, &["5"], Version::V2012, readings);
        assert_eq!(with(Readings::OPEN), Tri::Open, "{operator}");
        assert_eq!(with(Readings::believed()), Tri::False, "{operator}");
        assert_eq!(with(Readings::believed().with(Reading::GarbageValue, true)), Tri::True, "{operator}");
    }
    let truth = |readings| with_tag("Bool", &["${aws:PrincipalTag/x}"], &KeyState::one("True"), &["true"], Version::V2012, readings);
    assert_eq!(truth(Readings::OPEN), Tri::Open);
    assert_eq!(truth(Readings::believed()), Tri::False);
    assert_eq!(truth(Readings::believed().with(Reading::VariableInBool, true)), Tri::True);
}
