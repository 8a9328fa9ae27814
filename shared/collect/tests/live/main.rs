//! Reading through HTTP: what pages, refusals and broken answers become.
//!
//! The server of these tests answers like an empty account, and with what a test hands it for one
//! operation. Whole estates are read elsewhere.

#![cfg(feature = "aws")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

mod server;
mod stores;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::{Value, json};
use server::{Reply, Server};
use wallwalk_collect::aws::{CallError, Collected, Collector, IamFacts, Options, whoami};
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Fact, Gap, GapReason, Key, Place, Reading, Scope, Snapshot, Time, ec2, ecs, iam, secrets};

const CLUSTER: &str = "arn:aws:ecs:eu-west-1:111122223333:cluster/shop";
const SERVICE: &str = "arn:aws:ecs:eu-west-1:111122223333:service/shop/api";
const DEFINITION: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:7";
const TASK: &str = "arn:aws:ecs:eu-west-1:111122223333:task/shop/0a1";

pub(crate) fn place() -> Place {
    Place::new("aws", "111122223333", "eu-west-1")
}

pub(crate) fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("AKID", "none", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

pub(crate) fn clock() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time::from_millis(i64::try_from(since.as_millis()).unwrap())
}

pub(crate) fn collector(server: &Server) -> Collector {
    Collector::new(&config(&server.url()), place(), wallwalk_secrets::Key::new([3; 32]), clock)
}

pub(crate) async fn full(server: &Server) -> Collected {
    collector(server).collect(&Scope::Full, &Snapshot::new(place()), &Options::default()).await
}

pub(crate) async fn narrow(server: &Server, known: &Snapshot, keys: &[Key]) -> Collected {
    collector(server).collect(&Scope::Narrow(keys.iter().cloned().collect()), known, &Options::default()).await
}

pub(crate) fn gap_of(snapshot: &Snapshot, listing: &str) -> Gap {
    snapshot.listing_gap(listing).unwrap_or_else(|| panic!("{listing} was read to its end"))
}

pub(crate) fn operations(collected: &Collected) -> BTreeSet<&str> {
    collected.report.calls.keys().map(String::as_str).collect()
}

pub(crate) fn definition(container: Value) -> Value {
    let mut container = container;
    container["name"] = json!("web");
    container["image"] = json!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1");
    json!({"taskDefinition": {"taskDefinitionArn": DEFINITION, "family": "shop-api", "revision": 7, "status": "ACTIVE",
        "taskRoleArn": "arn:aws:iam::111122223333:role/api", "containerDefinitions": [container]}, "tags": []})
}

/// A cluster with one service, which runs one task.
pub(crate) fn shop(server: &Server) {
    server.always("ListClusters", Reply::json(json!({"clusterArns": [CLUSTER]})));
    server.always(
        "DescribeClusters",
        Reply::json(json!({"clusters": [{"clusterArn": CLUSTER, "clusterName": "shop", "status": "ACTIVE"}], "failures": []})),
    );
    server.always("ListServices", Reply::json(json!({"serviceArns": [SERVICE]})));
    server.always(
        "DescribeServices",
        Reply::json(json!({"services": [{"serviceArn": SERVICE, "serviceName": "api", "clusterArn": CLUSTER, "status": "ACTIVE", "taskDefinition": DEFINITION, "createdAt": 1_795_442_523.12}], "failures": []})),
    );
    server.always("ListTasks", Reply::json(json!({"taskArns": [TASK]})));
    server.always(
        "DescribeTasks",
        Reply::json(json!({"tasks": [{"taskArn": TASK, "clusterArn": CLUSTER, "taskDefinitionArn": DEFINITION, "group": "service:api", "lastStatus": "RUNNING",
            "containers": [{"name": "web", "memory": 256}],
            "attachments": [{"id": "a", "details": [{"name": "networkInterfaceId", "value": "eni-0a1"}]}]}], "failures": []})),
    );
    let references = json!({
        "environment": [{"name": "DB_PASSWORD", "value": "changeme"}],
        "secrets": [
            {"name": "A", "valueFrom": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf"},
            {"name": "B", "valueFrom": "arn:aws:secretsmanager:eu-west-1:444455556666:secret:theirs-AbCdEf"},
            {"name": "C", "valueFrom": "/shop/there"}, {"name": "D", "valueFrom": "/shop/gone"},
        ],
        "newField": {"deep": [{"password": "letmein"}]},
    });
    server.always("DescribeTaskDefinition", Reply::json(definition(references)));
    server.always(
        "DescribeParameters",
        Reply::json(json!({"Parameters": [{"Name": "/shop/there", "Type": "String", "LastModifiedDate": 1_795_442_523.5}]})),
    );
    server.always(
        "DescribeSecret",
        Reply::json(json!({"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf", "Name": "shop/db", "RotationEnabled": true})),
    );
    server.always("ListSecretVersionIds", Reply::json(json!({"Versions": [{"VersionId": "v1", "VersionStages": ["AWSCURRENT"]}]})));
    server.always("GetResourcePolicy", Reply::json(json!({"Name": "shop/db"})));
}

const ENI: &str = "<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-0a1</networkInterfaceId>\
    <groupSet><item><groupId>sg-1</groupId></item></groupSet></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>";

#[tokio::test]
async fn an_empty_account_is_read_completely() {
    let server = Server::start();
    let read = full(&server).await;
    assert!(read.finished);
    assert_eq!(read.snapshot.gaps(), [].into());
    assert_eq!(read.snapshot.listing_gap("ecs:ListClusters"), None);
    assert_eq!(read.report.calls.values().sum::<u64>(), 18, "one call for each listing: {:?}", read.report.calls);
    assert_eq!(read.report.calls.values().sum::<u64>(), server.requests());
}

#[tokio::test]
async fn a_future_of_a_reading_can_be_sent_to_another_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let server = Server::start();
    let (collector, known, options) = (collector(&server), Snapshot::new(place()), Options::default());
    assert!(is_send(collector.collect(&Scope::Full, &known, &options)).await.finished);
}

