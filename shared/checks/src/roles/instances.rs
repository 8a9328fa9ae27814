//! Instance roles: who reaches them from a container, what they are for, and whose credentials lie on
//! the hosts that carry them.
//!
//! Not known here: firewalls in machine images, profiles of instances that are not started yet, and
//! the roles of ECS Anywhere.

use std::collections::BTreeSet;

use wallwalk_iam::account::Principal;
use wallwalk_iam::generate::{Need, Purpose};
use wallwalk_iam::paths::Met;
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Gap, arn};

use super::breadth::{AGENT, START_OF_TASKS};
use super::imds::{self, Answer, HostReach};
use crate::check::listed;
use crate::estate::{Estate, RoleKind, RoleView, WorkloadView};

/// So many hosts are named.
const NAMED: usize = 5;

/// Hosts on which a workload reaches the instance's credentials.
#[derive(Debug)]
pub(crate) struct Reached {
    /// Whether nothing about it is left open.
    pub(crate) surely: bool,
    /// The hosts, and why.
    pub(crate) lines: Vec<String>,
    /// ARNs of the instance roles that were found.
    pub(crate) roles: BTreeSet<String>,
}

/// Every host of a workload's revision with how surely its metadata is reached there, and what hides
/// others. Where a task may be placed on several hosts and not all are reached, none is sure.
pub(crate) fn reaches<'f, 'a>(view: &WorkloadView<'_>, estate: &'f Estate<'a>) -> (Vec<HostReach<'f, 'a>>, Option<Gap>) {
    let (mut hosts, unseen) = imds::of_revision(view, estate.fleet());
    let runs = hosts.iter().any(|one| one.runs);
    let everywhere = unseen.is_none() && hosts.iter().all(|one| one.reach.answer == Answer::Surely);
    for one in &mut hosts {
        if one.reach.answer == Answer::Surely && !one.runs && (runs || !everywhere) {
            one.reach.answer = Answer::Possibly;
        }
    }
    (hosts, unseen)
}

/// Where the revision reaches the credentials of an instance role; none if nowhere.
///
/// # Errors
/// The gap, if it is not seen to and something that was not read decides.
pub(crate) fn reached(view: &WorkloadView<'_>) -> Result<Option<Reached>, Gap> {
    let (hosts, mut gap) = reaches(view, view.estate);
    let mut found: Vec<(bool, String)> = Vec::new();
    let mut roles = BTreeSet::new();
    for one in &hosts {
        note(view, one);
        // An instance without a role has no credentials to give.
        if one.host.role == Ok(None) {
            continue;
        }
        match &one.reach.answer {
            Answer::Never => continue,
            Answer::Unknown(unknown) => {
                gap = gap.or_else(|| Some(unknown.clone()));
                continue;
            }
            Answer::Surely | Answer::Possibly => {}
        }
        let placed = if one.runs { "runs on" } else { "may be placed on" };
        found.push((
            one.reach.answer == Answer::Surely,
            format!("{placed} container instance {}: {}", arn::last_segment(one.host.arn), one.reach.why),
        ));
        if let Ok(Some(role)) = one.host.role {
            roles.insert(role.to_owned());
        }
    }
    if found.is_empty() {
        return gap.map_or(Ok(None), Err);
    }
    let surely = found.iter().any(|(surely, _)| *surely);
    found.sort_by_key(|(surely, _)| !surely);
    let more = found.len().saturating_sub(NAMED);
    let mut lines: Vec<String> = found.into_iter().take(NAMED).map(|(_, line)| line).collect();
    lines.extend((more > 0).then(|| format!("and on {more} more")));
    if !roles.is_empty() {
        lines.push(format!("instance role {}", listed(roles.iter().map(|role| arn::role_name(role)))));
    }
    Ok(Some(Reached { surely, lines, roles }))
}

/// The host, its machine and its role count among what a verdict rests on.
fn note(view: &WorkloadView<'_>, one: &HostReach<'_, '_>) {
    let (snapshot, host) = (view.estate.snapshot, one.host);
    let cluster = arn::cluster_of(host.arn).unwrap_or_default();
    let host_read = snapshot.container_instances.get(host.arn).map(|reading| reading.read_at);
    view.trace.note(format!("ci:{cluster}"), host_read.unwrap_or_default());
    if let Some(id) = host.container_instance.ec2_instance_id.as_deref() {
        let read = snapshot.instances.get(id).map(|reading| reading.read_at).or_else(|| snapshot.listing_read_at("ec2:DescribeInstances"));
        view.trace.note(format!("instance:{id}"), read.unwrap_or_default());
    }
    if let Ok(Some(role)) = host.role {
        let name = arn::role_name(role);
        view.trace.note(format!("role:{name}"), snapshot.roles.get(name).map(|reading| reading.read_at).unwrap_or_default());
    }
}

