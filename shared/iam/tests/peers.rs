//! What other tools get wrong, pinned: evaluation and escalation. Account 123456789012, role `task`, unless said.
//! What takes ECS objects to decide, and trust policies, is pinned with the checks.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "cases/json.rs"]
mod json;
#[path = "cases/run.rs"]
mod run;

mod oracle;

use serde_json::{Value, json};
use wallwalk_iam::account::{Account, Principal, Tables};
use wallwalk_iam::catalogue::{Tags, lookup};
use wallwalk_iam::paths::{Administrator, Web};
use wallwalk_model::iam::Role;
use wallwalk_model::{Reading, Table, Time};

/// An identity policy of `statements`, with the answer wanted for each action and resource.
fn identity(statements: &Value, ask: &[(&str, &str, &str)]) -> Value {
    let ask: Vec<Value> =
        ask.iter().map(|(action, resource, want)| json!({"action": action, "resource": resource, "want": want})).collect();
    json!({"identity": [statements], "ask": ask})
}

/// The same with something more: `context`, `boundary`, `readings`.
fn with(mut case: Value, part: &str, value: Value) -> Value {
    case[part] = value;
    case
}

#[track_caller]
fn holds(case: &Value) {
    let wrong = run::run(case);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const PUT: &str = "iam:PutRolePolicy";
const SELF: &str = "arn:aws:iam::123456789012:role/task";
const UNRELATED: &str = "arn:aws:iam::123456789012:role/unrelated";

#[test]
fn a_plain_grant_is_sure() {
    holds(&identity(&json!([{"Effect": "Allow", "Action": PUT, "Resource": "*"}]), &[(PUT, SELF, "surely")]));
}

#[test]
fn peers_get_this_wrong_a_condition_that_restricts_nothing() {
    let statements = json!([{"Effect": "Allow", "Action": PUT, "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*"}}}]);
    holds(&identity(&statements, &[(PUT, SELF, "surely")]));
}

#[test]
fn peers_get_this_wrong_every_role_is_not_written_star() {
    holds(&identity(&json!([{"Effect": "Allow", "Action": PUT, "Resource": "arn:aws:iam::*:role/*"}]), &[(PUT, SELF, "surely")]));
    holds(&identity(&json!([{"Effect": "Allow", "Action": PUT, "Resource": "arn:*"}]), &[(PUT, SELF, "surely")]));
}

#[test]
fn peers_get_this_wrong_not_resource() {
    let statements = json!([{"Effect": "Allow", "Action": PUT, "NotResource": "arn:aws:iam::123456789012:role/x"}]);
    holds(&identity(&statements, &[(PUT, SELF, "surely"), (PUT, "arn:aws:iam::123456789012:role/x", "never")]));
}

#[test]
fn peers_get_this_wrong_a_deny_on_another_resource() {
    let statements = json!([{"Effect": "Allow", "Action": PUT, "Resource": "*"}, {"Effect": "Deny", "Action": PUT, "Resource": UNRELATED}]);
    holds(&identity(&statements, &[(PUT, SELF, "surely"), (PUT, UNRELATED, "never")]));
}

