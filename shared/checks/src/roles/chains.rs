//! Chains of assumed roles.
//!
//! It follows roles of the own account. What a role of another account may do is not known.

use std::collections::BTreeSet;

use wallwalk_iam::account::Principal;
use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::Proof;
use wallwalk_model::Gap;

use super::escalation::{administrator, undecided};
use crate::estate::Estate;

/// Longest chain that is followed.
const DEPTH: usize = 5;

/// Two hops or more, the last of which gains.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// ARNs in order, without whoever sets out.
    pub(crate) hops: Vec<String>,
    /// Whether nothing about it is left open.
    pub(crate) surely: bool,
    /// Whether it ends in administrator.
    pub(crate) administrator: bool,
    /// What is gained in the end.
    pub(crate) gain: String,
}

/// Chains from a principal, the worst first, and what may hide others.
pub(crate) fn chains(estate: &Estate<'_>, source: &Principal) -> (Vec<Chain>, Option<Gap>) {
    let mut gap = None;
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([source.arn.to_string()]);
    let mut next: Vec<(Vec<String>, bool)> = vec![(Vec::new(), true)];
    for depth in 0..DEPTH {
        let mut further: Vec<(Vec<String>, bool)> = Vec::new();
        for (hops, surely) in next {
            let own = hops.last().map_or(&*source.arn, String::as_str);
            let Some(principal) = estate.web.account.principals.get(own) else { continue };
            if depth > 0 {
                found.extend(foreign(estate, principal, &hops));
            }
            for proof in estate.web.paths(principal).iter().filter(|proof| proof.path == "assume-role") {
                if proof.answer == Answer::Unread {
                    gap = gap.or_else(|| Some(undecided(estate, proof)));
                    continue;
                }
                further.extend(step(proof, &hops, surely));
            }
        }
        // Of two chains to one role the surer is followed.
        further.sort_by_key(|(hops, surely)| (!surely, hops.clone()));
        further.retain(|(hops, _)| hops.last().is_some_and(|last| seen.insert(last.clone())));
        if depth > 0 {
            found.extend(further.iter().filter_map(|(hops, surely)| ended(estate, source, hops, *surely)));
        }
        next = further;
    }
    found.sort_by_key(|chain| (!chain.surely, !chain.administrator, chain.hops.len(), chain.hops.clone()));
    (found, gap)
}

fn step(proof: &Proof, hops: &[String], surely: bool) -> Option<(Vec<String>, bool)> {
    let target = proof.target.clone()?;
    Some((hops.iter().cloned().chain([target]).collect(), surely && proof.answer.surely()))
}

fn ended(estate: &Estate<'_>, source: &Principal, hops: &[String], surely: bool) -> Option<Chain> {
    let last = hops.last()?;
    let gain = estate.web.gain(last, &source.arn).filter(|gain| !gain.unread)?;
    let administrator = administrator(estate, last);
    Some(Chain { hops: hops.to_vec(), surely: surely && gain.surely, administrator, gain: format!("{} on {}", gain.action, gain.resource) })
}

/// Roles of accounts that are not trusted, which a role on the way names.
fn foreign(estate: &Estate<'_>, principal: &Principal, hops: &[String]) -> Vec<Chain> {
    let own = &estate.snapshot.place.account;
    let known = |account: &str| account == own || estate.settings.trusted_accounts.iter().any(|one| one == account);
    let bounds = estate.web.bounds(&principal.arn);
    let patterns = bounds.own_allows().filter_map(|(_, statement, _)| statement.resources.as_ref()).filter(|list| !list.negated);
    let named: BTreeSet<&str> = patterns.flat_map(|list| &list.patterns).map(wallwalk_iam::arn::ArnPattern::text).collect();
    let literal = named.into_iter().filter(|text| text.contains(":role/") && !wallwalk_iam::glob::has_wildcards(text));
    let others = literal.filter(|text| text.split(':').nth(4).is_some_and(|account| !known(account)));
    let allowed = others.filter(|role| estate.web.met(principal, "sts:AssumeRole", role, Vec::new()).answer.possibly());
    let chain = |role: &str| Chain {
        hops: hops.iter().cloned().chain([role.to_owned()]).collect(),
        surely: false,
        administrator: false,
        gain: "whatever that account gives the role".to_owned(),
    };
    allowed.map(chain).collect()
}
