//! Secrets, parameters, keys, and who there is besides roles: what is listed, what is asked for by
//! itself, and what is not asked for at all.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wallwalk_collect::aws::{Collected, IamFacts, Options};
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Fact, GapReason, Key, Scope, Snapshot, kms, secrets};

use crate::server::{Reply, Server};
use crate::{collector, definition, full, gap_of, narrow, operations, place, shop};

const LIST: &str = "secretsmanager:ListSecrets";

fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}")
}

fn entry(name: &str, suffix: &str) -> Value {
    json!({"ARN": arn(&format!("{name}-{suffix}")), "Name": name, "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/0a1b",
        "SecretVersionsToStages": {"v1": ["AWSCURRENT"]}})
}

fn not_there() -> Reply {
    Reply::error(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

/// A shop whose only revision refers to these.
fn referring_to(references: &[&str]) -> Server {
    let server = Server::start();
    shop(&server);
    let references: Vec<Value> = references.iter().map(|from| json!({"name": "S", "valueFrom": from})).collect();
    server.always("DescribeTaskDefinition", Reply::json(definition(json!({"secrets": references}))));
    server.always("DescribeSecret", not_there());
    server.always("DescribeParameters", Reply::json(json!({"Parameters": []})));
    server
}

fn calls(collected: &Collected, call: &str) -> u64 {
    collected.report.calls.get(call).copied().unwrap_or_default()
}

#[tokio::test]
async fn a_full_reading_lists_secrets_and_asks_further_only_about_those_referred_to() {
    let (whole, partial) = (arn("shop/db-AbCdEf"), arn("shop/mail"));
    let server = referring_to(&[&whole, &partial]);
    let list = [entry("shop/db", "AbCdEf"), entry("shop/mail", "GhIjKl"), entry("shop/unused", "MnOpQr")];
    server.once("ListSecrets", Reply::json(json!({"SecretList": &list[..2], "NextToken": "two"})));
    server.once("ListSecrets", Reply::json(json!({"SecretList": &list[2..]})));
    let read = full(&server).await;
    assert!(server.bodies("ListSecrets")[0].contains("\"IncludePlannedDeletion\":true"));
    assert_eq!(calls(&read, "secretsmanager:DescribeSecret"), 0);
    assert_eq!((calls(&read, "secretsmanager:ListSecretVersionIds"), calls(&read, "secretsmanager:GetResourcePolicy")), (2, 2));
    let found: Vec<&str> = secrets::by_arn(&read.snapshot).map(|(_, secret)| secret.name.as_str()).collect();
    assert_eq!(found, ["shop/db", "shop/mail", "shop/unused"]);
    let (_, unused) = secrets::by_arn(&read.snapshot).last().unwrap();
    assert_eq!((unused.versions.as_ref(), unused.version_ids_to_stages.len()), (None, 1));
    let (key, mail) = secrets::find_secret(&read.snapshot.secrets, &partial).unwrap();
    assert!(mail.value().unwrap().versions.is_some() && read.snapshot.secret_policies.contains_key(key));
    assert!(!read.snapshot.secret_policies.contains_key(&arn("shop/unused-MnOpQr")));
    assert_eq!(read.snapshot.listing_gap(LIST), None);
}

#[tokio::test]
async fn what_the_list_does_not_show_is_asked_for_because_the_list_may_lag() {
    let reference = arn("young-AbCdEf");
    let server = referring_to(&[&reference]);
    let read = full(&server).await;
    assert_eq!((calls(&read, LIST), calls(&read, "secretsmanager:DescribeSecret")), (1, 1));
    assert_eq!(read.snapshot.secrets[&reference].fact, Fact::Absent);
    server.always("DescribeSecret", Reply::json(entry("young", "AbCdEf")));
    let read = full(&server).await.snapshot;
    // Later than the list, so that the list does not disprove it.
    assert!(read.clone().compacted().secrets[&reference].value().is_some());
    assert!(read.secret_policies.contains_key(&reference));
}

#[tokio::test]
async fn part_of_an_arn_that_ends_like_a_whole_one_is_for_the_service_to_tell() {
    let reference = arn("my-secret");
    let server = referring_to(&[&reference]);
    server.always("ListSecrets", Reply::json(json!({"SecretList": [entry("my-secret", "AbCdEf")]})));
    let read = full(&server).await;
    assert_eq!(calls(&read, "secretsmanager:DescribeSecret"), 1);
    assert_eq!(secrets::find_secret(&read.snapshot.secrets, &reference).unwrap().1.fact, Fact::Absent);
    assert!(read.snapshot.secrets[&arn("my-secret-AbCdEf")].value().is_some());
}

#[tokio::test]
async fn without_the_list_each_reference_is_asked_about() {
    let reference = arn("shop/db");
    let server = referring_to(&[&reference]);
    server.always("ListSecrets", Reply::error(400, "AccessDeniedException", "no"));
    server.always("DescribeSecret", Reply::json(entry("shop/db", "AbCdEf")));
    let read = full(&server).await;
    assert_eq!(gap_of(&read.snapshot, LIST).reason, GapReason::Denied);
    assert_eq!(calls(&read, "secretsmanager:DescribeSecret"), 1);
    // Under the reference, and under its own ARN for whoever asks what there is.
    assert!(read.snapshot.secrets[&reference].value().is_some() && read.snapshot.secret_policies.contains_key(&reference));
    assert_eq!(secrets::by_arn(&read.snapshot).map(|(arn, _)| arn.to_owned()).collect::<Vec<_>>(), [arn("shop/db-AbCdEf")]);
}

#[tokio::test]
async fn an_account_with_too_many_secrets_is_not_read_to_its_end_and_what_matters_is() {
    let reference = arn("shop/db-AbCdEf");
    let server = referring_to(&[&reference]);
    for page in 0..200 {
        server
            .once("ListSecrets", Reply::json(json!({"SecretList": [entry(&format!("s{page}"), "AbCdEf")], "NextToken": page.to_string()})));
    }
    server.always("DescribeSecret", Reply::json(entry("shop/db", "AbCdEf")));
    let read = collector(&server).at_pace(1e6).collect(&Scope::Full, &Snapshot::new(place()), &Options::default()).await;
    let gap = gap_of(&read.snapshot, LIST);
    assert_eq!(gap.to_string(), "secretsmanager:ListSecrets: not asked (there are more than 200 pages, and no more are read)");
    assert_eq!(calls(&read, LIST), 200);
    assert!(read.finished && read.snapshot.secrets[&reference].value().is_some());
}

#[tokio::test]
async fn an_event_about_what_nobody_refers_to_costs_one_call() {
    let server = Server::start();
    shop(&server);
    let known = full(&server).await.snapshot;
    server.once("DescribeSecret", Reply::json(json!({"ARN": arn("unused-AbCdEf"), "Name": "unused"})));
    let keys = [Key::Secret("unused".into()), Key::Parameter("/unused".into()), Key::Registry, Key::Settings];
    let read = narrow(&server, &known, &keys).await;
    assert_eq!(operations(&read), ["secretsmanager:DescribeSecret", "ssm:DescribeParameters"].into());
    assert!(read.snapshot.secrets[&arn("unused-AbCdEf")].value().is_some());
    assert_eq!(read.snapshot.parameters["/unused"].fact, Fact::Absent);
    let keys = [Key::Repository("unused".into()), Key::KmsKey("unused".into())];
    let read = narrow(&server, &known, &keys).await;
    assert!(read.finished && read.report.calls.is_empty(), "{:?}", read.report.calls);
    let read = narrow(&server, &known, &[Key::Secret("shop/db".into()), Key::Parameter("shop/gone".into())]).await;
    assert_eq!(calls(&read, "secretsmanager:DescribeSecret"), 1);
    assert_eq!(secrets::by_arn(&read.snapshot).count(), 1);
    assert_eq!(read.snapshot.parameters.keys().collect::<Vec<_>>(), ["/shop/gone"]);
}

#[tokio::test]
async fn a_secret_made_anew_under_an_old_name_takes_the_place_of_the_old_one() {
    let server = referring_to(&[&arn("shop/db")]);
    server.always("ListSecrets", Reply::json(json!({"SecretList": [entry("shop/db", "AbCdEf")]})));
    let known = full(&server).await.snapshot;
    server.always("DescribeSecret", Reply::json(entry("shop/db", "ZyXwVu")));
    let read = narrow(&server, &known, &[Key::Secret("shop/db".into())]).await;
    let merged = known.merge(read.snapshot).compacted();
    let there: Vec<&str> = secrets::by_arn(&merged).map(|(arn, _)| arn).collect();
    assert_eq!(there, [arn("shop/db-ZyXwVu")]);
    let (_, found) = secrets::find_secret(&merged.secrets, &arn("shop/db")).unwrap();
    assert_eq!(found.value().unwrap().arn, arn("shop/db-ZyXwVu"));
}

#[tokio::test]
async fn a_full_reading_lists_parameters_and_asks_for_none_by_name() {
    let server = referring_to(&["/shop/there", "plain", "/shop/gone", "arn:aws:ssm:eu-west-1:444455556666:parameter/theirs"]);
    let list = json!({"Parameters": [{"Name": "/shop/there", "Type": "String"}, {"Name": "/plain", "Type": "SecureString", "KeyId": "alias/aws/ssm"},
        {"Name": "/shop/unused", "Type": "String"}]});
    server.always("DescribeParameters", Reply::json(list));
    let read = full(&server).await;
    assert_eq!(calls(&read, "ssm:DescribeParameters"), 1);
    let facts: BTreeMap<&str, bool> = read.snapshot.parameters.iter().map(|(name, one)| (name.as_str(), one.value().is_some())).collect();
    assert_eq!(facts, [("/shop/there", true), ("/plain", true), ("/shop/unused", true), ("/shop/gone", false)].into());
    assert_eq!(read.snapshot.parameters["/shop/gone"].fact, Fact::Absent);
    // Where the list failed, names are asked for.
    server.once("DescribeParameters", Reply::error(400, "ValidationException", "no"));
    server.always("DescribeParameters", Reply::json(json!({"Parameters": [{"Name": "/shop/there", "Type": "String"}]})));
    let read = full(&server).await;
    assert_eq!((calls(&read, "ssm:DescribeParameters"), gap_of(&read.snapshot, "ssm:DescribeParameters").reason), (2, GapReason::Failed));
    assert!(server.bodies("DescribeParameters").last().unwrap().contains("ParameterFilters"));
    assert!(read.snapshot.parameters["/shop/there"].value().is_some());
}

fn key(id: &str, manager: &str) -> Reply {
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    Reply::json(json!({"KeyMetadata": {"KeyId": id, "Arn": arn, "KeyManager": manager, "KeyState": "Enabled"}}))
}

/// Parameters under keys of these names.
fn under_keys(server: &Server, keys: &[&str]) {
    let parameters = keys.iter().enumerate().map(|(n, key)| json!({"Name": format!("/p{n}"), "Type": "SecureString", "KeyId": key}));
    server.always("DescribeParameters", Reply::json(json!({"Parameters": parameters.collect::<Vec<_>>()})));
}

#[tokio::test]
async fn keys_of_secrets_and_parameters_are_read_with_their_policies_and_those_of_aws_are_not() {
    let server = Server::start();
    let foreign = "arn:aws:kms:eu-west-1:444455556666:key/theirs";
    under_keys(&server, &["alias/aws/ssm", "alias/shop", foreign]);
    server.always("DescribeKey", key("0a1b", "CUSTOMER"));
    server.always("GetKeyPolicy", Reply::json(json!({"Policy": "{\"Version\":\"2012-10-17\"}", "PolicyName": "default"})));
    let read = full(&server).await;
    assert_eq!((calls(&read, "kms:DescribeKey"), calls(&read, "kms:GetKeyPolicy")), (1, 1));
    // An alias is no name that a policy can be asked for by.
    assert!(server.bodies("GetKeyPolicy")[0].contains("key/0a1b"));
    for reference in ["alias/shop", "0a1b", "arn:aws:kms:eu-west-1:111122223333:key/0a1b"] {
        let (_, found) = kms::find_key(&read.snapshot.keys, reference).unwrap();
        let policy = &read.snapshot.key_policies[&found.value().unwrap().arn];
        assert_eq!(policy.value().unwrap().document.as_deref(), Some("{\"Version\":\"2012-10-17\"}"));
    }
    let Fact::Gap(gap) = &read.snapshot.keys[foreign].fact else { panic!() };
    assert_eq!(gap.to_string(), "kms:DescribeKey: not asked (the key belongs to another account)");

    under_keys(&server, &["alias/renamed", "lost"]);
    server.once("DescribeKey", key("0c2d", "AWS"));
    server.always("DescribeKey", Reply::error(400, "NotFoundException", "no"));
    let read = full(&server).await;
    assert_eq!((calls(&read, "kms:DescribeKey"), calls(&read, "kms:GetKeyPolicy")), (2, 0));
}

#[tokio::test]
async fn a_key_that_may_not_be_read_is_a_gap_and_an_event_about_it_reads_it_again() {
    let server = Server::start();
    let arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b";
    under_keys(&server, &["0a1b"]);
    server.once("DescribeKey", key("0a1b", "CUSTOMER"));
    server.once("GetKeyPolicy", Reply::error(400, "AccessDeniedException", "no"));
    let known = full(&server).await.snapshot;
    let Fact::Gap(gap) = &known.key_policies[arn].fact else { panic!() };
    assert_eq!((gap.call.as_str(), gap.reason), ("kms:GetKeyPolicy", GapReason::Denied));
    server.always("DescribeKey", key("0a1b", "CUSTOMER"));
    server.always("GetKeyPolicy", Reply::json(json!({"Policy": "{}", "PolicyName": "default"})));
    let read = narrow(&server, &known, &[Key::KmsKey(arn.into())]).await;
    assert!(known.merge(read.snapshot).key_policies[arn].value().is_some());
}

const WALK: &str = "iam:GetAccountAuthorizationDetails";

fn walk(inside: &str) -> Reply {
    Reply::xml(&format!(
        "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult>{inside}</GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
    ))
}

#[tokio::test]
async fn users_and_groups_come_with_the_roles() {
    let server = Server::start();
    server.always("GetAccountAuthorizationDetails", walk("<IsTruncated>false</IsTruncated><UserDetailList><member><Path>/</Path><UserName>kim</UserName><UserId>AIDA</UserId><Arn>arn:aws:iam::111122223333:user/kim</Arn>\
        <UserPolicyList><member><PolicyName>own</PolicyName><PolicyDocument>%7B%7D</PolicyDocument></member></UserPolicyList><GroupList><member>ops</member></GroupList>\
        <AttachedManagedPolicies><member><PolicyName>gone</PolicyName><PolicyArn>arn:aws:iam::aws:policy/gone</PolicyArn></member></AttachedManagedPolicies>\
        <PermissionsBoundary><PermissionsBoundaryArn>arn:aws:iam::111122223333:policy/edge</PermissionsBoundaryArn></PermissionsBoundary></member></UserDetailList>\
        <GroupDetailList><member><GroupName>ops</GroupName><Arn>arn:aws:iam::111122223333:group/ops</Arn><GroupPolicyList><member><PolicyName>all</PolicyName><PolicyDocument>%7B%7D</PolicyDocument></member></GroupPolicyList></member></GroupDetailList>"));
    let read = full(&server).await;
    assert!(
        server.bodies("GetAccountAuthorizationDetails")[0].contains("User&Filter.member"),
        "{:?}",
        server.bodies("GetAccountAuthorizationDetails")
    );
    let user = read.snapshot.users["kim"].value().unwrap();
    assert_eq!(
        (user.group_list.as_slice(), user.user_policy_list[0].policy_document.as_deref()),
        (["ops".to_owned()].as_slice(), Some("{}"))
    );
    assert_eq!(read.snapshot.groups["ops"].value().unwrap().group_policy_list[0].policy_name, "all");
    // A boundary that the walk left out is asked for; what AWS manages is not worth a call.
    assert_eq!(read.snapshot.policies.keys().collect::<Vec<_>>(), ["arn:aws:iam::111122223333:policy/edge"]);
    let facts = IamFacts::of(&read.snapshot);
    for listing in [&facts.listing, &facts.user_listing, &facts.group_listing] {
        assert_eq!(listing.complete.as_ref().unwrap().read_at, facts.read_at().unwrap());
    }
    assert_eq!(facts.user_listing.complete.unwrap().members, ["kim".to_owned()].into());
}

#[tokio::test]
async fn a_walk_that_breaks_off_leaves_users_and_groups_open_too() {
    let server = Server::start();
    server.once(
        "GetAccountAuthorizationDetails",
        walk("<IsTruncated>true</IsTruncated><Marker>m</Marker><UserDetailList><member><UserName>kim</UserName></member></UserDetailList>"),
    );
    server.always("GetAccountAuthorizationDetails", Reply::xml_error(403, "AccessDenied"));
    let read = full(&server).await;
    assert!(read.snapshot.users["kim"].value().is_some());
    for name in [WALK.to_owned(), listing::users(), listing::groups()] {
        assert_eq!(
            (gap_of(&read.snapshot, &name).call.as_str(), gap_of(&read.snapshot, &name).reason),
            (WALK, GapReason::Denied),
            "{name}"
        );
    }
}

#[tokio::test]
async fn of_a_policy_of_the_customers_every_version_is_read_after_an_event() {
    let server = Server::start();
    let policy = |arn: &str| {
        Reply::xml(&format!(
            "<GetPolicyResponse><GetPolicyResult><Policy><PolicyName>p</PolicyName><Arn>{arn}</Arn><DefaultVersionId>v2</DefaultVersionId><IsAttachable>true</IsAttachable></Policy></GetPolicyResult></GetPolicyResponse>"
        ))
    };
    let version = |id: &str, default: bool| {
        Reply::xml(&format!(
            "<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion><Document>%7B%7D</Document><VersionId>{id}</VersionId><IsDefaultVersion>{default}</IsDefaultVersion></PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>"
        ))
    };
    let own = "arn:aws:iam::111122223333:policy/p";
    server.always("GetPolicy", policy(own));
    server.always("ListPolicyVersions", Reply::xml("<ListPolicyVersionsResponse><ListPolicyVersionsResult><Versions><member><VersionId>v2</VersionId><IsDefaultVersion>true</IsDefaultVersion></member><member><VersionId>v1</VersionId></member></Versions><IsTruncated>false</IsTruncated></ListPolicyVersionsResult></ListPolicyVersionsResponse>"));
    server.once("GetPolicyVersion", version("v1", false));
    server.once("GetPolicyVersion", version("v2", true));
    let read = narrow(&server, &Snapshot::new(place()), &[Key::Policy(own.into())]).await;
    let policy = read.snapshot.policies[own].value().unwrap();
    assert_eq!(policy.policy_version_list.iter().map(|one| one.version_id.as_deref().unwrap()).collect::<Vec<_>>(), ["v2", "v1"]);
    assert_eq!(policy.is_attachable, Some(true));
}

fn report(status: &str, inside: &str) -> Reply {
    let dates = "<JobCreationDate>2026-11-24T00:00:00Z</JobCreationDate><JobCompletionDate>2026-11-24T00:00:05Z</JobCompletionDate>";
    Reply::xml(&format!(
        "<GetServiceLastAccessedDetailsResponse><GetServiceLastAccessedDetailsResult><JobStatus>{status}</JobStatus>{dates}{inside}</GetServiceLastAccessedDetailsResult></GetServiceLastAccessedDetailsResponse>"
    ))
}

fn services(inside: &str) -> String {
    format!("<ServicesLastAccessed>{inside}</ServicesLastAccessed>")
}

/// A shop whose role is there and whose use may be asked for.
fn used() -> Server {
    let server = Server::start();
    shop(&server);
    server.always("GetAccountAuthorizationDetails", walk("<IsTruncated>false</IsTruncated><RoleDetailList><member><RoleName>api</RoleName><Arn>arn:aws:iam::111122223333:role/api</Arn></member></RoleDetailList>"));
    server.always("GenerateServiceLastAccessedDetails", Reply::xml("<GenerateServiceLastAccessedDetailsResponse><GenerateServiceLastAccessedDetailsResult><JobId>j</JobId></GenerateServiceLastAccessedDetailsResult></GenerateServiceLastAccessedDetailsResponse>"));
    server
}

async fn with_use(server: &Server, known: &Snapshot) -> Collected {
    let options = Options { last_accessed: true, ..Options::default() };
    collector(server).collect(&Scope::Full, known, &options).await
}

#[tokio::test]
async fn what_roles_last_used_is_asked_for_waited_for_and_read_to_its_end() {
    let server = used();
    server.once("GetServiceLastAccessedDetails", report("IN_PROGRESS", &services("")));
    let s3 = "<member><ServiceName>S3</ServiceName><ServiceNamespace>s3</ServiceNamespace><LastAuthenticated>2026-11-01T00:00:00Z</LastAuthenticated>\
        <TrackedActionsLastAccessed><member><ActionName>CreateBucket</ActionName></member></TrackedActionsLastAccessed></member>";
    server.once(
        "GetServiceLastAccessedDetails",
        report("COMPLETED", &format!("{}<IsTruncated>true</IsTruncated><Marker>m</Marker>", services(s3))),
    );
    let sqs = "<member><ServiceName>SQS</ServiceName><ServiceNamespace>sqs</ServiceNamespace></member>";
    server.once("GetServiceLastAccessedDetails", report("COMPLETED", &services(sqs)));
    let read = with_use(&server, &Snapshot::new(place())).await;
    let report = read.snapshot.last_accessed["api"].value().unwrap();
    assert_eq!(report.job_completion_date, Some("2026-11-24T00:00:05Z".parse().unwrap()));
    let [s3, sqs] = report.services_last_accessed.as_slice() else { panic!("{report:?}") };
    assert_eq!((s3.service_namespace.as_str(), sqs.service_namespace.as_str()), ("s3", "sqs"));
    assert!(s3.last_authenticated.is_some() && sqs.last_authenticated.is_none() && sqs.tracked_actions_last_accessed.is_none());
    assert_eq!(s3.tracked_actions_last_accessed.as_ref().unwrap()[0].action_name, "CreateBucket");
    assert!(server.bodies("GenerateServiceLastAccessedDetails")[0].contains("Granularity=ACTION_LEVEL"));
    // Good for a day; and nobody asks unless told to.
    let again = with_use(&server, &read.snapshot).await;
    assert_eq!(calls(&again, "iam:GenerateServiceLastAccessedDetails"), 0);
    assert_eq!(calls(&full(&server).await, "iam:GenerateServiceLastAccessedDetails"), 0);
}

#[tokio::test]
async fn a_report_that_fails_breaks_off_or_is_lost_is_a_gap() {
    for (broken, says) in [
        (
            report("FAILED", "<ServicesLastAccessed/><Error><Message>no</Message><Code>Limit</Code></Error>"),
            "IAM could not make the report (Limit)",
        ),
        (report("COMPLETED", &format!("{}<IsTruncated>true</IsTruncated>", services(""))), "announces a further page"),
        (Reply::xml_error(404, "NoSuchEntity"), "the report was lost"),
        (Reply::xml_error(403, "AccessDenied"), "AccessDenied"),
    ] {
        let server = used();
        server.always("GetServiceLastAccessedDetails", broken);
        let read = with_use(&server, &Snapshot::new(place())).await;
        let Fact::Gap(gap) = &read.snapshot.last_accessed["api"].fact else { panic!("{says}") };
        assert!(gap.call == "iam:GetServiceLastAccessedDetails" && gap.detail.contains(says), "{gap}");
    }
}
