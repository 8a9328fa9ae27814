#![expect(clippy::expect_used, reason = "a document that cannot be made is a bug of the test")]
//! Policy documents as AWS, people and programs write them: what is understood, what is told, and that
//! nothing is lost on the way.

use proptest::prelude::*;
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::policy::{
    Actions, Atom, Code, Document, Effect, Kind, MOST_BYTES, MOST_DEPTH, Parsed, Resources, Statement, Version, parse, print, size,
};
use wallwalk_iam::{Context, Keys, Reading, Readings, Tri};

fn with(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#)
}

fn document(text: &str) -> Document {
    parse(text, Kind::Identity).document.expect("a document")
}

fn only(text: &str) -> Statement {
    document(text).statements.remove(0)
}

/// `code pointer`, in the order in which they are told.
fn told(parsed: &Parsed) -> Vec<String> {
    parsed.problems.iter().map(|problem| format!("{} {}", problem.code.as_str(), problem.pointer)).collect()
}

const PLAIN: &str = r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#;

#[test]
fn a_plain_document_has_no_problems() {
    let parsed = parse(&with(PLAIN), Kind::Identity);
    assert_eq!(told(&parsed), [""; 0]);
    let document = parsed.document.unwrap();
    assert_eq!((document.version, document.statements.len()), (Version::V2012, 1));
    assert_eq!(document.statements[0].pointer(), "/Statement/0");
}

