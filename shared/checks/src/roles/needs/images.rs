//! Pulling images.
//!
//! It does not know the rules of pull-through caches: what a pull through one needs besides is
//! optional. A rule for the root of the registry may also stand behind a name without a slash, which
//! is not seen.

use wallwalk_iam::generate::Purpose;
use wallwalk_model::ecs;
use wallwalk_model::image::ecr_image;

use super::draft::{By, Draft, need, optional};

const PULL: &[&str] = &["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// The image of a container. Only private ECR registries ask for anything.
pub(super) fn container(draft: &mut Draft<'_, '_>, container: &ecs::ContainerDefinition, pointer: &str) {
    let Some(image) = container.image.as_deref().and_then(ecr_image) else { return };
    let because = &format!("{pointer}/image");
    // Region and account are the image's, which may be another account's.
    let repository = draft.home.arn_at("ecr", image.region, image.account, &format!("repository/{}", image.repository));
    draft.add(By::Agent, need(Purpose::GetRegistryToken, &["ecr:GetAuthorizationToken"], "*", because));
    draft.add(By::Agent, need(Purpose::PullImages, PULL, repository.clone(), because));
    if image.repository.contains('/') {
        // Source: Amazon ECR User Guide, "IAM permissions required to sync an upstream registry".
        let import = need(Purpose::PullImages, &["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"], repository, because);
        draft.add(By::Agent, optional(import));
    }
}

/// The agent that GuardDuty's runtime monitoring adds to tasks on Fargate, if it is on.
///
/// Source: Amazon GuardDuty User Guide, "Prerequisites for AWS Fargate (Amazon ECS only) support".
pub(super) fn runtime_agent(draft: &mut Draft<'_, '_>) {
    let home = &draft.home;
    let repository = home.arn_at("ecr", &home.region, "*", "repository/aws-guardduty-agent-fargate");
    draft.add(By::Execution, optional(need(Purpose::GetRegistryToken, &["ecr:GetAuthorizationToken"], "*", "")));
    draft.add(By::Execution, optional(need(Purpose::PullImages, PULL, repository, "")));
}
