//! Whether a subject that was not judged is proven to be gone.
//!
//! Half a listing proves nothing: what was not seen and not proven gone is unknown.

use wallwalk_model::arn;
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Fact, Gap, GapReason, Snapshot};

use crate::SubjectKind;
use crate::ledger::Entry;

/// Why a subject was not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It no longer exists, or nothing leads to it any more; complete listings say so.
    Proven,
    /// It may still exist.
    Unproven(Gap),
}

/// Whether the subject of `entry`, which no verdict names, is gone.
#[must_use]
pub fn absence(snapshot: &Snapshot, entry: &Entry, kind: Option<SubjectKind>) -> Absence {
    let gap = match entry.subject.split_once('/') {
        Some(("service", rest)) => service_gap(snapshot, rest),
        Some(("task-group", rest)) => in_cluster(snapshot, rest.split('/').next().unwrap_or(rest), listing::tasks),
        Some(("family", _)) => snapshot.listing_gap("ecs:ListTaskDefinitionFamilies").or_else(|| unseen(snapshot)),
        Some(("hosts" | "instances", _)) => clusters(snapshot)
            .or_else(|| names(snapshot).into_iter().find_map(|cluster| snapshot.listing_gap(&listing::container_instances(cluster)))),
        _ => match kind {
            Some(SubjectKind::Account) => Some(Gap::not_asked("account")),
            Some(SubjectKind::Cluster) => clusters(snapshot),
            _ => unseen(snapshot),
        },
    };
    gap.map_or(Absence::Proven, Absence::Unproven)
}

fn clusters(snapshot: &Snapshot) -> Option<Gap> {
    snapshot.listing_gap("ecs:ListClusters")
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.clusters().map(|(arn, _)| arn::last_segment(arn)).collect()
}

/// The gap that keeps a listing inside `cluster` from proving anything; none if the cluster is gone.
fn in_cluster(snapshot: &Snapshot, cluster: &str, name: fn(&str) -> String) -> Option<Gap> {
    let gone = clusters(snapshot).is_none() && !names(snapshot).contains(&cluster);
    if gone { None } else { snapshot.listing_gap(&name(cluster)) }
}

fn service_gap(snapshot: &Snapshot, cluster_and_name: &str) -> Option<Gap> {
    let (cluster, name) = cluster_and_name.split_once('/').unwrap_or((cluster_and_name, ""));
    let known = snapshot.services.iter().find(|(arn, _)| arn::cluster_of(arn) == Some(cluster) && arn::last_segment(arn) == name);
    match known {
        Some((arn, reading)) => match &reading.fact {
            Fact::Absent => None,
            Fact::Gap(gap) => Some(gap.clone()),
            // Known, yet not judged: gone if a later complete listing does not show it.
            Fact::Known(_) if snapshot.services().all(|(present, _)| present != arn) => None,
            Fact::Known(_) => Some(Gap::new("ecs:DescribeServices", GapReason::NotModelled, "the service was not judged")),
        },
        None => in_cluster(snapshot, cluster, listing::services),
    }
}

/// The first gap in what leads to roles, groups, secrets and hosts: clusters, services, tasks and
/// the task definitions they use. Without one, whatever nothing leads to is out of scope for good.
fn unseen(snapshot: &Snapshot) -> Option<Gap> {
    fn gap_of<T>(fact: &Fact<T>) -> Option<Gap> {
        if let Fact::Gap(gap) = fact { Some(gap.clone()) } else { None }
    }
    clusters(snapshot)
        .or_else(|| {
            names(snapshot).into_iter().find_map(|cluster| {
                snapshot.listing_gap(&listing::services(cluster)).or_else(|| snapshot.listing_gap(&listing::tasks(cluster)))
            })
        })
        .or_else(|| snapshot.services().find_map(|(_, reading)| gap_of(&reading.fact)))
        .or_else(|| snapshot.tasks().find_map(|(_, reading)| gap_of(&reading.fact)))
        .or_else(|| snapshot.task_definitions().find_map(|(_, reading)| gap_of(&reading.fact)))
}