#[test]
fn scalars_and_lists_say_the_same() {
    let scalar = r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}"#;
    let list = r#""Effect":"Allow","Action":["s3:*"],"Resource":["*"],"Condition":{"Bool":{"aws:SecureTransport":["true"]}}"#;
    assert_eq!(document(&with(scalar)), document(&with(list)));
    let bare = document(&format!(r#"{{"Version":"2012-10-17","Statement":{{{list}}}}}"#));
    assert_eq!(bare.statements[0].pointer(), "/Statement");
    let in_list = Statement { position: Some(0), ..bare.statements[0].clone() };
    assert_eq!(in_list, only(&with(list)));
}

#[test]
fn without_a_version_a_document_is_one_of_2008() {
    for (version, expected, codes) in [
        ("", Version::V2008, &["variable-in-2008 /Statement/0/Resource"][..]),
        (r#""Version":"2008-10-17","#, Version::V2008, &["variable-in-2008 /Statement/0/Resource"]),
        (r#""Version":"2012-10-17","#, Version::V2012, &[]),
        (r#""Version":"2030-01-01","#, Version::V2012, &["version-unknown /Version"]),
        (r#""Version":2012,"#, Version::V2012, &["version-unknown /Version"]),
    ] {
        let text = r#""Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}"}]}"#;
        let parsed = parse(&format!("{{{version}{text}"), Kind::Identity);
        assert_eq!(told(&parsed), codes, "{version}");
        assert_eq!(parsed.document.unwrap().version, expected, "{version}");
    }
}

#[test]
fn texts_that_are_no_policy_are_unread() {
    let nested = |depth: usize| format!(r#"{{"Statement":[],"X":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
    let long = |bytes: usize| format!(r#"{{"Statement":[]{}}}"#, " ".repeat(bytes - r#"{"Statement":[]}"#.len()));
    for (text, code) in [
        ("", "json-syntax"),
        (r#"{"Statement":[]"#, "json-syntax"),
        (r#"{"Statement":[]} x"#, "json-syntax"),
        ("%7B%22", "json-syntax"),
        (r#""{"#, "json-syntax"),
        ("[]", "not-an-object"),
        ("null", "not-an-object"),
        (r#""text""#, "json-syntax"),
        // Beyond the numbers that readers of JSON agree on.
        (r#"{"Statement":[1e400]}"#, "json-syntax"),
        (&nested(MOST_DEPTH + 1), "too-deep"),
        (&"[".repeat(100_000), "too-deep"),
        (&long(MOST_BYTES + 1), "too-large"),
    ] {
        let parsed = parse(text, Kind::Identity);
        assert!(parsed.document.is_none(), "{}", text.get(..40).unwrap_or(text));
        assert_eq!(parsed.problems.last().unwrap().code.as_str(), code, "{}", text.get(..40).unwrap_or(text));
    }
    assert!(parse(&nested(MOST_DEPTH), Kind::Identity).document.is_some());
    assert!(parse(&long(MOST_BYTES), Kind::Identity).document.is_some());
}

#[test]
fn every_form_in_which_a_document_arrives_says_the_same() {
    let plain = with(r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a+b%/é%2F""#);
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() || byte == b'+' { char::from(byte).to_string() } else { format!("%{byte:02x}") })
            .collect()
    };
    let encoded = encode(&plain);
    let quoted = serde_json::to_string(&plain).unwrap();
    let expected = document(&plain);
    assert_eq!(expected.statements[0].resources.as_ref().unwrap().patterns[0].text(), "arn:aws:s3:::a+b%/é%2F");
    for text in [&encoded, &format!(" \n{encoded}"), &quoted, &serde_json::to_string(&encoded).unwrap()] {
        let parsed = parse(text, Kind::Identity);
        assert_eq!((parsed.document.as_ref(), told(&parsed)), (Some(&expected), vec![]), "{text}");
    }
    for (text, tolerated) in [
        (format!("\u{feff}{plain}"), "character-out-of-range "),
        (encode(&format!("\u{feff}{plain}")).replacen("%ef%bb%bf", "\u{feff}", 1), "character-out-of-range "),
        (encoded.replacen("%25", "%", 1), "percent-malformed "),
    ] {
        let parsed = parse(&text, Kind::Identity);
        assert_eq!((parsed.document.as_ref(), told(&parsed)), (Some(&expected), vec![tolerated.to_owned()]), "{text}");
    }
    let lines = plain.replace(',', ",\r\n");
    assert_eq!(document(&lines), expected);
    // Encoded twice is decoded once, which leaves no JSON.
    assert_eq!(told(&parse(&encode(&encoded), Kind::Identity)), ["json-syntax "]);
}

#[test]
fn what_is_not_understood_is_told_where_it_stands() {
    for (statement, codes, doubtful) in [
        (r#""Effect":"allow","Action":"*","Resource":"*""#, &["effect-invalid /Statement/0/Effect"][..], true),
        (r#""Effect":1,"Action":"*","Resource":"*""#, &["effect-invalid /Statement/0/Effect"], true),
        (r#""Action":"*","Resource":"*""#, &["effect-invalid /Statement/0"], true),
        (r#""effect":"Allow","Effect":"Allow","Action":"*","Resource":"*""#, &["unknown-element /Statement/0/effect"], true),
        (r#""Effect":"Allow","Action":"*","NotAction":"iam:*","Resource":"*""#, &["action-both /Statement/0/NotAction"], true),
        (r#""Effect":"Allow","Action":"*","Resource":"*","NotResource":"*""#, &["resource-both /Statement/0/NotResource"], true),
        (r#""Effect":"Allow","Resource":"*""#, &["action-missing /Statement/0"], false),
        (r#""Effect":"Allow","Action":"*""#, &["resource-missing /Statement/0"], false),
        (r#""Effect":"Allow","Action":[],"Resource":[]"#, &["empty-list /Statement/0/Action", "empty-list /Statement/0/Resource"], false),
        (r#""Effect":"Allow","Action":{},"Resource":"*""#, &["wrong-type /Statement/0/Action"], true),
        (r#""Effect":"Allow","Action":["*",5],"Resource":"*""#, &["wrong-type /Statement/0/Action/1"], true),
        (r#""Effect":"Allow","Action":"*","Resource":null"#, &["wrong-type /Statement/0/Resource"], true),
        (r#""Sid":7,"Effect":"Allow","Action":"*","Resource":"*""#, &["wrong-type /Statement/0/Sid"], true),
        (r#""Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*""#, &["duplicate-key /Statement/0/Effect"], true),
        (r#""Effect":"Allow","Action":"s3:*","Action":"iam:*","Resource":"*""#, &["duplicate-key /Statement/0/Action"], true),
        (r#""Effect":"Allow","Action":"*","Resource":"*","a/b~c":{}"#, &["unknown-element /Statement/0/a~1b~0c"], false),
        (r#""Effect":"Allow","Principal":"*","Action":"*","Resource":"*""#, &["principal-in-identity /Statement/0/Principal"], false),
        (r#""Effect":"Allow","Action":"s3","Resource":"*""#, &["action-malformed /Statement/0/Action"], false),
        (
            r#""Effect":"Allow","Action":["s3:", ""],"Resource":"*""#,
            &["action-malformed /Statement/0/Action/0", "action-malformed /Statement/0/Action/1"],
            false,
        ),
        (r#""Effect":"Allow","Action":"s3:GetObject ","Resource":"*""#, &["action-whitespace /Statement/0/Action"], false),
        (r#""Effect":"Allow","Action":["s3:GetObjekt"],"Resource":"*""#, &["action-unknown /Statement/0/Action/0"], false),
        (r#""Effect":"Allow","Action":"nosuchservice:*","Resource":"*""#, &["action-unknown /Statement/0/Action"], false),
        (r#""Effect":"Allow","Action":"*","Resource":"b/*""#, &["arn-malformed /Statement/0/Resource"], false),
        (r#""Effect":"Allow","Action":"*","Resource":["arn:aws:s3:*","arn:*"]"#, &["arn-short /Statement/0/Resource/0"], false),
        (r#""Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${k""#, &["variable-unterminated /Statement/0/Resource"], false),
        (
            r#""Effect":"Allow","Action":"*","Resource":"arn:aws:sns:${aws:region}:1:t""#,
            &["variable-before-resource-part /Statement/0/Resource"],
            false,
        ),
        (r#""Effect":"Allow","Action":"*","Resource":"*","Condition":[]"#, &["wrong-type /Statement/0/Condition"], true),
        (r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":"true"}"#, &["wrong-type /Statement/0/Condition/Bool"], true),
        (
            "\"Sid\":\"\u{4e00}\",\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"",
            &["character-out-of-range /Statement/0/Sid"],
            false,
        ),
        (r#""Sid":"\u0001","Effect":"Allow","Action":"*","Resource":"*""#, &["character-out-of-range /Statement/0/Sid"], false),
    ] {
        let parsed = parse(&with(statement), Kind::Identity);
        assert_eq!(told(&parsed), codes, "{statement}");
        assert_eq!(parsed.document.unwrap().statements[0].doubtful, doubtful, "{statement}");
    }
}

#[test]
fn conditions_keep_their_values_and_doubts() {
    let condition = |condition: &str| {
        let parsed = parse(&with(&format!(r#"{PLAIN},"Condition":{condition}"#)), Kind::Identity);
        let codes: Vec<String> = told(&parsed).iter().map(|told| told.replace("/Statement/0/Condition", "…")).collect();
        let statement = parsed.document.unwrap().statements.remove(0);
        assert!(!statement.doubtful, "{condition}");
        let shown = |atom: &Atom| format!("{} {} {:?}{}", atom.written, atom.key, atom.values, if atom.doubtful { " ?" } else { "" });
        (codes, statement.conditions.iter().map(shown).collect::<Vec<_>>())
    };
    for (text, codes, atoms) in [
        ("{}", &[][..], &[][..]),
        (r#"{"StringEquals":{}}"#, &[], &[]),
        (r#"{"StringEquals":{"k":[]}}"#, &["empty-list …/StringEquals/k"], &["StringEquals k []"]),
        (
            r#"{"NumericEquals":{"k":[1.0,-0,true]}}"#,
            &["number-invalid …/NumericEquals/k/2"],
            &[r#"NumericEquals k ["1.0", "-0", "true"]"#],
        ),
        (r#"{"Bool":{"k":false}}"#, &[], &[r#"Bool k ["false"]"#]),
        (r#"{"Bool":{"k":"maybe"}}"#, &["bool-invalid …/Bool/k"], &[r#"Bool k ["maybe"]"#]),
        (r#"{"Null":{"k":["True","maybe"]}}"#, &["bool-invalid …/Null/k/1"], &[r#"Null k ["True", "maybe"]"#]),
        (
            r#"{"NumericLessThan":{"k":["10abc","10"]}}"#,
            &["number-invalid …/NumericLessThan/k/0"],
            &[r#"NumericLessThan k ["10abc", "10"]"#],
        ),
        (
            r#"{"DateLessThan":{"k":["soon","2026-01-01T00:00:00Z",9999999999]}}"#,
            &["date-invalid …/DateLessThan/k/0"],
            &[r#"DateLessThan k ["soon", "2026-01-01T00:00:00Z", "9999999999"]"#],
        ),
        (
            r#"{"NotIpAddress":{"k":["10.0.0.0/33","10.0.0.0/8","::/0"]}}"#,
            &["cidr-invalid …/NotIpAddress/k/0"],
            &[r#"NotIpAddress k ["10.0.0.0/33", "10.0.0.0/8", "::/0"]"#],
        ),
        (r#"{"BinaryEquals":{"k":["?","YQ=="]}}"#, &["base64-invalid …/BinaryEquals/k/0"], &[r#"BinaryEquals k ["?", "YQ=="]"#]),
        (r#"{"StringIs":{"k":"v"}}"#, &["operator-unknown …/StringIs"], &[r#"StringIs k ["v"]"#]),
        (r#"{"StringLike":{"k":"${x"}}"#, &["variable-unterminated …/StringLike/k"], &[r#"StringLike k ["${x"]"#]),
        (r#"{"StringEquals":{"k":["a",null]}}"#, &["wrong-type …/StringEquals/k/1"], &[r#"StringEquals k ["a"] ?"#]),
        (
            r#"{"StringEquals":{"k":"a","l":"b","K":"c"}}"#,
            &["duplicate-key …/StringEquals/k", "duplicate-key …/StringEquals/K"],
            &[r#"StringEquals k ["a"] ?"#, r#"StringEquals l ["b"]"#, r#"StringEquals K ["c"] ?"#],
        ),
        (
            r#"{"StringEquals":{"k":"a"},"StringEquals":{"l":"b"},"Null":{"k":false}}"#,
            &["duplicate-key …/StringEquals", "duplicate-key …/StringEquals"],
            &[r#"StringEquals k ["a"] ?"#, r#"StringEquals l ["b"] ?"#, r#"Null k ["false"]"#],
        ),
    ] {
        let (codes_found, atoms_found) = condition(text);
        assert_eq!(codes_found, codes, "{text}");
        assert_eq!(atoms_found, atoms, "{text}");
    }
}

#[test]
fn principals_stand_where_the_kind_of_document_has_them() {
    let trust = |principal: &str| {
        let parsed = parse(&with(&format!(r#""Effect":"Allow",{principal}"Action":"sts:AssumeRole""#)), Kind::Trust);
        let codes = told(&parsed);
        let statement = parsed.document.unwrap().statements.remove(0);
        (codes, statement.principals.map(|one| (one.negated, format!("{:?}", one.by_kind))), statement.doubtful)
    };
    for (principal, codes, expected, doubtful) in [
        ("", &["principal-missing /Statement/0"][..], None, false),
        (r#""Principal":"*","#, &[], Some((false, r#"{"*": ["*"]}"#)), false),
        (r#""Principal":{"AWS":["1","2"],"Service":"s"},"#, &[], Some((false, r#"{"AWS": ["1", "2"], "Service": ["s"]}"#)), false),
        (r#""NotPrincipal":{"AWS":"1"},"#, &[], Some((true, r#"{"AWS": ["1"]}"#)), false),
        (r#""Principal":{"AWS":[]},"#, &["empty-list /Statement/0/Principal/AWS"], Some((false, r#"{"AWS": []}"#)), false),
        (r#""Principal":{"Robot":"r"},"#, &["unknown-element /Statement/0/Principal/Robot"], Some((false, r#"{"Robot": ["r"]}"#)), false),
        (r#""Principal":{"aws":"1"},"#, &["unknown-element /Statement/0/Principal/aws"], Some((false, r#"{"aws": ["1"]}"#)), true),
        (
            r#""Principal":{"AWS":"1","AWS":"2"},"#,
            &["duplicate-key /Statement/0/Principal/AWS"],
            Some((false, r#"{"AWS": ["1", "2"]}"#)),
            true,
        ),
        (r#""Principal":"1","#, &["wrong-type /Statement/0/Principal"], Some((true, "{}")), true),
        (r#""Principal":"*","NotPrincipal":"*","#, &["principal-both /Statement/0/NotPrincipal"], Some((true, "{}")), true),
    ] {
        let (found, principals, is_doubtful) = trust(principal);
        assert_eq!(found, codes, "{principal}");
        assert_eq!(principals, expected.map(|(negated, text)| (negated, text.to_owned())), "{principal}");
        assert_eq!(is_doubtful, doubtful, "{principal}");
    }
    let missing = parse(r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":"*"}}"#, Kind::Endpoint);
    assert_eq!(told(&missing), ["resource-missing /Statement"]);
}

#[test]
fn statements_that_stand_twice_or_nowhere() {
    for (text, codes, statements) in [
        ("{}", &["statement-missing "][..], 0),
        (r#"{"Statement":[]}"#, &["empty-list /Statement"], 0),
        (r#"{"Statement":"x"}"#, &["wrong-type /Statement"], 1),
        (r#"{"Statement":[1]}"#, &["wrong-type /Statement/0"], 1),
        (&format!(r#"{{"Statement":{{{PLAIN}}},"Statement":{{{PLAIN}}}}}"#), &["duplicate-key /Statement"], 2),
        (&format!(r#"{{"statement":{{{PLAIN}}}}}"#), &["unknown-element /statement"], 1),
    ] {
        let parsed = parse(text, Kind::Identity);
        assert_eq!(told(&parsed), codes, "{text}");
        let document = parsed.document.unwrap();
        assert_eq!(document.statements.len(), statements, "{text}");
        assert!(document.statements.iter().all(|statement| statement.doubtful), "{text}");
    }
    // The same identifier twice means nothing to the evaluation.
    let twice = format!(r#"{{"Statement":[{{"Sid":"a",{PLAIN}}},{{"Sid":"a",{PLAIN}}}]}}"#);
    assert_eq!(told(&parse(&twice, Kind::Identity)), [""; 0]);
    let many = format!(r#"{{"Statement":[{}]}}"#, vec![r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#; 1_001].join(","));
    assert_eq!(document(&many).statements.len(), 1_001);
}

/// Where the form leaves it uncertain which entries count, anything may.
#[test]
fn a_list_that_is_in_doubt_rules_nothing_out() {
    for statement in [
        r#""Effect":"Deny","NotAction":"s3:*","NotAction":"iam:*","Resource":"*""#,
        r#""Effect":"Deny","Action":"ec2:*","NotAction":"*","Resource":"*""#,
        r#""Effect":"Deny","Action":["ec2:*",{}],"Resource":"*""#,
    ] {
        let actions = only(&with(statement)).actions;
        for asked in ["s3:getobject", "iam:passrole", "new:action", "*"] {
            assert_eq!(actions.matches(&Action::of(asked), Readings::OPEN), Tri::Open, "{statement} {asked}");
        }
    }
}

#[test]
fn every_code_has_its_own_name() {
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')));
}

#[test]
fn a_document_made_by_a_program_prints_in_one_form() {
    let statement = Statement {
        sid: Some("PullImages".into()),
        position: Some(0),
        effect: Effect::Allow,
        doubtful: false,
        principals: None,
        actions: Actions::new(false, ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]),
        resources: Some(Resources::new(false, ["arn:aws:ecr:eu-west-1:111122223333:repository/web"])),
        conditions: vec![
            Atom::new("StringEquals", "aws:SourceVpce", ["vpce-1"]),
            Atom::new("Null", "aws:TagKeys", ["false"]),
            Atom::new("StringEquals", "aws:SourceVpc", ["vpc-1", "vpc-2"]),
        ],
    };
    let document = Document { version: Version::V2012, id: None, statements: vec![statement] };
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "PullImages",
      "Effect": "Allow",
      "Action": [
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer"
      ],
      "Resource": "arn:aws:ecr:eu-west-1:111122223333:repository/web",
      "Condition": {
        "StringEquals": {
          "aws:SourceVpce": "vpce-1",
          "aws:SourceVpc": [
            "vpc-1",
            "vpc-2"
          ]
        },
        "Null": {
          "aws:TagKeys": "false"
        }
      }
    }
  ]
}"#;
    assert_eq!(print(&document), expected);
    assert_eq!(size(&document), expected.chars().filter(|c| !c.is_whitespace()).count());
    assert_eq!(told(&parse(expected, Kind::Identity)), [""; 0]);
}

#[test]
fn variables_in_the_two_versions() {
    let (keys, none) = (Keys::new().with("aws:PrincipalTag/x", wallwalk_iam::KeyState::one("k")), Keys::new());
    let ask = |version: &str| {
        let text = with(r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/x}""#);
        let document = document(&text.replace("2012-10-17", version));
        let resources = document.statements[0].resources.clone().unwrap();
        let context = Context::new(&none, &keys);
        resources.matches(Target::exact("arn:aws:s3:::b/k"), Kind::Identity, document.version, context, Readings::OPEN)
    };
    assert_eq!((ask("2012-10-17"), ask("2008-10-17")), (Tri::True, Tri::False));
}

fn scalar_or_list(item: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        item.prop_map(|text| format!("{text:?}")),
        proptest::collection::vec(item, 0..3).prop_map(|texts| format!("{texts:?}")),
        Just("{}".to_owned()),
        Just("7".to_owned()),
    ]
}

fn a_statement() -> impl Strategy<Value = String> {
    let member = prop_oneof![
        prop_oneof![Just("Allow"), Just("Deny"), Just("allow")].prop_map(|effect| format!(r#""Effect":"{effect}""#)),
        ("(Not)?Action", scalar_or_list("(s3|iam|s\\?|\\*|):(Get\\*|PassRole|[a-z*? ]{0,4})"))
            .prop_map(|(name, value)| format!("{name:?}:{value}")),
        ("(Not)?Resource", scalar_or_list("(\\*|arn:aws:s3:::[a-z*?$\\{\\}/]{0,6}|arn:aws:[a-z*]{1,3}|b)"))
            .prop_map(|(name, value)| format!("{name:?}:{value}")),
        ("(Not)?Principal", scalar_or_list("(\\*|1)")).prop_map(|(name, value)| format!("{name:?}:{{\"AWS\":{value}}}")),
        ("(StringLike|Bool|NumericEquals|Null|Nonsense)", "[kK]", scalar_or_list("[a-z*$\\{\\}1]{0,4}"))
            .prop_map(|(operator, key, values)| format!(r#""Condition":{{"{operator}":{{"{key}":{values}}}}}"#)),
        Just(r#""Sid":"S""#.to_owned()),
        Just(r#""Unheard":[null]"#.to_owned()),
    ];
    proptest::collection::vec(member, 0..7).prop_map(|members| format!("{{{}}}", members.join(",")))
}

proptest! {
    #[test]
    fn what_is_printed_prints_the_same_again(statements in proptest::collection::vec(a_statement(), 0..4), trust in any::<bool>()) {
        let kind = if trust { Kind::Trust } else { Kind::Identity };
        let parsed = parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")), kind);
        let document = parsed.document.unwrap();
        let printed = print(&document);
        let again = parse(&printed, kind).document.unwrap();
        prop_assert_eq!(print(&again), printed.clone());
        prop_assert!(size(&document) <= printed.chars().count());
        if parsed.problems.is_empty() {
            prop_assert_eq!(again, document);
        }
    }

    /// Each element of the input is in the document, or a problem points at it or at what holds it.
    #[test]
    fn nothing_is_dropped_silently(statement in a_statement()) {
        let parsed = parse(&format!(r#"{{"Statement":{statement}}}"#), Kind::Trust);
        let document = parsed.document.unwrap();
        let printed: serde_json::Value = serde_json::from_str(&print(&document)).unwrap();
        let written: serde_json::Value = serde_json::from_str(&statement).unwrap();
        for (name, value) in written.as_object().unwrap() {
            let pointer = format!("/Statement/{name}");
            let is_told = parsed.problems.iter().any(|problem| problem.pointer == pointer || problem.pointer.starts_with(&format!("{pointer}/")));
            let listed = |value: &serde_json::Value| value.to_string().replace(['[', ']', '"'], "");
            let kept = printed["Statement"].get(name).is_some_and(|kept| listed(kept) == listed(value));
            // Beside the negated element the plain one is not kept, and the problem names the former.
            let both = statement.contains(&format!("\"Not{name}\""));
            prop_assert!(is_told || kept || both, "{name} {value} {printed} {:?}", parsed.problems);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,120}", inner in "[\\[\\]{}\",:A-Za-z*$ %0-9\\\\]{0,120}", cut in any::<prop::sample::Index>()) {
        for text in [text.clone(), format!("{{\"Statement\":{inner}}}"), format!("%7B{inner}"), format!("{{\"Statement\":[{{{inner}}}]}}")] {
            let parsed = parse(&text, Kind::Resource);
            prop_assert!(parsed.document.is_some() || !parsed.problems.is_empty());
        }
        let whole = with(&format!(r#"{PLAIN},"Condition":{{"Bool":{{"k":[true,"x\u0041"]}}}}"#));
        let at = whole.floor_char_boundary(cut.index(whole.len()));
        let mutated = format!("{}{text}{}", &whole[..at], &whole[at..]);
        let parsed = parse(&mutated, Kind::Identity);
        prop_assert!(parsed.document.is_some() || !parsed.problems.is_empty());
    }
}

#[test]
fn a_reading_of_its_own_decides_white_space_and_services() {
    let actions = only(&with(r#""Effect":"Allow","Action":["s3:GetObject ","s*:PutObject"],"Resource":"*""#)).actions;
    let ask = |action: &str, reading: Reading, wide: bool| actions.matches(&Action::of(action), Readings::fixed(0).with(reading, wide));
    for (action, reading) in [("s3:getobject", Reading::ActionWhitespace), ("s3:putobject", Reading::ActionServiceGlob)] {
        assert_eq!((ask(action, reading, false), ask(action, reading, true)), (Tri::False, Tri::True));
    }
}
