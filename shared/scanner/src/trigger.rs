//! Works a batch of the event queue: CloudTrail events and second looks, one narrow scan for each
//! account and Region.
//!
//! Nothing that a message holds may bring down the batch: what cannot be understood is reported
//! alone, and what failed is reported for the messages it concerns.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::task::JoinSet;
use wallwalk_findings::{Cause, State};
use wallwalk_model::event::{self, Effect, Event};
use wallwalk_model::{Key, Place, Scope, Time, arn};

use crate::deployment::{Deployment, Limits};
use crate::job::{Job, Work};
use crate::metrics::Metrics;
use crate::scan::Reasons;
use crate::{clock, summary};

/// Accounts and Regions scanned at once.
const MOST_AT_ONCE: usize = 8;
/// Seconds until a second look: IAM and EC2 are eventually consistent, and deployments take minutes.
const SECOND_LOOK_DELAY: u16 = 300;

/// A message of the queue.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its id, by which a failure is reported.
    pub id: String,
    /// Its body.
    pub body: String,
}

/// What a batch holds for one account and Region.
#[derive(Debug, Default)]
struct Group {
    /// Messages that led to it.
    ids: BTreeSet<String>,
    events: Vec<Value>,
    /// Keys of second looks.
    again: BTreeSet<Key>,
}

type Groups = BTreeMap<(String, String), Group>;

/// What a message turned out to be.
enum Content {
    Event(Value),
    Again(Job, Vec<Key>),
}

impl Deployment {
    /// Works a batch and answers with the ids of the messages that have to be delivered again.
    pub async fn trigger(&self, records: Vec<Record>, limits: Limits) -> Vec<String> {
        let received = records.len();
        let (groups, mut failed) = self.grouped(records);
        let mut metrics = Metrics::new("triggered");
        metrics.count("EventsReceived", received);
        metrics.count("ScopesMerged", received.saturating_sub(groups.len()));
        metrics.count("EventsUnreadable", failed.len());
        metrics.emit(clock::now());
        let mut waiting = groups.into_iter();
        let mut running = JoinSet::new();
        let mut ids_of = BTreeMap::new();
        loop {
            while running.len() < MOST_AT_ONCE
                && let Some(((account, region), group)) = waiting.next()
            {
                let ids = group.ids.clone();
                let deployment = self.clone();
                let (of_account, of_region) = (account.clone(), region.clone());
                let task = running.spawn(async move { deployment.work_group(&of_account, &of_region, group, limits).await });
                ids_of.insert(task.id(), (account, region, ids));
            }
            let Some(joined) = running.join_next_with_id().await else { break };
            let (task, problem) = match joined {
                Ok((task, Ok(()))) => (task, None),
                Ok((task, Err(error))) => (task, Some(format!("{error:#}"))),
                Err(error) => (error.id(), Some("the scan ended in a fault of its own".to_owned())),
            };
            if let (Some(problem), Some((account, region, ids))) = (problem, ids_of.remove(&task)) {
                tracing::error!(account, region, error = problem, "the narrow scan failed; its messages will be delivered again");
                failed.extend(ids);
            }
        }
        failed.into_iter().collect()
    }

    /// Sorts messages by account and Region; the ids of those that say nothing intelligible.
    fn grouped(&self, records: Vec<Record>) -> (Groups, BTreeSet<String>) {
        let mut groups = Groups::new();
        let mut failed = BTreeSet::new();
        for Record { id, body } in records {
            match content(&body) {
                Ok(Content::Again(job, keys)) if self.covers(&job.account, &job.region) => {
                    let group = groups.entry((job.account, job.region)).or_default();
                    group.ids.insert(id);
                    group.again.extend(keys);
                }
                Ok(Content::Again(..)) => tracing::info!("a second look at an account or Region that is not scanned was dropped"),
                Ok(Content::Event(envelope)) => {
                    for place in self.places_of(&event::read(&envelope, None)) {
                        let group = groups.entry(place).or_default();
                        group.ids.insert(id.clone());
                        group.events.push(envelope.clone());
                    }
                }
                Err(reason) => {
                    tracing::error!(message = id, reason, "a message is neither an event nor a job");
                    failed.insert(id);
                }
            }
        }
        (groups, failed)
    }

    /// The accounts and Regions an event concerns; none if it concerns nothing that is scanned.
    fn places_of(&self, event: &Event) -> Vec<(String, String)> {
        if let Effect::Dropped(reason) = event.effect {
            tracing::debug!(event = event.summary.id, name = event.summary.name, reason, "an event was dropped");
            return Vec::new();
        }
        let regions = self.environment().regions.iter();
        let concerned = regions.filter(|region| event.everywhere || **region == event.region);
        concerned.filter(|region| self.covers(&event.account, region)).map(|region| (event.account.clone(), region.clone())).collect()
    }

