use std::collections::BTreeSet;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::EntityType;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use wallwalk_standin::{Estate, Options, Standin};

use crate::{code, config, shop, start};

fn document(encoded: &str) -> Value {
    serde_json::from_str(&percent_decode_str(encoded).decode_utf8().unwrap()).unwrap()
}

#[tokio::test]
async fn the_walk_gives_roles_and_policies_with_encoded_documents() {
    let estate = shop();
    let standin = start(estate.clone());
    let iam = Client::new(&config(&standin));
    let kinds = [EntityType::Role, EntityType::LocalManagedPolicy, EntityType::AwsManagedPolicy];
    // Three on a page, so that one page holds the last roles and the first policies.
    for most in [3, 7, 1000] {
        let (mut roles, mut policies, mut marker) = (Vec::new(), Vec::new(), None);
        loop {
            let request = iam.get_account_authorization_details().set_filter(Some(kinds.to_vec())).max_items(most).set_marker(marker);
            let page = request.send().await.unwrap();
            assert!(page.role_detail_list().len() + page.policies().len() <= usize::try_from(most).unwrap());
            roles.extend_from_slice(page.role_detail_list());
            policies.extend_from_slice(page.policies());
            assert_eq!(page.is_truncated(), page.marker().is_some());
            marker = page.marker().map(str::to_owned);
            if marker.is_none() {
                break;
            }
        }
        assert_eq!((roles.len(), policies.len()), (estate.roles.len(), estate.policies.len()), "{most} on a page");
        for role in &roles {
            let printed = &estate.roles[role.role_name().unwrap()];
            assert_eq!(document(role.assume_role_policy_document().unwrap()), printed["AssumeRolePolicyDocument"]);
            for (policy, printed) in role.role_policy_list().iter().zip(printed["RolePolicyList"].as_array().unwrap()) {
                assert_eq!(document(policy.policy_document().unwrap()), printed["PolicyDocument"]);
            }
            assert_eq!(role.attached_managed_policies().len(), printed["AttachedManagedPolicies"].as_array().unwrap().len());
            assert_eq!(role.instance_profile_list().len(), printed["InstanceProfileList"].as_array().unwrap().len());
        }
        assert!(policies.iter().all(|policy| document(policy.policy_version_list()[0].document().unwrap()).is_object()));
    }
}

#[tokio::test]
async fn the_walk_gives_users_groups_roles_and_policies_each_once_whatever_the_page() {
    let mut estate = Estate::generated(3, 1);
    for n in 0..5 {
        estate.users.insert(
            format!("user-{n}"),
            json!({"UserName": format!("user-{n}"), "Arn": format!("arn:aws:iam::111122223333:user/user-{n}"), "GroupList": ["operators"]}),
        );
    }
    let expected = (estate.users.len(), estate.groups.len(), estate.roles.len(), estate.policies.len());
    let standin = start(estate);
    let iam = Client::new(&config(&standin));
    for most in 1..15 {
        let (mut users, mut groups, mut roles, mut policies, mut marker) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), 0, None);
        loop {
            let page = iam.get_account_authorization_details().max_items(most).set_marker(marker).send().await.unwrap();
            let lists = (page.user_detail_list(), page.group_detail_list(), page.role_detail_list(), page.policies());
            assert!(lists.0.len() + lists.1.len() + lists.2.len() + lists.3.len() <= usize::try_from(most).unwrap());
            users.extend(lists.0.iter().map(|user| (user.user_name().unwrap().to_owned(), user.group_list().join(","))));
            groups.extend(lists.1.iter().map(|group| group.group_name().unwrap().to_owned()));
            roles.extend(lists.2.iter().map(|role| role.role_name().unwrap().to_owned()));
            policies += lists.3.len();
            marker = page.marker().map(str::to_owned);
            if marker.is_none() {
                break;
            }
        }
        assert_eq!((users.len(), groups.len(), roles.len(), policies), expected, "{most} on a page");
        assert!(users.contains(&("user-0".to_owned(), "operators".to_owned())));
    }
}

#[tokio::test]
async fn versions_are_listed_without_their_texts_and_use_is_reported() {
    let mut estate = shop();
    let policy = estate.policies.get_mut("arn:aws:iam::111122223333:policy/shop-deploy").unwrap();
    policy["PolicyVersionList"].as_array_mut().unwrap().push(json!({"VersionId": "v1", "IsDefaultVersion": false, "Document": {}}));
    let used = json!([{"ServiceName": "S3", "ServiceNamespace": "s3", "LastAuthenticated": "2026-11-01T00:00:00Z", "TotalAuthenticatedEntities": 1}]);
    estate.add("used", json!({"RoleName": "shop-email", "ServicesLastAccessed": used})).unwrap();
    let standin = start(estate);
    let iam = Client::new(&config(&standin));
    let versions = iam.list_policy_versions().policy_arn("arn:aws:iam::111122223333:policy/shop-deploy").send().await.unwrap();
    assert_eq!(versions.versions().len(), 2);
    assert!(versions.versions().iter().all(|version| version.document().is_none()));
    let job = iam.generate_service_last_accessed_details().arn("arn:aws:iam::111122223333:role/shop-email").send().await.unwrap();
    let report = iam.get_service_last_accessed_details().job_id(job.job_id().unwrap()).send().await.unwrap();
    assert_eq!((report.job_status().as_str(), report.services_last_accessed()[0].service_namespace()), ("COMPLETED", "s3"));
    assert!(report.services_last_accessed()[0].last_authenticated().is_some());
    assert_eq!(code(iam.generate_service_last_accessed_details().arn("arn:aws:iam::111122223333:role/none").send().await), "NoSuchEntity");
    assert_eq!(code(iam.get_service_last_accessed_details().job_id("none").send().await), "NoSuchEntity");
}

