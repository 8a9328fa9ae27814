//! What may not be read is unknown: it never passes and never resolves.

use serde_json::Value;

use crate::deployment::{Deployment, Queue, imported};
use crate::events::opened;

#[tokio::test]
async fn a_denied_call_makes_unknown_and_neither_passes_nor_resolves() {
    let mut deployment = Deployment::new().await;
    deployment.round().await;
    let group = deployment.estate.network.web_group.clone();
    let rule = deployment.estate.network.open(&deployment.aws).await;
    deployment.send(Queue::Events, &opened(&group, &rule)).await;
    deployment.work(Queue::Events).await;
    let failing = deployment.findings().await;
    let (id, open) = failing.iter().find(|(_, finding)| finding.check == "internet-reachable-task").expect("a finding");
    assert_eq!(open.status, "FAILED");
    deployment.alerts().await;

    // The permission is gone, and under its cover the door is shut.
    deployment.proxy.deny("ec2:DescribeSecurityGroupRules");
    deployment.estate.network.close(&deployment.aws, &rule).await;
    deployment.proxy.take();
    let worked = deployment.full_scan().await;
    assert!(worked.iter().all(|one| one.failed.is_empty()), "what cannot be read is a gap, not a failure: {worked:?}");
    let sent = imported(&deployment.proxy.take());
    let unseen = deployment.findings().await;
    let finding = &unseen[id];
    assert_eq!((finding.status.as_str(), finding.severity.as_str()), ("NOT_AVAILABLE", "HIGH"), "{finding:?}");
    assert!(finding.description.contains("could not be read") && finding.description.contains("DescribeSecurityGroupRules"), "{finding:?}");
    assert!(sent.iter().any(|finding| finding["Compliance"]["Status"] == "NOT_AVAILABLE"), "{sent:#?}");
    // Roles weigh less where it is not seen that their workload is exposed, and that is all that is said of them.
    let rank = |label: &str| ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"].iter().position(|one| *one == label);
    for finding in sent.iter().filter(|finding| finding["Compliance"]["Status"] != "NOT_AVAILABLE") {
        let before = &failing[finding["Id"].as_str().unwrap_or_default()];
        assert_eq!((before.status.as_str(), &finding["Compliance"]["Status"]), ("FAILED", &Value::from("FAILED")), "{finding:#?}");
        assert_eq!(finding["Resources"][0]["Type"], "AwsIamRole", "{finding:#?}");
        assert!(rank(finding["Severity"]["Label"].as_str().unwrap_or_default()) < rank(&before.severity), "{finding:#?}");
    }
    assert!(sent.iter().all(|finding| finding["RecordState"] == "ACTIVE"), "{sent:#?}");
    assert_eq!(deployment.alerts().await, Vec::<Value>::new());
    // Whoever does not depend on the call says what he said before.
    for (id, before) in failing.iter().filter(|(_, finding)| finding.check == "secret-in-task-definition") {
        assert_eq!(&unseen[id], before);
    }

    // Still denied: nothing more to say.
    deployment.full_scan().await;
    assert_eq!(imported(&deployment.proxy.take()), Vec::<Value>::new());

    // Allowed again: now it is seen that the door is shut.
    deployment.proxy.allow_all();
    deployment.full_scan().await;
    assert_eq!(deployment.findings().await[id].status, "PASSED");
    let alerts = deployment.alerts().await;
    assert_eq!(alerts.iter().map(|alert| &alert["kind"]).collect::<Vec<_>>(), ["resolved"], "{alerts:#?}");
}

#[tokio::test]
async fn without_any_permission_everything_is_unknown_and_nothing_breaks() {
    let mut deployment = Deployment::new().await;
    for call in wallwalk_model::evidence::CALLS {
        deployment.proxy.deny(&call.action());
    }
    let worked = deployment.round().await;
    assert!(worked.len() == 1 && worked[0].failed.is_empty(), "{worked:?}");
    assert!(deployment.findings().await.values().all(|finding| finding.status == "NOT_AVAILABLE"));
    let state: Value = serde_json::from_str(&deployment.state().await).expect("JSON");
    let coverage = state["full_scan"]["coverage"]["ecs:ListClusters"].as_str().unwrap_or_default();
    assert!(coverage.contains("denied"), "{}", state["full_scan"]);
    assert_eq!(deployment.alerts().await, Vec::<Value>::new());

    // The first sight of the estate is the baseline: one digest, no page.
    deployment.proxy.allow_all();
    deployment.full_scan().await;
    assert!(deployment.findings().await.values().any(|finding| finding.status == "FAILED"));
    let alerts = deployment.alerts().await;
    assert_eq!(alerts.iter().map(|alert| &alert["kind"]).collect::<Vec<_>>(), ["digest"], "{alerts:#?}");
}
