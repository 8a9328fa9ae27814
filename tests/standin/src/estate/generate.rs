//! Estates of any size, made up and the same for the same seed.
//!
//! They are plain: one VPC, clusters of at most a thousand services, one task for each service, a
//! quarter of them on EC2. About one workload in five has a flaw.

mod network;

use serde_json::{Value, json};

use super::Estate;
use network::Network;

/// Services in one cluster.
const MOST_IN_A_CLUSTER: usize = 1000;
/// EC2 services that share a host.
const ON_A_HOST: usize = 20;
const CREATED: &str = "2026-10-05T08:00:00.250000+00:00";
const KEY: &str = "key/00000000-0000-4000-8000-000000000002";
const EXECUTION_POLICY: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

impl Estate {
    /// An estate of `workloads` services in account 111122223333, eu-west-1.
    #[must_use]
    pub fn generated(workloads: usize, seed: u64) -> Self {
        let mut estate = Self::empty("aws", "111122223333", "eu-west-1");
        let network = Network::lay(&mut estate, seed);
        for cluster in 0..workloads.div_ceil(MOST_IN_A_CLUSTER) {
            estate.make_cluster(cluster, workloads.saturating_sub(cluster * MOST_IN_A_CLUSTER).min(MOST_IN_A_CLUSTER));
        }
        for name in ["FARGATE", "FARGATE_SPOT"] {
            let arn = estate.arn("ecs", &format!("capacity-provider/{name}"));
            let provider = json!({"capacityProviderArn": arn, "name": name, "status": "ACTIVE", "tags": [], "type": name});
            estate.capacity_providers.insert(name.into(), provider);
        }
        estate.make_shared_roles();
        estate.make_people();
        estate.make_key();
        for n in 0..workloads {
            Workload::new(n, seed).stand(&mut estate, &network);
        }
        estate
    }

    fn make_cluster(&mut self, n: usize, services: usize) {
        let name = cluster_name(n);
        let arn = self.arn("ecs", &format!("cluster/{name}"));
        let insights = if n.is_multiple_of(3) { "disabled" } else { "enabled" };
        let cluster = json!({
            "clusterArn": arn, "clusterName": name, "status": "ACTIVE",
            "registeredContainerInstancesCount": services.div_ceil(4).div_ceil(ON_A_HOST),
            "runningTasksCount": services, "pendingTasksCount": 0, "activeServicesCount": services, "statistics": [],
            "tags": [{"key": "Environment", "value": if n.is_multiple_of(2) { "production" } else { "test" }}],
            "settings": [{"name": "containerInsights", "value": insights}],
            "configuration": {"executeCommandConfiguration": {"logging": "DEFAULT"}},
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"], "defaultCapacityProviderStrategy": [],
        });
        self.clusters.insert(arn, cluster);
    }

