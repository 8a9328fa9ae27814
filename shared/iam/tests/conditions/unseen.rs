//! Keys of which little is known.

use wallwalk_iam::{KeyState, Readings, Tri};

use super::{atom, in_state, like, one_of};

#[test]
fn what_holds_for_every_state_holds() {
    let open = |operator: &str, key: &str, values: &[&str], state: KeyState| in_state(&atom(operator, key, values), &state, Readings::OPEN);
    for (operator, key, values, state) in [
        ("StringLikeIfExists", "aws:SourceVpce", &["*"] as &[&str], KeyState::Unknown),
        ("ForAllValues:StringLike", "k", &["a", "*"], KeyState::Unknown),
        ("ForAllValues:ArnLike", "k", &["*"], KeyState::Chosen),
        ("StringLike", "aws:PrincipalArn", &["*"], KeyState::Present),
        ("Null", "k", &["true", "false"], KeyState::Unknown),
        ("Null", "aws:TokenIssueTime", &["false"], KeyState::Present),
        ("IpAddressIfExists", "aws:SourceIp", &["0.0.0.0/0", "::/0"], KeyState::Unknown),
        ("BoolIfExists", "aws:SecureTransport", &["true", "false"], KeyState::Chosen),
        ("StringLike", "aws:userid", &["AROAX:*"], like("AROAX:*")),
        ("StringLike", "aws:userid", &["AROA*"], like("AROAX:*")),
        ("StringNotLike", "aws:userid", &["AIDA*"], like("AROAX:*")),
        ("ArnLike", "k", &["arn:aws:iam::*:role/a*"], like("arn:aws:iam::111122223333:role/ab*")),
        ("StringEquals", "k", &["a", "b"], one_of(&["b", "a"])),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", &["false"], KeyState::Absent),
    ] {
        assert_eq!(open(operator, key, values, state.clone()), Tri::True, "{operator} {key} {values:?} {state:?}");
    }
}

#[test]
fn what_holds_for_no_state_does_not_hold() {
    let open = |operator: &str, key: &str, values: &[&str], state: KeyState| in_state(&atom(operator, key, values), &state, Readings::OPEN);
    for (operator, key, values, state) in [
        ("StringEquals", "aws:userid", &["AIDAX"] as &[&str], like("AROAX:*")),
        ("StringLike", "aws:userid", &["AIDA*"], like("AROAX:*")),
        ("StringEqualsIgnoreCase", "aws:userid", &["aidax"], like("AROAX:*")),
        ("ArnLike", "k", &["arn:aws:iam::999999999999:role/*"], like("arn:aws:iam::111122223333:role/*")),
        ("ArnNotLike", "k", &["arn:aws:iam::*:*"], like("arn:aws:iam::111122223333:role/*")),
        ("StringEquals", "k", &["c"], one_of(&["b", "a"])),
        ("Null", "aws:TokenIssueTime", &["true"], KeyState::Present),
        ("Bool", "aws:MultiFactorAuthPresent", &["false"], KeyState::Absent),
    ] {
        assert_eq!(open(operator, key, values, state.clone()), Tri::False, "{operator} {key} {values:?} {state:?}");
    }
}

#[test]
fn what_depends_on_the_state_is_open() {
    let open = |operator: &str, key: &str, values: &[&str], state: KeyState| in_state(&atom(operator, key, values), &state, Readings::OPEN);
    for (operator, key, values, state) in [
        ("StringEquals", "aws:SourceVpce", &["vpce-1"] as &[&str], KeyState::Unknown),
        ("StringNotEquals", "aws:SourceVpce", &["vpce-1"], KeyState::Unknown),
        ("StringLike", "aws:SourceVpce", &["*"], KeyState::Unknown),
        ("StringLike", "k", &["*"], KeyState::Present),
        ("Null", "k", &["false"], KeyState::Present),
        ("NumericLessThan", "s3:max-keys", &["10"], KeyState::Chosen),
        ("StringEqualsIgnoreCase", "aws:userid", &["aroax:s"], like("AROAX:*")),
        ("ArnLike", "k", &["arn:aws:iam::111122223333:role/a*"], like("arn:aws:iam::*:role/*")),
        ("Bool", "aws:ViaAWSService", &["false"], one_of(&["true", "false"])),
        ("IpAddress", "aws:SourceIp", &["0.0.0.0/0", "::/0"], KeyState::Unknown),
    ] {
        assert_eq!(open(operator, key, values, state.clone()), Tri::Open, "{operator} {key} {values:?} {state:?}");
    }
}
