//! Who makes a request.

/// Who makes a request, and from which account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// What kind of principal.
    pub who: Who,
    /// The twelve digits of its account; empty for a service and for somebody federated.
    pub account: Box<str>,
}

/// A kind of principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A session of a role.
    Role {
        /// ARN of the role, with its path.
        arn: Box<str>,
        /// ARN of the session, `arn:…:sts::…:assumed-role/name/session`, where it is known.
        session: Option<Box<str>>,
    },
    /// An IAM user.
    User {
        /// ARN.
        arn: Box<str>,
    },
    /// An AWS service, `ecs-tasks.amazonaws.com`.
    Service {
        /// Service principal.
        name: Box<str>,
    },
    /// Somebody for whom an identity provider vouches.
    Federated {
        /// ARN or name of the provider, as trust policies write it.
        provider: Box<str>,
    },
}

impl Caller {
    /// A session of a role, of which the name is not known.
    #[must_use]
    pub fn role(arn: &str) -> Self {
        Self { who: Who::Role { arn: arn.into(), session: None }, account: account_of(arn).into() }
    }

    /// An IAM user.
    #[must_use]
    pub fn user(arn: &str) -> Self {
        Self { who: Who::User { arn: arn.into() }, account: account_of(arn).into() }
    }

    /// An AWS service.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self { who: Who::Service { name: name.into() }, account: "".into() }
    }

    /// Somebody for whom an identity provider vouches.
    #[must_use]
    pub fn federated(provider: &str) -> Self {
        Self { who: Who::Federated { provider: provider.into() }, account: "".into() }
    }

    /// ARN of the role or user.
    #[must_use]
    pub const fn arn(&self) -> Option<&str> {
        match &self.who {
            Who::Role { arn, .. } | Who::User { arn } => Some(arn),
            Who::Service { .. } | Who::Federated { .. } => None,
        }
    }

    /// Whether it is a role that only an AWS service may use, to which no service control policy applies.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        matches!(&self.who, Who::Role { arn, .. } if arn.split_once(":role/").is_some_and(|(_, name)| name.starts_with("aws-service-role/")))
    }
}

/// The account in an ARN; empty where it names none.
pub(crate) fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}
