//! What all checks have in common: revisions in flight, launch types, latent families, severities.

use wallwalk_checks::judge::analyse_one;
use wallwalk_checks::{analyse, catalog};
use wallwalk_findings::verdict::{Outcome, Verdict};

use super::cases::{Case, in_words, now};

fn case(text: &str) -> Case {
    serde_saphyr::from_str(text).unwrap()
}

fn verdicts(check: &str, case: &Case) -> Vec<Verdict> {
    let check = catalog::CATALOG.iter().find(|one| one.info.name == check).unwrap();
    analyse_one(check, &case.snapshot(), &case.settings.clone().unwrap_or_default(), now())
}

/// The verdicts of one check, compared with the case's `expect`.
fn expect(check: &str, text: &str) -> Vec<Verdict> {
    let case = case(text);
    let verdicts = verdicts(check, &case);
    assert_eq!(in_words(&verdicts), case.expect, "{}", case.name);
    verdicts
}

fn evidence(verdict: &Verdict) -> String {
    match &verdict.outcome {
        Outcome::Failed(failure) => failure.evidence.join("\n"),
        other => panic!("{other:?}"),
    }
}

const TWO_REVISIONS: &str = r#"
name: the old revision still runs
service: {taskDefinition: "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:2"}
running: {}
containers: [{name: web, privileged: true}]
tables:
  taskDefinitions:
    "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:2": {family: shop-api, revision: 2, containerDefinitions: [{name: web, privileged: false}]}
expect: {service/shop/api web: failed high}
"#;

#[test]
fn of_several_revisions_one_that_fails_is_enough_and_both_are_named() {
    let verdicts = expect("privileged-container", TWO_REVISIONS);
    let text = evidence(&verdicts[0]);
    assert!(text.contains("shop-api:1") && !text.contains("shop-api:2"), "{text}");
    let Outcome::Failed(failure) = &verdicts[0].outcome else { panic!("{:?}", verdicts[0].outcome) };
    assert_eq!(failure.in_flight, ["shop-api:2 passes"]);
    assert!(!verdicts[0].subject.id.contains(":1"), "an identity names no revision");
}

#[test]
fn a_verdict_names_the_facts_it_rests_on_and_the_latest_reading() {
    let verdicts = verdicts("privileged-container", &case(TWO_REVISIONS));
    let facts: Vec<&str> = verdicts[0].facts.iter().map(String::as_str).collect();
    assert!(facts.contains(&"svc:shop/api") && facts.contains(&"td:shop-api"), "{facts:?}");
    assert_eq!(verdicts[0].evidence_at.to_string(), "2026-11-23T14:00:00.000Z");
    let lost = case(&TWO_REVISIONS.replace("tables:", "not_listed: [\"ecs:ListTasks shop\"]\ntables:"));
    assert!(matches!(self::verdicts("privileged-container", &lost)[0].outcome, Outcome::Failed(_)), "what surely fails is reported");
}

#[test]
fn a_revision_that_could_not_be_read_keeps_its_containers_from_passing() {
    expect(
        "privileged-container",
        r#"
name: one revision passes, the other is hidden
service: {taskDefinition: "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:2"}
running: {}
containers: [{name: web, privileged: true}]
tables:
  taskDefinitions:
    "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:1": {gap: ["ecs:DescribeTaskDefinition", throttled]}
    "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:2": {family: shop-api, revision: 2, containerDefinitions: [{name: web}]}
expect: {service/shop/api: unknown, service/shop/api web: unknown}
"#,
    );
}

#[test]
fn the_launch_type_is_derived_in_its_order() {
    let rows = [
        (
            "a task says it itself",
            "launch: none\nrunning: {launchType: FARGATE}\nservice: {capacityProviderStrategy: [{capacityProvider: lost}]}",
            "not-applicable",
        ),
        (
            "else its capacity provider",
            "launch: none\nrunning: {capacityProviderName: FARGATE_SPOT}\nservice: {capacityProviderStrategy: [{capacityProvider: lost}]}",
            "not-applicable",
        ),
        (
            "else the strategy of the service",
            "launch: none\nservice: {capacityProviderStrategy: [{capacityProvider: FARGATE}]}",
            "not-applicable",
        ),
        (
            "else the default of the cluster",
            "launch: none\ncluster: {defaultCapacityProviderStrategy: [{capacityProvider: FARGATE}]}",
            "not-applicable",
        ),
        (
            "else it is unknown, whatever the definition is compatible with",
            "launch: none\ntask: {requiresCompatibilities: [FARGATE]}",
            "unknown",
        ),
        (
            "a provider that could not be read is unknown",
            "launch: none\nservice: {capacityProviderStrategy: [{capacityProvider: lost}]}",
            "unknown",
        ),
        (
            "Managed Instances come through their provider",
            "launch: none\nservice: {capacityProviderStrategy: [{capacityProvider: mi}]}",
            "failed high",
        ),
        ("ECS Anywhere is said", "launch: EXTERNAL", "failed high"),
        ("a launch type of a newer kind is unknown", "launch: ORBIT", "unknown"),
    ];
    for (name, lines, word) in rows {
        let tables = "tables: {capacityProviders: {mi: {name: mi, managedInstancesProvider: {infrastructureRoleArn: r}}}}";
        let text = format!(
            "name: {name}\n{lines}\n{tables}\ncontainers: [{{name: web, privileged: true}}]\nexpect: {{service/shop/api web: {word}}}"
        );
        expect("privileged-container", &text);
    }
}

