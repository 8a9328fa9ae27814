//! Each path: it holds, it vanishes with any of its calls, a condition leaves it open, and a target
//! that may do nothing more is none.

use serde_json::{Value, json};
use wallwalk_model::{Fact, Snapshot, Time};

use super::*;
use crate::settings::Settings;

const ACCOUNT: &str = "123456789012";
const SOURCE: &str = "arn:aws:iam::123456789012:role/task";
const TARGET: &str = "arn:aws:iam::123456789012:role/deployer";
const CLUSTER: &str = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop";
const TASK: &str = "arn:aws:ecs:eu-west-1:123456789012:task/shop/a";

fn ecs_arn(rest: &str) -> String {
    format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:{rest}")
}

fn allow(action: &Value, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn document(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn role(name: &str, services: &[&str], policies: &[&[Value]]) -> Value {
    let trust = json!({"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"});
    let inline = |(n, policy): (usize, &&[Value])| json!({"PolicyName": format!("p{n}"), "PolicyDocument": document(policy)});
    let profiles =
        if services.contains(&EC2) { json!([{"Arn": format!("arn:aws:iam::{ACCOUNT}:instance-profile/{name}")}]) } else { json!([]) };
    json!({"Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "RoleName": name, "AssumeRolePolicyDocument": document(&[trust]),
        "RolePolicyList": policies.iter().enumerate().map(inline).collect::<Vec<_>>(), "InstanceProfileList": profiles})
}

/// What a target may do that a source of these tests may not, and what ECS Exec needs of it.
fn strong() -> Vec<Value> {
    vec![allow(&json!("*"), "*")]
}

fn weak() -> Vec<Value> {
    vec![allow(&json!(SESSION_ACTIONS), "*"), allow(&json!("s3:ListAllMyBuckets"), "*")]
}

/// A cluster with a service and two tasks on one instance, whose definitions run under the target.
fn world(source: &[&[Value]], target: &[Value]) -> Snapshot {
    let (definition, newer) = (ecs_arn("task-definition/job:1"), ecs_arn("task-definition/job:2"));
    let image = format!("{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/job:latest");
    let container = json!({"name": "job", "image": image, "environmentFiles": [{"value": "arn:aws:s3:::shop/job.env", "type": "s3"}],
        "secrets": [{"name": "MODE", "valueFrom": "/job/mode"}]});
    let task = |id: &str, exec: bool| {
        json!({"taskArn": ecs_arn(&format!("task/shop/{id}")), "clusterArn": CLUSTER, "taskDefinitionArn": definition, "group": "service:job",
            "lastStatus": "RUNNING", "launchType": "EC2", "enableExecuteCommand": exec, "containers": [{"name": "job"}],
            "containerInstanceArn": ecs_arn("container-instance/shop/1")})
    };
    let repository = format!("arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/job");
    let tables = json!({
        "clusters": {CLUSTER: {"clusterArn": CLUSTER, "clusterName": "shop"}},
        "services": {ecs_arn("service/shop/job"): {"serviceArn": ecs_arn("service/shop/job"), "serviceName": "job", "clusterArn": CLUSTER,
            "launchType": "EC2", "taskDefinition": newer, "taskSets": [{"id": "ecs-svc/1", "launchType": "EC2", "taskDefinition": definition}]}},
        "tasks": {TASK: task("a", true), ecs_arn("task/shop/b"): task("b", false)},
        "taskDefinitions": {
            definition.clone(): {"taskDefinitionArn": definition, "family": "job", "revision": 1, "status": "ACTIVE", "taskRoleArn": TARGET,
                "containerDefinitions": [container]},
            newer.clone(): {"taskDefinitionArn": newer, "family": "job", "revision": 2, "status": "ACTIVE", "containerDefinitions": []}},
        "families": {"job": {"family": "job", "latestActive": newer}},
        "containerInstances": {ecs_arn("container-instance/shop/1"): {"ec2InstanceId": "i-1"}},
        "capacityProviders": {"managed": {"name": "managed", "managedInstancesProvider": {"infrastructureRoleArn": "r"}}},
        "repositories": {repository.clone(): {"repositoryArn": repository, "imageTagMutability": "MUTABLE"}},
        "roles": {"task": role("task", &[ECS_TASKS], source), "deployer": role("deployer", &[ECS_TASKS, ECS, EC2], &[target]),
            "infrastructure": role("infrastructure", &[ECS], &[])},
    });
    let mut snapshot = json!({"schema": 1, "partition": "aws", "account": ACCOUNT, "region": "eu-west-1"});
    for (table, rows) in tables.as_object().unwrap() {
        let known = |(id, row): (&String, &Value)| (id.clone(), json!({"readAt": "2026-11-23T14:00:00.000Z", "fact": {"known": row}}));
        snapshot[table] = Value::Object(rows.as_object().unwrap().iter().map(known).collect());
    }
    serde_json::from_value(snapshot).unwrap()
}

/// Paths of the source to the target, and how sure they are.
fn paths(snapshot: &Snapshot) -> BTreeMap<&'static str, bool> {
    let now: Time = "2026-11-23T15:00:00Z".parse().unwrap();
    let settings = Settings::default();
    let account = crate::roles::account(snapshot, now);
    let estate = Estate::new(snapshot, &account, &settings, now);
    let proofs = ecs_paths(&estate, &account.principals[SOURCE]);
    let told = proofs.iter().filter(|proof| proof.target.as_deref() == Some(TARGET) && proof.answer.possibly());
    told.map(|proof| (proof.path, proof.surely())).collect()
}

fn of(statements: &[Value]) -> BTreeMap<&'static str, bool> {
    paths(&world(&[statements], &strong()))
}