    async fn work_group(&self, account: &str, region: &str, group: Group, limits: Limits) -> anyhow::Result<()> {
        let place = Place::new("", account, region);
        let Some((state, _)) = self.store().load(&place).await? else {
            // Nothing is known yet: there is nothing to be narrow about.
            return self.full_instead(account, region).await;
        };
        let first_look = !group.events.is_empty();
        let (reasons, newest) = reasons(&state, group);
        let nothing_observed = reasons
            .observed
            .iter()
            .all(|(role, actions)| state.ledger.observed_actions.get(role).is_some_and(|known| actions.is_subset(known)));
        if reasons.keys.is_empty() && nothing_observed {
            return Ok(());
        }
        if Scope::of_keys(reasons.keys.clone()) == Scope::Full {
            let covered = state.full_scan.started_at.is_some_and(|started| newest.is_some_and(|newest| started > newest));
            return if covered { Ok(()) } else { self.full_instead(account, region).await };
        }
        let keys: Vec<Key> = reasons.keys.iter().cloned().collect();
        let done = self.narrow(&state, reasons, limits).await?;
        summary::tell("triggered", &done);
        // What was read is kept; delivered again, the messages have the rest read.
        anyhow::ensure!(!done.continued, "time ran out before everything that is stale was read");
        if first_look && !keys.is_empty() {
            let job = Job::new(account, region, Work::Again { keys });
            self.event_queue().send(&job.body(), SECOND_LOOK_DELAY).await?;
        }
        Ok(())
    }

    async fn full_instead(&self, account: &str, region: &str) -> anyhow::Result<()> {
        let job = Job::new(account, region, Work::Full { run: clock::now(), hop: 0 });
        Ok(self.scan_queue().send(&job.body(), 0).await?)
    }
}

/// Reads a message. Its text is not repeated in the reason: it may be anybody's.
fn content(body: &str) -> Result<Content, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| format!("not JSON: line {}, column {}", error.line(), error.column()))?;
    if value.get("detail-type").is_some() && value.get("source").is_some() {
        return Ok(Content::Event(value));
    }
    let job = Job::parse(body).map_err(|error| error.to_string())?;
    match &job.work {
        Work::Again { keys } => {
            let keys = keys.clone();
            Ok(Content::Again(job, keys))
        }
        Work::Full { .. } | Work::Flush { .. } => Err("a job of another queue".into()),
    }
}

/// Why the group's account and Region has to be looked at, and the time of its newest event.
fn reasons(state: &State, group: Group) -> (Reasons, Option<Time>) {
    let mut reasons = Reasons { keys: group.again, ..Reasons::default() };
    let mut newest = None;
    let mut seen = BTreeSet::new();
    for envelope in &group.events {
        let event = event::read(envelope, Some(&state.snapshot));
        // CloudTrail delivers an event more than once now and then.
        if matches!(event.effect, Effect::Dropped(_)) || !(event.summary.id.is_empty() || seen.insert(event.summary.id.clone())) {
            continue;
        }
        newest = newest.max(event.summary.time);
        if let Some((role, action)) = event.summary.observed_action().filter(|(role, _)| is_task_role(state, role)) {
            reasons.observed.entry(role).or_default().insert(action);
        }
        if let Some(time) = event.summary.time {
            reasons.causes.push(Cause {
                event_id: event.summary.id.clone(),
                event_name: event.summary.name.clone(),
                actor: event.summary.actor().to_owned(),
                time,
                via: event.summary.via().map(str::to_owned),
                keys: event.keys.iter().map(ToString::to_string).collect(),
            });
        }
        reasons.keys.extend(event.keys);
    }
    (reasons, newest)
}

fn is_task_role(state: &State, role: &str) -> bool {
    let definitions = state.snapshot.task_definitions.values().filter_map(|reading| reading.value());
    definitions.filter_map(|definition| definition.task_role_arn.as_deref()).any(|arn| arn::role_name(arn) == role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_an_event_a_second_look_or_refused_without_its_text() {
        let event = r#"{"source":"aws.ec2","detail-type":"AWS API Call via CloudTrail","detail":{}}"#;
        assert!(matches!(content(event), Ok(Content::Event(_))));
        let again = Job::new("111122223333", "eu-west-1", Work::Again { keys: vec![Key::SecurityGroup("sg-1".into())] });
        assert!(matches!(content(&again.body()), Ok(Content::Again(_, keys)) if keys.len() == 1));
        for body in ["hunter2", "{}", "[1]", r#"{"v":9,"kind":"again","account":"1","region":"r","keys":["hunter2"]}"#] {
            let reason = content(body).err().unwrap();
            assert!(!reason.contains("hunter2"), "{reason}");
        }
        let full = Job::new("111122223333", "eu-west-1", Work::Full { run: Time::from_millis(1), hop: 0 });
        assert!(content(&full.body()).is_err());
    }

    #[test]
    fn one_event_delivered_twice_is_one_cause() {
        let envelope = serde_json::json!({
            "source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333", "region": "eu-west-1",
            "detail": {
                "eventID": "e1", "eventTime": "2026-11-23T14:00:00Z", "eventName": "AuthorizeSecurityGroupIngress",
                "eventSource": "ec2.amazonaws.com", "recipientAccountId": "111122223333",
                "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/kim"},
                "requestParameters": {"groupId": "sg-0a1b2c3d4e5f60718"}
            }
        });
        let state = State::new(Place::new("aws", "111122223333", "eu-west-1"));
        let group = Group { events: vec![envelope.clone(), envelope], ..Group::default() };
        let (reasons, newest) = reasons(&state, group);
        assert_eq!(reasons.causes.len(), 1);
        assert_eq!(reasons.keys.iter().map(ToString::to_string).collect::<Vec<_>>(), ["sg:sg-0a1b2c3d4e5f60718"]);
        assert_eq!(newest, Some("2026-11-23T14:00:00Z".parse().unwrap()));
    }
}