/// Whether instances carry the role.
///
/// # Errors
/// The gap, if none is seen to and one that was not read may.
pub(crate) fn is_instance_role(view: &RoleView<'_>) -> Result<bool, Gap> {
    if view.facts.is(RoleKind::Instance) {
        return Ok(true);
    }
    let gap = hidden_role(view.estate).or_else(|| view.estate.unseen.clone());
    gap.map_or(Ok(false), Err)
}

/// What may hide the role of an instance.
pub(crate) fn hidden_role(estate: &Estate<'_>) -> Option<Gap> {
    let roles = || estate.fleet().hosts().find_map(|host| host.role.as_ref().err().cloned());
    let unlisted = || {
        let mut clusters = estate.snapshot.clusters().map(|(cluster, _)| arn::last_segment(cluster));
        clusters.find_map(|cluster| estate.snapshot.listing_gap(&listing::container_instances(cluster)))
    };
    estate.fleet().unread().or_else(roles).or_else(unlisted)
}

/// Names of the clusters in which container instances carry a role.
pub(crate) fn hosts_of<'e>(estate: &'e Estate<'_>, role: &str) -> BTreeSet<&'e str> {
    let hosts = estate.fleet().hosts().filter(|host| host.role == Ok(Some(role)));
    hosts.map(|host| arn::cluster_of(host.arn).unwrap_or("default")).collect()
}

/// Calls by which an instance role joins a cluster that is not one of `own`: one that nobody has, and
/// where every instance is known those that there are or that its policies name. With what may hide others.
pub(crate) fn elsewhere(estate: &Estate<'_>, role: &Principal, own: &BTreeSet<&str>) -> (Vec<Met>, Option<Gap>) {
    let snapshot = estate.snapshot;
    let place = &snapshot.place;
    let mut clusters = BTreeSet::from([format!("arn:{}:ecs:{}:{}:cluster/{NOBODYS}", place.partition, place.region, place.account)]);
    let gap = estate.fleet().unread().or_else(|| estate.fleet().hosts().find_map(|host| host.role.as_ref().err().cloned()));
    if gap.is_none() {
        let named = estate.web.named_by(role, "ecs:RegisterContainerInstance");
        let all =
            snapshot.clusters().map(|(cluster, _)| cluster.to_owned()).chain(named.into_iter().filter(|one| one.contains(":cluster/")));
        clusters.extend(all.filter(|cluster| !own.contains(arn::last_segment(cluster))));
    }
    let calls = clusters.iter().flat_map(|cluster| {
        let host = format!("{}/any", cluster.replacen(":cluster/", ":container-instance/", 1));
        let bind = || vec![("ecs:cluster", cluster.clone())];
        [estate.web.met(role, "ecs:RegisterContainerInstance", cluster, Vec::new()), estate.web.met(role, "ecs:Poll", &host, bind())]
    });
    (calls.collect(), gap)
}

/// A name that nobody gives a cluster.
const NOBODYS: &str = "another-cluster";

/// A principal by ARN.
///
/// # Errors
/// The gap.
pub(crate) fn principal<'e>(estate: &'e Estate<'_>, role: &str) -> Result<&'e Principal, Gap> {
    let missing = || estate.unseen_principal().cloned().unwrap_or_else(|| Gap::not_asked("iam:GetAccountAuthorizationDetails"));
    estate.web.account.principals.get(role).ok_or_else(missing)
}

/// What an instance needs for the ECS agent and for Session Manager: what AWS's policies for both grant.
/// Whether Session Manager is used is not known.
/// Source: AWS Managed Policy Reference, `AmazonEC2ContainerServiceforEC2Role`,
/// `AmazonECSInstanceRolePolicyForManagedInstances`, `AmazonSSMManagedInstanceCore`.
pub(crate) fn needs_of_hosts() -> Vec<Need> {
    let need = |actions: BTreeSet<&'static str>| Need {
        purpose: Purpose::PullImages,
        actions,
        resources: BTreeSet::from(["*".to_owned()]),
        given: None,
        because: String::new(),
        certain: true,
    };
    let of_agent = AGENT.iter().chain(START_OF_TASKS).chain(&["ecs:PutSystemLogEvents"]);
    vec![need(of_agent.copied().collect()), need(SESSION_MANAGER.iter().copied().collect())]
}

const SESSION_MANAGER: &[&str] = &[
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "ssm:DescribeAssociation",
    "ssm:DescribeDocument",
    "ssm:GetDeployablePatchSnapshotForInstance",
    "ssm:GetDocument",
    "ssm:GetManifest",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:PutComplianceItems",
    "ssm:PutConfigurePackageResult",
    "ssm:PutInventory",
    "ssm:UpdateAssociationStatus",
    "ssm:UpdateInstanceAssociationStatus",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];
