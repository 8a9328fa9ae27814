//! The events subscribed to, and what each makes stale.
//!
//! Some names touch nothing that is read so far; they are subscribed to all the same, so that rules
//! that were rolled out need not change when the reading does.

use super::{API_CALL, Change, DEPLOYMENT, Rule};

const fn rule(name: &'static str, source: &'static str, event_source: &'static str) -> Rule {
    Rule { name, source, event_source, detail_type: API_CALL, home_region_only: false }
}

/// The rules, one for each service. EC2 has two: a pattern that held all its names would be too long.
///
/// Elastic Load Balancing's calls on single targets are not among them: ECS makes one for each task.
pub(super) const RULES: &[Rule] = &[
    rule("ecs", "aws.ecs", "ecs.amazonaws.com"),
    // CloudTrail records IAM's calls in one Region of the partition.
    Rule { home_region_only: true, ..rule("iam", "aws.iam", "iam.amazonaws.com") },
    rule("ec2-hosts", "aws.ec2", "ec2.amazonaws.com"),
    rule("ec2-network", "aws.ec2", "ec2.amazonaws.com"),
    rule("secretsmanager", "aws.secretsmanager", "secretsmanager.amazonaws.com"),
    rule("ssm", "aws.ssm", "ssm.amazonaws.com"),
    rule("ecr", "aws.ecr", "ecr.amazonaws.com"),
    rule("kms", "aws.kms", "kms.amazonaws.com"),
    rule("elb", "aws.elasticloadbalancing", "elasticloadbalancing.amazonaws.com"),
    // The end of a deployment changes what runs without any call of a user.
    Rule { detail_type: DEPLOYMENT, ..rule("ecs-deployments", "aws.ecs", "") },
];

macro_rules! changes {
    ($($rule:literal [$($fact:ident)*] <- $($name:ident)+;)*) => {
        &[$(Change { rule: $rule, names: &[$(stringify!($name)),+], facts: &[$(stringify!($fact)),*] }),*]
    };
}