#[test]
fn peers_get_this_wrong_a_deny_without_multi_factor() {
    let deny = |operator: &str| json!([{"Effect": "Allow", "Action": PUT, "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {operator: {"aws:MultiFactorAuthPresent": "false"}}}]);
    holds(&identity(&deny("Bool"), &[(PUT, SELF, "surely")]));
    let unknown = json!({"aws:MultiFactorAuthPresent": {"state": "unknown"}});
    holds(&with(identity(&deny("Bool"), &[(PUT, SELF, "possibly")]), "context", unknown));
    holds(&identity(&deny("BoolIfExists"), &[(PUT, SELF, "never")]));
}

#[test]
fn peers_get_this_wrong_a_deny_of_all_but() {
    let statements = json!([{"Effect": "Allow", "Action": PUT, "Resource": "*"}, {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}]);
    holds(&identity(&statements, &[(PUT, SELF, "never")]));
}

#[test]
fn peers_get_this_wrong_a_question_mark_in_an_action() {
    holds(&identity(&json!([{"Effect": "Allow", "Action": "iam:Put?olePolicy", "Resource": "*"}]), &[(PUT, SELF, "surely")]));
}

#[test]
fn peers_get_this_wrong_star_colon_star_is_everything() {
    let everything = json!([{"action": "*", "resource": "*", "pattern": true, "want": "surely"}, {"action": "frob:Frobnicate", "resource": "*", "want": "surely"}]);
    let case = identity(&json!([{"Effect": "Allow", "Action": "*:*", "Resource": "*"}]), &[]);
    holds(&with(case, "ask", everything));
}

#[test]
fn peers_get_this_wrong_to_drop_the_boundary_is_not_to_be_within_it() {
    let statements = json!([{"Effect": "Allow", "Action": "iam:DeleteRolePermissionsBoundary", "Resource": "*"}]);
    let drop = |want| [("iam:DeleteRolePermissionsBoundary", SELF, want)];
    let restricts = json!([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]);
    holds(&with(identity(&statements, &drop("surely")), "boundary", restricts));
    let forbids = json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]);
    holds(&with(identity(&statements, &drop("never")), "boundary", forbids));
}

/// Whatever secret, object of a bucket, or key: the pattern of all of them.
#[test]
fn peers_get_this_wrong_everything_of_a_kind_is_not_written_star() {
    for (action, granted, asked) in [
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:*", "arn:aws:secretsmanager:*:*:secret:*"),
        ("s3:GetObject", "arn:aws:s3:::*/*", "arn:aws:s3:::*/*"),
        ("kms:Decrypt", "*", "arn:aws:kms:*:*:key/*"),
    ] {
        let case = identity(&json!([{"Effect": "Allow", "Action": action, "Resource": granted}]), &[]);
        let ask = json!([{"action": action, "resource": asked, "pattern": true, "want": "surely"}]);
        holds(&with(with(case, "oracle", json!("a pattern is asked about")), "ask", ask));
    }
}

const GET: &str = "s3:GetObject";
const OBJECT: &str = "arn:aws:s3:::b/k";

#[test]
fn peers_get_this_wrong_a_variable_in_a_policy_of_2008() {
    let policy = json!({"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": GET, "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/x}"}]});
    let tag = json!({"aws:PrincipalTag/x": {"state": "exactly", "values": ["k"]}});
    holds(&with(identity(&policy, &[(GET, OBJECT, "never")]), "context", tag));
}

