//! Loading what the AWS CLI printed, and that no value comes along.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use wallwalk_collect::load::{LoadError, load, load_documents};
use wallwalk_model::kms::find_key;
use wallwalk_model::redacted::SightingClass;
use wallwalk_model::secrets::StoreReference;
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Fact, Time};
use wallwalk_secrets::Key;

const CLUSTER: &str = "arn:aws:ecs:eu-west-1:111122223333:cluster/shop";
const SERVICE: &str = "arn:aws:ecs:eu-west-1:111122223333:service/shop/api";
const DEFINITION: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:7";

fn key() -> Key {
    Key::new([3; 32])
}

fn now() -> Time {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

fn write(folder: &Path, name: &str, value: &Value) {
    fs::write(folder.join(name), value.to_string()).unwrap();
}

fn definition(container: Value) -> Value {
    let mut container = container;
    container["name"] = json!("web");
    container["image"] = json!("nginx:1.27");
    json!({"taskDefinition": {"taskDefinitionArn": DEFINITION, "family": "shop-api", "revision": 7, "status": "ACTIVE", "containerDefinitions": [container]}, "tags": []})
}

#[test]
fn a_folder_of_outputs_becomes_one_snapshot_with_complete_listings() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "clusters.json",
        &json!({"clusters": [{"clusterArn": CLUSTER, "clusterName": "shop", "settings": []}], "failures": []}),
    );
    write(
        dir.path(),
        "services.json",
        &json!({"services": [{"serviceArn": SERVICE, "serviceName": "api", "clusterArn": CLUSTER, "taskDefinition": DEFINITION}], "failures": []}),
    );
    write(dir.path(), "td.json", &definition(json!({})));
    write(
        dir.path(),
        "groups.json",
        &json!({"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1",
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": [{"GroupId": "sg-2"}]}], "IpPermissionsEgress": []}]}),
    );
    write(dir.path(), "notes.json", &json!({"hello": 1}));
    let loaded = load(dir.path(), &key(), now()).unwrap();
    let snapshot = loaded.snapshot;
    assert_eq!((snapshot.place.account.as_str(), snapshot.place.region.as_str()), ("111122223333", "eu-west-1"));
    assert_eq!(snapshot.services[SERVICE].read_at, now());
    for name in [
        "ecs:ListClusters".to_owned(),
        listing::services("shop"),
        "ec2:DescribeSecurityGroups".into(),
        "ec2:DescribeSecurityGroupRules".into(),
    ] {
        assert_eq!(snapshot.listing_gap(&name), None, "{name}");
    }
    // No file lists tasks: nothing is claimed about them.
    assert!(snapshot.listing_gap(&listing::tasks("shop")).is_some());
    assert_eq!(snapshot.security_group_rules.len(), 2);
    assert_eq!(snapshot.families["shop-api"].value().unwrap().latest_active.as_deref(), Some(DEFINITION));
    assert_eq!(loaded.problems.len(), 1, "the unknown file is told: {:?}", loaded.problems);
}

#[test]
fn an_output_that_announces_a_further_page_is_no_complete_listing() {
    let text = json!({"SecurityGroups": [{"GroupId": "sg-1"}], "NextToken": "x"}).to_string();
    let snapshot = load_documents(&[("groups.json", text)], &key(), now()).unwrap().snapshot;
    assert!(snapshot.listing_gap("ec2:DescribeSecurityGroups").is_some());
    assert_eq!(snapshot.security_groups.len(), 1);
}

#[test]
fn a_written_snapshot_loads_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "td.json", &definition(json!({"environment": [{"name": "DB_PASSWORD", "value": "changeme"}]})));
    let snapshot = load(dir.path(), &key(), now()).unwrap().snapshot;
    let file = dir.path().join("out.snapshot");
    fs::write(&file, serde_json::to_string(&snapshot).unwrap()).unwrap();
    assert_eq!(load(&file, &key(), Time::default()).unwrap().snapshot, snapshot);
}

