//! Can the internet open a connection to an interface?
//!
//! Address and route and network ACL both ways and security group and VPC block public access; the
//! first that says no is the answer. TCP only.

use wallwalk_model::Gap;
use wallwalk_model::ec2::{NetworkAclEntry, RouteTable};

use crate::ranges::{Cidr, Family, Grade, Ranges};
use crate::rules::{Ports, Rule, Source, acl_ports};

/// Ports that clients receive answers on.
const EPHEMERAL: Ports = Ports { from: 1024, to: u16::MAX };

/// An interface, or the place where one is going to be.
#[derive(Clone, Debug)]
pub struct Interface<'a> {
    /// Public IPv4 addresses, or the reason to expect one.
    pub public_ipv4: Vec<String>,
    /// IPv6 addresses, or the reason to expect one.
    pub ipv6: Vec<String>,
    /// Inbound rules of every group it carries.
    pub rules: &'a [Rule],
    /// Route table of its subnet.
    pub routes: Result<&'a RouteTable, Gap>,
    /// Entries of the ACL that guards its subnet, with the ACL's id.
    pub acl: Result<(&'a str, &'a [NetworkAclEntry]), Gap>,
    /// Effective VPC block public access mode; absent counts as off.
    pub block_mode: Option<&'a str>,
}

/// Whether the internet reaches the interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Through these doors.
    Open(Vec<Door>),
    /// Something stops it.
    Closed(Stop),
    /// It depends on what was not read.
    Unknown(Gap),
}

/// What stops the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// No public address.
    Address,
    /// No route to an internet gateway.
    Route,
    /// VPC block public access.
    Block,
    /// No group admits enough of the internet.
    Group,
    /// The network ACL, inbound or for the answers.
    Acl,
}

/// A way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// Ports that are open.
    pub ports: Ports,
    /// How much of the internet comes in.
    pub grade: Grade,
    /// The proof, hop by hop.
    pub witness: Vec<String>,
}

/// Whether the internet reaches the interface.
#[must_use]
pub fn exposure(interface: &Interface<'_>) -> Exposure {
    let mut doors = Vec::new();
    let mut stop = Stop::Address;
    let mut gap = None;
    for family in [Family::V4, Family::V6] {
        match through(interface, family) {
            Exposure::Open(more) => doors.extend(more),
            Exposure::Closed(one) => stop = if stop == Stop::Address { one } else { stop },
            Exposure::Unknown(one) => gap = gap.or(Some(one)),
        }
    }
    if !doors.is_empty() {
        return Exposure::Open(doors);
    }
    gap.map_or(Exposure::Closed(stop), Exposure::Unknown)
}

fn through(interface: &Interface<'_>, family: Family) -> Exposure {
    let addresses = if family == Family::V4 { &interface.public_ipv4 } else { &interface.ipv6 };
    let Some(address) = addresses.first() else { return Exposure::Closed(Stop::Address) };
    if matches!(interface.block_mode, Some("block-ingress" | "block-bidirectional")) {
        return Exposure::Closed(Stop::Block);
    }
    // The group is asked first: it closes most doors, and then nothing else needs to be known.
    let world = crate::ranges::internet(family);
    let inbound: Vec<&Rule> =
        interface.rules.iter().filter(|rule| !rule.egress && rule.protocol.takes_tcp() && rule.ports.is_some()).collect();
    let unread = inbound.iter().find_map(|rule| if let Source::Unread(gap) = &rule.source { Some(gap.clone()) } else { None });
    let open = open_ports(&inbound, family);
    if open.is_empty() {
        return unread.map_or(Exposure::Closed(Stop::Group), Exposure::Unknown);
    }
    let table = match &interface.routes {
        Ok(table) => table,
        Err(gap) => return Exposure::Unknown(gap.clone()),
    };
    let Some(route) = internet_route(table, family) else { return Exposure::Closed(Stop::Route) };
    let (acl, entries) = match &interface.acl {
        Ok(acl) => acl,
        Err(gap) => return Exposure::Unknown(gap.clone()),
    };
    let answered = admitted(entries, true, EPHEMERAL, &world, family);
    let mut doors = Vec::new();
    for (ports, rules, sources) in open {
        for part in split(entries, ports) {
            let reach = admitted(entries, false, part, &sources, family).intersection(&answered);
            let grade = reach.grade();
            if grade >= Grade::Wide {
                let mut witness =
                    vec![format!("internet → {route}"), format!("network ACL {acl} admits tcp {} and the answers", part.text())];
                witness.extend(rules.iter().map(|rule| rule.text()));
                witness.push(format!("public address {address}"));
                doors.push(Door { ports: part, grade, witness });
            }
        }
    }
    if doors.is_empty() { Exposure::Closed(Stop::Acl) } else { Exposure::Open(doors) }
}

