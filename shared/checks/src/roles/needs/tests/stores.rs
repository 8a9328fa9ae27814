//! Images, secrets and parameters.

use serde_json::json;
use wallwalk_model::kms::Key;
use wallwalk_model::{Reading, Time};

use super::*;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0a1b";

fn reads(reference: &str) -> ecs::TaskDefinition {
    container(json!({ "image": "nginx", "secrets": [{ "name": "DB", "valueFrom": reference }] }))
}

#[test]
fn an_image_of_ecr_is_pulled_in_its_own_region_and_account() {
    let token = "GetRegistryToken ecr:GetAuthorizationToken on *";
    for (image, repository) in [
        (format!("{REGISTRY}/api:1"), "ecr:eu-west-1:111122223333:repository/api"),
        (format!("{REGISTRY}/api@sha256:00"), "ecr:eu-west-1:111122223333:repository/api"),
        (format!("{REGISTRY}/api:1@sha256:00"), "ecr:eu-west-1:111122223333:repository/api"),
        ("444455556666.dkr.ecr.us-east-1.amazonaws.com/api".into(), "ecr:us-east-1:444455556666:repository/api"),
        ("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com/api".into(), "ecr:us-east-1:111122223333:repository/api"),
        ("111122223333.dkr-ecr.eu-west-1.on.aws/api".into(), "ecr:eu-west-1:111122223333:repository/api"),
    ] {
        let pull =
            format!("PullImages ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer on arn:aws:{repository}");
        let needs = needs(&container(json!({ "image": image })));
        expect(&needs.execution, &[token, &pull]);
        assert!(needs.execution.iter().all(|need| need.because == "/containerDefinitions/0/image"), "{image}");
    }
}

#[test]
fn in_china_the_partition_is_the_tasks() {
    let mut definition = container(json!({ "image": "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/api" }));
    definition.task_definition_arn = "arn:aws-cn:ecs:cn-north-1:111122223333:task-definition/api:1".into();
    let pull = &needs(&definition).execution[1];
    assert!(pull.resources.contains("arn:aws-cn:ecr:cn-north-1:111122223333:repository/api"), "{pull:?}");
}

#[test]
fn other_registries_need_nothing() {
    for image in [
        "nginx",
        "nginx:1.27",
        "public.ecr.aws/nginx/nginx:1",
        "quay.io/org/app",
        "x.dkr.ecr.evil.com/api",
        "111122223333.dkr.ecr.eu-west-1.evil.com/api",
    ] {
        assert_eq!(needs(&container(json!({ "image": image }))), Needs::default(), "{image}");
    }
}

#[test]
fn a_repository_that_may_be_a_cache_may_need_to_be_filled() {
    let needs = needs(&container(json!({ "image": format!("{REGISTRY}/docker-hub/library/nginx:1") })));
    let import = "maybe PullImages ecr:BatchImportUpstreamImage ecr:CreateRepository on arn:aws:ecr:eu-west-1:111122223333:repository/docker-hub/library/nginx";
    assert!(lines(&needs.execution).contains(&import.to_owned()), "{:?}", lines(&needs.execution));
}

#[test]
fn on_fargate_the_runtime_agent_may_be_pulled_too() {
    let needs = needs_in(&empty(), &container(json!({ "image": "nginx" })), &Setting::on(Launch::Fargate));
    expect(
        &needs.execution,
        &[
            "maybe GetRegistryToken ecr:GetAuthorizationToken on *",
            "maybe PullImages ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer on arn:aws:ecr:eu-west-1:*:repository/aws-guardduty-agent-fargate",
        ],
    );
}

