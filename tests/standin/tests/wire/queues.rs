//! SQS and SNS.

use std::time::Duration;

use aws_sdk_sns::types::MessageAttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};
use wallwalk_standin::{Clock, Options, Standin};

use crate::{code, config, shop};

fn with_queue() -> (Standin, Clock, aws_sdk_sqs::Client, String) {
    let clock = Clock::at(1_795_442_531_482);
    let options = Options { queues: vec!["jobs".into()], clock: clock.clone(), ..Options::default() };
    let standin = Standin::start(shop(), options).unwrap();
    let sqs = aws_sdk_sqs::Client::new(&config(&standin));
    let url = format!("{}/111122223333/jobs", standin.url());
    (standin, clock, sqs, url)
}

#[tokio::test]
async fn a_message_is_hidden_while_it_is_worked_on_and_comes_back() {
    let (standin, clock, sqs, url) = with_queue();
    assert_eq!(sqs.get_queue_url().queue_name("jobs").send().await.unwrap().queue_url(), Some(url.as_str()));
    sqs.send_message().queue_url(&url).message_body("{\"v\": 1}").delay_seconds(10).send().await.unwrap();
    let receive = || sqs.receive_message().queue_url(&url).max_number_of_messages(10).visibility_timeout(60).send();
    assert!(receive().await.unwrap().messages().is_empty(), "delayed");
    clock.advance(Duration::from_secs(10));
    let first = receive().await.unwrap();
    assert_eq!(first.messages()[0].body(), Some("{\"v\": 1}"));
    assert!(receive().await.unwrap().messages().is_empty(), "in flight");
    clock.advance(Duration::from_secs(60));
    let second = receive().await.unwrap();
    assert_eq!(second.messages()[0].message_id(), first.messages()[0].message_id());
    let handle = second.messages()[0].receipt_handle().unwrap();
    let counts = sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All).send().await.unwrap();
    assert_eq!(counts.attributes().unwrap()[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "1");
    sqs.delete_message().queue_url(&url).receipt_handle(handle).send().await.unwrap();
    assert_eq!(standin.messages("jobs"), Vec::<String>::new());
}

#[tokio::test]
async fn queues_refuse_what_sqs_refuses() {
    let (_standin, _clock, sqs, url) = with_queue();
    let send = || sqs.send_message().queue_url(&url);
    assert_eq!(code(send().message_body("x").delay_seconds(901).send().await), "InvalidParameterValue");
    assert_eq!(code(send().message_body("\u{1}").send().await), "InvalidMessageContents");
    assert_eq!(code(send().message_body("x".repeat((1 << 20) + 1)).send().await), "InvalidParameterValue");
    assert_eq!(code(sqs.receive_message().queue_url(&url).max_number_of_messages(11).send().await), "InvalidParameterValue");
    let nowhere = sqs.get_queue_url().queue_name("none").send().await.unwrap_err().into_service_error();
    assert!(nowhere.is_queue_does_not_exist());
    sqs.create_queue().queue_name("more").attributes(QueueAttributeName::VisibilityTimeout, "60").send().await.unwrap();
    sqs.create_queue().queue_name("more").send().await.unwrap();
    let differs = sqs.create_queue().queue_name("more").attributes(QueueAttributeName::VisibilityTimeout, "61").send().await;
    assert!(differs.unwrap_err().into_service_error().is_queue_name_exists());
}

#[tokio::test]
async fn a_waiting_receiver_gets_what_comes() {
    let (_standin, _clock, sqs, url) = with_queue();
    let (receiver, at) = (sqs.clone(), url.clone());
    let waiting = tokio::spawn(async move { receiver.receive_message().queue_url(at).wait_time_seconds(10).send().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    sqs.send_message().queue_url(&url).message_body("late").send().await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().messages()[0].body(), Some("late"));
}

fn attribute(kind: &str, value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type(kind).string_value(value).build().unwrap()
}

#[tokio::test]
async fn an_alert_reaches_the_subscribed_queue() {
    let (standin, _clock, sqs, _url) = with_queue();
    let sns = aws_sdk_sns::Client::new(&config(&standin));
    let topic = sns.create_topic().name("alerts").send().await.unwrap().topic_arn.unwrap();
    sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint("arn:aws:sqs:eu-west-1:111122223333:jobs").send().await.unwrap();
    sqs.create_queue().queue_name("raw").send().await.unwrap();
    let raw = sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint("arn:aws:sqs:eu-west-1:111122223333:raw");
    raw.attributes("RawMessageDelivery", "true").send().await.unwrap();
    let shapes = json!({"default": "{\"kind\": \"new\"}", "email": "new"}).to_string();
    let publish = sns.publish().topic_arn(&topic).message_structure("json").message(shapes).subject("[critical] it's open");
    publish
        .message_attributes("severity_rank", attribute("Number", "5"))
        .message_attributes("kind", attribute("String", "new"))
        .send()
        .await
        .unwrap();
    let told: Value = serde_json::from_str(&standin.messages("jobs")[0]).unwrap();
    assert_eq!(told["Message"], "{\"kind\": \"new\"}");
    assert_eq!(told["Subject"], "[critical] it's open");
    assert_eq!(told["MessageAttributes"]["severity_rank"], json!({"Type": "Number", "Value": "5"}));
    assert_eq!(standin.messages("raw"), ["{\"kind\": \"new\"}"]);
}

#[tokio::test]
async fn topics_refuse_what_sns_refuses() {
    let (standin, _clock, _sqs, _url) = with_queue();
    let sns = aws_sdk_sns::Client::new(&config(&standin));
    let topic = sns.create_topic().name("alerts").send().await.unwrap().topic_arn.unwrap();
    let publish = || sns.publish().topic_arn(&topic);
    for subject in ["x".repeat(100), "two\nlines".into(), "ü".into(), " blank".into()] {
        assert_eq!(code(publish().message("x").subject(&subject).send().await), "InvalidParameter", "{subject:?}");
    }
    publish().message("x").subject("x".repeat(99)).send().await.unwrap();
    for shapes in ["not json", "[]", "{\"email\": \"x\"}", "{\"default\": {}}"] {
        assert_eq!(code(publish().message_structure("json").message(shapes).send().await), "InvalidParameter", "{shapes}");
    }
    assert_eq!(code(publish().message("x".repeat((256 << 10) + 1)).send().await), "InvalidParameter");
    for bad in [attribute("String", ""), attribute("Number", "five"), attribute("Colour", "red")] {
        assert_eq!(code(publish().message("x").message_attributes("kind", bad).send().await), "ParameterValueInvalid");
    }
    assert_eq!(code(sns.publish().topic_arn("arn:aws:sns:eu-west-1:111122223333:none").message("x").send().await), "NotFound");
    let filtered = sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint("arn:aws:sqs:eu-west-1:111122223333:jobs");
    assert_eq!(code(filtered.attributes("FilterPolicy", "{}").send().await), "InvalidParameter");
}
