//! Load balancers, secrets, parameters, repositories.

use aws_sdk_ssm::types::ParameterStringFilter;
use wallwalk_standin::Estate;

use crate::{code, config, shop, start};

#[tokio::test]
async fn load_balancers_listeners_and_target_groups() {
    let estate = shop();
    let standin = start(estate.clone());
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&config(&standin));
    let balancers = elb.describe_load_balancers().page_size(400).send().await.unwrap();
    assert_eq!(balancers.load_balancers().len(), 3);
    let mut listeners = 0;
    for balancer in balancers.load_balancers() {
        assert!(!balancer.security_groups().is_empty() && balancer.created_time().is_some() && balancer.dns_name().is_some());
        let answer = elb.describe_listeners().load_balancer_arn(balancer.load_balancer_arn().unwrap()).send().await.unwrap();
        assert!(answer.listeners().iter().all(|one| !one.default_actions().is_empty()));
        listeners += answer.listeners().len();
    }
    assert_eq!(listeners, estate.listeners.len());
    let first = elb.describe_target_groups().page_size(1).send().await.unwrap();
    assert_eq!(first.target_groups().len(), 1);
    let rest = elb.describe_target_groups().marker(first.next_marker().unwrap()).send().await.unwrap();
    assert_eq!(rest.target_groups().len(), estate.target_groups.len() - 1);
    assert_eq!(code(elb.describe_load_balancers().page_size(401).send().await), "ValidationError");
    assert_eq!(code(elb.describe_listeners().load_balancer_arn("arn:none").send().await), "LoadBalancerNotFound");
    assert_eq!(code(elb.describe_target_groups().names("none").send().await), "TargetGroupNotFound");
}

#[tokio::test]
async fn a_secret_is_found_by_arn_partial_arn_and_name() {
    let standin = start(shop());
    let secrets = aws_sdk_secretsmanager::Client::new(&config(&standin));
    let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/payments/psp-api-key-IJifX6";
    for id in [arn, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/payments/psp-api-key", "shop/payments/psp-api-key"] {
        let secret = secrets.describe_secret().secret_id(id).send().await.unwrap();
        assert_eq!(secret.arn(), Some(arn));
        assert_eq!(secret.rotation_enabled(), Some(true));
        assert!(secret.last_changed_date().is_some() && !secret.version_ids_to_stages().unwrap().is_empty());
    }
    let versions = secrets.list_secret_version_ids().secret_id(arn).max_results(1).send().await.unwrap();
    assert_eq!((versions.versions().len(), versions.next_token().is_some()), (1, true));
    assert!(versions.versions()[0].created_date().is_some());
    let policy = secrets.get_resource_policy().secret_id(arn).send().await.unwrap();
    assert!(policy.resource_policy().unwrap().contains("OnlyPayments"));
    assert_eq!(secrets.get_resource_policy().secret_id("shop/orders/database").send().await.unwrap().resource_policy(), None);
    assert_eq!(code(secrets.describe_secret().secret_id("shop/none").send().await), "ResourceNotFoundException");
    assert_eq!(code(secrets.list_secret_version_ids().secret_id(arn).max_results(101).send().await), "InvalidParameterException");
    assert_eq!(standin.unknown(), Vec::<String>::new());
    // There is no value to be had, and whoever asks for one is found out.
    assert_eq!(code(secrets.get_secret_value().secret_id(arn).send().await), "UnknownOperationException");
    assert_eq!(standin.unknown(), ["secretsmanager:GetSecretValue"]);
}

#[tokio::test]
async fn secrets_are_listed_page_by_page_and_those_to_be_deleted_on_request() {
    let mut estate = Estate::generated(300, 1);
    let doomed = estate.secrets.keys().next().unwrap().clone();
    estate.secrets.get_mut(&doomed).unwrap()["DeletedDate"] = serde_json::json!("2026-11-24T00:00:00Z");
    let standin = start(estate);
    let secrets = aws_sdk_secretsmanager::Client::new(&config(&standin));
    let first = secrets.list_secrets().include_planned_deletion(true).send().await.unwrap();
    assert_eq!(first.secret_list().len(), 100);
    assert!(first.secret_list().iter().all(|one| one.arn().is_some() && !one.secret_versions_to_stages().unwrap().is_empty()));
    assert_eq!(first.secret_list()[0].arn(), Some(doomed.as_str()));
    let token = first.next_token().unwrap();
    let second = secrets.list_secrets().include_planned_deletion(true).next_token(token).send().await.unwrap();
    assert_eq!((second.secret_list().len(), second.next_token()), (50, None));
    let without = secrets.list_secrets().max_results(1).send().await.unwrap();
    assert_ne!(without.secret_list()[0].arn(), Some(doomed.as_str()));
    assert_eq!(code(secrets.list_secrets().max_results(101).send().await), "InvalidParameterException");
    assert_eq!(code(secrets.list_secrets().next_token("made up").send().await), "InvalidNextTokenException");
}

