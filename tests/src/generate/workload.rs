//! One workload with everything that is its own: definition, service, tasks, roles, group, secret.

use serde_json::{Value, json};

use super::{ACCOUNT, Dice, Documents, PER_TEAM, REGION, arn, cluster_name, id, place, role_arn};

/// Likelihood of a flaw, in percent.
const FLAW: u64 = 3;

/// What one workload is like.
struct Plan {
    number: usize,
    cluster: usize,
    team: usize,
    name: String,
    fargate: bool,
    kind: Kind,
    /// Whether its network and roles are those of its team.
    team_group: bool,
    team_role: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Service,
    Group,
    Latent,
}

impl Plan {
    fn flaw(&self, purpose: u64) -> bool {
        Dice::of(self.number, 500 + purpose).percent(FLAW)
    }

    fn definition(&self) -> String {
        arn("ecs", &format!("task-definition/{}:{}", self.name, self.number % 90 + 1))
    }

    fn group(&self) -> String {
        if self.team_group { place::team_group(self.team) } else { id("sg", 20, self.number) }
    }

    fn secret(&self) -> String {
        let suffix: String = format!("{:x}", Dice::of(self.number, 21).0).chars().take(6).collect();
        arn("secretsmanager", &format!("secret:{}/database-{suffix:0<6}", self.name))
    }

    fn public(&self) -> bool {
        self.fargate && self.flaw(1)
    }

    fn task_role(&self) -> String {
        format!("{}-task", self.name)
    }

    fn execution_role(&self) -> String {
        if self.team_role { format!("team-{:04}-execution", self.team) } else { format!("{}-execution", self.name) }
    }
}

pub(super) fn add(estate: &mut Documents, number: usize, cluster: usize) {
    let what = Dice::of(number, 22).pick(&["orders", "catalog", "search", "mail", "billing", "images", "stock", "returns"]);
    let plan = Plan {
        number,
        cluster,
        team: number / PER_TEAM,
        name: format!("{what}-{number:05}"),
        fargate: Dice::of(number, 23).percent(70),
        kind: match number % 50 {
            17 => Kind::Group,
            33 => Kind::Latent,
            _ => Kind::Service,
        },
        team_group: Dice::of(number, 24).percent(20),
        team_role: Dice::of(number, 25).percent(50),
    };
    estate.alone("task-definition", json!({"taskDefinition": definition(&plan), "tags": []}));
    secret(estate, &plan);
    roles(estate, &plan);
    groups(estate, &plan);
    match plan.kind {
        Kind::Service => service(estate, &plan),
        Kind::Group => task(estate, &plan, 0, &format!("family:{}", plan.name)),
        Kind::Latent => {}
    }
}

fn definition(plan: &Plan) -> Value {
    let mut containers = vec![container(plan)];
    if plan.number.is_multiple_of(3) {
        let mut router = json!({
            "name": "router", "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:2.34.0", "essential": true, "user": "1000",
            "memory": 128, "readonlyRootFilesystem": true, "firelensConfiguration": {"type": "fluentbit"}, "logConfiguration": logs(plan)
        });
        if !plan.fargate
            && let Some(router) = router.as_object_mut()
        {
            router.insert("dockerSecurityOptions".into(), json!(["no-new-privileges"]));
        }
        containers.push(router);
    }
    let socket = !plan.fargate && plan.flaw(2);
    let volumes = if socket { json!([{"name": "docker", "host": {"sourcePath": "/var/run/docker.sock"}}]) } else { json!([]) };
    json!({
        "taskDefinitionArn": plan.definition(), "family": plan.name, "revision": plan.number % 90 + 1, "status": "ACTIVE",
        "networkMode": if !plan.fargate && plan.flaw(3) { "host" } else { "awsvpc" },
        "requiresCompatibilities": [if plan.fargate { "FARGATE" } else { "EC2" }], "cpu": "512", "memory": "1024",
        "taskRoleArn": role_arn(&plan.task_role()), "executionRoleArn": role_arn(&plan.execution_role()),
        "containerDefinitions": containers, "volumes": volumes
    })
}

