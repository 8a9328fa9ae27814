//! Every field that names a role.

use serde_json::{Value, json};
use wallwalk_model::{Place, Reading, Time, ecs};

use super::*;
use crate::settings::Settings;

const ROLE: &str = "arn:aws:iam::111122223333:role/";

fn at(millis: i64) -> Time {
    Time::from_millis(millis)
}

fn arn(rest: &str) -> String {
    format!("arn:aws:ecs:eu-west-1:111122223333:{rest}")
}

fn with_role(snapshot: &mut Snapshot, path: &str, profile: Option<&str>) {
    let name = arn::last_segment(path).to_owned();
    let profiles: Vec<Value> = profile.iter().map(|one| json!({ "Arn": one })).collect();
    let role = json!({ "Arn": format!("{ROLE}{path}"), "RoleName": name, "InstanceProfileList": profiles });
    snapshot.roles.insert(name, Reading::known(at(1), serde_json::from_value(role).unwrap()));
}

fn empty() -> Snapshot {
    Snapshot::new(Place::new("aws", "111122223333", "eu-west-1"))
}

/// A service, a task that RunTask gave another role, a host with a profile and a managed provider.
fn estate_with(definition: Value) -> Snapshot {
    let mut snapshot = empty();
    let mut definition: ecs::TaskDefinition = serde_json::from_value(definition).unwrap();
    definition.task_definition_arn = arn("task-definition/api:1");
    let service = json!({ "launchType": "EC2", "taskDefinition": definition.task_definition_arn, "roleArn": format!("{ROLE}lb"),
        "deployments": [{ "id": "d", "status": "PRIMARY", "taskDefinition": definition.task_definition_arn,
            "capacityProviderStrategy": [{ "capacityProvider": "managed" }],
            "serviceConnectConfiguration": { "services": [{ "tls": { "roleArn": format!("{ROLE}tls") } }, {}] } }] });
    let task = json!({ "taskArn": arn("task/shop/1"), "taskDefinitionArn": definition.task_definition_arn, "group": "family:api",
        "launchType": "EC2", "overrides": { "taskRoleArn": format!("{ROLE}strong") } });
    let host = json!({ "containerInstanceArn": arn("container-instance/shop/a"), "ec2InstanceId": "i-a" });
    let machine = json!({ "InstanceId": "i-a", "IamInstanceProfile": { "Arn": "arn:aws:iam::111122223333:instance-profile/hosts" } });
    let provider = json!({ "name": "managed", "managedInstancesProvider": { "infrastructureRoleArn": format!("{ROLE}infra") } });
    snapshot.task_definitions.insert(definition.task_definition_arn.clone(), Reading::known(at(1), definition));
    snapshot.services.insert(arn("service/shop/api"), Reading::known(at(1), serde_json::from_value(service).unwrap()));
    snapshot.tasks.insert(arn("task/shop/1"), Reading::known(at(1), serde_json::from_value(task).unwrap()));
    snapshot.container_instances.insert(arn("container-instance/shop/a"), Reading::known(at(1), serde_json::from_value(host).unwrap()));
    snapshot.instances.insert("i-a".into(), Reading::known(at(1), serde_json::from_value(machine).unwrap()));
    snapshot.capacity_providers.insert("managed".into(), Reading::known(at(1), serde_json::from_value(provider).unwrap()));
    with_role(&mut snapshot, "hosts/host", Some("arn:aws:iam::111122223333:instance-profile/hosts"));
    snapshot
}

fn uses(snapshot: &Snapshot) -> Vec<String> {
    let settings = Settings::default();
    let account = crate::roles::account(snapshot, Time::default());
    let estate = Estate::new(snapshot, &account, &settings, Time::default());
    let show = |one: RoleUse<'_>| {
        let role = one.role.map_or_else(|gap| gap.to_string(), |arn| arn::last_segment(&arn).to_owned());
        format!("{} of {}: {role}{}", one.kind.word(), one.label, if one.overridden { " (overridden)" } else { "" })
    };
    of_estate(&estate, &Fleet::new(&estate)).into_iter().map(show).collect()
}

#[test]
fn every_field_that_names_a_role_is_a_use() {
    let definition = json!({ "taskRoleArn": format!("{ROLE}task"), "executionRoleArn": format!("{ROLE}exec") });
    assert_eq!(
        uses(&estate_with(definition)),
        [
            "task role of shop/api: task",
            "execution role of shop/api: exec",
            "service role of shop/api: lb",
            "Service Connect role of shop/api: tls",
            "task role of shop/family:api: strong (overridden)",
            "execution role of shop/family:api: exec",
            "instance role of instances of shop: host",
            "infrastructure role of capacity provider managed: infra",
        ]
    );
}

#[test]
fn a_bare_name_is_resolved_with_its_path() {
    let mut snapshot = estate_with(json!({ "taskRoleArn": "task" }));
    let unresolved = "task role of shop/api: iam:GetAccountAuthorizationDetails: not asked".to_owned();
    assert!(uses(&snapshot).contains(&unresolved));
    with_role(&mut snapshot, "app/task", None);
    assert_eq!(resolved(&snapshot, "task"), Ok(format!("{ROLE}app/task")));
    assert!(uses(&snapshot).contains(&"task role of shop/api: task".to_owned()));
}

#[test]
fn a_role_that_is_not_in_a_complete_listing_is_gone_and_else_unread() {
    let mut snapshot = empty();
    with_role(&mut snapshot, "app/task", None);
    let of = |snapshot: &Snapshot, written: &str| role(snapshot, written).map(|role| role.map(|role| role.arn.clone()));
    let there = Ok(Some(format!("{ROLE}app/task")));
    assert_eq!(of(&snapshot, "task"), there);
    assert_eq!(of(&snapshot, &format!("{ROLE}app/task")), there);
    // A role of the same name that was made anew under another path.
    assert_eq!(of(&snapshot, &format!("{ROLE}task")), Ok(None));
    assert_eq!(of(&snapshot, "lost"), Err(Gap::not_asked(LISTING)));
    snapshot.listing_failed(LISTING, at(2), Gap::new(LISTING, GapReason::Throttled, ""));
    assert_eq!(of(&snapshot, "lost"), Err(Gap::new(LISTING, GapReason::Throttled, "")));
    snapshot.listing_complete(LISTING, at(3), ["task".to_owned()]);
    assert_eq!((of(&snapshot, "lost"), of(&snapshot, "task")), (Ok(None), there));
    snapshot.listing_complete(LISTING, at(4), []);
    assert_eq!(of(&snapshot, "task"), Ok(None));
    assert!(of(&snapshot, "arn:aws:iam::444455556666:role/task").is_err());
}

#[test]
fn a_role_that_nothing_uses_is_no_use() {
    let mut snapshot = estate_with(json!({}));
    let before = uses(&snapshot);
    with_role(&mut snapshot, "idle", None);
    assert_eq!(uses(&snapshot), before);
}

#[test]
fn service_linked_roles_are_told_apart() {
    let mut snapshot = estate_with(json!({}));
    let linked = "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
    let wallwalk_model::Fact::Known(service) = &mut snapshot.services.get_mut(&arn("service/shop/api")).unwrap().fact else { panic!() };
    service.role_arn = Some(linked.into());
    let settings = Settings::default();
    let account = crate::roles::account(&snapshot, Time::default());
    let estate = Estate::new(&snapshot, &account, &settings, Time::default());
    let linked: Vec<RoleKind> =
        of_estate(&estate, &Fleet::new(&estate)).iter().filter(|one| one.is_service_linked()).map(|one| one.kind).collect();
    assert_eq!(linked, [RoleKind::Service]);
}
