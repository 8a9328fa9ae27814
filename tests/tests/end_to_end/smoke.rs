//! The bench itself: what it claims to emulate, it does.

use crate::aws::Aws;
use crate::estate::{CLUSTER, Estate};
use crate::moto::Moto;
use crate::proxy::{Proxy, counted};

#[tokio::test]
async fn the_estate_stands_and_its_tasks_keep_running() {
    let moto = Moto::start();
    let proxy = Proxy::start(moto.address);
    let aws = Aws::at(&proxy.url());
    let estate = Estate::provision(&aws).await;
    for _ in 0..3 {
        let tasks = aws.ecs.list_tasks().cluster(CLUSTER).send().await.expect("tasks");
        let described = aws.ecs.describe_tasks().cluster(CLUSTER).set_tasks(tasks.task_arns).send().await.expect("tasks");
        let states: Vec<_> = described.tasks().iter().map(|task| (task.group(), task.last_status())).collect();
        assert_eq!(states.len(), 3, "{states:?}");
        assert!(states.iter().all(|(_, state)| *state == Some("RUNNING")), "{states:?}");
    }
    let groups = aws.ec2.describe_security_groups().group_ids(&estate.network.web_group).send().await.expect("groups");
    assert_eq!(groups.security_groups().first().and_then(|group| group.vpc_id()), Some(estate.network.vpc.as_str()));

    let calls = proxy.take();
    assert_eq!(counted(&calls)["ecs:DescribeTasks"], 3);
    assert!(calls.iter().all(|call| call.status == 200), "{:?}", calls.iter().find(|call| call.status != 200));
}

#[tokio::test]
async fn a_refusal_is_understood_as_one_in_every_protocol() {
    let moto = Moto::start();
    let proxy = Proxy::start(moto.address);
    let aws = Aws::at(&proxy.url());
    for action in [
        "ecs:ListClusters",
        "ec2:DescribeVpcs",
        "iam:ListRoles",
        "elasticloadbalancing:DescribeLoadBalancers",
        "s3:GetObject",
        "securityhub:DescribeHub",
    ] {
        proxy.deny(action);
    }
    let codes = [
        aws.ecs.list_clusters().send().await.map(|_| ()).map_err(|error| error.into_service_error().meta().code().map(str::to_owned)),
        aws.ec2.describe_vpcs().send().await.map(|_| ()).map_err(|error| error.into_service_error().meta().code().map(str::to_owned)),
        aws.iam.list_roles().send().await.map(|_| ()).map_err(|error| error.into_service_error().meta().code().map(str::to_owned)),
        aws.elb
            .describe_load_balancers()
            .send()
            .await
            .map(|_| ())
            .map_err(|error| error.into_service_error().meta().code().map(str::to_owned)),
        aws.s3
            .get_object()
            .bucket("b")
            .key("k")
            .send()
            .await
            .map(|_| ())
            .map_err(|error| error.into_service_error().meta().code().map(str::to_owned)),
        aws.hub.describe_hub().send().await.map(|_| ()).map_err(|error| error.into_service_error().meta().code().map(str::to_owned)),
    ];
    let denied = |code: &str| Err(Some(code.to_owned()));
    let expected =
        ["AccessDeniedException", "UnauthorizedOperation", "AccessDenied", "AccessDenied", "AccessDenied", "AccessDeniedException"];
    assert_eq!(codes, expected.map(denied));
    proxy.allow_all();
    aws.ecs.list_clusters().send().await.expect("clusters again");
}