#[test]
fn a_secret_that_was_read_gives_its_arn_and_its_key() {
    let read = format!("ReadSecrets secretsmanager:GetSecretValue on {SECRET}");
    let decrypt =
        |keys: &str| format!("DecryptSecrets kms:Decrypt on {keys} if StringEquals kms:ViaService=secretsmanager.eu-west-1.amazonaws.com");
    let whole = SECRET.to_owned();
    let partial = SECRET.trim_end_matches("-AbCdEf").to_owned();
    for reference in
        [whole.clone(), format!("{whole}:user::"), format!("{whole}:::"), partial.clone(), format!("{partial}:user:AWSCURRENT:")]
    {
        let none = with_secret(SECRET, "shop/db", None);
        expect(&needs_in(&none, &reads(&reference), &Setting::on(Launch::Ec2)).execution, &[&read]);
    }
    for (key, expected) in [(KEY, Some(KEY)), ("0a1b", Some(KEY)), ("alias/aws/secretsmanager", None)] {
        let needs = needs_in(&with_secret(SECRET, "shop/db", Some(key)), &reads(&whole), &Setting::on(Launch::Ec2));
        let expected: Vec<String> = [read.clone()].into_iter().chain(expected.map(decrypt)).collect();
        expect(&needs.execution, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let aliased = needs_in(&with_secret(SECRET, "shop/db", Some("alias/shop")), &reads(&whole), &Setting::on(Launch::Ec2));
    expect(&aliased.execution, &[&read, &format!("maybe {}", decrypt("arn:aws:kms:eu-west-1:111122223333:key/*"))]);
    assert!(!aliased.gaps.is_empty());
}

#[test]
fn a_key_that_was_read_is_known_by_its_alias_and_by_whose_it_is() {
    let of = |manager: &str| {
        let mut snapshot = with_secret(SECRET, "shop/db", Some("alias/shop"));
        let key = Key { arn: KEY.into(), key_manager: Some(manager.into()), ..Default::default() };
        snapshot.keys.insert("alias/shop".into(), Reading::known(Time::from_millis(1), key));
        needs_in(&snapshot, &reads(SECRET), &Setting::on(Launch::Ec2)).execution
    };
    let read = format!("ReadSecrets secretsmanager:GetSecretValue on {SECRET}");
    let decrypt = format!("DecryptSecrets kms:Decrypt on {KEY} if StringEquals kms:ViaService=secretsmanager.eu-west-1.amazonaws.com");
    expect(&of("CUSTOMER"), &[&read, &decrypt]);
    expect(&of("AWS"), &[&read]);
}

#[test]
fn a_secret_that_was_not_read_is_what_its_reference_can_mean() {
    let key = |place: &str| {
        let (region, account) = place.split_once(':').unwrap();
        format!(
            "maybe DecryptSecrets kms:Decrypt on arn:aws:kms:{region}:{account}:key/* if StringEquals kms:ViaService=secretsmanager.{region}.amazonaws.com"
        )
    };
    // Whether `AbCdEf` is the suffix or the end of the name is open; `long-name` can only be a name.
    let foreign = "arn:aws:secretsmanager:us-east-1:444455556666:secret:db-AbCdEf";
    let read = "ReadSecrets secretsmanager:GetSecretValue on";
    let needs_of = |reference: &str| needs(&reads(reference));
    let one = needs_of(&format!("{foreign}:user::"));
    expect(
        &one.execution,
        &[&format!("maybe {read} {foreign}"), &format!("maybe {read} {foreign}-??????"), &key("us-east-1:444455556666")],
    );
    assert_eq!(one.gaps.iter().map(|gap| gap.call.as_str()).collect::<Vec<_>>(), ["secretsmanager:DescribeSecret"]);
    let partial = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:long-name";
    expect(&needs_of(partial).execution, &[&format!("{read} {partial}-??????"), &key("eu-west-1:111122223333")]);
}

#[test]
fn credentials_of_a_registry_are_a_secret_by_arn_or_by_name() {
    for credentials in [SECRET, "shop/db"] {
        let definition = container(json!({ "image": "quay.io/org/app", "repositoryCredentials": { "credentialsParameter": credentials } }));
        let needs = needs_in(&with_secret(SECRET, "shop/db", None), &definition, &Setting::on(Launch::Ec2));
        expect(&needs.execution, &[&format!("ReadSecrets secretsmanager:GetSecretValue on {SECRET}")]);
        assert_eq!(needs.execution[0].because, "/containerDefinitions/0/repositoryCredentials/credentialsParameter");
    }
}

#[test]
fn a_parameter_has_one_arn_however_it_is_written() {
    for (reference, name) in [
        ("plain", "plain"),
        ("/shop/db", "shop/db"),
        ("shop/db", "shop/db"),
        ("/shop/db:3", "shop/db"),
        ("/shop/db:prod", "shop/db"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/plain", "plain"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/shop/db", "shop/db"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/shop/db:3", "shop/db"),
    ] {
        let snapshot = with_parameter(if name == "plain" { "plain" } else { "/shop/db" }, "String", None);
        let needs = needs_in(&snapshot, &reads(reference), &Setting::on(Launch::Ec2));
        let arn = format!("ReadParameters ssm:GetParameters on arn:aws:ssm:eu-west-1:111122223333:parameter/{name}");
        expect(&needs.execution, &[&arn]);
    }
}

#[test]
fn a_parameter_of_another_region_is_read_there() {
    let needs = needs(&reads("arn:aws:ssm:us-east-1:111122223333:parameter/shop/db"));
    expect(
        &needs.execution,
        &[
            "ReadParameters ssm:GetParameters on arn:aws:ssm:us-east-1:111122223333:parameter/shop/db",
            "maybe DecryptSecrets kms:Decrypt on arn:aws:kms:us-east-1:111122223333:key/* if StringEquals kms:ViaService=ssm.us-east-1.amazonaws.com",
        ],
    );
}

#[test]
fn only_a_secure_parameter_with_a_key_of_the_customers_is_decrypted() {
    let read = "ReadParameters ssm:GetParameters on arn:aws:ssm:eu-west-1:111122223333:parameter/db";
    let decrypt = format!("DecryptSecrets kms:Decrypt on {KEY} if StringEquals kms:ViaService=ssm.eu-west-1.amazonaws.com");
    for (kind, key, decrypted) in [
        ("String", None, false),
        ("SecureString", Some("alias/aws/ssm"), false),
        ("SecureString", Some(KEY), true),
        ("SecureString", Some("0a1b"), true),
    ] {
        let needs = needs_in(&with_parameter("db", kind, key), &reads("db"), &Setting::on(Launch::Ec2));
        let expected: Vec<&str> = [read].into_iter().chain(decrypted.then_some(decrypt.as_str())).collect();
        expect(&needs.execution, &expected);
    }
}

#[test]
fn a_secret_through_parameter_store_needs_both() {
    for reference in [
        "/aws/reference/secretsmanager/shop/db",
        "/aws/reference/secretsmanager/shop/db:label",
        "arn:aws:ssm:eu-west-1:111122223333:parameter/aws/reference/secretsmanager/shop/db",
    ] {
        let needs = needs_in(&with_secret(SECRET, "shop/db", None), &reads(reference), &Setting::on(Launch::Ec2));
        expect(
            &needs.execution,
            &[
                "ReadParameters ssm:GetParameters on arn:aws:ssm:eu-west-1:111122223333:parameter/aws/reference/secretsmanager/shop/db",
                &format!("ReadSecrets secretsmanager:GetSecretValue on {SECRET}"),
            ],
        );
    }
}

#[test]
fn what_is_no_reference_is_a_problem_and_no_need() {
    for reference in
        [&format!("{SECRET}:user"), "arn:aws:s3:::bucket/key", "two words", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*"]
    {
        let needs = needs(&reads(reference));
        assert_eq!((needs.execution.len(), needs.problems.len()), (0, 1), "{reference}");
        assert_eq!(needs.problems[0].because, "/containerDefinitions/0/secrets/0/valueFrom");
    }
}

#[test]
fn a_secret_that_is_gone_is_still_asked_for() {
    let mut snapshot = empty();
    let partial = SECRET.trim_end_matches("-AbCdEf");
    snapshot.secrets.insert(partial.into(), Reading::absent(Time::from_millis(1)));
    let needs = needs_in(&snapshot, &reads(partial), &Setting::on(Launch::Ec2));
    expect(&needs.execution, &[&format!("ReadSecrets secretsmanager:GetSecretValue on {partial}-??????")]);
}