/// A path, whether it can be sure, and its calls with what they are made on.
type Row = (&'static str, bool, &'static [(&'static str, &'static str)]);

const ROWS: &[Row] = &[
    ("ecs-new-task", true, &[("iam:PassRole", TARGET), ("ecs:RegisterTaskDefinition", "*"), ("ecs:RunTask", "*")]),
    ("ecs-new-task", true, &[("iam:PassRole", TARGET), ("ecs:RegisterTaskDefinition", "*"), ("ecs:StartTask", "*")]),
    ("ecs-new-task", true, &[("iam:PassRole", TARGET), ("ecs:RegisterTaskDefinition", "*"), ("ecs:CreateService", "*")]),
    ("ecs-update-service", true, &[("iam:PassRole", TARGET), ("ecs:RegisterTaskDefinition", "*"), ("ecs:UpdateService", "*")]),
    ("ecs-create-task-set", true, &[("iam:PassRole", TARGET), ("ecs:RegisterTaskDefinition", "*"), ("ecs:CreateTaskSet", "*")]),
    ("ecs-override", true, &[("iam:PassRole", TARGET), ("ecs:RunTask", "*")]),
    ("ecs-rerun", true, &[("iam:PassRole", TARGET), ("ecs:StartTask", "*")]),
    ("ecs-switch-revision", true, &[("iam:PassRole", TARGET), ("ecs:UpdateService", "*")]),
    ("ecs-express", true, &[("iam:PassRole", "*"), ("ecs:CreateExpressGatewayService", "*")]),
    ("ecs-express", false, &[("iam:PassRole", TARGET), ("ecs:UpdateExpressGatewayService", "*")]),
    ("ecs-daemon", true, &[("iam:PassRole", TARGET), ("ecs:RegisterDaemonTaskDefinition", "*"), ("ecs:CreateDaemon", "*")]),
    ("ecs-managed-instances", true, &[("iam:PassRole", "*"), ("ecs:CreateCapacityProvider", "*")]),
    ("ecs-gateway", false, &[("iam:PassRole", TARGET), ("ecs:CreateGateway", "*")]),
    ("ecs-helper-roles", false, &[("iam:PassRole", TARGET), ("ecs:UpdateService", "*")]),
    ("ecs-exec", true, &[("ecs:ExecuteCommand", CLUSTER), ("ecs:ExecuteCommand", TASK)]),
    ("ecs-session", true, &[("ssm:StartSession", "*")]),
    ("ecs-enable-exec", true, &[("ecs:UpdateService", "*"), ("ecs:ExecuteCommand", "*")]),
    ("ecs-agent-impersonation", true, &[("ecs:DiscoverPollEndpoint", "*"), ("ecs:Poll", "*")]),
    ("ecs-rogue-instance", false, &[("ecs:RegisterContainerInstance", "*"), ("ecs:DiscoverPollEndpoint", "*"), ("ecs:Poll", "*")]),
    (
        "image-push",
        false,
        &[
            ("ecr:PutImage", "*"),
            ("ecr:InitiateLayerUpload", "*"),
            ("ecr:UploadLayerPart", "*"),
            ("ecr:CompleteLayerUpload", "*"),
            ("ecr:GetAuthorizationToken", "*"),
        ],
    ),
    ("task-file-write", false, &[("s3:PutObject", "arn:aws:s3:::shop/*")]),
    ("injected-value-write", false, &[("ssm:PutParameter", "arn:aws:ssm:*:*:parameter/job/*")]),
];