#[tokio::test]
async fn what_a_service_refers_to_is_read_and_what_is_not_there_is_absent() {
    let server = Server::start();
    shop(&server);
    let Collected { snapshot, .. } = full(&server).await;
    assert_eq!(snapshot.services[SERVICE].value().unwrap().created_at, Some("2026-11-23T14:02:03.120Z".parse().unwrap()));
    // The SDK takes a container's memory for a text and refuses the number; it is not asked.
    assert_eq!(snapshot.tasks[TASK].value().unwrap().containers[0].name, "web");
    let container = &snapshot.task_definitions[DEFINITION].value().unwrap().container_definitions[0];
    assert_eq!(container.environment[0].value.sightings.len(), 1);
    assert_eq!(container.other_text.len(), 1, "strings of fields that the SDK does not know are examined: {:?}", container.other_text);
    let secret = snapshot.secrets["arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf"].value().unwrap();
    assert_eq!((secret.rotation_enabled, secret.versions.as_ref().map(Vec::len)), (Some(true), Some(1)));
    let policy = &snapshot.secret_policies["arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf"];
    assert_eq!(policy.fact, Fact::Known(secrets::ResourcePolicy { document: None }));
    let Fact::Gap(foreign) = &snapshot.secrets["arn:aws:secretsmanager:eu-west-1:444455556666:secret:theirs-AbCdEf"].fact else { panic!() };
    assert_eq!(foreign.reason, GapReason::NotAsked);
    assert_eq!(snapshot.parameters["/shop/there"].value().unwrap().kind.as_deref(), Some("String"));
    assert_eq!(snapshot.parameters["/shop/gone"].fact, Fact::Absent);
    // The role, the interface and the repository were shown by no listing: they were asked for.
    assert_eq!(snapshot.roles["api"].fact, Fact::Absent);
    assert_eq!(snapshot.network_interfaces["eni-0a1"].fact, Fact::Absent);
    assert_eq!(snapshot.repositories["arn:aws:ecr:eu-west-1:111122223333:repository/shop/api"].fact, Fact::Absent);
    let text = serde_json::to_string(&snapshot).unwrap();
    for value in ["changeme", "letmein"] {
        assert!(!text.contains(value));
    }
}

