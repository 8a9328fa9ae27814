//! Tasks on a host can only use the host's own role.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_model::{Gap, arn};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::HostGroup;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "task-roles-unsupported-by-host",
        title: "host cannot give tasks their roles",
        category: Category::CredentialAccess,
        severity: Severity::Medium,
        subject: SubjectKind::HostGroup,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("task_roles_unsupported_by_host.md"),
    },
    not_on: &[Not::Fargate, Not::ManagedInstances, Not::Windows],
    judge: Judge::HostGroup(judge),
};

/// The agent's own names; the shorter `ecs.capability.…` are of other capabilities.
const ROLES: &str = "com.amazonaws.ecs.capability.task-iam-role";
const ON_HOST_NETWORK: &str = "com.amazonaws.ecs.capability.task-iam-role-network-host";

fn judge(group: &HostGroup<'_>) -> Judged {
    let (mut lacking, mut gap) = (Vec::new(), None);
    for host in group.hosts.iter().filter(|host| host.container_instance.status.as_deref().is_none_or(|status| status == "ACTIVE")) {
        let id = host.container_instance.ec2_instance_id.as_deref().unwrap_or(host.arn);
        if host.container_instance.attributes.is_empty() {
            gap = gap.or_else(|| Some(Gap::not_asked("ecs:DescribeContainerInstances attributes")));
        } else if !host.container_instance.has_attribute(ROLES) {
            lacking.push(format!("instance {id} does not announce {ROLES}"));
        } else if !host.container_instance.has_attribute(ON_HOST_NETWORK) {
            match on_host_network(group, arn::cluster_of(host.arn).unwrap_or("default")) {
                Ok(Some(user)) => lacking.push(format!("instance {id} does not announce {ON_HOST_NETWORK}, which {user} needs")),
                Ok(None) => {}
                Err(one) => gap = gap.or(Some(one)),
            }
        }
    }
    if lacking.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    Ok(Flaw::new("hosts cannot give tasks their own roles")
        .because(group.id.replace('/', " "))
        .because_all(lacking.into_iter().take(10))
        .so("containers there have no credentials but the instance's, which all of them share")
        .into())
}

/// A workload of the cluster that has a task role and uses the network of these hosts.
fn on_host_network(group: &HostGroup<'_>, cluster: &str) -> Result<Option<String>, Gap> {
    let mut gap = None;
    for workload in group.estate.workloads.iter().filter(|workload| workload.cluster == Some(cluster)) {
        group.trace.rest_on(workload);
        let unread = workload.service.as_ref().and_then(|service| service.as_ref().err()).or(workload.open.as_ref());
        gap = gap.or(unread.cloned());
        for revision in &workload.revisions {
            match (&revision.definition, &revision.launch) {
                (Err(one), _) => gap = gap.or(Some(one.clone())),
                (Ok(definition), launch) if definition.network_mode.as_deref() == Some("host") && revision.task_role().is_some() => {
                    match launch {
                        Ok(launch) if group.launch.as_ref() == Ok(launch) => return Ok(Some(workload.label.clone())),
                        Ok(_) => {}
                        Err(one) => gap = gap.or(Some(one.clone())),
                    }
                }
                _ => {}
            }
        }
    }
    gap.map_or(Ok(None), Err)
}
