use std::collections::BTreeSet;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{ClusterField, ServiceField, SortOrder, TaskDefinitionField};
use serde_json::json;
use wallwalk_standin::Estate;

use crate::{code, config, shop, start};

#[tokio::test]
async fn clusters_are_listed_and_described() {
    let standin = start(shop());
    let ecs = Client::new(&config(&standin));
    let arns = ecs.list_clusters().send().await.unwrap().cluster_arns.unwrap();
    assert_eq!(arns.len(), 2);
    let answer = ecs.describe_clusters().set_clusters(Some(arns)).clusters("nowhere").send().await.unwrap();
    let prod = &answer.clusters()[0];
    assert_eq!(prod.cluster_name(), Some("shop-prod"));
    assert!(prod.settings().is_empty() && prod.tags().is_empty() && prod.configuration().is_none(), "only what is asked for");
    assert_eq!(answer.failures()[0].reason(), Some("MISSING"));
    assert_eq!(answer.failures()[0].arn(), Some("arn:aws:ecs:eu-west-1:111122223333:cluster/nowhere"));

    let all = [ClusterField::Settings, ClusterField::Tags, ClusterField::Configurations];
    let answer = ecs.describe_clusters().clusters("shop-prod").set_include(Some(all.to_vec())).send().await.unwrap();
    let prod = &answer.clusters()[0];
    assert_eq!(prod.settings()[0].value(), Some("enhanced"));
    assert_eq!(prod.tags().len(), 2);
    assert!(prod.configuration().unwrap().execute_command_configuration().is_some());
}

#[tokio::test]
async fn services_come_in_pages_of_ten_unless_more_are_asked_for() {
    let standin = start(shop());
    let ecs = Client::new(&config(&standin));
    let first = ecs.list_services().cluster("shop-prod").send().await.unwrap();
    assert_eq!(first.service_arns().len(), 10);
    let token = first.next_token().unwrap();
    let second = ecs.list_services().cluster("shop-prod").next_token(token).send().await.unwrap();
    let both: BTreeSet<&String> = first.service_arns().iter().chain(second.service_arns()).collect();
    assert_eq!(both.len(), 12);
    assert_eq!(second.next_token(), None);
    assert_eq!(code(ecs.list_services().cluster("shop-prod").max_results(101).send().await), "InvalidParameterException");
    assert_eq!(code(ecs.list_services().cluster("nowhere").send().await), "ClusterNotFoundException");
    // A token belongs to the operation that gave it.
    assert_eq!(code(ecs.list_tasks().cluster("shop-prod").next_token(token).send().await), "InvalidParameterException");
}

#[tokio::test]
async fn at_most_ten_services_are_described_at_once() {
    let standin = start(shop());
    let ecs = Client::new(&config(&standin));
    let arns = ecs.list_services().cluster("shop-prod").max_results(100).send().await.unwrap().service_arns.unwrap();
    let describe = |ids: &[String]| ecs.describe_services().cluster("shop-prod").set_services(Some(ids.to_vec()));
    assert_eq!(code(describe(&arns[..11]).send().await), "InvalidParameterException");
    let answer = describe(&arns[..10]).send().await.unwrap();
    assert_eq!(answer.services().len(), 10);
    let storefront = describe(&["storefront".into()]).include(ServiceField::Tags).send().await.unwrap();
    let storefront = &storefront.services()[0];
    assert_eq!(storefront.deployments()[0].rollout_state().unwrap().as_str(), "COMPLETED");
    assert_eq!(storefront.tags().len(), 2);
    // 2023-02-21T09:00:12.721Z; the client reads it as a double.
    assert!((storefront.created_at().unwrap().as_secs_f64() - 1_676_970_012.721).abs() < 0.001);
    // A service of another cluster is missing in this one.
    let answer = describe(&["uptime-probe".into()]).send().await.unwrap();
    assert_eq!(answer.failures()[0].reason(), Some("MISSING"));
    assert!(answer.services().is_empty());
    let plain = describe(&["storefront".into()]).send().await.unwrap();
    assert!(plain.services()[0].tags().is_empty());
}

