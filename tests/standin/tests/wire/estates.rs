//! Estates: made of documents, made up, changed while they are served.

use std::collections::BTreeSet;

use serde_json::json;
use wallwalk_standin::{Estate, EstateError};

use crate::{config, shop, start};

#[test]
fn documents_that_are_not_understood_are_named() {
    let of = |text: &str| Estate::from_documents(&[("a.json", text)]);
    assert!(matches!(of("{"), Err(EstateError::NotJson { .. })));
    assert!(matches!(of("{\"colours\": []}"), Err(EstateError::Unknown { file }) if file == "a.json"));
    assert!(matches!(of("{\"clusters\": [{}]}"), Err(EstateError::NoId { id: "clusterArn", .. })));
    assert!(of("{\"clusters\": []}").unwrap().clusters.is_empty());
}

#[test]
fn a_generated_estate_is_the_same_for_the_same_seed_and_refers_to_what_it_holds() {
    let estate = Estate::generated(1200, 7);
    assert_eq!(estate, Estate::generated(1200, 7));
    assert_ne!(estate, Estate::generated(1200, 8));
    assert_eq!((estate.services.len(), estate.tasks.len(), estate.clusters.len()), (1200, 1200, 2));
    let definitions: BTreeSet<&str> =
        estate.task_definitions.values().map(|one| one["taskDefinition"]["taskDefinitionArn"].as_str().unwrap()).collect();
    for service in estate.services.values() {
        assert!(definitions.contains(service["taskDefinition"].as_str().unwrap()));
        let place = &service["networkConfiguration"]["awsvpcConfiguration"];
        assert!(estate.security_groups.contains_key(place["securityGroups"][0].as_str().unwrap()));
        assert!(estate.subnets.contains_key(place["subnets"][0].as_str().unwrap()));
        for balancer in service["loadBalancers"].as_array().unwrap() {
            assert!(estate.target_groups.contains_key(balancer["targetGroupArn"].as_str().unwrap()));
        }
    }
    for task in estate.tasks.values() {
        let details = task["attachments"][0]["details"].as_array().unwrap();
        let eni = details.iter().find(|one| one["name"] == "networkInterfaceId").unwrap()["value"].as_str().unwrap();
        assert!(estate.network_interfaces.contains_key(eni));
        if task["launchType"] == "EC2" {
            let host = &estate.container_instances[task["containerInstanceArn"].as_str().unwrap()];
            assert!(estate.instances.contains_key(host["ec2InstanceId"].as_str().unwrap()));
        }
    }
    for definition in estate.task_definitions.values() {
        let container = &definition["taskDefinition"]["containerDefinitions"][0];
        let role = definition["taskDefinition"]["taskRoleArn"].as_str().unwrap().rsplit('/').next().unwrap();
        assert!(estate.roles.contains_key(role));
        for secret in container["secrets"].as_array().unwrap() {
            let from = secret["valueFrom"].as_str().unwrap();
            let parameter = from.split_once(":parameter").map(|(_, name)| name);
            assert!(parameter.map_or_else(|| estate.secrets.contains_key(from), |name| estate.parameters.contains_key(name)), "{from}");
        }
        let repository = container["image"].as_str().unwrap().split_once('/').unwrap().1.rsplit_once(':').unwrap().0.to_owned();
        assert!(estate.repositories.contains_key(&repository));
    }
    let open = estate.security_group_rules.values().filter(|rule| rule["IsEgress"] == false && rule["CidrIpv4"] == "0.0.0.0/0").count();
    assert!((10..100).contains(&open), "{open} of 1200 stand open");
}

#[tokio::test]
async fn an_edit_is_seen_by_the_next_call() {
    let standin = start(shop());
    let ecs = aws_sdk_ecs::Client::new(&config(&standin));
    standin.edit(|estate| estate.clusters.clear());
    assert!(ecs.list_clusters().send().await.unwrap().cluster_arns().is_empty());
    assert_eq!(standin.calls(), [("ecs:ListClusters".to_owned(), 1)].into());
    standin.reset_calls();
    assert!(standin.calls().is_empty());
    let mut other = Estate::empty("aws", crate::ACCOUNT, "eu-central-1");
    other.add("a", json!({"clusters": [{"clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/there"}]})).unwrap();
    standin.add(other);
    let there = aws_sdk_ecs::Client::new(&crate::config_with(&standin.url(), "standin", None, "eu-central-1"));
    assert_eq!(there.list_clusters().send().await.unwrap().cluster_arns().len(), 1);
}

/// Ten thousand services are read through to the end, each page from where the last one ended.
#[tokio::test]
async fn ten_thousand_services_are_listed_page_by_page() {
    let standin = start(Estate::generated(10_000, 3));
    let ecs = aws_sdk_ecs::Client::new(&config(&standin));
    let mut read = BTreeSet::new();
    for cluster in ecs.list_clusters().send().await.unwrap().cluster_arns() {
        let mut pages = ecs.list_services().cluster(cluster).max_results(100).into_paginator().send();
        while let Some(page) = pages.next().await {
            read.extend(page.unwrap().service_arns.unwrap());
        }
    }
    assert_eq!(read.len(), 10_000);
    assert_eq!(standin.calls()["ecs:ListServices"], 100);
}

#[test]
fn the_operations_are_those_that_the_scanner_may_call() {
    let expected: Vec<String> = wallwalk_model::evidence::iam_actions().into_iter().collect();
    assert_eq!(wallwalk_standin::operations(), expected);
}
