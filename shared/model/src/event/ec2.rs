//! What calls to Amazon EC2 and VPC touch.

use std::collections::BTreeSet;

use super::lookup::Request;
use super::{NOT_READ, Touched};
use crate::{Key, Snapshot, arn, evidence};

/// Parameters that name what a call touches.
const FIELDS: &[&str] = &[
    "groupId",
    "networkInterfaceId",
    "instanceId",
    "subnetId",
    "subnetIds",
    "routeTableId",
    "vpcId",
    "networkAclId",
    "prefixListId",
    "vpcEndpointId",
    "securityGroupId",
    "addRouteTableId",
    "removeRouteTableId",
    "addSubnetId",
    "addSubnetIds",
    "removeSubnetId",
    "removeSubnetIds",
    "addSecurityGroupId",
    "removeSecurityGroupId",
];

/// Parameters that name what routes go through.
const GATEWAYS: &[&str] =
    &["internetGatewayId", "egressOnlyInternetGatewayId", "natGatewayId", "vpcPeeringConnectionId", "transitGatewayId"];

pub(super) fn keys(request: &Request<'_>) -> Touched {
    if evidence::made_stale_by("ec2.amazonaws.com", request.name).is_some_and(<[_]>::is_empty) {
        return NOT_READ;
    }
    let mut keys = request.keys_in(FIELDS, |text| id_key(text, is_id_tail).into_iter().collect());
    keys.extend(request.keys_in(GATEWAYS, |gateway| through(gateway, request.snapshot)));
    if let Some(association) = request.text("associationId") {
        keys.extend(associated(association, &keys, request.snapshot));
    }
    if let Some(address) = request.text("publicIp") {
        keys.extend(behind(address, request.snapshot));
    }
    if request.name.starts_with("Create") {
        // What is new is named in the answer alone.
        keys.extend(request.keys_in_answer(harvested));
    }
    if keys.is_empty() {
        keys = request.harvest(harvested);
    }
    let attached: Vec<Key> = keys.iter().flat_map(|key| attached(key, request.snapshot)).collect();
    keys.extend(attached);
    Touched::Keys(keys)
}

fn harvested(text: &str) -> BTreeSet<Key> {
    let id = if text.starts_with("arn:") { arn::last_segment(text) } else { text };
    id_key(id, is_real_id_tail).into_iter().collect()
}

fn id_key(text: &str, tail_is_right: fn(&str) -> bool) -> Option<Key> {
    let (prefix, _) = text.split_once('-').filter(|(_, tail)| tail_is_right(tail))?;
    let id = || text.to_owned();
    Some(match prefix {
        "sg" => Key::SecurityGroup(id()),
        "eni" => Key::NetworkInterface(id()),
        "i" => Key::Instance(id()),
        "subnet" => Key::Subnet(id()),
        "rtb" => Key::RouteTable(id()),
        "acl" => Key::NetworkAcl(id()),
        "vpc" => Key::Vpc(id()),
        "pl" => Key::PrefixList(id()),
        "vpce" => Key::VpcEndpoint(id()),
        _ => return None,
    })
}

