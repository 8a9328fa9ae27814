//! What workloads live in: clusters, networks, load balancers, hosts, shared roles.

use serde_json::{Value, json};

use super::{ACCOUNT, Dice, Documents, arn, cluster_name, id, role_arn};

/// Places for tasks on one container instance.
const TASKS_PER_HOST: u8 = 8;
/// Attributes of a container instance that the checks ask for.
const ATTRIBUTES: &[&str] = &[
    "com.amazonaws.ecs.capability.task-iam-role",
    "com.amazonaws.ecs.capability.task-iam-role-network-host",
    "ecs.capability.task-eni-block-instance-metadata",
];

pub(super) fn provider(cluster: usize) -> String {
    format!("{}-hosts", cluster_name(cluster))
}

pub(super) fn vpc(cluster: usize) -> String {
    id("vpc", 1, cluster)
}

/// A subnet of a cluster's VPC: 0 and 1 are public, 2 to 5 private.
pub(super) fn subnet(cluster: usize, n: usize) -> String {
    id("subnet", 2, cluster * 6 + n)
}

pub(super) fn balancer(cluster: usize) -> String {
    arn("elasticloadbalancing", &format!("loadbalancer/app/{}/{:016x}", cluster_name(cluster), Dice::of(cluster, 3).0))
}

pub(super) fn balancer_group(cluster: usize) -> String {
    id("sg", 4, cluster)
}

pub(super) fn team_group(team: usize) -> String {
    id("sg", 5, team)
}

pub(super) fn trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    }]})
}

pub(super) fn add(estate: &mut Documents, cluster: usize) {
    let name = cluster_name(cluster);
    let insights = if Dice::of(cluster, 10).percent(90) { "enhanced" } else { "disabled" };
    estate.push(
        "clusters",
        json!({
            "clusterArn": arn("ecs", &format!("cluster/{name}")), "clusterName": name, "status": "ACTIVE",
            "settings": [{"name": "containerInsights", "value": insights}],
            "configuration": {"executeCommandConfiguration": {"logging": "OVERRIDE", "logConfiguration": {"cloudWatchLogGroupName": format!("/ecs/exec/{name}")}}},
            "tags": [{"key": "Environment", "value": if cluster.is_multiple_of(2) { "production" } else { "staging" }}],
            "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]
        }),
    );
    estate.push(
        "capacityProviders",
        json!({"name": provider(cluster), "status": "ACTIVE", "autoScalingGroupProvider": {"autoScalingGroupArn": arn("autoscaling", &format!("autoScalingGroup::autoScalingGroupName/{name}"))}}),
    );
    network(estate, cluster);
    let balancer = balancer(cluster);
    estate.push(
        "LoadBalancers",
        json!({"LoadBalancerArn": balancer, "LoadBalancerName": name, "Scheme": "internet-facing", "Type": "application", "VpcId": vpc(cluster), "SecurityGroups": [balancer_group(cluster)]}),
    );
    group(estate, cluster, &balancer_group(cluster), &format!("{name}-public"));
    rule(estate, &balancer_group(cluster), 0, json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "0.0.0.0/0"}));
    estate.push(
        "RoleDetailList",
        json!({
            "RoleName": format!("{name}-hosts"), "Arn": role_arn(&format!("{name}-hosts")),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
            "InstanceProfileList": [{"InstanceProfileName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:instance-profile/{name}"), "Roles": []}],
            "RolePolicyList": [{"PolicyName": "agent", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ecs:DiscoverPollEndpoint", "ecs:Poll", "ecs:SubmitTaskStateChange"], "Resource": "*"}]}}],
            "AttachedManagedPolicies": []
        }),
    );
    estate.hosts.push((0, 0));
}

