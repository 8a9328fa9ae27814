//! What is left of a string that may have held a secret.
//!
//! `collect` examines such strings and keeps this in their place; no character of a credential is
//! ever part of it. The types are plain, because this crate does not know the detector.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A value after examination: its kind, a keyed fingerprint and what was noticed about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redacted {
    /// What the value looks like: `absent`, `bool`, `number`, `url`, `host`, `path`, `text`, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Keyed fingerprint (`f1:…`) of the credential bytes, present where there is a sighting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What betrays a credential.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sightings: Vec<Sighting>,
    /// Harmless references found in the value: hosts, ARNs, paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<Reference>,
    /// What the examiner could not do (`truncated`, `too-many`); never silently dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// One credential noticed in a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sighting {
    /// How the credential is to be judged.
    pub class: SightingClass,
    /// The rule that noticed it.
    pub detector: String,
    /// Who issues such credentials, if the rule knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// `high` or `medium`.
    pub confidence: String,
    /// Bucket of the credential's length in bytes (`8-11`, `17-32`, …); none for weak credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<String>,
    /// JSON pointer (RFC 6901) inside the object that was read.
    pub pointer: String,
    /// The kind of place: `container-environment`, `command`, `log-option`, …
    pub surface: String,
    /// Name of the variable, option or label, if the value had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Fingerprint of this credential, where it differs from the value's only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Decoded harmless facts, such as the expiry of a JWT.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

/// How a sighting is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SightingClass {
    /// A credential that is hard to guess.
    Secret,
    /// A credential that is easy to guess, or a published default.
    WeakCredential,
    /// A template that was never filled in.
    Placeholder,
    /// Made to be shown.
    Publishable,
    /// Belongs to a credential without being one.
    Identifier,
}

/// Something harmless that a value refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// `host`, `aws-secret`, `aws-parameter`, `arn`, `file`, `foreign-store`, …
    pub kind: String,
    /// The host name, ARN, parameter name or path.
    pub target: String,
    /// The port, for hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The scheme, for hosts taken from URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
}

/// An examined name/value pair: environment variable, log option, label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedactedPair {
    /// The name, in clear.
    pub name: String,
    /// The value, only where the allow-list keeps it (log options such as `awslogs-group`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<String>,
    /// What is left of the value.
    #[serde(flatten)]
    pub value: Redacted,
}

/// What is left of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedactedCommand {
    /// Base name of the program started, if it is a plain word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Whether a shell interprets the line.
    #[serde(default)]
    pub shell: bool,
    /// Names of the flags given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// What is left of the words.
    #[serde(flatten)]
    pub value: Redacted,
}
