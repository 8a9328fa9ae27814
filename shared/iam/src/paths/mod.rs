//! Ways from what a principal may do to what it may not: escalation paths, with proof.
//!
//! A path counts only if every call it takes is allowed on a concrete resource and whoever is reached
//! may do something the source may not. Passing a role is judged on the real role, with the service
//! bound; a service that no role trusts opens nothing.
//!
//! Not known here: ECS objects (the checks add those paths), and functions, build projects and other
//! resources nobody listed: for them a path is at most possible.

mod administrator;
mod existing;
mod new;
mod own;
mod principals;
mod web;

pub use administrator::Administrator;
pub use existing::EXISTING;
pub use new::NEW;
pub use web::{Trusting, Web};

use std::collections::BTreeMap;

use crate::eval::Answer;
use crate::gain::Gain;

/// Where a path belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The source changes itself.
    Own,
    /// The source becomes or changes another principal.
    Principals,
    /// The source makes something that runs under a role it passes.
    NewResource,
    /// The source takes over something that already runs under a role.
    ExistingResource,
    /// The source starts, changes or enters a workload; found by whoever knows the workloads.
    Workloads,
}

/// Something that runs under a role: how it is made, or taken over.
#[derive(Clone, Copy, Debug)]
pub struct Takeover {
    /// Name of the path.
    pub name: &'static str,
    /// What it is called in sentences: `a Lambda function`.
    pub what: &'static str,
    /// Service principals, one of which the role has to trust.
    pub services: &'static [&'static str],
    /// Services as which the role may be passed besides, where AWS's documents leave open which one counts.
    pub passed_as: &'static [&'static str],
    /// Ways: calls that are all needed.
    pub ways: &'static [&'static [&'static str]],
    /// Whether only a reading of AWS's documents says that it works.
    pub unproven: bool,
}

/// A row of a table.
const fn row(
    name: &'static str,
    what: &'static str,
    services: &'static [&'static str],
    ways: &'static [&'static [&'static str]],
) -> Takeover {
    Takeover { name, what, services, passed_as: &[], ways, unproven: false }
}

/// A path that holds, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Name of the path.
    pub path: &'static str,
    /// Where it belongs.
    pub group: Group,
    /// ARN of whoever walks it.
    pub source: String,
    /// ARN of whoever is reached; none where the source itself grows.
    pub target: Option<String>,
    /// What the source becomes or takes over, for sentences.
    pub what: String,
    /// Every call, with the answer.
    pub needs: Vec<Met>,
    /// What is gained.
    pub gain: Gain,
    /// Whether the resource taken over is only supposed to exist.
    pub supposed: bool,
    /// How sure all of it is.
    pub answer: Answer,
}

/// A call that a path takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Action.
    pub action: &'static str,
    /// On what.
    pub resource: String,
    /// Keys the path fixes.
    pub bind: Vec<(&'static str, String)>,
    /// Whether it is allowed.
    pub answer: Answer,
}

impl Proof {
    /// Whether nothing is left open.
    #[must_use]
    pub const fn surely(&self) -> bool {
        self.answer.surely() && self.gain.surely && !self.supposed
    }
}

/// The surest proof for each pair of path and target, in their order; of equal ones the first.
#[must_use]
pub fn surest(proofs: impl IntoIterator<Item = Proof>) -> Vec<Proof> {
    let mut best: BTreeMap<(&'static str, Option<String>), Proof> = BTreeMap::new();
    for proof in proofs {
        let key = (proof.path, proof.target.clone());
        if best.get(&key).is_none_or(|known| (proof.surely(), proof.answer) > (known.surely(), known.answer)) {
            best.insert(key, proof);
        }
    }
    best.into_values().collect()
}
