//! A deployment against the stand-in, whose Security Hub refuses what AWS refuses: everything is told
//! once, nothing is lost, whatever goes wrong on the way.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use serde_json::Value;
use wallwalk_model::Time;
use wallwalk_scanner::deployment::{Deployment, Limits};
use wallwalk_scanner::environment::Environment;
use wallwalk_scanner::job::{Job, Work};
use wallwalk_scanner::scan::Done;
use wallwalk_scanner::trigger::Record;
use wallwalk_standin::{Estate, Fault, FaultKind, Options, Standin, When};
use wallwalk_tests::account::{REGION, config};

const ACCOUNT: &str = "111122223333";
const STATE: &str = "state/111122223333/eu-west-1.json.zst";

struct Bench {
    standin: Standin,
    deployment: Deployment,
}

impl Bench {
    async fn new(regions: &str) -> Self {
        let documents = wallwalk_tests::estates::shop().unwrap();
        let options = Options {
            buckets: vec!["state".into()],
            queues: ["scan", "events", "pager"].map(str::to_owned).to_vec(),
            conditional_prefix: Some("state/".into()),
            ..Options::default()
        };
        let standin = Standin::start(Estate::from_documents(&documents).unwrap(), options).unwrap();
        let base = config(&standin.url()).await;
        let sns = aws_sdk_sns::Client::new(&base);
        let topic = sns.create_topic().name("alerts").send().await.unwrap().topic_arn.unwrap();
        let pager = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:pager");
        sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(pager).send().await.unwrap();
        let sqs = aws_sdk_sqs::Client::new(&base);
        let mut urls = BTreeMap::new();
        for queue in ["scan", "events"] {
            urls.insert(queue, sqs.get_queue_url().queue_name(queue).send().await.unwrap().queue_url.unwrap());
        }
        let settings = [
            ("WALLWALK_STATE_BUCKET", "state"),
            ("WALLWALK_SCAN_QUEUE_URL", &urls["scan"]),
            ("WALLWALK_EVENT_QUEUE_URL", &urls["events"]),
            ("WALLWALK_ALERTS_TOPIC_ARN", &topic),
            ("WALLWALK_ACCOUNTS", ACCOUNT),
            ("WALLWALK_REGIONS", regions),
        ];
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let deployment = Deployment::new(Environment::from_map(&settings).unwrap(), base);
        Self { standin, deployment }
    }

    async fn scan(&self) -> Done {
        self.scan_in(REGION).await
    }

    async fn scan_in(&self, region: &str) -> Done {
        let now = wallwalk_scanner::clock::now();
        let job = Job::new(ACCOUNT, region, Work::Full { run: now, hop: 0 });
        self.deployment.work(&job.body(), Limits::default()).await.unwrap()
    }

    fn alerts(&self) -> Vec<String> {
        let bodies = self.standin.messages("pager");
        bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap()["Message"].as_str().unwrap().to_owned()).collect()
    }

    /// Nothing that was sent was refused.
    fn hub(&self) -> wallwalk_standin::HubView {
        let hub = self.standin.hub();
        assert!(hub.refused.is_empty(), "{:?}", hub.refused);
        hub
    }
}

#[tokio::test]
async fn everything_found_is_accepted_and_a_second_scan_says_nothing() {
    let bench = Bench::new(REGION).await;
    let first = bench.scan().await;
    let hub = bench.hub();
    assert!(first.problems.is_empty(), "{:?}", first.problems);
    assert_eq!(hub.findings.len(), first.imported);
    assert!(first.changes.opened.len() > 30 && first.pending == 0, "{first:?}");
    assert!(hub.findings.values().any(|finding| finding["Compliance"]["Status"] == "NOT_AVAILABLE"));
    assert_eq!(bench.alerts().len(), 1, "the first sight of an estate is one digest");
    assert!(bench.standin.object("state", STATE).is_some());

    let second = bench.scan().await;
    assert_eq!((second.imported, second.alerts, bench.alerts().len()), (0, 0, 1));
    assert!(second.changes.is_empty(), "{:?}", second.changes);
    assert_eq!(bench.hub().events.len(), hub.events.len());
}

