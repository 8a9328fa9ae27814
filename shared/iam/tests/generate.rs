//! Policies made from needs: what they look like, that they suffice, that they grant nothing else.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use wallwalk_iam::Keys;
use wallwalk_iam::eval::{Answer, Attached, Bounds, Caller, Stack};
use wallwalk_iam::generate::{
    Compared, Generated, Given, MANAGED_LIMIT, MOST_ATTACHED, Need, ProofFailure, Purpose, Snippet, answers, cloudformation, difference,
    excess, prove, satisfied, select, synthesize,
};
use wallwalk_iam::policy::{Document, Kind, parse, print, size};
use wallwalk_model::Gap;

fn need(purpose: Purpose, actions: &[&'static str], resources: &[&str]) -> Need {
    Need {
        purpose,
        actions: actions.iter().copied().collect(),
        resources: resources.iter().map(|one| (*one).to_owned()).collect(),
        given: None,
        because: "/containerDefinitions/0".to_owned(),
        certain: true,
    }
}

fn through(service: &str, need: Need) -> Need {
    let value = format!("{service}.eu-west-1.amazonaws.com");
    Need { given: Some(Given { operator: "StringEquals", key: "kms:ViaService".to_owned(), value }), ..need }
}

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf";
const STREAMS: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/api:log-stream:ecs/app/*";
const GROUP: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/api:*";
const REPOSITORY: &str = "arn:aws:ecr:eu-west-1:111122223333:repository/api";
const PULL: [&str; 3] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// An image of Amazon ECR, a secret under a customer's key, awslogs with a prefix.
fn api() -> Vec<Need> {
    vec![
        need(Purpose::WriteLogs, &["logs:CreateLogStream", "logs:PutLogEvents"], &[STREAMS]),
        need(Purpose::ReadSecrets, &["secretsmanager:GetSecretValue"], &[SECRET]),
        need(Purpose::PullImages, &PULL, &[REPOSITORY]),
        need(Purpose::GetRegistryToken, &["ecr:GetAuthorizationToken"], &["*"]),
        through("secretsmanager", need(Purpose::DecryptSecrets, &["kms:Decrypt"], &[KEY])),
    ]
}

fn document(statements: &str) -> Document {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#), Kind::Identity).document.expect("a policy")
}

fn role(policies: &[(&str, &str)]) -> Stack {
    let mut stack = Stack::new(Caller::role("arn:aws:iam::111122223333:role/execution"));
    stack.identity =
        policies.iter().map(|(name, text)| Attached { name: (*name).into(), document: Ok(Arc::new(document(text))) }).collect();
    stack
}

fn allow(actions: &str, resources: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#)
}

fn with<T>(policies: &[(&str, &str)], ask: impl FnOnce(&Bounds<'_>) -> T) -> T {
    let stack = role(policies);
    ask(&Bounds::new(&stack, Keys::new()))
}

#[test]
fn the_policy_of_a_service_with_image_secret_and_logs() {
    let generated = synthesize(&api());
    assert_eq!(generated.len(), 1);
    assert_eq!(generated[0].text, include_str!("generate/api.json").trim_end());
    assert_eq!((generated[0].name_suffix.as_str(), generated[0].size), ("", size(&generated[0].document)));
    let proved = prove(&generated, &api(), None).expect("proved");
    assert_eq!((proved.needs, proved.pairs, proved.compared), (5, 8, Compared::WithNothing));
    assert!(synthesize(&[]).is_empty());
}

#[test]
fn statements_with_one_purpose_have_names_of_their_own() {
    let needs = [
        through("ssm", need(Purpose::DecryptSecrets, &["kms:Decrypt"], &[KEY])),
        through("secretsmanager", need(Purpose::DecryptSecrets, &["kms:Decrypt"], &[KEY])),
    ];
    let generated = synthesize(&needs);
    let sids: Vec<_> = generated[0].document.statements.iter().map(|one| one.sid.as_deref().unwrap_or_default()).collect();
    assert_eq!(sids, ["DecryptSecrets", "DecryptSecrets2"]);
    prove(&generated, &needs, None).expect("proved");
}

#[test]
fn what_another_need_covers_is_not_said_twice() {
    let wide = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-??????";
    let get = |resource: &str| need(Purpose::ReadSecrets, &["secretsmanager:GetSecretValue"], &[resource]);
    let needs = [
        get(wide),
        get(SECRET),
        need(Purpose::ReadTaskFiles, &["secretsmanager:GetSecretValue"], &[SECRET]),
        need(Purpose::DecryptSecrets, &["kms:Decrypt"], &[KEY]),
        through("ssm", need(Purpose::DecryptSecrets, &["kms:Decrypt"], &[KEY])),
    ];
    let generated = synthesize(&needs);
    let statements = &generated[0].document.statements;
    let listed: Vec<_> =
        statements.iter().flat_map(|one| &one.resources.as_ref().expect("resources").patterns).map(|one| one.text()).collect();
    assert_eq!(listed, [wide, KEY]);
    assert!(statements.iter().all(|one| one.conditions.is_empty()));
    prove(&generated, &needs, None).expect("proved");
}

#[test]
fn a_proof_fails_on_what_is_missing_and_on_what_is_too_much() {
    let generated = synthesize(&api());
    let fewer = &api()[1..];
    assert!(matches!(prove(&generated, fewer, None), Err(ProofFailure::Beyond(pair)) if pair.resource == STREAMS));
    let mut more = api();
    more.push(need(Purpose::ReadParameters, &["ssm:GetParameters"], &["arn:aws:ssm:eu-west-1:111122223333:parameter/p"]));
    let failure = prove(&generated, &more, None).expect_err("a need is not met");
    assert!(matches!(&failure, ProofFailure::Unmet { answer: Answer::Never, .. }), "{failure}");
    assert!(failure.to_string().contains("`ssm:GetParameters on arn:aws:ssm:eu-west-1:111122223333:parameter/p`"));
    let mut changed = generated.clone();
    changed[0].text = changed[0].text.replace("repository/api", "repository/*");
    assert_eq!(prove(&changed, &api(), None), Err(ProofFailure::Text));
    changed[0].text = changed[0].text.replace("kms:ViaService", "");
    assert!(prove(&changed, &api(), None).is_err());
    // A name that means something to the language cannot be proved, and so is never shown.
    let odd = [need(Purpose::ReadTaskFiles, &["s3:GetObject"], &["arn:aws:s3:::files/${key"])];
    assert!(matches!(prove(&synthesize(&odd), &odd, None), Err(ProofFailure::Parse(_) | ProofFailure::Unmet { .. })));
}

#[test]
fn what_the_role_may_not_do_today_is_told() {
    let pull = allow(r#"["ecr:*","logs:PutLogEvents"]"#, r#""*""#);
    let newly = |policies: &[(&str, &str)]| {
        with(policies, |bounds| prove(&synthesize(&api()), &api(), Some(bounds)).expect("proved"))
            .newly_granted
            .iter()
            .map(|pair| pair.action.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(newly(&[("inline/a", &pull)]), ["secretsmanager:GetSecretValue", "kms:Decrypt", "logs:CreateLogStream"]);
    assert_eq!(newly(&[("inline/a", &allow(r#""*""#, r#""*""#))]), [""; 0]);
    // What a Deny surely takes away is not the role's today.
    let deny = format!(r#"{},{{"Effect":"Deny","Action":"kms:*","Resource":"*"}}"#, allow(r#""*""#, r#""*""#));
    assert_eq!(newly(&[("inline/a", &deny)]), ["kms:Decrypt"]);
    let mut stack = role(&[("inline/a", &pull)]);
    stack.identity.push(Attached { name: "inline/b".into(), document: Err(Gap::not_asked("iam:GetRolePolicy")) });
    let proved = prove(&synthesize(&api()), &api(), Some(&Bounds::new(&stack, Keys::new()))).expect("proved");
    assert!(proved.newly_granted.is_empty() && matches!(proved.compared, Compared::WithoutUnread(_)));
    assert!(proved.sentence().contains("could not be read in full"));
}

#[test]
fn needs_that_are_not_certain_count_only_if_the_role_meets_them() {
    let perhaps = Need { certain: false, ..need(Purpose::DecryptSecrets, &["kms:Decrypt"], &[KEY]) };
    let needs = [api()[3].clone(), perhaps.clone()];
    assert_eq!(select(&needs, None).left_out, std::slice::from_ref(&perhaps));
    with(&[("inline/a", &allow(r#""kms:Decrypt""#, r#""*""#))], |bounds| assert!(select(&needs, Some(bounds)).left_out.is_empty()));
    with(&[("inline/a", &allow(r#""s3:*""#, r#""*""#))], |bounds| {
        assert_eq!(select(&needs, Some(bounds)).left_out, std::slice::from_ref(&perhaps))
    });
    // One that was left out is no failure of the proof.
    prove(&synthesize(&select(&needs, None).needs), &needs, None).expect("proved");
}

#[test]
fn a_need_of_a_log_stream_is_met_by_its_group_but_not_by_the_bare_group() {
    let write = need(Purpose::WriteLogs, &["logs:CreateLogStream", "logs:PutLogEvents"], &[STREAMS]);
    let create = need(Purpose::CreateLogGroup, &["logs:CreateLogGroup"], &[GROUP]);
    let answer = |need: &Need, resource: &str| {
        with(&[("inline/a", &allow(r#""logs:*""#, &format!(r#""{resource}""#)))], |bounds| satisfied(need, bounds))
    };
    let bare = GROUP.strip_suffix(":*").expect("a group");
    for (resource, writes, creates) in [
        (STREAMS, Answer::Surely, Answer::Never),
        (GROUP, Answer::Surely, Answer::Surely),
        ("*", Answer::Surely, Answer::Surely),
        (bare, Answer::Never, Answer::Never),
        (&format!("{bare}:log-stream:*"), Answer::Surely, Answer::Surely),
        (&format!("{bare}:log-stream:ecs/app/1*"), Answer::Possibly, Answer::Never),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/other:*", Answer::Never, Answer::Never),
    ] {
        assert_eq!((answer(&write, resource), answer(&create, resource)), (writes, creates), "{resource}");
    }
}

#[test]
fn a_need_is_met_as_far_as_its_worst_action() {
    let pull = need(Purpose::PullImages, &PULL, &[REPOSITORY]);
    let some = allow(r#"["ecr:BatchGetImage","ecr:BatchCheckLayerAvailability"]"#, r#""*""#);
    with(&[("inline/a", &some)], |bounds| {
        assert_eq!(satisfied(&pull, bounds), Answer::Never);
        let missing: Vec<_> = answers(&pull, bounds).into_iter().filter(|one| one.answer == Answer::Never).map(|one| one.action).collect();
        assert_eq!(missing, ["ecr:GetDownloadUrlForLayer"]);
    });
    // Met under the condition that the request carries, not under another, and open where it is not known.
    let key = r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"ssm.eu-west-1.amazonaws.com"}}}"#;
    let decrypt = need(Purpose::DecryptSecrets, &["kms:Decrypt"], &[KEY]);
    with(&[("inline/a", key)], |bounds| {
        assert_eq!(satisfied(&through("ssm", decrypt.clone()), bounds), Answer::Surely);
        assert_eq!(satisfied(&through("secretsmanager", decrypt.clone()), bounds), Answer::Never);
        assert_eq!(satisfied(&decrypt, bounds), Answer::Possibly);
    });
    let mut stack = role(&[]);
    stack.identity.push(Attached { name: "inline/b".into(), document: Err(Gap::not_asked("iam:GetRolePolicy")) });
    assert_eq!(satisfied(&decrypt, &Bounds::new(&stack, Keys::new())), Answer::Unread);
}

fn secrets(count: usize, name: impl Fn(usize) -> String) -> Vec<Need> {
    let one = |n| {
        let arn = format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{}", name(n));
        need(Purpose::ReadSecrets, &["secretsmanager:GetSecretValue"], &[&arn])
    };
    (0..count).map(one).collect()
}

#[test]
fn what_is_too_large_for_one_policy_is_split_by_statement() {
    let mut needs = secrets(70, |n| format!("service-{n:03}/database-AbCdEf"));
    needs.extend((0..60).map(|n| need(Purpose::PullImages, &PULL, &[&format!("{REPOSITORY}-{n:03}")])));
    let generated = synthesize(&needs);
    let suffixes: Vec<_> = generated.iter().map(|one| one.name_suffix.as_str()).collect();
    assert_eq!(suffixes, ["-1", "-2"]);
    assert_eq!(generated.iter().map(|one| one.document.statements.len()).collect::<Vec<_>>(), [1, 1]);
    assert!(generated.iter().all(|one| one.size <= MANAGED_LIMIT && one.widened.is_empty()));
    prove(&generated, &needs, None).expect("proved");
}

#[test]
fn a_statement_too_large_for_any_policy_is_taken_apart() {
    let needs = secrets(100, |n| format!("service-{n:03}/{}-AbCdEf", "database".repeat(25)));
    let generated = synthesize(&needs);
    assert_eq!(generated.iter().map(|one| one.document.statements.len()).collect::<Vec<_>>(), [1; 5]);
    assert!(generated.iter().all(|one| one.size <= MANAGED_LIMIT && one.widened.is_empty()));
    // Each is as full as it gets.
    let arn = needs[0].resources.iter().map(|one| one.len() + 3).sum::<usize>();
    assert!(generated[..4].iter().all(|one| one.size + arn > MANAGED_LIMIT));
    prove(&generated, &needs, None).expect("proved");
}

#[test]
fn beyond_ten_policies_resources_are_drawn_together_at_words_and_it_is_said() {
    let needs = secrets(130, |n| format!("team-{}/service-{n:03}/{}-AbCdEf", n % 7, "database".repeat(60)));
    let generated = synthesize(&needs);
    assert!(generated.len() <= MOST_ATTACHED);
    let widened: BTreeSet<&str> = generated.iter().flat_map(|one| &one.widened).map(String::as_str).collect();
    // Services have one secret each, so nothing is shared before the team.
    let expected: Vec<String> =
        (0..7).map(|n| format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:team-{n}/service-*")).collect();
    assert_eq!(widened.into_iter().collect::<Vec<_>>(), expected);
    let proved = prove(&generated, &needs, None).expect("proved");
    assert_eq!(proved.wider.len(), 7);
    assert!(proved.sentence().contains("7 of its 7 permissions are wider than needed"));
    // Where nothing is shared it stays too much, and is not given to anybody.
    let unlike = secrets(130, |n| format!("{n:03}{}", "database".repeat(60)));
    assert!(matches!(prove(&synthesize(&unlike), &unlike, None), Err(ProofFailure::TooMany(count)) if count > MOST_ATTACHED));
    let huge = secrets(1, |_| "x".repeat(7_000));
    assert!(matches!(prove(&synthesize(&huge), &huge, None), Err(ProofFailure::TooLarge(_))));
}

#[test]
fn a_role_that_holds_what_is_needed_and_no_more_has_no_excess() {
    let own = print(&synthesize(&api())[0].document);
    let stack = {
        let mut stack = role(&[]);
        stack
            .identity
            .push(Attached { name: "inline/a".into(), document: Ok(Arc::new(parse(&own, Kind::Identity).document.expect("a policy"))) });
        stack
    };
    let found = excess(&Bounds::new(&stack, Keys::new()), &api(), &BTreeSet::new());
    assert_eq!((found.total, found.listed.len(), found.services.len()), (0, 0, 0));
}

#[test]
fn excess_is_told_by_statement_with_the_narrower_need() {
    let policies = [
        ("inline/a", allow(r#"["secretsmanager:GetSecretValue","ecr:GetAuthorizationToken"]"#, r#""*""#)),
        ("inline/b", allow(r#"["ecr:Batch*","logs:CreateLogStream"]"#, &format!(r#"["{REPOSITORY}","{GROUP}"]"#))),
    ];
    let policies: Vec<(&str, &str)> = policies.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let found = with(&policies, |bounds| excess(bounds, &api(), &BTreeSet::new()));
    let told: Vec<_> =
        found.listed.iter().map(|one| (one.document.as_str(), one.action.as_str(), one.resource.as_str(), one.actions)).collect();
    let batches = wallwalk_iam::catalogue::IdRanges::of_patterns(["ecr:batch*"], false).count();
    // All streams of the group that is written to, and the image that is pulled, are no excess.
    // Nor is an action on a resource of another service, which stands there only as the lists are one.
    assert_eq!(told, [("inline/a", "secretsmanager:GetSecretValue", "*", 1), ("inline/b", "ecr:Batch*", REPOSITORY, batches - 2)]);
    assert_eq!(found.listed[0].needed, [format!("secretsmanager:GetSecretValue on {SECRET}")]);
    assert!(!found.listed[0].sensitive.is_empty() && !found.listed[0].partly);
    assert!(found.listed[1].needed.is_empty());
    assert_eq!(found.services, [("ecr", batches - 2), ("secretsmanager", 1)].into());
}

#[test]
fn breadth_that_is_told_elsewhere_and_what_is_not_sure_are_no_excess() {
    let all = allow(r#""s3:*""#, r#""*""#);
    let conditioned = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}"#;
    let denied = format!(r#"{all},{{"Effect":"Deny","Action":"*","Resource":"*"}}"#);
    let total =
        |policies: &[(&str, &str)], known: &[&str]| with(policies, |bounds| excess(bounds, &api(), &known.iter().copied().collect()).total);
    assert_eq!(total(&[("managed/Known", &all)], &[]), 1);
    assert_eq!(total(&[("managed/Known", &all)], &["managed/Known"]), 0);
    assert_eq!(total(&[("inline/a", conditioned)], &[]), 0);
    assert_eq!(total(&[("inline/a", &denied)], &[]), 0);
    // Beside the same without condition it is told once.
    assert_eq!(total(&[("inline/a", &all), ("inline/b", conditioned)], &[]), 1);
    assert_eq!(total(&[("inline/a", conditioned), ("inline/b", &all)], &[]), 1);
    // Needs that are not certain are no excess.
    let repository = "arn:aws:ecr:eu-west-1:593207742271:repository/aws-guardduty-agent-fargate";
    let guard = Need { certain: false, ..need(Purpose::PullImages, &PULL, &[repository]) };
    let pull =
        allow(r#"["ecr:BatchGetImage","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer"]"#, &format!(r#""{repository}""#));
    with(&[("inline/a", &pull)], |bounds| {
        assert_eq!(excess(bounds, &[guard], &BTreeSet::new()).total, 0);
        assert_eq!(excess(bounds, &[], &BTreeSet::new()).total, 3);
    });
    let mut stack = role(&[("inline/a", &all)]);
    stack.identity.push(Attached { name: "inline/b".into(), document: Err(Gap::not_asked("iam:GetRolePolicy")) });
    let found = excess(&Bounds::new(&stack, Keys::new()), &api(), &BTreeSet::new());
    assert!(found.total == 0 && found.gap.is_some());
}

#[test]
fn what_a_deny_or_a_boundary_leaves_of_a_wildcard_is_excess_in_part() {
    let text = format!(r#"{},{{"Effect":"Deny","Action":"s3:PutBucketPolicy","Resource":"*"}}"#, allow(r#""s3:*""#, r#""*""#));
    let found = with(&[("inline/a", &text)], |bounds| excess(bounds, &[], &BTreeSet::new()));
    assert!(found.total == 1 && found.listed[0].partly && found.listed[0].example != Some("s3:PutBucketPolicy"));
    let mut stack = role(&[("inline/a", &allow(r#""*""#, r#""*""#))]);
    stack.boundary = Some(Attached { name: "boundary/b".into(), document: Ok(Arc::new(document(&allow(r#""ecs:Describe*""#, r#""*""#)))) });
    let found = excess(&Bounds::new(&stack, Keys::new()), &[], &BTreeSet::new());
    assert!(found.total == 1 && found.listed[0].partly, "{found:?}");
    assert!(found.listed[0].example.is_some_and(|name| name.starts_with("ecs:Describe")));
    // Negated lists are judged by what they leave.
    let text = r#"{"Effect":"Allow","NotAction":["iam:*","s3:Put*"],"Resource":"*"}"#;
    let found = with(&[("inline/a", text)], |bounds| excess(bounds, &[], &BTreeSet::new()));
    let (all, but) =
        (wallwalk_iam::catalogue::catalogue().actions, wallwalk_iam::catalogue::IdRanges::of_patterns(["iam:*", "s3:put*"], false).count());
    assert_eq!((found.listed[0].actions, found.listed[0].partly, found.services.get("iam")), (all - but, false, None));
    let text = r#"{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::kept/*"}"#;
    let found = with(&[("inline/a", text)], |bounds| excess(bounds, &api(), &BTreeSet::new()));
    assert_eq!((found.total, found.listed[0].action.as_str()), (1, "everything but iam:*"));
    assert_eq!(found.listed[0].resource, "everything but arn:aws:s3:::kept/*");
}

#[test]
fn excess_is_listed_up_to_twenty_sensitive_ones_first() {
    let names: Vec<String> = (0..30).map(|n| format!(r#""arn:aws:s3:::bucket-{n:02}""#)).collect();
    let text = format!(
        "{},{}",
        allow(r#""s3:ListBucket""#, &format!("[{}]", names.join(","))),
        allow(r#""secretsmanager:GetSecretValue""#, &format!(r#""{SECRET}""#))
    );
    let found = with(&[("inline/a", &text)], |bounds| excess(bounds, &[], &BTreeSet::new()));
    assert_eq!((found.total, found.listed.len()), (31, 20));
    assert_eq!(found.listed[0].action, "secretsmanager:GetSecretValue");
}

#[test]
fn the_snippet_is_the_policy_in_yaml() {
    let snippet = Snippet { name: "api-execution", role: "api-execution", managed: true };
    let text = cloudformation(&synthesize(&api()), &snippet);
    assert_eq!(text, include_str!("generate/api.yaml"));
    let inline = cloudformation(&synthesize(&api()), &Snippet { managed: false, ..snippet });
    assert!(inline.contains("Type: AWS::IAM::Policy\n") && inline.contains("PolicyName: api-execution\n"));
    // Words that mean something to YAML are quoted, as the operator of that name.
    let text = r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"Null":{"s3:prefix":"true"},"StringLike":{"s3:prefix":["a: #b","*"]}}}"#;
    let odd = document(text);
    let odd = Generated { name_suffix: "-1".to_owned(), text: print(&odd), size: size(&odd), document: odd, widened: Vec::new() };
    let text = cloudformation(&[odd], &Snippet { name: "a_b", ..snippet });
    assert!(text.starts_with("AB1:\n") && text.contains("\"Null\":\n              s3:prefix: \"true\"\n"), "{text}");
    assert!(text.contains("- \"a: #b\"\n"), "{text}");
}

#[test]
fn the_difference_shows_what_changes() {
    let present = document(&format!("{},{}", allow(r#""ecr:GetAuthorizationToken""#, r#""*""#), allow(r#""s3:*""#, r#""*""#)));
    let proposed = document(&allow(r#""ecr:GetAuthorizationToken""#, r#""*""#));
    let text = difference(&[("inline/a", &present)], &[("inline/a", &proposed)]);
    assert!(text.contains("-       \"Action\": \"s3:*\",\n") && !text.lines().any(|line| line.starts_with('+')), "{text}");
    assert_eq!(difference(&[("inline/a", &present)], &[("inline/a", &present)]), "");
}

const ACTIONS: [(&str, Purpose); 8] = [
    ("ecr:BatchGetImage", Purpose::PullImages),
    ("ecr:GetDownloadUrlForLayer", Purpose::PullImages),
    ("secretsmanager:GetSecretValue", Purpose::ReadSecrets),
    ("ssm:GetParameters", Purpose::ReadParameters),
    ("kms:Decrypt", Purpose::DecryptSecrets),
    ("logs:CreateLogStream", Purpose::WriteLogs),
    ("logs:PutLogEvents", Purpose::WriteLogs),
    ("s3:GetObject", Purpose::ReadTaskFiles),
];

fn resource() -> impl Strategy<Value = String> {
    let name = prop_oneof![3 => "[ab]{1,2}", 1 => "[ab]\\*", 1 => "[ab]\\?{1,2}"];
    prop_oneof![
        6 => name.prop_map(|name| format!("arn:aws:service:eu-west-1:111122223333:thing/{name}")),
        1 => Just("*".to_owned()),
    ]
}

fn any_need() -> impl Strategy<Value = Need> {
    let actions = prop::collection::btree_set(0..ACTIONS.len(), 1..4);
    let given = prop::option::weighted(0.3, prop::sample::select(vec!["ssm", "s3"]));
    (actions, prop::collection::btree_set(resource(), 1..4), given, prop::bool::weighted(0.8)).prop_map(
        |(actions, resources, given, certain)| {
            let purpose = actions.first().map_or(Purpose::Exec, |first| ACTIONS[*first].1);
            let names: Vec<&'static str> = actions.into_iter().map(|at| ACTIONS[at].0).collect();
            let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
            let need = Need { certain, ..need(purpose, &names, &resources) };
            given.map_or(need.clone(), |service| through(service, need))
        },
    )
}

fn any_needs() -> impl Strategy<Value = Vec<Need>> {
    prop::collection::vec(any_need(), 0..7)
}

/// The policies with one action, or one resource, of one statement left out; each in turn.
fn without_one(generated: &[Generated]) -> Vec<Vec<Generated>> {
    let mut all = Vec::new();
    for (n, one) in generated.iter().enumerate() {
        let value: serde_json::Value = serde_json::from_str(&one.text).expect("JSON");
        for (s, statement) in value["Statement"].as_array().expect("a list").iter().enumerate() {
            for element in ["Action", "Resource"] {
                let list: Vec<serde_json::Value> = match &statement[element] {
                    serde_json::Value::Array(list) => list.clone(),
                    other => vec![other.clone()],
                };
                for left_out in 0..list.len() {
                    let mut changed = value.clone();
                    let rest: Vec<_> = list.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, one)| one.clone()).collect();
                    if rest.is_empty() {
                        changed["Statement"].as_array_mut().expect("a list").remove(s);
                    } else {
                        changed["Statement"][s][element] = rest.into();
                    }
                    let document = parse(&changed.to_string(), Kind::Identity).document.expect("a policy");
                    let mut policies = generated.to_vec();
                    if document.statements.is_empty() {
                        policies.remove(n);
                        all.push(policies);
                        continue;
                    }
                    policies[n] = Generated { text: print(&document), size: size(&document), document, ..one.clone() };
                    all.push(policies);
                }
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_generated_policy_suffices_and_allows_nothing_else(needs in any_needs()) {
        let generated = synthesize(&needs);
        let proved = prove(&generated, &needs, None);
        prop_assert!(proved.is_ok(), "{proved:?}");
    }

    #[test]
    fn nothing_can_be_left_out_of_it(needs in any_needs()) {
        let certain: Vec<Need> = needs.into_iter().map(|need| Need { certain: true, ..need }).collect();
        for fewer in without_one(&synthesize(&certain)) {
            let failure = prove(&fewer, &certain, None);
            prop_assert!(matches!(failure, Err(ProofFailure::Unmet { .. })), "{failure:?}");
        }
    }

    #[test]
    fn the_same_needs_give_the_same_bytes(needs in any_needs(), seed in any::<prop::sample::Index>()) {
        let mut other = needs.clone();
        other.reverse();
        if !other.is_empty() {
            let turn = seed.index(other.len());
            other.rotate_left(turn);
            other.push(other[0].clone());
        }
        prop_assert_eq!(synthesize(&needs), synthesize(&other));
    }

    #[test]
    fn whoever_holds_it_has_no_excess_and_gains_nothing_by_it(needs in any_needs()) {
        let generated = synthesize(&needs);
        let mut stack = role(&[]);
        stack.identity = generated.iter().map(|one| Attached { name: "inline/a".into(), document: Ok(Arc::new(one.document.clone())) }).collect();
        let bounds = Bounds::new(&stack, Keys::new());
        prop_assert_eq!(excess(&bounds, &needs, &BTreeSet::new()).total, 0);
        prop_assert!(prove(&generated, &needs, Some(&bounds)).is_ok_and(|proved| proved.newly_granted.is_empty()));
        prop_assert!(needs.iter().all(|need| satisfied(need, &bounds) == Answer::Surely));
    }

    #[test]
    fn more_needs_never_make_more_excess(needs in any_needs(), more in any_need(), held in any_needs()) {
        let generated = synthesize(&held);
        let mut stack = role(&[]);
        stack.identity = generated.iter().map(|one| Attached { name: "inline/a".into(), document: Ok(Arc::new(one.document.clone())) }).collect();
        let bounds = Bounds::new(&stack, Keys::new());
        let before = excess(&bounds, &needs, &BTreeSet::new()).total;
        let after = excess(&bounds, &[needs, vec![more]].concat(), &BTreeSet::new()).total;
        prop_assert!(after <= before);
    }
}
