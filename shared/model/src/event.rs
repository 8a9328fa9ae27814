//! Reads an event from EventBridge: what it made stale, and who did it.
//!
//! An event is never evaluated and its body is never kept: services mask values, drop long ones and
//! deliver out of order. It is a reason to read facts again. What it touched is looked for in the
//! fields its service is known to use, then in everything that has the form of an identifier; if
//! neither gives anything, the account and Region are stale as a whole. What this module does not
//! know it never drops.
//!
//! It knows neither which accounts are scanned nor whether a scan already covered the event.

mod ec2;
mod ecs;
mod lookup;
mod others;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::{self, DEPLOYMENT};
use crate::{Key, Snapshot, Time, arn};
use lookup::Request;

/// Most characters kept of a text that describes an event.
const MOST_TEXT: usize = 512;

/// How the `detail-type` of what CloudTrail recorded ends, calls and events of services alike.
const VIA_CLOUDTRAIL: &str = "via CloudTrail";

/// An event that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Account the event came from; empty where the envelope names none.
    pub account: String,
    /// Region the event came from; empty where the envelope names none.
    pub region: String,
    /// Whether it concerns every Region of the account: IAM is global and reports in one Region.
    pub everywhere: bool,
    /// What happened and who did it.
    pub summary: EventSummary,
    /// What it made stale; empty unless the effect is [`Effect::Stale`].
    pub keys: BTreeSet<Key>,
    /// What is to be done about it.
    pub effect: Effect,
}

/// What is to be done about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The facts under its keys are to be read again.
    Stale,
    /// Nothing is stale, and that it happened is worth recording.
    ObservedOnly,
    /// Nothing is to be done, for this reason.
    Dropped(&'static str),
}

/// What is kept of an event: what happened and who did it, never what was sent or answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSummary {
    /// Identifier; the same for every delivery of one event.
    #[serde(rename = "eventID")]
    pub id: String,
    /// When it happened.
    #[serde(rename = "eventTime", skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// `AuthorizeSecurityGroupIngress`.
    #[serde(rename = "eventName")]
    pub name: String,
    /// `ec2.amazonaws.com`.
    #[serde(rename = "eventSource")]
    pub source: String,
    /// Who did it.
    #[serde(rename = "userIdentity")]
    pub actor: Actor,
    /// Where the call came from: an address, or a service's name.
    #[serde(rename = "sourceIPAddress", skip_serializing_if = "Option::is_none")]
    pub source_address: Option<String>,
    /// With what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Whether the session came from the console.
    #[serde(rename = "sessionCredentialFromConsole", skip_serializing_if = "Option::is_none")]
    pub from_console: Option<bool>,
}

/// Who made a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Actor {
    /// `AssumedRole`, `IAMUser`, `Root`, `AWSService`, …
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// ARN of the user or session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Service that made the call on the caller's behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
    /// ARN of the role whose session it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_issuer: Option<String>,
}

impl EventSummary {
    /// Who did it, in one ARN (or a service's name): the caller, or the role behind the session where
    /// a service called on its behalf. Empty where the event names nobody.
    #[must_use]
    pub fn actor(&self) -> &str {
        let Actor { arn, invoked_by, session_issuer, .. } = &self.actor;
        let named = if invoked_by.is_some() { session_issuer.as_ref().or(arn.as_ref()) } else { arn.as_ref().or(session_issuer.as_ref()) };
        named.or(invoked_by.as_ref()).map_or("", String::as_str)
    }

    /// Service that called on the actor's behalf, `cloudformation.amazonaws.com`.
    #[must_use]
    pub fn via(&self) -> Option<&str> {
        self.actor.invoked_by.as_deref().filter(|service| *service != self.actor())
    }

    /// The role that made the call and the IAM action it thereby used. Names of calls and actions are
    /// the same for every event subscribed to.
    #[must_use]
    pub fn observed_action(&self) -> Option<(String, String)> {
        let issuer = self.actor.session_issuer.as_deref().filter(|issuer| issuer.contains(":role/"))?;
        let service = self.source.strip_suffix(".amazonaws.com")?;
        Some((arn::role_name(issuer).to_owned(), format!("{service}:{}", self.name)))
    }
}

