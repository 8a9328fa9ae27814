//! Amazon EC2 and VPC objects with field names as the AWS CLI prints them.
//!
//! Source: Amazon EC2 API Reference.

use serde::{Deserialize, Serialize};

use crate::lenient;

macro_rules! api {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field:meta])* pub $member:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "PascalCase", default)]
            pub struct $name { $($(#[$field])* pub $member: $type,)* }
        )*
    };
}
pub(crate) use api;

api! {
    /// A tag.
    pub struct Tag {
        /// Key.
        pub key: String,
        /// Value; absent where it was withheld because it holds a credential.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub value: Option<String>,
    }

    /// A security group (`DescribeSecurityGroups`); its rules are read apart, with their ids.
    pub struct SecurityGroup {
        /// `sg-…`.
        pub group_id: String,
        /// Name; `default` for the VPC's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub group_name: Option<String>,
        /// VPC.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_id: Option<String>,
        /// Account that owns it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub owner_id: Option<String>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// A rule of a security group (`DescribeSecurityGroupRules`).
    pub struct SecurityGroupRule {
        /// `sgr-…`.
        pub security_group_rule_id: String,
        /// Group the rule belongs to.
        pub group_id: String,
        /// Whether it is an outbound rule.
        pub is_egress: bool,
        /// `tcp`, `udp`, `icmp`, a number, or `-1` for every protocol.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub ip_protocol: Option<String>,
        /// First port; −1 for all.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub from_port: Option<i64>,
        /// Last port; −1 for all.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub to_port: Option<i64>,
        /// IPv4 range.
        #[serde(rename = "CidrIpv4", skip_serializing_if = "Option::is_none")]
        pub cidr_ipv4: Option<String>,
        /// IPv6 range.
        #[serde(rename = "CidrIpv6", skip_serializing_if = "Option::is_none")]
        pub cidr_ipv6: Option<String>,
        /// Prefix list.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub prefix_list_id: Option<String>,
        /// Referenced group.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub referenced_group_info: Option<ReferencedGroup>,
        /// Text of the customer.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub description: Option<String>,
    }

    /// A group referred to by a rule.
    pub struct ReferencedGroup {
        /// `sg-…`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub group_id: Option<String>,
        /// Account of the group, where it is another one.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub user_id: Option<String>,
        /// Peering connection the reference goes through.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_peering_connection_id: Option<String>,
    }

    /// A network interface (`DescribeNetworkInterfaces`).
    pub struct NetworkInterface {
        /// `eni-…`.
        pub network_interface_id: String,
        /// `interface`, `network_load_balancer`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub interface_type: Option<String>,
        /// VPC.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_id: Option<String>,
        /// Subnet.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub subnet_id: Option<String>,
        /// Primary private address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub private_ip_address: Option<String>,
        /// Private addresses with their public ones.
        #[serde(deserialize_with = "lenient::list")]
        pub private_ip_addresses: Vec<PrivateAddress>,
        /// IPv6 addresses.
        #[serde(rename = "Ipv6Addresses", deserialize_with = "lenient::list")]
        pub ipv6_addresses: Vec<Ipv6Address>,
        /// Public address of the primary private address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub association: Option<Association>,
        /// Security groups.
        #[serde(deserialize_with = "lenient::list")]
        pub groups: Vec<GroupIdentifier>,
        /// Text of the service that made it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub description: Option<String>,
        /// Account or service that made it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub requester_id: Option<String>,
        /// What it is attached to.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub attachment: Option<InterfaceAttachment>,
        /// `in-use`, `available`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
    }

    /// A private address of an interface.
    pub struct PrivateAddress {
        /// Address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub private_ip_address: Option<String>,
        /// Its public address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub association: Option<Association>,
    }

    /// A public address.
    pub struct Association {
        /// Address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub public_ip: Option<String>,
        /// Owner: account id, or `amazon`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub ip_owner_id: Option<String>,
    }

    /// An IPv6 address of an interface.
    pub struct Ipv6Address {
        /// Address.
        #[serde(rename = "Ipv6Address", skip_serializing_if = "Option::is_none")]
        pub ipv6_address: Option<String>,
    }

    /// A group an interface or instance carries.
    pub struct GroupIdentifier {
        /// `sg-…`.
        pub group_id: String,
        /// Name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub group_name: Option<String>,
    }

    /// What an interface is attached to.
    pub struct InterfaceAttachment {
        /// Instance.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub instance_id: Option<String>,
        /// `attached`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
    }

    /// A subnet (`DescribeSubnets`).
    pub struct Subnet {
        /// `subnet-…`.
        pub subnet_id: String,
        /// VPC.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_id: Option<String>,
        /// IPv4 range.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cidr_block: Option<String>,
        /// IPv6 ranges.
        #[serde(rename = "Ipv6CidrBlockAssociationSet", deserialize_with = "lenient::list")]
        pub ipv6_cidr_block_association_set: Vec<Ipv6Block>,
        /// Account that owns it; another one where it is shared.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub owner_id: Option<String>,
        /// Availability Zone.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub availability_zone: Option<String>,
        /// Whether instances get a public address by default.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub map_public_ip_on_launch: Option<bool>,
        /// Effective VPC block public access mode, exclusions applied.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub block_public_access_states: Option<BlockPublicAccess>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// An IPv6 range of a VPC or subnet.
    pub struct Ipv6Block {
        /// Range.
        #[serde(rename = "Ipv6CidrBlock", skip_serializing_if = "Option::is_none")]
        pub ipv6_cidr_block: Option<String>,
        /// `public` or `private`.
        #[serde(rename = "Ipv6AddressAttribute", skip_serializing_if = "Option::is_none")]
        pub ipv6_address_attribute: Option<String>,
    }

    /// VPC block public access.
    pub struct BlockPublicAccess {
        /// `off`, `block-ingress`, `block-bidirectional`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub internet_gateway_block_mode: Option<String>,
    }

    /// A VPC (`DescribeVpcs`).
    pub struct Vpc {
        /// `vpc-…`.
        pub vpc_id: String,
        /// Primary IPv4 range.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cidr_block: Option<String>,
        /// All IPv4 ranges.
        #[serde(deserialize_with = "lenient::list")]
        pub cidr_block_association_set: Vec<Ipv4Block>,
        /// IPv6 ranges.
        #[serde(rename = "Ipv6CidrBlockAssociationSet", deserialize_with = "lenient::list")]
        pub ipv6_cidr_block_association_set: Vec<Ipv6Block>,
        /// Whether it is the Region's default VPC.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub is_default: Option<bool>,
        /// Account that owns it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub owner_id: Option<String>,
        /// Effective VPC block public access mode.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub block_public_access_states: Option<BlockPublicAccess>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// An IPv4 range of a VPC.
    pub struct Ipv4Block {
        /// Range.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cidr_block: Option<String>,
    }

    /// A route table (`DescribeRouteTables`).
    pub struct RouteTable {
        /// `rtb-…`.
        pub route_table_id: String,
        /// VPC.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_id: Option<String>,
        /// Subnets and gateways it serves.
        #[serde(deserialize_with = "lenient::list")]
        pub associations: Vec<RouteTableAssociation>,
        /// Routes.
        #[serde(deserialize_with = "lenient::list")]
        pub routes: Vec<Route>,
    }

    /// Whom a route table serves.
    pub struct RouteTableAssociation {
        /// `rtbassoc-…`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub route_table_association_id: Option<String>,
        /// Whether it is the VPC's main table, used by subnets without one of their own.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub main: Option<bool>,
        /// Subnet.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub subnet_id: Option<String>,
        /// Gateway.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub gateway_id: Option<String>,
    }

    /// A route.
    pub struct Route {
        /// IPv4 destination.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub destination_cidr_block: Option<String>,
        /// IPv6 destination.
        #[serde(rename = "DestinationIpv6CidrBlock", skip_serializing_if = "Option::is_none")]
        pub destination_ipv6_cidr_block: Option<String>,
        /// Prefix list destination.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub destination_prefix_list_id: Option<String>,
        /// `igw-…`, `vgw-…`, `vpce-…`, `local`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub gateway_id: Option<String>,
        /// NAT gateway.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub nat_gateway_id: Option<String>,
        /// Egress-only internet gateway.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub egress_only_internet_gateway_id: Option<String>,
        /// Transit gateway.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub transit_gateway_id: Option<String>,
        /// Peering connection.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_peering_connection_id: Option<String>,
        /// Network interface.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub network_interface_id: Option<String>,
        /// Instance.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub instance_id: Option<String>,
        /// `active` or `blackhole`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub state: Option<String>,
    }

    /// A network ACL (`DescribeNetworkAcls`).
    pub struct NetworkAcl {
        /// `acl-…`.
        pub network_acl_id: String,
        /// VPC.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_id: Option<String>,
        /// Whether it is the VPC's default one.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub is_default: Option<bool>,
        /// Subnets it guards.
        #[serde(deserialize_with = "lenient::list")]
        pub associations: Vec<NetworkAclAssociation>,
        /// Entries; the lowest rule number that matches decides.
        #[serde(deserialize_with = "lenient::list")]
        pub entries: Vec<NetworkAclEntry>,
    }

    /// Whom a network ACL guards.
    pub struct NetworkAclAssociation {
        /// `aclassoc-…`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub network_acl_association_id: Option<String>,
        /// Subnet.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub subnet_id: Option<String>,
    }

    /// An entry of a network ACL.
    pub struct NetworkAclEntry {
        /// Order.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub rule_number: Option<i64>,
        /// Protocol number, `-1` for all.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub protocol: Option<String>,
        /// `allow` or `deny`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub rule_action: Option<String>,
        /// Whether it is outbound.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub egress: Option<bool>,
        /// IPv4 range.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cidr_block: Option<String>,
        /// IPv6 range.
        #[serde(rename = "Ipv6CidrBlock", skip_serializing_if = "Option::is_none")]
        pub ipv6_cidr_block: Option<String>,
        /// Ports; absent means all.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub port_range: Option<PortRange>,
    }

    /// Ports, both ends included.
    pub struct PortRange {
        /// First.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub from: Option<i64>,
        /// Last.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub to: Option<i64>,
    }

    /// An instance (`DescribeInstances`).
    pub struct Instance {
        /// `i-…`.
        pub instance_id: String,
        /// AMI.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub image_id: Option<String>,
        /// VPC.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_id: Option<String>,
        /// Subnet.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub subnet_id: Option<String>,
        /// Private address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub private_ip_address: Option<String>,
        /// Public address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub public_ip_address: Option<String>,
        /// First IPv6 address.
        #[serde(rename = "Ipv6Address", skip_serializing_if = "Option::is_none")]
        pub ipv6_address: Option<String>,
        /// Instance profile.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub iam_instance_profile: Option<InstanceProfileReference>,
        /// Instance metadata options.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub metadata_options: Option<MetadataOptions>,
        /// Security groups of the primary interface.
        #[serde(deserialize_with = "lenient::list")]
        pub security_groups: Vec<GroupIdentifier>,
        /// State.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub state: Option<InstanceState>,
        /// Tags.
        #[serde(deserialize_with = "lenient::list")]
        pub tags: Vec<Tag>,
    }

    /// Instance profile of an instance.
    pub struct InstanceProfileReference {
        /// ARN.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub arn: Option<String>,
    }

    /// Instance metadata options.
    pub struct MetadataOptions {
        /// `optional` (version 1 allowed) or `required`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub http_tokens: Option<String>,
        /// `enabled` or `disabled`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub http_endpoint: Option<String>,
        /// Network hops an answer may travel.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub http_put_response_hop_limit: Option<i64>,
    }

    /// State of an instance.
    pub struct InstanceState {
        /// `running`, `stopped`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
    }

    /// A VPC endpoint (`DescribeVpcEndpoints`).
    pub struct VpcEndpoint {
        /// `vpce-…`.
        pub vpc_endpoint_id: String,
        /// `Interface`, `Gateway`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_endpoint_type: Option<String>,
        /// VPC.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_id: Option<String>,
        /// `com.amazonaws.eu-west-1.s3`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub service_name: Option<String>,
        /// `available`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub state: Option<String>,
        /// Policy, as text.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::policy_text")]
        pub policy_document: Option<String>,
        /// Route tables of a gateway endpoint.
        #[serde(deserialize_with = "lenient::list")]
        pub route_table_ids: Vec<String>,
        /// Subnets of an interface endpoint.
        #[serde(deserialize_with = "lenient::list")]
        pub subnet_ids: Vec<String>,
        /// Groups of an interface endpoint.
        #[serde(deserialize_with = "lenient::list")]
        pub groups: Vec<GroupIdentifier>,
        /// Interfaces of an interface endpoint.
        #[serde(deserialize_with = "lenient::list")]
        pub network_interface_ids: Vec<String>,
        /// Whether the service's own name resolves to it.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean")]
        pub private_dns_enabled: Option<bool>,
    }

    /// A managed prefix list with its entries (`DescribeManagedPrefixLists`, `GetManagedPrefixListEntries`).
    pub struct PrefixList {
        /// `pl-…`.
        pub prefix_list_id: String,
        /// Name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub prefix_list_name: Option<String>,
        /// `IPv4` or `IPv6`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub address_family: Option<String>,
        /// Account that owns it, or `AWS`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub owner_id: Option<String>,
        /// Ranges; absent where they were not read.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub entries: Option<Vec<PrefixListEntry>>,
    }

    /// A range of a prefix list.
    pub struct PrefixListEntry {
        /// Range.
        pub cidr: String,
    }
}
