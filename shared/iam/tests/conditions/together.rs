//! Conditions together: contradictions, and what restricts nothing.

use wallwalk_iam::condition::{contradictory, vacuities, vacuous};
use wallwalk_iam::policy::Atom;
use wallwalk_iam::{Keys, Tri};

use super::{all, atom, like, one_of};

#[test]
fn without_conditions_they_hold() {
    assert_eq!(all(&[], &Keys::new()), Tri::True);
    assert!(!contradictory(&[]));
}

#[test]
fn conditions_that_no_value_meets_together_do_not_hold() {
    let known = Keys::new();
    let vpce = |operator: &str, values: &[&str]| atom(operator, "aws:SourceVpce", values);
    for pair in [
        [vpce("StringEquals", &["a"]), vpce("StringEquals", &["b"])],
        [vpce("StringEquals", &["a", "b"]), vpce("StringNotLike", &["?"])],
        [vpce("StringEqualsIfExists", &["a"]), vpce("StringLike", &["b*"])],
        [vpce("Null", &["true"]), vpce("StringEquals", &["a"])],
        [vpce("Null", &["true"]), vpce("ForAnyValue:StringLike", &["a*"])],
        [vpce("Null", &["true"]), vpce("Null", &["false"])],
    ] {
        assert_eq!(all(&pair, &known), Tri::False, "{pair:?}");
        assert!(contradictory(&pair), "{pair:?}");
        let swapped = [pair[1].clone(), pair[0].clone()];
        assert_eq!(all(&swapped, &known), Tri::False, "{pair:?}");
        let elsewhere = [pair[0].clone(), Atom { folded_key: "aws:sourcevpc".into(), ..pair[1].clone() }];
        assert_eq!(all(&elsewhere, &known), Tri::Open, "{pair:?}");
        assert!(!contradictory(&elsewhere), "{pair:?}");
    }
}

#[test]
fn conditions_that_some_value_meets_together_are_open() {
    let vpce = |operator: &str, values: &[&str]| atom(operator, "aws:SourceVpce", values);
    for pair in [
        [vpce("StringEquals", &["a", "b"]), vpce("StringEquals", &["b", "c"])],
        [vpce("StringEqualsIfExists", &["a"]), vpce("StringEqualsIfExists", &["b"])],
        [vpce("StringLike", &["a*"]), vpce("StringLike", &["*b"])],
        [vpce("StringNotEquals", &["a"]), vpce("StringEquals", &["b"])],
        [vpce("Null", &["true"]), vpce("StringNotEquals", &["a"])],
        [vpce("StringEquals", &["${aws:PrincipalTag/x}"]), vpce("StringEquals", &["b"])],
    ] {
        assert_eq!(all(&pair, &Keys::new()), Tri::Open, "{pair:?}");
        assert!(!contradictory(&pair), "{pair:?}");
    }
}

#[test]
fn a_key_with_several_values_contradicts_itself_only_if_it_is_read_so() {
    let nothing = Keys::new();
    let pair = [atom("StringEquals", "aws:TagKeys", &["a"]), atom("StringEquals", "aws:TagKeys", &["b"])];
    assert_eq!(all(&pair, &nothing), Tri::Open);
    let sets = [atom("ForAnyValue:StringEquals", "aws:TagKeys", &["a"]), atom("ForAnyValue:StringEquals", "aws:TagKeys", &["b"])];
    assert_eq!(all(&sets, &nothing), Tri::Open);
    assert!(!contradictory(&sets));
}

#[test]
fn one_of_few_values_has_to_meet_all_conditions() {
    let keys = Keys::new().with("aws:ViaAWSService", one_of(&["true", "false"])).with("aws:userid", like("AROAX:*"));
    let via = |values: &[&str]| atom("Bool", "aws:ViaAWSService", values);
    assert_eq!(all(&[via(&["true"]), via(&["false"])], &keys), Tri::False);
    assert_eq!(all(&[via(&["true"]), via(&["true"])], &keys), Tri::Open);
    let user = |operator: &str, values: &[&str]| atom(operator, "aws:userid", values);
    assert_eq!(all(&[user("StringEquals", &["AROAX:a", "AIDA"]), user("StringNotLike", &["*:a"])], &keys), Tri::False);
}

#[test]
fn conditions_that_restrict_nothing_are_told() {
    for (operator, key, values) in [
        ("StringLike", "aws:PrincipalArn", &["*"] as &[&str]),
        ("ArnLike", "aws:PrincipalArn", &["*"]),
        ("IpAddress", "aws:SourceIp", &["0.0.0.0/0", "::/0"]),
        ("StringLikeIfExists", "aws:SourceVpce", &["*"]),
        ("ForAllValues:StringEquals", "aws:TagKeys", &["a"]),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", &["true"]),
        ("Bool", "aws:SecureTransport", &["true"]),
        ("Null", "aws:TokenIssueTime", &["false"]),
    ] {
        assert!(vacuous(&atom(operator, key, values)), "{operator} {key} {values:?}");
    }
    for (operator, key, values) in [
        ("StringLike", "aws:SourceVpce", &["*"] as &[&str]),
        ("StringEquals", "aws:PrincipalArn", &["*"]),
        ("IpAddress", "aws:SourceIp", &["0.0.0.0/0"]),
        ("NotIpAddress", "aws:SourceIp", &["0.0.0.0/0", "::/0"]),
        ("StringEqualsIfExists", "aws:SourceVpce", &["vpce-1"]),
        ("ForAllValues:StringEquals", "aws:SourceVpce", &["vpce-1"]),
        ("ForAnyValue:StringEquals", "aws:TagKeys", &["a"]),
        ("Bool", "aws:SecureTransport", &["false"]),
        ("Bool", "aws:MultiFactorAuthPresent", &["true"]),
        ("Null", "aws:SourceVpce", &["false"]),
        ("StringLike", "aws:PrincipalArn", &["${aws:PrincipalArn}"]),
    ] {
        assert!(!vacuous(&atom(operator, key, values)), "{operator} {key} {values:?}");
    }
    let asked_for = [atom("ForAllValues:StringEquals", "aws:TagKeys", &["a"]), atom("Null", "aws:TagKeys", &["false"])];
    assert_eq!(vacuities(&asked_for).count(), 0);
}