#[tokio::test]
async fn the_walk_honours_its_filter_and_its_page_limit() {
    let standin = start(shop());
    let iam = Client::new(&config(&standin));
    let only = iam.get_account_authorization_details().filter(EntityType::LocalManagedPolicy).send().await.unwrap();
    assert!(only.role_detail_list().is_empty());
    assert!(only.policies().iter().all(|policy| policy.arn().unwrap().contains("111122223333")));
    assert_eq!(code(iam.get_account_authorization_details().max_items(1001).send().await), "ValidationError");
    assert_eq!(code(iam.get_account_authorization_details().marker("made up").send().await), "ValidationError");
}

#[tokio::test]
async fn one_role_is_read_part_by_part() {
    let estate = shop();
    let standin = start(estate.clone());
    let iam = Client::new(&config(&standin));
    let (name, printed) = estate.roles.iter().find(|(_, role)| !role["InstanceProfileList"].as_array().unwrap().is_empty()).unwrap();
    let role = iam.get_role().role_name(name).send().await.unwrap().role.unwrap();
    assert_eq!(document(role.assume_role_policy_document().unwrap()), printed["AssumeRolePolicyDocument"]);
    let profiles = iam.list_instance_profiles_for_role().role_name(name).send().await.unwrap();
    let profile = profiles.instance_profiles()[0].instance_profile_name();
    let profile = iam.get_instance_profile().instance_profile_name(profile).send().await.unwrap().instance_profile.unwrap();
    assert_eq!(profile.roles()[0].role_name(), name);
    let execution = "ecsTaskExecutionRole";
    let inline = iam.list_role_policies().role_name(execution).send().await.unwrap();
    let policy = iam.get_role_policy().role_name(execution).policy_name(&inline.policy_names()[0]).send().await.unwrap();
    assert_eq!(document(policy.policy_document()), estate.roles[execution]["RolePolicyList"][0]["PolicyDocument"]);
    let attached = iam.list_attached_role_policies().role_name(execution).send().await.unwrap();
    let arn = attached.attached_policies()[0].policy_arn().unwrap();
    let managed = iam.get_policy().policy_arn(arn).send().await.unwrap().policy.unwrap();
    let version = iam.get_policy_version().policy_arn(arn).version_id(managed.default_version_id().unwrap()).send().await.unwrap();
    assert!(document(version.policy_version().unwrap().document().unwrap())["Statement"].is_array());
    assert_eq!(code(iam.get_role().role_name("nobody").send().await), "NoSuchEntity");
    assert_eq!(code(iam.get_role_policy().role_name(execution).policy_name("none").send().await), "NoSuchEntity");
    assert_eq!(code(iam.get_policy().policy_arn("arn:aws:iam::111122223333:policy/none").send().await), "NoSuchEntity");
}

#[tokio::test]
async fn a_caller_is_known_by_the_key_and_roles_lead_to_other_accounts() {
    let standin = start(shop());
    let sts = aws_sdk_sts::Client::new(&config(&standin));
    assert_eq!(sts.get_caller_identity().send().await.unwrap().account(), Some(crate::ACCOUNT));
    let assumed = sts.assume_role().role_arn("arn:aws:iam::444455556666:role/path/scan").role_session_name("s1").send().await.unwrap();
    let keys = assumed.credentials().unwrap();
    let there = crate::config_with(&standin.url(), keys.access_key_id(), Some(keys.session_token()), crate::REGION);
    let identity = aws_sdk_sts::Client::new(&there).get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), Some("arn:aws:sts::444455556666:assumed-role/scan/s1"));
    // Nothing stands in that account.
    assert!(aws_sdk_ecs::Client::new(&there).list_clusters().send().await.unwrap().cluster_arns().is_empty());
    let stolen = crate::config_with(&standin.url(), keys.access_key_id(), Some("another"), crate::REGION);
    assert_eq!(code(aws_sdk_sts::Client::new(&stolen).get_caller_identity().send().await), "InvalidClientTokenId");
    let options = Options { keys: [("other".to_owned(), "777788889999".to_owned())].into(), ..Options::default() };
    let second = Standin::start(shop(), options).unwrap();
    let other = aws_sdk_sts::Client::new(&crate::config_with(&second.url(), "other", None, crate::REGION));
    assert_eq!(other.get_caller_identity().send().await.unwrap().account(), Some("777788889999"));
    assert_eq!(code(sts.assume_role().role_arn("scan").role_session_name("s1").send().await), "ValidationError");
}
