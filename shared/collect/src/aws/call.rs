//! The calls that can be made, and the token bucket that each draws on.
//!
//! The list equals the evidence table of the model: what is not there is not granted to the scanner,
//! so what is not here cannot be asked.

/// A token bucket as it is kept to: half of what AWS publishes, because the other half is the customer's.
///
/// Source: Amazon ECS API Reference, "Request throttling for the Amazon ECS API"; Amazon EC2
/// Developer Guide, "Request throttling for the Amazon EC2 API".
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bucket {
    /// Calls with the same name share one.
    pub(super) name: &'static str,
    /// Calls that may be made at once.
    pub(super) burst: f64,
    /// Calls for each second after that.
    pub(super) refill: f64,
}

const fn bucket(name: &'static str, burst: f64, refill: f64) -> Bucket {
    Bucket { name, burst, refill }
}

const CLUSTERS: Bucket = bucket("ecs clusters", 25.0, 10.0);
const DEFINITIONS: Bucket = bucket("ecs task definitions", 25.0, 10.0);
const SERVICES: Bucket = bucket("ecs services", 50.0, 10.0);
const RESOURCES: Bucket = bucket("ecs cluster resources", 50.0, 10.0);
// Of these services no rates are published.
const IAM: Bucket = bucket("iam", 10.0, 2.0);
const ELB: Bucket = bucket("elasticloadbalancing", 10.0, 5.0);
const SECRETS: Bucket = bucket("secretsmanager", 10.0, 5.0);
const PARAMETERS: Bucket = bucket("ssm", 10.0, 5.0);
// Published, and far more; what encrypts and decrypts draws on quotas of its own.
const KEYS: Bucket = bucket("kms", 50.0, 50.0);
const REGISTRY: Bucket = bucket("ecr", 10.0, 5.0);

/// Amazon EC2 keeps one bucket for each operation.
const fn ec2(name: &'static str) -> Bucket {
    bucket(name, 50.0, 10.0)
}

macro_rules! calls {
    ($($service:literal { $($operation:ident $bucket:expr;)* })*) => {
        /// One API operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Call { $($($operation,)*)* }

        impl Call {
            /// `ecs:ListClusters`, as the evidence table, gaps and policies write it.
            pub(super) const fn name(self) -> &'static str {
                match self { $($(Self::$operation => concat!($service, ":", stringify!($operation)),)*)* }
            }

            /// The bucket the operation draws on.
            pub(super) const fn bucket(self) -> Bucket {
                match self { $($(Self::$operation => $bucket,)*)* }
            }

            /// Every operation.
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$($(Self::$operation,)*)*];
        }
    };
}

calls! {
    "ecs" {
        ListClusters CLUSTERS;
        DescribeClusters CLUSTERS;
        DescribeCapacityProviders CLUSTERS;
        ListServices SERVICES;
        DescribeServices SERVICES;
        ListTasks RESOURCES;
        DescribeTasks RESOURCES;
        ListContainerInstances RESOURCES;
        DescribeContainerInstances RESOURCES;
        ListTaskDefinitionFamilies DEFINITIONS;
        ListTaskDefinitions DEFINITIONS;
        DescribeTaskDefinition DEFINITIONS;
    }
    "iam" {
        GetAccountAuthorizationDetails IAM;
        GetRole IAM;
        ListRolePolicies IAM;
        GetRolePolicy IAM;
        ListAttachedRolePolicies IAM;
        ListInstanceProfilesForRole IAM;
        GetInstanceProfile IAM;
        GetPolicy IAM;
        GetPolicyVersion IAM;
        ListPolicyVersions IAM;
        GenerateServiceLastAccessedDetails IAM;
        GetServiceLastAccessedDetails IAM;
    }
    "ec2" {
        DescribeSecurityGroups ec2("ec2:DescribeSecurityGroups");
        DescribeSecurityGroupRules ec2("ec2:DescribeSecurityGroupRules");
        DescribeNetworkInterfaces ec2("ec2:DescribeNetworkInterfaces");
        DescribeSubnets ec2("ec2:DescribeSubnets");
        DescribeVpcs ec2("ec2:DescribeVpcs");
        DescribeRouteTables ec2("ec2:DescribeRouteTables");
        DescribeNetworkAcls ec2("ec2:DescribeNetworkAcls");
        DescribeInstances ec2("ec2:DescribeInstances");
        DescribeVpcEndpoints ec2("ec2:DescribeVpcEndpoints");
        DescribeManagedPrefixLists ec2("ec2:DescribeManagedPrefixLists");
        GetManagedPrefixListEntries ec2("ec2:GetManagedPrefixListEntries");
    }
    "elasticloadbalancing" {
        DescribeLoadBalancers ELB;
        DescribeListeners ELB;
        DescribeTargetGroups ELB;
    }
    "secretsmanager" {
        ListSecrets SECRETS;
        DescribeSecret SECRETS;
        ListSecretVersionIds SECRETS;
        GetResourcePolicy SECRETS;
    }
    "ssm" {
        DescribeParameters PARAMETERS;
    }
    "kms" {
        DescribeKey KEYS;
        GetKeyPolicy KEYS;
    }
    "ecr" {
        DescribeRepositories REGISTRY;
        GetRepositoryPolicy REGISTRY;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Call;

    #[test]
    fn what_can_be_asked_is_what_the_evidence_table_names() {
        let own: BTreeSet<String> = Call::ALL.iter().map(|call| call.name().to_owned()).collect();
        assert_eq!(own, wallwalk_model::evidence::iam_actions());
    }

    /// The names of operations at the clients' methods, found in the sources themselves.
    #[test]
    fn the_sources_call_each_operation_of_the_table_and_no_other() {
        let sources = [
            include_str!("ecs.rs"),
            include_str!("definitions.rs"),
            include_str!("iam.rs"),
            include_str!("ec2/mod.rs"),
            include_str!("elb.rs"),
            include_str!("accessed.rs"),
            include_str!("secrets.rs"),
            include_str!("parameters.rs"),
            include_str!("keys.rs"),
            include_str!("registry.rs"),
            include_str!("narrow.rs"),
            include_str!("follow.rs"),
            include_str!("run.rs"),
            include_str!("mod.rs"),
        ]
        .concat();
        let plain: String = sources.split_whitespace().collect();
        let at_clients = plain.split(".clients.").skip(1).filter_map(|rest| {
            let (client, rest) = rest.split_once('.')?;
            let (method, _) = rest.split_once('(')?;
            client.chars().all(|letter| letter.is_ascii_alphanumeric()).then(|| method.to_owned())
        });
        // EC2's are written in a table, the operation before the method.
        let in_table = include_str!("ec2/mod.rs").lines().filter_map(|line| {
            let (_, rest) = line.split_once(": Describe")?;
            let (_, method) = rest.split_once(' ')?;
            Some(method.split_once('(')?.0.to_owned())
        });
        let called: BTreeSet<String> =
            at_clients.chain(in_table).filter(|method| method != "$method").map(|method| method.replace('_', "")).collect();
        let table: BTreeSet<String> = wallwalk_model::evidence::CALLS.iter().map(|call| call.operation.to_lowercase()).collect();
        assert_eq!(called, table);
    }

    #[test]
    fn calls_with_one_bucket_agree_about_it() {
        for one in Call::ALL {
            for other in Call::ALL.iter().filter(|other| other.bucket().name == one.bucket().name) {
                assert_eq!(one.bucket(), other.bucket());
            }
        }
    }
}
