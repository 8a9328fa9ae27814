//! What knows the network and ECS: where a workload's interfaces are, and what reaches them.

use std::collections::BTreeSet;

use wallwalk_model::{Fact, Gap, ec2, ecs};
use wallwalk_network::{Door, Exposure, Interface, Ports, Rule, Stop, exposure};

use crate::estate::{Estate, Launch, Trace, WorkloadView};

/// A place in the network where a task is or is going to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Id of an interface or of an instance, or `a task in subnet-1`.
    pub name: String,
    /// Subnet.
    pub subnet: String,
    /// Security groups.
    pub groups: Vec<String>,
    /// Public IPv4 addresses, or the reason to expect one.
    pub public_ipv4: Vec<String>,
    /// IPv6 addresses, or the reason to expect one.
    pub ipv6: Vec<String>,
    /// What leaves open whether there are more addresses.
    pub unread: Option<Gap>,
    /// Ports on which the tasks of the workload listen there; none if it may be any.
    pub ports: Option<BTreeSet<u16>>,
}

/// Where the tasks of a revision are, and where configured ones are going to be; and the gap, if an
/// interface could not be read and so hides a place.
#[must_use]
pub fn placements(view: &WorkloadView<'_>) -> (Vec<Placement>, Option<Gap>) {
    let (mut placements, mut hidden) = (Vec::new(), None);
    let snapshot = view.estate.snapshot;
    for (id, reading) in view.estate.interfaces(view.workload) {
        if reading.is_some_and(|reading| matches!(reading.fact, Fact::Absent)) {
            continue;
        }
        match view.trace.need(format!("eni:{id}"), snapshot, &snapshot.network_interfaces, id, "ec2:DescribeNetworkInterfaces") {
            Ok(interface) => placements.push(real(interface)),
            Err(gap) => hidden = hidden.or(Some(gap)),
        }
    }
    for network in &view.revision.networks {
        for subnet in &network.subnets {
            let known = subnet_of(view.estate, view.trace, subnet);
            let dual = known.as_ref().is_ok_and(|subnet| !subnet.ipv6_cidr_block_association_set.is_empty());
            placements.push(Placement {
                name: format!("a task in {subnet}"),
                subnet: subnet.clone(),
                groups: network.security_groups.clone(),
                public_ipv4: if network.assign_public_ip.as_deref() == Some("ENABLED") {
                    vec!["assigned at start".into()]
                } else {
                    Vec::new()
                },
                ipv6: if dual { vec!["assigned at start".into()] } else { Vec::new() },
                unread: known.err(),
                ports: None,
            });
        }
    }
    (placements, hidden)
}

/// Where tasks without an interface of their own are entered: at those of their container instances,
/// in bridge mode through the ports that are bound there; and the gap that hides such a place.
#[must_use]
pub fn borrowed(view: &WorkloadView<'_>) -> (Vec<Placement>, Option<Gap>) {
    let mode = view.definition.network_mode.as_deref().unwrap_or("bridge");
    let own = view.revision.launch == Ok(Launch::Fargate) || matches!(mode, "awsvpc" | "none");
    if own || view.workload.latent || view.revision.launch == Ok(Launch::External) {
        return (Vec::new(), None);
    }
    let (mut placements, mut hidden) = (Vec::new(), None);
    let mut tasks = view.workload.tasks.iter().filter(|task| task.task_definition_arn == view.revision.arn).peekable();
    if tasks.peek().is_none() {
        hidden = Some(Gap::not_modelled("the container instance on which a task without an interface of its own is going to run"));
    }
    for task in tasks {
        let bound = task.containers.iter().flat_map(|container| &container.network_bindings);
        let tcp = bound.filter(|one| one.protocol.as_deref() != Some("udp"));
        let reachable = tcp.filter(|one| !matches!(one.bind_ip.as_deref(), Some("127.0.0.1" | "::1")));
        let ports = reachable.filter_map(|one| u16::try_from(one.host_port?).ok()).collect();
        match instance_of(view, task) {
            Ok(instance) => placements.push(Placement {
                name: instance.instance_id.clone(),
                subnet: instance.subnet_id.clone().unwrap_or_default(),
                groups: instance.security_groups.iter().map(|group| group.group_id.clone()).collect(),
                public_ipv4: instance.public_ip_address.iter().cloned().collect(),
                ipv6: instance.ipv6_address.iter().cloned().collect(),
                unread: None,
                ports: (mode != "host").then_some(ports),
            }),
            Err(gap) => hidden = hidden.or(Some(gap)),
        }
    }
    (placements, hidden)
}