#[tokio::test]
async fn a_listing_goes_on_to_its_last_page() {
    let server = Server::start();
    shop(&server);
    let second = SERVICE.replace("/api", "/web");
    server.once("ListServices", Reply::json(json!({"serviceArns": [SERVICE], "nextToken": "two"})));
    server.once("ListServices", Reply::json(json!({"serviceArns": [second], "nextToken": null})));
    let Collected { snapshot, .. } = full(&server).await;
    let listed = snapshot.listings[&listing::services("shop")].complete.clone().unwrap();
    assert_eq!(listed.members, BTreeSet::from([SERVICE.to_owned(), second.clone()]));
    assert!(server.bodies("ListServices")[1].contains("\"nextToken\":\"two\""));
    // The answer leaves the second one out: that is neither a fact nor an absence.
    let Fact::Gap(gap) = &snapshot.services[&second].fact else { panic!() };
    assert_eq!((gap.call.as_str(), gap.reason), ("ecs:DescribeServices", GapReason::Failed));
}

#[tokio::test]
async fn half_a_listing_is_a_gap_and_what_it_showed_is_a_fact() {
    let server = Server::start();
    shop(&server);
    server.once("ListServices", Reply::json(json!({"serviceArns": [SERVICE], "nextToken": "two"})));
    server.always("ListServices", Reply::error(400, "InvalidParameterException", "bad token"));
    let Collected { snapshot, finished, .. } = full(&server).await;
    assert!(finished);
    assert_eq!(
        gap_of(&snapshot, &listing::services("shop")).to_string(),
        "ecs:ListServices: failed (InvalidParameterException: bad token)"
    );
    assert!(snapshot.services[SERVICE].value().is_some());
}

#[tokio::test]
async fn a_listing_that_goes_round_in_circles_ends_as_a_gap() {
    let server = Server::start();
    server.always("ListClusters", Reply::json(json!({"clusterArns": [], "nextToken": "again"})));
    let page = "<DescribeSubnetsResponse><subnetSet/><nextToken>again</nextToken></DescribeSubnetsResponse>";
    server.always("DescribeSubnets", Reply::xml(page));
    let Collected { snapshot, report, .. } = full(&server).await;
    for name in ["ecs:ListClusters", "ec2:DescribeSubnets"] {
        assert_eq!(gap_of(&snapshot, name).reason, GapReason::Failed);
        assert_eq!(report.calls[name], 2);
    }
}

#[tokio::test]
async fn a_throttled_call_is_tried_again_and_counted() {
    let server = Server::start();
    shop(&server);
    for _ in 0..2 {
        server.once("ListClusters", Reply::error(400, "ThrottlingException", "Rate exceeded"));
        server.once("DescribeSubnets", Reply::xml_error(503, "RequestLimitExceeded"));
    }
    let read = full(&server).await;
    assert_eq!(read.snapshot.listing_gap("ecs:ListClusters"), None);
    assert_eq!(read.snapshot.listing_gap("ec2:DescribeSubnets"), None);
    assert_eq!((read.report.throttled, read.report.calls["ecs:ListClusters"]), (4, 3));
    assert!(read.report.waited > Duration::ZERO);
}

#[tokio::test]
async fn a_denied_call_is_a_gap_at_once_and_nothing_else_is_lost() {
    let server = Server::start();
    shop(&server);
    let message = "User: arn:aws:iam::111122223333:user/bob is not authorized because no identity-based policy allows it";
    server.always("DescribeServices", Reply::error(400, "AccessDeniedException", message));
    server.always("DescribeRouteTables", Reply::xml_error(403, "UnauthorizedOperation"));
    // Some answer in XML where JSON was asked for, some with nothing but the status.
    server.always("ListTaskDefinitionFamilies", Reply::xml_error(403, "AccessDenied"));
    server.always("DescribeCapacityProviders", Reply::page(403, ""));
    let Collected { snapshot, report, .. } = full(&server).await;
    let Fact::Gap(gap) = &snapshot.services[SERVICE].fact else { panic!() };
    assert_eq!(gap.to_string(), "ecs:DescribeServices: denied (AccessDeniedException: because no identity-based policy allows it)");
    for name in ["ec2:DescribeRouteTables", "ecs:ListTaskDefinitionFamilies", "ecs:DescribeCapacityProviders"] {
        assert_eq!(gap_of(&snapshot, name).reason, GapReason::Denied, "{name}");
        assert_eq!(report.calls[name], 1, "{name}");
    }
    assert_eq!(gap_of(&snapshot, "ecs:ListTaskDefinitionFamilies").detail, "AccessDenied");
    assert!(snapshot.tasks[TASK].value().is_some());
}

