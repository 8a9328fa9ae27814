use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use wallwalk_standin::{Fault, FaultKind, Options, Standin, When};

use crate::{code, config, shop};

fn bucket() -> (Standin, Client) {
    let options = Options { buckets: vec!["state".into()], conditional_prefix: Some("state/".into()), ..Options::default() };
    let standin = Standin::start(shop(), options).unwrap();
    let s3 = aws_sdk_s3::config::Builder::from(&config(&standin)).force_path_style(true).build();
    (standin, Client::from_conf(s3))
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_written() {
    let (standin, s3) = bucket();
    let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let put = s3.put_object().bucket("state").key("config/a b+ü.yaml").metadata("full-scan-complete-at", "2026-11-23T14:02:00Z");
    let written = put.content_type("text/yaml").body(ByteStream::from(bytes.clone())).send().await.unwrap();
    let read = s3.get_object().bucket("state").key("config/a b+ü.yaml").send().await.unwrap();
    assert_eq!(read.e_tag(), written.e_tag());
    assert_eq!(read.content_type(), Some("text/yaml"));
    assert_eq!(read.metadata().unwrap()["full-scan-complete-at"], "2026-11-23T14:02:00Z");
    assert_eq!(read.body.collect().await.unwrap().to_vec(), bytes);
    assert_eq!(standin.object("state", "config/a b+ü.yaml"), Some(bytes.clone()));
    let head = s3.head_object().bucket("state").key("config/a b+ü.yaml").send().await.unwrap();
    assert_eq!(head.content_length(), Some(400_000));
    assert!(head.last_modified().is_some() && head.metadata().unwrap().contains_key("full-scan-complete-at"));
    s3.put_object().bucket("state").key("config/a b+ü.yaml").body(ByteStream::from_static(b"new")).send().await.unwrap();
    let old = s3.get_object().bucket("state").key("config/a b+ü.yaml").version_id(written.version_id().unwrap()).send().await.unwrap();
    assert_eq!(old.body.collect().await.unwrap().to_vec(), bytes);
    assert_eq!(code(s3.get_object().bucket("state").key("none").send().await), "NoSuchKey");
    assert_eq!(code(s3.get_object().bucket("none").key("none").send().await), "NoSuchBucket");
    assert!(s3.head_object().bucket("state").key("none").send().await.unwrap_err().into_service_error().is_not_found());
}

#[tokio::test]
async fn writes_keep_their_conditions() {
    let (standin, s3) = bucket();
    let put = || s3.put_object().bucket("state").key("state/one").body(ByteStream::from_static(b"{}"));
    assert_eq!(code(put().send().await), "AccessDenied", "no blind write");
    assert_eq!(code(put().if_match("\"abc\"").send().await), "NoSuchKey");
    let first = put().if_none_match("*").send().await.unwrap();
    assert_eq!(code(put().if_none_match("*").send().await), "PreconditionFailed");
    let second = put().body(ByteStream::from_static(b"{1}")).if_match(first.e_tag().unwrap()).send().await.unwrap();
    assert_ne!(first.e_tag(), second.e_tag());
    let late = put().if_match(first.e_tag().unwrap()).send().await.unwrap_err();
    assert_eq!(late.raw_response().unwrap().status().as_u16(), 412);
    let conflict = FaultKind::Refuse { status: 409, code: "ConditionalRequestConflict".into(), message: "in progress".into() };
    standin.plan(vec![Fault::new("s3:PutObject", conflict, When::Next(1))]);
    let answer = put().if_match(second.e_tag().unwrap()).send().await.unwrap_err();
    assert_eq!(answer.raw_response().unwrap().status().as_u16(), 409);
    put().if_match(second.e_tag().unwrap()).send().await.unwrap();
    assert!(standin.delete_object("state", "state/one"));
    assert_eq!(code(put().if_match(second.e_tag().unwrap()).send().await), "NoSuchKey");
}

#[tokio::test]
async fn a_lost_answer_was_still_a_write() {
    let (standin, s3) = bucket();
    standin.plan(vec![Fault::new("s3:PutObject", FaultKind::LoseAnswer, When::Next(1))]);
    let put = || s3.put_object().bucket("state").key("state/one").if_none_match("*").body(ByteStream::from_static(b"{}"));
    assert!(put().send().await.is_err());
    assert_eq!(standin.object("state", "state/one"), Some(b"{}".to_vec()));
    assert_eq!(code(put().send().await), "PreconditionFailed");
}

#[tokio::test]
async fn objects_are_listed_by_page_prefix_and_folder() {
    let (_standin, s3) = bucket();
    for key in ["a/1", "a/2", "a/3", "b/1", "c"] {
        s3.put_object().bucket("state").key(key).body(ByteStream::from_static(b"x")).send().await.unwrap();
    }
    let mut pages = s3.list_objects_v2().bucket("state").prefix("a/").max_keys(2).into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        keys.push(page.unwrap().contents().iter().map(|one| one.key().unwrap().to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(keys, [vec!["a/1", "a/2"], vec!["a/3"]]);
    let folders = s3.list_objects_v2().bucket("state").delimiter("/").send().await.unwrap();
    let prefixes: Vec<&str> = folders.common_prefixes().iter().filter_map(|one| one.prefix()).collect();
    assert_eq!((prefixes, folders.contents().len()), (vec!["a/", "b/"], 1));
}
