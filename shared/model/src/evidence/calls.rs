//! The calls of this version.
//!
//! Resources follow the Service Authorization Reference. Asking for tags with `include=TAGS` needs no
//! permission beyond the describing call's own.

use super::Call;

const ALL: &[&str] = &["*"];
const ROLE: &[&str] = &["arn:{partition}:iam::{account}:role/*"];
const PROFILE: &[&str] = &["arn:{partition}:iam::{account}:instance-profile/*"];
const POLICY: &[&str] = &["arn:{partition}:iam::{account}:policy/*", "arn:{partition}:iam::aws:policy/*"];
const KEY: &[&str] = &["arn:{partition}:kms:*:{account}:key/*"];
const SECRET: &[&str] = &["arn:{partition}:secretsmanager:*:{account}:secret:*"];
const REPOSITORY: &[&str] = &["arn:{partition}:ecr:*:{account}:repository/*"];

macro_rules! calls {
    ($($service:literal $operation:literal $resources:expr, [$($fact:literal)*], $why:literal;)*) => {
        &[$(Call { service: $service, operation: $operation, resources: $resources, facts: &[$($fact),*], why: $why }),*]
    };
}

/// Every call that reads.
pub const CALLS: &[Call] = calls![
    "ecs" "ListClusters" ALL, ["clusters"], "find the clusters of the Region, and prove which are gone";
    "ecs" "DescribeClusters" &["arn:{partition}:ecs:*:{account}:cluster/*"], ["clusters"],
        "cluster settings, ECS Exec configuration, tags";
    "ecs" "ListServices" ALL, ["services"], "find the services of each cluster";
    "ecs" "DescribeServices" &["arn:{partition}:ecs:*:{account}:service/*"], ["services"],
        "what each service runs, in which subnets and security groups, behind which target groups";
    // Asked for a whole cluster, `ListTasks` is authorised against `*`, not against its one resource type.
    "ecs" "ListTasks" ALL, ["tasks"], "find what really runs, standalone tasks included";
    "ecs" "DescribeTasks" &["arn:{partition}:ecs:*:{account}:task/*"], ["tasks"],
        "the revision, overrides, image digest and network interface of each running task";
    "ecs" "ListContainerInstances" &["arn:{partition}:ecs:*:{account}:cluster/*"], ["container_instances"],
        "find the EC2 hosts of each cluster";
    "ecs" "DescribeContainerInstances" &["arn:{partition}:ecs:*:{account}:container-instance/*"], ["container_instances"],
        "which EC2 instance a host is, and which agent it runs";
    // Asked without names it names no resource.
    "ecs" "DescribeCapacityProviders" ALL, ["capacity_providers"], "tell Fargate, EC2 and managed instances apart";
    "ecs" "ListTaskDefinitionFamilies" ALL, ["families"], "find task definitions that nothing uses at the moment";
    "ecs" "ListTaskDefinitions" ALL, ["families"], "the latest revision of each family";
    "ecs" "DescribeTaskDefinition" ALL, ["task_definitions"],
        "what is judged: containers, privileges, roles, mounts, references to secrets. Values are redacted before anything is kept";
    "iam" "GetAccountAuthorizationDetails" ALL, ["roles" "policies" "users" "groups"],
        "every role with its trust, its policies, its boundary and its instance profiles, and the users and groups whose power a role could take, in a few calls";
    "iam" "GetRole" ROLE, ["roles"], "trust policy, boundary and last use of one role after an event";
    "iam" "ListRolePolicies" ROLE, ["roles"], "names of the role's inline policies";
    "iam" "GetRolePolicy" ROLE, ["roles"], "text of the role's inline policies";
    "iam" "ListAttachedRolePolicies" ROLE, ["roles"], "which managed policies the role has";
    "iam" "ListInstanceProfilesForRole" ROLE, ["roles"], "whether instances carry the role";
    "iam" "GenerateServiceLastAccessedDetails" ROLE, ["last_accessed"],
        "have IAM report which services a role has used, where that is asked for";
    "iam" "GetServiceLastAccessedDetails" ALL, ["last_accessed"], "read that report";
    "iam" "GetInstanceProfile" PROFILE, ["roles"], "which role the hosts of a cluster carry";
    "iam" "GetPolicy" POLICY, ["policies"], "which version of a managed policy is in force";
    "iam" "GetPolicyVersion" POLICY, ["policies"], "text of that version";
    "iam" "ListPolicyVersions" POLICY, ["policies"], "which other versions could be put in force";
    "ec2" "DescribeSecurityGroups" ALL, ["security_groups"], "groups of workloads, hosts and load balancers";
    "ec2" "DescribeSecurityGroupRules" ALL, ["security_group_rules"], "who may reach whom, with the id of the rule that says so";
    "ec2" "DescribeNetworkInterfaces" ALL, ["network_interfaces"], "which groups, subnets and public addresses a task really has";
    "ec2" "DescribeSubnets" ALL, ["subnets"], "ranges of the subnets that tasks are placed in";
    "ec2" "DescribeVpcs" ALL, ["vpcs"], "ranges of the VPCs";
    "ec2" "DescribeRouteTables" ALL, ["route_tables"], "which subnets reach the internet, and by what way";
    "ec2" "DescribeNetworkAcls" ALL, ["network_acls"], "what the subnets' own filters let through";
    "ec2" "DescribeInstances" ALL, ["instances"], "metadata options, instance profile and groups of the hosts";
    "ec2" "DescribeVpcEndpoints" ALL, ["vpc_endpoints"], "private ways to AWS services and their policies";
    "ec2" "DescribeManagedPrefixLists" ALL, ["prefix_lists"], "prefix lists that rules and routes name";
    "ec2" "GetManagedPrefixListEntries" &["arn:{partition}:ec2:*:{account}:prefix-list/*", "arn:{partition}:ec2:*:aws:prefix-list/*"],
        ["prefix_lists"], "the ranges in those lists";
    "elasticloadbalancing" "DescribeLoadBalancers" ALL, ["load_balancers"], "which load balancers face the internet";
    "elasticloadbalancing" "DescribeListeners" ALL, ["listeners"], "on which ports, with or without TLS";
    "elasticloadbalancing" "DescribeTargetGroups" ALL, ["target_groups"], "which service stands behind which load balancer";
    "secretsmanager" "ListSecrets" ALL, ["secrets"],
        "which secrets there are for roles to read, with key, rotation and last change; never a value";
    "secretsmanager" "DescribeSecret" SECRET, ["secrets"],
        "the same of one secret, after an event or where the list does not show it; never the value";
    "secretsmanager" "ListSecretVersionIds" SECRET, ["secrets"], "age of the versions of secrets referred to; never the value";
    "secretsmanager" "GetResourcePolicy" SECRET, ["secret_policies"], "who else may read the secrets referred to";
    "ssm" "DescribeParameters" ALL, ["parameters"],
        "which parameters there are for roles to read, whether they are encrypted, and with which key; never a value";
    "kms" "DescribeKey" KEY, ["keys"], "whether the keys of secrets and parameters are the customer's own, and usable";
    "kms" "GetKeyPolicy" KEY, ["key_policies"], "who may decrypt with the customer's own keys";
    "ecr" "DescribeRepositories" REPOSITORY, ["repositories"], "tag mutability, scanning and encryption of the repositories in use";
    "ecr" "GetRepositoryPolicy" REPOSITORY, ["repository_policies"], "who else may push to or pull from them";
];

/// Every call that delivers, made with the credentials of the account that a finding is about.
pub const DELIVERY: &[Call] = calls![
    "securityhub" "DescribeHub" &["arn:{partition}:securityhub:*:{account}:hub/default"], [],
        "whether Security Hub is enabled here; findings wait if it is not";
    "securityhub" "BatchImportFindings" &["arn:{partition}:securityhub:*:{account}:product/{account}/default"], [],
        "deliver findings, as this account's own product only";
];