#[test]
fn values_are_replaced_by_what_they_are() {
    let raw = definition(json!({
        "environment": [{"name": "DB_PASSWORD", "value": "changeme"}, {"name": "LOG_LEVEL", "value": "info"}, {"name": "DB", "value": "postgres://db.example.com:5432/x"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/shop", "mode": "blocking"}},
        "command": ["sh", "-c", "exec nginx -g 'daemon off;'"],
    }));
    let snapshot = load_documents(&[("td.json", raw.to_string())], &key(), now()).unwrap().snapshot;
    let container = &snapshot.task_definitions[DEFINITION].value().unwrap().container_definitions[0];
    assert_eq!(container.environment[0].value.sightings[0].class, SightingClass::WeakCredential);
    assert_eq!(container.environment[0].value.sightings[0].pointer, "/containerDefinitions/0/environment/0/value");
    assert_eq!(container.environment[1].value.kind, "text");
    assert_eq!(container.environment[2].value.refs[0].target, "db.example.com");
    let options = &container.log_configuration.as_ref().unwrap().options;
    assert_eq!(options[0].clear.as_deref(), Some("/ecs/shop"));
    assert!(container.command.as_ref().unwrap().shell);
}

/// A value that looks like nothing else, made at run time.
fn canary(n: usize) -> String {
    format!("Zq7{n:02}vK{}xW9pL{}tR3mB", (b'a' + u8::try_from(n % 26).unwrap()) as char, n * 7919)
}

#[test]
fn a_secret_on_any_surface_appears_nowhere_in_the_snapshot() {
    let c: Vec<String> = (0..24).map(canary).collect();
    let mut raw = definition(json!({
        "environment": [{"name": "DB_PASSWORD", "value": c[0]}, {"name": "PLAIN", "value": c[1]}, {"name": "URL", "value": format!("https://u:{}@h.example.com/{}?q={}", c[2], c[3], c[4])}],
        "command": ["app", "--password", c[5], c[6], format!("--x={}", c[7])],
        "entryPoint": ["sh", "-c", format!("TOKEN={} exec app", c[8])],
        "healthCheck": {"command": ["CMD-SHELL", format!("curl -H 'Authorization: Bearer {}' localhost", c[9])]},
        "dockerLabels": {"com.example.password": c[10], "plain": c[11]},
        "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": c[12], "splunk-url": c[13], "tag": "x"}},
        "firelensConfiguration": {"type": "fluentbit", "options": {"Header": format!("X-Token {}", c[14])}},
        "extraHosts": [{"hostname": c[15], "ipAddress": "10.0.0.1"}],
        "aFieldOfTomorrow": {"password": c[16]},
        "hostname": c[17],
        "workingDirectory": c[18],
    }));
    raw["taskDefinition"]["volumes"] = json!([{"name": "v", "dockerVolumeConfiguration": {"driverOpts": {"o": format!("username=a,password={}", c[19]), "key": c[20]}, "labels": {"secret": c[21]}}}]);
    raw["taskDefinition"]["proxyConfiguration"] = json!({"properties": [{"name": "SECRET_TOKEN", "value": c[22]}]});
    raw["tags"] = json!([{"key": "password", "value": c[23]}]);
    let task = json!({"tasks": [{"taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/shop/1", "clusterArn": CLUSTER, "taskDefinitionArn": DEFINITION,
        "overrides": {"containerOverrides": [{"name": "web", "environment": [{"name": "DB_PASSWORD", "value": c[0]}], "command": [c[5]]}]}}]});
    let loaded = load_documents(&[("td.json", raw.to_string()), ("task.json", task.to_string())], &key(), now()).unwrap();
    let text = format!("{}{:?}", serde_json::to_string(&loaded.snapshot).unwrap(), loaded.problems);
    for (n, one) in c.iter().enumerate() {
        assert!(!text.contains(one.as_str()), "canary {n} is in the snapshot");
        assert!(!text.contains(&one[..12]), "the start of canary {n} is in the snapshot");
    }
    let sighted = text.matches("\"class\":\"secret\"").count();
    assert!(sighted >= 12, "only {sighted} sightings");
}

