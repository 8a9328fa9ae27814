//! IAM roles, users, groups and managed policies as `GetAccountAuthorizationDetails` gives them, with
//! field names as the AWS CLI prints them.
//!
//! Policy documents are kept as text: an object form would already have lost duplicate keys.
//! Source: IAM API Reference, "RoleDetail", "UserDetail", "GroupDetail", "ManagedPolicyDetail".

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
        /// When it was made.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub create_date: Option<Time>,
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

    /// A user with everything attached to it; what its groups give it stands with them.
    pub struct User {
        /// ARN.
        pub arn: String,
        /// Name, without path.
        pub user_name: String,
        /// Unique id, `AIDA…`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub user_id: Option<String>,
        /// Path, `/`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub path: Option<String>,
        /// Inline policies.
        #[serde(deserialize_with = "lenient::list")]
        pub user_policy_list: Vec<InlinePolicy>,
        /// Managed policies attached.
        #[serde(deserialize_with = "lenient::list")]
        pub attached_managed_policies: Vec<AttachedPolicy>,
        /// Names of the groups that the user is in.
        #[serde(deserialize_with = "lenient::list")]
        pub group_list: Vec<String>,
        /// Permissions boundary.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub permissions_boundary: Option<Boundary>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// A group of users with everything attached to it.
    pub struct Group {
        /// ARN.
        pub arn: String,
        /// Name, without path.
        pub group_name: String,
        /// Unique id, `AGPA…`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub group_id: Option<String>,
        /// Path, `/`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub path: Option<String>,
        /// Inline policies.
        #[serde(deserialize_with = "lenient::list")]
        pub group_policy_list: Vec<InlinePolicy>,
        /// Managed policies attached.
        #[serde(deserialize_with = "lenient::list")]
        pub attached_managed_policies: Vec<AttachedPolicy>,
    }

    /// An inline policy.
    pub struct InlinePolicy {
        /// Name.
        pub policy_name: String,
        /// Document, as text.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::policy_text")]
        pub policy_document: Option<String>,
    }

    /// A managed policy attached to a role, user or group.
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

    /// A role's report of the services that its permission policies allow, each with its last use, denied
    /// attempts included (`GetServiceLastAccessedDetails`, action level). Only a whole report is one.
    pub struct LastAccessed {
        /// When the report was made.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub job_completion_date: Option<Time>,
        /// The services. One that is not among them is allowed by no permission policy.
        #[serde(deserialize_with = "lenient::list")]
        pub services_last_accessed: Vec<ServiceLastAccessed>,
    }

    /// When a service was last used.
    pub struct ServiceLastAccessed {
        /// Namespace in IAM, `s3`.
        pub service_namespace: String,
        /// When it was last used in the tracking period; absent if it was not.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub last_authenticated: Option<Time>,
        /// Actions that are tracked. Absent where none of the service's are, or none was used: the report
        /// does not tell which.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub tracked_actions_last_accessed: Option<Vec<TrackedAction>>,
    }

    /// When an action was last used.
    pub struct TrackedAction {
        /// Name, `PutObject`.
        pub action_name: String,
        /// When it was last used in the tracking period; absent if it was not.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub last_accessed_time: Option<Time>,
    }

    /// A managed policy: of the customer's with every version, of AWS's with the version in force.
    pub struct ManagedPolicy {
        /// ARN.
        pub arn: String,
        /// Name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub policy_name: Option<String>,
        /// Default version, `v3`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub default_version_id: Option<String>,
        /// Whether it can be attached to users, groups and roles.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub is_attachable: Option<bool>,
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
    /// Whether AWS manages it. Who may set the version in force is nobody in the account then.
    #[must_use]
    pub fn is_of_aws(&self) -> bool {
        is_of_aws(&self.arn)
    }

    /// The policy with its versions from the latest on, and without those that nothing done in the
    /// account can put in force: AWS's own policies have up to hundreds.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        let number = |version: &PolicyVersion| version.version_id.as_deref().and_then(|id| id.trim_start_matches('v').parse::<u32>().ok());
        self.policy_version_list.sort_by_key(|version| std::cmp::Reverse(number(version)));
        if self.is_of_aws() {
            let default = self.default_version_id.clone();
            self.policy_version_list
                .retain(|version| version.is_default_version == Some(true) || (default.is_some() && version.version_id == default));
        }
        self
    }

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

/// Whether the ARN is that of a policy which AWS manages.
#[must_use]
pub fn is_of_aws(policy_arn: &str) -> bool {
    policy_arn.contains(":iam::aws:policy/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_policies_of_aws_only_the_version_in_force_is_kept() {
        let versions = |ids: &[&str]| {
            let version = |id: &&str| PolicyVersion { version_id: Some((*id).to_owned()), ..PolicyVersion::default() };
            ids.iter().map(version).collect::<Vec<_>>()
        };
        let policy = |arn: &str| ManagedPolicy {
            arn: arn.to_owned(),
            default_version_id: Some("v2".to_owned()),
            policy_version_list: versions(&["v1", "v10", "v2"]),
            ..ManagedPolicy::default()
        };
        assert_eq!(policy("arn:aws-cn:iam::aws:policy/p").tidied().policy_version_list, versions(&["v2"]));
        let own = policy("arn:aws:iam::111122223333:policy/p");
        assert_eq!(own.tidied().policy_version_list, versions(&["v10", "v2", "v1"]));
    }
}