#[tokio::test]
async fn no_secret_of_the_estate_is_in_anything_that_leaves() {
    let bench = Bench::new(REGION).await;
    bench.scan().await;
    let state = bench.standin.object("state", STATE).unwrap();
    let state = String::from_utf8(zstd::stream::decode_all(&state[..]).unwrap()).unwrap();
    let sent = serde_json::to_string(&bench.standin.hub().findings).unwrap();
    let alerts = bench.alerts().join("\n");
    let markers = ["{{demo:password}}", "{{demo:aws-access-key-id}}", "{{demo:aws-secret-access-key}}", "{{demo:stripe-live-key}}"];
    for marker in markers {
        let value = wallwalk_tests::estates::filled(marker);
        for (channel, text) in [("the state", &state), ("Security Hub", &sent), ("the alerts", &alerts)] {
            assert!(!text.contains(&value), "{channel} holds what {marker} stands for");
        }
    }
}

#[tokio::test]
async fn an_import_whose_answer_is_lost_or_refused_in_part_is_made_good() {
    let bench = Bench::new(REGION).await;
    bench.standin.plan(vec![Fault::new("securityhub:BatchImportFindings", FaultKind::LoseAnswer, When::Next(1))]);
    let first = bench.scan().await;
    assert_eq!(first.pending, 0, "{:?}", first.problems);
    let known = bench.hub().findings.len();

    // Half of the batch is refused for a reason of the hub's own: what is left is tried again.
    let bench = Bench::new(REGION).await;
    bench.standin.plan(vec![Fault::new("securityhub:BatchImportFindings", FaultKind::RefuseHalf, When::Next(1))]);
    let first = bench.scan().await;
    assert!(first.pending > 0 && first.refused == 0, "{first:?}");
    let flush: Vec<Job> = bench.standin.messages("scan").iter().map(|body| Job::parse(body).unwrap()).collect();
    assert!(matches!(flush[..], [Job { work: Work::Flush { hop: 0 }, .. }]), "{flush:?}");
    let again = bench.deployment.work(&flush[0].body(), Limits::default()).await.unwrap();
    assert_eq!((again.pending, again.imported), (0, first.pending));
    assert_eq!(bench.standin.hub().findings.len(), known);

    // A finding that is refused again and again is set aside, and holds up nothing else.
    let bench = Bench::new(REGION).await;
    bench.standin.plan(vec![Fault::new("securityhub:BatchImportFindings", FaultKind::RefuseHalf, When::Always)]);
    let mut pending = bench.scan().await.pending;
    for hop in 0.. {
        assert!(hop < 12, "{pending} findings are tried for ever");
        if pending == 0 {
            break;
        }
        pending = bench.deployment.flush(ACCOUNT, REGION, hop, Limits::default()).await.unwrap().pending;
    }
    let stored = bench.standin.hub().findings.len();
    assert!(stored < known && stored > known / 2, "{stored} of {known}");

    // Counts that do not add up prove nothing; the repeat does no harm.
    let bench = Bench::new(REGION).await;
    bench.standin.plan(vec![Fault::new("securityhub:BatchImportFindings", FaultKind::WrongCounts, When::Next(1))]);
    let first = bench.scan().await;
    assert!(first.pending > 0, "{first:?}");
    bench.deployment.flush(ACCOUNT, REGION, 0, Limits::default()).await.unwrap();
    let hub = bench.hub();
    assert_eq!((hub.findings.len(), hub.events.len()), (known, known), "nothing was counted twice");
}

#[tokio::test]
async fn a_hub_that_refuses_optional_fields_gets_the_findings_without_them() {
    let bench = Bench::new(REGION).await;
    bench.standin.reject_extras(true);
    let first = bench.scan().await;
    let hub = bench.standin.hub();
    assert_eq!((first.pending, hub.findings.len()), (0, first.imported));
    assert!(hub.findings.values().all(|finding| finding["Compliance"].get("StatusReasons").is_none()));
    assert_eq!(bench.scan().await.imported, 0);
}

