//! The table row by row, and where workloads run.

use serde_json::{Value, json};
use wallwalk_model::{Gap, Place, Reading, Snapshot, Time, ec2, ecs};

use super::*;
use crate::estate::{Estate, Trace};
use crate::settings::Settings;

fn options(tokens: &str, hops: i64) -> ec2::MetadataOptions {
    ec2::MetadataOptions {
        http_tokens: Some(tokens.into()),
        http_endpoint: Some("enabled".into()),
        http_put_response_hop_limit: Some(hops),
    }
}

fn attribute(name: &str) -> ecs::Attribute {
    ecs::Attribute { name: name.into(), value: None }
}

fn gap(what: &str) -> Gap {
    Gap::not_asked(what)
}

/// A Linux task in bridge mode on EC2, with everything read and nothing that blocks.
fn facts<'a>(options: &'a ec2::MetadataOptions, attributes: &'a [ecs::Attribute]) -> Facts<'a> {
    Facts {
        launch: Ok(Launch::Ec2),
        os: Os::Linux,
        network_mode: None,
        attributes: Ok(attributes),
        options: Ok(options),
        drop_rule: Ok(false),
        escape: None,
    }
}

fn told(facts: &Facts<'_>) -> (u8, Answer) {
    let reach = imds(facts);
    assert!(!reach.why.is_empty() && !reach.why.ends_with('.'));
    (reach.row, reach.answer)
}

#[test]
fn each_row_answers_for_itself() {
    use Answer::{Never, Possibly, Surely};
    let (v1, near, far) = (options("optional", 1), options("required", 1), options("required", 2));
    let disabled = ec2::MetadataOptions { http_endpoint: Some("disabled".into()), ..options("optional", 64) };
    let (plain, blocks) = ([attribute("ecs.capability.task-eni")], [attribute(BLOCKS)]);
    let mode = |mode: &'static str, options, attributes| Facts { network_mode: Some(mode), ..facts(options, attributes) };
    let on = |launch, options| Facts { launch: Ok(launch), ..facts(options, &plain) };
    let windows = |mode: &'static str| Facts { os: Os::Windows, network_mode: Some(mode), ..facts(&v1, &plain) };
    let drops = |options| Facts { drop_rule: Ok(true), ..facts(options, &plain) };
    for (facts, row, answer) in [
        (on(Launch::Fargate, &v1), 1, Never),
        (on(Launch::External, &v1), 1, Never),
        (mode("none", &v1, &plain), 1, Never),
        (facts(&disabled, &plain), 2, Never),
        (mode("host", &disabled, &plain), 2, Never),
        (mode("host", &near, &blocks), 3, Surely),
        (on(Launch::ManagedInstances, &near), 4, Possibly),
        (windows("default"), 4, Possibly),
        (windows("awsvpc"), 6, Surely),
        (mode("awsvpc", &v1, &blocks), 5, Never),
        (mode("awsvpc", &v1, &plain), 6, Surely),
        (mode("awsvpc", &far, &plain), 6, Surely),
        (mode("awsvpc", &near, &plain), 6, Possibly),
        (drops(&v1), 7, Possibly),
        (drops(&far), 7, Possibly),
        (drops(&near), 10, Never),
        (facts(&v1, &plain), 8, Surely),
        (facts(&options("optional", 64), &plain), 8, Surely),
        (mode("bridge", &v1, &blocks), 8, Surely),
        (facts(&far, &plain), 9, Surely),
        (facts(&near, &plain), 10, Never),
    ] {
        assert_eq!(told(&facts), (row, answer), "{facts:?}");
    }
}

#[test]
fn a_container_that_can_escape_reaches_through_the_host() {
    let (near, plain) = (options("required", 1), [attribute(BLOCKS)]);
    let disabled = ec2::MetadataOptions { http_endpoint: Some("disabled".into()), ..options("optional", 64) };
    for (launch, mode, options, expected) in [
        (Launch::Ec2, "awsvpc", &near, (0, Answer::Surely)),
        (Launch::Ec2, "none", &near, (0, Answer::Surely)),
        (Launch::Ec2, "bridge", &near, (0, Answer::Surely)),
        (Launch::ManagedInstances, "awsvpc", &near, (0, Answer::Surely)),
        (Launch::Ec2, "bridge", &disabled, (2, Answer::Never)),
        (Launch::External, "bridge", &near, (1, Answer::Never)),
    ] {
        let facts = Facts { launch: Ok(launch), network_mode: Some(mode), escape: Some("privileged"), ..facts(options, &plain) };
        assert_eq!(told(&facts), expected, "{launch:?} {mode}");
    }
}