/// What the keys of an event were found to be.
enum Touched {
    /// These; none at all means that the event did not say.
    Keys(BTreeSet<Key>),
    /// Something that changes no fact, and is worth recording.
    Used,
    /// Nothing that is read, for this reason.
    Nothing(&'static str),
}

impl<const N: usize> From<[Key; N]> for Touched {
    fn from(keys: [Key; N]) -> Self {
        Self::Keys(keys.into())
    }
}

/// Nothing of what the call changed is read in this version.
const NOT_READ: Touched = Touched::Nothing("nothing that the call changes is read");

/// Reads an event as EventBridge delivers it.
///
/// `snapshot` is what is known of the account and Region; with it, what an event names only
/// indirectly (an association, a policy, a gateway) is found. Without it such an event makes more
/// stale than it need.
#[must_use]
pub fn read(envelope: &Value, snapshot: Option<&Snapshot>) -> Event {
    let text = |name: &str| envelope.get(name).and_then(Value::as_str).unwrap_or_default();
    let detail = envelope.get("detail").unwrap_or(&Value::Null);
    let account = if is_account(text("account")) { text("account") } else { "" };
    let region = lookup::bounded(text("region"), 64);
    let summary = summarise(envelope, detail);
    let everywhere = summary.source == "iam.amazonaws.com";
    let event =
        |effect, keys| Event { account: account.to_owned(), region: region.clone(), everywhere, summary: summary.clone(), keys, effect };

    if let Some(reason) = refusal(envelope, detail) {
        return event(Effect::Dropped(reason), BTreeSet::new());
    }
    let touched = if text("detail-type") == DEPLOYMENT {
        ecs::deployment(envelope, snapshot)
    } else if evidence::made_stale_by(&summary.source, &summary.name).is_none() && !is_known_beyond_rules(&summary) {
        [Key::Account].into()
    } else {
        let request = Request::new(detail, &summary.name, account, snapshot);
        match summary.source.as_str() {
            "ecs.amazonaws.com" => ecs::keys(&request, &summary),
            "iam.amazonaws.com" => others::iam(&request),
            "ec2.amazonaws.com" => ec2::keys(&request),
            "secretsmanager.amazonaws.com" => others::secrets_manager(&request),
            "ssm.amazonaws.com" => others::systems_manager(&request),
            "ecr.amazonaws.com" => others::registry(&request),
            "kms.amazonaws.com" => others::keys(&request),
            "elasticloadbalancing.amazonaws.com" => others::load_balancing(&request),
            _ => [Key::Account].into(),
        }
    };
    match touched {
        Touched::Keys(keys) if keys.is_empty() => event(Effect::Stale, [Key::Account].into()),
        Touched::Keys(keys) => event(Effect::Stale, keys),
        Touched::Used => event(Effect::ObservedOnly, BTreeSet::new()),
        Touched::Nothing(reason) => event(Effect::Dropped(reason), BTreeSet::new()),
    }
}

/// Calls that no rule asks for, and that are understood where somebody widened a rule.
fn is_known_beyond_rules(summary: &EventSummary) -> bool {
    match summary.source.as_str() {
        "ecs.amazonaws.com" => matches!(summary.name.as_str(), "RunTask" | "StartTask" | "StopTask"),
        "ec2.amazonaws.com" => matches!(summary.name.as_str(), "CreateTags" | "DeleteTags"),
        "secretsmanager.amazonaws.com" => matches!(summary.name.as_str(), "PutSecretValue" | "UpdateSecretVersionStage"),
        _ => false,
    }
}

/// Why an event is not to be believed or changed nothing.
fn refusal(envelope: &Value, detail: &Value) -> Option<&'static str> {
    let text = |value: &'static str| envelope.get(value).and_then(Value::as_str).unwrap_or_default();
    let source = text("source");
    // Accounts may put events of their own on a bus, but none whose source begins like this.
    if !source.starts_with("aws.") {
        return Some("the source is not an AWS service");
    }
    if !is_account(text("account")) || text("region").is_empty() {
        return Some("the envelope names no account and Region");
    }
    if text("detail-type") == DEPLOYMENT {
        return (!evidence::is_watched(source)).then_some("no rule subscribes to the service");
    }
    if text("detail-type").ends_with(VIA_CLOUDTRAIL) && detail.get("recipientAccountId").and_then(Value::as_str) != Some(text("account")) {
        return Some("the event is addressed to another account than the envelope says");
    }
    let event_source = detail.get("eventSource").and_then(Value::as_str);
    if !evidence::is_watched(source) || event_source.is_some_and(|event_source| !evidence::is_watched(event_source)) {
        return Some("no rule subscribes to the service");
    }
    if detail.get("errorCode").is_some_and(|code| !code.is_null()) {
        return Some("the call failed");
    }
    if detail.get("readOnly").and_then(Value::as_bool) == Some(true) {
        return Some("the call only read");
    }
    None
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn summarise(envelope: &Value, detail: &Value) -> EventSummary {
    let kept =
        |value: Option<&Value>| value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(|text| lookup::bounded(text, MOST_TEXT));
    let of_detail = |name: &str| kept(detail.get(name));
    let of_envelope = |name: &str| kept(envelope.get(name));
    let identity = detail.get("userIdentity").unwrap_or(&Value::Null);
    let time = of_detail("eventTime").or_else(|| of_envelope("time")).and_then(|text| text.parse().ok());
    EventSummary {
        id: of_detail("eventID").or_else(|| of_envelope("id")).unwrap_or_default(),
        time,
        name: of_detail("eventName").unwrap_or_default(),
        source: of_detail("eventSource").or_else(|| of_envelope("source")).unwrap_or_default(),
        actor: Actor {
            kind: kept(identity.get("type")),
            arn: kept(identity.get("arn")),
            invoked_by: kept(identity.get("invokedBy")),
            session_issuer: kept(identity.pointer("/sessionContext/sessionIssuer/arn")),
        },
        source_address: of_detail("sourceIPAddress"),
        user_agent: of_detail("userAgent"),
        from_console: detail.get("sessionCredentialFromConsole").and_then(|flag| match flag {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }),
    }
}
