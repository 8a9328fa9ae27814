//! Files, logs, volumes and sessions.

use serde_json::json;
use wallwalk_model::Gap;

use super::*;

fn pairs(options: &[(&str, &str)]) -> Value {
    options.iter().map(|(name, value)| json!({ "name": name, "clear": value, "kind": "text" })).collect()
}

fn logging(driver: &str, options: &[(&str, &str)]) -> ecs::TaskDefinition {
    container(json!({ "image": "nginx", "logConfiguration": { "logDriver": driver, "options": pairs(options) } }))
}

#[test]
fn files_in_s3_are_read_with_their_bucket_and_perhaps_its_key() {
    let get = "ReadTaskFiles s3:GetObject on arn:aws:s3:::conf/app/prod.env";
    let bucket = "ReadTaskFiles s3:GetBucketLocation on arn:aws:s3:::conf";
    let key = "maybe ReadTaskFiles kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/* if StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com";
    let file = "arn:aws:s3:::conf/app/prod.env";
    let environment = container(json!({ "image": "nginx", "environmentFiles": [{ "value": file, "type": "s3" }] }));
    let router = container(json!({ "image": "nginx", "firelensConfiguration": { "type": "fluentbit",
        "options": pairs(&[("config-file-type", "s3"), ("config-file-value", file)]) } }));
    let specification = container(json!({ "image": "nginx", "dockerSecurityOptions": [format!("credentialspec:{file}")] }));
    for definition in [environment, router, specification] {
        expect(&needs(&definition).execution, &[get, bucket, key]);
    }
    let local = container(json!({ "image": "nginx", "firelensConfiguration": { "type": "fluentbit",
        "options": pairs(&[("config-file-type", "file"), ("config-file-value", "/extra.conf")]) } }));
    expect(&needs(&local).execution, &[]);
    let wrong = container(json!({ "image": "nginx", "environmentFiles": [{ "value": "s3://conf/app", "type": "s3" }] }));
    assert_eq!(problems(&needs(&wrong)), ["`s3://conf/app` is not the ARN of an object in Amazon S3"]);
}

#[test]
fn files_of_an_override_replace_those_of_the_definition() {
    let definition = container(json!({ "image": "nginx", "environmentFiles": [{ "value": "arn:aws:s3:::conf/own.env" }] }));
    let overrides: ecs::TaskOverride = serde_json::from_value(json!({ "containerOverrides": [
        { "name": "other", "environmentFiles": [{ "value": "arn:aws:s3:::conf/other.env" }] },
        { "name": "app", "environmentFiles": [{ "value": "arn:aws:s3:::conf/run.env" }] },
    ] }))
    .unwrap();
    let found = needs_in(&empty(), &definition, &Setting { overrides: Some(&overrides), ..Setting::on(Launch::Ec2) });
    let objects: Vec<&Need> = found.execution.iter().filter(|need| need.actions.contains("s3:GetObject")).collect();
    expect(&[objects[0].clone()], &["ReadTaskFiles s3:GetObject on arn:aws:s3:::conf/run.env"]);
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].because, "/overrides/containerOverrides/1/environmentFiles/0/value");
}

#[test]
fn credential_specifications_come_from_parameter_store_too_and_without_a_domain_name_a_secret() {
    let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/gmsa";
    let plain = container(json!({ "image": "nginx", "dockerSecurityOptions": [format!("credentialspec:{arn}")] }));
    let read = format!("ReadTaskFiles ssm:GetParameters on {arn}");
    expect(&needs(&plain).execution, &[&read]);
    let domainless = container(json!({ "image": "nginx", "dockerSecurityOptions": [format!("credentialspecdomainless:{arn}")] }));
    let any = "maybe ReadSecrets secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:111122223333:secret:*";
    expect(&needs(&domainless).execution, &[&read, any]);
    let file = container(json!({ "image": "nginx", "dockerSecurityOptions": ["credentialspec:file://gmsa.json", "no-new-privileges"] }));
    assert_eq!(needs(&file), Needs::default());
}

