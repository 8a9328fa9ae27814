//! Another container never takes a need away, nor its certainty.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;
use wallwalk_iam::generate::Given;

use super::*;

/// One action on one resource, for one reason.
type Pair = (&'static str, String, Option<Given>, bool);

fn pairs(needs: &[Need]) -> BTreeSet<Pair> {
    let each = |need: &Need| -> Vec<Pair> {
        let on = |action: &'static str| need.resources.iter().map(move |one| (action, one.clone(), need.given.clone(), need.certain));
        need.actions.iter().flat_map(|action| on(action)).collect()
    };
    needs.iter().flat_map(each).collect()
}

fn some(values: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    proptest::option::of(proptest::sample::select(values))
}

prop_compose! {
    fn any_container()(
        name in proptest::sample::select(&["app", "log", "agent"][..]),
        image in some(&["nginx", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/hub/api:1", "*"]),
        secret in some(&["db", "/shop/db", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf:k::", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:long-name", "not a name"]),
        file in some(&["arn:aws:s3:::conf/a.env", "nonsense"]),
        driver in some(&["awslogs", "awsfirelens", "splunk", "newdriver"]),
        group in some(&["/ecs/api", "a*"]),
        create in some(&["true", "false"]),
        output in some(&["cloudwatch_logs", "s3", "kinesis_streams", "datadog"]),
        mounted in some(&["data"]),
        read_only in any::<bool>(),
    ) -> Value {
        let options: Vec<Value> = [("awslogs-group", group), ("log_group_name", group), ("awslogs-create-group", create), ("Name", output)]
            .into_iter()
            .filter_map(|(name, value)| Some(json!({ "name": name, "clear": value? })))
            .collect();
        json!({
            "name": name,
            "image": image,
            "secrets": secret.map(|one| vec![json!({ "name": "X", "valueFrom": one })]).unwrap_or_default(),
            "environmentFiles": file.map(|one| vec![json!({ "value": one })]).unwrap_or_default(),
            "logConfiguration": { "logDriver": driver, "options": options },
            "mountPoints": mounted.map(|one| vec![json!({ "sourceVolume": one, "readOnly": read_only })]).unwrap_or_default(),
        })
    }
}

fn task(containers: &[Value]) -> ecs::TaskDefinition {
    definition(json!({
        "containerDefinitions": containers,
        "volumes": [{ "name": "data", "efsVolumeConfiguration": { "fileSystemId": "fs-1", "authorizationConfig": { "iam": "ENABLED" } } }],
    }))
}

proptest! {
    #[test]
    fn another_container_only_adds(
        containers in proptest::collection::vec(any_container(), 0..4),
        one in any_container(),
        at in 0..4_usize,
        launch in proptest::sample::select(&[Launch::Fargate, Launch::Ec2, Launch::ManagedInstances, Launch::External][..]),
        execution_role in any::<bool>(),
    ) {
        let setting = Setting { execution_role, ..Setting::on(launch) };
        let before = needs_in(&empty(), &task(&containers), &setting);
        let mut more = containers.clone();
        more.insert(at.min(containers.len()), one);
        let after = needs_in(&empty(), &task(&more), &setting);
        for (before, after) in [(&before.execution, &after.execution), (&before.task, &after.task), (&before.instance, &after.instance)] {
            prop_assert!(pairs(before).is_subset(&pairs(after)), "{:?} of {:?}", lines(before), lines(after));
        }
        prop_assert!(before.gaps.is_subset(&after.gaps));
        prop_assert!(before.problems.len() <= after.problems.len());
    }

    #[test]
    fn the_order_of_containers_does_not_matter(containers in proptest::collection::vec(any_container(), 0..4)) {
        let reversed: Vec<Value> = containers.iter().rev().cloned().collect();
        let [one, other] = [&containers, &reversed].map(|containers| needs(&task(containers)));
        prop_assert_eq!(pairs(&one.execution), pairs(&other.execution));
        prop_assert_eq!(pairs(&one.task), pairs(&other.task));
    }
}
