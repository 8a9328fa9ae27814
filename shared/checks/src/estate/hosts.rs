//! Container instances, by the group they come and go with.

use std::collections::BTreeMap;

use wallwalk_model::snapshot::listing;
use wallwalk_model::{Fact, Gap, Reading, Time, ec2, ecs};

use super::launch::{Basis, Launch, provider};
use super::terms::cluster_or_default;
use super::{Estate, Trace};

/// Container instances that come and go together.
#[derive(Debug)]
pub struct HostGroup<'a> {
    /// The whole.
    pub estate: &'a Estate<'a>,
    /// `hosts/<capacity provider>`, else `instances/<cluster>`; the id of an instance of ECS Anywhere.
    pub id: String,
    /// What kind of hosts they are.
    pub launch: Result<Launch, Gap>,
    /// The instances.
    pub hosts: Vec<Host<'a>>,
    /// What the verdict rests on.
    pub trace: &'a Trace,
}

/// A container instance.
#[derive(Debug)]
pub struct Host<'a> {
    /// ARN of the container instance.
    pub arn: &'a str,
    /// The container instance.
    pub container_instance: &'a ecs::ContainerInstance,
}

impl<'a> Host<'a> {
    /// The EC2 instance, noted in the trace.
    ///
    /// # Errors
    /// The gap.
    pub fn read(&self, group: &HostGroup<'a>) -> Result<&'a ec2::Instance, Gap> {
        let id = self.container_instance.ec2_instance_id.as_deref().ok_or_else(|| Gap::not_asked("ecs:DescribeContainerInstances"))?;
        let snapshot = group.estate.snapshot;
        group.trace.need(format!("instance:{id}"), snapshot, &snapshot.instances, id, "ec2:DescribeInstances")
    }
}

/// Rows of container instances that belong together, and what may hide others.
pub(crate) struct Members<'a> {
    pub(crate) rows: Vec<(&'a str, &'a Reading<ecs::ContainerInstance>)>,
    pub(crate) hidden: Option<(Gap, Time)>,
}

/// Hosts by their group.
pub(crate) fn host_groups<'a>(estate: &Estate<'a>) -> BTreeMap<String, Members<'a>> {
    let snapshot = estate.snapshot;
    let mut groups: BTreeMap<String, Members<'a>> = BTreeMap::new();
    let mut unread: BTreeMap<&str, (Gap, Time)> = BTreeMap::new();
    for (id, reading) in snapshot.container_instances() {
        let cluster = cluster_or_default(id);
        let host = match &reading.fact {
            Fact::Known(host) => Some(host),
            Fact::Gap(gap) => {
                unread.entry(cluster).or_insert_with(|| (gap.clone(), reading.read_at));
                None
            }
            Fact::Absent => continue,
        };
        let external = host.and_then(|host| host.ec2_instance_id.as_deref()).filter(|id| id.starts_with("mi-"));
        let group = match (external, host.and_then(|host| host.capacity_provider_name.as_deref())) {
            (Some(id), _) => id.to_owned(),
            (None, Some(provider)) => format!("hosts/{provider}"),
            (None, None) => format!("instances/{cluster}"),
        };
        groups.entry(group).or_insert_with(|| Members { rows: Vec::new(), hidden: None }).rows.push((id, reading));
    }
    for members in groups.values_mut() {
        members.hidden = members.rows.iter().map(|(id, _)| cluster_or_default(id)).find_map(|cluster| {
            let name = listing::container_instances(cluster);
            let listed = snapshot.listing_gap(&name).map(|gap| (gap, snapshot.listing_read_at(&name).unwrap_or_default()));
            listed.or_else(|| unread.get(cluster).cloned())
        });
    }
    groups
}

/// What kind of hosts a group is made of.
pub(crate) fn kind(estate: &Estate<'_>, trace: &Trace, rows: &[(&str, &Reading<ecs::ContainerInstance>)]) -> Result<Launch, Gap> {
    let Some(host) = rows.iter().find_map(|(_, reading)| reading.value()) else { return Ok(Launch::Ec2) };
    if host.ec2_instance_id.as_deref().is_some_and(|id| id.starts_with("mi-")) {
        return Ok(Launch::External);
    }
    let Some(name) = host.capacity_provider_name.as_deref() else { return Ok(Launch::Ec2) };
    let mut basis = Basis::default();
    let kind = provider(estate.snapshot, name, &mut basis);
    for fact in basis.facts {
        trace.note(fact, basis.read_at);
    }
    kind
}