#[test]
fn a_gap_counts_only_where_it_could_decide_otherwise() {
    let (v1, near, plain) = (options("optional", 1), options("required", 1), [attribute("ecs.capability.task-eni")]);
    let blocks = [attribute(BLOCKS)];
    let unread = || Err(gap("ec2:DescribeInstances"));
    let awsvpc = |attributes| Facts { network_mode: Some("awsvpc"), options: unread(), ..facts(&v1, attributes) };
    // Whatever the options are, the agent blocks.
    assert_eq!(told(&awsvpc(&blocks)), (5, Answer::Never));
    assert_eq!(told(&awsvpc(&plain)), (11, Answer::Unknown(gap("ec2:DescribeInstances"))));
    let host = Facts { network_mode: Some("host"), options: unread(), ..facts(&v1, &plain) };
    assert_eq!(told(&host), (11, Answer::Unknown(gap("ec2:DescribeInstances"))));
    let none = Facts { network_mode: Some("none"), options: unread(), ..facts(&v1, &plain) };
    assert_eq!(told(&none), (1, Answer::Never));
    let attributes = Facts { network_mode: Some("awsvpc"), attributes: Err(gap("ecs:DescribeContainerInstances")), ..facts(&v1, &plain) };
    assert_eq!(told(&attributes), (11, Answer::Unknown(gap("ecs:DescribeContainerInstances"))));
    let launch = Facts { launch: Err(gap("ecs:DescribeCapacityProviders")), ..facts(&near, &plain) };
    assert_eq!(told(&launch), (11, Answer::Unknown(gap("ecs:DescribeCapacityProviders"))));
    let hops = ec2::MetadataOptions { http_put_response_hop_limit: None, ..options("required", 1) };
    assert_eq!(told(&facts(&hops, &plain)), (11, Answer::Unknown(gap("ec2:DescribeInstances HttpPutResponseHopLimit"))));
    // The hop limit does not guard version 1.
    let hops = ec2::MetadataOptions { http_put_response_hop_limit: None, ..options("optional", 1) };
    assert_eq!(told(&facts(&hops, &plain)), (8, Answer::Surely));
}

#[test]
fn user_data_that_were_not_read_weaken_an_answer_and_do_not_hide_it() {
    let (v1, near, plain) = (options("optional", 1), options("required", 1), [attribute("ecs.capability.task-eni")]);
    let unread = |options| Facts { drop_rule: Err(gap("ec2:DescribeInstanceAttribute userData")), ..facts(options, &plain) };
    assert_eq!(told(&unread(&v1)), (8, Answer::Possibly));
    assert!(imds(&unread(&v1)).why.contains("userData"));
    assert_eq!(told(&unread(&near)), (10, Answer::Never));
}

