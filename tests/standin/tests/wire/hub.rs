//! The strict Security Hub, rule by rule.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::operation::batch_import_findings::BatchImportFindingsOutput;
use aws_sdk_securityhub::types::{
    AwsSecurityFinding, AwsSecurityFindingFilters, Compliance, ComplianceStatus, FindingProviderFields, FindingProviderSeverity, Note,
    Recommendation, RecordState, Remediation, Resource, Severity, SeverityLabel, StatusReason, StringFilter, StringFilterComparison,
    Workflow, WorkflowStatus,
};
use serde_json::json;
use wallwalk_standin::{Clock, Estate, Fault, FaultKind, Options, Standin, When};

use crate::{ACCOUNT, REGION, code, config, config_with};

const PRODUCT: &str = "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default";

fn started(options: Options) -> (Standin, Client) {
    let standin = Standin::start(Estate::empty("aws", ACCOUNT, REGION), options).unwrap();
    let client = Client::new(&config(&standin));
    (standin, client)
}

fn hub() -> (Standin, Client) {
    started(Options::default())
}

/// What makes a finding break a rule.
type Spoil = fn(&mut AwsSecurityFinding);

/// A finding that keeps every rule, last updated at a minute of one hour.
fn finding(id: &str, minute: u32, status: ComplianceStatus) -> AwsSecurityFinding {
    let provided = FindingProviderFields::builder()
        .severity(FindingProviderSeverity::builder().label(SeverityLabel::High).original("high").build())
        .types("Software and Configuration Checks/AWS Security Best Practices")
        .confidence(100)
        .build();
    AwsSecurityFinding::builder()
        .schema_version("2018-10-08")
        .id(id)
        .product_arn(PRODUCT)
        .product_name("wallwalk")
        .generator_id("wallwalk/privileged-container")
        .aws_account_id(ACCOUNT)
        .created_at("2026-11-23T14:00:00.000Z")
        .updated_at(format!("2026-11-23T14:{minute:02}:00.000Z"))
        .title("payments/api: container web runs privileged")
        .description("one hop a line")
        .finding_provider_fields(provided)
        .compliance(Compliance::builder().status(status).build())
        .resources(Resource::builder().r#type("AwsEcsService").id("arn:aws:ecs:eu-west-1:111122223333:service/payments/api").build())
        .record_state(RecordState::Active)
        .build()
}

async fn import(client: &Client, findings: Vec<AwsSecurityFinding>) -> BatchImportFindingsOutput {
    client.batch_import_findings().set_findings(Some(findings)).send().await.unwrap()
}

/// Imports one finding that must be accepted.
async fn accept(client: &Client, finding: AwsSecurityFinding) {
    let answer = import(client, vec![finding]).await;
    assert_eq!(answer.success_count(), Some(1), "{:?}", answer.failed_findings());
}

/// The message with which one finding is refused.
async fn refused(client: &Client, finding: AwsSecurityFinding) -> String {
    let answer = import(client, vec![finding]).await;
    assert_eq!((answer.failed_count(), answer.success_count()), (Some(1), Some(0)));
    let failed = &answer.failed_findings()[0];
    assert_eq!(failed.error_code(), Some("InvalidInput"));
    failed.error_message().unwrap().to_owned()
}

#[tokio::test]
async fn rule_1_a_hub_that_is_not_enabled_refuses_everything() {
    let (standin, client) = started(Options { hub_disabled: vec![(ACCOUNT.into(), REGION.into())], ..Options::default() });
    let error = client.describe_hub().send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 401);
    assert_eq!(code::<(), _>(Err(error)), "InvalidAccessException");
    let one = || client.batch_import_findings().findings(finding("a", 1, ComplianceStatus::Failed)).send();
    assert_eq!(code(one().await), "InvalidAccessException");
    standin.enable_hub(ACCOUNT, REGION, true);
    one().await.unwrap();
    assert!(client.describe_hub().send().await.unwrap().hub_arn().unwrap().ends_with("hub/default"));
}

