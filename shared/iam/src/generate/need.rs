//! What a workload needs, as pairs of actions and resources with the reason for each.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::key::{KeyState, Keys};
use crate::policy::Atom;

/// What a need is for; statements of generated policies are named after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Purpose {
    /// `ecr:GetAuthorizationToken`.
    GetRegistryToken,
    /// Layers and manifests of images.
    PullImages,
    /// Secrets Manager secrets.
    ReadSecrets,
    /// Systems Manager parameters.
    ReadParameters,
    /// Keys of the secrets and parameters.
    DecryptSecrets,
    /// Streams and events of log groups.
    WriteLogs,
    /// Log groups that the driver creates.
    CreateLogGroup,
    /// Environment files, FireLens configuration, credential specifications.
    ReadTaskFiles,
    /// ECS Exec.
    Exec,
    /// File systems.
    MountFiles,
    /// Destinations of a log router.
    RouteLogs,
}

impl Purpose {
    /// The statement identifier.
    #[must_use]
    pub const fn sid(self) -> &'static str {
        match self {
            Self::GetRegistryToken => "GetRegistryToken",
            Self::PullImages => "PullImages",
            Self::ReadSecrets => "ReadSecrets",
            Self::ReadParameters => "ReadParameters",
            Self::DecryptSecrets => "DecryptSecrets",
            Self::WriteLogs => "WriteLogs",
            Self::CreateLogGroup => "CreateLogGroup",
            Self::ReadTaskFiles => "ReadTaskFiles",
            Self::Exec => "Exec",
            Self::MountFiles => "MountFiles",
            Self::RouteLogs => "RouteLogs",
        }
    }
}

/// A condition that a need lives under: the request carries exactly this value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Given {
    /// `StringEquals`, `ArnLike`.
    pub operator: &'static str,
    /// Condition key.
    pub key: String,
    /// Value.
    pub value: String,
}

impl Given {
    /// As a condition of a statement.
    #[must_use]
    pub fn atom(&self) -> Atom {
        Atom::new(self.operator, self.key.as_str(), [self.value.as_str()])
    }

    /// As keys of the request.
    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys::new().with(&self.key, KeyState::one(self.value.as_str()))
    }
}

/// Something that has to be allowed, or else the workload fails.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Need {
    /// What it is for.
    pub purpose: Purpose,
    /// Actions, as IAM writes them.
    pub actions: BTreeSet<&'static str>,
    /// ARNs, ARN patterns, or `*`: each has to be allowed.
    pub resources: BTreeSet<String>,
    /// Condition under which the request is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// JSON pointer (RFC 6901) of what causes it, `/containerDefinitions/0/secrets/0/valueFrom`.
    pub because: String,
    /// Whether it is certain; else it depends on something that was not read, and is never excess and never missing.
    pub certain: bool,
}

impl Need {
    /// Keys that the request carries.
    #[must_use]
    pub fn keys(&self) -> Keys {
        self.given.as_ref().map(Given::keys).unwrap_or_default()
    }

    /// Each action with each resource.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.actions.iter().flat_map(|action| self.resources.iter().map(|resource| (*action, resource.as_str())))
    }
}
