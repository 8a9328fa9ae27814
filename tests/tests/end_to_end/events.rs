//! What changes is told within one batch of events: once, from few calls, and taken back when it is
//! mended.

use std::time::SystemTime;

use aws_sdk_sts::primitives::{DateTime, DateTimeFormat};
use serde_json::{Value, json};

use crate::aws::REGION;
use crate::deployment::{Deployment, Queue, imported};
use crate::estate::CLUSTER;
use crate::moto::ACCOUNT;
use crate::proxy::counted;
use crate::rounds::{reads, summary};

/// An API call as EventBridge forwards it, just made.
pub(crate) fn recorded(id: &str, source: &str, name: &str, parameters: &Value, response: &Value) -> String {
    let now = DateTime::from_secs(DateTime::from(SystemTime::now()).secs()).fmt(DateTimeFormat::DateTime).expect("a time");
    json!({
        "version": "0", "id": format!("envelope-{id}"), "detail-type": "AWS API Call via CloudTrail", "source": format!("aws.{source}"),
        "account": ACCOUNT, "time": now, "region": REGION, "resources": [],
        "detail": {
            "eventVersion": "1.10", "eventID": id, "eventTime": now, "eventSource": format!("{source}.amazonaws.com"), "eventName": name,
            "awsRegion": REGION, "recipientAccountId": ACCOUNT, "readOnly": false, "managementEvent": true, "eventType": "AwsApiCall",
            "userIdentity": {
                "type": "AssumedRole", "accountId": ACCOUNT, "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/operator/kim"),
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::{ACCOUNT}:role/operator"), "accountId": ACCOUNT, "userName": "operator"}},
            },
            "sourceIPAddress": "203.0.113.9", "userAgent": "aws-cli/2.31.0",
            "requestParameters": parameters, "responseElements": response,
        },
    })
    .to_string()
}

