//! A container of somebody else's image acts with the task role of the workload.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_model::ecs::ContainerDefinition;
use wallwalk_model::image::publisher;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::WorkloadView;
use crate::roles::readers::reads_a_secret;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "untrusted-sidecar-shares-task-role",
        title: "sidecar of another publisher shares the task role",
        category: Category::CredentialAccess,
        severity: Severity::Low,
        subject: SubjectKind::Workload,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("untrusted_sidecar_shares_task_role.md"),
    },
    not_on: &[],
    judge: Judge::Workload(judge),
};

fn judge(view: &WorkloadView<'_>) -> Judged {
    let Some(role) = view.task_role() else { return not_applicable("no task role") };
    let Some((main, image)) = main_container(view) else { return PASSED };
    let own = publisher(image);
    let foreign: Vec<(&ContainerDefinition, &str)> = images(view)
        .filter(|(_, image)| publisher(image) != own && view.estate.settings.vendor_image(image, CHECK.info.name).is_none())
        .collect();
    if foreign.is_empty() {
        return PASSED;
    }
    let mut flaw = Flaw::new("a container of another publisher's image acts with the task role")
        .because(view.chain())
        .because(format!("container {} runs {image}, of {own}", main.name))
        .because_all(
            foreign.iter().map(|(container, image)| format!("container {} runs {image}, of {}", container.name, publisher(image))),
        );
    if let Some(power) = power(view, role) {
        flaw = flaw.at(Severity::Medium).because(power);
    }
    Ok(flaw.so("whoever can change that image acts with the role: AWS has one role for each task, none for a container").into())
}

/// Containers whose image is known.
fn images<'v>(view: &WorkloadView<'v>) -> impl Iterator<Item = (&'v ContainerDefinition, &'v str)> + use<'v> {
    view.definition.container_definitions.iter().filter_map(|container| Some((container, container.image.as_deref()?)))
}

/// The container that a load balancer sends to, or else the first one.
fn main_container<'v>(view: &WorkloadView<'v>) -> Option<(&'v ContainerDefinition, &'v str)> {
    let service = view.workload.service.as_ref().and_then(|service| service.as_ref().ok());
    let balanced = |name: &str| {
        let sets = service.into_iter().flat_map(|service| service.task_sets.iter().flat_map(|set| &set.load_balancers));
        let own = service.into_iter().flat_map(|service| &service.load_balancers);
        own.chain(sets).any(|balancer| balancer.container_name.as_deref() == Some(name))
    };
    images(view).find(|(container, _)| balanced(&container.name)).or_else(|| images(view).next())
}

/// What makes the role worth having, if that is known.
fn power(view: &WorkloadView<'_>, role: &str) -> Option<String> {
    let facts = view.estate.roles.get(role)?;
    if let Some(strength) = view.estate.strength(facts) {
        return Some(format!("role {} {strength}", facts.name));
    }
    let stored = reads_a_secret(facts.full_arn(), view.estate.bounds(facts).ok()?, view.estate.stores())?;
    Some(format!("role {} may read {}", facts.name, stored.label))
}
