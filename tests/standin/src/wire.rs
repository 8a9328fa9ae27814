//! Answers and refusals in the form each service sends them.

use serde_json::{Value, json};

use crate::call::{Call, Protocol, Service};
use crate::clock::parse_rfc3339;
use crate::http::Response;
use crate::xml;

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// Refusals that every service knows, each by its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Common {
    MissingAuthentication,
    Throttled,
    Expired,
    Internal,
    UnknownOperation,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// A refusal that every service knows, by the name that `service` gives it.
    pub(crate) fn of(service: Service, common: Common) -> Self {
        use Common::{Expired, Internal, MissingAuthentication, Throttled, UnknownOperation};
        let (status, code) = match (common, service) {
            (MissingAuthentication, Service::Ec2) => (401, "AuthFailure"),
            (MissingAuthentication, Service::S3) => (403, "AccessDenied"),
            (MissingAuthentication, _) => match service.protocol() {
                Protocol::Query => (403, "MissingAuthenticationToken"),
                Protocol::RestJson => (403, "MissingAuthenticationTokenException"),
                _ => (400, "MissingAuthenticationTokenException"),
            },
            (Throttled, Service::Ec2) => (503, "RequestLimitExceeded"),
            (Throttled, Service::S3) => (503, "SlowDown"),
            (Throttled, Service::Hub) => (429, "TooManyRequestsException"),
            (Throttled, Service::Sqs) => (400, "RequestThrottled"),
            (Throttled, _) if service.protocol() == Protocol::Query => (400, "Throttling"),
            (Throttled, _) => (400, "ThrottlingException"),
            (Expired, Service::Ec2) => (400, "RequestExpired"),
            (Expired, Service::S3) => (400, "ExpiredToken"),
            (Expired, Service::Hub) => (403, "ExpiredTokenException"),
            (Expired, _) if service.protocol() == Protocol::Query => (403, "ExpiredToken"),
            (Expired, _) => (400, "ExpiredTokenException"),
            (Internal, Service::Ec2 | Service::S3) => (500, "InternalError"),
            (Internal, Service::Ecs) => (500, "ServerException"),
            (Internal, Service::Secrets) => (500, "InternalServiceError"),
            (Internal, Service::Ssm) => (500, "InternalServerError"),
            (Internal, Service::Kms) => (500, "KMSInternalException"),
            (Internal, Service::Ecr) => (500, "ServerException"),
            (Internal, Service::Hub) => (500, "InternalException"),
            (Internal, _) => (500, "InternalFailure"),
            (UnknownOperation, _) => match service.protocol() {
                Protocol::Ec2 | Protocol::Query => (400, "InvalidAction"),
                Protocol::RestXml => (405, "MethodNotAllowed"),
                Protocol::RestJson => (404, "UnknownOperationException"),
                Protocol::Json => (400, "UnknownOperationException"),
            },
        };
        let message = match common {
            MissingAuthentication => "Request is missing Authentication Token",
            Throttled if service == Service::Ec2 => "Request limit exceeded.",
            Throttled => "Rate exceeded",
            Expired => "The security token included in the request is expired",
            Internal => "An internal error has occurred",
            UnknownOperation => "The operation is not known",
        };
        Self::new(status, code, message)
    }

    /// Access denied, as the service of `call` words it for the caller `arn`.
    pub(crate) fn denied(call: &Call, arn: &str) -> Self {
        let name = call.name();
        match call.service {
            Service::Ec2 => Self::new(403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
            Service::S3 => Self::new(403, "AccessDenied", format!("User: {arn} is not authorized to perform: {name}")),
            service => {
                let message = format!(
                    "User: {arn} is not authorized to perform: {name} on resource: * because no identity-based policy allows the {name} action"
                );
                match service.protocol() {
                    Protocol::Query => Self::new(403, "AccessDenied", message),
                    Protocol::RestJson => Self::new(403, "AccessDeniedException", message),
                    _ => Self::new(400, "AccessDeniedException", message),
                }
            }
        }
    }
}

/// What an operation answers.
pub(crate) enum Reply {
    /// The output as the AWS CLI prints it; put into the service's form on the way out.
    Output(Value),
    /// A response of its own, for S3.
    Own(Response),
}

