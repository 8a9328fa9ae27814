//! The evidence table: which call supplies each kind of fact, which permission the call needs, and
//! which events make the fact stale.
//!
//! The scanner's policy, the event rules and the documentation's table of permissions are derived
//! from it or compared with it. It knows what this version reads and delivers; what is not in it is
//! neither called nor granted.

mod calls;
mod events;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::json;

pub use calls::{CALLS, DELIVERY};
pub use events::CHANGES;
use events::RULES;

/// The `detail-type` of API calls that CloudTrail recorded.
pub const API_CALL: &str = "AWS API Call via CloudTrail";

/// Tables that no event makes stale; only a full scan renews them.
///
/// Users and groups are read for what a role could take over, and change far more often than that does;
/// use is no event.
pub const NEVER_STALE: &[&str] = &["users", "groups", "last_accessed"];

/// The `detail-type` with which ECS says how a deployment ended.
pub const DEPLOYMENT: &str = "ECS Deployment State Change";

/// Most characters an event pattern may have.
///
/// Source: Amazon EventBridge User Guide, "Amazon EventBridge quotas".
pub const MOST_PATTERN_CHARACTERS: usize = 2048;

/// One API operation, the permission it needs and the facts it supplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Namespace of the service in IAM, `ecs`.
    pub service: &'static str,
    /// Name of the operation, `ListClusters`. Its IAM action has the same name.
    pub operation: &'static str,
    /// ARNs the permission is limited to, with `{partition}` and `{account}`; `*` where the API knows
    /// no resource for it.
    pub resources: &'static [&'static str],
    /// Tables of the snapshot that it fills; empty for a delivery.
    pub facts: &'static [&'static str],
    /// Why it is needed, as people are told who are asked to grant it.
    pub why: &'static str,
}

impl Call {
    /// `ecs:ListClusters`: the name of the call in gaps and of the action in policies.
    #[must_use]
    pub fn action(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// The ARNs the permission is limited to, in one partition and account.
    pub fn resources_in(&self, partition: &str, account: &str) -> impl Iterator<Item = String> {
        self.resources.iter().map(move |resource| resource.replace("{partition}", partition).replace("{account}", account))
    }
}

/// Calls that make facts stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Name of the rule that subscribes to them.
    pub rule: &'static str,
    /// Names of the events.
    pub names: &'static [&'static str],
    /// Tables of the snapshot that they make stale. Empty: they touch nothing that is read so far, or
    /// nothing that is kept.
    pub facts: &'static [&'static str],
}

/// What is the same for every event of a rule.
struct Rule {
    name: &'static str,
    source: &'static str,
    event_source: &'static str,
    detail_type: &'static str,
    home_region_only: bool,
}

/// An event rule with everything its pattern names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRule {
    /// Its name.
    pub name: &'static str,
    /// `source` of its events.
    pub source: &'static str,
    /// `detail.eventSource` of its events; empty for events that are no API call.
    pub event_source: &'static str,
    /// `detail-type` of its events.
    pub detail_type: &'static str,
    /// Whether CloudTrail records the service's calls in one Region only, so that a rule elsewhere
    /// would see none.
    pub home_region_only: bool,
    /// Names of the events it lets through.
    pub names: BTreeSet<&'static str>,
}

/// Every read action that the scanner's role needs.
#[must_use]
pub fn iam_actions() -> BTreeSet<String> {
    CALLS.iter().map(Call::action).collect()
}

/// What each action of the scanner's role is limited to, reading and delivering.
#[must_use]
pub fn permissions() -> BTreeMap<String, BTreeSet<&'static str>> {
    CALLS.iter().chain(DELIVERY).map(|call| (call.action(), call.resources.iter().copied().collect())).collect()
}

/// The Markdown table that says why each permission is needed.
#[must_use]
pub fn why_table() -> String {
    let mut table = String::from("| Permission | Limited to | Why |\n| --- | --- | --- |\n");
    for call in CALLS.iter().chain(DELIVERY) {
        let resources: Vec<String> = call.resources.iter().map(|resource| format!("`{resource}`")).collect();
        let _ = writeln!(table, "| `{}` | {} | {} |", call.action(), resources.join("<br>"), call.why);
    }
    table
}

/// The event rules.
#[must_use]
pub fn event_rules() -> Vec<EventRule> {
    let names = |rule: &Rule| CHANGES.iter().filter(|change| change.rule == rule.name).flat_map(|change| change.names).copied().collect();
    let with_names = |rule: &Rule| {
        let &Rule { name, source, event_source, detail_type, home_region_only } = rule;
        EventRule { name, source, event_source, detail_type, home_region_only, names: names(rule) }
    };
    RULES.iter().map(with_names).collect()
}

/// The rule's event pattern as compact JSON.
///
/// Calls that failed carry an error code and are left out: they changed nothing.
#[must_use]
pub fn pattern_json(rule: &EventRule) -> String {
    let detail = if rule.event_source.is_empty() {
        json!({"eventName": rule.names})
    } else {
        json!({"eventSource": [rule.event_source], "eventName": rule.names, "errorCode": [{"exists": false}]})
    };
    json!({"source": [rule.source], "detail-type": [rule.detail_type], "detail": detail}).to_string()
}

