//! Roles that identity providers of pipelines vouch for, and whether their trust tells one pipeline
//! from another.
//!
//! It knows how some providers write whom a token is for; of the others it tries a text that nobody has.
//! Sources: IAM User Guide, "Create a role for OpenID Connect federation"; GitHub Docs, "OpenID Connect
//! reference"; GitLab Docs, "Connect to cloud services"; HCP Terraform, "Workload identity tokens".

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::KeyState;
use wallwalk_model::Fact;

use super::{Party, Probe, Trust, named};
use crate::estate::Estate;
use crate::roles::{RoleFacts, Uses, facts};

/// How an ARN of an OIDC provider goes on before the provider's address.
const PROVIDER: &str = ":oidc-provider/";

/// Whom tokens of strangers are for.
const STRANGERS: &[&str] = &[
    "stranger",
    "repo:stranger/any:ref:refs/heads/main",
    "project_path:stranger/any:ref_type:branch:ref:main",
    "organization:stranger:project:any:workspace:any:run_phase:apply",
    "org/00000000-0000-0000-0000-000000000000/project/any/user/any",
    "system:serviceaccount:stranger:any",
];

/// Roles of the account that trust an OIDC provider, by ARN, and those that may, because they were not read.
pub(crate) fn federated<'a>(estate: &Estate<'a>) -> BTreeMap<String, RoleFacts<'a>> {
    let place = &estate.snapshot.place;
    let arns = estate.snapshot.roles.iter().filter_map(|(name, reading)| match &reading.fact {
        Fact::Known(role) => {
            let trust = role.assume_role_policy_document.as_deref();
            trust.is_none_or(|text| text.contains(PROVIDER)).then(|| role.arn.clone())
        }
        Fact::Gap(_) => Some(format!("arn:{}:iam::{}:role/{name}", place.partition, place.account)),
        Fact::Absent => None,
    });
    arns.map(|arn| (arn.clone(), facts(estate, arn, Uses::default()))).collect()
}

impl Party<'_> {
    /// The address of an OIDC provider, with which its keys begin.
    pub(crate) fn oidc(&self) -> Option<&str> {
        if let Party::Provider(arn) = self { arn.split_once(PROVIDER).map(|(_, address)| address) } else { None }
    }
}

impl Trust<'_> {
    /// Strangers for whom an OIDC provider vouches: everything else about their tokens is as the policy
    /// wants it.
    pub(crate) fn strange_tokens(&self, party: &Party<'_>) -> Vec<Probe> {
        let (Party::Provider(provider), Some(address)) = (party, party.oidc()) else { return Vec::new() };
        let folded = address.to_ascii_lowercase();
        let (subject, audience) = (format!("{folded}:sub"), format!("{folded}:aud"));
        let subjects = named::constants(self.document, &subject).filter(|pattern| is_open(pattern)).map(named::filled);
        let subjects: BTreeSet<String> = subjects.chain(STRANGERS.iter().map(|one| (*one).to_owned())).collect();
        let audiences = named::constants(self.document, &audience).map(named::filled);
        let audiences: BTreeSet<String> = audiences.chain(["sts.amazonaws.com".to_owned()]).collect();
        let mut probes = Vec::new();
        for probe in self.federated(provider) {
            for subject in &subjects {
                for audience in &audiences {
                    let mut probe = probe.clone();
                    probe.who = format!("whoever {provider} gives a token, as {subject}");
                    probe.keys.set(&format!("{address}:sub"), KeyState::one(subject.as_str()));
                    probe.keys.set(&format!("{address}:aud"), KeyState::one(audience.as_str()));
                    probes.push(probe);
                }
            }
        }
        probes
    }
}

/// Whether a pattern for the subject leaves its owner open: everybody may then take a name that matches.
fn is_open(pattern: &str) -> bool {
    let owner = if let Some(rest) = pattern.strip_prefix("organization:") {
        rest.split(':').next()
    } else if pattern.starts_with("repo:") || pattern.starts_with("project_path:") {
        pattern.split('/').next()
    } else {
        None
    };
    owner.is_some_and(|owner| !named::is_exact(owner))
}
