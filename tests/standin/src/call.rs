//! One API call, taken from an HTTP request: which service and operation, whose, with what.
//!
//! Signatures are not verified, but a call must carry one: service, Region and access key are read
//! from its credential scope, as AWS does.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::fault::Bend;
use crate::http::Request;
use crate::wire::Refusal;

/// A service that is stood in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Ecs,
    Ec2,
    Iam,
    Elb,
    Secrets,
    Ssm,
    Kms,
    Ecr,
    Sts,
    Hub,
    S3,
    Sqs,
    Sns,
}

/// How a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// JSON with `X-Amz-Target`.
    Json,
    /// The query protocol, with EC2's own shapes.
    Ec2,
    /// The query protocol.
    Query,
    /// JSON below paths.
    RestJson,
    /// XML below paths.
    RestXml,
}

const SERVICES: &[(&str, Service, Protocol)] = &[
    ("ecs", Service::Ecs, Protocol::Json),
    ("ec2", Service::Ec2, Protocol::Ec2),
    ("iam", Service::Iam, Protocol::Query),
    ("elasticloadbalancing", Service::Elb, Protocol::Query),
    ("secretsmanager", Service::Secrets, Protocol::Json),
    ("ssm", Service::Ssm, Protocol::Json),
    ("kms", Service::Kms, Protocol::Json),
    ("ecr", Service::Ecr, Protocol::Json),
    ("sts", Service::Sts, Protocol::Query),
    ("securityhub", Service::Hub, Protocol::RestJson),
    ("s3", Service::S3, Protocol::RestXml),
    ("sqs", Service::Sqs, Protocol::Json),
    ("sns", Service::Sns, Protocol::Query),
];

impl Service {
    fn named(name: &str) -> Option<Self> {
        SERVICES.iter().find(|(known, _, _)| *known == name).map(|(_, service, _)| *service)
    }

    /// Its name in IAM and in credential scopes.
    pub(crate) fn namespace(self) -> &'static str {
        SERVICES.iter().find(|(_, service, _)| *service == self).map_or("", |(name, _, _)| name)
    }

    pub(crate) fn protocol(self) -> Protocol {
        SERVICES.iter().find(|(_, service, _)| *service == self).map_or(Protocol::Json, |(_, _, protocol)| *protocol)
    }
}

/// What a call is made with.
#[derive(Debug)]
pub(crate) enum Input {
    Json(Value),
    /// Decoded form or query parameters.
    Query(BTreeMap<String, String>),
}

/// One API call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) region: String,
    pub(crate) access_key: String,
    pub(crate) session_token: String,
    /// The caller's account; filled in from the table of access keys.
    pub(crate) account: String,
    pub(crate) input: Input,
    pub(crate) request: Request,
    pub(crate) bend: Bend,
    /// Faults that Security Hub itself acts on.
    pub(crate) refuse_half: bool,
    pub(crate) wrong_counts: bool,
}

impl Call {
    /// Reads a request.
    ///
    /// # Errors
    /// What AWS refuses before it looks at the operation: no signature, no body of the right form.
    pub(crate) fn read(request: Request) -> Result<Self, (Service, Refusal)> {
        let scope = credential(request.header("authorization"));
        let (access_key, region, service) = match scope {
            Some((key, region, service)) => (key.to_owned(), region.to_owned(), Service::named(service)),
            None => (String::new(), String::new(), None),
        };
        let Some(service) = service else {
            let guess = if request.header("x-amz-target").is_empty() { Service::Sts } else { Service::Ecs };
            return Err((guess, Refusal::of(guess, crate::wire::Common::MissingAuthentication)));
        };
        let (operation, input) = operation(service, &request).map_err(|refusal| (service, refusal))?;
        let session_token = request.header("x-amz-security-token").to_owned();
        Ok(Self {
            service,
            operation,
            region,
            access_key,
            session_token,
            account: String::new(),
            input,
            request,
            bend: Bend::Straight,
            refuse_half: false,
            wrong_counts: false,
        })
    }

