//! Messages between the functions.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wallwalk_model::{Key, Time};

/// Version of the messages.
const VERSION: u32 = 1;

/// One thing to do, in one account and Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Version of the message.
    pub v: u32,
    /// What to do.
    #[serde(flatten)]
    pub work: Work,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Work {
    /// A full scan.
    Full {
        /// When it was planned. A full scan that was completed later makes the job void.
        run: Time,
        /// How often it was continued.
        #[serde(default)]
        hop: u32,
    },
    /// Deliver what the outbox still holds.
    Flush {
        /// How often that was tried in a row.
        #[serde(default)]
        hop: u32,
    },
    /// A second look at what an event made stale, minutes later.
    Again {
        /// What to read again.
        keys: Vec<Key>,
    },
}

/// A message that is no job.
#[derive(Debug, Error)]
#[error("the message is no job of this version: {0}")]
pub struct NotAJob(String);

impl Job {
    /// A job.
    #[must_use]
    pub fn new(account: impl Into<String>, region: impl Into<String>, work: Work) -> Self {
        Self { v: VERSION, work, account: account.into(), region: region.into() }
    }

    /// Reads a job.
    ///
    /// # Errors
    /// [`NotAJob`] for an unknown version or kind, or what is no job at all. The text of the message
    /// is not repeated: it may be somebody's.
    pub fn parse(body: &str) -> Result<Self, NotAJob> {
        let job: Self = serde_json::from_str(body).map_err(|error| NotAJob(format!("line {}, column {}", error.line(), error.column())))?;
        if job.v == VERSION { Ok(job) } else { Err(NotAJob(format!("version {}", job.v))) }
    }

    /// The job as a message body.
    #[must_use]
    pub fn body(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_read_as_they_were_written() {
        let works = [
            Work::Full { run: Time::from_millis(5), hop: 0 },
            Work::Flush { hop: 2 },
            Work::Again { keys: vec![Key::SecurityGroup("sg-1".into()), Key::Account] },
        ];
        for work in works {
            let job = Job::new("111122223333", "eu-west-1", work);
            assert_eq!(Job::parse(&job.body()).unwrap(), job);
        }
    }

    #[test]
    fn a_planned_scan_reads_as_documented() {
        let body = r#"{"v": 1, "kind": "full", "account": "111122223333", "region": "eu-west-1", "run": "2026-11-23T12:00:00Z", "cursor": null, "hop": 0}"#;
        assert!(matches!(Job::parse(body).unwrap().work, Work::Full { hop: 0, .. }));
    }

    #[test]
    fn other_versions_and_kinds_are_refused_without_repeating_them() {
        for body in
            [r#"{"v":2,"kind":"flush","account":"1","region":"r"}"#, r#"{"v":1,"kind":"hunter2","account":"1","region":"r"}"#, "hunter2"]
        {
            let error = Job::parse(body).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
