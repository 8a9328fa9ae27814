//! A server that answers like an empty account, and for single operations what it was told to.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// An answer.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    kind: &'static str,
    body: String,
}

impl Reply {
    pub(crate) fn json(body: Value) -> Self {
        Self { status: 200, kind: "application/x-amz-json-1.1", body: body.to_string() }
    }

    pub(crate) fn xml(body: &str) -> Self {
        Self { status: 200, kind: "text/xml", body: body.to_owned() }
    }

    pub(crate) fn page(status: u16, body: &str) -> Self {
        Self { status, kind: "text/html", body: body.to_owned() }
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self { status, ..Self::json(json!({"__type": code, "message": message})) }
    }

    /// EC2 wraps errors in one way, the others in another; this is what both read.
    pub(crate) fn xml_error(status: u16, code: &str) -> Self {
        let inner = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
        Self { status, kind: "text/xml", body: format!("<Response><Errors>{inner}</Errors>{inner}<RequestID>r</RequestID></Response>") }
    }
}

#[derive(Default)]
struct Script {
    once: BTreeMap<String, VecDeque<Reply>>,
    always: BTreeMap<String, Reply>,
    otherwise: Option<Reply>,
    seen: Vec<(String, String)>,
}

/// The server; it serves until the test's process ends.
pub(crate) struct Server {
    port: u16,
    script: Arc<Mutex<Script>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = Arc::clone(&script);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let script = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &script));
            }
        });
        Self { port, script }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The next answers of an operation, in order.
    pub(crate) fn once(&self, operation: &str, reply: Reply) {
        self.script.lock().unwrap().once.entry(operation.to_owned()).or_default().push_back(reply);
    }

    /// Every further answer of an operation.
    pub(crate) fn always(&self, operation: &str, reply: Reply) {
        self.script.lock().unwrap().always.insert(operation.to_owned(), reply);
    }

    /// The answer of every operation that was not told otherwise.
    pub(crate) fn otherwise(&self, reply: Reply) {
        self.script.lock().unwrap().otherwise = Some(reply);
    }

    /// Number of requests served.
    pub(crate) fn requests(&self) -> u64 {
        self.script.lock().unwrap().seen.len() as u64
    }

    /// Bodies of the requests for an operation.
    pub(crate) fn bodies(&self, operation: &str) -> Vec<String> {
        self.script.lock().unwrap().seen.iter().filter(|(name, _)| name == operation).map(|(_, body)| body.clone()).collect()
    }
}

fn serve(stream: &TcpStream, script: &Mutex<Script>) {
    let mut reader = BufReader::new(stream);
    while let Some((operation, body)) = request(&mut reader) {
        let reply = {
            let mut script = script.lock().unwrap();
            script.seen.push((operation.clone(), body));
            let once = script.once.get_mut(&operation).and_then(VecDeque::pop_front);
            once.or_else(|| script.always.get(&operation).cloned())
                .or_else(|| script.otherwise.clone())
                .unwrap_or_else(|| empty(&operation))
        };
        let Reply { status, kind, body } = reply;
        let head = format!("HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        let mut writer = stream;
        if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

/// Operation and body of the next request.
fn request(reader: &mut impl BufRead) -> Option<(String, String)> {
    let (mut target, mut length) = (None, 0_usize);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("x-amz-target") => target = value.trim().rsplit('.').next().map(str::to_owned),
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok()?,
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    let operation = target.or_else(|| body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned))?;
    Some((operation, body))
}

/// What an account with nothing in it answers.
fn empty(operation: &str) -> Reply {
    let list = |name: &str| Reply::json(json!({name: []}));
    match operation {
        "ListClusters" => list("clusterArns"),
        "ListTaskDefinitionFamilies" => list("families"),
        "ListTaskDefinitions" => list("taskDefinitionArns"),
        "ListServices" => list("serviceArns"),
        "ListTasks" => list("taskArns"),
        "ListContainerInstances" => list("containerInstanceArns"),
        "DescribeCapacityProviders" => list("capacityProviders"),
        "ListSecrets" => list("SecretList"),
        "DescribeParameters" => list("Parameters"),
        "DescribeKey" | "GetKeyPolicy" => Reply::error(400, "NotFoundException", "no"),
        "DescribeRepositories" => Reply::error(400, "RepositoryNotFoundException", "no"),
        "DescribeSecret" | "GetResourcePolicy" | "ListSecretVersionIds" => Reply::error(400, "ResourceNotFoundException", "no"),
        "GetRole" | "ListRolePolicies" | "ListAttachedRolePolicies" | "ListInstanceProfilesForRole" | "GetPolicy" => {
            Reply::xml_error(404, "NoSuchEntity")
        }
        "GetAccountAuthorizationDetails" => Reply::xml(
            "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>",
        ),
        "DescribeLoadBalancers" | "DescribeTargetGroups" => {
            Reply::xml(&format!("<{operation}Response><{operation}Result/></{operation}Response>"))
        }
        _ => Reply::xml(&format!("<{operation}Response></{operation}Response>")),
    }
}