fn network(estate: &mut Documents, cluster: usize) {
    let vpc = vpc(cluster);
    let second = cluster % 200 + 20;
    estate.push("Vpcs", json!({"VpcId": vpc, "CidrBlock": format!("10.{second}.0.0/16"), "State": "available"}));
    for n in 0..6 {
        estate.push(
            "Subnets",
            json!({"SubnetId": subnet(cluster, n), "VpcId": vpc, "CidrBlock": format!("10.{second}.{}.0/20", n * 16), "MapPublicIpOnLaunch": false}),
        );
    }
    let associated =
        |range: std::ops::Range<usize>| range.map(|n| json!({"SubnetId": subnet(cluster, n), "Main": false})).collect::<Vec<_>>();
    let local = json!({"DestinationCidrBlock": format!("10.{second}.0.0/16"), "GatewayId": "local", "State": "active"});
    let out = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": id("igw", 6, cluster), "State": "active"});
    let nat = json!({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": id("nat", 7, cluster), "State": "active"});
    estate.push(
        "RouteTables",
        json!({"RouteTableId": id("rtb", 8, cluster * 3), "VpcId": vpc, "Associations": [{"Main": true}], "Routes": [local]}),
    );
    estate.push(
        "RouteTables",
        json!({"RouteTableId": id("rtb", 8, cluster * 3 + 1), "VpcId": vpc, "Associations": associated(0..2), "Routes": [local, out]}),
    );
    estate.push(
        "RouteTables",
        json!({"RouteTableId": id("rtb", 8, cluster * 3 + 2), "VpcId": vpc, "Associations": associated(2..6), "Routes": [local, nat]}),
    );
    let entry =
        |egress: bool| json!({"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": egress, "CidrBlock": "0.0.0.0/0"});
    estate.push(
        "NetworkAcls",
        json!({"NetworkAclId": id("acl", 9, cluster), "VpcId": vpc, "Associations": associated(0..6), "Entries": [entry(false), entry(true)]}),
    );
}

pub(super) fn group(estate: &mut Documents, cluster: usize, id: &str, name: &str) {
    estate.push("SecurityGroups", json!({"GroupId": id, "GroupName": name, "VpcId": vpc(cluster)}));
    let egress = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "0.0.0.0/0"});
    estate.push("SecurityGroupRules", ruled(id, "out", true, egress));
}

/// A rule of `group` that lets something in.
pub(super) fn rule(estate: &mut Documents, group: &str, n: usize, what: Value) {
    estate.push("SecurityGroupRules", ruled(group, &n.to_string(), false, what));
}

fn ruled(group: &str, suffix: &str, egress: bool, mut what: Value) -> Value {
    if let Some(what) = what.as_object_mut() {
        what.insert("SecurityGroupRuleId".into(), json!(group.replacen("sg-", "sgr-", 1) + suffix));
        what.insert("GroupId".into(), json!(group));
        what.insert("IsEgress".into(), json!(egress));
    }
    what
}

/// A container instance with room for one more task.
pub(super) fn host(estate: &mut Documents, cluster: usize) -> String {
    let (number, left) = estate.hosts.get(cluster).copied().unwrap_or_default();
    let (number, left) = if left == 0 { (number + 1, TASKS_PER_HOST) } else { (number, left) };
    let host = arn("ecs", &format!("container-instance/{}/{:032x}", cluster_name(cluster), number));
    if left == TASKS_PER_HOST {
        add_host(estate, cluster, cluster * 100_000 + number, &host);
    }
    if let Some(known) = estate.hosts.get_mut(cluster) {
        *known = (number, left - 1);
    }
    host
}

fn add_host(estate: &mut Documents, cluster: usize, number: usize, host: &str) {
    let instance = id("i", 11, number);
    let attributes: Vec<Value> = ATTRIBUTES.iter().map(|name| json!({"name": name})).collect();
    estate.push(
        "containerInstances",
        json!({"containerInstanceArn": host, "ec2InstanceId": instance, "capacityProviderName": provider(cluster), "status": "ACTIVE", "agentConnected": true, "attributes": attributes}),
    );
    // Hosts of one cluster come from one template.
    let tokens = if Dice::of(cluster, 12).percent(90) { "required" } else { "optional" };
    let name = cluster_name(cluster);
    estate.push(
        "Reservations",
        json!({"Instances": [{
            "InstanceId": instance, "SubnetId": subnet(cluster, 2), "VpcId": vpc(cluster),
            "IamInstanceProfile": {"Arn": format!("arn:aws:iam::{ACCOUNT}:instance-profile/{name}")},
            "MetadataOptions": {"HttpTokens": tokens, "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1},
            "SecurityGroups": [{"GroupId": balancer_group(cluster)}]
        }]}),
    );
}

/// What is there once for the account.
pub(super) fn finish(estate: &mut Documents) {
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}]});
    estate.push(
        "Policies",
        json!({"PolicyName": "AmazonECSTaskExecutionRolePolicy", "Arn": "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy", "DefaultVersionId": "v1", "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}]}),
    );
    for (list, members) in [("tasks", "ecs"), ("containerInstances", "ecs"), ("NetworkInterfaces", "ec2"), ("Parameters", "ssm")] {
        // An answer without objects is an answer too.
        if !estate.lists.iter().any(|(name, _)| *name == list) && !members.is_empty() {
            estate.lists.push((list, Vec::new()));
        }
    }
}