#[tokio::test]
async fn keys_are_described_by_any_name_and_policies_by_no_alias() {
    let mut estate = shop();
    let arn = estate.arn("kms", "key/0a1b");
    estate
        .add("key", serde_json::json!({"KeyMetadata": {"KeyId": "0a1b", "Arn": arn, "KeyManager": "CUSTOMER", "KeyState": "Enabled"}}))
        .unwrap();
    estate.add("alias", serde_json::json!({"Aliases": [{"AliasName": "alias/shop", "AliasArn": estate.arn("kms", "alias/shop"), "TargetKeyId": "0a1b"}]})).unwrap();
    let standin = start(estate);
    let kms = aws_sdk_kms::Client::new(&config(&standin));
    for id in [arn.as_str(), "0a1b", "alias/shop", "arn:aws:kms:eu-west-1:111122223333:alias/shop"] {
        let key = kms.describe_key().key_id(id).send().await.unwrap().key_metadata.unwrap();
        assert_eq!((key.arn(), key.key_manager().unwrap().as_str()), (Some(arn.as_str()), "CUSTOMER"));
    }
    // The default key policy, as long as the estate holds no other.
    assert!(kms.get_key_policy().key_id("0a1b").send().await.unwrap().policy().unwrap().contains(":iam::111122223333:root"));
    standin.edit(|estate| estate.add("policy", serde_json::json!({"KeyId": estate.arn("kms", "key/0a1b"), "Policy": "{}"})).unwrap());
    assert_eq!(kms.get_key_policy().key_id("0a1b").send().await.unwrap().policy(), Some("{}"));
    for wrong in ["alias/shop", "alias/none", "0c2d"] {
        assert_eq!(code(kms.get_key_policy().key_id(wrong).send().await), "NotFoundException");
    }
    assert_eq!(code(kms.describe_key().key_id("alias/none").send().await), "NotFoundException");
    assert_eq!(
        code(kms.decrypt().key_id("0a1b").ciphertext_blob(aws_smithy_types::Blob::new("x")).send().await),
        "UnknownOperationException"
    );
}

fn name_is(values: &[&str]) -> ParameterStringFilter {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    ParameterStringFilter::builder().key("Name").option("Equals").set_values(Some(values)).build().unwrap()
}

#[tokio::test]
async fn parameters_are_filtered_by_name() {
    let standin = start(shop());
    let ssm = aws_sdk_ssm::Client::new(&config(&standin));
    let found = ssm.describe_parameters().parameter_filters(name_is(&["/shop/catalog/db-password", "/shop/none"])).send().await.unwrap();
    assert_eq!(found.parameters().len(), 1);
    assert_eq!(found.parameters()[0].r#type().unwrap().as_str(), "String");
    assert!(found.parameters()[0].last_modified_date().is_some());
    let many: Vec<String> = (0..51).map(|n| format!("/p{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(code(ssm.describe_parameters().parameter_filters(name_is(&many)).send().await), "InvalidFilterValue");
    assert_eq!(code(ssm.describe_parameters().max_results(51).send().await), "ValidationException");
    let unknown = ParameterStringFilter::builder().key("Colour").values("red").build().unwrap();
    assert_eq!(code(ssm.describe_parameters().parameter_filters(unknown).send().await), "InvalidFilterKey");
}

#[tokio::test]
async fn parameters_come_in_pages_of_ten_unless_more_are_asked_for() {
    let standin = start(Estate::generated(100, 1));
    let ssm = aws_sdk_ssm::Client::new(&config(&standin));
    let first = ssm.describe_parameters().send().await.unwrap();
    assert_eq!(first.parameters().len(), 10);
    let second = ssm.describe_parameters().max_results(50).next_token(first.next_token().unwrap()).send().await.unwrap();
    assert_eq!((second.parameters().len(), second.next_token()), (10, None));
}

#[tokio::test]
async fn repositories_by_page_or_by_name() {
    let estate = shop();
    let standin = start(estate.clone());
    let ecr = aws_sdk_ecr::Client::new(&config(&standin));
    let all = ecr.describe_repositories().max_results(1000).send().await.unwrap();
    assert_eq!(all.repositories().len(), estate.repositories.len());
    assert!(all.repositories().iter().all(|one| one.created_at().is_some() && one.encryption_configuration().is_some()));
    assert_eq!(code(ecr.describe_repositories().repository_names("shop/email").max_results(5).send().await), "InvalidParameterException");
    // One name that is not there fails the call.
    let names = ecr.describe_repositories().repository_names("shop/email").repository_names("none").send().await;
    assert_eq!(code(names), "RepositoryNotFoundException");
    let policy = ecr.get_repository_policy().repository_name("shop/email").send().await.unwrap();
    assert!(policy.policy_text().unwrap().contains("OwnAccount"));
    standin.edit(|estate| drop(estate.repository_policies.remove("shop/email")));
    assert_eq!(code(ecr.get_repository_policy().repository_name("shop/email").send().await), "RepositoryPolicyNotFoundException");
}
