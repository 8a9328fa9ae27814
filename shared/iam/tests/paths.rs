//! Escalation paths: each holds with all its calls, vanishes with any of them, is left open by a
//! condition, and is none where nothing is gained.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wallwalk_iam::account::{Account, Tables};
use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::{Administrator, EXISTING, NEW, Web};
use wallwalk_model::{Reading, Table, Time, iam};

const SOURCE: &str = "arn:aws:iam::123456789012:role/task";
const TARGET: &str = "arn:aws:iam::123456789012:role/deployer";
const USER: &str = "arn:aws:iam::123456789012:user/ann";
const GROUP: &str = "arn:aws:iam::123456789012:group/staff";
const ADMINS: &str = "arn:aws:iam::123456789012:group/admins";
const OWN: &str = "arn:aws:iam::123456789012:policy/own";
const EDGE: &str = "arn:aws:iam::123456789012:policy/edge";

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": "*"})
}

fn document(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn trusting(principal: &Value) -> String {
    document(&[json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})])
}

/// An account: the source with its statements, and more of its members; whom the target trusts, and what it may do.
#[derive(Clone, Debug, Default)]
struct World {
    source: Vec<Value>,
    /// Members of the source's role detail.
    more: Value,
    trust: Value,
    target: Vec<Value>,
    user: Value,
    policies: BTreeMap<&'static str, Value>,
    groups: Vec<(&'static str, Vec<Value>)>,
}

fn known<T: serde::de::DeserializeOwned>(rows: impl IntoIterator<Item = (String, Value)>) -> Table<T> {
    rows.into_iter().map(|(id, row)| (id, Reading::known(Time::default(), serde_json::from_value(row).unwrap()))).collect()
}

impl World {
    /// Where the target trusts `service` and may do everything.
    fn under(service: &str) -> Self {
        Self { trust: json!({"Service": service}), target: vec![allow("*", "*")], ..Self::default() }
    }

    /// Where the target admits the account and may do everything.
    fn own_account() -> Self {
        Self { trust: json!({"AWS": "123456789012"}), target: vec![allow("*", "*")], ..Self::default() }
    }

    fn account(&self) -> Account {
        let inline = |statements: &[Value]| json!([{"PolicyName": "p", "PolicyDocument": document(statements)}]);
        let mut source = json!({"Arn": SOURCE, "RoleName": "task", "AssumeRolePolicyDocument": trusting(&json!({"Service": "ecs-tasks.amazonaws.com"})),
            "RolePolicyList": inline(&self.source)});
        if let Some(more) = self.more.as_object() {
            source.as_object_mut().unwrap().extend(more.clone());
        }
        let mut roles = vec![("task".to_owned(), source)];
        if !self.trust.is_null() {
            let trust = trusting(&self.trust);
            let target =
                json!({"Arn": TARGET, "RoleName": "deployer", "AssumeRolePolicyDocument": trust, "RolePolicyList": inline(&self.target)});
            roles.push(("deployer".to_owned(), target));
        }
        let users = if self.user.is_null() { Vec::new() } else { vec![("ann".to_owned(), self.user.clone())] };
        let group = |(arn, statements): &(&str, Vec<Value>)| {
            let name = arn.rsplit('/').next().unwrap().to_owned();
            (name.clone(), json!({"Arn": arn, "GroupName": name, "GroupPolicyList": inline(statements)}))
        };
        let policies = self.policies.iter().map(|(arn, row)| ((*arn).to_owned(), row.clone()));
        let (roles, policies, users): (Table<iam::Role>, Table<iam::ManagedPolicy>, Table<iam::User>) =
            (known(roles), known(policies), known(users));
        let groups: Table<iam::Group> = known(self.groups.iter().map(group));
        Account::new("123456789012", Tables { roles: &roles, policies: &policies, users: &users, groups: &groups }, Time::default())
    }

    /// Names of the source's paths, with whether something that was not listed is supposed, and the answer.
    fn paths(&self) -> BTreeMap<&'static str, (bool, Answer)> {
        let account = self.account();
        let web = Web::new(&account, Box::new(()));
        web.paths(&account.principals[SOURCE])
            .iter()
            .map(|proof| (proof.path, (proof.supposed, if proof.surely() { Answer::Surely } else { proof.answer.min(Answer::Possibly) })))
            .collect()
    }

