//! What is known of the condition keys of a session before it asks for anything.
//!
//! Source: IAM User Guide, "AWS global condition context keys". That the sessions which ECS and EC2
//! hand out carry no session tags, and that keys about multi-factor authentication are absent from
//! them, is not stated by AWS: both are told as assumptions.

use wallwalk_model::Time;

use crate::key::{KeyState, Keys};

/// What a session is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionOf {
    /// A role that ECS assumes for a task.
    Task,
    /// A role that EC2 hands to an instance.
    Instance,
    /// A role whoever may assumes.
    Role,
    /// An IAM user.
    User,
}

/// What is known of a caller's situation.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// ARN of the role, with its path, or of the user.
    pub arn: &'a str,
    /// Its unique id, `AROA…`.
    pub id: Option<&'a str>,
    /// Its tags; none if they were not read.
    pub tags: Option<&'a [(&'a str, &'a str)]>,
    /// What the session is of.
    pub of: SessionOf,
    /// Identifier of the account's organisation, where it is known.
    pub organization: Option<&'a str>,
    /// The time of the question.
    pub now: Time,
}

impl Situation<'_> {
    /// The states of keys that follow from it.
    #[must_use]
    pub fn keys(&self) -> Keys {
        let mut keys = Keys::new();
        let service_session = matches!(self.of, SessionOf::Task | SessionOf::Instance);
        let kind = if self.of == SessionOf::User { "User" } else { "AssumedRole" };
        keys.set("aws:PrincipalArn", KeyState::one(self.arn));
        keys.set("aws:PrincipalAccount", KeyState::one(super::caller::account_of(self.arn)));
        keys.set("aws:PrincipalType", KeyState::one(kind));
        keys.set("aws:userid", self.userid());
        self.tags(&mut keys);
        if let Some(organization) = self.organization {
            keys.set("aws:PrincipalOrgID", KeyState::one(organization));
        }
        keys.set("aws:PrincipalIsAWSService", KeyState::one("false"));
        for absent in ["aws:PrincipalServiceName", "aws:PrincipalServiceNamesList"] {
            keys.set(absent, KeyState::Absent);
        }
        if self.of != SessionOf::User {
            keys.set("aws:username", KeyState::Absent);
        }
        if service_session {
            for absent in ["aws:FederatedProvider", "aws:SourceIdentity", "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"] {
                keys.set(absent, KeyState::Absent);
            }
        }
        keys.set("aws:TokenIssueTime", if self.of == SessionOf::User { KeyState::Unknown } else { KeyState::Present });
        keys.set("aws:CurrentTime", KeyState::one(rfc3339(self.now)));
        keys.set("aws:EpochTime", KeyState::one(self.now.millis().div_euclid(1000).to_string()));
        // These exist only when a service calls on somebody's behalf.
        for absent in ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"] {
            keys.set(absent, KeyState::Absent);
        }
        let of_instance = match self.of {
            SessionOf::Instance => KeyState::Present,
            SessionOf::Task | SessionOf::User => KeyState::Absent,
            SessionOf::Role => KeyState::Unknown,
        };
        for key in ["ec2:SourceInstanceARN", "aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4"] {
            keys.set(key, of_instance.clone());
        }
        keys.set("aws:ViaAWSService", KeyState::OneOf(vec!["false".into(), "true".into()]));
        keys
    }

    fn userid(&self) -> KeyState {
        match self.id {
            Some(id) if self.of == SessionOf::User => KeyState::one(id),
            Some(id) => KeyState::Like(format!("{id}:*").into()),
            None => KeyState::Present,
        }
    }

    fn tags(&self, keys: &mut Keys) {
        let Some(tags) = self.tags else { return };
        keys.set("aws:PrincipalTag/", if self.of == SessionOf::Role { KeyState::Unknown } else { KeyState::Absent });
        for (name, value) in tags {
            let folded = name.to_ascii_lowercase();
            // Of two tags that differ in case only it is not known which one counts.
            let twins = tags.iter().filter(|(other, _)| other.to_ascii_lowercase() == folded).count() > 1;
            let state = if twins || self.of == SessionOf::Role { KeyState::Unknown } else { KeyState::one(*value) };
            keys.set(&format!("aws:PrincipalTag/{name}"), state);
        }
    }
}

/// The time as condition values write it.
fn rfc3339(time: Time) -> String {
    time.to_string()
}
