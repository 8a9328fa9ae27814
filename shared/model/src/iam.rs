//! IAM roles and managed policies as `GetAccountAuthorizationDetails` gives them, with field names
//! as the AWS CLI prints them.
//!
//! Policy documents are kept as text: an object form would already have lost duplicate keys.
//! Source: IAM API Reference, "RoleDetail", "ManagedPolicyDetail".

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::ec2::{Tag, api};
use crate::lenient;

api! {
    /// A role with everything attached to it.
    pub struct Role {
        /// ARN.
        pub arn: String,
        /// Name, without path.
        pub role_name: String,
        /// Unique id, `AROA…`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub role_id: Option<String>,
        /// Path, `/`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub path: Option<String>,
        /// Trust policy, as text; absent where it was not in the answer.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::policy_text")]
        pub assume_role_policy_document: Option<String>,
        /// Inline policies.
        #[serde(deserialize_with = "lenient::list")]
        pub role_policy_list: Vec<InlinePolicy>,
        /// Managed policies attached.
        #[serde(deserialize_with = "lenient::list")]
        pub attached_managed_policies: Vec<AttachedPolicy>,
        /// Permissions boundary.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub permissions_boundary: Option<Boundary>,
        /// Instance profiles that hold the role.
        #[serde(deserialize_with = "lenient::list")]
        pub instance_profile_list: Vec<InstanceProfile>,
        /// When and where it was last used.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub role_last_used: Option<LastUsed>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// An inline policy.
    pub struct InlinePolicy {
        /// Name.
        pub policy_name: String,
        /// Document, as text.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::policy_text")]
        pub policy_document: Option<String>,
    }

    /// A managed policy attached to a role.
    pub struct AttachedPolicy {
        /// Name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub policy_name: Option<String>,
        /// ARN.
        pub policy_arn: String,
    }

    /// A permissions boundary.
    pub struct Boundary {
        /// ARN of the policy.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub permissions_boundary_arn: Option<String>,
    }

    /// An instance profile.
    pub struct InstanceProfile {
        /// ARN.
        pub arn: String,
        /// Name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub instance_profile_name: Option<String>,
    }

    /// When a role was last used.
    pub struct LastUsed {
        /// Time.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub last_used_date: Option<Time>,
        /// Region.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub region: Option<String>,
    }

    /// A managed policy and the document of its default version.
    pub struct ManagedPolicy {
        /// ARN.
        pub arn: String,
        /// Name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub policy_name: Option<String>,
        /// Default version, `v3`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub default_version_id: Option<String>,
        /// Versions that were read.
        #[serde(deserialize_with = "lenient::list")]
        pub policy_version_list: Vec<PolicyVersion>,
    }

    /// A version of a managed policy.
    pub struct PolicyVersion {
        /// `v3`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub version_id: Option<String>,
        /// Whether it is in force.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub is_default_version: Option<bool>,
        /// Document, as text.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::policy_text")]
        pub document: Option<String>,
    }
}

impl ManagedPolicy {
    /// Text of the version in force, if it was read.
    #[must_use]
    pub fn default_document(&self) -> Option<&str> {
        self.policy_version_list
            .iter()
            .find(|version| {
                version.is_default_version == Some(true) || (version.version_id.is_some() && version.version_id == self.default_version_id)
            })
            .and_then(|version| version.document.as_deref())
    }
}