    fn answer(&self, path: &str) -> Option<Answer> {
        self.paths().get(path).map(|(_, answer)| *answer)
    }

    fn with(&self, source: &[Value]) -> Self {
        Self { source: source.to_vec(), ..self.clone() }
    }

    fn administrator(&self) -> Administrator {
        let account = self.account();
        Web::new(&account, Box::new(())).administrator(&account.principals[SOURCE])
    }
}

fn conditioned(mut statement: Value) -> Value {
    statement["Condition"] = json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}});
    statement
}

/// The laws of a path: `needs` are what it takes.
#[track_caller]
fn laws(path: &str, world: &World, needs: &[(&str, &str)], answer: Answer) {
    let all: Vec<Value> = needs.iter().map(|(action, resource)| allow(action, resource)).collect();
    assert_eq!(world.with(&all).answer(path), Some(answer), "{path} by {needs:?}");
    for at in 0..all.len() {
        let mut left = all.clone();
        left.remove(at);
        assert_eq!(world.with(&left).answer(path), None, "{path} without {:?}", needs[at]);
        let mut open = all.clone();
        open[at] = conditioned(open[at].clone());
        assert_eq!(world.with(&open).answer(path), Some(Answer::Possibly), "{path} with a condition on {:?}", needs[at]);
    }
}

#[test]
fn new_resources_under_a_passed_role() {
    for row in NEW {
        for service in row.services {
            let world = World::under(service);
            let answer = if row.unproven { Answer::Possibly } else { Answer::Surely };
            for way in row.ways {
                let needs: Vec<(&str, &str)> =
                    [("iam:PassRole", TARGET)].into_iter().chain(way.iter().map(|action| (*action, "*"))).collect();
                laws(row.name, &world, &needs, answer);
                let all: Vec<Value> = needs.iter().map(|(action, resource)| allow(action, resource)).collect();
                let weak = World { target: vec![allow("s3:ListAllMyBuckets", "*")], ..world.clone() };
                assert_eq!(weak.with(&all).answer(row.name), None, "{} where nothing is gained", row.name);
                let elsewhere = World::under("example.amazonaws.com");
                assert_eq!(elsewhere.with(&all).answer(row.name), None, "{} under a role of another service", row.name);
            }
        }
    }
}

#[test]
fn a_role_is_passed_as_the_service_that_counts() {
    let pass = |service: &str| {
        let mut pass = allow("iam:PassRole", TARGET);
        pass["Condition"] = json!({"StringEquals": {"iam:PassedToService": service}});
        let calls = ["batch:RegisterJobDefinition", "batch:SubmitJob", "states:CreateStateMachine", "states:StartExecution"];
        let all: Vec<Value> = [pass].into_iter().chain(calls.map(|action| allow(action, "*"))).collect();
        (
            World::under("states.amazonaws.com").with(&all).answer("new-state-machine"),
            World::under("ecs-tasks.amazonaws.com").with(&all).answer("new-batch-job"),
        )
    };
    assert_eq!(pass("states.amazonaws.com"), (Some(Answer::Surely), None));
    // Whether Batch counts as itself or as ECS is not documented.
    assert_eq!(pass("batch.amazonaws.com"), (None, Some(Answer::Possibly)));
    assert_eq!(pass("ecs-tasks.amazonaws.com"), (None, Some(Answer::Possibly)));
}

#[test]
fn existing_resources_are_supposed_where_a_role_that_gains_trusts_their_service() {
    for row in EXISTING {
        let world = World::under(row.services[0]);
        for way in row.ways {
            let all: Vec<Value> = way.iter().map(|action| allow(action, "*")).collect();
            assert_eq!(world.with(&all).paths().get(row.name), Some(&(true, Answer::Possibly)), "{} by {way:?}", row.name);
            for missing in 0..way.len() {
                let left: Vec<&str> = way.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, action)| *action).collect();
                // Another way of the row may take only what is left.
                let suffices = row.ways.iter().any(|other| other.iter().all(|action| left.contains(action)));
                let left: Vec<Value> = left.iter().map(|action| allow(action, "*")).collect();
                assert_eq!(world.with(&left).answer(row.name).is_some(), suffices, "{} without {}", row.name, way[missing]);
            }
            let weak = World { target: vec![allow("s3:ListAllMyBuckets", "*")], ..world.clone() };
            assert_eq!(weak.with(&all).answer(row.name), None, "{} where nothing is gained", row.name);
            assert_eq!(World::under("example.amazonaws.com").with(&all).answer(row.name), None, "{} without such a role", row.name);
        }
    }
}

