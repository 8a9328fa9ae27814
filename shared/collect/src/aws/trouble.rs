//! What a refusal means: try again, or give up with which reason.
//!
//! Details are for people and end up in findings: the service's code and a short, cleaned message,
//! never a page, and of a denial only the clause that says what kind of policy is missing, because
//! the rest names principals and resources.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use wallwalk_model::GapReason;

/// Most characters of a message that are kept.
const MOST_TEXT: usize = 160;

/// What is to be done about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The rate limit was hit: slow down and try again.
    SlowDown,
    /// It may pass: try again a few times.
    TryAgain,
    /// Trying again changes nothing.
    GiveUp,
}

/// What stands behind a refusal, as far as people must act differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// No credentials could be found or obtained.
    NoCredentials,
    /// The credentials have expired.
    Expired,
    /// The credentials are not valid.
    Invalid,
    /// Nobody answered.
    Unreachable,
    /// Anything else.
    Other,
}

/// A refusal that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) remedy: Remedy,
    pub(super) cause: Cause,
    pub(super) reason: GapReason,
    /// The service's code; empty if it gave none.
    pub(super) code: String,
    /// For people.
    pub(super) detail: String,
}

impl Trouble {
    /// Reads an error of the SDK.
    pub(super) fn read<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(service) => {
                let error = service.err();
                read_answer(service.raw(), error.code(), error.message())
            }
            // Refused in a form that the service does not speak: XML where JSON was asked for, or a page.
            SdkError::ResponseError(refused) if !refused.raw().status().is_success() => read_answer(refused.raw(), None, None),
            SdkError::TimeoutError(_) => unanswered("no answer in time"),
            SdkError::DispatchFailure(failure) => {
                let chain = || failure.as_connector_error().map(|error| error as &(dyn Error + 'static));
                match chain().and_then(credentials_error) {
                    Some(error) => no_credentials(error),
                    None if failure.is_timeout() => unanswered("no answer in time"),
                    None if failure.is_user() => failed(&deepest(chain())),
                    None => unanswered(&deepest(chain())),
                }
            }
            SdkError::ConstructionFailure(_) => match credentials_error(error) {
                Some(error) => no_credentials(error),
                None => failed(&format!("the request could not be made: {}", deepest(Some(error)))),
            },
            // A success whose body is no answer: something other than the service replied.
            SdkError::ResponseError(_) => not_understood(),
            _ => failed("the call failed"),
        }
    }
}

fn read_answer(response: &HttpResponse, code: Option<&str>, message: Option<&str>) -> Trouble {
    let page = response.body().bytes().unwrap_or_default();
    let code = code.map(str::to_owned).or_else(|| code_in_xml(page)).unwrap_or_default();
    if code.is_empty() && response.status().is_success() {
        return not_understood();
    }
    answered(response.status().as_u16(), &code, message.unwrap_or_default())
}

/// An answer that is not of the form the API documents, or that broke off.
pub(super) fn not_understood() -> Trouble {
    trouble(Remedy::TryAgain, Cause::Other, GapReason::Failed, "", "the answer could not be understood".to_owned())
}

fn trouble(remedy: Remedy, cause: Cause, reason: GapReason, code: &str, detail: String) -> Trouble {
    Trouble { remedy, cause, reason, code: code.to_owned(), detail }
}

fn failed(detail: &str) -> Trouble {
    trouble(Remedy::GiveUp, Cause::Other, GapReason::Failed, "", clean(detail))
}

fn unanswered(detail: &str) -> Trouble {
    trouble(Remedy::TryAgain, Cause::Unreachable, GapReason::Failed, "", format!("the endpoint could not be reached: {}", clean(detail)))
}

fn no_credentials(error: &CredentialsError) -> Trouble {
    let detail = match error {
        CredentialsError::CredentialsNotLoaded(_) => "no credentials were found".to_owned(),
        other => format!("no credentials could be obtained: {}", clean(&deepest(Some(other)))),
    };
    trouble(Remedy::GiveUp, Cause::NoCredentials, GapReason::Denied, "", detail)
}

/// A refusal by its HTTP status, code and message.
fn answered(status: u16, code: &str, message: &str) -> Trouble {
    // Some services write `Client.UnauthorizedOperation`, others a namespace before `#`.
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.strip_prefix("Client.").or_else(|| code.strip_prefix("Server.")).unwrap_or(code);
    let code: String = code.chars().filter(char::is_ascii_graphic).take(80).collect();
    let with = |text: &str| if text.is_empty() { code.clone() } else { format!("{code}: {text}") };
    match code.as_str() {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "EC2ThrottledException"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "SlowDown" => trouble(Remedy::SlowDown, Cause::Other, GapReason::Throttled, &code, code.clone()),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => {
            trouble(Remedy::GiveUp, Cause::Expired, GapReason::Denied, &code, format!("the credentials have expired ({code})"))
        }
        "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "UnrecognizedClientException"
        | "AuthFailure"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidToken"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => {
            trouble(Remedy::GiveUp, Cause::Invalid, GapReason::Denied, &code, format!("the credentials are not valid ({code})"))
        }
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "NotAuthorizedException"
        | "AuthorizationError"
        | "OptInRequired"
        | "UnauthorizedAccess"
        | "Blocked" => trouble(Remedy::GiveUp, Cause::Other, GapReason::Denied, &code, with(&denial_clause(message))),
        "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "InternalServiceError"
        | "ServerException"
        | "ServiceException"
        | "ServiceFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "Unavailable"
        | "RequestTimeout"
        | "RequestTimeoutException" => trouble(Remedy::TryAgain, Cause::Other, GapReason::Failed, &code, with(&clean(message))),
        "" => match status {
            429 => trouble(Remedy::SlowDown, Cause::Other, GapReason::Throttled, "", "HTTP status 429".to_owned()),
            401 | 403 => trouble(Remedy::GiveUp, Cause::Other, GapReason::Denied, "", format!("HTTP status {status}")),
            _ => {
                let remedy = if status >= 500 { Remedy::TryAgain } else { Remedy::GiveUp };
                let detail = format!("HTTP status {status} and no answer of the service");
                trouble(remedy, Cause::Other, GapReason::Failed, "", detail)
            }
        },
        _ => {
            let remedy = if status >= 500 { Remedy::TryAgain } else { Remedy::GiveUp };
            let reason = if matches!(status, 401 | 403) { GapReason::Denied } else { GapReason::Failed };
            let text = if reason == GapReason::Denied { denial_clause(message) } else { clean(message) };
            trouble(remedy, Cause::Other, reason, &code, with(&text))
        }
    }
}

