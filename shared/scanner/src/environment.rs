//! What the functions are told by their environment.

use std::collections::BTreeMap;

use thiserror::Error;
use wallwalk_findings::asff::Style;
use wallwalk_findings::{Policy, Severity};

/// Settings of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Bucket of states and configuration.
    pub state_bucket: String,
    /// Queue of scan jobs.
    pub scan_queue_url: String,
    /// Queue of events and second looks.
    pub event_queue_url: String,
    /// Topic of alerts; none to send no alerts.
    pub alerts_topic_arn: Option<String>,
    /// Role to read and import with; none for the function's own.
    pub member_role_arn: Option<String>,
    /// Accounts scanned.
    pub accounts: Vec<String>,
    /// Regions scanned.
    pub regions: Vec<String>,
    /// Hours between full scans of an account and Region.
    pub scan_interval_hours: i64,
    /// What to tell.
    pub policy: Policy,
}

/// Something the environment lacks or says wrongly.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EnvironmentError {
    /// A variable that has to be set.
    #[error("the environment variable {0} is not set: deploy the function with its template")]
    Missing(&'static str),
    /// A variable that makes no sense.
    #[error("the environment variable {name} is `{value}`: {reason}")]
    Wrong {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong.
        reason: String,
    },
}

impl Environment {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// [`EnvironmentError`] for the first variable that is missing or wrong.
    pub fn from_process() -> Result<Self, EnvironmentError> {
        Self::from_map(&std::env::vars().filter(|(name, _)| name.starts_with("WALLWALK_")).collect())
    }

    /// Reads a map of variables.
    ///
    /// # Errors
    /// As [`from_process`](Self::from_process).
    pub fn from_map(map: &BTreeMap<String, String>) -> Result<Self, EnvironmentError> {
        let optional = |name: &str| map.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let required = |name: &'static str| optional(name).ok_or(EnvironmentError::Missing(name));
        let list = |name: &'static str| -> Result<Vec<String>, EnvironmentError> {
            Ok(required(name)?.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect())
        };
        let hours = match optional("WALLWALK_SCAN_INTERVAL_HOURS") {
            None => 6,
            Some(text) => text.parse().ok().filter(|hours| (1..=24).contains(hours)).ok_or_else(|| EnvironmentError::Wrong {
                name: "WALLWALK_SCAN_INTERVAL_HOURS",
                value: text,
                reason: "not a number from 1 to 24".into(),
            })?,
        };
        let alert_from = match optional("WALLWALK_ALERT_MIN_SEVERITY") {
            None => Severity::High,
            Some(text) => text.parse().map_err(|error: wallwalk_findings::severity::NotASeverity| EnvironmentError::Wrong {
                name: "WALLWALK_ALERT_MIN_SEVERITY",
                value: text,
                reason: error.to_string(),
            })?,
        };
        let company = optional("WALLWALK_COMPANY_NAME").unwrap_or_else(|| "wallwalk".to_owned());
        Ok(Self {
            state_bucket: required("WALLWALK_STATE_BUCKET")?,
            scan_queue_url: required("WALLWALK_SCAN_QUEUE_URL")?,
            event_queue_url: required("WALLWALK_EVENT_QUEUE_URL")?,
            alerts_topic_arn: optional("WALLWALK_ALERTS_TOPIC_ARN"),
            member_role_arn: optional("WALLWALK_MEMBER_ROLE_ARN"),
            accounts: list("WALLWALK_ACCOUNTS")?,
            regions: list("WALLWALK_REGIONS")?,
            scan_interval_hours: hours,
            policy: Policy { style: Style { company, ..Style::default() }, alert_from, publish_passed: false },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(more: &[(&str, &str)]) -> BTreeMap<String, String> {
        let base = [
            ("WALLWALK_STATE_BUCKET", "b"),
            ("WALLWALK_SCAN_QUEUE_URL", "https://q/s"),
            ("WALLWALK_EVENT_QUEUE_URL", "https://q/e"),
            ("WALLWALK_ACCOUNTS", "111122223333"),
            ("WALLWALK_REGIONS", "eu-west-1, eu-central-1"),
        ];
        base.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn defaults_stand_where_nothing_is_said() {
        let environment = Environment::from_map(&map(&[("WALLWALK_ALERTS_TOPIC_ARN", "")])).unwrap();
        assert_eq!(environment.regions, ["eu-west-1", "eu-central-1"]);
        assert_eq!((environment.scan_interval_hours, environment.alerts_topic_arn), (6, None));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let mut missing = map(&[]);
        missing.remove("WALLWALK_STATE_BUCKET");
        assert_eq!(Environment::from_map(&missing), Err(EnvironmentError::Missing("WALLWALK_STATE_BUCKET")));
        let error = Environment::from_map(&map(&[("WALLWALK_SCAN_INTERVAL_HOURS", "often")])).unwrap_err();
        assert!(error.to_string().contains("`often`"), "{error}");
    }
}