/// Two hosts of provider `big` and one that stands alone in cluster `shop`; a service with `own`.
fn shop(own: Value, definition: Value, tasks: &[(&str, &str)]) -> Snapshot {
    let arn = |rest: &str| format!("arn:aws:ecs:eu-west-1:111122223333:{rest}");
    let at = Time::from_millis(1);
    let mut snapshot = Snapshot::new(Place::new("aws", "111122223333", "eu-west-1"));
    for (name, instance, provider, blocked) in
        [("a", "i-a", Some("big"), true), ("b", "i-b", Some("big"), false), ("c", "i-c", None, false)]
    {
        let names = ["ecs.capability.task-eni", BLOCKS];
        let host = ecs::ContainerInstance {
            container_instance_arn: arn(&format!("container-instance/shop/{name}")),
            ec2_instance_id: Some(instance.into()),
            capacity_provider_name: provider.map(str::to_owned),
            status: Some("ACTIVE".into()),
            attributes: names[..1 + usize::from(blocked)].iter().map(|name| attribute(name)).collect(),
            ..Default::default()
        };
        snapshot.container_instances.insert(host.container_instance_arn.clone(), Reading::known(at, host));
        let machine = ec2::Instance { instance_id: instance.into(), metadata_options: Some(options("optional", 1)), ..Default::default() };
        snapshot.instances.insert(instance.into(), Reading::known(at, machine));
    }
    let provider = json!({ "name": "big", "autoScalingGroupProvider": {} });
    snapshot.capacity_providers.insert("big".into(), Reading::known(at, serde_json::from_value(provider).unwrap()));
    snapshot.listing_complete("ecs:ListContainerInstances shop", at, snapshot.container_instances.keys().cloned().collect::<Vec<_>>());
    let mut definition: ecs::TaskDefinition = serde_json::from_value(definition).unwrap();
    definition.task_definition_arn = arn("task-definition/api:1");
    let mut service: ecs::Service = serde_json::from_value(own).unwrap();
    service.task_definition = Some(definition.task_definition_arn.clone());
    for (n, (launch, host)) in tasks.iter().enumerate() {
        let task = ecs::Task {
            task_arn: arn(&format!("task/shop/{n}")),
            task_definition_arn: definition.task_definition_arn.clone(),
            group: Some("service:api".into()),
            launch_type: Some((*launch).into()),
            container_instance_arn: (!host.is_empty()).then(|| arn(&format!("container-instance/shop/{host}"))),
            ..Default::default()
        };
        snapshot.tasks.insert(task.task_arn.clone(), Reading::known(at, task));
    }
    snapshot.task_definitions.insert(definition.task_definition_arn.clone(), Reading::known(at, definition));
    snapshot.services.insert(arn("service/shop/api"), Reading::known(at, service));
    snapshot
}

/// For each host, whether it runs there and how surely it reaches; and what hides others.
fn reached(snapshot: &Snapshot) -> (Vec<(String, bool, u8)>, Option<Gap>) {
    let settings = Settings::default();
    let account = crate::roles::account(snapshot, Time::default());
    let estate = Estate::new(snapshot, &account, &settings, Time::default());
    let fleet = Fleet::new(&estate);
    let trace = Trace::default();
    let workload = estate.workloads.iter().find(|one| one.id == "service/shop/api").unwrap();
    let revision = &workload.revisions[0];
    let definition = revision.definition.clone().unwrap();
    let (reaches, unseen) = of_revision(&WorkloadView { estate: &estate, workload, revision, definition, trace: &trace }, &fleet);
    let rows = reaches.iter().map(|one| (one.host.arn.rsplit('/').next().unwrap().to_owned(), one.runs, one.reach.row)).collect();
    (rows, unseen)
}

fn row(host: &str, runs: bool, row: u8) -> (String, bool, u8) {
    (host.to_owned(), runs, row)
}

#[test]
fn an_attribute_of_some_instances_counts_for_those() {
    let snapshot = shop(json!({ "launchType": "EC2" }), json!({ "networkMode": "awsvpc" }), &[("EC2", "a"), ("EC2", "b")]);
    assert_eq!(reached(&snapshot), (vec![row("a", true, 5), row("b", true, 6), row("c", false, 6)], None));
}

#[test]
fn each_task_is_judged_by_its_own_network_mode() {
    for (mode, expected) in [("host", [3, 3, 3]), ("awsvpc", [5, 6, 6]), ("none", [1, 1, 1])] {
        let (rows, _) = reached(&shop(json!({ "launchType": "EC2" }), json!({ "networkMode": mode }), &[("EC2", "a")]));
        assert_eq!(rows.iter().map(|one| one.2).collect::<Vec<_>>(), expected, "{mode}");
    }
}

#[test]
fn a_service_scaled_to_zero_is_judged_where_it_may_be_placed() {
    let of = |own: Value| reached(&shop(own, json!({ "networkMode": "host" }), &[]));
    assert_eq!(of(json!({ "launchType": "EC2", "desiredCount": 0 })).0.len(), 3);
    let strategy = json!({ "capacityProviderStrategy": [{ "capacityProvider": "big" }] });
    assert_eq!(of(strategy), (vec![row("a", false, 3), row("b", false, 3)], None));
}