#[test]
fn other_principals_that_it_may_become_or_change() {
    let (role, closed) = (World::own_account(), World::under("ecs-tasks.amazonaws.com"));
    let user = World {
        user: json!({"Arn": USER, "UserName": "ann", "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": document(&[allow("s3:GetObject", "*")])}]}),
        ..World::default()
    };
    let edge =
        json!({"Arn": EDGE, "PolicyVersionList": [{"IsDefaultVersion": true, "Document": document(&[allow("s3:ListAllMyBuckets", "*")])}]});
    let mut bounded = user.clone();
    bounded.user["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": EDGE});
    bounded.policies.insert(EDGE, edge);
    let mut member = user.clone();
    member.user["GroupList"] = json!(["staff"]);
    member.groups = vec![(GROUP, vec![]), (ADMINS, vec![allow("*", "*")])];
    for (path, world, needs, answer) in [
        ("assume-role", &role, vec![("sts:AssumeRole", TARGET)], Answer::Surely),
        ("rewrite-trust", &closed, vec![("iam:UpdateAssumeRolePolicy", TARGET)], Answer::Surely),
        ("other-role-policy", &role, vec![("iam:PutRolePolicy", TARGET), ("sts:AssumeRole", TARGET)], Answer::Surely),
        ("other-role-policy", &closed, vec![("iam:AttachRolePolicy", TARGET), ("iam:UpdateAssumeRolePolicy", TARGET)], Answer::Surely),
        ("user-key", &user, vec![("iam:CreateAccessKey", USER)], Answer::Surely),
        ("user-login", &user, vec![("iam:CreateLoginProfile", USER)], Answer::Possibly),
        ("user-login", &user, vec![("iam:UpdateLoginProfile", USER)], Answer::Possibly),
        ("user-policy", &user, vec![("iam:PutUserPolicy", USER), ("iam:CreateAccessKey", USER)], Answer::Surely),
        ("user-boundary", &bounded, vec![("iam:DeleteUserPermissionsBoundary", USER), ("iam:CreateAccessKey", USER)], Answer::Surely),
        ("group", &member, vec![("iam:PutGroupPolicy", GROUP), ("iam:CreateAccessKey", USER)], Answer::Surely),
        ("group", &member, vec![("iam:AddUserToGroup", ADMINS), ("iam:CreateAccessKey", USER)], Answer::Surely),
        ("service-credential", &user, vec![("iam:CreateServiceSpecificCredential", USER)], Answer::Possibly),
    ] {
        laws(path, world, &needs, answer);
    }
}

#[test]
fn others_that_give_nothing_are_no_targets() {
    let weak = World { target: vec![allow("s3:ListAllMyBuckets", "*")], ..World::own_account() };
    assert!(weak.with(&[allow("sts:AssumeRole", TARGET)]).paths().is_empty());
    let user = World { user: json!({"Arn": USER, "UserName": "ann"}), ..World::default() };
    assert!(user.with(&[allow("iam:CreateAccessKey", USER), allow("iam:CreateLoginProfile", USER)]).paths().is_empty());
    // What it may do itself is no gain.
    let same = World { target: vec![allow("s3:GetObject", "*")], ..World::own_account() };
    assert!(same.with(&[allow("sts:AssumeRole", TARGET), allow("s3:GetObject", "*")]).paths().is_empty());
}

#[test]
fn a_role_whose_trust_names_the_source_needs_no_call() {
    let named = World { trust: json!({"AWS": SOURCE}), target: vec![allow("s3:GetObject", "*")], ..World::default() };
    assert_eq!(named.answer("assume-role"), Some(Answer::Surely));
    assert_eq!(World { trust: json!({"AWS": "123456789012"}), ..named }.answer("assume-role"), None);
}

