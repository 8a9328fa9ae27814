//! What knows the network and ECS: where a workload's interfaces are, and what reaches them.

use wallwalk_model::{Fact, Gap, Reading, ec2};
use wallwalk_network::{Exposure, Interface, Rule, exposure};

use crate::estate::{Estate, Trace, WorkloadView};

/// A place in the network where a task is or is going to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Interface id, or `tomorrow's task in subnet-1`.
    pub name: String,
    /// Subnet.
    pub subnet: String,
    /// Security groups.
    pub groups: Vec<String>,
    /// Public IPv4 addresses, or the reason to expect one.
    pub public_ipv4: Vec<String>,
    /// IPv6 addresses, or the reason to expect one.
    pub ipv6: Vec<String>,
}

/// Where the tasks of a revision are, and where configured ones are going to be.
///
/// # Errors
/// The gap, if an interface could not be read.
pub fn placements(view: &WorkloadView<'_>) -> Result<Vec<Placement>, Gap> {
    let mut placements = Vec::new();
    for (id, reading) in view.estate.interfaces(view.workload) {
        let reading = match reading {
            Some(reading) => reading,
            None => {
                return Err(view
                    .estate
                    .snapshot
                    .need(&view.estate.snapshot.network_interfaces, id, "ec2:DescribeNetworkInterfaces")
                    .err()
                    .unwrap_or_else(|| Gap::not_asked("ec2:DescribeNetworkInterfaces")));
            }
        };
        if reading.fact == Fact::Absent {
            continue;
        }
        placements.push(real(view.trace.see(format!("eni:{id}"), reading)?));
    }
    for network in &view.revision.networks {
        for subnet in &network.subnets {
            let dual = subnet_of(view.estate, view.trace, subnet).is_ok_and(|subnet| !subnet.ipv6_cidr_block_association_set.is_empty());
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
            });
        }
    }
    Ok(placements)
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
    }
}

/// A subnet.
///
/// # Errors
/// The gap.
pub fn subnet_of<'a>(estate: &'a Estate<'_>, trace: &Trace, id: &str) -> Result<&'a ec2::Subnet, Gap> {
    let snapshot = estate.snapshot;
    trace.see(format!("subnet:{id}"), snapshot.need(&snapshot.subnets, id, "ec2:DescribeSubnets")?)
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
    let tables: Vec<(&str, &Reading<ec2::RouteTable>)> = snapshot.route_tables().collect();
    let associated = |test: &dyn Fn(&ec2::RouteTableAssociation) -> bool, vpc: bool| {
        tables.iter().find(|(_, reading)| {
            reading.value().is_some_and(|table| (!vpc || table.vpc_id == subnet.vpc_id) && table.associations.iter().any(test))
        })
    };
    let own = associated(&|one| one.subnet_id.as_deref() == Some(&subnet.subnet_id), false);
    let found = own.or_else(|| associated(&|one| one.main == Some(true), true));
    match found {
        Some((id, reading)) => trace.see(format!("rtb:{id}"), reading),
        None => Err(Gap::not_asked("ec2:DescribeRouteTables")),
    }
}

fn acl<'a>(estate: &'a Estate<'_>, trace: &Trace, subnet: &ec2::Subnet) -> Result<&'a ec2::NetworkAcl, Gap> {
    let snapshot = estate.snapshot;
    if let Some(gap) = snapshot.listing_gap("ec2:DescribeNetworkAcls") {
        return Err(gap);
    }
    let found = snapshot.network_acls().find(|(_, reading)| {
        reading.value().is_some_and(|acl| acl.associations.iter().any(|one| one.subnet_id.as_deref() == Some(&subnet.subnet_id)))
    });
    match found {
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
    let at = snapshot.listing_read_at("ec2:DescribeSecurityGroupRules").unwrap_or_default();
    for group in groups {
        let read_at = snapshot
            .security_group_rules
            .values()
            .filter(|reading| reading.value().is_some_and(|rule| rule.group_id == *group))
            .map(|reading| reading.read_at)
            .max();
        trace.note(format!("sg:{group}"), read_at.unwrap_or(at));
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
        return Ok(Exposure::Closed(wallwalk_network::Stop::Address));
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
    match exposure(&interface) {
        Exposure::Unknown(gap) => Err(gap),
        known => Ok(known),
    }
}