#[test]
fn awslogs_writes_to_the_streams_of_its_group() {
    let write = "WriteLogs logs:CreateLogStream logs:PutLogEvents on arn:aws:logs";
    for (options, expected) in [
        (
            vec![("awslogs-group", "/ecs/api"), ("awslogs-region", "eu-west-1"), ("awslogs-stream-prefix", "ecs")],
            format!("{write}:eu-west-1:111122223333:log-group:/ecs/api:log-stream:ecs/app/*"),
        ),
        (
            vec![("awslogs-group", "/ecs/api"), ("awslogs-stream-prefix", "ecs")],
            format!("{write}:eu-west-1:111122223333:log-group:/ecs/api:log-stream:ecs/app/*"),
        ),
        (
            vec![("awslogs-group", "/ecs/api"), ("awslogs-region", "us-east-1")],
            format!("{write}:us-east-1:111122223333:log-group:/ecs/api:log-stream:*"),
        ),
    ] {
        expect(&needs(&logging("awslogs", &options)).execution, &[&expected]);
    }
}

#[test]
fn a_group_that_the_driver_creates_is_created_with_its_streams() {
    let of = |create: &str| needs(&logging("awslogs", &[("awslogs-group", "g"), ("awslogs-create-group", create)])).execution;
    let create = "CreateLogGroup logs:CreateLogGroup on arn:aws:logs:eu-west-1:111122223333:log-group:g:*";
    assert!(lines(&of("true")).contains(&create.to_owned()));
    assert_eq!(of("false").len(), 1);
}

#[test]
fn what_was_withheld_makes_a_need_optional() {
    for (withheld, expected) in [
        (
            "awslogs-stream-prefix",
            "maybe WriteLogs logs:CreateLogStream logs:PutLogEvents on arn:aws:logs:us-east-1:111122223333:log-group:g:log-stream:*",
        ),
        (
            "awslogs-region",
            "maybe WriteLogs logs:CreateLogStream logs:PutLogEvents on arn:aws:logs:*:111122223333:log-group:g:log-stream:ecs/app/*",
        ),
        ("awslogs-group", "maybe WriteLogs logs:CreateLogStream logs:PutLogEvents on arn:aws:logs:*:111122223333:log-group:*:log-stream:*"),
    ] {
        let options = [("awslogs-group", "g"), ("awslogs-stream-prefix", "ecs"), ("awslogs-region", "us-east-1")];
        let mut definition = logging("awslogs", &options);
        for option in &mut definition.container_definitions[0].log_configuration.as_mut().unwrap().options {
            option.clear = option.clear.take().filter(|_| option.name != withheld);
        }
        expect(&needs(&definition).execution, &[expected]);
    }
}

#[test]
fn containers_that_share_a_group_without_a_prefix_need_the_same() {
    let log = json!({ "logDriver": "awslogs", "options": pairs(&[("awslogs-group", "g")]) });
    let both = definition(json!({ "containerDefinitions": [
        { "name": "a", "image": "nginx", "logConfiguration": log }, { "name": "b", "image": "nginx", "logConfiguration": log } ] }));
    let found = lines(&needs(&both).execution);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], found[1]);
}

#[test]
fn drivers_that_call_no_aws_service_need_only_what_their_options_refer_to() {
    for driver in ["json-file", "splunk", "fluentd"] {
        assert_eq!(needs(&logging(driver, &[])), Needs::default(), "{driver}");
    }
    let splunk = container(json!({ "image": "nginx", "logConfiguration": { "logDriver": "splunk",
        "secretOptions": [{ "name": "splunk-token", "valueFrom": "/splunk" }] } }));
    let found = needs_in(&with_parameter("/splunk", "String", None), &splunk, &Setting::on(Launch::Ec2));
    expect(&found.execution, &["ReadParameters ssm:GetParameters on arn:aws:ssm:eu-west-1:111122223333:parameter/splunk"]);
    assert_eq!(found.execution[0].because, "/containerDefinitions/0/logConfiguration/secretOptions/0/valueFrom");
    let unknown = needs(&logging("newdriver", &[]));
    assert_eq!((unknown.execution.len(), problems(&unknown)), (0, vec!["log driver `newdriver` is not known"]));
    assert_eq!(problems(&needs(&logging("awslogs", &[]))), ["awslogs without `awslogs-group` writes nowhere"]);
    assert_eq!(problems(&needs(&logging("awslogs", &[("awslogs-group", "a*")]))), ["`a*` can be no log group's name"]);
}