#[tokio::test]
async fn rule_2_a_finding_of_another_account_fails_the_whole_call() {
    let (standin, client) = hub();
    let mut foreign = finding("b", 1, ComplianceStatus::Failed);
    foreign.aws_account_id = Some("444455556666".into());
    let error =
        client.batch_import_findings().findings(finding("a", 1, ComplianceStatus::Failed)).findings(foreign).send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
    let message =
        "User: arn:aws:iam::111122223333:user/standin is not authorized to perform: securityhub:BatchImportFindings on resource: ";
    let said = aws_smithy_types::error::metadata::ProvideErrorMetadata::message(&error).unwrap().to_owned();
    assert_eq!(said, format!("{message}{PRODUCT}"));
    assert!(standin.hub().findings.is_empty());
    // With the keys of another account, or in another Region, the product is a stranger's.
    let sts = aws_sdk_sts::Client::new(&config(&standin));
    let keys = sts
        .assume_role()
        .role_arn("arn:aws:iam::444455556666:role/scan")
        .role_session_name("scan")
        .send()
        .await
        .unwrap()
        .credentials
        .unwrap();
    for elsewhere in [
        config_with(&standin.url(), keys.access_key_id(), Some(keys.session_token()), REGION),
        config_with(&standin.url(), "standin", None, "eu-central-1"),
    ] {
        let call = Client::new(&elsewhere).batch_import_findings().findings(finding("a", 1, ComplianceStatus::Failed)).send().await;
        assert_eq!(code(call), "AccessDeniedException");
    }
}

#[tokio::test]
async fn rule_3_a_call_takes_one_to_a_hundred_findings_and_six_megabytes() {
    let (standin, client) = hub();
    let many = |count: usize| (0..count).map(|n| finding(&format!("f{n}"), 1, ComplianceStatus::Failed)).collect::<Vec<_>>();
    for count in [0, 101] {
        assert_eq!(code(client.batch_import_findings().set_findings(Some(many(count))).send().await), "InvalidInputException");
    }
    assert_eq!(import(&client, many(100)).await.success_count(), Some(100));
    let mut large = many(100);
    for finding in &mut large {
        finding.source_url = Some("x".repeat(61_000));
        finding.updated_at = Some("2026-11-23T15:00:00Z".into());
    }
    assert_eq!(code(client.batch_import_findings().set_findings(Some(large)).send().await), "InvalidInputException");
    assert_eq!(standin.hub().refused_calls.len(), 3);
}

#[test]
fn rule_4_the_buckets_are_those_of_the_service() {
    roomy(within_the_buckets());
}

async fn within_the_buckets() {
    let clock = Clock::at(1_795_442_531_482);
    let (_standin, client) = started(Options { quotas: true, clock: clock.clone(), ..Options::default() });
    for n in 0..30 {
        assert!(client.batch_import_findings().findings(finding(&format!("f{n}"), 1, ComplianceStatus::Failed)).send().await.is_ok());
    }
    let error = client.batch_import_findings().findings(finding("x", 1, ComplianceStatus::Failed)).send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 429);
    assert_eq!(code::<(), _>(Err(error)), "TooManyRequestsException");
    for _ in 0..6 {
        client.get_findings().send().await.unwrap();
    }
    assert_eq!(code(client.get_findings().send().await), "TooManyRequestsException");
    clock.advance(Duration::from_secs(1));
    for _ in 0..3 {
        client.get_findings().send().await.unwrap();
    }
    assert_eq!(code(client.get_findings().send().await), "TooManyRequestsException");
}