/// Tables of the snapshot that a call makes stale; `None` if the name is not known.
#[must_use]
pub fn made_stale_by(event_source: &str, name: &str) -> Option<&'static [&'static str]> {
    let of_source = |change: &&Change| RULES.iter().any(|rule| rule.name == change.rule && rule.event_source == event_source);
    CHANGES.iter().filter(of_source).find(|change| change.names.contains(&name)).map(|change| change.facts)
}

/// Whether any rule subscribes to the service's events.
#[must_use]
pub fn is_watched(source: &str) -> bool {
    RULES.iter().any(|rule| rule.source == source || (!rule.event_source.is_empty() && rule.event_source == source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Snapshot;

    fn tables() -> BTreeSet<&'static str> {
        Snapshot::TABLES.iter().map(|(table, _)| *table).collect()
    }

    #[test]
    fn every_table_is_supplied_by_the_call_that_the_snapshot_names() {
        for (table, call) in Snapshot::TABLES {
            assert!(CALLS.iter().any(|row| row.action() == *call && row.facts.contains(table)), "{call} does not supply {table}");
        }
    }

    #[test]
    fn every_fact_named_is_a_table() {
        let tables = tables();
        for (who, facts) in
            CALLS.iter().map(|call| (call.operation, call.facts)).chain(CHANGES.iter().map(|change| (change.rule, change.facts)))
        {
            for fact in facts {
                assert!(tables.contains(fact), "{who} names `{fact}`");
            }
        }
    }

    #[test]
    fn every_table_is_made_stale_by_some_event_or_named_as_one_that_is_not() {
        let stale: BTreeSet<&str> = CHANGES.iter().flat_map(|change| change.facts).copied().collect();
        let (never, all) = (NEVER_STALE.iter().copied().collect(), tables());
        assert!(stale.is_disjoint(&never));
        assert_eq!(stale.union(&never).copied().collect::<BTreeSet<_>>(), all);
    }

    #[test]
    fn actions_are_unique_and_read_only() {
        assert_eq!(iam_actions().len(), CALLS.len());
        for call in CALLS {
            // Making a report of one's own reading changes nothing; IAM counts it among the reads.
            let reads = ["Describe", "Get", "List", "GenerateServiceLastAccessed"].iter().any(|verb| call.operation.starts_with(verb));
            assert!(reads && !call.operation.contains('*'), "{}", call.action());
            assert!(!call.facts.is_empty() && !call.resources.is_empty() && !call.why.is_empty(), "{}", call.action());
        }
    }

    #[test]
    fn no_secret_value_can_be_read() {
        let actions = iam_actions();
        for forbidden in
            ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "s3:GetObject"]
        {
            assert!(!actions.contains(forbidden));
        }
    }

    #[test]
    fn a_resource_is_filled_in_for_its_account() {
        let get_role = CALLS.iter().find(|call| call.action() == "iam:GetRole").unwrap();
        let resources: Vec<String> = get_role.resources_in("aws-cn", "111122223333").collect();
        assert_eq!(resources, ["arn:aws-cn:iam::111122223333:role/*"]);
    }

    #[test]
    fn patterns_fit_their_quota() {
        // What each rule's names come to in compact JSON.
        let sizes: Vec<(&str, usize, usize)> =
            event_rules().iter().map(|rule| (rule.name, rule.names.len(), pattern_json(rule).chars().count())).collect();
        assert_eq!(
            sizes,
            [
                ("ecs", 43, 1107),
                ("iam", 21, 587),
                ("ec2-hosts", 25, 871),
                ("ec2-network", 50, 1512),
                ("secretsmanager", 13, 437),
                ("ssm", 8, 324),
                ("ecr", 18, 615),
                ("kms", 8, 297),
                ("elb", 20, 601),
                ("ecs-deployments", 2, 152),
            ]
        );
        assert!(sizes.iter().all(|(_, _, size)| *size <= MOST_PATTERN_CHARACTERS));
    }

    #[test]
    fn no_event_is_in_two_changes_of_its_service() {
        let mut seen = BTreeSet::new();
        for change in CHANGES {
            let rule = RULES.iter().find(|rule| rule.name == change.rule).expect("a rule of that name");
            for name in change.names {
                assert!(seen.insert((rule.source, rule.detail_type, name)), "{name} stands twice");
            }
        }
    }

    #[test]
    fn calls_that_ecs_makes_for_each_task_are_not_subscribed_to() {
        for noisy in ["RegisterTargets", "DeregisterTargets"] {
            assert_eq!(made_stale_by("elasticloadbalancing.amazonaws.com", noisy), None);
        }
    }

    #[test]
    fn the_table_of_reasons_names_every_permission() {
        let table = why_table();
        for action in permissions().keys() {
            assert!(table.contains(&format!("| `{action}` |")), "{action}");
        }
    }
}
