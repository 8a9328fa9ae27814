//! The law of narrow scans: after any change that an event announces, what a narrow scan finds equals
//! what a full scan finds, from fewer calls.
//!
//! The bundled estate stands behind the stand-in, the real collector reads it over HTTP. Each change
//! alters the estate as the call would, and its event is all that the narrow scan knows of it.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use wallwalk_checks::Settings;
use wallwalk_collect::aws::{Collected, Collector, Options as Reading};
use wallwalk_model::event::{self, Effect};
use wallwalk_model::{Place, Scope, Snapshot, Time, kms, secrets};
use wallwalk_secrets::Key;
use wallwalk_standin::{Estate, Options, Standin};
use wallwalk_tests::account::{REGION, config};

const ACCOUNT: &str = "111122223333";
const PROD: &str = "arn:aws:ecs:eu-west-1:111122223333:cluster/shop-prod";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/a8434931-1d88-4fb1-b942-6bbfcc47dbed";
const WORKERS: &str = "sg-021aca71a25970984";
const CATALOG: &str = "sg-0058395a423fad64f";

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time::from_millis(i64::try_from(since.as_millis()).unwrap())
}

fn place() -> Place {
    Place::new("aws", ACCOUNT, REGION)
}

/// The shop behind an endpoint, and a collector for it.
struct Bench {
    standin: Standin,
    collector: Collector,
}

impl Bench {
    async fn new() -> Self {
        let documents = wallwalk_tests::estates::shop().unwrap();
        let mut estate = Estate::from_documents(&documents).unwrap();
        let key = json!({"KeyMetadata": {"KeyId": "a8434931-1d88-4fb1-b942-6bbfcc47dbed", "Arn": KEY, "KeyManager": "CUSTOMER", "KeyState": "Enabled"}});
        estate.add("the key of the shop's secrets", key).unwrap();
        let standin = Standin::start(estate, Options::default()).unwrap();
        let config = config(&standin.url()).await;
        let collector = Collector::new(&config, place(), Key::new([7; 32]), now).at_pace(1000.0);
        Self { standin, collector }
    }

    async fn read(&self, scope: &Scope, known: &Snapshot) -> Collected {
        // Readings are told apart by the millisecond.
        tokio::time::sleep(Duration::from_millis(3)).await;
        let collected = self.collector.collect(scope, known, &Reading::default()).await;
        assert!(collected.finished);
        collected
    }
}

/// Verdicts by check, subject and container, without the times they rest on.
fn verdicts(snapshot: &Snapshot) -> BTreeMap<String, Value> {
    let at = "2026-11-24T00:00:00Z".parse().unwrap();
    let all = wallwalk_checks::analyse(snapshot, &Settings::default(), at).verdicts;
    all.into_iter()
        .map(|verdict| {
            let container = verdict.subject.container.clone().unwrap_or_default();
            (format!("{} {} {container}", verdict.check, verdict.subject.id), json!(verdict.outcome))
        })
        .collect()
}

/// What is known of the things that roles could read, without times, versions and policies: those are read of
/// what is referred to, and what was is not forgotten at once.
fn inventory(snapshot: &Snapshot) -> BTreeMap<String, Value> {
    let secrets = secrets::by_arn(snapshot).map(|(arn, secret)| {
        let key = secret.kms_key_id.as_deref().and_then(|key| kms::find_key(&snapshot.keys, key)).map(|(_, reading)| &reading.fact);
        (arn.to_owned(), json!([secret.name, secret.rotation_enabled, secret.deleted_date, key]))
    });
    let parameters = snapshot.parameters().filter_map(|(name, reading)| Some((name.to_owned(), json!([reading.value()?]))));
    let policies = snapshot.policies().filter_map(|(arn, reading)| Some((arn.to_owned(), json!([reading.value()?]))));
    let keys = snapshot.key_policies().map(|(arn, reading)| (format!("{arn} policy"), json!([reading.fact])));
    secrets.chain(parameters).chain(policies).chain(keys).collect()
}

