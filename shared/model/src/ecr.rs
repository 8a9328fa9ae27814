//! Amazon ECR repositories with field names as the AWS CLI prints them.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// A repository (`DescribeRepositories`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Repository {
    /// ARN.
    pub repository_arn: String,
    /// Name.
    pub repository_name: String,
    /// Account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_id: Option<String>,
    /// `111122223333.dkr.ecr.eu-west-1.amazonaws.com/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_uri: Option<String>,
    /// `MUTABLE`, `IMMUTABLE`, `IMMUTABLE_WITH_EXCLUSION`, `MUTABLE_WITH_EXCLUSION`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_tag_mutability: Option<String>,
    /// The repository's own scanning flag; the registry's configuration may override it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_scanning_configuration: Option<ImageScanningConfiguration>,
    /// Encryption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_configuration: Option<EncryptionConfiguration>,
}

/// Scanning of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageScanningConfiguration {
    /// Whether images are scanned when pushed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
    pub scan_on_push: Option<bool>,
}

/// Encryption of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EncryptionConfiguration {
    /// `AES256`, `KMS`, `KMS_DSSE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_type: Option<String>,
    /// Key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
}
