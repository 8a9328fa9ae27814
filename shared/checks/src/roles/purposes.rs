//! What ECS needs of the roles by which it acts itself: for instances, volumes, load balancers, Service
//! Connect, VPC Lattice and Express services.
//!
//! Any such role may be used for any of these purposes, since not every field that names one is known. How
//! far the resources of a purpose reach is not judged, but for secrets.
//! Source: AWS Managed Policy Reference, the policies whose names begin with
//! `AmazonECSInfrastructureRole`, and `AmazonEC2ContainerServiceRole`.

use wallwalk_iam::generate::{Need, Purpose};
use wallwalk_iam::{catalogue, glob};

/// Actions and patterns of them.
const ANYWHERE: &[&str] = &[
    "acm-pca:DescribeCertificateAuthority",
    "acm-pca:GetCertificate",
    "acm-pca:GetCertificateAuthorityCertificate",
    "acm-pca:IssueCertificate",
    "acm:AddTagsToCertificate",
    "acm:DeleteCertificate",
    "acm:DescribeCertificate",
    "acm:RequestCertificate",
    "application-autoscaling:DeleteScalingPolicy",
    "application-autoscaling:DeregisterScalableTarget",
    "application-autoscaling:Describe*",
    "application-autoscaling:PutScalingPolicy",
    "application-autoscaling:RegisterScalableTarget",
    "application-autoscaling:TagResource",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStackResources",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricAlarm",
    "cloudwatch:TagResource",
    "ec2:AttachVolume",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateFleet",
    "ec2:CreateLaunchTemplate",
    "ec2:CreateLaunchTemplateVersion",
    "ec2:CreateSecurityGroup",
    "ec2:CreateTags",
    "ec2:CreateVolume",
    "ec2:DeleteSecurityGroup",
    "ec2:DeleteVolume",
    "ec2:Describe*",
    "ec2:DetachVolume",
    "ec2:ModifyLaunchTemplate",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:RunInstances",
    "elasticloadbalancing:AddListenerCertificates",
    "elasticloadbalancing:AddTags",
    "elasticloadbalancing:CreateListener",
    "elasticloadbalancing:CreateLoadBalancer",
    "elasticloadbalancing:CreateRule",
    "elasticloadbalancing:CreateTargetGroup",
    "elasticloadbalancing:DeleteListener",
    "elasticloadbalancing:DeleteLoadBalancer",
    "elasticloadbalancing:DeleteRule",
    "elasticloadbalancing:DeleteTargetGroup",
    "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:Describe*",
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:ModifyRule",
    "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
    "elasticloadbalancing:RegisterTargets",
    "elasticloadbalancing:RemoveListenerCertificates",
    "iam:CreateServiceLinkedRole",
    "iam:PassRole",
    "logs:CreateLogGroup",
    "logs:DescribeLogGroups",
    "logs:TagResource",
    "resource-groups:ListGroupResources",
    "tag:GetResources",
    "vpc-lattice:DeregisterTargets",
    "vpc-lattice:GetTargetGroup",
    "vpc-lattice:ListTargets",
    "vpc-lattice:RegisterTargets",
];

/// On the secrets that Service Connect keeps its certificates in.
const SECRETS: &[&str] = &[
    "secretsmanager:CreateSecret",
    "secretsmanager:DeleteSecret",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:RotateSecret",
    "secretsmanager:TagResource",
    "secretsmanager:UpdateSecret",
    "secretsmanager:UpdateSecretVersionStage",
];

/// Everything that ECS may need of such a role in a partition.
pub(crate) fn needs(partition: &str) -> Vec<Need> {
    let need = |actions: &[&'static str], on: String| Need {
        purpose: Purpose::PullImages,
        actions: actions.iter().flat_map(|pattern| named(pattern)).collect(),
        resources: [on].into(),
        given: None,
        because: String::new(),
        certain: false,
    };
    vec![need(ANYWHERE, "*".to_owned()), need(SECRETS, format!("arn:{partition}:secretsmanager:*:*:secret:ecs-sc!*"))]
}

/// The actions that a pattern names today.
fn named(pattern: &'static str) -> Vec<&'static str> {
    let Some((service, _)) = pattern.split_once(':').filter(|_| glob::has_wildcards(pattern)) else { return vec![pattern] };
    catalogue::actions_of(service).iter().map(|id| id.name()).filter(|name| glob::matches(pattern, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_one_of_the_catalogue() {
        for action in ANYWHERE.iter().chain(SECRETS) {
            let known = named(action);
            assert!(!known.is_empty() && known.iter().all(|one| catalogue::lookup(one).is_some()), "{action}");
        }
        assert!(ANYWHERE.is_sorted() && SECRETS.is_sorted());
    }
}