/// `because no identity-based policy allows the ecs:ListClusters action` and its like.
fn denial_clause(message: &str) -> String {
    ["because ", "with an explicit deny"]
        .iter()
        .find_map(|start| message.find(start))
        .and_then(|at| message.get(at..))
        .map(clean)
        .unwrap_or_default()
}

/// The code of an error in XML, which some answer with where JSON was asked for.
fn code_in_xml(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body.get(..4096.min(body.len())).unwrap_or_default());
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let plain = !code.is_empty() && code.len() <= 80 && code.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.');
    plain.then(|| code.to_owned())
}

/// One short line without control characters and markup.
pub(super) fn clean(message: &str) -> String {
    if message.trim_start().starts_with('<') {
        return "a page that is no answer of the service".to_owned();
    }
    let plain: String = message.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MOST_TEXT) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line.trim_end_matches('.').to_owned(),
    }
}

fn credentials_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<CredentialsError>() {
            return Some(found);
        }
        current = error.source();
    }
    None
}

/// The innermost error, which names the cause.
fn deepest(error: Option<&(dyn Error + 'static)>) -> String {
    let mut text = String::new();
    let mut current = error;
    while let Some(error) = current {
        text = error.to_string();
        current = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, code: &str, message: &str, remedy: Remedy, reason: GapReason, detail: &str) {
        let trouble = answered(status, code, message);
        assert_eq!((trouble.remedy, trouble.reason, trouble.detail.as_str()), (remedy, reason, detail), "{status} {code}");
    }

    #[test]
    fn throttling_is_told_by_code_or_status() {
        use GapReason::Throttled;
        check(400, "ThrottlingException", "Rate exceeded", Remedy::SlowDown, Throttled, "ThrottlingException");
        check(503, "RequestLimitExceeded", "", Remedy::SlowDown, Throttled, "RequestLimitExceeded");
        check(429, "", "", Remedy::SlowDown, Throttled, "HTTP status 429");
    }

    #[test]
    fn denials_keep_the_clause_and_no_names() {
        let message = "User: arn:aws:sts::111122223333:assumed-role/ci/bob is not authorized to perform: ecs:ListClusters on resource: * because no identity-based policy allows the ecs:ListClusters action";
        let detail = "AccessDeniedException: because no identity-based policy allows the ecs:ListClusters action";
        check(400, "AccessDeniedException", message, Remedy::GiveUp, GapReason::Denied, detail);
        check(
            403,
            "Client.UnauthorizedOperation",
            "You are not authorized: arn:aws:x",
            Remedy::GiveUp,
            GapReason::Denied,
            "UnauthorizedOperation",
        );
        check(403, "", "", Remedy::GiveUp, GapReason::Denied, "HTTP status 403");
        check(403, "SomethingNew", "secret things", Remedy::GiveUp, GapReason::Denied, "SomethingNew");
    }

    #[test]
    fn credentials_are_told_apart() {
        check(400, "ExpiredTokenException", "x", Remedy::GiveUp, GapReason::Denied, "the credentials have expired (ExpiredTokenException)");
        assert_eq!(answered(403, "ExpiredToken", "").cause, Cause::Expired);
        assert_eq!(answered(401, "AuthFailure", "").cause, Cause::Invalid);
        assert_eq!(answered(403, "AccessDenied", "").cause, Cause::Other);
    }

    #[test]
    fn what_may_pass_is_tried_again_and_the_rest_is_not() {
        use GapReason::Failed;
        check(500, "InternalFailure", "oops\r\n", Remedy::TryAgain, Failed, "InternalFailure: oops");
        check(502, "", "", Remedy::TryAgain, Failed, "HTTP status 502 and no answer of the service");
        check(404, "", "", Remedy::GiveUp, Failed, "HTTP status 404 and no answer of the service");
        check(400, "ClusterNotFoundException", "Cluster not found.", Remedy::GiveUp, Failed, "ClusterNotFoundException: Cluster not found");
        check(400, "com.amazonaws.x#Odd", "", Remedy::GiveUp, Failed, "Odd");
    }

    #[test]
    fn messages_become_one_short_line() {
        assert_eq!(clean("a\n\tb\u{7} c."), "a b c");
        assert_eq!(clean("<!doctype html><html>…"), "a page that is no answer of the service");
        assert_eq!(clean(&"é".repeat(500)).chars().count(), MOST_TEXT + 1);
    }

    #[test]
    fn an_error_in_xml_gives_its_code_and_a_page_gives_none() {
        assert_eq!(code_in_xml(b"<ErrorResponse><Error><Code>AccessDenied</Code>").as_deref(), Some("AccessDenied"));
        assert_eq!(code_in_xml(b"<html><Code><b>x</b></Code>"), None);
        assert_eq!(code_in_xml(b""), None);
    }
}