/// A change as somebody makes it: the call, its parameters, and what it does to the estate.
struct Change {
    call: &'static str,
    request: Value,
    edit: fn(&mut Estate),
}

fn change(call: &'static str, request: Value, edit: fn(&mut Estate)) -> Change {
    Change { call, request, edit }
}

impl Change {
    fn event(&self) -> Value {
        let (service, name) = self.call.split_once(':').unwrap();
        let source = if service == "elb" { "elasticloadbalancing" } else { service };
        json!({
            "source": format!("aws.{source}"), "detail-type": "AWS API Call via CloudTrail", "account": ACCOUNT, "region": REGION,
            "time": "2026-11-24T12:00:00Z",
            "detail": {
                "eventID": self.call, "eventTime": "2026-11-24T12:00:00Z", "eventName": name,
                "eventSource": format!("{source}.amazonaws.com"), "recipientAccountId": ACCOUNT, "readOnly": false,
                "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/kim"},
                "requestParameters": self.request, "responseElements": null
            }
        })
    }
}

fn rule(group: &str, port: u16, cidr: &str) -> Value {
    json!({"SecurityGroupRuleId": "sgr-0aaaaaaaaaaaaaaaa", "GroupId": group, "GroupOwnerId": ACCOUNT, "IsEgress": false,
        "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIpv4": cidr, "Tags": []})
}

fn service<'a>(estate: &'a mut Estate, name: &str) -> &'a mut Value {
    let arn = estate.services.keys().find(|arn| arn.ends_with(&format!("/{name}"))).unwrap().clone();
    estate.services.get_mut(&arn).unwrap()
}

fn trust(principal: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}]})
}

fn all_actions() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}

