use super::*;
use crate::catalogue;
use crate::key::{KeyState, Keys};
use proptest::prelude::*;

const NARROWEST: Readings = Readings::fixed(0);
const WIDEST: Readings = Readings::fixed(u32::MAX);

fn ask(pattern: &str, target: Target<'_>, kind: Kind, readings: Readings) -> Tri {
    let keys = Keys::new().with("k", KeyState::one("v*")).with("absent", KeyState::Absent).with("like", KeyState::Like("x-*".into()));
    let none = Keys::new();
    ArnPattern::new(pattern).matches(target, kind, Version::V2012, Context::new(&none, &keys), readings)
}

fn of(pattern: &str, arn: &str) -> Tri {
    ask(pattern, Target::exact(arn), Kind::Identity, Readings::OPEN)
}

fn all_of(pattern: &str, asked: &str) -> Tri {
    ask(pattern, Target::pattern(asked), Kind::Identity, Readings::OPEN)
}

#[test]
fn one_resource() {
    use Tri::{False, Open, True};
    for (pattern, arn, expected) in [
        ("*", "*", True),
        ("**", "arn:aws:s3:::b", True),
        ("arn:*", "*", True),
        ("arn:*:*:*:*:*", "arn:x:y:z:1:r", True),
        ("arn:*:*", "arn:x:y:z:1:r", True),
        ("arn:aws:s3:::*", "*", False),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/k", False),
        ("arn:aws:s3:::*/*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:*:*:b/*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::B/*", "arn:aws:s3:::b/k", False),
        ("arn:aws:s3:::b/*", "arn:aws-cn:s3:::b/k", False),
        ("arn:aws-iso-z:s3:::b/*", "arn:aws-iso-z:s3:::b/k", True),
        ("arn:aws:iam::*:role/*", "arn:aws:iam::1:role/service-role/x", True),
        ("arn:aws:iam::1:role/x", "arn:aws:iam::1:role/service-role/x", False),
        ("arn:aws:logs:*:1:log-group:g:*", "arn:aws:logs:r:1:log-group:g:log-stream:s", True),
        ("arn:aws:s:r:1:secret:x-??????", "arn:aws:s:r:1:secret:x-AbCdEf", True),
        ("arn:aws:s:r:1:secret:x-??????", "arn:aws:s:r:1:secret:x-y-AbCdEf", False),
        // No ARN.
        ("", "arn:aws:s3:::b", False),
        ("b/*", "arn:aws:s3:::b/k", False),
        ("*:b/*", "arn:aws:s3:::b/k", Open),
        ("arn:aws:s3:::b", "", False),
    ] {
        assert_eq!(of(pattern, arn), expected, "{pattern} {arn}");
    }
}

#[test]
fn each_open_question_decides_by_itself() {
    use Reading::{Malformed, PrefixCase, ServiceSegmentGlob, ShortArn, StarCrossesColon};
    for (reading, pattern, arn) in [
        (StarCrossesColon, "arn:aws:secretsmanager:*:secret:x-*", "arn:aws:secretsmanager:r:1:secret:x-AbCdEf"),
        (ServiceSegmentGlob, "arn:aws:*:::b/*", "arn:aws:s3:::b/k"),
        (ServiceSegmentGlob, "arn:aws:s?:::b/*", "arn:aws:s3:::b/k"),
        (PrefixCase, "arn:aws:ecs:EU-west-1:1:x", "arn:aws:ecs:eu-west-1:1:x"),
        (PrefixCase, "arn:AWS:ECS:*:1:x", "arn:aws:ecs:eu-west-1:1:x"),
        (ShortArn, "arn:aws:s3:*", "arn:aws:s3:::b/k"),
        (ShortArn, "arn:aws:s3", "arn:aws:s3:::b/k"),
        (Malformed, "*:b/k", "arn:aws:s3:::b/k"),
        (Malformed, "arn:aws:s3:${aws:region}::b/k", "arn:aws:s3:::b/k"),
        (Malformed, "arn:aws:s3:::b/${k", "arn:aws:s3:::b/k"),
    ] {
        assert_eq!(of(pattern, arn), Tri::Open, "{pattern}");
        // The other questions are read as narrowly as they can be, or as widely.
        for others in [NARROWEST, WIDEST] {
            let fixed = |wide| ask(pattern, Target::exact(arn), Kind::Identity, others.with(reading, wide));
            assert_eq!((fixed(false), fixed(true)), (Tri::False, Tri::True), "{pattern} {others:?}");
        }
    }
}