#[test]
fn principals_that_nobody_listed_are_supposed() {
    for (path, actions) in [
        ("federation", vec!["iam:UpdateSAMLProvider"]),
        ("federation", vec!["iam:AddClientIDToOpenIDConnectProvider"]),
        ("assume-root", vec!["sts:AssumeRoot"]),
        ("identity-center", vec!["sso:PutInlinePolicyToPermissionSet", "sso:ProvisionPermissionSet"]),
        ("identity-center", vec!["sso:CreatePermissionSet", "sso:AttachManagedPolicyToPermissionSet", "sso:CreateAccountAssignment"]),
    ] {
        let all: Vec<Value> = actions.iter().map(|action| allow(action, "*")).collect();
        assert_eq!(World::default().with(&all).paths().get(path), Some(&(true, Answer::Possibly)), "{path}");
        for (missing, action) in actions.iter().enumerate() {
            let mut left = all.clone();
            left.remove(missing);
            assert_eq!(World::default().with(&left).answer(path), None, "{path} without {action}");
        }
    }
}

#[test]
fn what_a_role_may_make_of_itself() {
    let made_up = "arn:aws:iam::123456789012:role/ci/*";
    for (path, needs, answer) in [
        ("self-put-policy", vec![("iam:PutRolePolicy", SOURCE)], Answer::Surely),
        ("self-attach-policy", vec![("iam:AttachRolePolicy", SOURCE)], Answer::Surely),
        ("create-role", vec![("iam:CreateRole", made_up), ("iam:PutRolePolicy", made_up)], Answer::Surely),
        ("create-role", vec![("iam:CreateRole", made_up), ("iam:AttachRolePolicy", made_up)], Answer::Surely),
        ("acquire-role", vec![("iam:AcquireRole", "*")], Answer::Possibly),
    ] {
        laws(path, &World::default(), &needs, answer);
    }
}

#[test]
fn versions_of_its_policies() {
    let versions = |older: &[Value]| {
        json!({"Arn": OWN, "DefaultVersionId": "v2", "PolicyVersionList": [
            {"VersionId": "v2", "IsDefaultVersion": true, "Document": document(&[allow("s3:ListAllMyBuckets", "*")])},
            {"VersionId": "v1", "IsDefaultVersion": false, "Document": document(older)}]})
    };
    let world = |older: &[Value]| World {
        more: json!({"AttachedManagedPolicies": [{"PolicyName": "own", "PolicyArn": OWN}]}),
        policies: BTreeMap::from([(OWN, versions(older))]),
        ..World::default()
    };
    let stronger = world(&[allow("s3:GetObject", "*")]);
    laws("self-policy-version", &stronger, &[("iam:CreatePolicyVersion", OWN)], Answer::Surely);
    laws("self-default-version", &stronger, &[("iam:SetDefaultPolicyVersion", OWN)], Answer::Surely);
    let weaker = world(&[]).with(&[allow("iam:SetDefaultPolicyVersion", OWN)]);
    assert_eq!(weaker.answer("self-default-version"), None, "an older version that grants no more is none");
}

#[test]
fn a_deny_that_it_may_take_off_itself() {
    let world = |denied: &str| World {
        more: json!({"RolePolicyList": [], "AttachedManagedPolicies": [{"PolicyName": "own", "PolicyArn": OWN}, {"PolicyName": "edge", "PolicyArn": EDGE}]}),
        policies: BTreeMap::from([
            (
                OWN,
                json!({"Arn": OWN, "PolicyVersionList": [{"IsDefaultVersion": true, "Document": document(&[allow("s3:GetObject", "*"), allow("iam:DetachRolePolicy", SOURCE)])}]}),
            ),
            (EDGE, json!({"Arn": EDGE, "PolicyVersionList": [{"IsDefaultVersion": true, "Document": document(&[deny(denied)])}]})),
        ]),
        ..World::default()
    };
    assert_eq!(world("s3:*").answer("self-drop-deny"), Some(Answer::Surely));
    assert_eq!(world("iam:*").answer("self-drop-deny"), None, "it may not take it off");
    assert_eq!(world("ec2:*").answer("self-drop-deny"), None, "nothing comes of it");
}

/// Under a boundary that leaves what a role needs to take it off.
fn bounded(boundary: &[Value]) -> World {
    World {
        more: json!({"PermissionsBoundary": {"PermissionsBoundaryArn": EDGE}}),
        policies: BTreeMap::from([(
            EDGE,
            json!({"Arn": EDGE, "PolicyVersionList": [{"IsDefaultVersion": true, "Document": document(boundary)}]}),
        )]),
        ..World::default()
    }
}

