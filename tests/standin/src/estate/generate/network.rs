//! The VPC of generated estates, and what workloads get of it.

use serde_json::{Value, json};

use super::id;
use crate::estate::Estate;

/// Services behind one load balancer.
const BEHIND_A_BALANCER: usize = 50;
const ZONES: &[&str] = &["a", "b"];

pub(super) struct Network {
    seed: u64,
    vpc: String,
    pub(super) public: Vec<String>,
    pub(super) private: Vec<String>,
    balancer_group: String,
    host_group: String,
}

/// Where a task is attached.
pub(super) struct Interface {
    pub(super) id: String,
    pub(super) subnet: String,
    pub(super) address: String,
}

impl Network {
    /// VPC, subnets, routes, network ACL, a prefix list, an endpoint, and the groups of load
    /// balancers and hosts.
    pub(super) fn lay(estate: &mut Estate, seed: u64) -> Self {
        let vpc = id("vpc", 0, seed);
        let owner = estate.account.clone();
        estate.vpcs.insert(
            vpc.clone(),
            json!({"VpcId": vpc, "OwnerId": owner, "CidrBlock": "10.0.0.0/8", "State": "available", "IsDefault": false,
                "InstanceTenancy": "default",
                "CidrBlockAssociationSet": [{"AssociationId": id("vpc-cidr-assoc", 0, seed), "CidrBlock": "10.0.0.0/8",
                "CidrBlockState": {"State": "associated"}}],
                "Tags": [{"Key": "Name", "Value": "generated"}]}),
        );
        let mut network =
            Self { seed, vpc, public: Vec::new(), private: Vec::new(), balancer_group: String::new(), host_group: String::new() };
        for (n, zone) in ZONES.iter().enumerate() {
            let public = network.subnet(estate, n, zone, true);
            let private = network.subnet(estate, n + ZONES.len(), zone, false);
            network.public.push(public);
            network.private.push(private);
        }
        network.routes(estate, 0, &network.public, &json!({"GatewayId": id("igw", 0, seed)}));
        network.routes(estate, 1, &network.private, &json!({"NatGatewayId": id("nat", 0, seed)}));
        network.acl(estate);
        network.prefix_list_and_endpoint(estate);
        network.balancer_group = network.plain_group(estate, 0, "generated-balancers", &json!({"CidrIpv4": "0.0.0.0/0"}), 443);
        network.host_group = network.plain_group(estate, 1, "generated-hosts", &json!({"CidrIpv4": "10.0.0.0/8"}), 8080);
        network
    }

    fn subnet(&self, estate: &mut Estate, n: usize, zone: &str, public: bool) -> String {
        let subnet = id("subnet", n, self.seed);
        let value = json!({"SubnetId": subnet, "VpcId": self.vpc, "OwnerId": estate.account,
            "CidrBlock": format!("10.{}.0.0/12", n * 16), "State": "available",
            "AvailabilityZone": format!("{}{zone}", estate.region), "AvailableIpAddressCount": 1_000_000, "MapPublicIpOnLaunch": public,
            "AssignIpv6AddressOnCreation": false, "Ipv6CidrBlockAssociationSet": [], "Tags": [], "DefaultForAz": false,
            "SubnetArn": estate.arn("ec2", &format!("subnet/{subnet}"))});
        estate.subnets.insert(subnet.clone(), value);
        subnet
    }