#[test]
fn references_that_a_complete_listing_does_not_show_are_absent_and_others_are_not_claimed() {
    let raw = definition(json!({"secrets": [
        {"name": "A", "valueFrom": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:gone-AbCdEf"},
        {"name": "B", "valueFrom": "/shop/param"}]}));
    let list = json!({"SecretList": []});
    let snapshot = load_documents(&[("td.json", raw.to_string()), ("secrets.json", list.to_string())], &key(), now()).unwrap().snapshot;
    assert_eq!(snapshot.secrets.values().next().unwrap().fact, Fact::Absent);
    assert!(snapshot.parameters.is_empty());
}

#[test]
fn what_cannot_be_loaded_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let missing = load(&dir.path().join("nowhere"), &key(), now()).unwrap_err();
    assert!(matches!(missing, LoadError::Unreadable { .. }) && missing.to_string().contains("nowhere"));
    assert!(matches!(load(dir.path(), &key(), now()).unwrap_err(), LoadError::Nothing { .. }));
    let file = dir.path().join("bad.json");
    fs::write(&file, "{\n  \"clusters\": [,]\n}").unwrap();
    let error = load(&file, &key(), now()).unwrap_err();
    assert!(matches!(error, LoadError::NotJson { line: 2, .. }), "{error}");
    fs::write(&file, json!({"schema": 99, "listings": {}}).to_string()).unwrap();
    assert!(matches!(load(&file, &key(), now()).unwrap_err(), LoadError::Newer { found: 99, .. }));
    let other = json!({"clusters": [{"clusterArn": CLUSTER}, {"clusterArn": CLUSTER.replace("eu-west-1", "us-east-1")}]});
    fs::write(&file, other.to_string()).unwrap();
    assert!(matches!(load(&file, &key(), now()).unwrap_err(), LoadError::Mixed { .. }));
}

#[test]
fn hostile_documents_are_problems_and_not_panics() {
    let deep = "[".repeat(100_000);
    assert!(load_documents(&[("x.json", deep)], &key(), now()).is_err());
    for value in [
        json!({"clusters": 5, "services": [{"serviceArn": 7}], "tasks": [null, "x"], "taskDefinition": []}),
        json!({"SecurityGroups": [{"GroupId": null}], "Entries": [{}], "ARN": 3, "policyText": "x", "failures": [{}]}),
        json!({"taskDefinition": {"taskDefinitionArn": DEFINITION, "containerDefinitions": [{"environment": [{"name": 5}], "logConfiguration": {"options": []}, "command": "x"}]}}),
    ] {
        let loaded = load_documents(&[("x.json", value.to_string())], &key(), now()).unwrap();
        assert!(!loaded.problems.is_empty() || !loaded.snapshot.task_definitions.is_empty());
    }
}