#[test]
fn a_service_between_two_launch_types_is_judged_on_both() {
    expect(
        "privileged-container",
        r#"
name: the primary deployment moves to EC2, the tasks still run on Fargate
launch: EC2
running: {launchType: FARGATE}
containers: [{name: web, privileged: true}]
expect: {service/shop/api web: failed high}
"#,
    );
}

#[test]
fn the_operating_system_is_read_from_task_service_and_definition_in_this_order() {
    let rows = [
        ("running: {platformFamily: WINDOWS_SERVER_2022_CORE}\ntask: {runtimePlatform: {operatingSystemFamily: LINUX}}", "not-applicable"),
        ("service: {platformFamily: Windows}", "not-applicable"),
        ("running: {platformFamily: Linux}\nservice: {platformFamily: windows}", "failed medium"),
        ("", "failed medium"),
    ];
    for (lines, word) in rows {
        expect(
            "writable-root-filesystem",
            &format!("name: {lines:?}\n{lines}\ncontainers: [{{name: web}}]\nexpect: {{service/shop/api web: {word}}}"),
        );
    }
}

#[test]
fn tasks_of_one_group_with_different_overrides_are_each_judged() {
    let task = |id: &str, memory: &str| {
        format!(
            r#"    "arn:aws:ecs:eu-west-1:111122223333:task/shop/{id}": {{taskDefinitionArn: "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:1", group: "family:job", lastStatus: RUNNING, launchType: EC2, overrides: {{{memory}}}}}"#
        )
    };
    let text = |second: &str, word: &str| {
        format!(
            "name: overrides\nservice: {{taskDefinition: null}}\ncontainers: [{{name: web}}]\ntables:\n  tasks:\n{}\n{}\nexpect: {{\"task-group/shop/family:job web\": {word}}}",
            task("0a", "memory: '512'"),
            task("0b", second)
        )
    };
    expect("memory-limit-missing", &text("memory: 1024", "passed"));
    expect("memory-limit-missing", &text("containerOverrides: [{name: web, memory: 64}]", "passed"));
    expect("memory-limit-missing", &text("containerOverrides: [{name: web, memoryReservation: 64}]", "failed medium"));
}

#[test]
fn tasks_of_a_service_that_was_not_read_are_judged_as_the_service() {
    let text = |more: &str, expected: &str| {
        format!(
            r#"
name: only the tasks are known
latent: true{more}
containers: [{{name: web, privileged: true}}, {{name: other}}]
tables:
  tasks:
    "arn:aws:ecs:eu-west-1:111122223333:task/shop/0a": {{taskDefinitionArn: "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:1", group: "service:api", lastStatus: RUNNING, launchType: EC2}}
expect: {expected}
"#
        )
    };
    let unread = "{service/shop/api: unknown, service/shop/api web: failed high, service/shop/api other: unknown}";
    expect("privileged-container", &text("\nnot_listed: [\"ecs:ListServices shop\"]", unread));
    // Its service is gone: what still runs is all there is.
    expect("privileged-container", &text("", "{service/shop/api web: failed high, service/shop/api other: passed}"));
}

#[test]
fn a_latent_family_with_several_failing_containers_is_one_finding_that_names_them() {
    let verdicts = expect(
        "privileged-container",
        r#"
name: latent
latent: true
task: {requiresCompatibilities: [EC2]}
containers: [{name: a, privileged: true}, {name: b, privileged: true}]
expect: {family/shop-api: failed medium}
"#,
    );
    let text = evidence(&verdicts[0]);
    assert!(text.contains("container a") && text.contains("container b"), "{text}");
}