fn instance_of<'a>(view: &WorkloadView<'a>, task: &ecs::Task) -> Result<&'a ec2::Instance, Gap> {
    let (snapshot, trace) = (view.estate.snapshot, view.trace);
    let arn = task.container_instance_arn.as_deref().ok_or_else(|| Gap::not_asked("ecs:DescribeTasks containerInstanceArn"))?;
    let cluster = wallwalk_model::arn::cluster_of(arn).unwrap_or_default();
    let host = trace.need(format!("ci:{cluster}"), snapshot, &snapshot.container_instances, arn, "ecs:DescribeContainerInstances")?;
    let id = host.ec2_instance_id.as_deref().ok_or_else(|| Gap::not_asked("ecs:DescribeContainerInstances ec2InstanceId"))?;
    trace.need(format!("instance:{id}"), snapshot, &snapshot.instances, id, "ec2:DescribeInstances")
}

fn real(interface: &ec2::NetworkInterface) -> Placement {
    let associations =
        interface.private_ip_addresses.iter().filter_map(|address| address.association.as_ref()).chain(&interface.association);
    let mut public_ipv4: Vec<String> = associations.filter_map(|association| association.public_ip.clone()).collect();
    public_ipv4.sort();
    public_ipv4.dedup();
    Placement {
        name: interface.network_interface_id.clone(),
        subnet: interface.subnet_id.clone().unwrap_or_default(),
        groups: interface.groups.iter().map(|group| group.group_id.clone()).collect(),
        public_ipv4,
        ipv6: interface.ipv6_addresses.iter().filter_map(|address| address.ipv6_address.clone()).collect(),
        unread: None,
        ports: None,
    }
}

/// Whether a subnet routes IPv6 to an internet gateway.
///
/// # Errors
/// The gap.
pub fn routes_ipv6_to_the_internet(estate: &Estate<'_>, trace: &Trace, subnet: &str) -> Result<bool, Gap> {
    let subnet = subnet_of(estate, trace, subnet)?;
    let table = route_table(estate, trace, subnet)?;
    Ok(table.routes.iter().any(|route| {
        let gateway = route.gateway_id.as_deref().is_some_and(|gateway| gateway.starts_with("igw-"));
        gateway && route.destination_ipv6_cidr_block.is_some() && route.state.as_deref() != Some("blackhole")
    }))
}

/// A subnet.
///
/// # Errors
/// The gap.
pub fn subnet_of<'a>(estate: &'a Estate<'_>, trace: &Trace, id: &str) -> Result<&'a ec2::Subnet, Gap> {
    let snapshot = estate.snapshot;
    trace.need(format!("subnet:{id}"), snapshot, &snapshot.subnets, id, "ec2:DescribeSubnets")
}

/// The route table of a subnet: its own, else the main one of its VPC.
///
/// # Errors
/// The gap, if a route table could not be read or the listing was not complete.
pub fn route_table<'a>(estate: &'a Estate<'_>, trace: &Trace, subnet: &ec2::Subnet) -> Result<&'a ec2::RouteTable, Gap> {
    let snapshot = estate.snapshot;
    if let Some(gap) = snapshot.listing_gap("ec2:DescribeRouteTables") {
        return Err(gap);
    }
    let own = estate.index.tables.get(subnet.subnet_id.as_str());
    if let (None, Some(gap)) = (own, &estate.index.unread_table) {
        return Err(gap.clone());
    }
    match own.or_else(|| estate.index.main_tables.get(subnet.vpc_id.as_deref()?)) {
        Some((id, reading)) => trace.see(format!("rtb:{id}"), reading),
        None => Err(Gap::not_asked("ec2:DescribeRouteTables")),
    }
}

