//! Which role serves what the agent does.

use serde_json::json;
use wallwalk_model::Gap;

use super::*;

/// Pulls from ECR, writes logs, and is given a parameter.
fn all_three() -> ecs::TaskDefinition {
    container(json!({ "image": format!("{REGISTRY}/api"), "secrets": [{ "name": "DB", "valueFrom": "db" }],
        "logConfiguration": { "logDriver": "awslogs", "options": [{ "name": "awslogs-group", "clear": "g" }] } }))
}

fn of(setting: &Setting<'_>) -> (Vec<&'static str>, Vec<&'static str>, bool) {
    let needs = needs_in(&with_parameter("db", "String", None), &all_three(), setting);
    let sids = |needs: &[Need]| needs.iter().map(|need| need.purpose.sid()).collect::<Vec<_>>();
    let certain = needs.execution.iter().chain(&needs.instance).filter(|need| !need.because.is_empty()).all(|need| need.certain);
    (sids(&needs.execution), sids(&needs.instance), certain)
}

const AGENT: [&str; 3] = ["GetRegistryToken", "PullImages", "WriteLogs"];
const ALL: [&str; 4] = ["GetRegistryToken", "PullImages", "ReadParameters", "WriteLogs"];

fn host(attributes: &[&str]) -> ecs::ContainerInstance {
    let attributes = attributes.iter().map(|name| ecs::Attribute { name: (*name).to_owned(), value: None }).collect();
    ecs::ContainerInstance { attributes, ..Default::default() }
}

#[test]
fn without_an_execution_role_instances_pull_and_log_and_nothing_else() {
    let without = Setting { execution_role: false, ..Setting::on(Launch::Ec2) };
    assert_eq!(of(&without), (vec!["ReadParameters"], AGENT.to_vec(), true));
}

#[test]
fn elsewhere_its_absence_leaves_every_need_unserved() {
    let without = |launch| Setting { execution_role: false, ..Setting::on(launch) };
    assert_eq!(of(&without(Launch::External)), (ALL.to_vec(), vec![], true));
    let (fargate, instance, certain) = of(&without(Launch::Fargate));
    assert!(ALL.iter().all(|sid| fargate.contains(sid)) && instance.is_empty() && certain);
}

#[test]
fn where_it_runs_may_be_unknown() {
    let unknown = Setting { launch: Err(Gap::not_asked("ecs:DescribeServices")), execution_role: false, ..Setting::on(Launch::Ec2) };
    let needs = needs_in(&with_parameter("db", "String", None), &all_three(), &unknown);
    assert!(needs.execution.iter().filter(|need| need.certain).all(|need| need.purpose.sid() == "ReadParameters"));
    assert!(!needs.instance.is_empty() && needs.instance.iter().all(|need| !need.certain));
}

#[test]
fn an_agent_that_does_not_use_the_execution_role_uses_the_instances() {
    let both = ["ecs.capability.execution-role-awslogs", "ecs.capability.execution-role-ecr-pull", "ecs.capability.task-eni"];
    let (new, middle, old) = (host(&both), host(&both[1..]), host(&both[2..]));
    let on = |hosts: Vec<&ecs::ContainerInstance>| {
        let hosts = Setting { hosts, ..Setting::on(Launch::Ec2) };
        let (execution, instance, certain) = of(&hosts);
        assert!(certain);
        (execution, instance)
    };
    assert_eq!(on(vec![]), (ALL.to_vec(), vec![]));
    assert_eq!(on(vec![&host(&[])]), (ALL.to_vec(), vec![]));
    assert_eq!(on(vec![&new]), (ALL.to_vec(), vec![]));
    assert_eq!(on(vec![&middle]), (vec!["GetRegistryToken", "PullImages", "ReadParameters"], vec!["WriteLogs"]));
    assert_eq!(on(vec![&old]), (vec!["ReadParameters"], AGENT.to_vec()));
    assert_eq!(on(vec![&new, &old]), (ALL.to_vec(), AGENT.to_vec()));
}