#[test]
fn case_counts_in_the_resource_part_under_every_reading() {
    for readings in [NARROWEST, WIDEST, Readings::OPEN, Readings::believed()] {
        assert_eq!(ask("arn:aws:s3:::B/*", Target::exact("arn:aws:s3:::b/k"), Kind::Identity, readings), Tri::False);
        assert_eq!(ask("arn:aws:s3:::B/*", Target::pattern("arn:aws:s3:::b/*"), Kind::Identity, readings), Tri::False);
    }
}

#[test]
fn short_patterns_are_padded_as_their_document_allows() {
    use Kind::{Boundary, Endpoint, Identity, Rcp, Resource, Scp, Session};
    for (pattern, kinds) in [
        ("arn:aws:s3:*", &[Identity, Boundary, Session, Resource, Endpoint, Scp][..]),
        ("arn:aws:s?", &[Identity, Boundary, Session, Resource, Endpoint]),
        ("arn:aws:s3", &[Identity, Boundary, Session]),
    ] {
        for kind in [Identity, Boundary, Session, Resource, Endpoint, Scp, Rcp] {
            let answer = ask(pattern, Target::exact("arn:aws:s3:::b"), kind, WIDEST);
            assert_eq!(answer.must(), kinds.contains(&kind), "{pattern} in {kind:?}");
        }
    }
}

#[test]
fn a_wildcard_in_the_word_for_the_type_is_open_where_the_catalogue_has_the_word() {
    let task = "arn:aws:ecs:r:1:task/c/x";
    assert!(catalogue::is_type_word("ecs", "task"));
    for (pattern, arn, expected) in [
        ("arn:aws:ecs:r:1:ta?k/*", task, Tri::Open),
        ("arn:aws:ecs:r:1:*/x", task, Tri::Open),
        ("arn:aws:ecs:r:1:t*", task, Tri::True),
        ("arn:aws:ecs:r:1:*", task, Tri::True),
        ("arn:aws:ecs:r:1:task/*", task, Tri::True),
        ("arn:aws:s3:::*/k", "arn:aws:s3:::b/k", Tri::True),
        ("arn:aws:s3:::*/k", "arn:aws:s3:::task/k", Tri::True),
    ] {
        assert_eq!(of(pattern, arn), expected, "{pattern}");
    }
    assert_eq!(all_of("arn:aws:ecs:r:1:ta?k/*", "arn:aws:ecs:r:1:task/c/*"), Tri::Open);
    assert_eq!(all_of("arn:aws:ecs:r:1:*/*", "arn:aws:ecs:r:1:*/x"), Tri::Open);
    assert_eq!(all_of("arn:aws:s3:::*/*", "arn:aws:s3:::b/*"), Tri::True);
}

