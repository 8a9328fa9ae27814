//! Files that the agent fetches: environment files, the log router's configuration, credential
//! specifications of Windows accounts.
//!
//! It does not know the keys of buckets, nor what stands in a credential specification.
//! Source: Amazon ECS Developer Guide, "Amazon ECS task execution IAM role".

use wallwalk_iam::generate::{Need, Purpose};
use wallwalk_model::secrets::StoreReference;
use wallwalk_model::{Arn, Gap, ecs};

use super::draft::{By, Draft, decrypt, literal, need, optional};

const PURPOSE: Purpose = Purpose::ReadTaskFiles;

/// The files of one container. Environment files of an override replace those of the definition.
pub(super) fn container(
    draft: &mut Draft<'_, '_>,
    container: &ecs::ContainerDefinition,
    overrides: Option<&ecs::TaskOverride>,
    pointer: &str,
) {
    let all = overrides.map(|one| one.container_overrides.as_slice()).unwrap_or_default();
    let replaced = all.iter().enumerate().find(|(_, one)| one.name == container.name && !one.environment_files.is_empty());
    let (files, above) = match replaced {
        Some((n, one)) => (&one.environment_files, format!("/overrides/containerOverrides/{n}")),
        None => (&container.environment_files, pointer.to_owned()),
    };
    for (n, file) in files.iter().enumerate() {
        object(draft, &file.value, &format!("{above}/environmentFiles/{n}/value"));
    }
    let router = container.firelens_configuration.iter().flat_map(|router| &router.options);
    let option = |name: &str| router.clone().find(|option| option.name == name).and_then(|option| option.clear.as_deref());
    if option("config-file-type") == Some("s3") {
        let because = format!("{pointer}/firelensConfiguration/options/config-file-value");
        match option("config-file-value") {
            Some(value) => object(draft, value, &because),
            None => draft.problem(&because, "the log router's configuration is in Amazon S3, and nothing says where"),
        }
    }
    for (n, option) in container.docker_security_options.iter().enumerate() {
        credential_specification(draft, option, &format!("{pointer}/dockerSecurityOptions/{n}"));
    }
}

/// An object in Amazon S3, by its ARN.
fn object(draft: &mut Draft<'_, '_>, value: &str, because: &str) {
    let arn = value.parse::<Arn>().ok().filter(|arn| arn.service == "s3" && literal(value));
    let Some((arn, bucket)) = arn.and_then(|arn| Some((arn.clone(), arn.resource.split_once('/')?.0.to_owned()))) else {
        draft.problem(because, format!("`{value}` is not the ARN of an object in Amazon S3"));
        return;
    };
    let bucket = format!("arn:{}:s3:::{bucket}", arn.partition);
    draft.add(By::Execution, need(PURPOSE, &["s3:GetObject"], value, because));
    draft.add(By::Execution, need(PURPOSE, &["s3:GetBucketLocation"], bucket, because));
    let (any, region) = (draft.home.arn("kms", "key/*"), draft.home.region.clone());
    draft.add(By::Execution, optional(decrypt(PURPOSE, any, ("s3", &region), because)));
    draft.gap(Gap::not_modelled("the keys of buckets"));
}

/// `credentialspec:ARN`, or `credentialspecdomainless:ARN`, whose document names a secret.
fn credential_specification(draft: &mut Draft<'_, '_>, option: &str, because: &str) {
    let (target, domainless) = match (option.strip_prefix("credentialspec:"), option.strip_prefix("credentialspecdomainless:")) {
        (Some(target), _) => (target, false),
        (_, Some(target)) => (target, true),
        _ => return,
    };
    // A file on the host.
    if target.starts_with("file:") {
        return;
    }
    match StoreReference::parse(target) {
        StoreReference::Parameter { account: Some(_), .. } if literal(target) => {
            draft.add(By::Execution, need(PURPOSE, &["ssm:GetParameters"], target, because));
        }
        _ => object(draft, target, because),
    }
    if domainless {
        let any = draft.home.arn("secretsmanager", "secret:*");
        let read = Need { certain: false, ..need(Purpose::ReadSecrets, &["secretsmanager:GetSecretValue"], any, because) };
        draft.add(By::Execution, read);
        draft.gap(Gap::not_modelled("the secret that a credential specification names"));
    }
}
