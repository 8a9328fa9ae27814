//! Stands between the functions and moto: notes every call, refuses those it is told to refuse, takes
//! the delays out of messages so that nobody has to wait for them, and puts right one answer of moto's
//! that AWS's own SDKs cannot read.
//!
//! Calls are passed on one at a time, because moto is not safe for concurrent writes. Their times
//! therefore say nothing; their number does.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::http::{self, Request, Response};

/// A call that came by.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// `ecs:ListClusters`, named as its IAM action.
    pub(crate) action: String,
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
}

impl Call {
    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// The proxy.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    calls: Mutex<Vec<Call>>,
    denied: Mutex<BTreeSet<String>>,
    one_at_a_time: Mutex<()>,
}

/// What is behind the lock, also where a test has failed while holding it.
fn open<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// Starts a proxy in front of `upstream`.
    pub(crate) fn start(upstream: SocketAddr) -> Self {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let address = http::serve(move |request| own.pass(upstream, request)).expect("a free port");
        Self { address, shared }
    }

    /// Its URL, for `AWS_ENDPOINT_URL`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes the calls noted so far.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *open(&self.shared.calls))
    }

    /// Answers `action` with a refusal, as its service would.
    pub(crate) fn deny(&self, action: &str) {
        open(&self.shared.denied).insert(action.to_owned());
    }

    /// Refuses nothing any more.
    pub(crate) fn allow_all(&self) {
        open(&self.shared.denied).clear();
    }
}

/// How often each action was called.
pub(crate) fn counted(calls: &[Call]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call.action.as_str()).or_default() += 1;
    }
    counts
}

impl Shared {
    fn pass(&self, upstream: SocketAddr, mut request: Request) -> Response {
        let action = action(&request);
        if action == "sqs:SendMessage" {
            undelay(&mut request);
        }
        let response = if open(&self.denied).contains(&action) {
            refusal(&action)
        } else {
            let _one = open(&self.one_at_a_time);
            let answer = http::call(upstream, &request).unwrap_or_else(|error| Response::new(502, "text/plain", error.to_string()));
            if matches!(action.as_str(), "ecs:RunTask" | "ecs:DescribeTasks" | "ecs:StopTask") { mended(answer) } else { answer }
        };
        open(&self.calls).push(Call { action, body: request.body, status: response.status });
        response
    }
}

/// The call's name: its service by what it was signed for, its operation as the protocol says it.
fn action(request: &Request) -> String {
    let scope = request.headers.get("authorization").and_then(|text| text.split("Credential=").nth(1)).unwrap_or_default();
    let service = scope.split('/').nth(3).unwrap_or("unsigned");
    let form = std::str::from_utf8(&request.body).unwrap_or_default();
    let operation = if let Some((_, operation)) = request.headers.get("x-amz-target").and_then(|target| target.rsplit_once('.')) {
        operation.to_owned()
    } else if let Some(operation) = form.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
        percent_decode_str(operation).decode_utf8_lossy().into_owned()
    } else {
        let path = request.path.split('?').next().unwrap_or_default();
        match (service, request.method.as_str(), path) {
            ("securityhub", "POST", "/findings/import") => "BatchImportFindings".into(),
            ("securityhub", "POST", "/findings") => "GetFindings".into(),
            ("securityhub", "GET", "/accounts") => "DescribeHub".into(),
            ("s3", "GET", _) => "GetObject".into(),
            ("s3", "HEAD", _) => "HeadObject".into(),
            ("s3", "PUT", _) => "PutObject".into(),
            (_, method, path) => format!("{method} {path}"),
        }
    };
    format!("{service}:{operation}")
}

/// A message is seen at once, whatever delay it was sent with.
fn undelay(request: &mut Request) {
    if let Ok(Value::Object(mut message)) = serde_json::from_slice(&request.body) {
        message.insert("DelaySeconds".into(), json!(0));
        request.body = Value::Object(message).to_string().into_bytes();
    }
}

/// ECS says what a task's containers may use as text; moto says it as numbers.
fn mended(mut response: Response) -> Response {
    let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else { return response };
    let Some(answer) = body.as_object_mut() else { return response };
    let tasks = answer.iter_mut().filter(|(name, _)| matches!(name.as_str(), "task" | "tasks"));
    let tasks = tasks.flat_map(|(_, value)| match value {
        Value::Array(tasks) => tasks.iter_mut().collect(),
        task => vec![task],
    });
    for container in tasks.filter_map(|task| task.get_mut("containers")?.as_array_mut()).flatten() {
        for name in ["cpu", "memory"] {
            if let Some(number) = container.get(name).and_then(Value::as_i64) {
                container[name] = json!(number.to_string());
            }
        }
    }
    response.body = body.to_string().into_bytes();
    response
}

/// A refusal in the service's own wire form.
fn refusal(action: &str) -> Response {
    let service = action.split(':').next().unwrap_or_default();
    let words = format!("User: arn:aws:sts::111122223333:assumed-role/wallwalk/test is not authorized to perform: {action}");
    match service {
        "ec2" => {
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>{words}</Message></Error></Errors><RequestID>r</RequestID></Response>"
            );
            Response::new(403, "text/xml", body)
        }
        "iam" | "sts" | "sns" | "elasticloadbalancing" => {
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{words}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
            );
            Response::new(403, "text/xml", body)
        }
        "s3" => Response::new(403, "application/xml", format!("<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>")),
        "securityhub" => {
            Response::new(403, "application/json", json!({"Message": words}).to_string()).with("x-amzn-ErrorType", "AccessDeniedException")
        }
        _ => Response::new(400, "application/x-amz-json-1.1", json!({"__type": "AccessDeniedException", "message": words}).to_string()),
    }
}