/// The part after the prefix: no hyphen, so that `vpc-cidr-assoc-…` is no VPC.
fn is_id_tail(tail: &str) -> bool {
    (1..=32).contains(&tail.len()) && tail.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The part after the prefix as EC2 makes it. Stricter, because any text may come by.
fn is_real_id_tail(tail: &str) -> bool {
    matches!(tail.len(), 8 | 17) && tail.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The route tables with a route through `gateway`: its coming and going makes them work or not.
fn through(gateway: &str, snapshot: Option<&Snapshot>) -> BTreeSet<Key> {
    let tables = snapshot.into_iter().flat_map(Snapshot::route_tables);
    tables
        .filter(|(_, reading)| {
            reading.value().is_some_and(|table| {
                table.routes.iter().any(|route| {
                    [
                        &route.gateway_id,
                        &route.nat_gateway_id,
                        &route.egress_only_internet_gateway_id,
                        &route.transit_gateway_id,
                        &route.vpc_peering_connection_id,
                    ]
                    .into_iter()
                    .any(|id| id.as_deref() == Some(gateway))
                })
            })
        })
        .map(|(id, _)| Key::RouteTable(id.to_owned()))
        .collect()
}

/// What an association belongs to until now: the route table or network ACL that is known to have it,
/// else the whole VPC of what the call names, else everything.
fn associated(association: &str, named: &BTreeSet<Key>, snapshot: Option<&Snapshot>) -> BTreeSet<Key> {
    let tables = snapshot.into_iter().flat_map(Snapshot::route_tables).filter(|(_, reading)| {
        let has = |table: &crate::ec2::RouteTable| {
            table.associations.iter().any(|known| known.route_table_association_id.as_deref() == Some(association))
        };
        reading.value().is_some_and(has)
    });
    let acls = snapshot.into_iter().flat_map(Snapshot::network_acls).filter(|(_, reading)| {
        let has = |acl: &crate::ec2::NetworkAcl| {
            acl.associations.iter().any(|known| known.network_acl_association_id.as_deref() == Some(association))
        };
        reading.value().is_some_and(has)
    });
    let found: BTreeSet<Key> =
        tables.map(|(id, _)| Key::RouteTable(id.to_owned())).chain(acls.map(|(id, _)| Key::NetworkAcl(id.to_owned()))).collect();
    if !found.is_empty() || !(association.starts_with("rtbassoc-") || association.starts_with("aclassoc-")) {
        return found;
    }
    let vpcs: BTreeSet<Key> = named.iter().filter_map(|key| vpc_of(key, snapshot?)).map(Key::Vpc).collect();
    if vpcs.is_empty() { [Key::Account].into() } else { vpcs }
}

fn vpc_of(key: &Key, snapshot: &Snapshot) -> Option<String> {
    match key {
        Key::RouteTable(id) => snapshot.route_tables.get(id)?.value()?.vpc_id.clone(),
        Key::NetworkAcl(id) => snapshot.network_acls.get(id)?.value()?.vpc_id.clone(),
        _ => None,
    }
}

/// The interfaces and instances that are known to have a public address.
fn behind(address: &str, snapshot: Option<&Snapshot>) -> BTreeSet<Key> {
    let interfaces = snapshot.into_iter().flat_map(Snapshot::network_interfaces).filter(|(_, reading)| {
        reading.value().is_some_and(|interface| {
            let more = interface.private_ip_addresses.iter().filter_map(|private| private.association.as_ref());
            interface.association.iter().chain(more).any(|association| association.public_ip.as_deref() == Some(address))
        })
    });
    let instances = snapshot.into_iter().flat_map(Snapshot::instances);
    let instances =
        instances.filter(|(_, reading)| reading.value().is_some_and(|instance| instance.public_ip_address.as_deref() == Some(address)));
    interfaces.map(|(id, _)| Key::NetworkInterface(id.to_owned())).chain(instances.map(|(id, _)| Key::Instance(id.to_owned()))).collect()
}

/// An instance repeats groups and addresses of its interfaces: one is stale with the other.
fn attached(key: &Key, snapshot: Option<&Snapshot>) -> BTreeSet<Key> {
    let Some(snapshot) = snapshot else { return BTreeSet::new() };
    let instance_of =
        |interface: &crate::ec2::NetworkInterface| interface.attachment.as_ref().and_then(|attachment| attachment.instance_id.clone());
    match key {
        Key::NetworkInterface(id) => {
            let interface = snapshot.network_interfaces.get(id).and_then(crate::Reading::value);
            interface.and_then(instance_of).map(Key::Instance).into_iter().collect()
        }
        Key::Instance(id) => snapshot
            .network_interfaces()
            .filter(|(_, reading)| reading.value().and_then(instance_of).as_ref() == Some(id))
            .map(|(interface, _)| Key::NetworkInterface(interface.to_owned()))
            .collect(),
        _ => BTreeSet::new(),
    }
}