fn statements(needs: &[(&str, &str)]) -> Vec<Value> {
    needs.iter().map(|(action, resource)| allow(&json!(action), resource)).collect()
}

#[test]
fn a_path_holds_if_all_its_calls_are_allowed() {
    for (path, sure, needs) in ROWS {
        assert_eq!(of(&statements(needs)).get(path), Some(sure), "{path} by {needs:?}");
    }
}

#[test]
fn a_path_vanishes_with_any_of_its_calls() {
    for (path, _, needs) in ROWS {
        for missing in 0..needs.len() {
            let mut left = statements(needs);
            left.remove(missing);
            assert_eq!(of(&left).get(path), None, "{path} without {:?}", needs[missing]);
        }
    }
}

#[test]
fn a_condition_on_any_call_leaves_a_path_open() {
    for (path, _, needs) in ROWS {
        for conditioned in 0..needs.len() {
            let mut all = statements(needs);
            all[conditioned]["Condition"] = json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}});
            assert_eq!(of(&all).get(path), Some(&false), "{path} with a condition on {:?}", needs[conditioned]);
        }
    }
}

#[test]
fn a_target_that_may_do_nothing_more_is_none() {
    for (path, _, needs) in ROWS {
        assert_eq!(paths(&world(&[&statements(needs)], &weak())).get(path), None, "{path}");
    }
}

#[test]
fn every_path_is_in_the_table() {
    let everything = of(&[allow(&json!(["ecs:*", "iam:PassRole", "ssm:*", "ecr:*", "s3:PutObject"]), "*")]);
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!(everything.keys().copied().collect::<BTreeSet<_>>(), rows);
}

#[test]
fn an_image_takes_effect_at_will_for_whoever_may_force_a_deployment() {
    let pushes = &ROWS.iter().find(|row| row.0 == "image-push").unwrap().2;
    let mut all = statements(pushes);
    all.push(allow(&json!("ecs:UpdateService"), "*"));
    assert_eq!(of(&all).get("image-push"), Some(&true));
    let mut snapshot = world(&[&all], &strong());
    for reading in snapshot.repositories.values_mut() {
        if let Fact::Known(repository) = &mut reading.fact {
            repository.image_tag_mutability = Some("IMMUTABLE".into());
        }
    }
    assert_eq!(paths(&snapshot).get("image-push"), None);
}

#[test]
fn an_instance_of_ones_own_is_sure_to_get_tasks_for_whoever_places_them() {
    let mut all = statements(ROWS.iter().find(|row| row.0 == "ecs-rogue-instance").unwrap().2);
    all.push(allow(&json!("ecs:UpdateContainerInstancesState"), "*"));
    assert_eq!(of(&all).get("ecs-rogue-instance"), Some(&true));
}

#[test]
fn a_task_named_without_its_cluster_is_possibly_another() {
    for (resource, expected) in [("task/shop/*", Some(&false)), ("task/a", Some(&false)), ("task/*", Some(&true)), ("task/other/*", None)] {
        assert_eq!(of(&[allow(&json!("ssm:StartSession"), &ecs_arn(resource))]).get("ecs-session"), expected, "{resource}");
    }
}