#[test]
fn a_family_that_could_not_be_read_is_unknown_and_not_gone() {
    expect(
        "privileged-container",
        "name: gap\ntables: {families: {shop-api: {gap: [\"ecs:ListTaskDefinitions\", throttled]}}}\nexpect: {family/shop-api: unknown}",
    );
}

#[test]
fn the_customers_severity_replaces_the_base_and_escalation_moves_from_there() {
    let text = |severity: &str, word: &str, more: &str| {
        format!(
            "name: {severity}\nsettings: {{checks: {{host-network-mode: {{severity: {severity}}}}}}}\ntask: {{networkMode: host}}\ncontainers: [{{name: web{more}}}]\nexpect: {{service/shop/api: failed {word}}}"
        )
    };
    expect("host-network-mode", &text("low", "low", ""));
    expect("host-network-mode", &text("low", "medium", ", user: root"));
    expect("host-network-mode", &text("critical", "critical", ", user: root"));
}

#[test]
fn one_flaw_is_one_finding() {
    let case = case(
        r#"
name: privileged makes the rest moot
containers: [{name: web, privileged: true, dockerSecurityOptions: ["label:disable"], linuxParameters: {capabilities: {add: [SYS_ADMIN]}}}, {name: other, dockerSecurityOptions: ["label:disable"]}]
expect: {}
"#,
    );
    let analysis = analyse(&case.snapshot(), &wallwalk_checks::Settings::default(), now());
    let word = |check: &str, container: &str| {
        let own = analysis.verdicts.iter().find(|one| one.check == check && one.subject.container.as_deref() == Some(container));
        own.unwrap().outcome.word()
    };
    for moot in ["dangerous-capability", "unconfined-container", "new-privileges-allowed"] {
        assert_eq!(word(moot, "web"), "not-applicable", "{moot}");
    }
    assert_eq!((word("privileged-container", "web"), word("unconfined-container", "other")), ("failed", "failed"));
}

#[test]
fn a_role_weighs_more_on_an_endangered_workload_and_less_when_nothing_uses_it() {
    let text = |task: &str, role: &str, word: &str| {
        format!(
            r#"
name: role
task: {{taskRoleArn: "arn:aws:iam::111122223333:role/app"{task}}}
containers: [{{name: web}}]
tables:
  roles: {{app: {{Arn: "arn:aws:iam::111122223333:role/app", RoleName: app{role}, RolePolicyList: [{{PolicyName: p, PolicyDocument: {{Statement: {{Effect: Allow, Action: "glue:*", Resource: "*"}}}}}}]}}}}
expect: {{app: failed {word}}}
"#
        )
    };
    expect("role-service-wildcard", &text("", "", "medium"));
    expect("role-service-wildcard", &text(", networkMode: host", "", "high"));
    expect("role-service-wildcard", &text("", ", RoleLastUsed: {LastUsedDate: '2026-01-01T00:00:00Z'}", "low"));
}

#[test]
fn an_administrator_is_one_finding_and_a_way_to_become_one_hides_no_other_flaw() {
    let analysis = |own: &str| {
        let text = format!(
            r#"
name: role
task: {{taskRoleArn: "arn:aws:iam::111122223333:role/app"}}
containers: [{{name: web}}]
tables:
  roles:
    app: {{Arn: "arn:aws:iam::111122223333:role/app", RoleName: app, AssumeRolePolicyDocument: {{Statement: []}}, RolePolicyList: [{{PolicyName: p, PolicyDocument: {{Statement: [{{Effect: Allow, Action: "glue:*", Resource: "*"}}, {own}]}}}}]}}
    boss: {{Arn: "arn:aws:iam::111122223333:role/boss", RoleName: boss, AssumeRolePolicyDocument: {{Statement: {{Effect: Allow, Principal: {{AWS: "111122223333"}}, Action: "sts:AssumeRole"}}}}, RolePolicyList: [{{PolicyName: p, PolicyDocument: {{Statement: {{Effect: Allow, Action: "*", Resource: "*"}}}}}}]}}
expect: {{}}
"#
        );
        let analysis = analyse(&case(&text).snapshot(), &wallwalk_checks::Settings::default(), now());
        let word = |check: &str| analysis.verdicts.iter().find(|one| one.check == check && one.subject.id == "app").unwrap().outcome.word();
        (word("role-admin-equivalent"), word("role-can-escalate"), word("role-service-wildcard"))
    };
    let itself = r#"{Effect: Allow, Action: "iam:PutRolePolicy", Resource: "*"}"#;
    assert_eq!(analysis(itself), ("failed", "not-applicable", "not-applicable"));
    let through_another = r#"{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/boss"}"#;
    assert_eq!(analysis(through_another), ("failed", "not-applicable", "failed"));
}