#[test]
fn of_a_strategy_that_mixes_fargate_and_instances_the_instances_are_judged() {
    let mixed = json!({ "capacityProviderStrategy": [{ "capacityProvider": "FARGATE" }, { "capacityProvider": "big" }] });
    assert_eq!(reached(&shop(mixed, json!({ "networkMode": "awsvpc" }), &[])).0, [row("a", false, 5), row("b", false, 6)]);
    let fargate = json!({ "capacityProviderStrategy": [{ "capacityProvider": "FARGATE" }] });
    assert_eq!(reached(&shop(fargate, json!({ "networkMode": "awsvpc" }), &[("FARGATE", "")])), (vec![], None));
}

#[test]
fn instances_that_take_no_new_tasks_count_only_where_one_runs() {
    let mut snapshot = shop(json!({ "launchType": "EC2" }), json!({ "networkMode": "host" }), &[("EC2", "a")]);
    for reading in snapshot.container_instances.values_mut() {
        if let wallwalk_model::Fact::Known(host) = &mut reading.fact {
            host.status = Some("DRAINING".into());
        }
    }
    assert_eq!(reached(&snapshot), (vec![row("a", true, 3)], None));
}

#[test]
fn what_hides_hosts_is_told() {
    let mut snapshot = shop(json!({ "launchType": "EC2" }), json!({ "networkMode": "host" }), &[]);
    snapshot.listings.clear();
    assert_eq!(reached(&snapshot).1, Some(gap("ecs:ListContainerInstances shop")));
    let nowhere = json!({ "capacityProviderStrategy": [{ "capacityProvider": "small" }] });
    let empty = reached(&shop(nowhere, json!({ "networkMode": "host" }), &[]));
    assert_eq!(empty, (vec![], Some(gap("ec2:DescribeLaunchTemplateVersions"))));
    let gone = reached(&shop(json!({ "launchType": "EC2" }), json!({ "networkMode": "host" }), &[("EC2", "z")]));
    assert_eq!((gone.0.len(), gone.1), (3, Some(gap("ecs:DescribeContainerInstances"))));
}

#[test]
fn options_changed_while_tasks_run_count_as_last_read() {
    let old = shop(json!({ "launchType": "EC2" }), json!({ "networkMode": "bridge" }), &[("EC2", "a")]);
    let mut new = Snapshot::new(old.place.clone());
    let machine = ec2::Instance { instance_id: "i-a".into(), metadata_options: Some(options("required", 1)), ..Default::default() };
    new.instances.insert("i-a".into(), Reading::known(Time::from_millis(2), machine));
    assert_eq!(reached(&old).0[0], row("a", true, 8));
    for merged in [old.clone().merge(new.clone()), new.merge(old)] {
        assert_eq!(reached(&merged).0[0], row("a", true, 10));
    }
}

#[test]
fn an_instance_without_a_profile_has_no_role_to_reach() {
    let mut snapshot = shop(json!({ "launchType": "EC2" }), json!({}), &[]);
    let profile = json!({ "InstanceId": "i-b", "IamInstanceProfile": { "Arn": "arn:aws:iam::111122223333:instance-profile/hosts" } });
    snapshot.instances.insert("i-b".into(), Reading::known(Time::from_millis(1), serde_json::from_value(profile).unwrap()));
    let settings = Settings::default();
    let roles = |snapshot: &Snapshot| {
        let account = crate::roles::account(snapshot, Time::default());
        let estate = Estate::new(snapshot, &account, &settings, Time::default());
        Fleet::new(&estate).hosts().map(|host| host.role.clone().map(|role| role.map(str::to_owned))).collect::<Vec<_>>()
    };
    let unread = Err(gap("iam:GetAccountAuthorizationDetails"));
    assert_eq!(roles(&snapshot), [Ok(None), unread, Ok(None)]);
    let role = json!({ "Arn": "arn:aws:iam::111122223333:role/host", "RoleName": "host",
        "InstanceProfileList": [{ "Arn": "arn:aws:iam::111122223333:instance-profile/hosts" }] });
    snapshot.roles.insert("host".into(), Reading::known(Time::from_millis(1), serde_json::from_value(role).unwrap()));
    assert_eq!(roles(&snapshot)[1], Ok(Some("arn:aws:iam::111122223333:role/host".into())));
}