fn acl<'a>(estate: &'a Estate<'_>, trace: &Trace, subnet: &ec2::Subnet) -> Result<&'a ec2::NetworkAcl, Gap> {
    let snapshot = estate.snapshot;
    if let Some(gap) = snapshot.listing_gap("ec2:DescribeNetworkAcls") {
        return Err(gap);
    }
    match estate.index.acls.get(subnet.subnet_id.as_str()) {
        Some((id, reading)) => trace.see(format!("nacl:{id}"), reading),
        None => Err(Gap::not_asked("ec2:DescribeNetworkAcls")),
    }
}

/// Rules of `groups`, with every group noted.
///
/// # Errors
/// The gap, if the rules or a group could not be read.
pub fn rules(estate: &Estate<'_>, trace: &Trace, groups: &[String]) -> Result<Vec<Rule>, Gap> {
    let snapshot = estate.snapshot;
    let mut rules = Vec::new();
    if let Some(gap) = snapshot.listing_gap("ec2:DescribeSecurityGroupRules") {
        return Err(gap);
    }
    if let Some(gap) = &estate.unread_rule {
        return Err(gap.clone());
    }
    let at = snapshot.listing_read_at("ec2:DescribeSecurityGroupRules").unwrap_or_default();
    for group in groups {
        trace.note(format!("sg:{group}"), estate.index.rules_read_at.get(group.as_str()).copied().unwrap_or(at));
        if let Some(reading) = snapshot.security_groups.get(group) {
            trace.see(format!("sg:{group}"), reading)?;
        }
        rules.extend(estate.rules.get(group.as_str()).into_iter().flatten().cloned());
    }
    Ok(rules)
}

/// Whether the internet reaches the placement directly.
///
/// # Errors
/// The gap, if something the answer hangs on was not read.
pub fn internet(estate: &Estate<'_>, trace: &Trace, placement: &Placement) -> Result<Exposure, Gap> {
    if placement.public_ipv4.is_empty() && placement.ipv6.is_empty() {
        if let Some(gap) = &placement.unread {
            return Err(gap.clone());
        }
        return Ok(Exposure::Closed(Stop::Address));
    }
    let rules = rules(estate, trace, &placement.groups)?;
    let subnet = subnet_of(estate, trace, &placement.subnet)?;
    let table = route_table(estate, trace, subnet);
    let acl = acl(estate, trace, subnet);
    let mode = subnet.block_public_access_states.as_ref().and_then(|states| states.internet_gateway_block_mode.as_deref());
    let interface = Interface {
        public_ipv4: placement.public_ipv4.clone(),
        ipv6: placement.ipv6.clone(),
        rules: &rules,
        routes: table,
        acl: acl.map(|acl| (acl.network_acl_id.as_str(), acl.entries.as_slice())),
        block_mode: mode,
    };
    match (exposure(&interface), &placement.ports) {
        (Exposure::Unknown(gap), _) => Err(gap),
        // Doors that nobody of the workload stands behind are another workload's, or the host's.
        (Exposure::Open(doors), Some(listening)) => {
            let own: Vec<Door> = doors.iter().flat_map(|door| within(door, listening)).collect();
            Ok(if own.is_empty() { Exposure::Closed(Stop::Group) } else { Exposure::Open(own) })
        }
        (known, _) => Ok(known),
    }
}

fn within<'a>(door: &'a Door, listening: &'a BTreeSet<u16>) -> impl Iterator<Item = Door> + 'a {
    listening.range(door.ports.from..=door.ports.to).map(|port| Door {
        ports: Ports { from: *port, to: *port },
        grade: door.grade,
        witness: door.witness.clone(),
    })
}