#[tokio::test]
async fn what_is_in_a_cluster_is_read_even_if_the_cluster_itself_cannot_be() {
    let server = Server::start();
    shop(&server);
    server.always("DescribeClusters", Reply::error(400, "AccessDeniedException", "no"));
    let Collected { snapshot, .. } = full(&server).await;
    assert!(matches!(snapshot.clusters[CLUSTER].fact, Fact::Gap(_)));
    assert!(snapshot.services[SERVICE].value().is_some() && snapshot.tasks[TASK].value().is_some());
}

#[tokio::test]
async fn pages_of_something_else_are_gaps_with_a_short_reason() {
    let server = Server::start();
    let page = "<!doctype html><html><body><h1>Not here</h1></body></html>";
    server.always("ListTaskDefinitionFamilies", Reply::page(404, page));
    server.always("DescribeSubnets", Reply::page(404, page));
    server.always("ListClusters", Reply::page(500, page));
    server.always("DescribeVpcs", Reply::page(200, page));
    server.always("DescribeCapacityProviders", Reply::page(200, page));
    server
        .always("DescribeLoadBalancers", Reply::xml("<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member>"));
    let Collected { snapshot, report, .. } = full(&server).await;
    for (name, calls) in [
        ("ecs:ListTaskDefinitionFamilies", 1),
        ("ec2:DescribeSubnets", 1),
        ("ecs:ListClusters", 3),
        ("ec2:DescribeVpcs", 3),
        ("ecs:DescribeCapacityProviders", 3),
        ("elasticloadbalancing:DescribeLoadBalancers", 3),
    ] {
        let gap = gap_of(&snapshot, name);
        assert_eq!(gap.reason, GapReason::Failed, "{name}");
        assert!(!gap.detail.is_empty() && gap.detail.len() < 80 && !gap.detail.contains('<'), "{name}: {}", gap.detail);
        assert_eq!(report.calls[name], calls, "{name}");
    }
}

#[tokio::test]
async fn what_describing_does_not_find_is_absent_and_what_it_cannot_show_is_a_gap() {
    let server = Server::start();
    shop(&server);
    let other = TASK.replace("0a1", "0b2");
    server.always("ListTasks", Reply::json(json!({"taskArns": [TASK, other]})));
    server.always(
        "DescribeTasks",
        Reply::json(json!({"tasks": [], "failures": [{"arn": TASK, "reason": "MISSING"}, {"arn": other, "reason": "RESOURCE:BROKEN"}]})),
    );
    let Collected { snapshot, .. } = full(&server).await;
    assert_eq!(snapshot.tasks[TASK].fact, Fact::Absent);
    let Fact::Gap(gap) = &snapshot.tasks[&other].fact else { panic!() };
    assert_eq!(gap.to_string(), "ecs:DescribeTasks: failed (RESOURCE:BROKEN)");
}

#[tokio::test]
async fn expired_credentials_are_said_so_by_every_gap_and_by_whoami() {
    let server = Server::start();
    server.otherwise(Reply::xml_error(403, "ExpiredToken"));
    let Collected { snapshot, finished, .. } = full(&server).await;
    assert!(finished);
    let gaps = snapshot.gaps();
    assert!(!gaps.is_empty());
    for gap in gaps.keys() {
        assert_eq!((gap.reason, gap.detail.as_str()), (GapReason::Denied, "the credentials have expired (ExpiredToken)"));
    }
    let error = whoami(&config(&server.url())).await.unwrap_err();
    assert_eq!(error.to_string(), "the credentials have expired (ExpiredToken): log in again");
}

#[tokio::test]
async fn whoami_tells_what_is_wrong() {
    let server = Server::start();
    let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-cn:iam::111122223333:user/x</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    server.always("GetCallerIdentity", Reply::xml(identity));
    let config = config(&server.url());
    assert_eq!(whoami(&config).await.unwrap(), Place::new("aws-cn", "111122223333", "eu-west-1"));
    let nowhere = config.to_builder().region(None).build();
    assert_eq!(whoami(&nowhere).await.unwrap_err(), CallError::NoRegion);
    server.always("GetCallerIdentity", Reply::xml_error(403, "InvalidClientTokenId"));
    assert!(matches!(whoami(&config).await.unwrap_err(), CallError::Invalid { .. }));
    let closed = config.to_builder().endpoint_url("http://127.0.0.1:9").build();
    let error = whoami(&closed).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
    assert_eq!(error.gap().reason, GapReason::Failed);
}