#[tokio::test]
async fn findings_wait_for_a_hub_that_is_not_enabled() {
    let bench = Bench::new(REGION).await;
    bench.standin.enable_hub(ACCOUNT, REGION, false);
    let first = bench.scan().await;
    assert!(first.imported == 0 && !first.problems.is_empty());
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert!(bench.deployment.flush(ACCOUNT, REGION, 0, Limits::default()).await.unwrap().oldest_pending_seconds >= 1);
    assert_eq!(bench.alerts().len(), 1, "people are told all the same");
    bench.standin.reset_calls();
    bench.scan().await;
    assert_eq!(bench.standin.calls().get("securityhub:BatchImportFindings"), None, "it is asked whether it is on, no more");

    bench.standin.enable_hub(ACCOUNT, REGION, true);
    let then = bench.scan().await;
    assert!(then.imported > 30 && then.pending == 0, "{then:?}");
    assert_eq!(bench.hub().findings.len(), then.imported);
}

#[tokio::test]
async fn a_conflicting_write_is_done_again_on_the_newer_state() {
    let bench = Bench::new(REGION).await;
    bench.scan().await;
    let conflict =
        FaultKind::Refuse { status: 409, code: "ConditionalRequestConflict".into(), message: "a conditional request conflicts".into() };
    bench.standin.plan(vec![
        Fault::new("s3:PutObject", conflict, When::Next(2)).holding(STATE),
        Fault::new("s3:PutObject", FaultKind::LoseAnswer, When::Next(1)).holding(STATE),
    ]);
    let done = bench.scan().await;
    assert!(done.conflicts >= 1, "{done:?}");
    assert!(done.changes.is_empty());
    assert_eq!(bench.hub().events.len(), bench.hub().findings.len());
}

#[tokio::test]
async fn a_damaged_or_newer_state_is_left_alone_and_named() {
    let bench = Bench::new(REGION).await;
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&config(&bench.standin.url()).await).force_path_style(true).build(),
    );
    let newer = zstd::bulk::compress(br#"{"schema": 999}"#, 3).unwrap();
    for (bytes, word) in [(b"not a state".to_vec(), "cannot be decoded"), (newer, "schema 999")] {
        bench.standin.delete_object("state", STATE);
        let put = s3.put_object().bucket("state").key(STATE).if_none_match("*").body(bytes.clone().into()).send().await;
        put.expect("the object is written");
        let job = Job::new(ACCOUNT, REGION, Work::Full { run: Time::default(), hop: 0 });
        let error = bench.deployment.work(&job.body(), Limits::default()).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(word) && error.contains(STATE), "{error}");
        assert_eq!(bench.standin.object("state", STATE).as_deref(), Some(&bytes[..]));
    }
}

#[tokio::test]
async fn a_mistake_in_the_settings_changes_nothing() {
    let bench = Bench::new(REGION).await;
    let store = bench.deployment.store();
    store.put_blob("config/settings.yaml", b"checks:\n  container-insights-off: {enabled: false}\n").await.unwrap();
    bench.scan().await;
    let before = bench.hub().findings.len();
    assert!(bench.hub().findings.keys().all(|id| !id.contains("/container-insights-off/")));
    store.put_blob("config/settings.yaml", b"checks:\n  container-insights-of: {enabled: false}\n").await.unwrap();
    let done = bench.scan().await;
    assert!(done.changes.is_empty(), "{:?}", done.changes);
    assert_eq!(bench.hub().findings.len(), before);
}

#[tokio::test]
async fn regions_of_one_account_share_what_was_read_of_iam() {
    let bench = Bench::new("eu-west-1, eu-central-1").await;
    bench.standin.add(Estate::empty("aws", ACCOUNT, "eu-central-1"));
    bench.scan().await;
    let walks = |bench: &Bench| bench.standin.calls().get("iam:GetAccountAuthorizationDetails").copied().unwrap_or_default();
    assert!(walks(&bench) > 0);
    bench.standin.reset_calls();
    bench.scan_in("eu-central-1").await;
    assert_eq!(walks(&bench), 0);
    let plan = bench.deployment.plan().await.unwrap();
    assert_eq!((plan.expected, plan.sent, plan.stale), (2, 0, 0), "both were scanned just now");
}

