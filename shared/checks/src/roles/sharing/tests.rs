//! Who shares a role, and whether what they need differs.

use serde_json::{Value, json};
use wallwalk_model::{Place, Reading, Snapshot, Time};

use super::*;
use crate::roles::imds::Fleet;
use crate::roles::{needs, uses};
use crate::settings::Settings;

const ROLE: &str = "arn:aws:iam::111122223333:role/shared";

fn arn(rest: &str) -> String {
    format!("arn:aws:ecs:eu-west-1:111122223333:{rest}")
}

/// Services by cluster and name with their definitions; the family has the service's name.
fn snapshot(services: &[(&str, &str, Value)]) -> Snapshot {
    let mut snapshot = Snapshot::new(Place::new("aws", "111122223333", "eu-west-1"));
    let at = Time::from_millis(1);
    for (cluster, name, definition) in services {
        let mut definition = definition.clone();
        let revision = arn(&format!("task-definition/{name}:1"));
        definition["taskDefinitionArn"] = json!(revision);
        let environment = definition["environment"].as_str().map(str::to_owned);
        let tags: Vec<Value> = environment.iter().map(|one| json!({ "key": "Environment", "value": one })).collect();
        let service = json!({ "launchType": "FARGATE", "taskDefinition": revision, "enableExecuteCommand": definition["exec"] == json!(true), "tags": tags });
        snapshot.task_definitions.insert(revision, Reading::known(at, serde_json::from_value(definition).unwrap()));
        let service_arn = arn(&format!("service/{cluster}/{name}"));
        snapshot.services.insert(service_arn, Reading::known(at, serde_json::from_value(service).unwrap()));
    }
    snapshot
}

fn of(snapshot: &Snapshot) -> Sharing {
    let settings = Settings::default();
    let account = crate::roles::account(snapshot, Time::default());
    let estate = Estate::new(snapshot, &account, &settings, Time::default());
    let fleet = Fleet::new(&estate);
    of_estate(&estate, &uses::of_estate(&estate, &fleet), &needs::by_role(&estate, &fleet)).remove(ROLE).unwrap()
}

