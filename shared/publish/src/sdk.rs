//! What is common to the SDK's errors.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Code and message of a service error, or what kept the call from being answered.
pub(crate) fn words<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    let said = match error.as_service_error() {
        Some(service) => match (service.code(), service.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(code), None) => code.to_owned(),
            (None, Some(message)) => message.to_owned(),
            (None, None) => format!("status {}", status(error).map_or_else(|| "unknown".to_owned(), |code| code.to_string())),
        },
        None => match error {
            SdkError::TimeoutError(_) => "timed out".to_owned(),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => "timed out".to_owned(),
            SdkError::DispatchFailure(failure) => {
                let mut text = String::from("could not be reached");
                let mut source = failure.as_connector_error().and_then(std::error::Error::source);
                while let Some(error) = source {
                    text = format!("could not be reached: {error}");
                    source = error.source();
                }
                text
            }
            SdkError::ResponseError(_) => "answer could not be understood".to_owned(),
            _ => "request could not be made".to_owned(),
        },
    };
    wallwalk_findings::text::line(&said, 300)
}

/// Error code of a service error.
pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default().to_owned()
}

/// HTTP status of the answer, if there was one.
pub(crate) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}