#[tokio::test]
async fn an_endpoint_that_nobody_serves_gives_a_snapshot_of_gaps() {
    let collector = Collector::new(&config("http://127.0.0.1:9"), place(), wallwalk_secrets::Key::new([3; 32]), clock);
    let read = collector.collect(&Scope::Full, &Snapshot::new(place()), &Options::default()).await;
    // Users and groups are listed in one with the roles.
    assert_eq!(read.snapshot.listings.len(), 20);
    assert!(
        read.snapshot
            .gaps()
            .keys()
            .all(|gap| gap.reason == GapReason::Failed && gap.detail.starts_with("the endpoint could not be reached"))
    );
}

#[tokio::test]
async fn after_the_deadline_nothing_is_begun_and_nothing_is_claimed() {
    let server = Server::start();
    shop(&server);
    let options = Options { deadline: Some(Instant::now()), ..Options::default() };
    let read = collector(&server).collect(&Scope::Full, &Snapshot::new(place()), &options).await;
    assert!(!read.finished);
    assert_eq!(read.snapshot, Snapshot::new(place()));
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_continued_reading_does_not_repeat_what_the_first_part_read() {
    let server = Server::start();
    shop(&server);
    let begun = clock();
    let known = full(&server).await.snapshot;
    let options = Options { since: Some(begun), ..Options::default() };
    let read = collector(&server).collect(&Scope::Full, &known, &options).await;
    assert!(read.finished);
    assert!(read.report.calls.is_empty(), "{:?}", read.report.calls);
}

#[tokio::test]
async fn a_known_revision_is_not_described_again_unless_the_rules_have_changed() {
    let server = Server::start();
    shop(&server);
    let mut known = full(&server).await.snapshot;
    let again = collector(&server).collect(&Scope::Full, &known, &Options::default()).await;
    assert!(!again.report.calls.contains_key("ecs:DescribeTaskDefinition"));
    assert!(again.snapshot.secrets.len() == 2, "what it refers to is read again all the same");
    let Fact::Known(definition) = &mut known.task_definitions.get_mut(DEFINITION).unwrap().fact else { panic!() };
    definition.rules_version = Some("0".into());
    let again = collector(&server).collect(&Scope::Full, &known, &Options::default()).await;
    assert_eq!(again.report.calls["ecs:DescribeTaskDefinition"], 1);
}

#[tokio::test]
async fn what_another_region_read_of_iam_is_taken_over() {
    let server = Server::start();
    let mut facts = IamFacts::default();
    facts.roles.insert("api".into(), Reading::known(clock(), iam::Role { role_name: "api".into(), ..Default::default() }));
    facts.users.insert("kim".into(), Reading::known(clock(), iam::User { user_name: "kim".into(), ..Default::default() }));
    facts.listing = wallwalk_model::Listing::complete(clock(), ["api".to_owned()].into());
    facts.user_listing = wallwalk_model::Listing::complete(clock(), ["kim".to_owned()].into());
    let options = Options { iam: Some(facts.clone()), ..Options::default() };
    let read = collector(&server).collect(&Scope::Full, &Snapshot::new(place()), &options).await;
    assert!(operations(&read).iter().all(|call| !call.starts_with("iam:")));
    assert_eq!(IamFacts::of(&read.snapshot), facts);
    assert!(facts.read_at().is_some() && IamFacts::default().read_at().is_none());
}

#[tokio::test]
async fn a_deleted_rule_vanishes_by_asking_for_its_group_alone() {
    let server = Server::start();
    let at = Time::from_millis(1);
    let mut known = Snapshot::new(place());
    for (id, group) in [("sgr-1", "sg-1"), ("sgr-2", "sg-1"), ("sgr-3", "sg-2")] {
        let rule = ec2::SecurityGroupRule { security_group_rule_id: id.into(), group_id: group.into(), ..Default::default() };
        known.security_group_rules.insert(id.into(), Reading::known(at, rule));
    }
    known.listing_complete("ec2:DescribeSecurityGroupRules", at, ["sgr-1", "sgr-2", "sgr-3"].map(str::to_owned));
    known.listing_complete("ec2:DescribeSecurityGroups", at, ["sg-1", "sg-2"].map(str::to_owned));
    let rules = "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet><item><securityGroupRuleId>sgr-2</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4></item></securityGroupRuleSet></DescribeSecurityGroupRulesResponse>";
    server.always("DescribeSecurityGroupRules", Reply::xml(rules));
    let read = narrow(&server, &known, &[Key::SecurityGroup("sg-1".into())]).await;
    assert_eq!(operations(&read), ["ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups"].into());
    let merged = known.merge(read.snapshot).compacted();
    let left: Vec<&str> = merged.security_group_rules().map(|(id, _)| id).collect();
    assert_eq!(left, ["sgr-2", "sgr-3"]);
    assert_eq!(merged.security_group_rules["sgr-2"].value().unwrap().from_port, Some(22));
    assert_eq!(merged.security_groups["sg-1"].fact, Fact::Absent);
}

#[tokio::test]
async fn rules_that_could_not_be_read_again_leave_a_gap() {
    let server = Server::start();
    let mut known = Snapshot::new(place());
    for name in ["ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups"] {
        known.listing_complete(name, Time::from_millis(1), []);
    }
    server.always("DescribeSecurityGroupRules", Reply::xml_error(403, "UnauthorizedOperation"));
    let read = narrow(&server, &known, &[Key::SecurityGroup("sg-1".into())]).await;
    // A new rule of the group would not be known by name, so the listing as a whole is in doubt …
    let merged = known.merge(read.snapshot);
    assert_eq!(gap_of(&merged, "ec2:DescribeSecurityGroupRules").reason, GapReason::Denied);
    // … and is made good as a whole.
    server.always(
        "DescribeSecurityGroupRules",
        Reply::xml("<DescribeSecurityGroupRulesResponse><securityGroupRuleSet/></DescribeSecurityGroupRulesResponse>"),
    );
    let read = narrow(&server, &merged, &[Key::SecurityGroup("sg-1".into())]).await;
    assert_eq!(merged.merge(read.snapshot).listing_gap("ec2:DescribeSecurityGroupRules"), None);
}

#[tokio::test]
async fn a_deployment_is_followed_from_the_service_to_what_its_new_revision_needs() {
    let server = Server::start();
    shop(&server);
    let mut known = full(&server).await.snapshot;
    let old = TASK.replace("0a1", "0old");
    let task = ecs::Task { task_arn: old.clone(), cluster_arn: CLUSTER.into(), group: Some("service:api".into()), ..Default::default() };
    known.tasks.insert(old.clone(), Reading::known(Time::from_millis(1), task));
    let newer = DEFINITION.replace(":7", ":8");
    let mut revision = definition(json!({"secrets": [{"name": "N", "valueFrom": "/shop/new"}]}));
    revision["taskDefinition"]["taskDefinitionArn"] = json!(newer);
    revision["taskDefinition"]["taskRoleArn"] = json!("arn:aws:iam::111122223333:role/other");
    server.always("DescribeTaskDefinition", Reply::json(revision));
    server.always("DescribeServices", Reply::json(json!({"services": [{"serviceArn": SERVICE, "serviceName": "api", "clusterArn": CLUSTER, "status": "ACTIVE", "taskDefinition": newer}], "failures": []})));
    let read = narrow(&server, &known, &[Key::Service("shop/api".into())]).await;
    let now = &read.snapshot;
    assert!(now.task_definitions[&newer].value().is_some());
    assert_eq!(now.tasks[&old].fact, Fact::Absent);
    assert_eq!(now.roles["other"].fact, Fact::Absent);
    assert_eq!(now.parameters["/shop/new"].fact, Fact::Absent);
    assert!(!now.secrets.keys().any(|key| key.contains("shop/db")), "what was known is not read again");
    assert!(!operations(&read).contains("ecs:ListClusters"));
    assert!(server.bodies("ListTasks").last().unwrap().contains("\"serviceName\":\"api\""));
}

#[tokio::test]
async fn a_deleted_service_is_absent() {
    let server = Server::start();
    shop(&server);
    let known = full(&server).await.snapshot;
    server.always("DescribeServices", Reply::json(json!({"services": [{"serviceArn": SERVICE, "serviceName": "api", "clusterArn": CLUSTER, "status": "INACTIVE"}], "failures": []})));
    server.always("ListTasks", Reply::error(400, "ServiceNotFoundException", "Service not found."));
    let read = narrow(&server, &known, &[Key::Service("shop/api".into())]).await;
    let merged = known.merge(read.snapshot);
    assert_eq!((merged.services().count(), merged.tasks().count()), (0, 0));
    assert_eq!(merged.listing_gap(&listing::tasks("shop")), None);
}

#[tokio::test]
async fn a_role_is_read_whole_and_its_policies_with_it() {
    let server = Server::start();
    let role = |body: &str| {
        format!(
            "<GetRoleResponse><GetRoleResult><Role><Path>/</Path><RoleName>api</RoleName><RoleId>AROA</RoleId><Arn>arn:aws:iam::111122223333:role/api</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>{body}</Role></GetRoleResult></GetRoleResponse>"
        )
    };
    server.always("GetRole", Reply::xml(&role("<AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument><RoleLastUsed><LastUsedDate>2026-11-01T00:00:00Z</LastUsedDate></RoleLastUsed>")));
    server.always("ListRolePolicies", Reply::xml("<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>inline</member></PolicyNames><IsTruncated>false</IsTruncated></ListRolePoliciesResult></ListRolePoliciesResponse>"));
    server.always("GetRolePolicy", Reply::xml("<GetRolePolicyResponse><GetRolePolicyResult><RoleName>api</RoleName><PolicyName>inline</PolicyName><PolicyDocument>%7B%7D</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>"));
    server.always("ListAttachedRolePolicies", Reply::xml("<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies><member><PolicyName>p</PolicyName><PolicyArn>arn:aws:iam::aws:policy/p</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated></ListAttachedRolePoliciesResult></ListAttachedRolePoliciesResponse>"));
    server.always("ListInstanceProfilesForRole", Reply::xml("<ListInstanceProfilesForRoleResponse><ListInstanceProfilesForRoleResult><InstanceProfiles/><IsTruncated>false</IsTruncated></ListInstanceProfilesForRoleResult></ListInstanceProfilesForRoleResponse>"));
    server.always("GetPolicy", Reply::xml("<GetPolicyResponse><GetPolicyResult><Policy><PolicyName>p</PolicyName><Arn>arn:aws:iam::aws:policy/p</Arn><DefaultVersionId>v3</DefaultVersionId></Policy></GetPolicyResult></GetPolicyResponse>"));
    server.always("GetPolicyVersion", Reply::xml("<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion><Document>%7B%22a%2Bb%22%3A1%7D</Document><VersionId>v3</VersionId><IsDefaultVersion>true</IsDefaultVersion></PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>"));
    let read = narrow(&server, &Snapshot::new(place()), &[Key::Role("api".into())]).await;
    let role = read.snapshot.roles["api"].value().unwrap();
    assert_eq!(role.assume_role_policy_document.as_deref(), Some(r#"{"Version":"2012-10-17"}"#));
    assert_eq!(role.role_policy_list[0].policy_document.as_deref(), Some("{}"));
    assert_eq!(role.role_last_used.as_ref().unwrap().last_used_date, Some("2026-11-01T00:00:00Z".parse().unwrap()));
    let policy = read.snapshot.policies["arn:aws:iam::aws:policy/p"].value().unwrap();
    assert_eq!(policy.default_document(), Some(r#"{"a+b":1}"#));
    server.always("GetRole", Reply::xml_error(404, "NoSuchEntity"));
    let read = narrow(&server, &Snapshot::new(place()), &[Key::Role("api".into())]).await;
    assert_eq!(read.snapshot.roles["api"].fact, Fact::Absent);
    server.always("GetRole", Reply::xml("<GetRoleResponse><GetRoleResult/></GetRoleResponse>"));
    server.always("ListRolePolicies", Reply::xml_error(403, "AccessDenied"));
    let read = narrow(&server, &Snapshot::new(place()), &[Key::Role("api".into())]).await;
    assert!(matches!(read.snapshot.roles["api"].fact, Fact::Gap(_)), "a role without all its policies is not known");
}

#[tokio::test]
async fn new_interfaces_bring_their_groups_along() {
    let server = Server::start();
    shop(&server);
    let known = full(&server).await.snapshot;
    server.always("DescribeNetworkInterfaces", Reply::xml(ENI));
    let read = narrow(&server, &known, &[Key::NetworkInterface("eni-0a1".into())]).await;
    assert_eq!(read.snapshot.network_interfaces["eni-0a1"].value().unwrap().groups[0].group_id, "sg-1");
    assert_eq!(read.snapshot.security_groups["sg-1"].fact, Fact::Absent);
}