#[test]
fn peers_get_this_wrong_a_boundary_that_it_may_take_off_itself() {
    for action in ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"] {
        let restricted = bounded(&[allow(action, "*")]);
        let both = [allow(action, "*"), allow("s3:GetObject", "*")];
        assert_eq!(restricted.with(&both).answer("self-drop-boundary"), Some(Answer::Surely), "{action}");
        assert_eq!(restricted.with(&both[1..]).answer("self-drop-boundary"), None, "without {action}");
        assert_eq!(restricted.with(&[conditioned(both[0].clone()), both[1].clone()]).answer("self-drop-boundary"), Some(Answer::Possibly));
        let wide = bounded(&[allow("*", "*")]);
        assert_eq!(wide.with(&both).answer("self-drop-boundary"), None, "a boundary that takes nothing");
    }
}

#[test]
fn tags_that_its_policies_look_at() {
    let mut tagged = allow("s3:GetObject", "*");
    tagged["Condition"] = json!({"StringEquals": {"aws:PrincipalTag/team": "data"}});
    // A session that ECS hands out has the tags of its role and no others.
    let read = |statements: &[Value]| World::default().with(statements).answer("self-retag").is_some();
    assert!(read(&[tagged.clone(), allow("iam:TagRole", SOURCE)]));
    assert!(!read(std::slice::from_ref(&tagged)), "without the call");
    assert!(!read(&[allow("s3:GetObject", "*"), allow("iam:TagRole", SOURCE)]), "where nothing looks at tags");
}

#[test]
fn peers_get_this_wrong_a_state_machine_under_a_passed_role() {
    let all: Vec<Value> = ["iam:PassRole", "states:CreateStateMachine", "states:StartExecution"].map(|action| allow(action, "*")).into();
    assert_eq!(World::under("states.amazonaws.com").with(&all).answer("new-state-machine"), Some(Answer::Surely));
}

#[test]
fn peers_get_this_wrong_code_of_a_function_where_no_role_gains_by_it() {
    let update = allow("lambda:UpdateFunctionCode", "arn:aws:lambda:us-east-1:123456789012:function:mine");
    assert!(World::under("ecs-tasks.amazonaws.com").with(std::slice::from_ref(&update)).paths().is_empty());
    let weak = World { target: vec![allow("s3:ListAllMyBuckets", "*")], ..World::under("lambda.amazonaws.com") };
    assert!(weak.with(&[update]).paths().is_empty());
}

#[test]
fn a_target_with_a_policy_that_was_not_read_is_undecided() {
    let mut world = World::own_account().with(&[allow("sts:AssumeRole", TARGET)]);
    world.target = Vec::new();
    let account = {
        let mut account = world.account();
        let target = account.principals.get_mut(TARGET).unwrap();
        target.stack.identity[0].document = Err(wallwalk_model::Gap::not_asked("iam:GetRolePolicy"));
        account
    };
    let web = Web::new(&account, Box::new(()));
    let answers: BTreeSet<Answer> = web.paths(&account.principals[SOURCE]).iter().map(|proof| proof.answer).collect();
    assert_eq!(answers, BTreeSet::from([Answer::Unread]));
    assert_eq!(web.administrator(&account.principals[SOURCE]), Administrator::Unread);
}

#[test]
fn administrator_by_effect() {
    let literal = World::default().with(&[allow("*", "*")]);
    assert_eq!(literal.administrator(), Administrator::Literally);
    for statements in [vec![allow("iam:PutRolePolicy", "*")], vec![allow("iam:CreateRole", "*"), allow("iam:AttachRolePolicy", "*")]] {
        assert!(matches!(World::default().with(&statements).administrator(), Administrator::By(_)), "{statements:?}");
    }
    assert!(
        matches!(World::own_account().with(&[allow("sts:AssumeRole", TARGET)]).administrator(), Administrator::By(_)),
        "by another role"
    );
    assert!(matches!(
        World::default().with(&[conditioned(allow("iam:PutRolePolicy", "*"))]).administrator(),
        Administrator::Possibly(Some(_))
    ));
    assert_eq!(World::default().with(&[allow("s3:*", "*")]).administrator(), Administrator::No);
    // Only supposed to exist.
    assert_eq!(World::under("lambda.amazonaws.com").with(&[allow("lambda:UpdateFunctionCode", "*")]).administrator(), Administrator::No);
    let confined = bounded(&[allow("s3:*", "*"), allow("iam:PutRolePolicy", "*")]).with(&[allow("iam:PutRolePolicy", "*")]);
    assert_eq!(confined.administrator(), Administrator::No, "a boundary stops it");
}
