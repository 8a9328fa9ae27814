//! From the schedule to Security Hub and to on-call, and then nothing more while nothing changes.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wallwalk_model::evidence::{CALLS, DELIVERY};

use crate::deployment::{Deployment, Queue, full_job, imported};
use crate::estate::made_up;
use crate::proxy::{Call, counted};

/// Calls that read the account, as the evidence table lists them.
pub(crate) fn reads(calls: &[Call]) -> usize {
    let table: BTreeSet<String> = CALLS.iter().map(wallwalk_model::evidence::Call::action).collect();
    calls.iter().filter(|call| table.contains(&call.action)).count()
}

/// The last line that a function logged after a scan.
pub(crate) fn summary(logs: &[String]) -> Value {
    let lines = logs.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let done = lines.map(|line| if line["fields"].is_object() { line["fields"].clone() } else { line });
    done.into_iter().find(|line| line["message"] == "scan done").unwrap_or_else(|| panic!("no summary in\n{}", logs.join("\n")))
}

#[tokio::test]
async fn a_schedule_leads_to_findings_and_one_digest_and_then_to_silence() {
    let mut deployment = Deployment::new().await;
    let worked = deployment.round().await;
    assert_eq!(worked.len(), 1, "{worked:?}");
    assert!(worked[0].failed.is_empty() && worked[0].answer.is_ok(), "{worked:?}");

    let calls = deployment.proxy.take();
    let logs = deployment.scan.logs();
    let findings = deployment.findings().await;
    let failed = |check: &str, about: &str| {
        findings.values().any(|finding| {
            let about = finding.title.contains(about) || finding.resources.iter().any(|id| id.contains(about));
            finding.check == check && finding.status == "FAILED" && finding.record_state == "ACTIVE" && about
        })
    };
    for (check, about) in [
        ("role-admin-equivalent", "mailer"),
        ("secret-in-task-definition", "mailer"),
        ("writable-root-filesystem", "mailer"),
        ("privileged-container", "agent"),
        ("docker-socket-mounted", "agent"),
        ("plaintext-parameter-as-secret", "storefront"),
        ("public-ip-assigned", "storefront"),
    ] {
        assert!(failed(check, about), "no finding {check} about {about} in {findings:#?}");
    }
    // What passes is not told before it has failed.
    assert!(findings.values().all(|finding| ["FAILED", "NOT_AVAILABLE"].contains(&finding.status.as_str())), "{findings:#?}");
    assert!(!findings.values().any(|finding| finding.check == "internet-reachable-task"), "{findings:#?}");

    let alerts = deployment.alerts().await;
    assert_eq!(alerts.iter().map(|alert| &alert["kind"]).collect::<Vec<_>>(), ["digest"]);
    let told: u64 = alerts[0]["counts"]["severity"].as_object().expect("counts").values().filter_map(Value::as_u64).sum();
    assert_eq!(told, findings.values().filter(|finding| finding.status == "FAILED").count() as u64);

    only_permitted(&calls);
    let summary = summary(&logs);
    assert_eq!(summary["api_calls"], json!(reads(&calls)), "{:?}", counted(&calls));
    assert_eq!(summary["imported"], json!(findings.len()));
    no_value_of_a_secret(&deployment, &calls, &alerts).await;

    // Not due: nothing is planned.
    assert!(deployment.round().await.is_empty());
    deployment.proxy.take();

    // Made all the same: nothing is told, and what cannot have changed is not read again.
    deployment.full_scan().await;
    let again = deployment.proxy.take();
    assert_eq!(imported(&again), Vec::<Value>::new());
    assert_eq!(deployment.alerts().await, Vec::<Value>::new());
    assert!(counted(&calls)["ecs:DescribeTaskDefinition"] > 0 && !counted(&again).contains_key("ecs:DescribeTaskDefinition"));
}

/// Every call is in the table that the roles' policies are made of, or is the deployment's own business.
fn only_permitted(calls: &[Call]) {
    let permitted: BTreeSet<String> = CALLS.iter().chain(DELIVERY).map(wallwalk_model::evidence::Call::action).collect();
    let own =
        ["s3:GetObject", "s3:HeadObject", "s3:PutObject", "sqs:SendMessage", "sns:Publish", "sts:AssumeRole", "sts:GetCallerIdentity"];
    // The test's own calls pass the proxy too: those that play Lambda's poller, and the key on-call reads with.
    let of_the_test = ["sqs:ReceiveMessage", "sqs:DeleteMessage"];
    for call in calls {
        let known = permitted.contains(&call.action) || own.contains(&call.action.as_str()) || of_the_test.contains(&call.action.as_str());
        assert!(known, "{} is not permitted", call.action);
    }
}

async fn no_value_of_a_secret(deployment: &Deployment, calls: &[Call], alerts: &[Value]) {
    let state = deployment.state().await;
    assert!(state.contains("SMTP_PASSWORD"), "the name is kept");
    let sent: String = calls.iter().map(|call| String::from_utf8_lossy(&call.body).into_owned()).collect();
    let logged = [deployment.scheduled.logs(), deployment.scan.logs(), deployment.triggered.logs()].concat().join("\n");
    let told = alerts.iter().map(Value::to_string).collect::<String>();
    for value in [made_up("mailer"), made_up("secret")] {
        for (place, text) in [("state", &state), ("calls", &sent), ("logs", &logged), ("alerts", &told)] {
            assert!(!text.contains(&value), "the value of a secret is in the {place}");
        }
    }
}

#[tokio::test]
async fn a_job_delivered_twice_is_worked_once() {
    let mut deployment = Deployment::new().await;
    let job = full_job();
    deployment.send(Queue::Scan, &job).await;
    deployment.send(Queue::Scan, &job).await;

    let first = deployment.work_once(Queue::Scan).await.expect("a job");
    assert!(first.failed.is_empty(), "{first:?}");
    let calls = deployment.proxy.take();
    assert!(!imported(&calls).is_empty());
    assert_eq!(deployment.alerts().await.len(), 1);

    let second = deployment.work_once(Queue::Scan).await.expect("a job");
    assert!(second.failed.is_empty(), "{second:?}");
    let calls = deployment.proxy.take();
    assert_eq!((imported(&calls), reads(&calls)), (Vec::new(), 0));
    assert_eq!(deployment.alerts().await, Vec::<Value>::new());
}
