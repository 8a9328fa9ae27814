//! Bad messages and bad settings: reported alone, survived by the process, told in words that help.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::binaries;
use crate::deployment::{Deployment, Queue, imported};
use crate::events::opened;

#[tokio::test]
async fn a_poisoned_message_is_reported_alone_and_ends_in_the_dead_letters() {
    let mut deployment = Deployment::new().await;
    deployment.round().await;
    deployment.alerts().await;
    let group = deployment.estate.network.web_group.clone();
    let rule = deployment.estate.network.open(&deployment.aws).await;
    let process = deployment.triggered.process();
    deployment.proxy.take();

    deployment.send(Queue::Events, "no event at all {").await;
    deployment.send(Queue::Events, &opened(&group, &rule)).await;
    let worked = deployment.work_once(Queue::Events).await.expect("a batch");
    let poison = worked.bodies.iter().position(|body| body.starts_with("no event")).expect("the poison");
    assert_eq!((worked.bodies.len(), &worked.failed), (2, &vec![worked.ids[poison].clone()]), "{worked:?}");
    assert_eq!(imported(&deployment.proxy.take()).len(), 1, "the good message was worked");
    assert_eq!(deployment.alerts().await.len(), 1);

    for _ in 0..10 {
        deployment.work_once(Queue::Events).await;
    }
    let dead = deployment.receive(Queue::DeadLetters).await;
    assert_eq!(dead.iter().map(|message| message.body().unwrap_or_default()).collect::<Vec<_>>(), ["no event at all {"]);
    assert_eq!(deployment.triggered.process(), process);
    assert!(!deployment.triggered.logs().iter().any(|line| line.contains("no event at all")), "the text of a bad message was logged");
}

#[tokio::test]
async fn bad_jobs_and_bad_events_do_not_end_the_process() {
    let mut deployment = Deployment::new().await;
    let processes = [deployment.scan.process(), deployment.triggered.process(), deployment.scheduled.process()];
    for job in [
        "",
        "{}",
        r#"{"v": 9, "kind": "full"}"#,
        r#"{"v": 1, "kind": "full", "account": "444455556666", "region": "eu-west-1", "run": "2026-01-01T00:00:00Z"}"#,
    ] {
        deployment.send(Queue::Scan, if job.is_empty() { " " } else { job }).await;
        let worked = deployment.work_once(Queue::Scan).await.expect("a job");
        assert_eq!(worked.failed, worked.ids, "{worked:?}");
        deployment.clear(Queue::Scan).await;
    }
    for event in [json!(null), json!({"Records": 5}), json!([1, 2]), json!("text")] {
        let answer = deployment.scan.invoke(&event);
        assert!(answer.is_err() || answer == Ok(json!({"batchItemFailures": []})), "{event}: {answer:?}");
        let answer = deployment.triggered.invoke(&event);
        assert!(answer.is_err() || answer == Ok(json!({"batchItemFailures": []})), "{event}: {answer:?}");
    }
    assert!(deployment.scan.invoke(&json!({"Records": 5})).is_err(), "what is no batch is an error");
    assert!(deployment.proxy.take().iter().all(|call| !call.action.starts_with("ecs:")), "nothing was read for them");

    // Each of them still works.
    deployment.round().await;
    assert!(!deployment.findings().await.is_empty());
    assert_eq!([deployment.scan.process(), deployment.triggered.process(), deployment.scheduled.process()], processes);
}

#[tokio::test]
async fn an_event_of_another_account_is_dropped() {
    let mut deployment = Deployment::new().await;
    deployment.round().await;
    deployment.proxy.take();
    let mut event: Value = serde_json::from_str(&opened("sg-0a1b2c3d4e5f60718", "sgr-0a1b2c3d4e5f60718")).expect("JSON");
    event["account"] = json!("444455556666");
    event["detail"]["recipientAccountId"] = json!("444455556666");
    deployment.send(Queue::Events, &event.to_string()).await;
    let worked = deployment.work(Queue::Events).await;
    assert!(worked.len() == 1 && worked[0].failed.is_empty(), "{worked:?}");
    assert_eq!(crate::rounds::reads(&deployment.proxy.take()), 0);
}

#[test]
fn a_missing_setting_is_named() {
    let settings: BTreeMap<&str, &str> = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9"),
        ("AWS_LAMBDA_FUNCTION_NAME", "scan"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
    ]
    .into();
    for function in ["wallwalk-scheduled", "wallwalk-scan", "wallwalk-triggered"] {
        let output = Command::new(binaries::of(function)).env_clear().envs(&settings).stdin(Stdio::null()).output().expect("a run");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("WALLWALK_STATE_BUCKET"), "{function}: {said}");
    }
}