#[test]
fn peers_get_this_wrong_epoch_seconds() {
    let statements =
        json!([{"Effect": "Allow", "Action": GET, "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "9999999999"}}}]);
    holds(&identity(&statements, &[(GET, OBJECT, "surely")]));
}

#[test]
fn peers_get_this_wrong_a_number_with_letters() {
    let statements = json!([{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": {"NumericLessThanEquals": {"s3:max-keys": "10abc"}}}]);
    let keys = json!({"s3:max-keys": {"state": "exactly", "values": ["5"]}});
    let case = with(identity(&statements, &[("s3:ListBucket", "arn:aws:s3:::b", "possibly")]), "context", keys);
    holds(&with(case, "problems", json!(["number-invalid"])));
}

#[test]
fn peers_get_this_wrong_the_case_of_a_resource() {
    holds(&identity(&json!([{"Effect": "Allow", "Action": GET, "Resource": "arn:aws:s3:::B/*"}]), &[(GET, OBJECT, "never")]));
}

#[test]
fn peers_get_this_wrong_segments_of_an_arn_in_a_condition() {
    let statements = json!([{"Effect": "Allow", "Action": GET, "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s:*:111122223333:finance/*"}}}]);
    let source =
        json!({"aws:SourceArn": {"state": "exactly", "values": ["arn:aws:s:us-east-2:999999999999:store/abc:111122223333:finance/d.txt"]}});
    holds(&with(identity(&statements, &[(GET, OBJECT, "never")]), "context", source));
}

#[test]
fn peers_get_this_wrong_a_short_arn_spoils_nothing_else() {
    let statements = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:*"}, {"Effect": "Allow", "Action": GET, "Resource": "arn:aws:s3:::b/*"}]);
    holds(&identity(&statements, &[(GET, OBJECT, "surely")]));
}

#[test]
fn peers_get_this_wrong_a_wildcard_in_the_service_of_an_arn() {
    holds(&identity(&json!([{"Effect": "Allow", "Action": GET, "Resource": "arn:aws:*:::b/*"}]), &[(GET, OBJECT, "possibly")]));
}

#[test]
fn peers_get_this_wrong_a_variable_without_value() {
    let statements = json!([{"Effect": "Allow", "Action": GET, "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/x}*"}]);
    holds(&with(identity(&statements, &[(GET, OBJECT, "never")]), "context", json!({"aws:PrincipalTag/x": {"state": "absent"}})));
}

#[test]
fn peers_get_this_wrong_a_boundary_limits() {
    let case = identity(&json!([{"Effect": "Allow", "Action": PUT, "Resource": "*"}]), &[(PUT, SELF, "never")]);
    holds(&with(case, "boundary", json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}])));
}

#[test]
fn peers_get_this_wrong_a_thousand_statements_and_one() {
    let mut statements: Vec<Value> =
        (0..1000).map(|n| json!({"Effect": "Allow", "Action": GET, "Resource": format!("arn:aws:s3:::b{n}/*")})).collect();
    statements.push(json!({"Effect": "Allow", "Action": PUT, "Resource": SELF}));
    let case = identity(
        &json!(statements),
        &[(PUT, SELF, "surely"), (GET, "arn:aws:s3:::b999/k", "surely"), (GET, "arn:aws:s3:::b1000/k", "never")],
    );
    holds(&with(case, "oracle", json!("it would take long")));
}

/// An account of `task` with these policies, and of roles that may do anything, each trusted by one service.
struct Estate(Account);

impl Estate {
    fn new(policies: &[Value], boundary: Option<&Value>, powerful: &[(&str, &str)]) -> Self {
        let now = Time::from_millis(1_790_000_000_000);
        let policy = |statements: &Value| json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let inline = |policies: &[Value]| -> Vec<Value> {
            policies.iter().enumerate().map(|(n, one)| json!({"PolicyName": format!("p{n}"), "PolicyDocument": policy(one)})).collect()
        };
        let limit = "arn:aws:iam::123456789012:policy/limit";
        let trusted_by =
            |service: &str| policy(&json!([{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]));
        let role = |name: &str, service: &str, policies: &[Value]| json!({"Arn": format!("arn:aws:iam::123456789012:role/{name}"), "RoleName": name, "Path": "/", "AssumeRolePolicyDocument": trusted_by(service), "RolePolicyList": inline(policies)});
        let mut task = role("task", "ecs-tasks.amazonaws.com", policies);
        let mut managed = Table::new();
        if let Some(boundary) = boundary {
            task["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": limit, "PermissionsBoundaryType": "Policy"});
            let versions = json!([{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy(boundary)}]);
            let row = json!({"Arn": limit, "PolicyName": "limit", "DefaultVersionId": "v1", "PolicyVersionList": versions});
            managed.insert(limit.to_owned(), Reading::known(now, serde_json::from_value(row).expect("a policy")));
        }
        let everything = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
        let rows = powerful.iter().map(|(name, service)| role(name, service, std::slice::from_ref(&everything))).chain([task]);
        let roles: Table<Role> = rows
            .map(|row| {
                (row["RoleName"].as_str().expect("a name").to_owned(), Reading::known(now, serde_json::from_value(row).expect("a role")))
            })
            .collect();
        let (users, groups) = (Table::new(), Table::new());
        Self(Account::new("123456789012", Tables { roles: &roles, policies: &managed, users: &users, groups: &groups }, now))
    }

    /// Names of the paths of `task`, those that leave something open with a question mark.
    fn paths(&self) -> Vec<String> {
        let web = Web::new(&self.0, Box::new(()));
        web.paths(self.task()).iter().map(|proof| format!("{}{}", proof.path, if proof.surely() { "" } else { "?" })).collect()
    }

    fn task(&self) -> &Principal {
        self.0.principals.get(SELF).expect("the role")
    }
}

/// Paths of a role with one policy.
fn paths(statements: Value) -> Vec<String> {
    Estate::new(&[statements], None, &[]).paths()
}

#[test]
fn peers_get_this_wrong_a_role_that_rewrites_itself() {
    let put = |rest: Value| {
        let mut statement = json!({"Effect": "Allow", "Action": PUT});
        statement.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        statement
    };
    let everywhere = || put(json!({"Resource": "*"}));
    let deny = |rest: Value| {
        let mut statement = json!({"Effect": "Deny", "Resource": "*"});
        statement.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        json!([everywhere(), statement])
    };
    let sure = ["self-put-policy"];
    for statements in [
        json!([everywhere()]),
        json!([put(json!({"Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*"}}}))]),
        json!([put(json!({"Resource": "arn:aws:iam::*:role/*"}))]),
        json!([put(json!({"Resource": "arn:*"}))]),
        json!([put(json!({"NotResource": "arn:aws:iam::123456789012:role/x"}))]),
        deny(json!({"Action": PUT, "Resource": UNRELATED})),
        json!([{"Effect": "Allow", "Action": "iam:Put?olePolicy", "Resource": SELF}]),
    ] {
        let found = paths(statements.clone());
        assert!(found.iter().any(|path| path == sure[0]), "{statements}: {found:?}");
    }
    for statements in [deny(json!({"NotAction": "s3:*"})), json!([{"Effect": "Allow", "Action": PUT, "Resource": UNRELATED}])] {
        let found = paths(statements.clone());
        assert!(!found.iter().any(|path| path.starts_with(sure[0])), "{statements}: {found:?}");
    }
    let bounded = Estate::new(&[json!([everywhere()])], Some(&json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}])), &[]);
    assert_eq!(bounded.paths(), Vec::<String>::new());
}

#[test]
fn peers_get_this_wrong_who_is_administrator() {
    for action in ["*", "*:*"] {
        let estate = Estate::new(&[json!([{"Effect": "Allow", "Action": action, "Resource": "*"}])], None, &[]);
        let web = Web::new(&estate.0, Box::new(()));
        assert_eq!(web.administrator(estate.task()), Administrator::Literally, "{action}");
    }
}

#[test]
fn peers_get_this_wrong_a_boundary_that_may_be_dropped() {
    let policies =
        [json!([{"Effect": "Allow", "Action": ["iam:DeleteRolePermissionsBoundary", "secretsmanager:GetSecretValue"], "Resource": "*"}])];
    let boundary = |action: &str| json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]);
    assert_eq!(Estate::new(&policies, Some(&boundary("iam:*")), &[]).paths(), ["self-drop-boundary"]);
    // The boundary hides the call, or hides nothing.
    assert_eq!(Estate::new(&policies, Some(&boundary("s3:*")), &[]).paths(), Vec::<String>::new());
    assert_eq!(Estate::new(&policies, Some(&boundary("*")), &[]).paths(), Vec::<String>::new());
}

const STATES: &[(&str, &str)] = &[("deployer", "states.amazonaws.com")];

#[test]
fn peers_get_this_wrong_a_state_machine_under_a_passed_role() {
    let together =
        json!([{"Effect": "Allow", "Action": ["iam:PassRole", "states:CreateStateMachine", "states:StartExecution"], "Resource": "*"}]);
    assert_eq!(Estate::new(std::slice::from_ref(&together), None, STATES).paths(), ["new-state-machine"]);
    // No role trusts the service.
    assert_eq!(Estate::new(&[together], None, &[("deployer", "ec2.amazonaws.com")]).paths(), Vec::<String>::new());
}

#[test]
fn peers_get_this_wrong_a_path_over_two_policies() {
    let pass = json!([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]);
    let make = json!([{"Effect": "Allow", "Action": ["states:CreateStateMachine", "states:StartExecution"], "Resource": "*"}]);
    assert_eq!(Estate::new(&[pass.clone(), make.clone()], None, STATES).paths(), ["new-state-machine"]);
    assert_eq!(Estate::new(&[pass], None, STATES).paths(), Vec::<String>::new());
    assert_eq!(Estate::new(&[make], None, STATES).paths(), Vec::<String>::new());
}

#[test]
fn peers_get_this_wrong_a_role_that_may_be_passed_to_one_service() {
    let passed = json!([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/x", "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}},
        {"Effect": "Allow", "Action": ["ecs:RunTask", "ecs:RegisterTaskDefinition"], "Resource": "*"}]);
    let estate = Estate::new(&[passed], None, &[("x", "ecs-tasks.amazonaws.com")]);
    let web = Web::new(&estate.0, Box::new(()));
    let pass = |service| web.pass(estate.task(), "arn:aws:iam::123456789012:role/x", service).answer.word();
    assert_eq!((pass("ecs-tasks.amazonaws.com"), pass("lambda.amazonaws.com")), ("never", "surely"));
    assert_eq!(estate.paths(), Vec::<String>::new());
}

#[test]
fn peers_get_this_wrong_the_code_of_a_function_that_gains_nothing() {
    let update = json!([{"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:mine"}]);
    assert_eq!(Estate::new(std::slice::from_ref(&update), None, STATES).paths(), Vec::<String>::new());
    // Nobody listed functions: one under a stronger role is only supposed to exist.
    assert_eq!(Estate::new(&[update], None, &[("strong", "lambda.amazonaws.com")]).paths(), ["lambda-function-code?"]);
}

#[test]
fn to_open_a_secret_to_others_is_no_escalation() {
    let put = "secretsmanager:PutResourcePolicy";
    assert_eq!(paths(json!([{"Effect": "Allow", "Action": put, "Resource": "*"}])), Vec::<String>::new());
    assert!(lookup(put).expect("known").info().tags.contains(Tags::RESOURCE_EXPOSURE));
}
