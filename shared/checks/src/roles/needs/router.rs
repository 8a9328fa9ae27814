//! What the log router beside a container sends to AWS, in the name of the task role.
//!
//! It knows the outputs that `awsfirelens` options name. Outputs that stand only in the router's own
//! configuration file, and options that were not kept, are not known.
//! Source: Fluent Bit manual, "Amazon CloudWatch", "Amazon Kinesis Data Firehose", "Amazon Kinesis
//! Data Streams", "Amazon S3".

use wallwalk_iam::generate::{Need, Purpose};
use wallwalk_model::{Gap, ecs};

use super::draft::{By, Draft, literal, need};
use super::logs::{Value, option, region};

const PURPOSE: Purpose = Purpose::RouteLogs;

/// The output that a container's log options name.
pub(super) fn output(draft: &mut Draft<'_, '_>, log: &ecs::LogConfiguration, pointer: &str) {
    let plugin = match option(log, "Name") {
        Value::Is(plugin) => plugin.to_ascii_lowercase(),
        // The router's own configuration, or that of Fluentd, says where the lines go.
        Value::Absent | Value::Withheld => {
            return draft.gap(Gap::not_modelled("outputs in the log router's own configuration"));
        }
    };
    let because = &format!("{pointer}/options/Name");
    let (region, known) = region(draft, log, "region");
    let needs = match plugin.as_str() {
        "cloudwatch" | "cloudwatch_logs" => log_group(draft, log, &region, because),
        "firehose" | "kinesis_firehose" => {
            let (name, sure) = named(log, "delivery_stream");
            vec![stream(draft, "firehose", "firehose:PutRecordBatch", &region, &format!("deliverystream/{name}"), sure, because)]
        }
        "kinesis" | "kinesis_streams" => {
            let (name, sure) = named(log, "stream");
            vec![stream(draft, "kinesis", "kinesis:PutRecords", &region, &format!("stream/{name}"), sure, because)]
        }
        "s3" => {
            let (bucket, sure) = named(log, "bucket");
            let moved = !matches!(option(log, "s3_key_format"), Value::Absent);
            let keys = if moved { "*" } else { "fluent-bit-logs/*" };
            let objects = format!("arn:{}:s3:::{bucket}/{keys}", draft.home.partition);
            vec![Need { certain: sure && !moved, ..need(PURPOSE, &["s3:PutObject"], objects, because) }]
        }
        _ => return,
    };
    // Another role may do the writing, which the task role then assumes.
    let assumes = !matches!(option(log, "role_arn"), Value::Absent);
    if assumes {
        draft.gap(Gap::not_modelled("the role that a log router's output assumes"));
    }
    for need in needs {
        draft.add(By::Task, Need { certain: need.certain && known && !assumes, ..need });
    }
}

/// The name that an option gives, or any, and whether it is known.
fn named<'a>(log: &'a ecs::LogConfiguration, name: &str) -> (&'a str, bool) {
    match option(log, name) {
        Value::Is(value) if literal(value) => (value, true),
        _ => ("*", false),
    }
}

fn stream(draft: &Draft<'_, '_>, service: &str, action: &'static str, region: &str, resource: &str, certain: bool, because: &str) -> Need {
    let arn = draft.home.arn_at(service, region, &draft.home.account, resource);
    Need { certain, ..need(PURPOSE, &[action], arn, because) }
}

fn log_group(draft: &Draft<'_, '_>, log: &ecs::LogConfiguration, region: &str, because: &str) -> Vec<Need> {
    let (group, sure) = named(log, "log_group_name");
    // A template names a group for each record.
    let sure = sure && matches!(option(log, "log_group_template"), Value::Absent);
    let templated = ["log_stream_name", "log_stream_template"].iter().any(|name| !matches!(option(log, name), Value::Absent));
    let (prefix, known) = named(log, "log_stream_prefix");
    let streams = if known { format!("{prefix}*") } else { "*".to_owned() };
    let arn = |rest: &str| draft.home.arn_at("logs", region, &draft.home.account, &format!("log-group:{group}:{rest}"));
    let write = need(PURPOSE, &["logs:CreateLogStream", "logs:PutLogEvents"], arn(&format!("log-stream:{streams}")), because);
    let mut needs = vec![Need { certain: sure && known && !templated, ..write }];
    let create = match option(log, "auto_create_group") {
        Value::Absent => None,
        Value::Is(value) => ["true", "on", "yes"].iter().any(|yes| value.eq_ignore_ascii_case(yes)).then_some(sure),
        Value::Withheld => Some(false),
    };
    if let Some(certain) = create {
        needs.push(Need { certain, ..need(PURPOSE, &["logs:CreateLogGroup"], arn("*"), because) });
    }
    needs
}
