//! The deployment template, held against the evidence table, its README and what every resource of
//! its kind must have.
//!
//! The template is read as the plain YAML it is: intrinsic functions are written in their long form.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests, which are outside any test function")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use wallwalk_model::evidence::{self, MOST_PATTERN_CHARACTERS};

/// Most bytes of a template that is handed over in the call itself.
const MOST_BYTES: usize = 51_200;

fn infra(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../infra").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn template() -> Value {
    serde_saphyr::from_str(&infra("single-account.yaml")).expect("the template is YAML")
}

/// Logical id and body of every resource of a type.
fn resources<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let all = template["Resources"].as_object().expect("resources");
    all.iter().filter(|(_, body)| body["Type"] == kind).map(|(id, body)| (id.as_str(), body)).collect()
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// The statements of a policy document; one that depends on a condition counts as there.
fn statements(document: &Value) -> Vec<&Value> {
    list(&document["Statement"]).into_iter().map(|statement| statement.pointer("/Fn::If/1").unwrap_or(statement)).collect()
}

fn words(value: &Value) -> Vec<&str> {
    list(value).into_iter().filter_map(Value::as_str).collect()
}

/// An ARN as the evidence table writes it.
fn arn(value: &Value) -> String {
    let text = value.get("Fn::Sub").unwrap_or(value).as_str().unwrap_or_default();
    text.replace("${AWS::Partition}", "{partition}").replace("${AWS::AccountId}", "{account}")
}

/// Every policy document of a role or managed policy that is not its trust.
fn policies(body: &Value) -> Vec<&Value> {
    let inline = list(&body["Properties"]["Policies"]).into_iter().map(|policy| &policy["PolicyDocument"]);
    inline.chain(body["Properties"].get("PolicyDocument")).collect()
}

#[test]
fn the_template_is_plain_and_small() {
    let text = infra("single-account.yaml");
    assert!(text.len() < MOST_BYTES, "{} bytes", text.len());
    let template = template();
    assert!(template.get("Transform").is_none());
    assert!(template["Description"].as_str().expect("a description").len() <= 1024);
    assert!(!text.contains("!Ref") && !text.contains("!Sub") && !text.contains("!GetAtt"));
}