/// Port ranges that the rules open to much of the internet, with the rules and sources of each.
fn open_ports<'a>(rules: &[&'a Rule], family: Family) -> Vec<(Ports, Vec<&'a Rule>, Ranges)> {
    let mut open = Vec::new();
    for part in atoms(rules.iter().filter_map(|rule| rule.ports)) {
        let mut sources = Ranges::empty(family);
        let mut causes = Vec::new();
        for rule in rules.iter().filter(|rule| rule.ports.and_then(|ports| ports.and(part)).is_some()) {
            if let Source::Ranges(cidrs) = &rule.source {
                let own = Ranges::of(family, cidrs);
                if !own.is_empty() {
                    sources = sources.union(&own);
                    causes.push(*rule);
                }
            }
        }
        if sources.grade() >= Grade::Wide {
            open.push((part, causes, sources));
        }
    }
    open
}

/// Splits the ports that the ranges mention at every boundary.
fn atoms(ranges: impl Iterator<Item = Ports>) -> Vec<Ports> {
    let ranges: Vec<Ports> = ranges.collect();
    let mut starts: Vec<u32> = ranges.iter().flat_map(|ports| [u32::from(ports.from), u32::from(ports.to) + 1]).collect();
    starts.sort_unstable();
    starts.dedup();
    starts
        .windows(2)
        .filter_map(|window| match window {
            [from, next] => Some(Ports { from: u16::try_from(*from).ok()?, to: u16::try_from(next - 1).ok()? }),
            _ => None,
        })
        .filter(|part| ranges.iter().any(|ports| ports.from <= part.from && part.to <= ports.to))
        .collect()
}

fn split(entries: &[NetworkAclEntry], ports: Ports) -> Vec<Ports> {
    atoms(entries.iter().filter_map(|entry| acl_ports(entry, ports)).chain([ports]))
}

/// Addresses of `sources` that the ACL lets through to `ports`; the lowest number that matches decides.
fn admitted(entries: &[NetworkAclEntry], egress: bool, ports: Ports, sources: &Ranges, family: Family) -> Ranges {
    let mut ordered: Vec<&NetworkAclEntry> = entries.iter().filter(|entry| entry.egress.unwrap_or(false) == egress).collect();
    ordered.sort_by_key(|entry| entry.rule_number.unwrap_or(i64::MAX));
    let mut rest = sources.clone();
    let mut allowed = Ranges::empty(family);
    for entry in ordered {
        let Some(matched) = acl_ports(entry, ports) else { continue };
        let cidr = entry.cidr_block.as_deref().or(entry.ipv6_cidr_block.as_deref()).and_then(|text| text.parse::<Cidr>().ok());
        let own = Ranges::of(family, cidr.as_ref());
        let hit = rest.intersection(&own);
        let allow = entry.rule_action.as_deref() == Some("allow");
        // An entry that takes only some of the ports decides those and leaves the rest to the next.
        if allow {
            allowed = allowed.union(&hit);
        }
        if matched == ports {
            rest = rest.difference(&own);
        }
    }
    allowed
}