#[test]
fn a_credential_pasted_where_a_reference_belongs_is_withheld_and_noticed() {
    let token = format!("{}{}", "ghp_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let password = "correct horse battery staple";
    let container = json!({
        "secrets": [{"name": "TOKEN", "valueFrom": token}, {"name": "DB_PASSWORD", "valueFrom": password}, {"name": "FINE", "valueFrom": "/shop/db-password"}],
        "logConfiguration": {"logDriver": "splunk", "secretOptions": [{"name": "splunk-token", "valueFrom": token}]},
        "repositoryCredentials": {"credentialsParameter": token},
    });
    let loaded = load_documents(&[("td.json", definition(container).to_string())], &key(), now()).unwrap();
    let text = serde_json::to_string(&loaded.snapshot).unwrap();
    assert!(!text.contains(&token) && !text.contains(password), "{text}");
    let definition = loaded.snapshot.task_definitions[DEFINITION].value().unwrap();
    let container = &definition.container_definitions[0];
    assert_eq!(container.secrets[2].value_from, "/shop/db-password");
    let noticed: Vec<&str> = container.other_text.iter().map(|pair| pair.name.as_str()).collect();
    assert_eq!(noticed, ["TOKEN", "DB_PASSWORD", "splunk-token", "credentialsParameter"]);
    assert!(container.other_text.iter().all(|pair| !pair.value.sightings.is_empty()), "{:?}", container.other_text);
}

#[test]
fn what_the_needs_of_an_execution_role_are_derived_from_survives_the_redaction() {
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:files-AbCdEf";
    let spec = "credentialspecdomainless:arn:aws:ssm:eu-west-1:111122223333:parameter/ad/spec";
    let mut raw = definition(json!({
        "logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "kinesis_streams", "stream": "orders", "role_arn": "arn:aws:iam::111122223333:role/logs", "region": "eu-west-1"}},
        "firelensConfiguration": {"type": "fluentbit", "options": {"config-file-type": "s3", "config-file-value": "arn:aws:s3:::conf/fluent.conf"}},
        "credentialSpecs": [spec, "hunter2"],
        "environmentFiles": [{"value": "arn:aws:s3:::conf/a.env", "type": "s3"}],
        "repositoryCredentials": {"credentialsParameter": secret},
    }));
    raw["taskDefinition"]["volumes"] = json!([
        {"name": "efs", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"}}},
        {"name": "fsx", "fsxWindowsFileServerVolumeConfiguration": {"fileSystemId": "fs-2", "rootDirectory": "share",
            "authorizationConfig": {"credentialsParameter": secret, "domain": "example.com"}}},
        {"name": "pasted", "fsxWindowsFileServerVolumeConfiguration": {"fileSystemId": "fs-3", "authorizationConfig": {"credentialsParameter": "hunter2!"}}},
        {"name": "s3", "s3filesVolumeConfiguration": {"fileSystemArn": "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-4"}},
    ]);
    let snapshot = load_documents(&[("td.json", raw.to_string())], &key(), now()).unwrap().snapshot;
    let definition = snapshot.task_definitions[DEFINITION].value().unwrap();
    let container = &definition.container_definitions[0];
    let options = &container.log_configuration.as_ref().unwrap().options;
    let clear: Vec<Option<&str>> = options.iter().map(|option| option.clear.as_deref()).collect();
    assert_eq!(clear, [Some("kinesis_streams"), Some("eu-west-1"), Some("arn:aws:iam::111122223333:role/logs"), Some("orders")]);
    let router = &container.firelens_configuration.as_ref().unwrap().options;
    assert_eq!(router[1].clear.as_deref(), Some("arn:aws:s3:::conf/fluent.conf"));
    assert_eq!(container.credential_specs, [spec, "(withheld)"]);
    assert_eq!(container.environment_files[0].value, "arn:aws:s3:::conf/a.env");
    let efs = definition.volumes[0].efs_volume_configuration.as_ref().unwrap().authorization_config.as_ref().unwrap();
    assert_eq!((efs.iam.as_deref(), efs.access_point_id.as_deref()), (Some("ENABLED"), Some("fsap-1")));
    let fsx = |n: usize| definition.volumes[n].fsx_volume_configuration.as_ref().unwrap().authorization_config.as_ref().unwrap();
    assert_eq!((fsx(1).credentials_parameter.as_deref(), fsx(1).domain.as_deref()), (Some(secret), Some("example.com")));
    assert_eq!(fsx(2).credentials_parameter.as_deref(), Some("(withheld)"));
    assert!(definition.volumes[3].s3_files_volume_configuration.as_ref().unwrap().file_system_arn.is_some());
    assert!(!serde_json::to_string(&snapshot).unwrap().contains("hunter2"));
    let written: Vec<StoreReference> = wallwalk_collect::references::store_references(&snapshot).into_iter().collect();
    let parameter = |one: &StoreReference| matches!(one, StoreReference::Parameter { name, .. } if name == "/ad/spec");
    let secret_of = |one: &StoreReference| matches!(one, StoreReference::Secret { id, .. } if id == secret);
    assert!(written.iter().any(parameter) && written.iter().any(secret_of), "{written:?}");
}

#[test]
fn attributes_of_container_instances_are_kept() {
    let host = "arn:aws:ecs:eu-west-1:111122223333:container-instance/shop/0a1";
    let attributes =
        ["ecs.capability.task-eni-block-instance-metadata", "ecs.capability.execution-role-awslogs"].map(|name| json!({"name": name}));
    let hosts = json!({"containerInstances": [{"containerInstanceArn": host, "attributes": attributes}]}).to_string();
    let snapshot = load_documents(&[("hosts.json", hosts)], &key(), now()).unwrap().snapshot;
    let host = snapshot.container_instances[host].value().unwrap();
    assert!(host.has_attribute("ecs.capability.task-eni-block-instance-metadata") && !host.has_attribute("ecs.capability.imds-iam-roles"));
}

#[test]
fn users_and_groups_are_listed_unless_a_filter_may_have_left_them_out() {
    let of = |users: Value, groups: Value| {
        let walk = json!({"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": [], "Policies": []}).to_string();
        load_documents(&[("iam.json", walk)], &key(), now()).unwrap().snapshot
    };
    let user = json!({"UserName": "kim", "Arn": "arn:aws:iam::111122223333:user/kim", "GroupList": ["ops"],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": {"Statement": []}}]});
    let snapshot = of(json!([user]), json!([{"GroupName": "ops", "Arn": "arn:aws:iam::111122223333:group/ops"}]));
    assert_eq!(snapshot.users["kim"].value().unwrap().user_policy_list[0].policy_document.as_deref(), Some("{\"Statement\":[]}"));
    assert_eq!((snapshot.listing_gap(&listing::users()), snapshot.listing_gap(&listing::groups())), (None, None));
    let snapshot = of(json!([]), json!([]));
    assert_eq!(snapshot.listing_gap("iam:GetAccountAuthorizationDetails"), None);
    assert!(snapshot.listing_gap(&listing::users()).is_some() && snapshot.listing_gap(&listing::groups()).is_some());
}

#[test]
fn keys_and_their_policies_are_read_if_it_is_said_whose_they_are() {
    let arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b";
    let metadata = json!({"KeyMetadata": {"Arn": arn, "KeyId": "0a1b", "KeyManager": "CUSTOMER", "KeyState": "Enabled"}}).to_string();
    let policy = json!({"Policy": "{\"Statement\": []}", "PolicyName": "default", "KeyId": arn}).to_string();
    let nobodys = json!({"Policy": "{}", "PolicyName": "default"}).to_string();
    let loaded = load_documents(&[("key.json", metadata), ("policy.json", policy), ("other.json", nobodys)], &key(), now()).unwrap();
    assert_eq!(find_key(&loaded.snapshot.keys, "0a1b").unwrap().1.value().unwrap().key_manager.as_deref(), Some("CUSTOMER"));
    assert_eq!(loaded.snapshot.key_policies[arn].value().unwrap().document.as_deref(), Some("{\"Statement\": []}"));
    assert_eq!(loaded.problems, ["kms:GetKeyPolicy: add a member `KeyId` with the key's ARN to say whose policy it is"]);
}

#[test]
fn a_report_of_use_counts_if_it_is_whole_and_somebodys() {
    let report = |more: Value| {
        let mut report = json!({"JobStatus": "COMPLETED", "JobCompletionDate": "2026-11-24T00:00:00Z", "RoleName": "api",
            "ServicesLastAccessed": [{"ServiceNamespace": "s3", "TrackedActionsLastAccessed": [{"ActionName": "PutObject"}]}, {"ServiceNamespace": "sqs"}]});
        report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        load_documents(&[("report.json", report.to_string())], &key(), now()).unwrap()
    };
    let whole = report(json!({})).snapshot;
    let services = &whole.last_accessed["api"].value().unwrap().services_last_accessed;
    assert_eq!(services[0].tracked_actions_last_accessed.as_ref().unwrap()[0].action_name, "PutObject");
    assert_eq!((services.len(), services[1].tracked_actions_last_accessed.as_ref()), (2, None));
    for half in [json!({"IsTruncated": true}), json!({"JobStatus": "IN_PROGRESS"})] {
        assert!(matches!(report(half).snapshot.last_accessed["api"].fact, Fact::Gap(_)));
    }
    let nobodys = report(json!({"RoleName": null}));
    assert!(nobodys.snapshot.last_accessed.is_empty() && nobodys.problems[0].contains("`RoleName`"));
}
