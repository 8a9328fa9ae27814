//! Who the credentials belong to.

use aws_config::SdkConfig;
use thiserror::Error;
use wallwalk_model::{Arn, Gap, GapReason, Place};

use super::trouble::{Cause, Trouble};

const CALL: &str = "sts:GetCallerIdentity";

/// Why it could not be found out who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CallError {
    /// Neither the configuration nor the command line names a Region.
    #[error("no Region is set: give `--region`, set AWS_REGION, or name one in the profile")]
    NoRegion,
    /// The credential chain gave nothing.
    #[error("{detail}: log in, choose a profile with `--profile`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")]
    NoCredentials {
        /// What the chain said.
        detail: String,
    },
    /// The credentials were good once.
    #[error("{detail}: log in again")]
    Expired {
        /// The service's code.
        detail: String,
    },
    /// The credentials are refused.
    #[error("{detail}: check which profile, keys or session token are in use")]
    Invalid {
        /// The service's code.
        detail: String,
    },
    /// Nobody answers.
    #[error("{detail}: check the network, a proxy, and AWS_ENDPOINT_URL if it is set")]
    Unreachable {
        /// What kept the call from being answered.
        detail: String,
    },
    /// The call was refused for another reason.
    #[error("{call} was refused: {detail}")]
    Refused {
        /// The call.
        call: &'static str,
        /// In a word.
        reason: GapReason,
        /// Code and message of the service.
        detail: String,
    },
}

impl CallError {
    /// The gap that a reading without these credentials is.
    #[must_use]
    pub fn gap(&self) -> Gap {
        let reason = match self {
            Self::NoRegion | Self::Unreachable { .. } => GapReason::Failed,
            Self::NoCredentials { .. } | Self::Expired { .. } | Self::Invalid { .. } => GapReason::Denied,
            Self::Refused { reason, .. } => *reason,
        };
        Gap::new(CALL, reason, self.to_string())
    }
}

/// The account that the credentials of `config` belong to, its partition, and the Region of `config`.
///
/// The one call that it makes needs no permission.
///
/// # Errors
/// [`CallError`], each kind with what to do about it.
pub async fn whoami(config: &SdkConfig) -> Result<Place, CallError> {
    let region = config.region().ok_or(CallError::NoRegion)?.to_string();
    let client = aws_sdk_sts::Client::new(config);
    let identity = client.get_caller_identity().send().await.map_err(|error| understood(Trouble::read(&error)))?;
    let refuse = || CallError::Refused { call: CALL, reason: GapReason::Failed, detail: "the answer names no account".to_owned() };
    let account = identity.account.filter(|account| !account.is_empty()).ok_or_else(refuse)?;
    let arn: Arn = identity.arn.as_deref().unwrap_or_default().parse().map_err(|_| refuse())?;
    Ok(Place::new(arn.partition, account, region))
}

fn understood(trouble: Trouble) -> CallError {
    let Trouble { cause, reason, detail, .. } = trouble;
    match cause {
        Cause::NoCredentials => CallError::NoCredentials { detail },
        Cause::Expired => CallError::Expired { detail },
        Cause::Invalid => CallError::Invalid { detail },
        Cause::Unreachable => CallError::Unreachable { detail },
        Cause::Other => CallError::Refused { call: CALL, reason, detail },
    }
}