    /// `ecs:ListClusters`.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.service.namespace(), self.operation)
    }

    /// A member of a JSON input.
    pub(crate) fn member(&self, name: &str) -> &Value {
        match &self.input {
            Input::Json(value) => value.get(name).unwrap_or(&Value::Null),
            Input::Query(_) => &Value::Null,
        }
    }

    /// A text of the input, JSON or query; `None` if it is absent or empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let text = match &self.input {
            Input::Json(value) => value.get(name).and_then(Value::as_str),
            Input::Query(parameters) => parameters.get(name).map(String::as_str),
        };
        text.filter(|text| !text.is_empty())
    }

    /// A number of the input; `Some(None)` if it is there and is no number.
    pub(crate) fn number(&self, name: &str) -> Option<Option<i64>> {
        match &self.input {
            Input::Json(value) => value.get(name).filter(|value| !value.is_null()).map(Value::as_i64),
            Input::Query(parameters) => parameters.get(name).map(|text| text.parse().ok()),
        }
    }

    /// A list of texts: a JSON array, or `Name.1`, `Name.2` … (`Name.member.1` …).
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        match &self.input {
            Input::Json(value) => {
                let list = value.get(name).and_then(Value::as_array);
                list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Input::Query(parameters) => {
                let numbered = |n: usize| {
                    parameters.get(&format!("{name}.member.{n}")).or_else(|| parameters.get(&format!("{name}.{n}"))).map(String::to_owned)
                };
                (1..).map_while(numbered).collect()
            }
        }
    }

    /// Whether the request carries `text` anywhere a caller can put it.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let within = |bytes: &[u8]| bytes.windows(text.len().max(1)).any(|window| window == text.as_bytes());
        self.request.path.contains(text) || self.request.query.contains(text) || within(&self.request.body)
    }
}

/// Access key, Region and service of `AWS4-HMAC-SHA256 Credential=KEY/20261123/eu-west-1/ecs/aws4_request, …`.
fn credential(authorization: &str) -> Option<(&str, &str, &str)> {
    if !authorization.starts_with("AWS4-HMAC-SHA256") && !authorization.starts_with("AWS4-ECDSA") || !authorization.contains("Signature=") {
        return None;
    }
    let (_, rest) = authorization.split_once("Credential=")?;
    let mut parts = rest.split([',', ' ']).next()?.split('/');
    let key = parts.next()?;
    let region = parts.nth(1)?;
    Some((key, region, parts.next()?))
}

fn operation(service: Service, request: &Request) -> Result<(String, Input), Refusal> {
    match service.protocol() {
        Protocol::Json => {
            let operation = request.header("x-amz-target").rsplit('.').next().unwrap_or_default().to_owned();
            Ok((operation, Input::Json(json(&request.body)?)))
        }
        Protocol::Ec2 | Protocol::Query => {
            let parameters = form(&String::from_utf8_lossy(&request.body));
            let operation = parameters.get("Action").cloned().unwrap_or_default();
            Ok((operation, Input::Query(parameters)))
        }
        Protocol::RestJson => {
            let operation = match (request.method.as_str(), request.path.as_str()) {
                ("GET", "/accounts") => "DescribeHub",
                ("POST", "/findings/import") => "BatchImportFindings",
                ("POST", "/findings") => "GetFindings",
                ("PATCH", "/findings/batchupdate") => "BatchUpdateFindings",
                _ => "",
            };
            let operation = if operation.is_empty() { format!("{} {}", request.method, request.path) } else { operation.into() };
            Ok((operation, Input::Json(json(&request.body)?)))
        }
        Protocol::RestXml => {
            let parameters = form(&request.query);
            let with_key = request.path.trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty());
            let operation = match (request.method.as_str(), with_key) {
                ("GET", true) => "GetObject",
                ("HEAD", true) => "HeadObject",
                ("PUT", true) => "PutObject",
                ("GET", false) if parameters.get("list-type").is_some_and(|kind| kind == "2") => "ListObjectsV2",
                (method, _) => return Ok((format!("{method} {}", request.path), Input::Query(parameters))),
            };
            Ok((operation.into(), Input::Query(parameters)))
        }
    }
}

fn json(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Refusal::new(400, "SerializationException", "the body is no JSON object")),
    }
}

/// Decodes `a=b&c=d`.
fn form(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}