/// Puts a reply into the form of the service of `call`.
pub(crate) fn answer(call: &Call, reply: Reply, id: &str) -> Response {
    let output = match reply {
        Reply::Own(response) => return response.with("x-amz-request-id", id),
        Reply::Output(output) => output,
    };
    let operation = &call.operation;
    match call.service.protocol() {
        Protocol::Json => {
            let mut output = output;
            times_as_numbers(&mut output);
            Response::new(200, json_type(call.service), output.to_string()).with("x-amzn-requestid", id)
        }
        Protocol::RestJson | Protocol::RestXml => Response::new(200, "application/json", output.to_string()).with("x-amzn-requestid", id),
        Protocol::Ec2 => {
            let inner = xml::ec2(&output);
            let text = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>{id}</requestId>{inner}</{operation}Response>"
            );
            Response::new(200, "text/xml;charset=UTF-8", text)
        }
        Protocol::Query => {
            let inner = xml::query(&output);
            let text = format!(
                "<{operation}Response xmlns=\"{}\"><{operation}Result>{inner}</{operation}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>",
                namespace(call.service)
            );
            Response::new(200, "text/xml", text).with("x-amzn-requestid", id)
        }
    }
}

/// Puts a refusal into the form of `service`.
pub(crate) fn refusal(service: Service, refusal: &Refusal, id: &str) -> Response {
    let Refusal { status, code, message } = refusal;
    let (code_xml, message_xml) = (xml::escape(code), xml::escape(message));
    match service.protocol() {
        Protocol::Json => {
            let mut response = Response::new(*status, json_type(service), json!({"__type": code, "message": message}).to_string());
            if service == Service::Sqs {
                response = sqs(response, code, message, *status);
            }
            response.with("x-amzn-requestid", id)
        }
        Protocol::RestJson => {
            Response::new(*status, "application/json", json!({"Code": code, "Message": message, "RequestId": id}).to_string())
                .with("x-amzn-errortype", code)
                .with("x-amzn-requestid", id)
        }
        Protocol::Ec2 => Response::new(
            *status,
            "text/xml;charset=UTF-8",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code_xml}</Code><Message>{message_xml}</Message></Error></Errors><RequestID>{id}</RequestID></Response>"
            ),
        ),
        Protocol::Query => {
            let kind = if *status < 500 { "Sender" } else { "Receiver" };
            let text = format!(
                "<ErrorResponse xmlns=\"{}\"><Error><Type>{kind}</Type><Code>{code_xml}</Code><Message>{message_xml}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
                namespace(service)
            );
            Response::new(*status, "text/xml", text).with("x-amzn-requestid", id)
        }
        Protocol::RestXml => Response::new(
            *status,
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code_xml}</Code><Message>{message_xml}</Message><RequestId>{id}</RequestId></Error>"
            ),
        )
        .with("x-amz-request-id", id),
    }
}

/// SQS still names its errors as in the query protocol, in a header.
fn sqs(mut response: Response, code: &str, message: &str, status: u16) -> Response {
    response.body = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": message}).to_string().into_bytes();
    let old = match code {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
        other => other,
    };
    response.with("x-amzn-query-error", format!("{old};{}", if status < 500 { "Sender" } else { "Receiver" }))
}

fn json_type(service: Service) -> &'static str {
    if service == Service::Sqs { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" }
}

fn namespace(service: Service) -> &'static str {
    match service {
        Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        Service::Elb => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        _ => "http://sns.amazonaws.com/doc/2010-03-31/",
    }
}

/// Maps whose keys customers choose: nothing in them is a time, whatever it is called.
const CUSTOMERS: &[&str] = &["dockerLabels", "options", "labels", "driverOpts", "parameters", "Attributes"];

/// The JSON protocols send times as seconds since 1970, where the AWS CLI prints text.
fn times_as_numbers(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if CUSTOMERS.contains(&name.as_str()) {
                    continue;
                }
                let millis = member.as_str().filter(|_| name.ends_with("At") || name.ends_with("Date")).and_then(parse_rfc3339);
                match millis {
                    Some(millis) => *member = seconds(millis),
                    None => times_as_numbers(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(times_as_numbers),
        _ => {}
    }
}

fn seconds(millis: i64) -> Value {
    if millis % 1000 == 0 {
        return json!(millis / 1000);
    }
    // Exact: 2^53 milliseconds are 285,000 years.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of any date fit a double")]
    let seconds = millis as f64 / 1000.0;
    json!(seconds)
}