#[tokio::test]
async fn rule_5_a_finding_of_the_wrong_form_fails_alone_in_the_validators_words() {
    let (standin, client) = hub();
    let good = || finding("bad", 1, ComplianceStatus::Failed);
    let cases: Vec<(Spoil, &str)> = vec![
        (|f| f.description = None, "data should have required property 'Description'"),
        (
            |f| f.finding_provider_fields = None,
            "data should have required property 'FindingProviderFields', data should match some schema in anyOf",
        ),
        (|f| f.resources = Some(vec![]), "data.Resources should NOT have fewer than 1 items"),
        (
            |f| f.resources.as_mut().unwrap()[0].r#type = Some(String::new()),
            "data.Resources[0].Type should NOT be shorter than 1 characters",
        ),
        (|f| f.resources.as_mut().unwrap()[0].id = None, "data.Resources[0] should have required property 'Id'"),
        (|f| f.title = Some("x".repeat(257)), "data.Title should NOT be longer than 256 characters"),
        (
            |f| {
                let text = Recommendation::builder().text("x".repeat(513)).build();
                f.remediation = Some(Remediation::builder().recommendation(text).build());
            },
            "data.Remediation.Recommendation.Text should NOT be longer than 512 characters",
        ),
        (|f| f.types = Some(vec!["a/b/c/d".into()]), "data.Types[0] should match pattern \"^([^/]+)(/[^/]+){0,2}$\""),
        (|f| f.types = Some(vec![String::new()]), "data.Types[0] should match pattern \"^([^/]+)(/[^/]+){0,2}$\""),
        (|f| f.types = Some(vec!["Mistakes".into()]), "data.Types[0] should be equal to one of the allowed values"),
        (|f| f.resources = Some(vec![f.resources()[0].clone(); 33]), "data.Resources should NOT have more than 32 items"),
        (
            |f| f.compliance.as_mut().unwrap().status = Some("GREAT".into()),
            "data.Compliance.Status should be equal to one of the allowed values",
        ),
        (
            |f| f.product_fields = Some((0..51).map(|n| (format!("wallwalk/{n}"), String::new())).collect()),
            "data.ProductFields should NOT have more than 50 properties",
        ),
        (
            |f| f.product_fields = Some([("aws/mine".to_owned(), "x".to_owned())].into()),
            "data.ProductFields property name 'aws/mine' is reserved",
        ),
        (|f| f.updated_at = Some("yesterday".into()), "data.UpdatedAt should match format \"date-time\""),
        (|f| f.confidence = Some(101), "data.Confidence should be between 0 and 100"),
    ];
    for (spoil, message) in &cases {
        let mut bad = good();
        spoil(&mut bad);
        let said = refused(&client, bad).await;
        assert_eq!(said, format!("Finding does not adhere to Amazon Finding Format. {message}."));
    }
    // Two faults are told together, and the others of the batch are stored.
    let mut bad = good();
    (bad.title, bad.description) = (None, None);
    let answer = import(&client, vec![finding("a", 1, ComplianceStatus::Failed), bad, finding("c", 1, ComplianceStatus::Failed)]).await;
    assert_eq!((answer.success_count(), answer.failed_count()), (Some(2), Some(1)));
    let said = answer.failed_findings()[0].error_message().unwrap();
    assert!(said.contains("property 'Title', data should have required property 'Description'."), "{said}");
    let view = standin.hub();
    assert_eq!(view.findings.keys().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(view.refused.len(), cases.len() + 1);
}

#[tokio::test]
async fn rule_5_a_member_of_the_wrong_type_is_refused() {
    // The SDK cannot send it; a request with a body of its own can.
    let (standin, _client) = hub();
    let body = json!({"Findings": [{"Title": 5, "ProductFields": [], "Id": "x"}]}).to_string();
    let head = "AWS4-HMAC-SHA256 Credential=standin/20261123/eu-west-1/securityhub/aws4_request, SignedHeaders=host, Signature=0";
    let request =
        format!("POST /findings/import HTTP/1.1\r\nhost: standin\r\nauthorization: {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(standin.url().trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("data.Title should be string") && answer.contains("data.ProductFields should be object"), "{answer}");
}

#[tokio::test]
async fn rule_6_a_finding_over_240_kilobytes_fails_alone() {
    let (_standin, client) = hub();
    let mut large = finding("a", 1, ComplianceStatus::Failed);
    large.source_url = Some("x".repeat(240 * 1024));
    assert!(refused(&client, large).await.contains("240 KB"));
}

#[tokio::test]
async fn rule_7_a_new_finding_is_completed() {
    let (standin, client) = hub();
    let mut sent = finding("a", 1, ComplianceStatus::Failed);
    sent.record_state = None;
    accept(&client, sent).await;
    let stored = &standin.hub().findings["a"];
    assert_eq!(stored["Workflow"]["Status"], "NEW");
    assert_eq!(stored["RecordState"], "ACTIVE");
    assert_eq!(stored["Region"], REGION);
    assert_eq!(stored["Severity"], stored["FindingProviderFields"]["Severity"]);
    assert_eq!(stored["Types"], stored["FindingProviderFields"]["Types"]);
    let mut sent = finding("b", 1, ComplianceStatus::Failed);
    sent.finding_provider_fields = None;
    sent.severity = Some(Severity::builder().label(SeverityLabel::Low).build());
    sent.types = Some(vec!["Effects".into()]);
    accept(&client, sent).await;
    let stored = &standin.hub().findings["b"];
    assert_eq!(stored["FindingProviderFields"], json!({"Severity": {"Label": "LOW"}, "Types": ["Effects"]}));
}

#[tokio::test]
async fn rule_8_what_is_not_later_is_counted_and_ignored() {
    let (standin, client) = hub();
    accept(&client, finding("a", 5, ComplianceStatus::Failed)).await;
    for minute in [5, 4] {
        let mut late = finding("a", minute, ComplianceStatus::Passed);
        late.title = Some("older news".into());
        accept(&client, late).await;
    }
    let view = standin.hub();
    assert_eq!(view.findings["a"]["Compliance"]["Status"], "FAILED");
    assert_eq!((view.ignored, view.events.len()), (2, 1));
}

#[tokio::test]
async fn rule_9_the_provider_replaces_its_fields_and_leaves_the_customers() {
    let (standin, client) = hub();
    let mut first = finding("a", 1, ComplianceStatus::Failed);
    first.product_fields = Some([("wallwalk/ecs/check".to_owned(), "x".to_owned())].into());
    accept(&client, first).await;
    assert!(standin.triage("a", |finding| {
        finding.insert("Workflow".into(), json!({"Status": "SUPPRESSED"}));
        finding.insert("Note".into(), json!({"Text": "accepted", "UpdatedBy": "us"}));
        finding.insert("Severity".into(), json!({"Label": "LOW"}));
    }));
    let mut second = finding("a", 2, ComplianceStatus::Failed);
    second.workflow = Some(Workflow::builder().status(WorkflowStatus::Notified).build());
    second.note = Some(Note::builder().text("ours").updated_by("provider").updated_at("2026-11-23T14:00:00Z").build());
    accept(&client, second).await;
    let stored = &standin.hub().findings["a"];
    assert_eq!(stored["Workflow"]["Status"], "SUPPRESSED");
    assert_eq!(stored["Note"]["Text"], "accepted");
    assert_eq!(stored["Severity"]["Label"], "LOW", "the customer's severity");
    assert_eq!(stored["FindingProviderFields"]["Severity"]["Label"], "HIGH");
    assert_eq!(stored["Types"][0], "Software and Configuration Checks/AWS Security Best Practices");
    assert!(stored.get("ProductFields").is_none(), "what is left out is lost");
    assert!(!standin.triage("none", |_| ()));
}

#[tokio::test]
async fn rule_10_a_finding_that_comes_back_is_new_unless_suppressed() {
    let (standin, client) = hub();
    let workflow = |id: &str| standin.hub().findings[id]["Workflow"]["Status"].as_str().unwrap().to_owned();
    let set = |id: &str, status: &str| standin.triage(id, |finding| drop(finding.insert("Workflow".into(), json!({"Status": status}))));
    accept(&client, finding("a", 1, ComplianceStatus::Passed)).await;
    set("a", "RESOLVED");
    accept(&client, finding("a", 2, ComplianceStatus::NotAvailable)).await;
    assert_eq!(workflow("a"), "NEW");
    set("a", "NOTIFIED");
    accept(&client, finding("a", 3, ComplianceStatus::Failed)).await;
    assert_eq!(workflow("a"), "NOTIFIED", "it had not passed");
    let mut archived = finding("a", 4, ComplianceStatus::Failed);
    archived.record_state = Some(RecordState::Archived);
    accept(&client, archived).await;
    assert_eq!(workflow("a"), "NOTIFIED");
    accept(&client, finding("a", 5, ComplianceStatus::Failed)).await;
    assert_eq!(workflow("a"), "NEW");
    set("a", "SUPPRESSED");
    accept(&client, finding("a", 6, ComplianceStatus::Passed)).await;
    accept(&client, finding("a", 7, ComplianceStatus::Failed)).await;
    assert_eq!(workflow("a"), "SUPPRESSED");
}

#[tokio::test]
async fn rules_11_and_16_each_import_is_one_event_in_its_month() {
    let clock = Clock::at(1_795_442_531_482);
    let (standin, client) = started(Options { clock: clock.clone(), ..Options::default() });
    import(&client, vec![finding("a", 1, ComplianceStatus::Failed), finding("b", 1, ComplianceStatus::Failed)]).await;
    clock.advance(Duration::from_secs(10 * 86_400));
    accept(&client, finding("a", 2, ComplianceStatus::Failed)).await;
    let view = standin.hub();
    assert_eq!(view.events, ["a", "b", "a"]);
    let month = |month: &str| view.imported.get(&(ACCOUNT.to_owned(), REGION.to_owned(), month.to_owned())).copied();
    assert_eq!((month("2026-11"), month("2026-12")), (Some(2), Some(1)));
}

fn is(value: &str) -> StringFilter {
    StringFilter::builder().value(value).comparison(StringFilterComparison::Equals).build()
}

/// Runs what reads findings back: the SDK's debug build takes more stack for one than a test's thread
/// has.
fn roomy(work: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let thread = std::thread::Builder::new().stack_size(32 << 20).spawn(move || runtime.block_on(work)).unwrap();
    thread.join().unwrap();
}

#[test]
fn rule_12_findings_are_read_by_filter_and_page_and_late() {
    roomy(read_by_filter_and_page());
    roomy(read_late());
}

async fn read_by_filter_and_page() {
    let (_standin, client) = hub();
    for n in 0..5 {
        let mut one = finding(&format!("f{n}"), 1, ComplianceStatus::Failed);
        one.record_state = Some(if n == 0 { RecordState::Archived } else { RecordState::Active });
        accept(&client, one).await;
    }
    let filters = || AwsSecurityFindingFilters::builder().product_arn(is(PRODUCT)).aws_account_id(is(ACCOUNT)).region(is(REGION));
    let active = filters().record_state(is("ACTIVE")).build();
    let first = client.get_findings().filters(active.clone()).max_results(3).send().await.unwrap();
    let second = client.get_findings().filters(active.clone()).max_results(3).next_token(first.next_token().unwrap()).send().await.unwrap();
    let ids: Vec<&str> = first.findings().iter().chain(second.findings()).filter_map(|one| one.id()).collect();
    assert_eq!(ids, ["f1", "f2", "f3", "f4"]);
    assert_eq!(client.get_findings().filters(filters().id(is("f2")).build()).send().await.unwrap().findings().len(), 1);
    let two = filters().id(is("f2")).id(is("f3")).record_state(is("ACTIVE")).build();
    assert_eq!(client.get_findings().filters(two).send().await.unwrap().findings().len(), 2);
    let nowhere = AwsSecurityFindingFilters::builder().region(is("eu-central-1")).build();
    assert!(client.get_findings().filters(nowhere).send().await.unwrap().findings().is_empty());
    assert_eq!(code(client.get_findings().max_results(101).send().await), "InvalidInputException");
}

async fn read_late() {
    let (_standin, client) = started(Options { hub_lag: 2, ..Options::default() });
    accept(&client, finding("a", 1, ComplianceStatus::Failed)).await;
    assert_eq!(client.get_findings().send().await.unwrap().findings().len(), 0);
    assert_eq!(client.get_findings().send().await.unwrap().findings().len(), 0);
    assert_eq!(client.get_findings().send().await.unwrap().findings().len(), 1);
}

#[tokio::test]
async fn rule_13_findings_are_forgotten_without_updates() {
    let clock = Clock::at(1_795_442_531_482);
    let (standin, client) = started(Options { clock: clock.clone(), ..Options::default() });
    let days = |count: u64| Duration::from_secs(count * 86_400);
    accept(&client, finding("active", 1, ComplianceStatus::Failed)).await;
    let mut archived = finding("archived", 1, ComplianceStatus::Failed);
    archived.record_state = Some(RecordState::Archived);
    accept(&client, archived).await;
    clock.advance(days(29));
    assert_eq!(standin.hub().findings.len(), 2);
    clock.advance(days(1));
    assert_eq!(standin.hub().findings.keys().collect::<Vec<_>>(), ["active"]);
    accept(&client, finding("active", 2, ComplianceStatus::Failed)).await;
    clock.advance(days(89));
    assert_eq!(standin.hub().findings.len(), 1, "the update counts");
    clock.advance(days(1));
    assert!(standin.hub().findings.is_empty());
}

#[tokio::test]
async fn rule_14_extras_are_refused_when_told_to() {
    let (standin, client) = hub();
    let with_extras = |minute: u32| {
        let mut one = finding("a", minute, ComplianceStatus::NotAvailable);
        let reason = StatusReason::builder().reason_code("WALLWALK_GAP_DENIED").description("ecs:ListClusters: denied").build();
        let compliance = Compliance::builder().status(ComplianceStatus::NotAvailable).security_control_id("x").status_reasons(reason);
        one.compliance = Some(compliance.build());
        one
    };
    accept(&client, with_extras(1)).await;
    standin.reject_extras(true);
    let said = refused(&client, with_extras(2)).await;
    assert!(said.contains("Compliance.StatusReasons") && said.contains("SecurityControlId"), "{said}");
    accept(&client, finding("a", 3, ComplianceStatus::NotAvailable)).await;
}

#[tokio::test]
async fn rule_15_faults_by_script() {
    let (standin, client) = hub();
    let batch = |minute: u32| ["a", "b", "c", "d"].map(|id| finding(id, minute, ComplianceStatus::Failed)).to_vec();
    let fault = |kind| standin.plan(vec![Fault::new("securityhub:BatchImportFindings", kind, When::Next(1))]);
    fault(FaultKind::LoseAnswer);
    assert!(client.batch_import_findings().set_findings(Some(batch(1))).send().await.is_err());
    assert_eq!(standin.hub().findings.len(), 4, "the answer was lost, not the findings");
    fault(FaultKind::RefuseHalf);
    let half = import(&client, batch(2)).await;
    let failed: Vec<&str> = half.failed_findings().iter().filter_map(|one| one.id()).collect();
    assert_eq!((failed, half.success_count()), (vec!["b", "d"], Some(2)));
    fault(FaultKind::WrongCounts);
    let wrong = import(&client, batch(3)).await;
    assert_eq!((wrong.success_count(), wrong.failed_count()), (Some(5), Some(0)));
    fault(FaultKind::Internal);
    let error = client.batch_import_findings().set_findings(Some(batch(4))).send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 500);
    assert_eq!(code::<(), _>(Err(error)), "InternalException");
}
