//! Log drivers. `awslogs` writes with the execution role; what a log router sends on goes with the
//! task role and is derived in [`router`](super::router).
//!
//! Source: Amazon ECS Developer Guide, "Send Amazon ECS logs to CloudWatch"; Service Authorization
//! Reference, "Amazon CloudWatch Logs"; error messages of CloudWatch Logs, which name the stream.

use wallwalk_iam::generate::{Need, Purpose};
use wallwalk_model::{Gap, ecs};

use super::draft::{By, Draft, literal, need, optional};
use super::router;

/// Drivers that call no AWS service.
const OTHERS: &[&str] = &["json-file", "local", "none", "syslog", "journald", "gelf", "fluentd", "splunk", "logentries", "etwlogs"];

/// What is known of an option.
pub(super) enum Value<'a> {
    /// It is not set.
    Absent,
    /// It is set to something that was not kept.
    Withheld,
    /// It is set.
    Is(&'a str),
}

/// The option called `name`, in any case: plug-ins of log routers know no difference.
pub(super) fn option<'a>(log: &'a ecs::LogConfiguration, name: &str) -> Value<'a> {
    match log.options.iter().find(|option| option.name.eq_ignore_ascii_case(name)) {
        None => Value::Absent,
        Some(option) => option.clear.as_deref().map_or(Value::Withheld, Value::Is),
    }
}

/// A log configuration; without a container it is that of the Service Connect proxy.
pub(super) fn driver(draft: &mut Draft<'_, '_>, log: &ecs::LogConfiguration, container: Option<&str>, pointer: &str) {
    match log.log_driver.as_deref() {
        Some("awslogs") => awslogs(draft, log, container, pointer),
        Some("awsfirelens") => router::output(draft, log, pointer),
        None => {}
        Some(other) if OTHERS.contains(&other) => {}
        Some(other) => draft.problem(&format!("{pointer}/logDriver"), format!("log driver `{other}` is not known")),
    }
}

fn awslogs(draft: &mut Draft<'_, '_>, log: &ecs::LogConfiguration, container: Option<&str>, pointer: &str) {
    let because = &format!("{pointer}/options/awslogs-group");
    let group = match option(log, "awslogs-group") {
        Value::Is(group) if literal(group) => group,
        Value::Is(group) => return draft.problem(because, format!("`{group}` can be no log group's name")),
        Value::Absent => return draft.problem(because, "awslogs without `awslogs-group` writes nowhere"),
        Value::Withheld => {
            let any = draft.home.arn_at("logs", "*", &draft.home.account, "log-group:*:log-stream:*");
            draft.add(By::Agent, optional(need(Purpose::WriteLogs, &["logs:CreateLogStream", "logs:PutLogEvents"], any, because)));
            return draft.gap(Gap::not_modelled("a log group whose name was withheld"));
        }
    };
    let (region, known) = region(draft, log, "awslogs-region");
    // Streams are PREFIX/CONTAINER/TASK; without a prefix the runtime names them.
    let (stream, certain) = match (option(log, "awslogs-stream-prefix"), container) {
        (Value::Is(prefix), Some(container)) if literal(prefix) && literal(container) => (format!("{prefix}/{container}/*"), known),
        (Value::Is(prefix), None) if literal(prefix) => (format!("{prefix}/*"), known),
        (Value::Absent, _) => ("*".to_owned(), known),
        _ => ("*".to_owned(), false),
    };
    let arn = |rest: &str| draft.home.arn_at("logs", &region, &draft.home.account, &format!("log-group:{group}:{rest}"));
    let write = need(Purpose::WriteLogs, &["logs:CreateLogStream", "logs:PutLogEvents"], arn(&format!("log-stream:{stream}")), because);
    // Creating a group is authorised on a stream without a name, so the bare ARN of the group would not do.
    let because = &format!("{pointer}/options/awslogs-create-group");
    let create = need(Purpose::CreateLogGroup, &["logs:CreateLogGroup"], arn("*"), because);
    draft.add(By::Agent, Need { certain, ..write });
    match option(log, "awslogs-create-group") {
        Value::Is(value) if value.eq_ignore_ascii_case("true") => draft.add(By::Agent, Need { certain: known, ..create }),
        Value::Withheld => draft.add(By::Agent, optional(create)),
        Value::Is(_) | Value::Absent => {}
    }
}

/// The Region that an option names, else the task's; and whether it is known.
pub(super) fn region(draft: &Draft<'_, '_>, log: &ecs::LogConfiguration, name: &str) -> (String, bool) {
    match option(log, name) {
        Value::Is(region) if literal(region) => (region.to_owned(), true),
        Value::Absent => (draft.home.region.clone(), true),
        Value::Is(_) | Value::Withheld => ("*".to_owned(), false),
    }
}
