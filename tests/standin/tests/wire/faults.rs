//! The fault plan and the quotas, as clients see them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_sdk_ecs::error::SdkError;
use wallwalk_standin::{Clock, Estate, Fault, FaultKind, Options, Standin, When};

use crate::{code, config, shop, start};

#[tokio::test]
async fn each_service_is_throttled_in_a_form_that_clients_retry() {
    let standin =
        Standin::start(shop(), Options { buckets: vec!["state".into()], queues: vec!["jobs".into()], ..Options::default() }).unwrap();
    // A client retries a status below 500 only if it reads the code as throttling.
    let retrying = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1));
    let config = config(&standin).into_builder().retry_config(retrying).build();
    let all = || {
        let calls =
            ["ecs:ListClusters", "ec2:DescribeVpcs", "iam:GetRole", "elasticloadbalancing:DescribeTargetGroups", "ssm:DescribeParameters"];
        let more = ["secretsmanager:DescribeSecret", "ecr:DescribeRepositories", "sts:GetCallerIdentity", "securityhub:DescribeHub"];
        let last = ["sqs:GetQueueUrl", "s3:ListObjectsV2", "sns:CreateTopic"];
        calls.into_iter().chain(more).chain(last)
    };
    standin.plan(all().map(|call| Fault::new(call, FaultKind::Throttle, When::Next(1))).collect());
    aws_sdk_ecs::Client::new(&config).list_clusters().send().await.unwrap();
    aws_sdk_ec2::Client::new(&config).describe_vpcs().send().await.unwrap();
    aws_sdk_iam::Client::new(&config).get_role().role_name("shop-email").send().await.unwrap();
    aws_sdk_elasticloadbalancingv2::Client::new(&config).describe_target_groups().send().await.unwrap();
    aws_sdk_ssm::Client::new(&config).describe_parameters().send().await.unwrap();
    aws_sdk_secretsmanager::Client::new(&config).describe_secret().secret_id("shop/orders/database").send().await.unwrap();
    aws_sdk_ecr::Client::new(&config).describe_repositories().send().await.unwrap();
    aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    aws_sdk_securityhub::Client::new(&config).describe_hub().send().await.unwrap();
    aws_sdk_sqs::Client::new(&config).get_queue_url().queue_name("jobs").send().await.unwrap();
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(s3).list_objects_v2().bucket("state").send().await.unwrap();
    aws_sdk_sns::Client::new(&config).create_topic().name("alerts").send().await.unwrap();
    for call in all() {
        assert_eq!(standin.calls().get(call), Some(&2), "{call}: one throttled, one answered");
    }
    assert_eq!(standin.throttled(), 12);
}

