//! What a check found about one subject.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wallwalk_model::{Gap, Time};

use crate::Severity;

/// What a check found about one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The check's name.
    pub check: String,
    /// Whom the verdict is about. Verdicts about the same subject share it.
    #[serde(with = "shared")]
    pub subject: Arc<Subject>,
    /// What was found.
    pub outcome: Outcome,
    /// Latest read time among the facts and gaps that the verdict rests on.
    pub evidence_at: Time,
    /// The facts it rests on, as scope keys or table identifiers; attribution compares them with events.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
}

/// Names of facts. Verdicts that rest on the same ones share them: an estate has hundreds of thousands
/// of verdicts and a few facts for each workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Arc<BTreeSet<String>>);

impl Facts {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and `more`. Shares what it has if `more` adds nothing.
    #[must_use]
    pub fn with(&self, more: BTreeSet<String>) -> Self {
        if more.is_subset(&self.0) { self.clone() } else { Self(Arc::new(self.0.iter().cloned().chain(more).collect())) }
    }
}

impl Deref for Facts {
    type Target = BTreeSet<String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<BTreeSet<String>> for Facts {
    fn from(facts: BTreeSet<String>) -> Self {
        Self(Arc::new(facts))
    }
}

/// A shared subject is written like one of its own.
mod shared {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer, Subject};

    pub(super) fn serialize<S: Serializer>(subject: &Arc<Subject>, serializer: S) -> Result<S::Ok, S::Error> {
        subject.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Subject>, D::Error> {
        Subject::deserialize(deserializer).map(Arc::new)
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeSet::deserialize(deserializer).map(Self::from)
    }
}

/// Whom a verdict is about. `id` and `container` are the identity; the rest is for readers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// `service/<cluster>/<name>`, `task-group/<cluster>/<group>`, `family/<name>`, a role's name, a
    /// group's id, `account`, … Never a revision.
    pub id: String,
    /// Container, for subjects of kind container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// How people call it, `shop/api`.
    pub label: String,
    /// Name of the cluster it belongs to, if to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Workload identity (`service/<cluster>/<name>`), where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// The environment it belongs to, from tags or settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The AWS resource that stands for it.
    pub resource: Resource,
}

/// An AWS resource as ASFF names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resource {
    /// ASFF resource type, `AwsEcsService`; `Other` where ASFF has none.
    #[serde(rename = "Type")]
    pub kind: String,
    /// ARN, or the id where there is no ARN.
    #[serde(rename = "Id")]
    pub id: String,
}

impl Resource {
    /// A resource.
    #[must_use]
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The bad condition does not hold; everything it depends on was seen.
    Passed,
    /// The bad condition holds. Boxed, because most verdicts are none of these.
    Failed(Box<Failure>),
    /// It cannot be decided because of this gap.
    Unknown(Gap),
    /// The check does not apply, for this reason, which rests on facts.
    NotApplicable(String),
}

impl Outcome {
    /// `passed`, `failed`, `unknown`, `not-applicable`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::NotApplicable(_) => "not-applicable",
        }
    }
}

/// A flaw with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// After escalation.
    pub severity: Severity,
    /// Whether the proof is complete.
    pub certainty: Certainty,
    /// The claim about the subject, `container web runs privileged`; no counts, revisions or dates.
    pub claim: String,
    /// The chain of evidence, one hop a line, in the customer's terms.
    pub evidence: Vec<String>,
    /// What it lets somebody do, for the alert; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub impact: Vec<String>,
    /// The resources along the chain after the subject itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// Task definition revisions read, `shop-api:42`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// What else runs while a deployment is in flight: `so does shop-api:43`, `shop-api:44 passes`. Not
    /// part of the claim: it comes and goes with every deployment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_flight: Vec<String>,
    /// A command that mends it, if one line can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// Whether a proof is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The flaw holds on the facts alone.
    Surely,
    /// The flaw holds only on the upper bound: an assumed default, an undecidable condition.
    Possibly,
}