#[test]
fn the_member_role_may_do_exactly_what_the_evidence_table_says() {
    let template = template();
    let mut granted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for statement in policies(&template["Resources"]["MemberRole"]).into_iter().flat_map(statements) {
        if statement["Effect"] != "Allow" {
            continue;
        }
        assert!(statement.get("NotAction").is_none() && statement.get("NotResource").is_none());
        for action in words(&statement["Action"]) {
            let resources = list(&statement["Resource"]).into_iter().map(arn);
            assert!(granted.insert(action.to_owned(), resources.collect()).is_none(), "{action} is granted twice");
        }
    }
    let wanted: BTreeMap<String, BTreeSet<String>> = evidence::permissions()
        .into_iter()
        .map(|(action, resources)| (action, resources.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(granted, wanted);
}

#[test]
fn the_member_role_trusts_the_scanning_functions_alone() {
    let trust = &template()["Resources"]["MemberRole"]["Properties"]["AssumeRolePolicyDocument"];
    let statements = statements(trust);
    assert_eq!(statements.len(), 1);
    let trusted = statements.first().expect("a statement").pointer("/Condition/ArnEquals/aws:PrincipalArn");
    assert_eq!(trusted, Some(&json!([{"Fn::GetAtt": ["ScanRole", "Arn"]}, {"Fn::GetAtt": ["TriggeredRole", "Arn"]}])));
}

#[test]
fn what_wallwalk_denies_itself_is_on_every_role() {
    let template = template();
    let own_key = json!({"Fn::If": ["CreateKey", {"Fn::GetAtt": ["Key", "Arn"]}, {"Ref": "KmsKeyArn"}]});
    let denied = &template["Resources"]["SelfDenial"]["Properties"]["PolicyDocument"]["Statement"];
    assert_eq!(
        *denied,
        json!([
            {"Sid": "NeverReadSecrets", "Effect": "Deny", "Action": ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"],
             "Resource": "*"},
            {"Sid": "NeverReadParameters", "Effect": "Deny",
             "Action": ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"],
             "NotResource": {"Fn::Sub": "arn:${AWS::Partition}:ssm:*::parameter/aws/service/*"}},
            {"Sid": "NeverDecryptForOthers", "Effect": "Deny", "Action": ["kms:Decrypt", "kms:ReEncrypt*", "kms:CreateGrant"],
             "NotResource": own_key},
            {"Sid": "NeverEnterContainers", "Effect": "Deny", "Action": ["ecs:ExecuteCommand", "ssm:StartSession", "ssm:SendCommand"],
             "Resource": "*"},
        ])
    );
    for (id, role) in resources(&template, "AWS::IAM::Role") {
        assert!(list(&role["Properties"]["ManagedPolicyArns"]).contains(&&json!({"Ref": "SelfDenial"})), "{id}");
    }
    let member = &template["Resources"]["MemberRole"];
    let never: BTreeSet<&str> = policies(member)
        .into_iter()
        .flat_map(statements)
        .filter(|statement| statement["Effect"] == "Deny" && statement["Resource"] == "*")
        .flat_map(|statement| words(&statement["Action"]))
        .collect();
    for action in
        ["s3:GetObject", "sts:AssumeRole", "iam:Pass*", "iam:Create*", "iam:Put*", "kms:Decrypt", "kms:ReEncrypt*", "kms:CreateGrant"]
    {
        assert!(never.contains(action), "the member role may not be denied `{action}` less than everywhere");
    }
}

#[test]
fn roles_name_actions_and_resources() {
    let template = template();
    let of_both = ["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"].into_iter().flat_map(|kind| resources(&template, kind));
    for (id, body) in of_both {
        assert_eq!(body["Properties"]["Path"], "/wallwalk/", "{id}");
        if body["Type"] == "AWS::IAM::Role" {
            assert_eq!(body.pointer("/Properties/PermissionsBoundary/Fn::If/0"), Some(&json!("HasBoundary")), "{id}");
        }
        for statement in policies(body).into_iter().flat_map(statements).filter(|statement| statement["Effect"] == "Allow") {
            for action in words(&statement["Action"]) {
                assert!(!action.contains('*'), "{id} allows `{action}`");
            }
            let everything = list(&statement["Resource"]).into_iter().any(|resource| resource == "*");
            let reason = body.pointer("/Metadata/Reasons/Resource").is_some();
            assert!(!everything || reason, "{id}: `*` needs a reason in the metadata: {statement}");
        }
    }
}

#[test]
fn there_is_a_rule_for_each_service_with_the_pattern_of_the_evidence_table() {
    let template = template();
    let mut rules: BTreeMap<&str, &Value> = resources(&template, "AWS::Events::Rule")
        .into_iter()
        .map(|(id, rule)| (rule["Properties"]["Name"].as_str().unwrap_or(id), rule))
        .collect();
    for wanted in evidence::event_rules() {
        let rule = rules.remove(format!("wallwalk-{}", wanted.name).as_str()).unwrap_or_else(|| panic!("no rule {}", wanted.name));
        let pattern = evidence::pattern_json(&wanted);
        assert_eq!(rule["Properties"]["EventPattern"], serde_json::from_str::<Value>(&pattern).expect("JSON"), "{}", wanted.name);
        assert!(pattern.chars().count() <= MOST_PATTERN_CHARACTERS, "{}", wanted.name);
        let condition = if wanted.home_region_only { "IamEventsHere" } else { "EventsOn" };
        assert_eq!(rule["Condition"], condition, "{}", wanted.name);
        assert_eq!(rule["Properties"]["Targets"], json!([{"Id": "EventQueue", "Arn": {"Fn::GetAtt": ["EventQueue", "Arn"]}}]));
    }
    assert!(rules.is_empty(), "rules that the evidence table does not know: {:?}", rules.keys());
    assert_eq!(template["Conditions"]["IamEventsHere"]["Fn::And"][1], json!({"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}));
}

#[test]
fn only_the_rules_of_the_stack_send_to_the_event_queue() {
    let template = template();
    let policy = &template["Resources"]["EventQueuePolicy"]["Properties"]["PolicyDocument"];
    let allowed: Vec<&Value> = statements(policy).into_iter().filter(|statement| statement["Effect"] == "Allow").collect();
    assert_eq!(allowed.len(), 1);
    let sources = list(&allowed.first().expect("a statement")["Condition"]["ArnEquals"]["aws:SourceArn"]);
    let named: BTreeSet<&str> = sources
        .into_iter()
        .map(|source| source.pointer("/Fn::If/1").unwrap_or(source))
        .filter_map(|source| source.pointer("/Fn::GetAtt/0").and_then(Value::as_str))
        .collect();
    let rules: BTreeSet<&str> = resources(&template, "AWS::Events::Rule").into_iter().map(|(id, _)| id).collect();
    assert_eq!(named, rules);
}

/// Names of wallwalk's own metrics anywhere below `value`.
fn own_metrics(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if map.get("Namespace") == Some(&json!("wallwalk")) {
                found.extend(map.get("MetricName").and_then(Value::as_str).map(str::to_owned));
            }
            map.values().for_each(|member| own_metrics(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| own_metrics(item, found)),
        _ => {}
    }
}

#[test]
fn alarms_watch_metrics_that_are_emitted() {
    let mut watched = BTreeSet::new();
    own_metrics(&template(), &mut watched);
    assert!(watched.len() >= 3, "{watched:?}");
    let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/scanner/src");
    let emitting: String =
        ["summary.rs", "plan.rs", "trigger.rs"].iter().map(|file| fs::read_to_string(sources.join(file)).expect("a source file")).collect();
    for metric in watched {
        assert!(emitting.contains(&format!("(\"{metric}\", ")), "nothing emits {metric}");
    }
}

#[test]
fn queues_are_encrypted_closed_and_watched() {
    let template = template();
    let queues = resources(&template, "AWS::SQS::Queue");
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let watched = |queue: &str, metric: &str| {
        let dimension = json!([{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]);
        alarms.iter().any(|(_, alarm)| alarm["Properties"]["MetricName"] == metric && alarm["Properties"]["Dimensions"] == dimension)
    };
    let dead_letters: BTreeSet<&str> = queues
        .iter()
        .filter_map(|(_, queue)| queue.pointer("/Properties/RedrivePolicy/deadLetterTargetArn/Fn::GetAtt/0").and_then(Value::as_str))
        .collect();
    assert_eq!(queues.len(), 2 * dead_letters.len());
    for (id, queue) in &queues {
        let properties = &queue["Properties"];
        assert!(properties.get("KmsMasterKeyId").is_some(), "{id}");
        assert_eq!(properties["KmsDataKeyReusePeriodSeconds"], 3600, "{id}");
        if dead_letters.contains(id) {
            assert_eq!(properties["MessageRetentionPeriod"], 1_209_600, "{id}");
            assert!(watched(id, "ApproximateNumberOfMessagesVisible"), "{id} has no alarm");
        } else {
            assert_eq!(
                (&properties["MessageRetentionPeriod"], &properties["RedrivePolicy"]["maxReceiveCount"]),
                (&json!(345_600), &json!(5)),
                "{id}"
            );
            assert!(watched(id, "ApproximateAgeOfOldestMessage"), "{id} has no alarm");
        }
        let policy = resources(&template, "AWS::SQS::QueuePolicy")
            .into_iter()
            .find(|(_, policy)| policy["Properties"]["Queues"] == json!([{"Ref": id}]));
        let (_, policy) = policy.unwrap_or_else(|| panic!("{id} has no policy"));
        assert!(denies_plain_text(&policy["Properties"]["PolicyDocument"]), "{id}");
    }
}

fn denies_plain_text(document: &Value) -> bool {
    statements(document).into_iter().any(|statement| {
        statement["Effect"] == "Deny"
            && statement["Principal"] == "*"
            && statement["Condition"] == json!({"Bool": {"aws:SecureTransport": "false"}})
    })
}

#[test]
fn a_message_stays_hidden_for_six_runs_of_its_function_and_the_window() {
    let template = template();
    for (id, mapping) in resources(&template, "AWS::Lambda::EventSourceMapping") {
        let number = |value: &Value| value.as_u64().unwrap_or_default();
        let properties = &mapping["Properties"];
        let queue = properties.pointer("/EventSourceArn/Fn::GetAtt/0").and_then(Value::as_str).unwrap_or_default();
        let function = properties["FunctionName"]["Ref"].as_str().unwrap_or_default();
        let timeout = number(&template["Resources"][function]["Properties"]["Timeout"]);
        let visibility = number(&template["Resources"][queue]["Properties"]["VisibilityTimeout"]);
        assert!(timeout > 0 && visibility >= 6 * timeout + number(&properties["MaximumBatchingWindowInSeconds"]), "{id}");
        assert!(properties.pointer("/ScalingConfig/MaximumConcurrency").is_some(), "{id}");
    }
    let events = &template["Resources"]["Events"]["Properties"];
    assert_eq!((&events["BatchSize"], &events["MaximumBatchingWindowInSeconds"]), (&json!(1000), &json!(60)));
    assert_eq!(events["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(template["Resources"]["ScanJobs"]["Properties"]["BatchSize"], 1);
}

#[test]
fn functions_have_logs_of_their_own_and_only_settings_that_are_understood() {
    let understood: BTreeSet<&str> = [
        "WALLWALK_STATE_BUCKET",
        "WALLWALK_SCAN_QUEUE_URL",
        "WALLWALK_EVENT_QUEUE_URL",
        "WALLWALK_ALERTS_TOPIC_ARN",
        "WALLWALK_MEMBER_ROLE_ARN",
        "WALLWALK_ACCOUNTS",
        "WALLWALK_REGIONS",
        "WALLWALK_SCAN_INTERVAL_HOURS",
        "WALLWALK_ALERT_MIN_SEVERITY",
        "WALLWALK_COMPANY_NAME",
    ]
    .into();
    let needed = ["WALLWALK_STATE_BUCKET", "WALLWALK_SCAN_QUEUE_URL", "WALLWALK_EVENT_QUEUE_URL", "WALLWALK_ACCOUNTS", "WALLWALK_REGIONS"];
    let template = template();
    let functions = resources(&template, "AWS::Lambda::Function");
    assert_eq!(functions.len(), 3);
    for (id, function) in functions {
        let properties = &function["Properties"];
        assert_eq!((&properties["Runtime"], &properties["Handler"]), (&json!("provided.al2023"), &json!("bootstrap")), "{id}");
        assert!(properties.get("ReservedConcurrentExecutions").is_none(), "{id}: a new account has none to reserve");
        for property in ["Architectures", "Timeout", "MemorySize", "Description", "KmsKeyArn"] {
            assert!(properties.get(property).is_some(), "{id} has no {property}");
        }
        let logs = properties["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap_or_default();
        let group = &template["Resources"][logs];
        assert_eq!((&group["Type"], &properties["LoggingConfig"]["LogFormat"]), (&json!("AWS::Logs::LogGroup"), &json!("JSON")), "{id}");
        assert_eq!(group["Properties"]["RetentionInDays"], json!({"Ref": "LogRetentionDays"}), "{id}");
        let variables: BTreeSet<&str> =
            properties["Environment"]["Variables"].as_object().expect("variables").keys().map(String::as_str).collect();
        assert!(variables.is_subset(&understood), "{id}: {:?}", variables.difference(&understood));
        assert!(needed.iter().all(|name| variables.contains(name)), "{id}");
        let key = properties["Code"]["S3Key"]["Fn::Sub"].as_str().unwrap_or_default();
        assert!(key.starts_with("${CodeKeyPrefix}${CodeVersion}/wallwalk-") && key.ends_with("-${Architecture}.zip"), "{id}: {key}");
    }
}

#[test]
fn the_state_is_kept_versioned_encrypted_private_and_never_overwritten_blindly() {
    let template = template();
    let bucket = &template["Resources"]["StateBucket"];
    for id in ["StateBucket", "Key"] {
        let resource = &template["Resources"][id];
        assert_eq!((&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]), (&json!("Retain"), &json!("Retain")), "{id}");
    }
    let properties = &bucket["Properties"];
    assert_eq!(properties["VersioningConfiguration"]["Status"], "Enabled");
    let encryption = &properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    assert_eq!(
        (&encryption["BucketKeyEnabled"], &encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"]),
        (&json!(true), &json!("aws:kms"))
    );
    let blocked = properties["PublicAccessBlockConfiguration"].as_object().expect("a block");
    assert!(blocked.len() == 4 && blocked.values().all(|value| value == true));
    assert_eq!(properties["OwnershipControls"]["Rules"][0]["ObjectOwnership"], "BucketOwnerEnforced");
    let expiry = &properties["LifecycleConfiguration"]["Rules"][0]["NoncurrentVersionExpiration"];
    assert_eq!(*expiry, json!({"NoncurrentDays": {"Ref": "StateVersionsDays"}, "NewerNoncurrentVersions": 20}));
    let document = &template["Resources"]["StateBucketPolicy"]["Properties"]["PolicyDocument"];
    assert!(denies_plain_text(document));
    let blind = statements(document).into_iter().find(|statement| statement["Sid"] == "NoBlindWrites").expect("a statement");
    assert_eq!(blind["Condition"], json!({"Null": {"s3:if-match": "true", "s3:if-none-match": "true"}}));
    assert_eq!((&blind["Effect"], &blind["Principal"], &blind["Action"]), (&json!("Deny"), &json!("*"), &json!("s3:PutObject")));
    assert!(list(&blind["Resource"]).contains(&&json!({"Fn::Sub": "${StateBucket.Arn}/state/*"})));
}

#[test]
fn topics_are_encrypted_and_alarms_go_to_the_one_they_do_not_watch() {
    let template = template();
    for (id, topic) in resources(&template, "AWS::SNS::Topic") {
        assert!(topic["Properties"].get("KmsMasterKeyId").is_some(), "{id}");
        let policies = resources(&template, "AWS::SNS::TopicPolicy");
        let policy = policies.iter().find(|(_, policy)| policy["Properties"]["Topics"] == json!([{"Ref": id}]));
        assert!(policy.is_some_and(|(_, policy)| denies_plain_text(&policy["Properties"]["PolicyDocument"])), "{id}");
    }
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    for (id, alarm) in &alarms {
        let properties = &alarm["Properties"];
        assert_eq!(properties["AlarmActions"], json!([{"Ref": "HealthTopic"}]), "{id}");
        assert!(properties["AlarmDescription"].as_str().is_some_and(|text| text.len() > 20), "{id}");
        let missing = if *id == "StaleAlarm" { "breaching" } else { "notBreaching" };
        assert_eq!(properties["TreatMissingData"], missing, "{id}");
    }
    for id in ["StaleAlarm", "ImportRefusedAlarm", "OutboxAlarm", "ScheduledErrorsAlarm", "ScanErrorsAlarm", "TriggeredErrorsAlarm"] {
        assert!(alarms.iter().any(|(known, _)| *known == id), "{id}");
    }
}

#[test]
fn every_parameter_is_constrained_grouped_and_documented() {
    let template = template();
    let readme = infra("README.md");
    let interface = &template["Metadata"]["AWS::CloudFormation::Interface"];
    let mut grouped: BTreeSet<&str> =
        list(&interface["ParameterGroups"]).into_iter().flat_map(|group| words(&group["Parameters"])).collect();
    for (name, parameter) in template["Parameters"].as_object().expect("parameters") {
        let description = parameter["Description"].as_str().unwrap_or_else(|| panic!("{name} has no description"));
        let bounded = ["AllowedValues", "MinValue", "MaxLength"].iter().any(|constraint| parameter.get(constraint).is_some());
        let patterned = parameter.get("AllowedPattern").is_some() && parameter.get("ConstraintDescription").is_some();
        assert!(bounded || patterned, "{name} has no constraint");
        assert!(grouped.remove(name.as_str()), "{name} is in no group");
        assert!(interface["ParameterLabels"][name].get("default").is_some(), "{name} has no label");
        let default = match &parameter["Default"] {
            Value::Null => "required".to_owned(),
            Value::String(text) if text.is_empty() => "empty".to_owned(),
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        };
        let row = format!("| `{name}` | {default} | {description} |");
        assert!(readme.contains(&row), "the README lacks the row\n{row}");
    }
    assert!(grouped.is_empty(), "{grouped:?}");
}

#[test]
fn the_readme_says_why_each_permission_is_needed() {
    let readme = infra("README.md");
    let table = evidence::why_table();
    assert!(readme.contains(&table), "the README's table of permissions should be\n{table}");
}

#[test]
fn nothing_refers_to_what_is_not_there() {
    let template = template();
    let mut names: BTreeSet<&str> = template["Resources"].as_object().expect("resources").keys().map(String::as_str).collect();
    names.extend(template["Parameters"].as_object().expect("parameters").keys().map(String::as_str));
    let mut waiting = vec![&template["Resources"], &template["Outputs"]];
    while let Some(value) = waiting.pop() {
        if let Some(name) = value.get("Ref").or_else(|| value.pointer("/Fn::GetAtt/0")).and_then(Value::as_str) {
            assert!(names.contains(name) || name.starts_with("AWS::"), "`{name}` is not there");
        }
        match value {
            Value::Array(values) => waiting.extend(values),
            Value::Object(map) => waiting.extend(map.values()),
            _ => {}
        }
    }
}