#[tokio::test]
async fn each_protocol_says_denied_and_expired_in_its_own_code() {
    let standin = start(shop());
    let config = config(&standin);
    let ask = async || {
        [
            code(aws_sdk_ecs::Client::new(&config).list_clusters().send().await),
            code(aws_sdk_ec2::Client::new(&config).describe_vpcs().send().await),
            code(aws_sdk_iam::Client::new(&config).get_role().role_name("shop-email").send().await),
            code(aws_sdk_securityhub::Client::new(&config).describe_hub().send().await),
            code(aws_sdk_sqs::Client::new(&config).get_queue_url().queue_name("jobs").send().await),
        ]
    };
    standin.plan(vec![Fault::new("*", FaultKind::Deny, When::Always)]);
    let denied = ["AccessDeniedException", "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "AccessDeniedException"];
    assert_eq!(ask().await, denied);
    standin.plan(vec![Fault::new("*", FaultKind::Expired, When::Always)]);
    assert_eq!(ask().await, ["ExpiredTokenException", "RequestExpired", "ExpiredToken", "ExpiredTokenException", "ExpiredTokenException"]);
    standin.plan(vec![]);
    aws_sdk_ecs::Client::new(&config).list_clusters().send().await.unwrap();
}

#[tokio::test]
async fn faults_strike_as_often_as_planned_and_only_where_they_should() {
    let standin = start(shop());
    let ecs = aws_sdk_ecs::Client::new(&config(&standin));
    standin.plan(vec![Fault::new("ecs:ListClusters", FaultKind::Internal, When::Every(3))]);
    let mut fine = Vec::new();
    for _ in 0..6 {
        fine.push(ecs.list_clusters().send().await.is_ok());
    }
    assert_eq!(fine, [true, true, false, true, true, false]);
    standin.plan(vec![Fault::new("ecs:Describe*", FaultKind::Deny, When::Next(1)).holding("shop-tools")]);
    ecs.describe_clusters().clusters("shop-prod").send().await.unwrap();
    assert_eq!(code(ecs.describe_clusters().clusters("shop-tools").send().await), "AccessDeniedException");
    ecs.describe_clusters().clusters("shop-tools").send().await.unwrap();
    let refused = FaultKind::Refuse { status: 400, code: "LimitExceededException".into(), message: "no more".into() };
    standin.plan(vec![Fault::new("ecs:*", refused, When::Always)]);
    assert_eq!(code(ecs.list_clusters().send().await), "LimitExceededException");
}

#[tokio::test]
async fn broken_answers_are_broken_for_the_client() {
    let standin = start(shop());
    let ecs = aws_sdk_ecs::Client::new(&config(&standin));
    standin.plan(vec![Fault::new("ecs:ListClusters", FaultKind::Reset, When::Next(1))]);
    assert!(matches!(ecs.list_clusters().send().await, Err(SdkError::DispatchFailure(_) | SdkError::ResponseError(_))));
    standin.plan(vec![Fault::new("ecs:ListClusters", FaultKind::HalfAnswer, When::Next(1))]);
    assert!(ecs.list_clusters().send().await.is_err());
    standin.plan(vec![Fault::new("ecs:ListClusters", FaultKind::Html(502), When::Next(1))]);
    let error = ecs.list_clusters().send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 502);
    let delay = Duration::from_millis(150);
    standin.plan(vec![Fault::new("ecs:ListClusters", FaultKind::Latency(delay), When::Next(1))]);
    let begun = Instant::now();
    ecs.list_clusters().send().await.unwrap();
    assert!(begun.elapsed() >= delay);
}

#[tokio::test]
async fn tokens_can_be_garbled_or_go_in_circles() {
    let standin = start(shop());
    let ecs = aws_sdk_ecs::Client::new(&config(&standin));
    let page =
        |token: Option<&str>| ecs.list_services().cluster("shop-prod").max_results(4).set_next_token(token.map(str::to_owned)).send();
    standin.plan(vec![Fault::new("ecs:ListServices", FaultKind::GarbledToken, When::Next(1))]);
    let first = page(None).await.unwrap();
    assert_eq!(code(page(first.next_token()).await), "InvalidParameterException");
    standin.plan(vec![Fault::new("ecs:ListServices", FaultKind::RepeatedToken, When::Always)]);
    let first = page(None).await.unwrap();
    let second = page(first.next_token()).await.unwrap();
    assert_eq!(first.next_token(), second.next_token());
}

#[tokio::test]
async fn quotas_are_kept_by_the_clock() {
    let clock = Clock::at(1_795_442_531_482);
    let options = Options { quotas: true, clock: clock.clone(), ..Options::default() };
    let standin = Standin::start(Estate::generated(3, 1), options).unwrap();
    let ecs = aws_sdk_ecs::Client::new(&config(&standin));
    for n in 0..50 {
        assert!(ecs.list_clusters().send().await.is_ok(), "call {n} is within the burst");
    }
    assert_eq!(code(ecs.list_clusters().send().await), "ThrottlingException");
    // Another bucket is another bucket; one that is shared is shared.
    assert!(ecs.list_services().cluster("generated-000").send().await.is_ok());
    assert_eq!(code(ecs.describe_clusters().send().await), "ThrottlingException");
    clock.advance(Duration::from_millis(100));
    assert!(ecs.list_clusters().send().await.is_ok() && ecs.list_clusters().send().await.is_ok());
    assert_eq!(code(ecs.list_clusters().send().await), "ThrottlingException");
    assert_eq!(standin.throttled(), 3);
}

#[test]
fn a_call_without_a_signature_is_refused() {
    let standin = start(shop());
    let mut stream = TcpStream::connect(standin.url().trim_start_matches("http://")).unwrap();
    let head =
        "POST / HTTP/1.1\r\nhost: standin\r\nx-amz-target: AmazonEC2ContainerServiceV20141113.ListClusters\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(head.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("MissingAuthenticationTokenException"), "{answer}");
    assert!(standin.calls().is_empty());
}