#[test]
fn service_connect_logs_with_the_execution_role_of_the_revision_it_serves() {
    let own = container(json!({ "image": "nginx" }));
    let connect = |definition: &str, group: &str| {
        json!({ "id": group, "taskDefinition": definition, "serviceConnectConfiguration": { "logConfiguration": {
        "logDriver": "awslogs", "options": pairs(&[("awslogs-group", group), ("awslogs-stream-prefix", "sc")]) } } })
    };
    let service: ecs::Service = serde_json::from_value(json!({ "deployments": [
        connect("arn:aws:ecs:eu-west-1:111122223333:task-definition/api:2", "other"), connect(&own.task_definition_arn, "proxy") ] }))
    .unwrap();
    let found = needs_in(&empty(), &own, &Setting { service: Some(&service), ..Setting::on(Launch::Ec2) });
    expect(
        &found.execution,
        &["WriteLogs logs:CreateLogStream logs:PutLogEvents on arn:aws:logs:eu-west-1:111122223333:log-group:proxy:log-stream:sc/*"],
    );
    assert_eq!(found.execution[0].because, "/deployments/1/serviceConnectConfiguration/logConfiguration/options/awslogs-group");
}

#[test]
fn what_a_log_router_sends_on_is_sent_with_the_task_role() {
    for (options, expected) in [
        (
            vec![("Name", "cloudwatch_logs"), ("region", "eu-west-1"), ("log_group_name", "g"), ("log_stream_prefix", "api-")],
            vec!["RouteLogs logs:CreateLogStream logs:PutLogEvents on arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:api-*"],
        ),
        (
            vec![
                ("Name", "cloudwatch"),
                ("region", "eu-west-1"),
                ("log_group_name", "g-$(task)"),
                ("log_stream_prefix", "api-"),
                ("auto_create_group", "true"),
            ],
            vec![
                "maybe RouteLogs logs:CreateLogStream logs:PutLogEvents on arn:aws:logs:eu-west-1:111122223333:log-group:*:log-stream:api-*",
                "maybe RouteLogs logs:CreateLogGroup on arn:aws:logs:eu-west-1:111122223333:log-group:*:*",
            ],
        ),
        (
            vec![("Name", "kinesis_firehose"), ("region", "us-east-1"), ("delivery_stream", "lines")],
            vec!["RouteLogs firehose:PutRecordBatch on arn:aws:firehose:us-east-1:111122223333:deliverystream/lines"],
        ),
        (vec![("Name", "s3"), ("bucket", "lines")], vec!["RouteLogs s3:PutObject on arn:aws:s3:::lines/fluent-bit-logs/*"]),
        (vec![("Name", "s3"), ("bucket", "lines"), ("s3_key_format", "/x")], vec!["maybe RouteLogs s3:PutObject on arn:aws:s3:::lines/*"]),
        (
            vec![("Name", "firehose"), ("delivery_stream", "lines"), ("role_arn", "x")],
            vec!["maybe RouteLogs firehose:PutRecordBatch on arn:aws:firehose:eu-west-1:111122223333:deliverystream/lines"],
        ),
        (vec![("Name", "datadog")], vec![]),
    ] {
        let found = needs(&logging("awsfirelens", &options));
        expect(&found.task, &expected);
        expect(&found.execution, &[]);
    }
    // The name of the stream is not kept.
    let mut kinesis = logging("awsfirelens", &[("Name", "kinesis_streams"), ("stream", "lines")]);
    kinesis.container_definitions[0].log_configuration.as_mut().unwrap().options[1].clear = None;
    expect(&needs(&kinesis).task, &["maybe RouteLogs kinesis:PutRecords on arn:aws:kinesis:eu-west-1:111122223333:stream/*"]);
    let unsaid = needs(&logging("awsfirelens", &[]));
    assert_eq!(unsaid.gaps.into_iter().collect::<Vec<_>>(), [Gap::not_modelled("outputs in the log router's own configuration")]);
}

