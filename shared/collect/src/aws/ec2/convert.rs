//! From the SDK's types to the model's, field by field, as the AWS CLI would have printed them.

use aws_sdk_ec2::types as sdk;
use wallwalk_model::ec2;

fn each<A, B>(list: Option<Vec<A>>, convert: fn(A) -> B) -> Vec<B> {
    list.unwrap_or_default().into_iter().map(convert).collect()
}

fn tag(tag: sdk::Tag) -> ec2::Tag {
    ec2::Tag { key: tag.key.unwrap_or_default(), value: tag.value }
}

pub(super) fn security_group(group: sdk::SecurityGroup) -> ec2::SecurityGroup {
    ec2::SecurityGroup {
        group_id: group.group_id.unwrap_or_default(),
        group_name: group.group_name,
        vpc_id: group.vpc_id,
        owner_id: group.owner_id,
        tags: each(group.tags, tag),
    }
}

pub(super) fn security_group_rule(rule: sdk::SecurityGroupRule) -> ec2::SecurityGroupRule {
    ec2::SecurityGroupRule {
        security_group_rule_id: rule.security_group_rule_id.unwrap_or_default(),
        group_id: rule.group_id.unwrap_or_default(),
        is_egress: rule.is_egress.unwrap_or_default(),
        ip_protocol: rule.ip_protocol,
        from_port: rule.from_port.map(i64::from),
        to_port: rule.to_port.map(i64::from),
        cidr_ipv4: rule.cidr_ipv4,
        cidr_ipv6: rule.cidr_ipv6,
        prefix_list_id: rule.prefix_list_id,
        referenced_group_info: rule.referenced_group_info.map(|group| ec2::ReferencedGroup {
            group_id: group.group_id,
            user_id: group.user_id,
            vpc_peering_connection_id: group.vpc_peering_connection_id,
        }),
        description: rule.description,
    }
}

fn group_identifier(group: sdk::GroupIdentifier) -> ec2::GroupIdentifier {
    ec2::GroupIdentifier { group_id: group.group_id.unwrap_or_default(), group_name: group.group_name }
}

fn association(association: sdk::NetworkInterfaceAssociation) -> ec2::Association {
    ec2::Association { public_ip: association.public_ip, ip_owner_id: association.ip_owner_id }
}

pub(super) fn network_interface(interface: sdk::NetworkInterface) -> ec2::NetworkInterface {
    ec2::NetworkInterface {
        network_interface_id: interface.network_interface_id.unwrap_or_default(),
        interface_type: interface.interface_type.map(|kind| kind.as_str().to_owned()),
        vpc_id: interface.vpc_id,
        subnet_id: interface.subnet_id,
        private_ip_address: interface.private_ip_address,
        private_ip_addresses: each(interface.private_ip_addresses, |address| ec2::PrivateAddress {
            private_ip_address: address.private_ip_address,
            association: address.association.map(association),
        }),
        ipv6_addresses: each(interface.ipv6_addresses, |address| ec2::Ipv6Address { ipv6_address: address.ipv6_address }),
        association: interface.association.map(association),
        groups: each(interface.groups, group_identifier),
        description: interface.description,
        requester_id: interface.requester_id,
        attachment: interface.attachment.map(|attachment| ec2::InterfaceAttachment {
            instance_id: attachment.instance_id,
            status: attachment.status.map(|status| status.as_str().to_owned()),
        }),
        status: interface.status.map(|status| status.as_str().to_owned()),
    }
}

fn block_public_access(states: sdk::BlockPublicAccessStates) -> ec2::BlockPublicAccess {
    ec2::BlockPublicAccess { internet_gateway_block_mode: states.internet_gateway_block_mode.map(|mode| mode.as_str().to_owned()) }
}

pub(super) fn subnet(subnet: sdk::Subnet) -> ec2::Subnet {
    ec2::Subnet {
        subnet_id: subnet.subnet_id.unwrap_or_default(),
        vpc_id: subnet.vpc_id,
        cidr_block: subnet.cidr_block,
        ipv6_cidr_block_association_set: each(subnet.ipv6_cidr_block_association_set, |block| ec2::Ipv6Block {
            ipv6_cidr_block: block.ipv6_cidr_block,
            ipv6_address_attribute: block.ipv6_address_attribute.map(|attribute| attribute.as_str().to_owned()),
        }),
        owner_id: subnet.owner_id,
        availability_zone: subnet.availability_zone,
        map_public_ip_on_launch: subnet.map_public_ip_on_launch,
        block_public_access_states: subnet.block_public_access_states.map(block_public_access),
        tags: each(subnet.tags, tag),
    }
}

pub(super) fn vpc(vpc: sdk::Vpc) -> ec2::Vpc {
    ec2::Vpc {
        vpc_id: vpc.vpc_id.unwrap_or_default(),
        cidr_block: vpc.cidr_block,
        cidr_block_association_set: each(vpc.cidr_block_association_set, |block| ec2::Ipv4Block { cidr_block: block.cidr_block }),
        ipv6_cidr_block_association_set: each(vpc.ipv6_cidr_block_association_set, |block| ec2::Ipv6Block {
            ipv6_cidr_block: block.ipv6_cidr_block,
            ipv6_address_attribute: block.ipv6_address_attribute.map(|attribute| attribute.as_str().to_owned()),
        }),
        is_default: vpc.is_default,
        owner_id: vpc.owner_id,
        block_public_access_states: vpc.block_public_access_states.map(block_public_access),
        tags: each(vpc.tags, tag),
    }
}