/// That the storefront's group was opened to the world.
pub(crate) fn opened(group: &str, rule: &str) -> String {
    let range = json!({"items": [{"ipProtocol": "tcp", "fromPort": 8080, "toPort": 8080, "groups": {}, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]});
    let response =
        json!({"_return": true, "securityGroupRuleSet": {"items": [{"groupId": group, "securityGroupRuleId": rule, "isEgress": false}]}});
    recorded("opened", "ec2", "AuthorizeSecurityGroupIngress", &json!({"groupId": group, "ipPermissions": range}), &response)
}

/// That it was closed.
pub(crate) fn closed(group: &str, rule: &str) -> String {
    let parameters = json!({"groupId": group, "securityGroupRuleIds": {"items": [{"securityGroupRuleId": rule}]}});
    recorded("closed", "ec2", "RevokeSecurityGroupIngress", &parameters, &json!({"_return": true}))
}

#[tokio::test]
async fn an_open_door_is_told_once_and_taken_back_when_it_is_shut() {
    let mut deployment = Deployment::new().await;
    deployment.round().await;
    let full = reads(&deployment.proxy.take());
    let before = deployment.findings().await;
    deployment.alerts().await;

    // Open, and told twice in one batch: CloudTrail delivers an event more than once now and then.
    let group = deployment.estate.network.web_group.clone();
    let rule = deployment.estate.network.open(&deployment.aws).await;
    deployment.proxy.take();
    deployment.send(Queue::Events, &opened(&group, &rule)).await;
    deployment.send(Queue::Events, &opened(&group, &rule)).await;
    let worked = deployment.work_once(Queue::Events).await.expect("events");
    assert_eq!((worked.bodies.len(), worked.failed.len()), (2, 0), "{worked:?}");

    let calls = deployment.proxy.take();
    let sent = imported(&calls);
    assert_eq!(sent.len(), 1, "{sent:#?}");
    let id = sent[0]["Id"].as_str().expect("an id").to_owned();
    assert!(!before.contains_key(&id));
    let finding = deployment.findings().await[&id].clone();
    assert_eq!((finding.check.as_str(), finding.status.as_str(), finding.severity.as_str()), ("internet-reachable-task", "FAILED", "HIGH"));
    assert!(finding.title.contains("storefront"), "{finding:?}");
    let alerts = deployment.alerts().await;
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!((&alerts[0]["kind"], &alerts[0]["findings"][0]["id"]), (&json!("new"), &json!(id)));
    assert_eq!(alerts[0]["changed_by"]["event_name"], "AuthorizeSecurityGroupIngress");
    let narrow = reads(&calls);
    assert!(narrow > 0 && narrow < full / 2, "{narrow} calls after {full}: {:?}", counted(&calls));
    let told = summary(&deployment.triggered.logs());
    assert_eq!((&told["scope"], &told["api_calls"], &told["opened"]), (&json!("narrow"), &json!(narrow), &json!(1)));

    // The second look, and the same event once more, find nothing new.
    deployment.send(Queue::Events, &opened(&group, &rule)).await;
    let looks = deployment.work(Queue::Events).await;
    assert!(looks.iter().flat_map(|look| &look.bodies).any(|body| body.contains(r#""kind":"again""#)), "{looks:?}");
    assert_eq!(imported(&deployment.proxy.take()), Vec::<Value>::new());
    assert_eq!(deployment.alerts().await, Vec::<Value>::new());

    // Shut: the finding passes, on-call hears of it.
    deployment.estate.network.close(&deployment.aws, &rule).await;
    deployment.send(Queue::Events, &closed(&group, &rule)).await;
    deployment.work(Queue::Events).await;
    let sent = imported(&deployment.proxy.take());
    assert_eq!(sent.iter().map(|finding| finding["Id"].as_str().unwrap()).collect::<Vec<_>>(), [&id]);
    let finding = deployment.findings().await[&id].clone();
    assert_eq!((finding.status.as_str(), finding.record_state.as_str(), finding.severity.as_str()), ("PASSED", "ACTIVE", "INFORMATIONAL"));
    let alerts = deployment.alerts().await;
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!((&alerts[0]["kind"], &alerts[0]["resolved_by"]["event_name"]), (&json!("resolved"), &json!("RevokeSecurityGroupIngress")));

    // A full scan sees what the narrow ones saw.
    deployment.full_scan().await;
    assert_eq!(imported(&deployment.proxy.take()), Vec::<Value>::new());
    assert_eq!(deployment.alerts().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_flaw_deployed_again_unchanged_is_no_news() {
    let mut deployment = Deployment::new().await;
    deployment.round().await;
    let before = deployment.findings().await;
    assert!(before.values().any(|finding| finding.check == "secret-in-task-definition" && finding.status == "FAILED"), "{before:#?}");
    deployment.alerts().await;

    let revision = deployment.estate.redeploy_mailer(&deployment.aws).await;
    assert!(revision.ends_with("mailer:2"), "{revision}");
    deployment.proxy.take();
    let registered = json!({"taskDefinition": {"taskDefinitionArn": revision, "family": "mailer", "revision": 2}});
    deployment
        .send(Queue::Events, &recorded("registered", "ecs", "RegisterTaskDefinition", &json!({"family": "mailer"}), &registered))
        .await;
    let parameters = json!({"cluster": CLUSTER, "service": "mailer", "taskDefinition": revision});
    deployment.send(Queue::Events, &recorded("updated", "ecs", "UpdateService", &parameters, &json!({}))).await;
    deployment.work(Queue::Events).await;

    let calls = deployment.proxy.take();
    let read: Vec<Value> =
        calls.iter().filter(|call| call.action == "ecs:DescribeTaskDefinition").map(|call| call.json()["taskDefinition"].clone()).collect();
    assert!(read.iter().any(|arn| arn.as_str().is_some_and(|arn| arn.ends_with("mailer:2"))), "the new revision was not read: {read:?}");
    assert_eq!(imported(&calls), Vec::<Value>::new());
    deployment.full_scan().await;
    assert_eq!(imported(&deployment.proxy.take()), Vec::<Value>::new());
    assert_eq!(deployment.alerts().await, Vec::<Value>::new());
    assert_eq!(deployment.findings().await, before);
}
