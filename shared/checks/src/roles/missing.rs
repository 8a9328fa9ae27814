//! What an execution role surely lacks: needs that no policy can allow, and a trust that keeps ECS out.
//!
//! Policies of repositories, secrets and keys count where they were read; policies of buckets do not.

use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Answer, Bounds, Query, Resource, ResourceKind};
use wallwalk_iam::generate::{Need, Purpose, answers};
use wallwalk_model::Gap;

use super::RoleFacts;
use super::stored::{Stored, of_repository, resource};
use super::trust::{ECS_TASKS, How, Party, Trust};
use crate::estate::{Estate, RoleKind, RoleView};

/// A need that is not met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Missing {
    pub(crate) action: &'static str,
    pub(crate) on: String,
    /// `shop-api:1 /containerDefinitions/0/image`.
    pub(crate) because: String,
}

/// What a role lacks, and what was not read and may decide about more.
///
/// # Errors
/// The gap, if the role was not read.
pub(crate) fn of_execution(estate: &Estate<'_>, facts: &RoleFacts<'_>) -> Result<(Vec<Missing>, Option<Gap>), Gap> {
    let bounds = estate.bounds(facts)?;
    let (mut missing, mut gap) = (Vec::new(), None);
    for share in estate.demands_of(facts).flat_map(|demand| &demand.shares).filter(|share| share.kind == RoleKind::Execution) {
        for need in share.needs.iter().filter(|need| need.certain || hangs_on_a_store(need)) {
            for one in answers(need, bounds) {
                let side = side(estate, one.action, one.resource);
                let answer = side.map_or(one.answer, |side| facing(bounds, need, (one.action, one.resource), &side));
                match answer {
                    Answer::Never if !need.certain => gap = gap.or_else(|| share.gaps.first().cloned()),
                    Answer::Never => missing.push(Missing {
                        action: one.action,
                        on: one.resource.to_owned(),
                        because: format!("{} {}", wallwalk_model::arn::last_segment(&share.revision), need.because),
                    }),
                    Answer::Unread => gap = gap.or_else(|| Some(undecided(estate, one.action, one.resource, bounds))),
                    Answer::Possibly | Answer::Surely => {}
                }
            }
        }
    }
    missing.sort();
    missing.dedup();
    Ok((missing, gap))
}

/// What was not read and decides: a policy of the role, or else the metadata or a policy of the resource.
fn undecided(estate: &Estate<'_>, action: &str, on: &str, bounds: &Bounds<'_>) -> Gap {
    let stored = estate.stores().objects.get(on);
    let metadata = || stored.and_then(Stored::unread).cloned();
    let of_resource = || side(estate, action, on)?.policies.iter().find_map(|one| one.document.as_ref().err().cloned());
    let call = match action.split(':').next() {
        Some("kms") => "kms:GetKeyPolicy",
        // Of a secret that was not found its metadata are missing too.
        _ if stored.is_none() => "secretsmanager:DescribeSecret",
        _ => "secretsmanager:GetResourcePolicy",
    };
    bounds.gap().cloned().or_else(metadata).or_else(of_resource).unwrap_or_else(|| Gap::not_asked(call))
}

/// Whether a need is not certain only because a secret, parameter or key was not read.
fn hangs_on_a_store(need: &Need) -> bool {
    matches!(need.purpose, Purpose::ReadSecrets | Purpose::ReadParameters | Purpose::DecryptSecrets)
}

/// What the resource of a need says itself; none where its policies are not known.
fn side(estate: &Estate<'_>, action: &str, on: &str) -> Option<Resource> {
    let stores = estate.stores();
    match action.split(':').next()? {
        "secretsmanager" => stores.objects.get(on).map(|stored| stored.facts.clone()),
        "kms" => stores.keys.get(on).cloned(),
        "ecr" if on != "*" => Some(of_repository(estate.snapshot, on)),
        _ => Some(resource(on, ResourceKind::Ordinary, Vec::new())).filter(|one| !one.account.is_empty()),
    }
}

fn facing(bounds: &Bounds<'_>, need: &Need, (action, on): (&str, &str), side: &Resource) -> Answer {
    let folded = action.to_ascii_lowercase();
    let keys = need.keys();
    let target = if wallwalk_iam::glob::has_wildcards(on) { Target::pattern(on) } else { Target::exact(on) };
    bounds.can(&Query::new(Action::of(&folded), target).with(&keys).facing(side))
}

/// Whether the trust policy lets ECS start tasks of this account and Region with the role.
///
/// # Errors
/// The gap, if the trust policy was not read.
pub(crate) fn is_trusted(view: &RoleView<'_>) -> Result<bool, Gap> {
    let trust = Trust::of(view)?;
    for party in [Party::Service(ECS_TASKS), Party::Everybody] {
        if trust.surest(&party, trust.own_tasks())?.how > How::No {
            return Ok(true);
        }
    }
    Ok(false)
}