#[tokio::test]
async fn what_is_not_scanned_here_is_refused_or_dropped() {
    let bench = Bench::new(REGION).await;
    let job = Job::new("999988887777", REGION, Work::Full { run: Time::default(), hop: 0 });
    let error = bench.deployment.work(&job.body(), Limits::default()).await.unwrap_err();
    assert!(error.to_string().contains("does not scan"), "{error}");
    let event = |account: &str, id: &str| Record {
        id: id.into(),
        body: serde_json::json!({
            "source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail", "account": account, "region": REGION,
            "detail": {"eventID": id, "eventTime": "2026-11-24T12:00:00Z", "eventName": "AuthorizeSecurityGroupIngress",
                "eventSource": "ec2.amazonaws.com", "recipientAccountId": account, "requestParameters": {"groupId": "sg-0a1b2c3d4e5f60718"}}
        })
        .to_string(),
    };
    let failed = bench.deployment.trigger(vec![event("999988887777", "stranger"), event(ACCOUNT, "early")], Limits::default()).await;
    assert_eq!(failed, Vec::<String>::new());
    // Nothing is known yet, so the event of our own account asks for a full scan, and the stranger's for nothing.
    let jobs: Vec<Job> = bench.standin.messages("scan").iter().map(|body| Job::parse(body).unwrap()).collect();
    assert!(matches!(&jobs[..], [Job { work: Work::Full { hop: 0, .. }, account, .. }] if account == ACCOUNT), "{jobs:?}");
}

/// Makes the storefront's role administrator; the event of that call.
fn make_administrator(bench: &Bench) -> Record {
    bench.standin.edit(|estate| {
        let document = serde_json::json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let policy = serde_json::json!({"PolicyName": "more", "PolicyDocument": document});
        let role = estate.roles.get_mut("shop-storefront-task").unwrap();
        role["RolePolicyList"].as_array_mut().unwrap().push(policy);
    });
    let time = wallwalk_scanner::clock::now();
    let body = serde_json::json!({
        "source": "aws.iam", "detail-type": "AWS API Call via CloudTrail", "account": ACCOUNT, "region": "us-east-1",
        "detail": {"eventID": "e-1", "eventTime": time, "eventName": "PutRolePolicy", "eventSource": "iam.amazonaws.com",
            "recipientAccountId": ACCOUNT, "requestParameters": {"roleName": "shop-storefront-task", "policyName": "more"},
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/kim"}}
    });
    Record { id: "m-1".into(), body: body.to_string() }
}

#[tokio::test]
async fn an_alert_that_could_not_be_sent_is_sent_minutes_later() {
    let bench = Bench::new(REGION).await;
    bench.scan().await;
    bench.standin.purge("pager");
    let event = make_administrator(&bench);
    bench.standin.plan(vec![Fault::new("sns:Publish", FaultKind::Internal, When::Always)]);
    assert_eq!(bench.deployment.trigger(vec![event], Limits::default()).await, Vec::<String>::new());
    assert_eq!(bench.alerts(), Vec::<String>::new());
    bench.standin.plan(Vec::new());
    let flush = bench.standin.messages("scan").pop().expect("a delivery is queued");
    bench.deployment.work(&flush, Limits::default()).await.unwrap();
    let alerts: Vec<Value> = bench.alerts().iter().map(|alert| serde_json::from_str(alert).unwrap()).collect();
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!((&alerts[0]["kind"], &alerts[0]["severity"]), (&Value::from("new"), &Value::from("critical")));
    assert_eq!(alerts[0]["changed_by"]["actor"], "arn:aws:iam::111122223333:user/kim");
}

#[tokio::test]
async fn an_event_that_could_not_be_worked_in_time_is_worked_when_it_comes_again() {
    let bench = Bench::new(REGION).await;
    bench.scan().await;
    bench.standin.purge("pager");
    let event = make_administrator(&bench);
    let before = bench.hub().findings;
    let no_time = Limits { read: Some(std::time::Instant::now()), deliver: None };
    assert_eq!(bench.deployment.trigger(vec![event.clone()], no_time).await, ["m-1"]);
    assert_eq!(bench.hub().findings, before);
    assert_eq!(bench.deployment.trigger(vec![event], Limits::default()).await, Vec::<String>::new());
    let after = bench.hub().findings;
    let news = after.iter().filter(|(id, _)| !before.contains_key(*id)).map(|(_, finding)| &finding["GeneratorId"]);
    assert_eq!(news.collect::<Vec<_>>(), ["wallwalk/role-admin-equivalent"]);
    assert_eq!(bench.alerts().len(), 1);
}
