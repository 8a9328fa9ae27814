use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Filter;

use crate::{code, config, shop, start};

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

#[tokio::test]
async fn every_listing_is_parsed_to_its_last_object() {
    let estate = shop();
    let standin = start(estate.clone());
    let ec2 = Client::new(&config(&standin));
    let groups = ec2.describe_security_groups().max_results(1000).send().await.unwrap();
    assert_eq!(groups.security_groups().len(), estate.security_groups.len());
    assert!(groups.security_groups().iter().all(|one| one.description().is_some() && one.vpc_id().is_some()));
    let pair = groups.security_groups().iter().flat_map(|one| one.ip_permissions()).flat_map(|one| one.user_id_group_pairs());
    assert!(pair.count() > 0);
    let rules = ec2.describe_security_group_rules().max_results(1000).send().await.unwrap();
    assert_eq!(rules.security_group_rules().len(), estate.security_group_rules.len());
    assert!(rules.security_group_rules().iter().any(|one| one.referenced_group_info().is_some() && one.is_egress() == Some(false)));
    let interfaces = ec2.describe_network_interfaces().max_results(1000).send().await.unwrap();
    assert_eq!(interfaces.network_interfaces().len(), estate.network_interfaces.len());
    assert!(interfaces.network_interfaces().iter().any(|one| one.association().and_then(|one| one.public_ip()).is_some()));
    for interface in interfaces.network_interfaces() {
        let printed = &estate.network_interfaces[interface.network_interface_id().unwrap()];
        assert_eq!(interface.groups().len(), printed["Groups"].as_array().unwrap().len());
        assert_eq!(interface.private_ip_addresses().len(), printed["PrivateIpAddresses"].as_array().unwrap().len());
    }
    let subnets = ec2.describe_subnets().send().await.unwrap();
    assert_eq!(subnets.subnets().len(), estate.subnets.len());
    assert!(subnets.subnets().iter().all(|one| !one.tags().is_empty()));
    let vpcs = ec2.describe_vpcs().send().await.unwrap();
    assert_eq!(vpcs.vpcs()[0].cidr_block_association_set()[0].cidr_block(), Some("10.20.0.0/16"));
    let tables = ec2.describe_route_tables().send().await.unwrap();
    assert_eq!(tables.route_tables().len(), estate.route_tables.len());
    assert!(tables.route_tables().iter().any(|one| one.associations().iter().any(|one| one.main() == Some(true))));
    assert!(tables.route_tables().iter().flat_map(|one| one.routes()).any(|one| one.destination_prefix_list_id().is_some()));
    let acls = ec2.describe_network_acls().send().await.unwrap();
    assert_eq!(acls.network_acls().len(), estate.network_acls.len());
    assert!(
        acls.network_acls().iter().all(|one| one.is_default().is_some() && !one.entries().is_empty() && !one.associations().is_empty())
    );
    let endpoints = ec2.describe_vpc_endpoints().send().await.unwrap();
    assert_eq!(endpoints.vpc_endpoints().len(), estate.vpc_endpoints.len());
    assert!(endpoints.vpc_endpoints().iter().any(|one| !one.route_table_ids().is_empty()));
    assert!(endpoints.vpc_endpoints().iter().any(|one| !one.groups().is_empty() && !one.subnet_ids().is_empty()));
}

#[tokio::test]
async fn instances_carry_what_hosts_are_judged_by() {
    let estate = shop();
    let standin = start(estate.clone());
    let ec2 = Client::new(&config(&standin));
    let answer = ec2.describe_instances().max_results(1000).send().await.unwrap();
    let instances: Vec<_> = answer.reservations().iter().flat_map(|one| one.instances()).collect();
    assert_eq!(instances.len(), estate.instances.len());
    for instance in instances {
        assert!(instance.metadata_options().unwrap().http_tokens().is_some());
        assert!(instance.iam_instance_profile().unwrap().arn().is_some());
        assert_eq!(instance.state().unwrap().name().unwrap().as_str(), "running");
        assert!(!instance.security_groups().is_empty() && !instance.network_interfaces().is_empty());
        let printed = &estate.instances[instance.instance_id().unwrap()];
        assert_eq!(instance.public_ip_address(), printed["PublicIpAddress"].as_str());
        assert!(instance.launch_time().is_some());
    }
}