fn pulls(repository: &str) -> Value {
    json!({ "executionRoleArn": ROLE,
        "containerDefinitions": [{ "name": "app", "image": format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/{repository}") }] })
}

#[test]
fn families_that_need_the_same_of_a_role_do_not_differ() {
    let sharing = of(&snapshot(&[("shop", "api", pulls("api")), ("shop", "worker", pulls("api"))]));
    assert_eq!((sharing.families().len(), sharing.difference(), sharing.across()), (2, None, None));
}

#[test]
fn a_difference_names_what_one_family_needs_and_the_other_does_not() {
    let sharing = of(&snapshot(&[("shop", "api", pulls("api")), ("shop", "worker", pulls("worker"))]));
    let difference = sharing.difference().unwrap();
    assert_eq!((difference.kind, difference.family, difference.other), (RoleKind::Execution, "worker", "api"));
    assert_eq!(difference.wanted.resource, "arn:aws:ecr:eu-west-1:111122223333:repository/worker");
    // The other way round: the first family needs all that the second does.
    let more = json!({ "executionRoleArn": ROLE, "containerDefinitions": [{ "name": "app", "image": "nginx" }] });
    let sharing = of(&snapshot(&[("shop", "api", pulls("api")), ("shop", "worker", more)]));
    assert_eq!(sharing.difference().map(|one| (one.family, one.other)), Some(("api", "worker")));
}

#[test]
fn needs_of_a_task_role_are_compared_with_those_of_task_roles() {
    let task = |exec: bool| json!({ "taskRoleArn": ROLE, "exec": exec, "containerDefinitions": [] });
    let sharing = of(&snapshot(&[("shop", "api", task(true)), ("shop", "worker", task(false))]));
    assert_eq!(sharing.difference().map(|one| (one.kind, one.wanted.action)), Some((RoleKind::Task, "ssmmessages:CreateControlChannel")));
    let sharing = of(&snapshot(&[("shop", "api", task(true)), ("shop", "worker", pulls("worker"))]));
    assert_eq!(sharing.difference(), None);
    assert!(sharing.is_task_and_execution() && sharing.both_in_one.is_empty());
}

#[test]
fn clusters_and_environments_are_counted() {
    let labelled = |environment: &str| {
        let mut definition = pulls("api");
        definition["environment"] = json!(environment);
        definition
    };
    let across = |services: &[(&str, &str, Value)]| of(&snapshot(services)).across();
    assert_eq!(across(&[("dev", "api", pulls("api")), ("shop", "worker", pulls("api"))]).as_deref(), Some("clusters dev, shop"));
    let mixed = [("shop", "api", labelled("dev")), ("shop", "worker", labelled("prod"))];
    assert_eq!(across(&mixed).as_deref(), Some("environments dev, prod"));
    // Without a label it differs from nothing.
    assert_eq!(across(&[("shop", "api", labelled("dev")), ("shop", "worker", pulls("api"))]), None);
}

#[test]
fn task_and_execution_role_in_one_definition_or_across() {
    let both = json!({ "taskRoleArn": ROLE, "executionRoleArn": ROLE, "containerDefinitions":
        [{ "name": "app", "image": "nginx", "secrets": [{ "name": "DB", "valueFrom": "db" }] }] });
    let sharing = of(&snapshot(&[("shop", "api", both)]));
    assert!(sharing.is_task_and_execution() && sharing.injects_secrets());
    assert_eq!(sharing.both_in_one.into_iter().collect::<Vec<_>>(), ["api"]);
    let task = json!({ "taskRoleArn": ROLE, "containerDefinitions": [] });
    let sharing = of(&snapshot(&[("shop", "api", task), ("shop", "worker", pulls("worker"))]));
    assert!(sharing.is_task_and_execution() && !sharing.injects_secrets() && sharing.both_in_one.is_empty());
}

#[test]
fn a_task_role_may_also_be_a_hosts() {
    let mut snapshot = snapshot(&[("shop", "api", json!({ "taskRoleArn": ROLE, "containerDefinitions": [] }))]);
    assert!(!of(&snapshot).is_task_and_instance());
    let at = Time::from_millis(1);
    let profile = json!({ "Arn": "arn:aws:iam::111122223333:instance-profile/hosts" });
    let role = json!({ "Arn": ROLE, "RoleName": "shared", "InstanceProfileList": [profile] });
    let machine = json!({ "InstanceId": "i-a", "IamInstanceProfile": profile });
    let host = json!({ "containerInstanceArn": arn("container-instance/shop/a"), "ec2InstanceId": "i-a" });
    snapshot.roles.insert("shared".into(), Reading::known(at, serde_json::from_value(role).unwrap()));
    snapshot.instances.insert("i-a".into(), Reading::known(at, serde_json::from_value(machine).unwrap()));
    snapshot.container_instances.insert(arn("container-instance/shop/a"), Reading::known(at, serde_json::from_value(host).unwrap()));
    let sharing = of(&snapshot);
    assert!(sharing.is_task_and_instance());
    assert_eq!(sharing.hosts.into_iter().collect::<Vec<_>>(), ["instances of shop"]);
}

#[test]
fn what_was_not_read_may_hide_a_difference_only_between_two() {
    let reads = json!({ "executionRoleArn": ROLE, "containerDefinitions":
        [{ "name": "app", "image": "nginx", "secrets": [{ "name": "DB", "valueFrom": "db" }] }] });
    assert_eq!(of(&snapshot(&[("shop", "api", reads.clone())])).open(), None);
    let two = of(&snapshot(&[("shop", "api", reads.clone()), ("shop", "worker", reads)]));
    assert_eq!((two.difference(), two.open().map(|gap| gap.call.as_str())), (None, Some("ssm:DescribeParameters")));
}