#[tokio::test]
async fn tasks_are_filtered_and_described() {
    let standin = start(shop());
    let ecs = Client::new(&config(&standin));
    let all = ecs.list_tasks().cluster("shop-prod").send().await.unwrap().task_arns.unwrap();
    let of_service = ecs.list_tasks().cluster("shop-prod").service_name("storefront").send().await.unwrap().task_arns.unwrap();
    assert_eq!(of_service.len(), 2);
    assert!(all.len() > of_service.len());
    assert!(ecs.list_tasks().cluster("shop-prod").desired_status("STOPPED".into()).send().await.unwrap().task_arns().is_empty());
    let answer = ecs.describe_tasks().cluster("shop-prod").set_tasks(Some(all.clone())).send().await.unwrap();
    assert_eq!(answer.tasks().len(), all.len());
    let many: Vec<String> = (0..101).map(|n| format!("{n:032x}")).collect();
    assert_eq!(
        code(ecs.describe_tasks().cluster("shop-prod").set_tasks(Some(many[..].to_vec())).send().await),
        "InvalidParameterException"
    );
    let answer = ecs.describe_tasks().cluster("shop-prod").set_tasks(Some(many[..100].to_vec())).send().await.unwrap();
    assert_eq!(answer.failures().len(), 100);
}

#[tokio::test]
async fn container_instances_and_capacity_providers_are_described() {
    let standin = start(shop());
    let ecs = Client::new(&config(&standin));
    let arns = ecs.list_container_instances().cluster("shop-prod").send().await.unwrap().container_instance_arns.unwrap();
    assert_eq!(arns.len(), 3);
    let answer = ecs.describe_container_instances().cluster("shop-prod").set_container_instances(Some(arns)).send().await.unwrap();
    assert!(answer.container_instances().iter().all(|one| one.ec2_instance_id().is_some()));
    let providers = ecs.describe_capacity_providers().send().await.unwrap();
    let names: Vec<&str> = providers.capacity_providers().iter().filter_map(|one| one.name()).collect();
    assert!(names.contains(&"FARGATE") && names.contains(&"shop-prod-media"), "{names:?}");
    assert_eq!(code(ecs.describe_capacity_providers().max_results(11).send().await), "InvalidParameterException");
}

/// Three families: `api` with revisions 9, 10 and 11 of which the last is inactive, `api-worker`, and
/// one that is inactive as a whole.
fn families() -> Estate {
    let mut estate = Estate::empty("aws", crate::ACCOUNT, crate::REGION);
    for (family, revision, status) in
        [("api", 9, "ACTIVE"), ("api", 10, "ACTIVE"), ("api", 11, "INACTIVE"), ("api-worker", 1, "ACTIVE"), ("old", 1, "INACTIVE")]
    {
        let arn = estate.arn("ecs", &format!("task-definition/{family}:{revision}"));
        let definition = json!({"taskDefinitionArn": arn, "family": family, "revision": revision, "status": status,
            "containerDefinitions": [{"name": "app", "dockerLabels": {"createdAt": "2026-01-01T00:00:00Z"}}]});
        let tags = json!([{"key": "Team", "value": "api"}]);
        estate.add("definition", json!({"taskDefinition": definition, "tags": tags})).unwrap();
    }
    estate
}

#[tokio::test]
async fn the_latest_revision_is_the_latest_active_one() {
    let standin = start(families());
    let ecs = Client::new(&config(&standin));
    let active = ecs.list_task_definition_families().status("ACTIVE".into()).send().await.unwrap().families.unwrap();
    assert_eq!(active, ["api", "api-worker"]);
    assert_eq!(ecs.list_task_definition_families().send().await.unwrap().families().len(), 3);
    let latest = ecs.list_task_definitions().family_prefix("api").sort(SortOrder::Desc).max_results(1).send().await.unwrap();
    assert_eq!(latest.task_definition_arns(), ["arn:aws:ecs:eu-west-1:111122223333:task-definition/api:10"]);
    let next =
        ecs.list_task_definitions().family_prefix("api").sort(SortOrder::Desc).max_results(1).next_token(latest.next_token().unwrap());
    assert_eq!(next.send().await.unwrap().task_definition_arns(), ["arn:aws:ecs:eu-west-1:111122223333:task-definition/api:9"]);
    let answer = ecs.describe_task_definition().task_definition("api").include(TaskDefinitionField::Tags).send().await.unwrap();
    let definition = answer.task_definition().unwrap();
    assert_eq!((definition.revision(), answer.tags().len()), (10, 1));
    let label = &definition.container_definitions()[0].docker_labels().unwrap()["createdAt"];
    assert_eq!(label, "2026-01-01T00:00:00Z", "a label is no time");
    assert_eq!(ecs.describe_task_definition().task_definition("api:11").send().await.unwrap().task_definition().unwrap().revision(), 11);
    assert_eq!(code(ecs.describe_task_definition().task_definition("api:12").send().await), "ClientException");
    assert_eq!(code(ecs.describe_task_definition().task_definition("old").send().await), "ClientException");
}