#[test]
fn every_resource_that_a_pattern_names() {
    use Tri::{False, Open, True};
    for (pattern, asked, expected) in [
        ("*", "*", True),
        ("arn:aws:s3:::*", "*", Open),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/*", True),
        ("arn:aws:s3:::b/x*", "arn:aws:s3:::b/*", Open),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::c/*", False),
        ("arn:aws:iam::*:role/*", "arn:aws:iam::1:role/x*", True),
        ("arn:aws:iam::1:role/*", "arn:aws:iam::*:role/x", Open),
        ("arn:aws:iam::1:role/a*c", "arn:aws:iam::1:role/*b*", Open),
        ("arn:aws:s3:::*", "arn:aws:s3:*", Open),
        ("arn:aws:sns:*:*:*", "arn:aws:sns", True),
        ("arn:aws:sns:*:*:*", "arn:aws:sqs", False),
        ("arn:*", "arn:aws:sns", True),
        ("arn:aws:sns:*:*:*", "*x*", Open),
        ("arn:aws:sns:r:1:${k}*", "arn:aws:sns:r:1:v*", Open),
        ("arn:aws:sns:r:1:${like}", "arn:aws:sns:r:1:x-y", Open),
        ("arn:aws:sns:r:1:${like}", "arn:aws:sns:r:1:y", False),
    ] {
        assert_eq!(all_of(pattern, asked), expected, "{pattern} {asked}");
    }
}

#[test]
fn variables_are_replaced_after_the_fifth_colon_in_the_newer_version_only() {
    let (keys, none) = (Keys::new().with("k", KeyState::one("a*")), Keys::new());
    let context = Context::new(&none, &keys);
    let ask = |pattern: &str, arn: &str, version| {
        ArnPattern::new(pattern).matches(Target::exact(arn), Kind::Identity, version, context, Readings::OPEN)
    };
    for (pattern, arn, newer, older) in [
        ("arn:aws:s3:::b/${k}", "arn:aws:s3:::b/a*", Tri::True, Tri::False),
        ("arn:aws:s3:::b/${k}", "arn:aws:s3:::b/ab", Tri::False, Tri::False),
        ("arn:aws:s3:::b/${k}", "arn:aws:s3:::b/${k}", Tri::False, Tri::True),
        ("arn:aws:s3:::b/${k}*", "arn:aws:s3:::b/a*b", Tri::True, Tri::False),
        ("arn:aws:s3:::b/${aws:SourceVpce}/x", "arn:aws:s3:::b/v/x", Tri::Open, Tri::False),
        ("arn:aws:s3:::b/${aws:SourceVpce}/x", "arn:aws:s3:::b/v/y", Tri::False, Tri::False),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", Tri::True, Tri::False),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", Tri::False, Tri::False),
    ] {
        assert_eq!(ask(pattern, arn, Version::V2012), newer, "{pattern} {arn}");
        assert_eq!(ask(pattern, arn, Version::V2008), older, "{pattern} {arn}");
    }
}

#[test]
fn what_is_read_off_once_is_told() {
    let pattern = ArnPattern::new("arn:aws:s3:::b/${k}");
    assert_eq!(pattern.segments(), Some(["arn", "aws", "s3", "", "", "b/${k}"]));
    assert!(pattern.has_variables() && !pattern.has_early_variables() && !pattern.is_short());
    assert!(ArnPattern::new("arn:aws:sns:${aws:region}:1:t").has_early_variables());
    assert!(ArnPattern::new("arn:aws:s3:${k}").is_short() && ArnPattern::new("arn:aws:s3:${k}").has_early_variables());
    assert!(ArnPattern::new("arn:*:*:*:*:*").is_everything() && !ArnPattern::new("arn:aws:*:*:*:*").is_everything());
    assert!(ArnPattern::new("aws:s3").is_malformed() && ArnPattern::new("*:*").is_malformed());
    assert_eq!(ArnPattern::new("arn:a:b").segments(), None);
}

const ARN: &str = "arn:(aws|AWS|a):(s3|ecs|s):(r)?:(1)?:(task/|task:|)[abB:]{0,2}";
const PATTERN: &str =
    "(\\*|arn:(aws|a\\*|\\*)(:(s3|ecs|s\\*|\\*|S3)(:(r|\\*)?(:(1|\\*)?(:(task|t\\?sk|\\*|)[/:]?[abB?*]{0,2})?)?)?)?|[ab*:]{0,3})";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// What is certain with every question open is so however each is answered, and a fixed question
    /// leaves nothing open.
    #[test]
    fn certainty_rests_on_no_reading(pattern in PATTERN, arn in ARN, wide in any::<u32>(), kind in 0..3) {
        let kind = [Kind::Identity, Kind::Scp, Kind::Resource][kind as usize];
        let concrete = ask(&pattern, Target::exact(&arn), kind, Readings::fixed(wide));
        prop_assert_ne!(concrete, Tri::Open);
        let open = ask(&pattern, Target::exact(&arn), kind, Readings::OPEN);
        prop_assert!(open == Tri::Open || open == concrete, "{open:?} {concrete:?}");
    }

    /// What is said of every resource of a pattern holds for each.
    #[test]
    fn what_is_said_of_a_pattern_holds_for_its_resources(pattern in PATTERN, asked in PATTERN, arn in ARN, wide in any::<u32>()) {
        let one = Shape::of(&arn);
        let names = |n: usize| {
            let target = Target::pattern(&asked);
            let segment = target.segment(n);
            glob::matches(segment, one.segment(&arn, n))
        };
        // Segment by segment is how a target names resources.
        if Shape::of(&asked).form == Form::Malformed || !(1..6).all(names) {
            return Ok(());
        }
        for readings in [Readings::OPEN, Readings::fixed(wide), Readings::fixed(0), Readings::fixed(u32::MAX)] {
            let all = ask(&pattern, Target::pattern(&asked), Kind::Identity, readings);
            let this = ask(&pattern, Target::exact(&arn), Kind::Identity, readings);
            match all {
                Tri::True => prop_assert_eq!(this, Tri::True),
                Tri::False => prop_assert_eq!(this, Tri::False),
                Tri::Open => {}
            }
        }
    }
}