/// A revision of the email's task definition that is privileged, and a service that runs it.
fn deploy(estate: &mut Estate, revision: u64) {
    let (_, latest) = estate.task_definitions.iter().rfind(|((family, _), _)| family == "shop-email").unwrap();
    let mut document = latest.clone();
    let arn = format!("arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-email:{revision}");
    document["taskDefinition"]["revision"] = json!(revision);
    document["taskDefinition"]["taskDefinitionArn"] = json!(arn);
    document["taskDefinition"]["containerDefinitions"][0]["readonlyRootFilesystem"] = json!(false);
    document["taskDefinition"]["containerDefinitions"][0]["secrets"] =
        json!([{"name": "NEW", "valueFrom": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/search/opensearch-rj6uRG"}]);
    document["taskDefinition"]["taskRoleArn"] = json!("arn:aws:iam::111122223333:role/shop-brand-new");
    estate.task_definitions.insert(("shop-email".into(), revision), document);
    estate.roles.insert(
        "shop-brand-new".into(),
        json!({"Path": "/", "RoleName": "shop-brand-new", "RoleId": "AROAEXAMPLE", "Arn": "arn:aws:iam::111122223333:role/shop-brand-new",
            "CreateDate": "2026-11-24T00:00:00Z", "AssumeRolePolicyDocument": trust("*"),
            "RolePolicyList": [{"PolicyName": "all", "PolicyDocument": all_actions()}], "AttachedManagedPolicies": [],
            "InstanceProfileList": [], "Tags": []}),
    );
    let service = service(estate, "email");
    service["taskDefinition"] = json!(arn);
    service["deployments"][0]["taskDefinition"] = json!(arn);
    for task in estate.tasks.values_mut().filter(|task| task["group"] == "service:email") {
        task["taskDefinitionArn"] = json!(arn);
    }
}

fn changes() -> Vec<Change> {
    let mut all = of_ec2();
    all.extend(of_ecs());
    all.extend(of_iam());
    all.extend(of_stores());
    all.extend(of_load_balancing());
    all
}

fn of_ec2() -> Vec<Change> {
    vec![
        change("ec2:AuthorizeSecurityGroupIngress", json!({"groupId": CATALOG, "ipPermissions": {"items": []}}), |estate| {
            estate.security_group_rules.insert("sgr-0aaaaaaaaaaaaaaaa".into(), rule(CATALOG, 8080, "10.0.0.0/8"));
        }),
        change("ec2:AuthorizeSecurityGroupIngress", json!({"groupId": "sg-0a8a8ec448e919818"}), |estate| {
            estate.security_group_rules.insert("sgr-0aaaaaaaaaaaaaaaa".into(), rule("sg-0a8a8ec448e919818", 22, "0.0.0.0/0"));
        }),
        change("ec2:RevokeSecurityGroupIngress", json!({"groupId": WORKERS}), |estate| {
            estate.security_group_rules.remove("sgr-0a84ebd875a34adca");
        }),
        change("ec2:RevokeSecurityGroupIngress", json!({"groupId": "sg-0a8a8ec448e919818"}), |estate| {
            estate.security_group_rules.remove("sgr-0edd38ae757579978");
        }),
        change("ec2:ModifySecurityGroupRules", json!({"ModifySecurityGroupRulesRequest": {"GroupId": CATALOG}}), |estate| {
            estate.security_group_rules.get_mut("sgr-07cd1788074dadbba").unwrap()["CidrIpv4"] = json!("10.20.1.0/28");
        }),
        change("ec2:DeleteRoute", json!({"routeTableId": "rtb-02da3c0de31845baf"}), |estate| {
            let table = estate.route_tables.get_mut("rtb-02da3c0de31845baf").unwrap();
            table["Routes"].as_array_mut().unwrap().retain(|route| route.get("GatewayId") == Some(&json!("local")));
        }),
        change("ec2:CreateRoute", json!({"routeTableId": "rtb-0c6878297b94a142c"}), |estate| {
            let table = estate.route_tables.get_mut("rtb-0c6878297b94a142c").unwrap();
            table["Routes"][1] = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0548d221e6a1de721", "State": "active"});
        }),
        change("ec2:CreateNetworkAclEntry", json!({"networkAclId": "acl-0320eec58e2f68101"}), |estate| {
            let acl = estate.network_acls.get_mut("acl-0320eec58e2f68101").unwrap();
            let deny = json!({"RuleNumber": 1, "Protocol": "-1", "RuleAction": "deny", "Egress": false, "CidrBlock": "0.0.0.0/0"});
            acl["Entries"].as_array_mut().unwrap().insert(0, deny);
        }),
        change(
            "ec2:ModifyInstanceMetadataOptions",
            json!({"ModifyInstanceMetadataOptionsRequest": {"InstanceId": "i-08bde65f62c40bdae"}}),
            |estate| {
                estate.instances.get_mut("i-08bde65f62c40bdae").unwrap()["MetadataOptions"]["HttpTokens"] = json!("required");
            },
        ),
        change("ec2:DisassociateAddress", json!({"associationId": "eipassoc-0123456789abcdef0"}), |estate| {
            for interface in estate.network_interfaces.values_mut() {
                interface.as_object_mut().unwrap().remove("Association");
            }
        }),
        change(
            "ec2:ModifyManagedPrefixList",
            json!({"ModifyManagedPrefixListRequest": {"PrefixListId": "pl-0e6091c3784328505"}}),
            |estate| {
                estate.prefix_list_entries.insert("pl-0e6091c3784328505".into(), json!([{"Cidr": "0.0.0.0/0"}]));
            },
        ),
        change("ec2:ModifySubnetAttribute", json!({"subnetId": "subnet-0d5e75f2f635a68c5"}), |estate| {
            estate.subnets.get_mut("subnet-0d5e75f2f635a68c5").unwrap()["MapPublicIpOnLaunch"] = json!(true);
        }),
        change("ec2:DeleteSecurityGroup", json!({"groupId": "sg-080dac81a7804e16e"}), |estate| {
            estate.security_groups.remove("sg-080dac81a7804e16e");
            estate.security_group_rules.retain(|_, rule| rule["GroupId"] != "sg-080dac81a7804e16e");
        }),
    ]
}

fn of_ecs() -> Vec<Change> {
    vec![
        change("ecs:UpdateService", json!({"cluster": "shop-prod", "service": "email", "taskDefinition": "shop-email:41"}), |estate| {
            deploy(estate, 41);
        }),
        change("ecs:UpdateService", json!({"cluster": PROD, "service": "storefront", "enableExecuteCommand": true}), |estate| {
            service(estate, "storefront")["enableExecuteCommand"] = json!(true);
        }),
        change("ecs:UpdateService", json!({"cluster": "shop-prod", "service": "payments"}), |estate| {
            let group = json!(["sg-0788e8f341d73bb56"]);
            let service = service(estate, "payments");
            service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"] = group.clone();
            service["deployments"][0]["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"] = group;
        }),
        change("ecs:DeleteService", json!({"cluster": "shop-prod", "service": "legacy-admin"}), |estate| {
            estate.services.retain(|arn, _| !arn.ends_with("/legacy-admin"));
            estate.tasks.retain(|_, task| task["group"] != "service:legacy-admin");
        }),
        change("ecs:CreateService", json!({"cluster": "shop-tools", "serviceName": "copy"}), |estate| {
            let mut copy = service(estate, "uptime-probe").clone();
            let arn = copy["serviceArn"].as_str().unwrap().replace("/uptime-probe", "/copy");
            copy["serviceArn"] = json!(arn);
            copy["serviceName"] = json!("copy");
            estate.services.insert(arn, copy);
        }),
        change("ecs:RegisterTaskDefinition", json!({"family": "shop-coupon-import"}), |estate| {
            let ((_, revision), latest) = estate.task_definitions.iter().rfind(|((family, _), _)| family == "shop-coupon-import").unwrap();
            let (revision, mut document) = (revision + 1, latest.clone());
            document["taskDefinition"]["revision"] = json!(revision);
            document["taskDefinition"]["taskDefinitionArn"] =
                json!(format!("arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-coupon-import:{revision}"));
            document["taskDefinition"]["containerDefinitions"][0]["environment"] = json!([]);
            estate.task_definitions.insert(("shop-coupon-import".into(), revision), document);
        }),
        change(
            "ecs:DeregisterTaskDefinition",
            json!({"taskDefinition": "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-coupon-import:3"}),
            |estate| estate.task_definitions.retain(|(family, _), _| family != "shop-coupon-import"),
        ),
        change("ecs:UpdateClusterSettings", json!({"cluster": "shop-prod"}), |estate| {
            estate.clusters.get_mut(PROD).unwrap()["settings"] = json!([{"name": "containerInsights", "value": "disabled"}]);
        }),
        change("ecs:DeregisterContainerInstance", json!({"cluster": "shop-tools"}), |estate| {
            estate.container_instances.retain(|arn, _| !arn.contains("/shop-tools/"));
        }),
        change("ecs:CreateCluster", json!({"clusterName": "spare"}), |estate| {
            let arn = estate.arn("ecs", "cluster/spare");
            let cluster = json!({"clusterArn": arn, "clusterName": "spare", "status": "ACTIVE", "settings": [{"name": "containerInsights", "value": "disabled"}],
                "capacityProviders": [], "defaultCapacityProviderStrategy": [], "tags": []});
            estate.clusters.insert(arn, cluster);
        }),
        change("ecs:StopTask", json!({"cluster": "shop-prod", "task": "x"}), |estate| {
            estate.tasks.retain(|_, task| task["group"] != "family:shop-sales-report" && task["group"] != "reporting");
        }),
        change("ecs:TagResource", json!({"resourceArn": "arn:aws:ecs:eu-west-1:111122223333:service/shop-prod/catalog"}), |estate| {
            service(estate, "catalog")["tags"] = json!([{"key": "Environment", "value": "sandbox"}]);
        }),
    ]
}

fn of_iam() -> Vec<Change> {
    fn role<'a>(estate: &'a mut Estate, name: &str) -> &'a mut Value {
        estate.roles.get_mut(name).unwrap()
    }
    vec![
        change("iam:PutRolePolicy", json!({"roleName": "shop-storefront-task", "policyName": "more"}), |estate| {
            let more = json!({"PolicyName": "more", "PolicyDocument": all_actions()});
            role(estate, "shop-storefront-task")["RolePolicyList"].as_array_mut().unwrap().push(more);
        }),
        change("iam:DeleteRolePolicy", json!({"roleName": "tools-ci-runner", "policyName": "ci"}), |estate| {
            role(estate, "tools-ci-runner")["RolePolicyList"] = json!([]);
        }),
        change(
            "iam:AttachRolePolicy",
            json!({"roleName": "shop-checkout-task", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
            |estate| {
                let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
                estate.policies.insert(
                    arn.into(),
                    json!({"PolicyName": "AdministratorAccess", "PolicyId": "ANPAEXAMPLE", "Arn": arn, "Path": "/", "DefaultVersionId": "v1",
                        "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0, "IsAttachable": true,
                        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": all_actions()}]}),
                );
                let attached = json!({"PolicyName": "AdministratorAccess", "PolicyArn": arn});
                role(estate, "shop-checkout-task")["AttachedManagedPolicies"].as_array_mut().unwrap().push(attached);
            },
        ),
        change("iam:DetachRolePolicy", json!({"roleName": "shop-ecs-media-instance"}), |estate| {
            role(estate, "shop-ecs-media-instance")["AttachedManagedPolicies"].as_array_mut().unwrap().pop();
        }),
        change("iam:UpdateAssumeRolePolicy", json!({"roleName": "shop-image-resizer-task"}), |estate| {
            role(estate, "shop-image-resizer-task")["AssumeRolePolicyDocument"] = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
        }),
        change("iam:CreatePolicyVersion", json!({"policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}), |estate| {
            let policy = estate.policies.get_mut("arn:aws:iam::aws:policy/AmazonS3FullAccess").unwrap();
            for version in policy["PolicyVersionList"].as_array_mut().unwrap() {
                version["Document"] = all_actions();
            }
        }),
        change(
            "iam:CreatePolicyVersion",
            json!({"policyArn": "arn:aws:iam::111122223333:policy/shop-deploy", "setAsDefault": false}),
            |estate| {
                let policy = estate.policies.get_mut("arn:aws:iam::111122223333:policy/shop-deploy").unwrap();
                let version = json!({"VersionId": "v10", "IsDefaultVersion": false, "Document": all_actions()});
                policy["PolicyVersionList"].as_array_mut().unwrap().insert(0, version);
            },
        ),
        change("iam:DeleteRole", json!({"roleName": "shop-search-task"}), |estate| {
            estate.roles.remove("shop-search-task");
        }),
    ]
}

fn of_stores() -> Vec<Change> {
    const DKIM: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/email/dkim-key-jG2pNn";
    vec![
        change("secretsmanager:DeleteSecret", json!({"secretId": "shop/payments/database"}), |estate| {
            estate.secrets.retain(|arn, _| !arn.contains("shop/payments/database"));
        }),
        change("secretsmanager:RotateSecret", json!({"secretId": DKIM}), |estate| {
            let secret = estate.secrets.get_mut(DKIM).unwrap();
            secret["RotationEnabled"] = json!(true);
            secret["RotationRules"] = json!({"AutomaticallyAfterDays": 30});
        }),
        change("secretsmanager:CreateSecret", json!({"name": "shop/returns/carrier-api"}), |estate| {
            let definition = estate.task_definitions.iter().rfind(|((family, _), _)| family == "shop-returns").unwrap().1.to_string();
            let start = definition.find("arn:aws:secretsmanager").expect("a reference");
            let arn = definition[start..].split('"').next().unwrap().split(':').take(7).collect::<Vec<_>>().join(":");
            estate.secrets.insert(
                arn.clone(),
                json!({"ARN": arn, "Name": arn.rsplit(':').next().unwrap(), "CreatedDate": "2026-11-24T00:00:00Z", "SecretVersionsToStages": {}, "Tags": []}),
            );
        }),
        change("secretsmanager:CreateSecret", json!({"name": "shop/nobody/knows"}), |estate| {
            let arn = estate.arn("secretsmanager", "secret:shop/nobody/knows-AbCdEf");
            estate.secrets.insert(arn.clone(), json!({"ARN": arn, "Name": "shop/nobody/knows", "KmsKeyId": KEY, "Tags": []}));
        }),
        // Deleted at once and made anew: another secret of the same name.
        change("secretsmanager:CreateSecret", json!({"name": "shop/email/dkim-key"}), |estate| {
            let mut secret = estate.secrets.remove(DKIM).unwrap();
            let arn = DKIM.replace("-jG2pNn", "-ZyXwVu");
            secret["ARN"] = json!(arn);
            estate.secrets.insert(arn, secret);
        }),
        change("secretsmanager:DeleteSecret", json!({"secretId": "shop/payments/psp-api-key", "recoveryWindowInDays": 7}), |estate| {
            let secret = estate.secrets.values_mut().find(|secret| secret["Name"] == "shop/payments/psp-api-key").unwrap();
            secret["DeletedDate"] = json!("2026-11-24T12:00:00Z");
        }),
        change("secretsmanager:UpdateSecret", json!({"secretId": DKIM, "kmsKeyId": "alias/mail"}), |estate| {
            let arn = estate.arn("kms", "key/0a1b2c3d-0000-4000-8000-000000000001");
            let key = json!({"KeyId": "0a1b2c3d-0000-4000-8000-000000000001", "Arn": arn, "KeyManager": "CUSTOMER", "KeyState": "Enabled"});
            estate.keys.insert(arn.clone(), key);
            estate
                .key_aliases
                .insert("alias/mail".into(), json!({"AliasName": "alias/mail", "TargetKeyId": "0a1b2c3d-0000-4000-8000-000000000001"}));
            estate.secrets.get_mut(DKIM).unwrap()["KmsKeyId"] = json!(arn);
        }),
        change("kms:PutKeyPolicy", json!({"keyId": KEY, "policyName": "default", "policy": "{}"}), |estate| {
            estate.key_policies.insert(KEY.into(), json!(trust("*").to_string()));
        }),
        change("kms:DisableKey", json!({"keyId": "a8434931-1d88-4fb1-b942-6bbfcc47dbed"}), |estate| {
            estate.keys.get_mut(KEY).unwrap()["KeyState"] = json!("Disabled");
        }),
        change("ssm:PutParameter", json!({"name": "/shop/nobody/knows", "type": "String"}), |estate| {
            let parameter = json!({"Name": "/shop/nobody/knows", "Type": "String", "Version": 1});
            estate.parameters.insert("/shop/nobody/knows".into(), parameter);
        }),
        change("ssm:PutParameter", json!({"name": "/shop/catalog/db-password", "type": "SecureString"}), |estate| {
            estate.parameters.get_mut("/shop/catalog/db-password").unwrap()["Type"] = json!("SecureString");
        }),
        change("ssm:DeleteParameter", json!({"name": "/shop/image-resizer/signing-key"}), |estate| {
            estate.parameters.remove("/shop/image-resizer/signing-key");
        }),
        change("ecr:PutImageTagMutability", json!({"repositoryName": "shop/recommendations", "registryId": ACCOUNT}), |estate| {
            estate.repositories.get_mut("shop/recommendations").unwrap()["imageTagMutability"] = json!("IMMUTABLE");
        }),
        change("ecr:DeleteRepositoryPolicy", json!({"repositoryName": "shop/recommendations"}), |estate| {
            estate.repository_policies.remove("shop/recommendations");
        }),
    ]
}

fn of_load_balancing() -> Vec<Change> {
    const INTERNAL: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop-internal/157d4d0108a1ad00";
    vec![
        change("elb:SetSecurityGroups", json!({"loadBalancerArn": INTERNAL, "securityGroups": []}), |estate| {
            estate.load_balancers.get_mut(INTERNAL).unwrap()["SecurityGroups"] = json!(["sg-0ef8d0d8cd909e5cd"]);
        }),
        change("elb:DeleteLoadBalancer", json!({"loadBalancerArn": INTERNAL}), |estate| {
            estate.load_balancers.remove(INTERNAL);
            estate.listeners.retain(|_, listener| listener["LoadBalancerArn"] != INTERNAL);
        }),
        change(
            "elb:DeleteListener",
            json!({"listenerArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/shop-internal/157d4d0108a1ad00/x"}),
            |estate| {
                estate.listeners.retain(|_, listener| listener["LoadBalancerArn"] != INTERNAL);
            },
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_narrow_scan_finds_what_a_full_scan_finds_from_fewer_calls() {
    let (mut told, mut of_inventory) = (BTreeSet::new(), BTreeSet::new());
    for change in changes() {
        let bench = Bench::new().await;
        let nothing = Snapshot::new(place());
        let known = nothing.clone().merge(bench.read(&Scope::Full, &nothing).await.snapshot).compacted();
        let before = verdicts(&known);

        bench.standin.edit(change.edit);
        let event = event::read(&change.event(), Some(&known));
        assert_eq!(event.effect, Effect::Stale, "{}", change.call);
        let scope = Scope::of_keys(event.keys.clone());
        let narrow = bench.read(&scope, &known).await;
        let full = bench.read(&Scope::Full, &known).await;

        let narrowly = known.clone().merge(narrow.snapshot).compacted();
        let fully = known.clone().merge(full.snapshot).compacted();
        let (before_that, there, there_too) = (inventory(&known), inventory(&narrowly), inventory(&fully));
        for (what, found) in &there_too {
            assert_eq!(there.get(what), Some(found), "{} {:?}: {what}", change.call, event.keys);
        }
        assert_eq!(there.len(), there_too.len(), "{}: the narrow scan knows of something that is gone", change.call);
        let (narrowly, fully) = (verdicts(&narrowly), verdicts(&fully));
        for (what, found) in &fully {
            assert_eq!(narrowly.get(what), Some(found), "{} {:?}: {what}", change.call, event.keys);
        }
        assert_eq!(narrowly.len(), fully.len(), "{}: the narrow scan judges something that is gone", change.call);
        if there_too != before_that {
            of_inventory.insert(change.call);
        }
        if fully != before {
            told.insert(change.call);
        }
        if scope != Scope::Full {
            let calls = |collected: &BTreeMap<String, u64>| collected.values().sum::<u64>();
            let (few, many) = (calls(&narrow.report.calls), calls(&full.report.calls));
            assert!(few < many, "{} took {few} calls narrowly and {many} fully", change.call);
        }
        assert_eq!(bench.standin.unknown(), Vec::<String>::new());
    }
    // The law would hold of changes that change nothing.
    assert!(told.len() > 25, "only these changes changed a verdict: {told:?}");
    assert!(of_inventory.len() > 9, "only these changes changed what there is: {of_inventory:?}");
}

#[tokio::test]
async fn what_was_merged_in_either_order_is_judged_alike() {
    let bench = Bench::new().await;
    let nothing = Snapshot::new(place());
    let known = bench.read(&Scope::Full, &nothing).await.snapshot;
    let opened = &changes()[1];
    bench.standin.edit(opened.edit);
    let keys = event::read(&opened.event(), Some(&known)).keys;
    let narrow = bench.read(&Scope::of_keys(keys), &known).await.snapshot;
    let one = known.clone().merge(narrow.clone()).compacted();
    let other = narrow.merge(known).compacted();
    assert_eq!(verdicts(&one), verdicts(&other));
}