#[test]
fn a_file_system_is_mounted_as_the_volume_and_its_mounts_say() {
    let of = |authorization: Value, mounts: Value| {
        needs(&definition(json!({
            "containerDefinitions": [{ "name": "app", "image": "nginx", "mountPoints": mounts }],
            "volumes": [{ "name": "data", "efsVolumeConfiguration": { "fileSystemId": "fs-1", "authorizationConfig": authorization } }],
        })))
    };
    let on = "on arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1";
    let point = "if StringEquals elasticfilesystem:AccessPointArn=arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-1";
    let (read, write) = (
        json!([{ "sourceVolume": "data", "readOnly": true }]),
        json!([{ "sourceVolume": "data", "readOnly": true }, { "sourceVolume": "data" }]),
    );
    for (authorization, mounts, actions, given) in [
        (json!({ "iam": "ENABLED" }), &read, "elasticfilesystem:ClientMount elasticfilesystem:ClientRootAccess", ""),
        (json!({ "iam": "ENABLED", "accessPointId": "fsap-1" }), &read, "elasticfilesystem:ClientMount", point),
        (
            json!({ "iam": "ENABLED", "accessPointId": "fsap-1" }),
            &write,
            "elasticfilesystem:ClientMount elasticfilesystem:ClientWrite",
            point,
        ),
        (
            json!({ "iam": "ENABLED" }),
            &write,
            "elasticfilesystem:ClientMount elasticfilesystem:ClientRootAccess elasticfilesystem:ClientWrite",
            "",
        ),
    ] {
        expect(&of(authorization, mounts.clone()).task, &[format!("MountFiles {actions} {on} {given}").trim_end()]);
    }
    assert_eq!(of(json!({ "iam": "DISABLED", "accessPointId": "fsap-1" }), write), Needs::default());
}

#[test]
fn sessions_need_their_channels_and_where_they_are_logged() {
    let definition = container(json!({ "image": "nginx" }));
    let channels = "Exec ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel on *";
    let cluster = |raw: Value| -> ecs::Cluster {
        serde_json::from_value(json!({ "settings": [{ "name": "containerInsights", "value": "enabled" }],
            "configuration": { "executeCommandConfiguration": raw } }))
        .unwrap()
    };
    let of = |exec: Result<bool, Gap>, cluster: Result<&ecs::Cluster, Gap>| {
        needs_in(&empty(), &definition, &Setting { exec, cluster, ..Setting::on(Launch::Ec2) })
    };
    let logged = json!({ "cloudWatchLogGroupName": "/exec", "s3BucketName": "sessions", "s3KeyPrefix": "prod/" });
    let full = cluster(json!({ "kmsKeyId": "0a1b", "logging": "OVERRIDE", "logConfiguration": logged.clone() }));
    let all = [
        channels,
        "Exec logs:DescribeLogGroups on *",
        "Exec logs:CreateLogStream logs:DescribeLogStreams logs:PutLogEvents on arn:aws:logs:eu-west-1:111122223333:log-group:/exec:*",
        "Exec s3:PutObject on arn:aws:s3:::sessions/prod/*",
        "Exec s3:GetEncryptionConfiguration on arn:aws:s3:::sessions",
        "Exec kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/0a1b",
    ];
    expect(&of(Ok(true), Ok(&full)).task, &all);
    assert_eq!(of(Ok(false), Ok(&full)), Needs::default());
    expect(&of(Ok(true), Ok(&cluster(json!({ "logging": "DEFAULT", "logConfiguration": logged })))).task, &[channels]);
    let aliased = of(Ok(true), Ok(&cluster(json!({ "kmsKeyId": "alias/exec" }))));
    expect(&aliased.task, &[channels, "maybe Exec kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/*"]);
    // Whether it is on, and what the cluster says, may both be unread.
    let gap = Gap::not_asked("ecs:DescribeServices");
    expect(&of(Err(gap.clone()), Err(gap.clone())).task, &[&format!("maybe {channels}")]);
    assert!(of(Ok(true), Err(gap.clone())).gaps.contains(&gap));
    let unasked = ecs::Cluster::default();
    assert_eq!(of(Ok(true), Ok(&unasked)).gaps.len(), 1);
}

#[test]
fn what_only_a_sidecar_refers_to_is_the_tasks_need_too() {
    let task = definition(json!({ "containerDefinitions": [
        { "name": "app", "image": "nginx" },
        { "name": "agent", "image": "nginx", "essential": false, "secrets": [{ "name": "KEY", "valueFrom": "agent-key" }] } ] }));
    let found = needs_in(&with_parameter("agent-key", "String", None), &task, &Setting::on(Launch::Ec2));
    expect(&found.execution, &["ReadParameters ssm:GetParameters on arn:aws:ssm:eu-west-1:111122223333:parameter/agent-key"]);
    assert_eq!(found.execution[0].because, "/containerDefinitions/1/secrets/0/valueFrom");
}
