//! Security group rules and network ACL entries in exact form.

use wallwalk_model::Gap;
use wallwalk_model::ec2::{NetworkAclEntry, SecurityGroupRule};

use crate::ranges::Cidr;

/// A protocol of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Every protocol.
    Any,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Another one.
    Other,
}

impl Protocol {
    /// Reads a protocol's name or number; absent means every protocol.
    #[must_use]
    pub fn read(text: Option<&str>) -> Self {
        match text.map(str::to_ascii_lowercase).as_deref() {
            None | Some("-1" | "all") => Self::Any,
            Some("tcp" | "6") => Self::Tcp,
            Some("udp" | "17") => Self::Udp,
            Some(_) => Self::Other,
        }
    }

    /// Whether TCP packets match.
    #[must_use]
    pub const fn takes_tcp(self) -> bool {
        matches!(self, Self::Any | Self::Tcp)
    }
}

/// Ports, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// First.
    pub from: u16,
    /// Last.
    pub to: u16,
}

impl Ports {
    /// Every port.
    pub const ALL: Self = Self { from: 0, to: u16::MAX };

    /// Ports of a rule: with protocol −1, or −1 as a port, every port.
    #[must_use]
    pub fn read(protocol: Protocol, from: Option<i64>, to: Option<i64>) -> Option<Self> {
        match (protocol, from, to) {
            (Protocol::Any, _, _) | (_, None | Some(-1), _) => Some(Self::ALL),
            (_, Some(from), to) => {
                let ports = Self { from: u16::try_from(from).ok()?, to: u16::try_from(to.unwrap_or(from)).ok()? };
                (ports.from <= ports.to).then_some(ports)
            }
        }
    }

    /// Ports in both.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (both.from <= both.to).then_some(both)
    }

    /// `443`, `8000-8010`, `all ports`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::ALL => "all ports".into(),
            Self { from, to } if from == to => from.to_string(),
            Self { from, to } => format!("{from}-{to}"),
        }
    }
}

/// Where a rule's traffic comes from, or goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Ranges: one, or those of a prefix list.
    Ranges(Vec<Cidr>),
    /// Members of a group.
    Group(String),
    /// A prefix list whose entries were not read, or a range that is none.
    Unread(Gap),
}

/// A security group rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `sgr-…`.
    pub id: String,
    /// Its group.
    pub group: String,
    /// Whether it is outbound.
    pub egress: bool,
    /// Protocol.
    pub protocol: Protocol,
    /// Ports; none if they make no sense, and then nothing matches.
    pub ports: Option<Ports>,
    /// The other side.
    pub source: Source,
    /// The other side as the customer wrote it.
    pub written: String,
}

impl Rule {
    /// Reads a rule; `prefix_list` gives the ranges of a list or the gap that hides them.
    pub fn read(rule: &SecurityGroupRule, prefix_list: impl Fn(&str) -> Result<Vec<Cidr>, Gap>) -> Self {
        let protocol = Protocol::read(rule.ip_protocol.as_deref());
        let group = rule.referenced_group_info.as_ref().and_then(|info| info.group_id.as_deref());
        let cidr = rule.cidr_ipv4.as_deref().or(rule.cidr_ipv6.as_deref());
        let (source, written) = match (cidr, rule.prefix_list_id.as_deref(), group) {
            (Some(text), _, _) => match text.parse() {
                Ok(cidr) => (Source::Ranges(vec![cidr]), text),
                Err(_) => (Source::Unread(Gap::not_modelled("the range of a security group rule")), text),
            },
            (None, Some(list), _) => match prefix_list(list) {
                Ok(cidrs) => (Source::Ranges(cidrs), list),
                Err(gap) => (Source::Unread(gap), list),
            },
            (None, None, Some(group)) => (Source::Group(group.to_owned()), group),
            (None, None, None) => (Source::Unread(Gap::not_modelled("a security group rule without a source")), "?"),
        };
        Self {
            id: rule.security_group_rule_id.clone(),
            group: rule.group_id.clone(),
            egress: rule.is_egress,
            protocol,
            ports: Ports::read(protocol, rule.from_port, rule.to_port),
            source,
            written: written.to_owned(),
        }
    }

    /// `sgr-1 of sg-1: tcp 443 from 0.0.0.0/0`.
    #[must_use]
    pub fn text(&self) -> String {
        let protocol = match self.protocol {
            Protocol::Any => "all protocols",
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Other => "other protocol",
        };
        let ports = self.ports.filter(|_| self.protocol != Protocol::Any).map(|ports| format!(" {}", ports.text())).unwrap_or_default();
        let direction = if self.egress { "to" } else { "from" };
        format!("rule {} of {}: {protocol}{ports} {direction} {}", self.id, self.group, self.written)
    }
}

/// Whether an ACL entry takes TCP packets to some of `ports`, and to which.
#[must_use]
pub fn acl_ports(entry: &NetworkAclEntry, ports: Ports) -> Option<Ports> {
    let protocol = Protocol::read(entry.protocol.as_deref());
    let (from, to) = entry.port_range.as_ref().map_or((None, None), |range| (range.from, range.to));
    if protocol.takes_tcp() { Ports::read(protocol, from, to)?.and(ports) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_minus_one_means_every_port_whatever_is_written() {
        assert_eq!(Ports::read(Protocol::Any, Some(22), Some(22)), Some(Ports::ALL));
        assert_eq!(Ports::read(Protocol::Tcp, Some(-1), Some(-1)), Some(Ports::ALL));
        assert_eq!(Ports::read(Protocol::Tcp, Some(22), None), Some(Ports { from: 22, to: 22 }));
        assert_eq!(Ports::read(Protocol::Tcp, Some(70_000), Some(80_000)), None);
        assert_eq!(Protocol::read(Some("6")), Protocol::Tcp);
    }

    #[test]
    fn an_unread_prefix_list_stays_a_gap() {
        let rule = SecurityGroupRule { prefix_list_id: Some("pl-1".into()), ..Default::default() };
        let read = Rule::read(&rule, |_| Err(Gap::not_asked("ec2:GetManagedPrefixListEntries")));
        assert!(matches!(read.source, Source::Unread(_)));
    }
}
