//! The shop's network: one VPC, a public and an inner subnet, groups, a load balancer.

use aws_sdk_ec2::types::{
    AttributeBooleanValue, IpPermission, IpRange, ResourceType, Tag, TagSpecification, UserIdGroupPair, VpcEndpointType,
};
use aws_sdk_ecs::types::LoadBalancer;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, ProtocolEnum, TargetTypeEnum,
};

use crate::aws::{Aws, REGION};

/// Identifiers of the network.
pub(crate) struct Network {
    pub(crate) vpc: String,
    pub(crate) public_subnet: String,
    pub(crate) app_subnet: String,
    pub(crate) web_group: String,
    pub(crate) worker_group: String,
    target_group: String,
}

impl Network {
    /// How the storefront is found by the load balancer.
    pub(super) fn behind_the_load_balancer(&self) -> LoadBalancer {
        LoadBalancer::builder().target_group_arn(&self.target_group).container_name("web").container_port(8080).build()
    }

    /// Lets the whole internet in to the storefront's port; gives the rule's id.
    pub(crate) async fn open(&self, aws: &Aws) -> String {
        let permission = port(8080).ip_ranges(anywhere()).build();
        let opened = aws.ec2.authorize_security_group_ingress().group_id(&self.web_group).ip_permissions(permission).send().await;
        let opened = opened.expect("an open group");
        opened.security_group_rules().first().and_then(|rule| rule.security_group_rule_id()).expect("a rule").to_owned()
    }

    /// Takes that back.
    pub(crate) async fn close(&self, aws: &Aws, rule: &str) {
        let closed = aws.ec2.revoke_security_group_ingress().group_id(&self.web_group).security_group_rule_ids(rule).send().await;
        closed.expect("a closed group");
    }
}

pub(super) async fn provision(aws: &Aws) -> Network {
    let ec2 = &aws.ec2;
    let vpc = ec2.create_vpc().cidr_block("10.20.0.0/16").send().await.expect("a VPC");
    let vpc = vpc.vpc().and_then(|vpc| vpc.vpc_id()).expect("its id").to_owned();
    let yes = AttributeBooleanValue::builder().value(true).build();
    ec2.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(yes).send().await.expect("host names");

    let public_subnet = subnet(aws, &vpc, "10.20.0.0/24", "a").await;
    let other_subnet = subnet(aws, &vpc, "10.20.1.0/24", "b").await;
    let app_subnet = subnet(aws, &vpc, "10.20.10.0/24", "a").await;

    let gateway = ec2.create_internet_gateway().send().await.expect("a gateway");
    let gateway = gateway.internet_gateway().and_then(|gateway| gateway.internet_gateway_id()).expect("its id").to_owned();
    ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc).send().await.expect("an attached gateway");
    let table = ec2.create_route_table().vpc_id(&vpc).send().await.expect("a route table");
    let table = table.route_table().and_then(|table| table.route_table_id()).expect("its id").to_owned();
    ec2.create_route().route_table_id(&table).destination_cidr_block("0.0.0.0/0").gateway_id(&gateway).send().await.expect("a route");
    for subnet in [&public_subnet, &other_subnet] {
        ec2.associate_route_table().route_table_id(&table).subnet_id(subnet).send().await.expect("an association");
    }
    ec2.create_vpc_endpoint()
        .vpc_id(&vpc)
        .service_name(format!("com.amazonaws.{REGION}.s3"))
        .vpc_endpoint_type(VpcEndpointType::Gateway)
        .route_table_ids(&table)
        .send()
        .await
        .expect("an endpoint");

    let door_group = group(aws, &vpc, "shop-door").await;
    let web_group = group(aws, &vpc, "shop-web").await;
    let worker_group = group(aws, &vpc, "shop-workers").await;
    admit(aws, &door_group, port(80).ip_ranges(anywhere()).build()).await;
    admit(aws, &web_group, port(8080).user_id_group_pairs(UserIdGroupPair::builder().group_id(&door_group).build()).build()).await;

    let target_group = load_balancer(aws, &vpc, [&public_subnet, &other_subnet], &door_group).await;
    Network { vpc, public_subnet, app_subnet, web_group, worker_group, target_group }
}

async fn load_balancer(aws: &Aws, vpc: &str, subnets: [&String; 2], group: &str) -> String {
    let elb = &aws.elb;
    let made = elb
        .create_load_balancer()
        .name("shop")
        .set_subnets(Some(subnets.map(String::clone).to_vec()))
        .security_groups(group)
        .scheme(LoadBalancerSchemeEnum::InternetFacing)
        .r#type(LoadBalancerTypeEnum::Application)
        .send()
        .await
        .expect("a load balancer");
    let arn = made.load_balancers().first().and_then(|one| one.load_balancer_arn()).expect("its ARN").to_owned();
    let targets = elb
        .create_target_group()
        .name("storefront")
        .protocol(ProtocolEnum::Http)
        .port(8080)
        .vpc_id(vpc)
        .target_type(TargetTypeEnum::Ip)
        .send()
        .await
        .expect("a target group");
    let target = targets.target_groups().first().and_then(|one| one.target_group_arn()).expect("its ARN").to_owned();
    let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(&target).build();
    elb.create_listener()
        .load_balancer_arn(&arn)
        .protocol(ProtocolEnum::Http)
        .port(80)
        .default_actions(forward)
        .send()
        .await
        .expect("a listener");
    target
}

async fn subnet(aws: &Aws, vpc: &str, range: &str, zone: &str) -> String {
    let made =
        aws.ec2.create_subnet().vpc_id(vpc).cidr_block(range).availability_zone(format!("{REGION}{zone}")).send().await.expect("a subnet");
    made.subnet().and_then(|subnet| subnet.subnet_id()).expect("its id").to_owned()
}

async fn group(aws: &Aws, vpc: &str, name: &str) -> String {
    let tags =
        TagSpecification::builder().resource_type(ResourceType::SecurityGroup).tags(Tag::builder().key("team").value("shop").build());
    let request = aws.ec2.create_security_group().vpc_id(vpc).group_name(name).description(name).tag_specifications(tags.build());
    request.send().await.expect("a group").group_id().expect("its id").to_owned()
}

async fn admit(aws: &Aws, group: &str, permission: IpPermission) {
    aws.ec2.authorize_security_group_ingress().group_id(group).ip_permissions(permission).send().await.expect("a rule");
}

fn port(port: i32) -> aws_sdk_ec2::types::builders::IpPermissionBuilder {
    IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port)
}

fn anywhere() -> IpRange {
    IpRange::builder().cidr_ip("0.0.0.0/0").build()
}
