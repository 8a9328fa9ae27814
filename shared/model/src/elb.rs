//! Elastic Load Balancing (v2) objects with field names as the AWS CLI prints them.
//!
//! Source: Elastic Load Balancing API Reference, version 2015-12-01.

use serde::{Deserialize, Serialize};

use crate::ec2::api;
use crate::lenient;

api! {
    /// An Application, Network or Gateway Load Balancer (`DescribeLoadBalancers`).
    pub struct LoadBalancer {
        /// ARN.
        pub load_balancer_arn: String,
        /// Name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub load_balancer_name: Option<String>,
        /// DNS name.
        #[serde(rename = "DNSName", skip_serializing_if = "Option::is_none")]
        pub dns_name: Option<String>,
        /// `internet-facing` or `internal`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub scheme: Option<String>,
        /// `application`, `network`, `gateway`.
        #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
        pub kind: Option<String>,
        /// VPC.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_id: Option<String>,
        /// Security groups; a Network Load Balancer may have none.
        #[serde(deserialize_with = "lenient::list")]
        pub security_groups: Vec<String>,
        /// Zones and subnets.
        #[serde(deserialize_with = "lenient::list")]
        pub availability_zones: Vec<LoadBalancerZone>,
        /// `ipv4`, `dualstack`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub ip_address_type: Option<String>,
    }

    /// A zone of a load balancer.
    pub struct LoadBalancerZone {
        /// Zone.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub zone_name: Option<String>,
        /// Subnet.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub subnet_id: Option<String>,
    }

    /// A listener (`DescribeListeners`).
    pub struct Listener {
        /// ARN.
        pub listener_arn: String,
        /// Load balancer it belongs to.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub load_balancer_arn: Option<String>,
        /// Port.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub port: Option<i64>,
        /// `HTTP`, `HTTPS`, `TCP`, `TLS`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub protocol: Option<String>,
        /// TLS policy.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub ssl_policy: Option<String>,
        /// What happens by default.
        #[serde(deserialize_with = "lenient::list")]
        pub default_actions: Vec<Action>,
    }

    /// An action of a listener or rule.
    pub struct Action {
        /// `forward`, `redirect`, `fixed-response`, `authenticate-oidc`, …
        #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
        pub kind: Option<String>,
        /// Target group, with `forward`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub target_group_arn: Option<String>,
    }

    /// A target group (`DescribeTargetGroups`).
    pub struct TargetGroup {
        /// ARN.
        pub target_group_arn: String,
        /// Name.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub target_group_name: Option<String>,
        /// Protocol towards the targets.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub protocol: Option<String>,
        /// Port towards the targets.
        #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer")]
        pub port: Option<i64>,
        /// VPC.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub vpc_id: Option<String>,
        /// `ip`, `instance`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        pub target_type: Option<String>,
        /// Load balancers that forward to it.
        #[serde(deserialize_with = "lenient::list")]
        pub load_balancer_arns: Vec<String>,
        /// Port of the health check, or `traffic-port`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub health_check_port: Option<String>,
    }
}