fn container(plan: &Plan) -> Value {
    let name = &plan.name;
    let mut environment = vec![
        json!({"name": "LOG_LEVEL", "value": "info"}),
        json!({"name": "PORT", "value": "8080"}),
        json!({"name": "DATABASE_HOST", "value": format!("{name}.cluster-c1x2y3z4.{REGION}.rds.amazonaws.com")}),
        json!({"name": "QUEUE_URL", "value": format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}")}),
        json!({"name": "FEATURES", "value": "checkout-v2,new-search,audit"}),
    ];
    if plan.flaw(4) {
        let password = format!("{:x}Q{:x}", Dice::of(plan.number, 26).0, Dice::of(plan.number, 27).0);
        environment.push(json!({"name": "ADMIN_PASSWORD", "value": password}));
    }
    let mut secrets = vec![json!({"name": "DATABASE_PASSWORD", "valueFrom": format!("{}:password::", plan.secret())})];
    if plan.number.is_multiple_of(5) {
        secrets.push(json!({"name": "API_TOKEN", "valueFrom": format!("/{name}/api-token")}));
    }
    let mut app = json!({
        "name": "app", "image": format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}:2026.11.{}@sha256:{:064x}", plan.number % 28 + 1, plan.number),
        "essential": true, "user": "1000", "memory": 512, "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "environment": environment, "secrets": secrets, "readonlyRootFilesystem": !plan.flaw(5),
        "command": ["serve", "--port", "8080", "--workers", "4"]
    });
    if let Some(app) = app.as_object_mut() {
        if !plan.flaw(6) {
            app.insert("logConfiguration".into(), logs(plan));
        }
        if !plan.fargate {
            if !plan.flaw(7) {
                app.insert("dockerSecurityOptions".into(), json!(["no-new-privileges"]));
            }
            if plan.flaw(8) {
                app.insert("privileged".into(), json!(true));
            }
            if plan.flaw(2) {
                app.insert("mountPoints".into(), json!([{"sourceVolume": "docker", "containerPath": "/var/run/docker.sock"}]));
            }
        }
    }
    app
}

fn logs(plan: &Plan) -> Value {
    json!({"logDriver": "awslogs", "options": {"awslogs-group": format!("/ecs/{}", plan.name), "awslogs-region": REGION, "awslogs-stream-prefix": "app"}})
}

fn service(estate: &mut Documents, plan: &Plan) {
    let desired = match Dice::of(plan.number, 28).0 % 20 {
        0 => 0,
        1..=5 => 2,
        _ => 1,
    };
    let cluster = cluster_name(plan.cluster);
    let mut service = json!({
        "serviceArn": arn("ecs", &format!("service/{cluster}/{}", plan.name)), "serviceName": plan.name,
        "clusterArn": arn("ecs", &format!("cluster/{cluster}")), "status": "ACTIVE", "desiredCount": desired, "runningCount": desired,
        "taskDefinition": plan.definition(), "enableExecuteCommand": plan.flaw(9), "schedulingStrategy": "REPLICA",
        "tags": [{"key": "Team", "value": format!("team-{:04}", plan.team)}],
        "networkConfiguration": network(plan), "deploymentController": {"type": "ECS"}
    });
    let mut deployment = json!({
        "id": format!("ecs-svc/{}", plan.number), "status": "PRIMARY", "taskDefinition": plan.definition(), "desiredCount": desired,
        "networkConfiguration": network(plan), "rolloutState": "COMPLETED"
    });
    for one in [&mut service, &mut deployment] {
        let Some(one) = one.as_object_mut() else { continue };
        if plan.fargate {
            one.insert("launchType".into(), json!("FARGATE"));
            one.insert("platformVersion".into(), json!(if plan.flaw(10) { "1.3.0" } else { "LATEST" }));
        } else {
            one.insert("capacityProviderStrategy".into(), json!([{"capacityProvider": place::provider(plan.cluster), "weight": 1}]));
        }
    }
    let published = plan.number % 5 < 2;
    if let Some(service) = service.as_object_mut() {
        service.insert("deployments".into(), json!([deployment]));
        if published {
            let target = arn("elasticloadbalancing", &format!("targetgroup/{}/{:016x}", plan.name, plan.number));
            service.insert("loadBalancers".into(), json!([{"targetGroupArn": target, "containerName": "app", "containerPort": 8080}]));
            estate.push("TargetGroups", json!({"TargetGroupArn": target, "TargetGroupName": plan.name, "Protocol": "HTTP", "Port": 8080, "TargetType": "ip", "LoadBalancerArns": [place::balancer(plan.cluster)]}));
        }
    }
    estate.push("services", service);
    for n in 0..desired {
        task(estate, plan, n, &format!("service:{}", plan.name));
    }
}

