//! The shop's task definitions, what they refer to, and the host that some of them run on.

use aws_sdk_ec2::types::{HttpTokensState, IamInstanceProfileSpecification, InstanceMetadataOptionsRequest, InstanceType};
use aws_sdk_ecr::types::ImageTagMutability;
use aws_sdk_ecs::types::builders::ContainerDefinitionBuilder;
use aws_sdk_ecs::types::{
    Compatibility, ContainerDefinition, HostVolumeProperties, KeyValuePair, LogConfiguration, LogDriver, MountPoint, NetworkMode,
    PortMapping, Secret, Volume,
};
use aws_sdk_ssm::types::ParameterType;
use serde_json::json;

use super::{CLUSTER, Network, role};
use crate::aws::{Aws, REGION};
use crate::moto::ACCOUNT;

/// A task definition that is to be registered.
pub(super) struct Wanted {
    family: &'static str,
    network: NetworkMode,
    fargate: bool,
    task_role: Option<&'static str>,
    volume: Option<(&'static str, &'static str)>,
    container: ContainerDefinition,
}

/// What task definitions refer to; gives the secret's ARN.
pub(super) async fn references(aws: &Aws) -> String {
    let key = aws.kms.create_key().send().await.expect("a key").key_metadata.expect("its metadata");
    let secret = aws.secrets.create_secret().name("shop/database").kms_key_id(key.arn().expect("its ARN"));
    let secret = secret.secret_string(made_up("secret")).send().await.expect("a secret");
    let forgotten = aws.secrets.create_secret().name("shop/forgotten").secret_string(made_up("forgotten"));
    forgotten.send().await.expect("a secret that nothing refers to");
    aws.ssm.put_parameter().name("/shop/banner").value("hello").r#type(ParameterType::String).send().await.expect("a parameter");
    let repository = aws.ecr.create_repository().repository_name("shop/web").image_tag_mutability(ImageTagMutability::Mutable);
    repository.send().await.expect("a repository");
    secret.arn().expect("its ARN").to_owned()
}

/// An EC2 instance that the cluster knows.
pub(super) async fn host(aws: &Aws, network: &Network) {
    let metadata = InstanceMetadataOptionsRequest::builder().http_tokens(HttpTokensState::Required).http_put_response_hop_limit(1).build();
    let started = aws
        .ec2
        .run_instances()
        .image_id("ami-0123456789abcdef0")
        .instance_type(InstanceType::M5Large)
        .min_count(1)
        .max_count(1)
        .subnet_id(&network.app_subnet)
        .security_group_ids(&network.worker_group)
        .metadata_options(metadata)
        .iam_instance_profile(IamInstanceProfileSpecification::builder().name("shop-host").build())
        .send()
        .await
        .expect("an instance");
    let instance = started.instances().first().and_then(|instance| instance.instance_id()).expect("its id");
    let identity = json!({"instanceId": instance, "region": REGION, "accountId": ACCOUNT});
    let request = aws.ecs.register_container_instance().cluster(CLUSTER).instance_identity_document(identity.to_string());
    request.send().await.expect("a container instance");
}

/// Registers a revision; gives its ARN.
pub(super) async fn register(aws: &Aws, wanted: Wanted) -> String {
    let mut request = aws
        .ecs
        .register_task_definition()
        .family(wanted.family)
        .network_mode(wanted.network)
        .requires_compatibilities(if wanted.fargate { Compatibility::Fargate } else { Compatibility::Ec2 })
        .execution_role_arn(role("shop-execution"))
        .set_task_role_arn(wanted.task_role.map(role))
        .cpu("256")
        .memory("512")
        .container_definitions(wanted.container);
    if let Some((name, path)) = wanted.volume {
        request = request.volumes(Volume::builder().name(name).host(HostVolumeProperties::builder().source_path(path).build()).build());
    }
    let registered = request.send().await.expect("a revision");
    registered.task_definition().and_then(|definition| definition.task_definition_arn()).expect("its ARN").to_owned()
}

/// As it should be.
pub(super) fn storefront(secret: &str) -> Wanted {
    let container = container("web", "web:1.4.2")
        .readonly_root_filesystem(true)
        .user("1000")
        .port_mappings(PortMapping::builder().container_port(8080).build())
        .secrets(Secret::builder().name("DATABASE_PASSWORD").value_from(secret).build().expect("a secret"))
        .secrets(Secret::builder().name("BANNER").value_from("/shop/banner").build().expect("a secret"));
    Wanted {
        family: "storefront",
        network: NetworkMode::Awsvpc,
        fargate: true,
        task_role: Some("shop-storefront"),
        volume: None,
        container: container.build(),
    }
}

/// A password in clear, a writable file system and a role that may do everything.
pub(super) fn mailer(build: &str) -> Wanted {
    let container = container("mailer", "web:mailer")
        .environment(KeyValuePair::builder().name("SMTP_PASSWORD").value(made_up("mailer")).build())
        .environment(KeyValuePair::builder().name("BUILD").value(build).build());
    Wanted {
        family: "mailer",
        network: NetworkMode::Awsvpc,
        fargate: true,
        task_role: Some("shop-mailer"),
        volume: None,
        container: container.build(),
    }
}

/// Privileged on the host, with the Docker socket.
pub(super) fn agent() -> Wanted {
    let socket = MountPoint::builder().source_volume("docker").container_path("/var/run/docker.sock").read_only(false).build();
    let container = container("agent", "web:agent").privileged(true).mount_points(socket);
    Wanted {
        family: "agent",
        network: NetworkMode::Host,
        fargate: false,
        task_role: None,
        volume: Some(("docker", "/var/run/docker.sock")),
        container: container.build(),
    }
}

/// A family that nothing runs.
pub(super) fn forgotten() -> Wanted {
    let container = container("importer", "web:importer").build();
    Wanted { family: "forgotten", network: NetworkMode::Awsvpc, fargate: true, task_role: None, volume: None, container }
}

fn container(name: &str, image: &str) -> ContainerDefinitionBuilder {
    let logs = LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options("awslogs-group", format!("/ecs/{name}"))
        .options("awslogs-region", REGION)
        .options("awslogs-stream-prefix", name)
        .build()
        .expect("a log configuration");
    ContainerDefinition::builder()
        .name(name)
        .image(format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop/{image}"))
        .essential(true)
        .memory(256)
        .log_configuration(logs)
}

/// A value that is hard to guess and stands in no file.
pub(crate) fn made_up(seed: &str) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(seed).iter().map(|byte| char::from(b'0' + byte % 75)).filter(char::is_ascii_alphanumeric).collect()
}