/// The route by which the internet answers: the default route, or a wide one, to an internet gateway.
fn internet_route(table: &RouteTable, family: Family) -> Option<String> {
    table.routes.iter().find_map(|route| {
        let destination = match family {
            Family::V4 => route.destination_cidr_block.as_deref(),
            Family::V6 => route.destination_ipv6_cidr_block.as_deref(),
        }?;
        let gateway = route.gateway_id.as_deref().filter(|id| id.starts_with("igw-"))?;
        let active = route.state.as_deref() != Some("blackhole");
        let wide = Ranges::of(family, destination.parse::<Cidr>().ok().as_ref()).grade() >= Grade::Wide;
        (active && wide).then(|| format!("{gateway} → route {destination} in {}", table.route_table_id))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Protocol;
    use wallwalk_model::ec2::{PortRange, Route};

    fn rule(from: i64, to: i64, cidr: &str) -> Rule {
        Rule {
            id: "sgr-1".into(),
            group: "sg-1".into(),
            egress: false,
            protocol: Protocol::Tcp,
            ports: Ports::read(Protocol::Tcp, Some(from), Some(to)),
            source: Source::Ranges(vec![cidr.parse().unwrap()]),
            written: cidr.into(),
        }
    }

    fn entry(number: i64, egress: bool, action: &str, cidr: &str, ports: Option<(i64, i64)>) -> NetworkAclEntry {
        NetworkAclEntry {
            rule_number: Some(number),
            protocol: Some(if ports.is_some() { "6" } else { "-1" }.into()),
            rule_action: Some(action.into()),
            egress: Some(egress),
            cidr_block: (!cidr.contains(':')).then(|| cidr.into()),
            ipv6_cidr_block: cidr.contains(':').then(|| cidr.into()),
            port_range: ports.map(|(from, to)| PortRange { from: Some(from), to: Some(to) }),
        }
    }

    fn open_acl() -> Vec<NetworkAclEntry> {
        vec![
            entry(100, false, "allow", "0.0.0.0/0", None),
            entry(101, false, "allow", "::/0", None),
            entry(100, true, "allow", "0.0.0.0/0", None),
            entry(101, true, "allow", "::/0", None),
        ]
    }

    fn table() -> RouteTable {
        let v4 = Route { destination_cidr_block: Some("0.0.0.0/0".into()), gateway_id: Some("igw-1".into()), ..Default::default() };
        let v6 = Route { destination_ipv6_cidr_block: Some("::/0".into()), gateway_id: Some("igw-1".into()), ..Default::default() };
        RouteTable { route_table_id: "rtb-1".into(), routes: vec![v4, v6], ..Default::default() }
    }

    fn ask(rules: &[Rule], acl: &[NetworkAclEntry], table: &RouteTable) -> Exposure {
        exposure(&Interface {
            public_ipv4: vec!["198.51.100.7".into()],
            ipv6: vec![],
            rules,
            routes: Ok(table),
            acl: Ok(("acl-1", acl)),
            block_mode: None,
        })
    }

    fn doors(exposure: &Exposure) -> Vec<(u16, u16, Grade)> {
        match exposure {
            Exposure::Open(doors) => doors.iter().map(|door| (door.ports.from, door.ports.to, door.grade)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn split_ranges_of_the_world_open_a_port_together() {
        let rules = [rule(22, 22, "0.0.0.0/1"), rule(22, 22, "128.0.0.0/1")];
        assert_eq!(doors(&ask(&rules, &open_acl(), &table())), [(22, 22, Grade::World)]);
    }

    #[test]
    fn each_condition_alone_closes_the_door() {
        let rules = [rule(443, 443, "0.0.0.0/0")];
        assert_eq!(ask(&[rule(443, 443, "10.0.0.0/8")], &open_acl(), &table()), Exposure::Closed(Stop::Group));
        assert_eq!(ask(&rules, &open_acl(), &RouteTable::default()), Exposure::Closed(Stop::Route));
        assert_eq!(ask(&rules, &[], &table()), Exposure::Closed(Stop::Acl));
        let no_answers = [entry(100, false, "allow", "0.0.0.0/0", None)];
        assert_eq!(ask(&rules, &no_answers, &table()), Exposure::Closed(Stop::Acl));
        let denied = [vec![entry(50, false, "deny", "0.0.0.0/0", Some((443, 443)))], open_acl()].concat();
        assert_eq!(ask(&rules, &denied, &table()), Exposure::Closed(Stop::Acl));
        let blocked = Interface {
            public_ipv4: vec!["198.51.100.7".into()],
            ipv6: vec![],
            rules: &rules,
            routes: Ok(&table()),
            acl: Ok(("acl-1", &open_acl())),
            block_mode: Some("block-ingress"),
        };
        assert_eq!(exposure(&blocked), Exposure::Closed(Stop::Block));
    }

    #[test]
    fn an_acl_that_closes_some_ports_leaves_the_others_open() {
        let acl = [vec![entry(50, false, "deny", "0.0.0.0/0", Some((8001, 8001)))], open_acl()].concat();
        assert_eq!(doors(&ask(&[rule(8000, 8002, "0.0.0.0/0")], &acl, &table())), [(8000, 8000, Grade::World), (8002, 8002, Grade::World)]);
    }

    #[test]
    fn ipv6_is_a_door_of_its_own_without_a_public_ipv4() {
        let rules = [rule(443, 443, "::/0")];
        let exposure = exposure(&Interface {
            public_ipv4: vec![],
            ipv6: vec!["2001:db8::7".into()],
            rules: &rules,
            routes: Ok(&table()),
            acl: Ok(("acl-1", &open_acl())),
            block_mode: None,
        });
        assert_eq!(doors(&exposure), [(443, 443, Grade::World)]);
    }

    #[test]
    fn a_gap_matters_only_where_the_answer_hangs_on_it() {
        let gap = Gap::not_asked("ec2:DescribeRouteTables");
        let interface = |rules: &'static [Rule]| Interface {
            public_ipv4: vec!["198.51.100.7".into()],
            ipv6: vec![],
            rules,
            routes: Err(gap.clone()),
            acl: Err(gap.clone()),
            block_mode: None,
        };
        assert_eq!(exposure(&interface(&[])), Exposure::Closed(Stop::Group));
        let rules: &'static [Rule] = Box::leak(Box::new([rule(443, 443, "0.0.0.0/0")]));
        assert_eq!(exposure(&interface(rules)), Exposure::Unknown(gap.clone()));
    }
}