    fn make_shared_roles(&mut self) {
        let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [
            "ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage",
            "logs:CreateLogStream", "logs:PutLogEvents"]}]});
        let policy = json!({
            "PolicyName": "AmazonECSTaskExecutionRolePolicy", "PolicyId": "ANPA0000000000000000A", "Arn": EXECUTION_POLICY,
            "Path": "/service-role/",
            "DefaultVersionId": "v1", "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0, "IsAttachable": true,
            "CreateDate": "2017-11-16T18:48:22+00:00", "UpdateDate": "2017-11-16T18:48:22+00:00",
            "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": true,
            "CreateDate": "2017-11-16T18:48:22+00:00"}],
        });
        self.policies.insert(EXECUTION_POLICY.into(), policy);
        let secrets = statement("secretsmanager:GetSecretValue", &self.arn("secretsmanager", "secret:generated/*"));
        self.make_role("generated-execution", "ecs-tasks.amazonaws.com", &[("secrets", secrets)], &[EXECUTION_POLICY], false);
        self.make_role("generated-instance", "ec2.amazonaws.com", &[("agent", statement("ecs:*", "*"))], &[], true);
    }

    fn make_people(&mut self) {
        let root = format!("arn:{}:iam::{}", self.partition, self.account);
        let group = json!({"Path": "/", "GroupName": "operators", "GroupId": "AGPA00000000000000000", "Arn": format!("{root}:group/operators"),
            "CreateDate": CREATED, "GroupPolicyList": [{"PolicyName": "all", "PolicyDocument": statement("*", "*")}],
            "AttachedManagedPolicies": []});
        self.groups.insert("operators".into(), group);
        let user = json!({"Path": "/", "UserName": "operator", "UserId": "AIDA00000000000000000", "Arn": format!("{root}:user/operator"),
            "CreateDate": CREATED, "UserPolicyList": [], "GroupList": ["operators"], "AttachedManagedPolicies": [], "Tags": []});
        self.users.insert("operator".into(), user);
    }

    /// The key of every other secret.
    fn make_key(&mut self) {
        let arn = self.arn("kms", KEY);
        let key = json!({"AWSAccountId": self.account, "KeyId": KEY.trim_start_matches("key/"), "Arn": arn, "CreationDate": CREATED, "Enabled": true,
            "Description": "", "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT", "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": false});
        self.keys.insert(arn, key);
    }

    fn make_role(&mut self, name: &str, service: &str, inline: &[(&str, Value)], attached: &[&str], profile: bool) {
        let root = format!("arn:{}:iam::{}", self.partition, self.account);
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": self.account}}}]});
        let short = json!({"Path": "/", "RoleName": name, "RoleId": format!("AROA{:017}", self.roles.len()),
            "Arn": format!("{root}:role/{name}"),
            "CreateDate": "2026-01-12T09:00:00+00:00", "AssumeRolePolicyDocument": trust});
        let profiles = if profile {
            json!([{"Path": "/", "InstanceProfileName": name, "InstanceProfileId": "AIPA00000000000000000",
                "Arn": format!("{root}:instance-profile/{name}"),
                "CreateDate": "2026-01-12T09:00:00+00:00", "Roles": [short]}])
        } else {
            json!([])
        };
        let mut role = short;
        let policies: Vec<Value> = inline.iter().map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document})).collect();
        let attached: Vec<Value> = attached.iter().map(|arn| json!({"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn})).collect();
        if let Some(members) = role.as_object_mut() {
            members.insert("InstanceProfileList".into(), profiles);
            members.insert("RolePolicyList".into(), json!(policies));
            members.insert("AttachedManagedPolicies".into(), json!(attached));
            members.insert("Tags".into(), json!([]));
            members.insert("RoleLastUsed".into(), json!({"LastUsedDate": "2026-11-23T09:00:00+00:00", "Region": self.region}));
        }
        self.roles.insert(name.into(), role);
    }
}

fn statement(action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
}

fn cluster_name(n: usize) -> String {
    format!("generated-{n:03}")
}

/// Mixes a number; source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// An id of the kind `prefix`, as EC2 numbers its resources.
fn id(prefix: &str, n: usize, seed: u64) -> String {
    let kind = prefix.bytes().fold(seed, |sum, byte| mixed(sum ^ u64::from(byte)));
    format!("{prefix}-{:017x}", mixed(kind ^ n as u64) >> 4)
}

/// One service and what belongs to it.
struct Workload {
    n: usize,
    seed: u64,
    name: String,
    cluster: String,
    on_ec2: bool,
    /// From 0 to 99: which flaw it has, if any.
    luck: u64,
}

impl Workload {
    fn new(n: usize, seed: u64) -> Self {
        let name = format!("service-{n:05}");
        let cluster = cluster_name(n / MOST_IN_A_CLUSTER);
        Self { n, seed, name, cluster, on_ec2: n % 4 == 3, luck: mixed(seed ^ mixed(n as u64)) % 100 }
    }

    fn stand(&self, estate: &mut Estate, network: &Network) {
        let group = network.group(estate, self.n, self.luck == 0 || self.luck == 1);
        let secret = self.n.is_multiple_of(2).then(|| self.secret(estate));
        let parameter = self.n.is_multiple_of(5).then(|| self.parameter(estate));
        let image = self.image(estate);
        let role = format!("{}-task", self.name);
        let allowed = match self.luck {
            2 | 3 => statement("*", "*"),
            4 | 5 => statement("s3:*", "*"),
            _ => statement("s3:GetObject", &format!("arn:aws:s3:::generated-{}/*", self.name)),
        };
        estate.make_role(&role, "ecs-tasks.amazonaws.com", &[("work", allowed)], &[], false);
        let definition = self.definition(estate, &image, &role, [secret, parameter]);
        let target = network.target_group(estate, self.n, &self.name);
        let host = self.on_ec2.then(|| self.host(estate, network));
        self.service(estate, network, &definition, &group, target);
        self.task(estate, network, &definition, &group, host);
    }

    fn secret(&self, estate: &mut Estate) -> String {
        let name = format!("generated/{}", self.name);
        let suffix: String = format!("{:06x}", mixed(self.n as u64) & 0x00ff_ffff);
        let arn = estate.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
        let rotated = self.luck != 6;
        let key = self.n.is_multiple_of(4).then(|| estate.arn("kms", KEY));
        let secret = json!({"ARN": arn, "KmsKeyId": key, "Name": name, "RotationEnabled": rotated, "LastChangedDate": CREATED, "CreatedDate": CREATED,
            "Tags": [],
            "LastAccessedDate": "2026-11-22T00:00:00+00:00", "SecretVersionsToStages": {"00000000-0000-4000-8000-000000000001": ["AWSCURRENT"]}});
        let versions =
            json!([{"VersionId": "00000000-0000-4000-8000-000000000001", "VersionStages": ["AWSCURRENT"], "CreatedDate": CREATED}]);
        estate.secrets.insert(arn.clone(), secret);
        estate.secret_versions.insert(arn.clone(), versions);
        arn
    }

    fn parameter(&self, estate: &mut Estate) -> String {
        let name = format!("/generated/{}", self.name);
        let arn = estate.arn("ssm", &format!("parameter{name}"));
        let kind = if self.luck == 7 || self.luck == 8 { "String" } else { "SecureString" };
        let parameter = json!({"Name": name, "ARN": arn, "Type": kind, "LastModifiedDate": CREATED, "Version": 1, "Tier": "Standard",
            "Policies": [],
            "DataType": "text"});
        estate.parameters.insert(name, parameter);
        arn
    }

    fn image(&self, estate: &mut Estate) -> String {
        let name = format!("generated/image-{:04}", self.n / 4);
        let uri = format!("{}.dkr.ecr.{}.amazonaws.com/{name}", estate.account, estate.region);
        let repository = json!({"repositoryArn": estate.arn("ecr", &format!("repository/{name}")), "registryId": estate.account,
            "repositoryName": name,
            "repositoryUri": uri, "createdAt": CREATED, "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": true},
            "encryptionConfiguration": {"encryptionType": "AES256"}});
        estate.repositories.insert(name, repository);
        format!("{uri}:1.{}.0", self.n % 40)
    }

    fn definition(&self, estate: &mut Estate, image: &str, role: &str, references: [Option<String>; 2]) -> String {
        let secrets: Vec<Value> = references
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(n, from)| json!({"name": format!("SECRET_{n}"), "valueFrom": from}))
            .collect();
        let mut environment = vec![json!({"name": "PORT", "value": "8080"})];
        if self.luck == 9 || self.luck == 10 {
            environment.push(json!({"name": "DB_PASSWORD", "value": format!("{:x}Zq!{:x}", mixed(self.seed), mixed(self.n as u64))}));
        }
        let revision = self.n % 7 + 1;
        let root = format!("arn:{}:iam::{}:role", estate.partition, estate.account);
        let container = json!({
            "name": "app", "image": image, "cpu": 0, "essential": true, "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
            "environment": environment, "secrets": secrets, "mountPoints": [], "volumesFrom": [], "user": "1000",
            "privileged": self.on_ec2 && self.luck % 10 == 1, "readonlyRootFilesystem": !self.luck.is_multiple_of(3),
            "linuxParameters": {"capabilities": {"add": [], "drop": ["ALL"]}},
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/generated",
            "awslogs-region": estate.region, "awslogs-stream-prefix": self.name}},
        });
        let arn = estate.arn("ecs", &format!("task-definition/{}:{revision}", self.name));
        let definition = json!({
            "taskDefinitionArn": arn, "containerDefinitions": [container], "family": self.name, "taskRoleArn": format!("{root}/{role}"),
            "executionRoleArn": format!("{root}/generated-execution"), "networkMode": "awsvpc", "revision": revision, "volumes": [],
            "status": "ACTIVE",
            "placementConstraints": [], "compatibilities": ["EC2", "FARGATE"], "requiresCompatibilities": [self.launch_type()],
            "cpu": "256",
            "memory": "512", "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}, "registeredAt": CREATED,
            "registeredBy": format!("arn:aws:sts::{}:assumed-role/deploy/generated", estate.account),
        });
        let value = json!({"taskDefinition": definition, "tags": [{"key": "Team", "value": format!("team-{}", self.n % 12)}]});
        estate.task_definitions.insert((self.name.clone(), revision as u64), value);
        arn
    }

    fn launch_type(&self) -> &'static str {
        if self.on_ec2 { "EC2" } else { "FARGATE" }
    }

    fn placement(&self, network: &Network, group: &str) -> Value {
        let public = !self.on_ec2 && (self.luck == 0 || self.luck == 11);
        let subnets = if public { &network.public } else { &network.private };
        json!({"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group],
            "assignPublicIp": if public { "ENABLED" } else { "DISABLED" }}})
    }

    fn service(&self, estate: &mut Estate, network: &Network, definition: &str, group: &str, target: Option<String>) {
        let arn = estate.arn("ecs", &format!("service/{}/{}", self.cluster, self.name));
        let placement = self.placement(network, group);
        let balancers: Vec<Value> =
            target.into_iter().map(|target| json!({"targetGroupArn": target, "containerName": "app", "containerPort": 8080})).collect();
        let deployment = json!({"id": format!("ecs-svc/{:019}", self.n), "status": "PRIMARY", "taskDefinition": definition,
            "desiredCount": 1,
            "pendingCount": 0, "runningCount": 1, "failedTasks": 0, "createdAt": CREATED, "updatedAt": CREATED,
            "launchType": self.launch_type(),
            "networkConfiguration": placement, "rolloutState": "COMPLETED"});
        let service = json!({
            "serviceArn": arn, "serviceName": self.name, "clusterArn": estate.arn("ecs", &format!("cluster/{}", self.cluster)),
            "loadBalancers": balancers, "serviceRegistries": [], "status": "ACTIVE", "desiredCount": 1, "runningCount": 1,
            "pendingCount": 0,
            "launchType": self.launch_type(), "taskDefinition": definition, "deploymentConfiguration": {"maximumPercent": 200,
            "minimumHealthyPercent": 100},
            "deployments": [deployment], "events": [], "createdAt": CREATED, "placementConstraints": [], "placementStrategy": [],
            "networkConfiguration": placement, "schedulingStrategy": "REPLICA", "deploymentController": {"type": "ECS"},
            "tags": [{"key": "Environment", "value": "production"}], "enableECSManagedTags": true, "propagateTags": "SERVICE",
            "enableExecuteCommand": self.luck == 12 || self.luck == 13,
        });
        estate.services.insert(arn, service);
    }

    fn task(&self, estate: &mut Estate, network: &Network, definition: &str, group: &str, host: Option<String>) {
        let short = format!("{:016x}{:016x}", mixed(self.n as u64), mixed(self.seed ^ self.n as u64));
        let arn = estate.arn("ecs", &format!("task/{}/{short}", self.cluster));
        let public = !self.on_ec2 && (self.luck == 0 || self.luck == 11);
        let interface = network.interface(estate, self.n, group, public);
        let mut task = json!({
            "taskArn": arn, "clusterArn": estate.arn("ecs", &format!("cluster/{}", self.cluster)), "taskDefinitionArn": definition,
            "group": format!("service:{}", self.name), "startedBy": format!("ecs-svc/{:019}", self.n), "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING",
            "launchType": self.launch_type(), "cpu": "256", "memory": "512", "createdAt": CREATED, "startedAt": CREATED, "version": 3,
            "tags": [],
            "attachments": [{"id": format!("attachment-{}", self.n), "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [
                {"name": "subnetId", "value": interface.subnet}, {"name": "networkInterfaceId", "value": interface.id},
                {"name": "privateIPv4Address", "value": interface.address}]}],
            "containers": [{"name": "app", "lastStatus": "RUNNING", "taskArn": arn, "imageDigest": format!("sha256:{}{}", short, short)}],
            "overrides": {"containerOverrides": [{"name": "app"}], "inferenceAcceleratorOverrides": []},
            "enableExecuteCommand": self.luck == 12 || self.luck == 13,
        });
        if let Some(members) = task.as_object_mut() {
            match host {
                Some(host) => members.insert("containerInstanceArn".into(), json!(host)),
                None => members.insert("platformVersion".into(), json!("1.4.0")),
            };
        }
        estate.tasks.insert(arn, task);
    }

    /// The container instance that the workload runs on; made for the first that runs there.
    fn host(&self, estate: &mut Estate, network: &Network) -> String {
        let n = self.n / MOST_IN_A_CLUSTER * 1000 + (self.n % MOST_IN_A_CLUSTER) / 4 / ON_A_HOST;
        let arn = estate.arn("ecs", &format!("container-instance/{}/{:032x}", self.cluster, mixed(n as u64)));
        if !estate.container_instances.contains_key(&arn) {
            let instance = network.instance(estate, n);
            let host = json!({"containerInstanceArn": arn, "ec2InstanceId": instance, "status": "ACTIVE", "agentConnected": true,
                "version": 5,
                "versionInfo": {"agentVersion": "1.98.0", "dockerVersion": "DockerVersion: 25.0.8"}, "runningTasksCount": ON_A_HOST,
                "pendingTasksCount": 0, "attributes": [{"name": "ecs.os-type", "value": "linux"},
                {"name": "com.amazonaws.ecs.capability.task-iam-role"},
                {"name": "ecs.capability.task-eni"}], "registeredAt": CREATED, "attachments": [], "tags": []});
            estate.container_instances.insert(arn.clone(), host);
        }
        arn
    }
}