#[test]
fn a_family_without_a_revision_is_an_old_form() {
    for (resource, expected) in [("job:*", Some(&true)), ("job:1", Some(&true)), ("job", Some(&false)), ("other:*", None)] {
        let run = allow(&json!("ecs:RunTask"), &ecs_arn(&format!("task-definition/{resource}")));
        assert_eq!(of(&[allow(&json!("iam:PassRole"), TARGET), run]).get("ecs-override"), expected, "{resource}");
    }
}

#[test]
fn a_definition_to_come_is_no_revision_that_exists() {
    let register = allow(&json!("ecs:RegisterTaskDefinition"), "*");
    for (resource, expected) in [("job:*", Some(&true)), ("job:3", Some(&true)), ("job:2", None)] {
        let run = allow(&json!("ecs:RunTask"), &ecs_arn(&format!("task-definition/{resource}")));
        assert_eq!(of(&[allow(&json!("iam:PassRole"), TARGET), register.clone(), run]).get("ecs-new-task"), expected, "{resource}");
    }
}

#[test]
fn conditions_on_the_objects_of_a_call_are_decided() {
    let conditioned = |key: &str, value: &str| {
        let mut update = allow(&json!("ecs:UpdateService"), "*");
        update["Condition"] = json!({"ArnLike": {key: value}});
        of(&[allow(&json!(["iam:PassRole", "ecs:RegisterTaskDefinition"]), "*"), update]).get("ecs-update-service").copied()
    };
    assert_eq!(conditioned("ecs:cluster", CLUSTER), Some(true));
    assert_eq!(conditioned("ecs:cluster", "arn:aws:ecs:*:*:cluster/other"), None);
    assert_eq!(conditioned("ecs:task-definition", "arn:aws:ecs:*:*:task-definition/a-new-family:*"), Some(true));
}

#[test]
fn ecs_exec_that_is_allowed_for_one_container_is_allowed() {
    let conditioned = |name: &str| {
        let mut execute = allow(&json!("ecs:ExecuteCommand"), "*");
        execute["Condition"] = json!({"StringEquals": {"ecs:container-name": name}});
        of(&[execute]).get("ecs-exec").copied()
    };
    assert_eq!((conditioned("job"), conditioned("sidecar")), (Some(true), None));
}

#[test]
fn peers_get_this_wrong_services_and_task_sets_run_what_is_registered() {
    for (actions, path) in [
        (json!(["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:UpdateService"]), "ecs-update-service"),
        (json!(["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:CreateTaskSet"]), "ecs-create-task-set"),
        (json!(["iam:PassRole", "ecs:CreateExpressGatewayService"]), "ecs-express"),
        (json!(["iam:PassRole", "ecs:RegisterDaemonTaskDefinition", "ecs:CreateDaemon"]), "ecs-daemon"),
    ] {
        assert_eq!(of(&[allow(&actions, "*")]).get(path), Some(&true), "{path}");
    }
}

#[test]
fn an_override_passes_a_role_and_a_rerun_its_own() {
    let found = of(&[allow(&json!(["iam:PassRole", "ecs:RunTask"]), "*")]);
    assert_eq!((found.get("ecs-override"), found.get("ecs-rerun")), (Some(&true), Some(&true)));
}

#[test]
fn peers_get_this_wrong_two_policies_are_one_role() {
    let (pass, run) = ([allow(&json!("iam:PassRole"), "*")], [allow(&json!("ecs:RunTask"), "*")]);
    let found = paths(&world(&[&pass, &run], &strong()));
    assert_eq!((found.get("ecs-override"), found.get("ecs-rerun")), (Some(&true), Some(&true)));
}

#[test]
fn peers_get_this_wrong_session_manager_enters_tasks() {
    assert_eq!(of(&[allow(&json!("ssm:StartSession"), "*")]).get("ecs-session"), Some(&true));
}

#[test]
fn peers_get_this_wrong_a_role_passed_to_another_service_runs_no_task() {
    let mut pass = allow(&json!("iam:PassRole"), "arn:aws:iam::123456789012:role/x");
    pass["Condition"] = json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}});
    let run = allow(&json!(["ecs:RunTask", "ecs:RegisterTaskDefinition"]), "*");
    assert!(of(&[pass.clone(), run.clone()]).is_empty());
    pass["Resource"] = json!("*");
    assert!(of(&[pass, run]).is_empty());
}
