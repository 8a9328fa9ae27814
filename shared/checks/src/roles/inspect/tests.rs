//! Questions about roles of one small account, and the policies proposed for them.

use serde_json::{Value, json};
use wallwalk_findings::Severity;
use wallwalk_model::{Place, Reading, Snapshot, Time, iam};

use super::*;
use crate::settings::Settings;

const NOW: Time = Time::from_millis(1_790_000_000_000);
const HEAD: &str = "arn:aws:iam::111122223333:role";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d";

fn policy(statements: Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn trust(principal: Value) -> String {
    policy(json!([{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }]))
}

/// A role with one inline policy, and `more` besides.
fn role(name: &str, statements: Value, more: Value) -> (String, Reading<iam::Role>) {
    let mut raw = json!({
        "Arn": format!("{HEAD}/{name}"), "RoleName": name, "RoleId": "AROAEXAMPLE", "CreateDate": "2024-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": trust(json!({ "Service": "ecs-tasks.amazonaws.com" })),
        "RolePolicyList": [{ "PolicyName": "own", "PolicyDocument": policy(statements) }],
    });
    raw.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    (name.to_owned(), Reading::known(NOW, serde_json::from_value(raw).unwrap()))
}

fn known<T: serde::de::DeserializeOwned>(raw: Value) -> Reading<T> {
    Reading::known(NOW, serde_json::from_value(raw).unwrap())
}

fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::new(Place::new("aws", "111122223333", "eu-west-1"));
    let allow = |action: &str, on: &str| json!({ "Effect": "Allow", "Action": action, "Resource": on });
    let roles = [
        role(
            "api",
            json!([
                { "Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/*",
                  "Condition": { "StringEquals": { "aws:SourceVpce": "vpce-1" } } },
                allow("sqs:*", "arn:aws:sqs:eu-west-1:111122223333:jobs"),
                { "Sid": "Keep", "Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*" },
                allow("sts:AssumeRole", "*"),
                allow("secretsmanager:GetSecretValue", SECRET),
                allow("kms:Decrypt", KEY),
                allow("iam:PassRole", "arn:aws:iam::111122223333:role/nobody"),
                allow("s3:PutObjct", "*"),
            ]),
            json!({}),
        ),
        role("admin", json!([allow("*", "*")]), json!({ "AssumeRolePolicyDocument": trust(json!({ "AWS": format!("{HEAD}/api") })) })),
        role("closed", json!([]), json!({})),
        role(
            "bounded",
            json!([allow("*", "*")]),
            json!({ "PermissionsBoundary": { "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/limits" } }),
        ),
        role(
            "blind",
            json!([]),
            json!({ "AttachedManagedPolicies": [{ "PolicyName": "gone", "PolicyArn": "arn:aws:iam::111122223333:policy/gone" }] }),
        ),
        role("start", json!([allow("logs:*", "*"), allow("ecr:*", "*")]), json!({})),
    ];
    snapshot.roles.extend(roles);
    let limits = json!({
        "Arn": "arn:aws:iam::111122223333:policy/limits", "DefaultVersionId": "v1",
        "PolicyVersionList": [{ "VersionId": "v1", "IsDefaultVersion": true, "Document": policy(json!([allow("s3:*", "*")])) }],
    });
    snapshot.policies.insert("arn:aws:iam::111122223333:policy/limits".into(), known(limits));
    snapshot.secrets.insert(SECRET.into(), known(json!({ "ARN": SECRET, "Name": "db", "KmsKeyId": KEY })));
    let of_key = policy(json!([{ "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "kms:*", "Resource": "*" }]));
    snapshot.key_policies.insert(KEY.into(), known(json!({ "Document": of_key })));
    let definition = json!({
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:1", "family": "api", "revision": 1, "status": "ACTIVE",
        "taskRoleArn": format!("{HEAD}/api"), "executionRoleArn": format!("{HEAD}/start"), "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{
            "name": "app", "image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api:1",
            "logConfiguration": { "logDriver": "awslogs", "options": [
                { "name": "awslogs-group", "clear": "/api" }, { "name": "awslogs-region", "clear": "eu-west-1" },
                { "name": "awslogs-stream-prefix", "clear": "ecs" }] },
        }],
    });
    let revision = "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:1";
    snapshot.task_definitions.insert(revision.into(), known(definition));
    snapshot.families.insert("api".into(), known(json!({ "family": "api", "latestActive": revision })));
    let names: Vec<String> = snapshot.roles.keys().cloned().collect();
    snapshot.listing_complete("iam:GetAccountAuthorizationDetails", NOW, names);
    snapshot
}

fn with<T>(snapshot: &Snapshot, ask: impl FnOnce(&Estate<'_>) -> T) -> T {
    let settings = Settings::default();
    let account = crate::roles::account(snapshot, NOW);
    ask(&Estate::new(snapshot, &account, &settings, NOW))
}

fn decision_on(snapshot: &Snapshot, who: &str, action: &str, on: &str, context: &[(&str, &str)]) -> Decision {
    let mut question = Question { action: action.into(), resource: on.into(), ..Question::default() };
    for (key, value) in context {
        question.context.entry((*key).to_owned()).or_default().push((*value).to_owned());
    }
    with(snapshot, |estate| can(estate, find(estate, who).unwrap(), &question))
}

fn decision(who: &str, action: &str, on: &str, context: &[(&str, &str)]) -> Decision {
    decision_on(&snapshot(), who, action, on, context)
}

#[test]
fn an_open_condition_depends_and_a_bound_key_decides() {
    let on = "arn:aws:s3:::uploads/k";
    let open = decision("api", "s3:getobject", on, &[]);
    assert_eq!((open.answer, open.action.as_str()), (Says::Depends, "s3:GetObject"));
    let ground = &open.allowed_by[0];
    assert_eq!((ground.policy.as_str(), ground.sid.as_deref(), ground.pointer.as_str()), ("inline/own", Some("Read"), "/Statement/0"));
    assert_eq!(ground.only_if[0].pointer, "/Statement/0/Condition/StringEquals/aws:SourceVpce");
    assert_eq!(decision("api", "s3:GetObject", on, &[("aws:sourceVPCE", "vpce-1")]).answer, Says::Yes);
    let other = decision("api", "s3:GetObject", on, &[("aws:SourceVpce", "vpce-2")]);
    assert_eq!((other.answer, other.missing.as_deref()), (Says::No, Some("identity policy")));
    assert_eq!(other.allowed_otherwise[0].sid.as_deref(), Some("Read"), "what would allow it is told");
    assert!(other.notes.is_empty(), "{:?}", other.notes);
}

#[test]
fn a_no_names_what_denies_or_what_is_missing() {
    let denied = decision("api", "sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:111122223333:jobs", &[]);
    assert_eq!((denied.answer, denied.denied_by[0].sid.as_deref(), denied.missing.as_deref()), (Says::No, Some("Keep"), None));
    let limited = decision("bounded", "sqs:SendMessage", "*", &[]);
    assert_eq!((limited.answer, limited.missing.as_deref()), (Says::No, Some("permissions boundary")));
    assert_eq!(decision("bounded", "s3:GetObject", "*", &[]).answer, Says::Yes);
}

#[test]
fn trust_is_part_of_assuming_a_role() {
    let yes = decision("api", "sts:AssumeRole", &format!("{HEAD}/admin"), &[]);
    assert_eq!(yes.answer, Says::Yes);
    assert!(yes.allowed_by.iter().any(|ground| ground.layer == "trust policy"), "{:?}", yes.allowed_by);
    let no = decision("api", "sts:AssumeRole", &format!("{HEAD}/closed"), &[]);
    assert_eq!(no.answer, Says::No, "its policy allows it, the trust does not");
    let elsewhere = decision("api", "sts:AssumeRole", "arn:aws:iam::444455556666:role/x", &[]);
    assert_eq!(elsewhere.answer, Says::Unread, "the other account decides");
    assert!(elsewhere.unread.unwrap().contains("another account"));
    let any = decision("api", "sts:AssumeRole", "*", &[]);
    assert!(any.notes.iter().any(|note| note.contains("trust policy of each role")), "{:?}", any.notes);
}

#[test]
fn policies_of_secrets_keys_and_repositories_count() {
    let mut snapshot = snapshot();
    let read = |snapshot: &Snapshot| decision_on(snapshot, "api", "secretsmanager:GetSecretValue", SECRET, &[]);
    let also = read(&snapshot).also;
    assert_eq!((read(&snapshot).answer, also[0].action, also[0].answer), (Says::Yes, "kms:Decrypt", Says::Yes));
    let assumed = |snapshot: &Snapshot| read(snapshot).assumptions.iter().any(|one| one.code == "resource-policy-not-asked");
    assert!(assumed(&snapshot), "nobody asked for its policy");
    snapshot.secret_policies.insert(SECRET.into(), known(json!({})));
    assert!(!assumed(&snapshot), "it has none");
    let deny = policy(json!([{ "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*" }]));
    snapshot.secret_policies.insert(SECRET.into(), known(json!({ "Document": deny })));
    assert_eq!(read(&snapshot).answer, Says::No);
    snapshot.secret_policies.insert(SECRET.into(), Reading::gap(NOW, Gap::not_asked("secretsmanager:GetResourcePolicy")));
    assert_eq!(read(&snapshot).answer, Says::Unread);

    assert_eq!(decision_on(&snapshot, "api", "kms:Decrypt", KEY, &[]).answer, Says::Yes);
    snapshot.key_policies.clear();
    let unread = decision_on(&snapshot, "api", "kms:Decrypt", KEY, &[]);
    assert_eq!((unread.answer, unread.unread.as_deref()), (Says::Unread, Some("kms:GetKeyPolicy: not asked")));

    let repository = "arn:aws:ecr:eu-west-1:111122223333:repository/api";
    let grant = policy(json!([{ "Effect": "Allow", "Principal": { "AWS": format!("{HEAD}/api") }, "Action": "ecr:BatchGetImage" }]));
    assert_eq!(decision_on(&snapshot, "api", "ecr:BatchGetImage", repository, &[]).answer, Says::No);
    snapshot.repository_policies.insert(repository.into(), known(json!({ "Document": grant })));
    assert_eq!(decision_on(&snapshot, "api", "ecr:BatchGetImage", repository, &[]).answer, Says::Yes);
}

#[test]
fn patterns_are_answered_as_a_whole_and_action_by_action() {
    let some = decision("api", "sqs:*", "arn:aws:sqs:eu-west-1:111122223333:jobs", &[]);
    let parts = some.breakdown.unwrap();
    assert_eq!((some.answer, parts.never > 0), (Says::Depends, true));
    assert!(parts.surely.contains(&"sqs:SendMessage") && !parts.surely.contains(&"sqs:DeleteQueue"));
    assert_eq!(decision("admin", "iam:*", "*", &[]).answer, Says::Yes);
}

#[test]
fn what_is_odd_about_a_question_is_said() {
    let unknown = decision("api", "s3:PutObjct", "*", &[]);
    assert!(unknown.unknown_action && unknown.answer == Says::Yes, "it is judged all the same");
    assert!(unknown.notes[0].contains("not in the catalogue"));
    let notes = |action: &str, on: &str, context: &[(&str, &str)]| decision("api", action, on, context).notes.concat();
    assert!(notes("ecr:GetAuthorizationToken", SECRET, &[]).contains("takes no resource"));
    assert!(notes("s3:GetObject", SECRET, &[]).contains("not authorised on anything of the form"));
    assert!(notes("s3:GetObject", "*", &[("aws:SourceVcpe", "vpce-1")]).contains("no policy of the caller looks at `aws:SourceVcpe`"));
    assert!(notes("s3:Nothing*", "*", &[]).contains("names no action"));
    assert!(notes("s3:GetObject", "arn:aws:s3:::uploads/k", &[]).is_empty());
}

#[test]
fn roles_are_found_by_name_arn_and_session() {
    let snapshot = snapshot();
    with(&snapshot, |estate| {
        let found = |written: &str| find(estate, written).map(|one| one.arn.to_string());
        let api = Ok(format!("{HEAD}/api"));
        assert_eq!(found("api"), api);
        assert_eq!(found("API"), api);
        assert_eq!(found(&format!("{HEAD}/api")), api);
        assert_eq!(found("arn:aws:sts::111122223333:assumed-role/api/0123"), api);
        assert_eq!(found(&format!("{HEAD}/path/api")), Err(NotFound::NoSuch(format!("{HEAD}/path/api"))), "another path, another role");
        assert!(matches!(found("arn:aws:iam::444455556666:role/api"), Err(NotFound::Elsewhere(..))));
        assert!(matches!(found("nobody"), Err(NotFound::NoSuch(_))));
    });
    let mut partly = snapshot.clone();
    partly.listings.clear();
    with(&partly, |estate| assert!(matches!(find(estate, "nobody"), Err(NotFound::Unread(..)))));
}

fn look(snapshot: &Snapshot, who: &str) -> Profile {
    with(snapshot, |estate| profile(estate, find(estate, who).unwrap()))
}

#[test]
fn a_profile_counts_by_service_and_level() {
    let api = look(&snapshot(), "api");
    let of = |service: &str| api.power.services.iter().find(|one| one.service == service).cloned().unwrap();
    let s3 = of("s3");
    assert_eq!((s3.surely.total(), s3.possibly.read), (0, 1), "its only grant hangs on a condition");
    assert_eq!(s3.resources, ["arn:aws:s3:::uploads/*".to_owned()].into());
    let sqs = of("sqs");
    let all = ActionId::all().filter(|id| id.service() == "sqs").count();
    assert!(sqs.surely.total() > 10 && sqs.surely.total() + sqs.possibly.total() < all, "the deny takes one away: {sqs:?}");
    assert_eq!(of("secretsmanager").surely.read, 1);
    assert_eq!(api.power.unknown, ["s3:PutObjct".to_owned()].into());
    let credentials = api.power.sensitive.iter().find(|one| one.class == "credential-exposure").unwrap();
    assert!(credentials.surely.contains(&"secretsmanager:GetSecretValue"));
    assert_eq!(api.used_as, [Use { kind: "task role", by: "api".into() }]);
    assert_eq!((api.unread, look(&snapshot(), "blind").unread.is_some()), (None, true));
}

#[test]
fn a_profile_tells_administrators_and_paths_with_their_proof() {
    let api = look(&snapshot(), "api");
    assert_eq!((api.administrator.answer, api.administrator.literally), (Says::Yes, false));
    let path = api.paths.iter().find(|path| path.path == "assume-role").unwrap();
    assert_eq!(
        (path.target.as_deref(), path.severity, path.surely),
        (Some("arn:aws:iam::111122223333:role/admin"), Severity::Critical, true)
    );
    assert!(path.proof.iter().any(|line| line.contains("inline/own → statement 4")), "{:?}", path.proof);
    let admin = look(&snapshot(), "admin");
    assert!(admin.administrator.literally && admin.paths.is_empty());
    assert_eq!(look(&snapshot(), "bounded").administrator.answer, Says::No);
    assert_eq!(look(&snapshot(), "closed").power.services.len(), 0);
}

#[test]
fn an_execution_role_gets_a_derived_policy() {
    let start = look(&snapshot(), "start");
    let [remedy] = start.remedies.as_slice() else { panic!("{:?}", start.remedies) };
    assert_eq!((remedy.how, remedy.policies.len()), ("derived from task definitions", 1));
    let text = &remedy.policies[0].text;
    assert!(text.contains("repository/api") && text.contains("log-group:/api:log-stream:ecs/app/*") && !text.contains("ecr:*"), "{text}");
    assert!(remedy.proof.as_deref().unwrap().contains("nothing that the role may not do today"));
    assert!(remedy.difference.contains("-") && remedy.cloudformation.contains("AWS::IAM::ManagedPolicy"));
}

#[test]
fn a_task_role_is_trimmed_by_its_report_and_only_with_one() {
    let mut snapshot = snapshot();
    let proposal = |snapshot: &Snapshot| look(snapshot, "api").remedies.remove(0);
    let none = proposal(&snapshot);
    assert!(none.policies.is_empty() && none.missing[0].contains("get-service-last-accessed-details"));
    let day = |ago: i64| NOW.plus_days(-ago).to_string();
    let services = json!([
        { "ServiceNamespace": "s3", "LastAuthenticated": day(3) }, { "ServiceNamespace": "sqs" },
        { "ServiceNamespace": "sts", "LastAuthenticated": day(200) }, { "ServiceNamespace": "secretsmanager", "LastAuthenticated": day(1) },
        { "ServiceNamespace": "kms", "LastAuthenticated": day(1) }, { "ServiceNamespace": "iam" },
    ]);
    snapshot.last_accessed.insert("api".into(), known(json!({ "JobCompletionDate": day(0), "ServicesLastAccessed": services })));
    let trimmed = proposal(&snapshot);
    assert_eq!((trimmed.how, trimmed.policies.len()), ("trimmed by use", 1), "{:?}", trimmed.missing);
    let text = &trimmed.policies[0].text;
    assert!(
        text.contains("s3:GetObject") && text.contains("iam:PassRole") && !text.contains("\"sqs:*\"") && !text.contains("sts:"),
        "{text}"
    );
    assert!(text.contains("sqs:DeleteQueue"), "a Deny stays: {text}");
    assert!(trimmed.removed.iter().any(|one| one.starts_with("sts") && one.contains("last used on")), "{:?}", trimmed.removed);
    assert!(trimmed.kept.iter().any(|one| one.contains("iam:PassRole")), "{:?}", trimmed.kept);
    snapshot.last_accessed.insert("api".into(), Reading::gap(NOW, Gap::not_asked("iam:GetServiceLastAccessedDetails")));
    assert!(proposal(&snapshot).policies.is_empty());
}
