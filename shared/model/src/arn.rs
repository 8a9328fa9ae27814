//! Amazon Resource Names.

use std::fmt;
use std::str::FromStr;

/// An ARN split into its six parts.
///
/// `arn:partition:service:region:account:resource`; Region and account may be empty, the resource
/// may itself contain colons and slashes.
/// Source: AWS IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// The service's namespace, `ecs`.
    pub service: String,
    /// The Region, empty for global services.
    pub region: String,
    /// The twelve digits of the account; empty where the service has none.
    pub account: String,
    /// Everything after the fifth colon.
    pub resource: String,
}

/// A text that is no ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnArn(String);

impl fmt::Display for NotAnArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an ARN", self.0)
    }
}

impl std::error::Error for NotAnArn {}

impl FromStr for Arn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Self, NotAnArn> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().map(str::to_owned);
        let arn = (|| {
            (next()? == "arn").then_some(())?;
            Some(Self { partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? })
        })();
        arn.filter(|arn| !arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty())
            .ok_or_else(|| NotAnArn(text.chars().take(80).collect()))
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

impl Arn {
    /// The resource without its type: what stands after the first `/` or, failing that, `:`.
    #[must_use]
    pub fn resource_name(&self) -> &str {
        self.resource.split_once('/').or_else(|| self.resource.split_once(':')).map_or(self.resource.as_str(), |(_, name)| name)
    }
}

/// What stands after the last slash of an ARN, a path or a plain name.
///
/// `arn:…:service/cluster/api` and `api` both give `api`.
#[must_use]
pub fn last_segment(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

/// The cluster's name in the ARN of a service, task or container instance, if the ARN has the
/// long form (`service/cluster/name`); the older short form names no cluster.
#[must_use]
pub fn cluster_of(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':').nth(5)?.split('/').skip(1);
    let cluster = parts.next()?;
    parts.next().map(|_| cluster)
}

/// Family and revision of a task definition ARN or of `family:revision`.
///
/// A plain family gives no revision.
#[must_use]
pub fn family_and_revision(text: &str) -> (&str, Option<u32>) {
    let name = last_segment(text);
    match name.rsplit_once(':') {
        Some((family, revision)) => (family, revision.parse().ok()),
        None => (name, None),
    }
}

/// The name of a role, without path, from its ARN or name.
#[must_use]
pub fn role_name(text: &str) -> &str {
    last_segment(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_reads_and_prints_the_same() {
        for text in [
            "arn:aws:ecs:eu-west-1:111122223333:service/shop/api",
            "arn:aws:iam::111122223333:role/path/name",
            "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:a/b-AbCdEf:key::",
        ] {
            assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        for text in ["", "arn", "arn:aws:ecs", "urn:aws:ecs:r:a:x", "arn::ecs:r:a:x", "arn:aws:ecs:r:a:"] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_found_in_long_short_and_plain_forms() {
        assert_eq!(cluster_of("arn:aws:ecs:eu-west-1:1:service/shop/api"), Some("shop"));
        assert_eq!(cluster_of("arn:aws:ecs:eu-west-1:1:service/api"), None);
        assert_eq!(family_and_revision("arn:aws:ecs:eu-west-1:1:task-definition/api:42"), ("api", Some(42)));
        assert_eq!(family_and_revision("api"), ("api", None));
        assert_eq!(role_name("arn:aws:iam::1:role/a/b/c"), "c");
    }
}