/// Which events make which tables of the snapshot stale.
pub const CHANGES: &[Change] = changes![
    "ecs" [clusters] <- CreateCluster DeleteCluster UpdateCluster UpdateClusterSettings PutClusterCapacityProviders;
    "ecs" [capacity_providers] <- CreateCapacityProvider UpdateCapacityProvider DeleteCapacityProvider;
    "ecs" [families task_definitions] <- RegisterTaskDefinition DeregisterTaskDefinition DeleteTaskDefinitions;
    "ecs" [services tasks task_definitions] <- CreateService UpdateService DeleteService CreateTaskSet UpdateTaskSet DeleteTaskSet
        UpdateServicePrimaryTaskSet StopServiceDeployment ContinueServiceDeployment CreateExpressGatewayService
        UpdateExpressGatewayService DeleteExpressGatewayService;
    "ecs" [container_instances instances] <- RegisterContainerInstance DeregisterContainerInstance PutAttributes DeleteAttributes;
    "ecs" [tasks] <- CreateDaemon UpdateDaemon DeleteDaemon;
    "ecs" [clusters services tasks container_instances capacity_providers] <- TagResource UntagResource;
    "ecs" [] <- PutAccountSetting PutAccountSettingDefault DeleteAccountSetting RegisterDaemonTaskDefinition
        DeleteDaemonTaskDefinition CreateGateway UpdateGateway DeleteGateway AssociateGatewayWithCluster
        DisassociateGatewayFromCluster ExecuteCommand;
    "iam" [roles] <- CreateRole DeleteRole UpdateRole UpdateAssumeRolePolicy PutRolePolicy DeleteRolePolicy AttachRolePolicy
        DetachRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole UntagRole CreateInstanceProfile
        DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile;
    "iam" [policies] <- CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion SetDefaultPolicyVersion;
    "ec2-hosts" [security_groups security_group_rules] <- AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress
        RevokeSecurityGroupIngress RevokeSecurityGroupEgress ModifySecurityGroupRules CreateSecurityGroup DeleteSecurityGroup
        AssociateSecurityGroupVpc DisassociateSecurityGroupVpc;
    "ec2-hosts" [network_interfaces instances] <- ModifyNetworkInterfaceAttribute ModifyInstanceAttribute AssociateAddress
        DisassociateAddress;
    "ec2-hosts" [instances] <- AssociateIamInstanceProfile DisassociateIamInstanceProfile ReplaceIamInstanceProfileAssociation
        ModifyInstanceMetadataOptions;
    "ec2-hosts" [prefix_lists] <- ModifyManagedPrefixList RestoreManagedPrefixListVersion DeleteManagedPrefixList;
    "ec2-hosts" [] <- ModifyInstanceMetadataDefaults CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate
        DeleteLaunchTemplateVersions;
    "ec2-network" [route_tables] <- CreateRoute ReplaceRoute DeleteRoute CreateRouteTable DeleteRouteTable AssociateRouteTable
        DisassociateRouteTable ReplaceRouteTableAssociation AttachInternetGateway DetachInternetGateway
        CreateEgressOnlyInternetGateway DeleteEgressOnlyInternetGateway AcceptVpcPeeringConnection CreateVpcPeeringConnection
        DeleteVpcPeeringConnection ModifyVpcPeeringConnectionOptions;
    "ec2-network" [route_tables network_interfaces] <- CreateNatGateway DeleteNatGateway CreateTransitGatewayVpcAttachment
        ModifyTransitGatewayVpcAttachment DeleteTransitGatewayVpcAttachment;
    "ec2-network" [network_acls] <- CreateNetworkAcl DeleteNetworkAcl CreateNetworkAclEntry ReplaceNetworkAclEntry
        DeleteNetworkAclEntry ReplaceNetworkAclAssociation;
    "ec2-network" [subnets route_tables network_acls] <- CreateSubnet DeleteSubnet ModifySubnetAttribute AssociateSubnetCidrBlock
        DisassociateSubnetCidrBlock;
    "ec2-network" [vpcs route_tables] <- ModifyVpcAttribute AssociateVpcCidrBlock DisassociateVpcCidrBlock;
    "ec2-network" [vpc_endpoints route_tables network_interfaces] <- CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints;
    "ec2-network" [subnets] <- ModifyVpcBlockPublicAccessOptions CreateVpcBlockPublicAccessExclusion
        ModifyVpcBlockPublicAccessExclusion DeleteVpcBlockPublicAccessExclusion;
    "ec2-network" [] <- ModifyTransitGateway CreateTransitGatewayRoute DeleteTransitGatewayRoute ReplaceTransitGatewayRoute
        AssociateTransitGatewayRouteTable DisassociateTransitGatewayRouteTable EnableTransitGatewayRouteTablePropagation
        DisableTransitGatewayRouteTablePropagation;
    "secretsmanager" [secrets] <- CreateSecret UpdateSecret DeleteSecret RestoreSecret RotateSecret CancelRotateSecret
        ReplicateSecretToRegions RemoveRegionsFromReplication StopReplicationToReplica TagResource UntagResource;
    "secretsmanager" [secrets secret_policies] <- PutResourcePolicy DeleteResourcePolicy;
    "ssm" [parameters] <- PutParameter DeleteParameter DeleteParameters LabelParameterVersion PutResourcePolicy DeleteResourcePolicy
        AddTagsToResource RemoveTagsFromResource;
    "ecr" [repositories repository_policies] <- CreateRepository DeleteRepository;
    "ecr" [repository_policies] <- SetRepositoryPolicy DeleteRepositoryPolicy;
    "ecr" [repositories] <- PutImageTagMutability PutImageScanningConfiguration;
    "ecr" [] <- PutRegistryPolicy DeleteRegistryPolicy PutRegistryScanningConfiguration PutSigningConfiguration
        DeleteSigningConfiguration BatchDeleteImage PutLifecyclePolicy DeleteLifecyclePolicy CreatePullThroughCacheRule
        UpdatePullThroughCacheRule DeletePullThroughCacheRule PutReplicationConfiguration;
    "kms" [key_policies] <- PutKeyPolicy;
    "kms" [keys] <- DisableKey EnableKey ScheduleKeyDeletion CancelKeyDeletion;
    "kms" [] <- RevokeGrant EnableKeyRotation DisableKeyRotation;
    "elb" [load_balancers listeners target_groups network_interfaces] <- CreateLoadBalancer DeleteLoadBalancer SetSecurityGroups
        SetSubnets SetIpAddressType;
    "elb" [load_balancers] <- ModifyLoadBalancerAttributes;
    "elb" [listeners target_groups] <- CreateListener ModifyListener ModifyListenerAttributes DeleteListener AddListenerCertificates
        RemoveListenerCertificates;
    "elb" [target_groups] <- CreateRule ModifyRule DeleteRule SetRulePriorities CreateTargetGroup ModifyTargetGroup
        ModifyTargetGroupAttributes DeleteTargetGroup;
    "ecs-deployments" [services tasks task_definitions] <- SERVICE_DEPLOYMENT_COMPLETED SERVICE_DEPLOYMENT_FAILED;
];