    fn routes(&self, estate: &mut Estate, n: usize, subnets: &[String], out: &Value) {
        let table = id("rtb", n, self.seed);
        let associations: Vec<Value> = subnets
            .iter()
            .enumerate()
            .map(|(k, subnet)| {
                let association = id("rtbassoc", n * 10 + k, self.seed);
                json!({"Main": false, "RouteTableAssociationId": association, "RouteTableId": table, "SubnetId": subnet,
                    "AssociationState": {"State": "associated"}})
            })
            .collect();
        let mut way = json!({"DestinationCidrBlock": "0.0.0.0/0", "Origin": "CreateRoute", "State": "active"});
        if let (Some(way), Some(out)) = (way.as_object_mut(), out.as_object()) {
            way.extend(out.clone());
        }
        let local = json!({"DestinationCidrBlock": "10.0.0.0/8", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"});
        let value = json!({"RouteTableId": table, "VpcId": self.vpc, "OwnerId": estate.account, "Associations": associations,
            "PropagatingVgws": [],
            "Routes": [local, way], "Tags": []});
        estate.route_tables.insert(table, value);
    }

    fn acl(&self, estate: &mut Estate) {
        let acl = id("acl", 0, self.seed);
        let entry = |egress: bool, number: u32, action: &str| json!({"CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": action, "RuleNumber": number});
        let associations: Vec<Value> = estate
            .subnets
            .keys()
            .enumerate()
            .map(|(n, subnet)| json!({"NetworkAclAssociationId": id("aclassoc", n, self.seed), "NetworkAclId": acl, "SubnetId": subnet}))
            .collect();
        let entries = [entry(true, 100, "allow"), entry(true, 32767, "deny"), entry(false, 100, "allow"), entry(false, 32767, "deny")];
        let value = json!({"NetworkAclId": acl, "VpcId": self.vpc, "OwnerId": estate.account, "IsDefault": true,
            "Associations": associations,
            "Entries": entries, "Tags": []});
        estate.network_acls.insert(acl, value);
    }

    fn prefix_list_and_endpoint(&self, estate: &mut Estate) {
        let list = id("pl", 0, self.seed);
        let name = format!("com.amazonaws.{}.s3", estate.region);
        let value = json!({"PrefixListId": list, "PrefixListName": name, "AddressFamily": "IPv4", "State": "create-complete",
            "OwnerId": "AWS", "Tags": [],
            "PrefixListArn": format!("arn:aws:ec2:{}:aws:prefix-list/{list}", estate.region)});
        estate.prefix_lists.insert(list.clone(), value);
        estate.prefix_list_entries.insert(list.clone(), json!([{"Cidr": "52.218.0.0/17"}, {"Cidr": "3.5.64.0/21"}]));
        let endpoint = id("vpce", 0, self.seed);
        let document =
            json!({"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
        let tables: Vec<&String> = estate.route_tables.keys().collect();
        let value = json!({"VpcEndpointId": endpoint, "VpcEndpointType": "Gateway", "VpcId": self.vpc, "ServiceName": name,
            "State": "available",
            "PolicyDocument": document.to_string(), "RouteTableIds": tables, "SubnetIds": [], "Groups": [], "PrivateDnsEnabled": false,
            "RequesterManaged": false, "NetworkInterfaceIds": [], "DnsEntries": [], "CreationTimestamp": "2026-01-12T09:00:00+00:00",
            "Tags": [], "OwnerId": estate.account});
        let through = json!({"DestinationPrefixListId": list, "GatewayId": endpoint, "Origin": "CreateRoute", "State": "active"});
        for table in estate.route_tables.values_mut() {
            if let Some(routes) = table.get_mut("Routes").and_then(Value::as_array_mut) {
                routes.push(through.clone());
            }
        }
        estate.vpc_endpoints.insert(endpoint, value);
    }

    fn rule(&self, estate: &mut Estate, group: &str, egress: bool, (from, to): (i32, i32), peer: &Value) {
        let rule = id("sgr", estate.security_group_rules.len(), self.seed);
        let protocol = if from < 0 { "-1" } else { "tcp" };
        let mut value = json!({"SecurityGroupRuleId": rule, "GroupId": group, "GroupOwnerId": estate.account, "IsEgress": egress,
            "IpProtocol": protocol,
            "FromPort": from, "ToPort": to, "Tags": []});
        if let (Some(members), Some(peer)) = (value.as_object_mut(), peer.as_object()) {
            members.extend(peer.clone());
        }
        estate.security_group_rules.insert(rule, value);
    }

    fn plain_group(&self, estate: &mut Estate, n: usize, name: &str, from: &Value, port: i32) -> String {
        let group = id("sg", n, self.seed);
        // The rules are told by DescribeSecurityGroupRules; a group's own form of them is left out.
        let value = json!({"GroupId": group, "GroupName": name, "Description": name, "VpcId": self.vpc, "OwnerId": estate.account,
            "Tags": [],
            "SecurityGroupArn": estate.arn("ec2", &format!("security-group/{group}"))});
        estate.security_groups.insert(group.clone(), value);
        self.rule(estate, &group, false, (port, port), from);
        self.rule(estate, &group, true, (-1, -1), &json!({"CidrIpv4": "0.0.0.0/0"}));
        group
    }

    /// The workload's group: open to load balancers, or to everybody.
    pub(super) fn group(&self, estate: &mut Estate, n: usize, open: bool) -> String {
        let from = if open {
            json!({"CidrIpv4": "0.0.0.0/0"})
        } else {
            json!({"ReferencedGroupInfo": {"GroupId": self.balancer_group, "UserId": estate.account}})
        };
        self.plain_group(estate, n + 2, &format!("generated-{n:05}"), &from, 8080)
    }

    /// The task's network interface.
    pub(super) fn interface(&self, estate: &mut Estate, n: usize, group: &str, public: bool) -> Interface {
        let subnets = if public { &self.public } else { &self.private };
        let subnet = subnets.get(n % subnets.len().max(1)).cloned().unwrap_or_default();
        let base = if public { n % 2 * 16 } else { (n % 2 + 2) * 16 };
        let address = format!("10.{}.{}.{}", base + n / 62_500, n / 250 % 250, n % 250 + 4);
        let eni = id("eni", n, self.seed);
        let mut value = json!({"NetworkInterfaceId": eni, "SubnetId": subnet, "VpcId": self.vpc, "OwnerId": estate.account,
            "Status": "in-use",
            "InterfaceType": "interface", "Description": format!("arn:aws:ecs:{}:{}:attachment/attachment-{n}", estate.region, estate.account),
            "Groups": [{"GroupId": group, "GroupName": format!("generated-{n:05}")}], "PrivateIpAddress": address, "Ipv6Addresses": [],
            "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": address}], "RequesterManaged": true, "SourceDestCheck": true,
            "TagSet": []});
        if public && let Some(members) = value.as_object_mut() {
            let ip = format!("203.0.113.{}", n % 250 + 1);
            members.insert("Association".into(), json!({"PublicIp": ip, "IpOwnerId": "amazon", "PublicDnsName": ""}));
        }
        estate.network_interfaces.insert(eni.clone(), value);
        Interface { id: eni, subnet, address }
    }

    /// Every other service stands behind a load balancer, which is made for the first.
    pub(super) fn target_group(&self, estate: &mut Estate, n: usize, name: &str) -> Option<String> {
        if !n.is_multiple_of(2) {
            return None;
        }
        let balancer = n / BEHIND_A_BALANCER;
        let (suffix, load) = (format!("{:016x}", super::mixed(balancer as u64)), format!("generated-{balancer:04}"));
        let balancer_arn = estate.arn("elasticloadbalancing", &format!("loadbalancer/app/{load}/{suffix}"));
        let target = estate.arn("elasticloadbalancing", &format!("targetgroup/{name}/{:016x}", super::mixed(n as u64)));
        if !estate.load_balancers.contains_key(&balancer_arn) {
            let zones: Vec<Value> = self.public.iter().map(|subnet| json!({"SubnetId": subnet, "LoadBalancerAddresses": []})).collect();
            let value = json!({"LoadBalancerArn": balancer_arn, "LoadBalancerName": load,
                "DNSName": format!("{load}.{}.elb.amazonaws.com", estate.region),
                "Scheme": if balancer.is_multiple_of(2) { "internet-facing" } else { "internal" }, "VpcId": self.vpc,
                "State": {"Code": "active"}, "Type": "application",
                "AvailabilityZones": zones, "SecurityGroups": [self.balancer_group], "IpAddressType": "ipv4",
                "CreatedTime": "2026-01-12T09:00:00+00:00"});
            estate.load_balancers.insert(balancer_arn.clone(), value);
            let listener = format!("{}/{suffix}", balancer_arn.replace(":loadbalancer/", ":listener/"));
            let value = json!({"ListenerArn": listener, "LoadBalancerArn": balancer_arn, "Port": 443, "Protocol": "HTTPS",
                "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "DefaultActions": [{"Type": "forward", "TargetGroupArn": target}]});
            estate.listeners.insert(listener, value);
        }
        let value = json!({"TargetGroupArn": target, "TargetGroupName": name, "Protocol": "HTTP", "Port": 8080, "VpcId": self.vpc,
            "TargetType": "ip",
            "HealthCheckProtocol": "HTTP", "HealthCheckPort": "traffic-port", "HealthCheckEnabled": true,
            "LoadBalancerArns": [balancer_arn]});
        estate.target_groups.insert(target.clone(), value);
        Some(target)
    }

    /// An instance for containers.
    pub(super) fn instance(&self, estate: &mut Estate, n: usize) -> String {
        let instance = id("i", n, self.seed);
        let root = format!("arn:{}:iam::{}", estate.partition, estate.account);
        let tokens = if n.is_multiple_of(3) { "optional" } else { "required" };
        let address = format!("10.32.{}.{}", 251 + n / 200 % 4, n % 200 + 4);
        let value = json!({"InstanceId": instance, "ImageId": id("ami", 0, self.seed), "InstanceType": "m6i.4xlarge", "VpcId": self.vpc,
            "SubnetId": self.private.first(), "State": {"Code": 16, "Name": "running"}, "PrivateIpAddress": address,
            "LaunchTime": "2026-10-05T08:00:00+00:00",
            "IamInstanceProfile": {"Arn": format!("{root}:instance-profile/generated-instance"), "Id": "AIPA00000000000000000"},
            "SecurityGroups": [{"GroupId": self.host_group, "GroupName": "generated-hosts"}],
            "MetadataOptions": {"State": "applied", "HttpTokens": tokens, "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled",
            "HttpProtocolIpv6": "disabled",
                "InstanceMetadataTags": "disabled"},
            "NetworkInterfaces": [], "Tags": [{"Key": "Name", "Value": "generated"}]});
        estate.instances.insert(instance.clone(), value);
        instance
    }
}