#[tokio::test]
async fn pages_are_between_five_and_a_thousand() {
    let standin = start(shop());
    let ec2 = Client::new(&config(&standin));
    assert_eq!(code(ec2.describe_security_groups().max_results(4).send().await), "InvalidParameterValue");
    assert_eq!(code(ec2.describe_security_groups().max_results(1001).send().await), "InvalidParameterValue");
    assert_eq!(code(ec2.describe_route_tables().max_results(101).send().await), "InvalidParameterValue");
    assert_eq!(code(ec2.describe_managed_prefix_lists().max_results(101).send().await), "InvalidParameterValue");
    let all = ec2.describe_network_interfaces().send().await.unwrap().network_interfaces.unwrap().len();
    let mut pages = ec2.describe_network_interfaces().max_results(5).into_paginator().send();
    let (mut read, mut count) = (0, 0);
    while let Some(page) = pages.next().await {
        read += page.unwrap().network_interfaces().len();
        count += 1;
    }
    assert_eq!((read, count), (all, all.div_ceil(5)));
    assert_eq!(code(ec2.describe_subnets().next_token("made up").send().await), "InvalidParameterValue");
}

#[tokio::test]
async fn filters_match_the_member_that_they_name() {
    let estate = shop();
    let standin = start(estate.clone());
    let ec2 = Client::new(&config(&standin));
    let group = estate.security_group_rules.values().next().unwrap()["GroupId"].as_str().unwrap().to_owned();
    let rules = ec2.describe_security_group_rules().filters(filter("group-id", &group)).send().await.unwrap();
    let expected = estate.security_group_rules.values().filter(|rule| rule["GroupId"] == group.as_str()).count();
    assert_eq!(rules.security_group_rules().len(), expected);
    assert!(expected < estate.security_group_rules.len());
    // The group itself, not those that refer to it.
    let groups = ec2.describe_security_groups().filters(filter("group-id", &group)).send().await.unwrap();
    assert_eq!(groups.security_groups().len(), 1);
    let interfaces = ec2.describe_network_interfaces().filters(filter("group-id", &group)).send().await.unwrap();
    assert!(interfaces.network_interfaces().iter().all(|one| one.groups().iter().any(|one| one.group_id() == Some(&group))));
    let named = ec2.describe_subnets().filters(filter("tag:Name", "shop-public-*")).send().await.unwrap();
    assert!(!named.subnets().is_empty() && named.subnets().len() < estate.subnets.len());
    assert_eq!(code(ec2.describe_subnets().filters(filter("colour", "red")).send().await), "InvalidParameterValue");
}

#[tokio::test]
async fn an_id_that_is_not_there_is_refused() {
    let standin = start(shop());
    let ec2 = Client::new(&config(&standin));
    assert_eq!(code(ec2.describe_security_groups().group_ids("sg-0").send().await), "InvalidGroup.NotFound");
    assert_eq!(
        code(ec2.describe_security_group_rules().security_group_rule_ids("sgr-0").send().await),
        "InvalidSecurityGroupRuleId.NotFound"
    );
    assert_eq!(code(ec2.describe_instances().instance_ids("i-0").send().await), "InvalidInstanceID.NotFound");
    let both = ec2.describe_instances().instance_ids("i-0").max_results(5).send().await;
    assert_eq!(code(both), "InvalidParameterCombination");
}

#[tokio::test]
async fn prefix_lists_and_their_entries() {
    let standin = start(shop());
    let ec2 = Client::new(&config(&standin));
    let lists = ec2.describe_managed_prefix_lists().max_results(100).send().await.unwrap();
    assert_eq!(lists.prefix_lists().len(), 2);
    let entries = ec2.get_managed_prefix_list_entries().prefix_list_id("pl-6da54004").max_results(5).send().await.unwrap();
    assert_eq!(entries.entries().len(), 5);
    let rest = ec2.get_managed_prefix_list_entries().prefix_list_id("pl-6da54004").max_results(5).next_token(entries.next_token().unwrap());
    assert_eq!(rest.send().await.unwrap().entries().len(), 1);
    assert_eq!(code(ec2.get_managed_prefix_list_entries().prefix_list_id("pl-0").send().await), "InvalidPrefixListID.NotFound");
}

#[tokio::test]
async fn hostile_names_come_through_as_they_are() {
    let hostile = "a \"quoted\" <tag> & 'more'\n\ttab ünï 2026-11-23T14:02:00+01:00";
    let standin = start(shop());
    let group = shop().security_groups.keys().next().unwrap().clone();
    standin.edit(|estate| {
        let group = estate.security_groups.get_mut(&group).unwrap();
        group["Description"] = hostile.into();
        group["Tags"] =
            serde_json::json!([{"Key": "Date", "Value": "2026-11-23T14:02:00+01:00"}, {"Key": hostile, "Value": "x".repeat(500)}]);
    });
    let ec2 = Client::new(&config(&standin));
    let read = ec2.describe_security_groups().group_ids(&group).send().await.unwrap();
    let read = &read.security_groups()[0];
    assert_eq!(read.description(), Some(hostile));
    assert_eq!(read.tags()[0].value(), Some("2026-11-23T14:02:00+01:00"), "a tag is no time");
    assert_eq!((read.tags()[1].key(), read.tags()[1].value().unwrap().len()), (Some(hostile), 500));
}
