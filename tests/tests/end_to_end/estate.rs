//! A small shop on ECS, made through the AWS API: good and bad, on Fargate and on EC2.
//!
//! moto starts no tasks for a service, so they are run by hand, with the group and the starter that
//! ECS gives to a service's tasks. It gives tasks' interfaces no public address either: what the
//! internet reaches is judged by the service's configuration.

mod containers;
mod network;
mod roles;

use aws_sdk_ecs::types::{AssignPublicIp, AwsVpcConfiguration, LaunchType, NetworkConfiguration};

use crate::aws::Aws;
use crate::moto::ACCOUNT;

pub(crate) use containers::made_up;
pub(crate) use network::Network;

/// Its only cluster.
pub(crate) const CLUSTER: &str = "shop";

/// What the scenarios need to know of the estate.
pub(crate) struct Estate {
    pub(crate) network: Network,
}

impl Estate {
    /// Makes it.
    pub(crate) async fn provision(aws: &Aws) -> Self {
        let network = network::provision(aws).await;
        roles::provision(aws).await;
        let secret = containers::references(aws).await;
        let estate = Self { network };
        aws.ecs.create_cluster().cluster_name(CLUSTER).send().await.expect("a cluster");
        containers::host(aws, &estate.network).await;

        containers::register(aws, containers::storefront(&secret)).await;
        containers::register(aws, containers::mailer("1")).await;
        containers::register(aws, containers::agent()).await;
        containers::register(aws, containers::forgotten()).await;

        let public = estate.placed(&estate.network.public_subnet, &estate.network.web_group, AssignPublicIp::Enabled);
        let inside = estate.placed(&estate.network.app_subnet, &estate.network.worker_group, AssignPublicIp::Disabled);
        estate.serve(aws, "storefront", LaunchType::Fargate, Some(public)).await;
        estate.serve(aws, "mailer", LaunchType::Fargate, Some(inside)).await;
        estate.serve(aws, "agent", LaunchType::Ec2, None).await;
        estate
    }

    fn placed(&self, subnet: &str, group: &str, public: AssignPublicIp) -> NetworkConfiguration {
        let placed = AwsVpcConfiguration::builder().subnets(subnet).security_groups(group).assign_public_ip(public);
        NetworkConfiguration::builder().awsvpc_configuration(placed.build().expect("subnets")).build()
    }

    /// A service of the family of its name, and its task.
    async fn serve(&self, aws: &Aws, name: &str, launch: LaunchType, network: Option<NetworkConfiguration>) {
        let mut service = aws
            .ecs
            .create_service()
            .cluster(CLUSTER)
            .service_name(name)
            .task_definition(name)
            .desired_count(1)
            .launch_type(launch.clone())
            .set_network_configuration(network.clone());
        if name == "storefront" {
            service = service.load_balancers(self.network.behind_the_load_balancer());
        }
        service.send().await.expect("a service");
        run(aws, name, launch, network).await;
    }

    /// The mailer as it is, under a new revision, with its task replaced.
    pub(crate) async fn redeploy_mailer(&self, aws: &Aws) -> String {
        let revision = containers::register(aws, containers::mailer("1")).await;
        aws.ecs.update_service().cluster(CLUSTER).service("mailer").task_definition(&revision).send().await.expect("a deployment");
        let tasks = aws.ecs.list_tasks().cluster(CLUSTER).family("mailer").send().await.expect("tasks");
        for task in tasks.task_arns() {
            aws.ecs.stop_task().cluster(CLUSTER).task(task).send().await.expect("a stopped task");
        }
        let inside = self.placed(&self.network.app_subnet, &self.network.worker_group, AssignPublicIp::Disabled);
        run(aws, "mailer", LaunchType::Fargate, Some(inside)).await;
        revision
    }
}

async fn run(aws: &Aws, service: &str, launch: LaunchType, network: Option<NetworkConfiguration>) {
    let tasks = aws
        .ecs
        .run_task()
        .cluster(CLUSTER)
        .task_definition(service)
        .group(format!("service:{service}"))
        .started_by("ecs-svc/1234567890123456789")
        .launch_type(launch)
        .set_network_configuration(network)
        .send()
        .await
        .expect("a task");
    assert_eq!(tasks.tasks().len(), 1, "{service}");
}

/// ARN of a role.
fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}
