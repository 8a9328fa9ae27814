//! Lambda's Runtime API over HTTP, and a function that runs against it: the built binary, in a process
//! of its own, with nothing of this process's environment.
//!
//! It answers one event at a time, as one execution environment of Lambda does. It knows no memory
//! limit and no billing; of time it tells the deadline and enforces none before the caller's patience
//! ends.
//! Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::http::{self, Request, Response};

const INVOCATION: &str = "/2018-06-01/runtime/invocation/";

/// A function in its execution environment.
pub(crate) struct Function {
    name: String,
    child: Child,
    runtime: Arc<Runtime>,
    logs: Arc<Mutex<Vec<String>>>,
    invoked: u32,
    /// What the function is told it may take.
    pub(crate) timeout: Duration,
}

#[derive(Default)]
struct Runtime {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Option<Invocation>,
    answers: BTreeMap<String, Result<Value, Value>>,
    init_error: Option<Value>,
    ended: bool,
}

struct Invocation {
    id: String,
    event: String,
    deadline: u128,
}

impl Function {
    /// Starts `binary` as the function `name` with `settings` as its environment.
    pub(crate) fn start(name: &str, binary: &Path, settings: &BTreeMap<String, String>) -> Self {
        let runtime = Arc::new(Runtime::default());
        let own = Arc::clone(&runtime);
        let arn = format!("arn:aws:lambda:eu-west-1:111122223333:function:{name}");
        let address = http::serve(move |request| own.answer(&request, &arn)).expect("a free port");
        let mut child = Command::new(binary)
            .env_clear()
            .envs(settings)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]0")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("`{}` does not start: {error}", binary.display()));
        let logs = Arc::new(Mutex::new(Vec::new()));
        keep(child.stdout.take(), &logs);
        keep(child.stderr.take(), &logs);
        Self { name: name.into(), child, runtime, logs, invoked: 0, timeout: Duration::from_secs(300) }
    }

    /// Hands `event` to the function and gives what it answers, or the error it reports.
    pub(crate) fn invoke(&mut self, event: &Value) -> Result<Value, Value> {
        self.invoked += 1;
        let id = format!("{}-{}", self.name, self.invoked);
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970") + self.timeout;
        let invocation = Invocation { id: id.clone(), event: event.to_string(), deadline: deadline.as_millis() };
        self.runtime.lock().waiting = Some(invocation);
        self.runtime.changed.notify_all();

        let patience = Instant::now() + self.timeout;
        loop {
            let state = self.runtime.lock();
            let (mut state, _) =
                self.runtime.changed.wait_timeout(state, Duration::from_millis(50)).unwrap_or_else(PoisonError::into_inner);
            if let Some(answer) = state.answers.remove(&id) {
                return answer;
            }
            let init_error = state.init_error.clone();
            drop(state);
            if let Some(error) = init_error {
                panic!("{} did not initialise: {error}\n{}", self.name, self.logs().join("\n"));
            }
            if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                panic!("{} ended ({status}) without an answer:\n{}", self.name, self.logs().join("\n"));
            }
            assert!(Instant::now() < patience, "{} gave no answer in {:?}:\n{}", self.name, self.timeout, self.logs().join("\n"));
        }
    }

    /// Everything it has logged.
    pub(crate) fn logs(&self) -> Vec<String> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.runtime.lock().ended = true;
        self.runtime.changed.notify_all();
    }
}

fn keep(stream: Option<impl Read + Send + 'static>, logs: &Arc<Mutex<Vec<String>>>) {
    let (Some(stream), logs) = (stream, Arc::clone(logs)) else { return };
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            logs.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}

impl Runtime {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request, arn: &str) -> Response {
        let accepted = || Response::new(202, "application/json", r#"{"status": "OK"}"#);
        let body = || serde_json::from_slice(&request.body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&request.body)));
        let finished = |id: &str, answer| {
            self.lock().answers.insert(id.to_owned(), answer);
            self.changed.notify_all();
            accepted()
        };
        let call = request.path.strip_prefix(INVOCATION).unwrap_or_default();
        match (request.method.as_str(), call, call.rsplit_once('/')) {
            ("GET", "next", _) => self.next(arn),
            ("POST", _, Some((id, "response"))) => finished(id, Ok(body())),
            ("POST", _, Some((id, "error"))) => finished(id, Err(body())),
            ("POST", _, _) if request.path == "/2018-06-01/runtime/init/error" => {
                self.lock().init_error = Some(body());
                self.changed.notify_all();
                accepted()
            }
            _ => Response::new(404, "application/json", r#"{"errorType": "NotFound"}"#),
        }
    }

    /// Waits for an event: the real one holds the connection too, for as long as it takes.
    fn next(&self, arn: &str) -> Response {
        let mut state = self.lock();
        loop {
            if let Some(invocation) = state.waiting.take() {
                return Response::new(200, "application/json", invocation.event)
                    .with("Lambda-Runtime-Aws-Request-Id", invocation.id)
                    .with("Lambda-Runtime-Deadline-Ms", invocation.deadline.to_string())
                    .with("Lambda-Runtime-Invoked-Function-Arn", arn)
                    .with("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0");
            }
            if state.ended {
                return Response::new(410, "application/json", "{}");
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