fn network(plan: &Plan) -> Value {
    let first = if plan.public() { 0 } else { 2 };
    json!({"awsvpcConfiguration": {
        "subnets": [place::subnet(plan.cluster, first), place::subnet(plan.cluster, first + 1)], "securityGroups": [plan.group()],
        "assignPublicIp": if plan.public() { "ENABLED" } else { "DISABLED" }
    }})
}

fn task(estate: &mut Documents, plan: &Plan, n: usize, group: &str) {
    let cluster = cluster_name(plan.cluster);
    let number = plan.number * 2 + n;
    let interface = id("eni", 29, number);
    let on_host_network = !plan.fargate && plan.flaw(3);
    let containers: Vec<Value> =
        if plan.number.is_multiple_of(3) { vec![json!({"name": "app"}), json!({"name": "router"})] } else { vec![json!({"name": "app"})] };
    let mut task = json!({
        "taskArn": arn("ecs", &format!("task/{cluster}/{number:032x}")), "clusterArn": arn("ecs", &format!("cluster/{cluster}")),
        "taskDefinitionArn": plan.definition(), "group": group, "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
        "containers": containers, "overrides": {"containerOverrides": []}, "enableExecuteCommand": false, "startedBy": format!("ecs-svc/{}", plan.number)
    });
    if let Some(task) = task.as_object_mut() {
        if !on_host_network {
            task.insert("attachments".into(), json!([{"id": number.to_string(), "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [{"name": "networkInterfaceId", "value": interface}]}]));
        }
        if plan.fargate {
            task.insert("launchType".into(), json!("FARGATE"));
            task.insert("platformVersion".into(), json!("1.4.0"));
        } else {
            task.insert("launchType".into(), json!("EC2"));
            task.insert("capacityProviderName".into(), json!(place::provider(plan.cluster)));
            task.insert("containerInstanceArn".into(), json!(place::host(estate, plan.cluster)));
        }
    }
    estate.push("tasks", task);
    if !on_host_network {
        let mut eni = json!({
            "NetworkInterfaceId": interface, "SubnetId": place::subnet(plan.cluster, if plan.public() { 0 } else { 2 + n % 2 }), "VpcId": place::vpc(plan.cluster),
            "Groups": [{"GroupId": plan.group()}], "PrivateIpAddress": format!("10.20.{}.{}", number / 250 % 250, number % 250 + 4), "Status": "in-use"
        });
        if plan.public()
            && let Some(eni) = eni.as_object_mut()
        {
            eni.insert("Association".into(), json!({"PublicIp": format!("203.0.113.{}", number % 250 + 4)}));
        }
        estate.push("NetworkInterfaces", eni);
    }
}

fn groups(estate: &mut Documents, plan: &Plan) {
    let group = plan.group();
    if plan.number.is_multiple_of(PER_TEAM) {
        let shared = place::team_group(plan.team);
        place::group(estate, plan.cluster, &shared, &format!("team-{:04}", plan.team));
        if Dice::of(plan.team, 30).percent(10) {
            place::rule(
                estate,
                &shared,
                0,
                json!({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "ReferencedGroupInfo": {"GroupId": shared}}),
            );
        }
    }
    if plan.team_group {
        return;
    }
    place::group(estate, plan.cluster, &group, &plan.name);
    let balancer = json!({"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "ReferencedGroupInfo": {"GroupId": place::balancer_group(plan.cluster)}});
    place::rule(estate, &group, 0, balancer);
    if plan.public() {
        place::rule(estate, &group, 1, json!({"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "CidrIpv4": "0.0.0.0/0"}));
    }
    if plan.flaw(11) {
        place::rule(estate, &group, 2, json!({"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "CidrIpv4": "10.0.0.0/8"}));
    }
}

fn secret(estate: &mut Documents, plan: &Plan) {
    let rotates = !plan.flaw(12);
    let name = format!("{}/database", plan.name);
    let mut secret = json!({"ARN": plan.secret(), "Name": name, "RotationEnabled": rotates, "CreatedDate": "2024-02-20T10:02:11Z", "LastChangedDate": "2026-11-08T03:12:40Z"});
    if rotates && let Some(secret) = secret.as_object_mut() {
        let next = if plan.flaw(13) { "2026-10-01T00:00:00Z" } else { "2026-12-08T23:59:59Z" };
        secret.insert("NextRotationDate".into(), json!(next));
    }
    estate.push("SecretList", secret);
    let created = if rotates { "2026-11-08T03:12:40Z" } else { "2025-02-08T03:12:40Z" };
    estate.alone(
        "secret-versions",
        json!({"ARN": plan.secret(), "Name": name, "Versions": [{"VersionId": format!("{:032x}", plan.number), "VersionStages": ["AWSCURRENT"], "CreatedDate": created}]}),
    );
    if plan.number.is_multiple_of(5) {
        let kind = if plan.flaw(14) { "String" } else { "SecureString" };
        estate.push("Parameters", json!({"Name": format!("/{}/api-token", plan.name), "Type": kind, "Version": 1, "Tier": "Standard"}));
    }
}

fn roles(estate: &mut Documents, plan: &Plan) {
    let action = match () {
        () if plan.flaw(15) => json!("s3:*"),
        () if Dice::of(plan.number, 516).0.is_multiple_of(200) => json!("*"),
        () => json!(["s3:GetObject", "s3:PutObject"]),
    };
    let broad = action.is_string();
    let bucket = format!("arn:aws:s3:::{}-data/*", plan.name);
    let statements = json!([
        {"Sid": "Data", "Effect": "Allow", "Action": action, "Resource": if broad { "*" } else { bucket.as_str() }},
        {"Sid": "Queue", "Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": arn("sqs", &plan.name)},
        {"Sid": "Keys", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": arn("kms", &format!("key/00000000-0000-4000-8000-{:012}", plan.number)), "Condition": {"StringEquals": {"kms:ViaService": format!("s3.{REGION}.amazonaws.com")}}}
    ]);
    estate.push("RoleDetailList", role(&plan.task_role(), &statements, false));
    let reads = |secrets: Value, parameters: Option<Value>| {
        let secrets = json!({"Sid": "Secrets", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secrets});
        let one = |resource| json!({"Sid": "Parameters", "Effect": "Allow", "Action": "ssm:GetParameters", "Resource": resource});
        Value::Array([secrets].into_iter().chain(parameters.map(one)).collect())
    };
    if !plan.team_role {
        let parameter = plan.number.is_multiple_of(5).then(|| json!(arn("ssm", &format!("parameter/{}/api-token", plan.name))));
        estate.push("RoleDetailList", role(&plan.execution_role(), &reads(json!([plan.secret()]), parameter), true));
    }
    if plan.number.is_multiple_of(PER_TEAM) {
        // The roles of a few teams read everything, those of the others what belongs to the team.
        let own = |kind: &str, form: &str| {
            let numbers = plan.number..plan.number + PER_TEAM;
            numbers.map(|n| arn(kind, &form.replace('#', &format!("{n:05}")))).collect::<Vec<_>>()
        };
        let statements = if plan.team.is_multiple_of(6) {
            reads(json!([arn("secretsmanager", "secret:*")]), Some(json!(arn("ssm", "parameter/*"))))
        } else {
            reads(json!(own("secretsmanager", "secret:*-#/*")), Some(json!(own("ssm", "parameter/*-#/*"))))
        };
        estate.push("RoleDetailList", role(&format!("team-{:04}-execution", plan.team), &statements, true));
    }
}

fn role(name: &str, statements: &Value, execution: bool) -> Value {
    let attached = if execution {
        json!([{"PolicyName": "AmazonECSTaskExecutionRolePolicy", "PolicyArn": "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}])
    } else {
        json!([])
    };
    json!({
        "RoleName": name, "Arn": role_arn(name), "AssumeRolePolicyDocument": place::trust(), "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}],
        "AttachedManagedPolicies": attached, "RoleLastUsed": {"LastUsedDate": "2026-11-22T00:00:00Z", "Region": REGION}
    })
}