pub(super) fn route_table(table: sdk::RouteTable) -> ec2::RouteTable {
    ec2::RouteTable {
        route_table_id: table.route_table_id.unwrap_or_default(),
        vpc_id: table.vpc_id,
        associations: each(table.associations, |association| ec2::RouteTableAssociation {
            route_table_association_id: association.route_table_association_id,
            main: association.main,
            subnet_id: association.subnet_id,
            gateway_id: association.gateway_id,
        }),
        routes: each(table.routes, |route| ec2::Route {
            destination_cidr_block: route.destination_cidr_block,
            destination_ipv6_cidr_block: route.destination_ipv6_cidr_block,
            destination_prefix_list_id: route.destination_prefix_list_id,
            gateway_id: route.gateway_id,
            nat_gateway_id: route.nat_gateway_id,
            egress_only_internet_gateway_id: route.egress_only_internet_gateway_id,
            transit_gateway_id: route.transit_gateway_id,
            vpc_peering_connection_id: route.vpc_peering_connection_id,
            network_interface_id: route.network_interface_id,
            instance_id: route.instance_id,
            state: route.state.map(|state| state.as_str().to_owned()),
        }),
    }
}

pub(super) fn network_acl(acl: sdk::NetworkAcl) -> ec2::NetworkAcl {
    ec2::NetworkAcl {
        network_acl_id: acl.network_acl_id.unwrap_or_default(),
        vpc_id: acl.vpc_id,
        is_default: acl.is_default,
        associations: each(acl.associations, |association| ec2::NetworkAclAssociation {
            network_acl_association_id: association.network_acl_association_id,
            subnet_id: association.subnet_id,
        }),
        entries: each(acl.entries, |entry| ec2::NetworkAclEntry {
            rule_number: entry.rule_number.map(i64::from),
            protocol: entry.protocol,
            rule_action: entry.rule_action.map(|action| action.as_str().to_owned()),
            egress: entry.egress,
            cidr_block: entry.cidr_block,
            ipv6_cidr_block: entry.ipv6_cidr_block,
            port_range: entry.port_range.map(|range| ec2::PortRange { from: range.from.map(i64::from), to: range.to.map(i64::from) }),
        }),
    }
}

pub(super) fn instance(instance: sdk::Instance) -> ec2::Instance {
    ec2::Instance {
        instance_id: instance.instance_id.unwrap_or_default(),
        image_id: instance.image_id,
        vpc_id: instance.vpc_id,
        subnet_id: instance.subnet_id,
        private_ip_address: instance.private_ip_address,
        public_ip_address: instance.public_ip_address,
        ipv6_address: instance.ipv6_address,
        iam_instance_profile: instance.iam_instance_profile.map(|profile| ec2::InstanceProfileReference { arn: profile.arn }),
        metadata_options: instance.metadata_options.map(|options| ec2::MetadataOptions {
            http_tokens: options.http_tokens.map(|tokens| tokens.as_str().to_owned()),
            http_endpoint: options.http_endpoint.map(|endpoint| endpoint.as_str().to_owned()),
            http_put_response_hop_limit: options.http_put_response_hop_limit.map(i64::from),
        }),
        security_groups: each(instance.security_groups, group_identifier),
        state: instance.state.map(|state| ec2::InstanceState { name: state.name.map(|name| name.as_str().to_owned()) }),
        tags: each(instance.tags, tag),
    }
}

pub(super) fn vpc_endpoint(endpoint: sdk::VpcEndpoint) -> ec2::VpcEndpoint {
    ec2::VpcEndpoint {
        vpc_endpoint_id: endpoint.vpc_endpoint_id.unwrap_or_default(),
        vpc_endpoint_type: endpoint.vpc_endpoint_type.map(|kind| kind.as_str().to_owned()),
        vpc_id: endpoint.vpc_id,
        service_name: endpoint.service_name,
        state: endpoint.state.map(|state| state.as_str().to_owned()),
        policy_document: endpoint.policy_document,
        route_table_ids: endpoint.route_table_ids.unwrap_or_default(),
        subnet_ids: endpoint.subnet_ids.unwrap_or_default(),
        groups: each(endpoint.groups, |group| ec2::GroupIdentifier {
            group_id: group.group_id.unwrap_or_default(),
            group_name: group.group_name,
        }),
        network_interface_ids: endpoint.network_interface_ids.unwrap_or_default(),
        private_dns_enabled: endpoint.private_dns_enabled,
    }
}

/// A prefix list without its entries, which another call gives.
pub(super) fn prefix_list(list: sdk::ManagedPrefixList) -> ec2::PrefixList {
    ec2::PrefixList {
        prefix_list_id: list.prefix_list_id.unwrap_or_default(),
        prefix_list_name: list.prefix_list_name,
        address_family: list.address_family,
        owner_id: list.owner_id,
        entries: None,
    }
}
