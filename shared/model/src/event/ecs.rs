//! What calls to Amazon ECS touch.
//!
//! `cluster` is a name, an ARN or absent, which means `default`. A service is called `serviceName`
//! when it is made and `service` ever after.

use std::collections::BTreeSet;

use serde_json::Value;

use super::lookup::{Request, arn_keys};
use super::{EventSummary, NOT_READ, Touched};
use crate::{Key, Snapshot, arn};

const AUTOSCALING: &str = "application-autoscaling.amazonaws.com";
const AUTOSCALING_ROLE: &str = "/AWSServiceRoleForApplicationAutoScaling_ECSService";

pub(super) fn keys(request: &Request<'_>, summary: &EventSummary) -> Touched {
    let keys = match request.name {
        "CreateCluster" => cluster(request, "clusterName").map(Key::Cluster),
        "DeleteCluster"
        | "UpdateCluster"
        | "UpdateClusterSettings"
        | "PutClusterCapacityProviders"
        | "CreateDaemon"
        | "RunTask"
        | "StartTask"
        | "StopTask" => cluster(request, "cluster").map(Key::Cluster),
        "CreateCapacityProvider" | "UpdateCapacityProvider" => request.text("name").map(|name| Key::CapacityProvider(name.to_owned())),
        "DeleteCapacityProvider" => request.text("capacityProvider").map(|name| Key::CapacityProvider(arn::last_segment(name).to_owned())),
        "RegisterTaskDefinition" => request.text("family").map(|family| Key::Family(family.to_owned())),
        "DeregisterTaskDefinition" => request.text("taskDefinition").map(family),
        "DeleteTaskDefinitions" => return Touched::Keys(request.keys_in(&["taskDefinitions"], |text| [family(text)].into())),
        "CreateService" => request.text("serviceName").and_then(|name| service(request, name)),
        "UpdateService" if only_scaled(request, summary) => {
            return Touched::Nothing("autoscaling changed the number of tasks and nothing else");
        }
        "UpdateService" | "DeleteService" | "CreateTaskSet" | "UpdateTaskSet" | "DeleteTaskSet" | "UpdateServicePrimaryTaskSet" => {
            request.text("service").and_then(|name| service(request, name))
        }
        "RegisterContainerInstance" | "DeregisterContainerInstance" | "PutAttributes" | "DeleteAttributes" => {
            cluster(request, "cluster").map(Key::ContainerInstances)
        }
        "PutAccountSetting" | "PutAccountSettingDefault" | "DeleteAccountSetting" => Some(Key::Settings),
        "RegisterDaemonTaskDefinition"
        | "DeleteDaemonTaskDefinition"
        | "CreateGateway"
        | "UpdateGateway"
        | "DeleteGateway"
        | "AssociateGatewayWithCluster"
        | "DisassociateGatewayFromCluster" => return NOT_READ,
        "ExecuteCommand" => return Touched::Used,
        _ => None,
    };
    if let Some(key) = keys {
        return [key].into();
    }
    let own = |text: &str| if text.contains(":ecs:") { arn_keys(text, request.account, request.snapshot) } else { BTreeSet::new() };
    let named = request.keys_in(&["resourceArn", "serviceArn", "serviceDeploymentArn"], own);
    if !named.is_empty() {
        return Touched::Keys(named);
    }
    if request.text("resourceArn").is_some_and(|arn| arn.contains(":ecs:")) {
        // A tag on something that is not read: a gateway, a daemon.
        return NOT_READ;
    }
    Touched::Keys(request.harvest(own))
}

/// The end of a deployment: an event of ECS itself, which no call of a user announces.
pub(super) fn deployment(envelope: &Value, snapshot: Option<&Snapshot>) -> Touched {
    let account = envelope.get("account").and_then(Value::as_str).unwrap_or_default();
    let resources = envelope.get("resources").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    Touched::Keys(resources.take(10).flat_map(|resource| arn_keys(resource, account, snapshot)).collect())
}

/// The cluster a parameter names; `None` if what stands there is no name.
fn cluster(request: &Request<'_>, parameter: &str) -> Option<String> {
    match request.field(parameter) {
        // The body may have been left out for its length: then nothing says that it is the default.
        None if request.field_names().next().is_none() && request.name != "CreateCluster" => None,
        None => Some("default".to_owned()),
        Some(_) => request.text(parameter).map(|text| arn::last_segment(text).to_owned()),
    }
}

fn service(request: &Request<'_>, name_or_arn: &str) -> Option<Key> {
    let cluster = arn::cluster_of(name_or_arn).map(str::to_owned).or_else(|| cluster(request, "cluster"))?;
    Some(Key::Service(format!("{cluster}/{}", arn::last_segment(name_or_arn))))
}

fn family(text: &str) -> Key {
    Key::Family(arn::family_and_revision(text).0.to_owned())
}

/// Whether autoscaling made the call and asked for a number of tasks alone.
///
/// Decided here and not in the event pattern, where a condition on a field that people's calls lack
/// might drop those too.
fn only_scaled(request: &Request<'_>, summary: &EventSummary) -> bool {
    let actor = &summary.actor;
    let by_autoscaling = actor.invoked_by.as_deref() == Some(AUTOSCALING)
        || actor.session_issuer.as_deref().is_some_and(|role| role.ends_with(AUTOSCALING_ROLE) && role.contains(":role/aws-service-role/"));
    let mut fields = request.field_names().peekable();
    by_autoscaling && fields.peek().is_some() && fields.all(|name| matches!(name, "cluster" | "service" | "desiredCount"))
}
