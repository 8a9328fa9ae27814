//! Each row of the derivation, the cases that others get wrong, and the law that another container
//! only adds.

mod fallback;
mod law;
mod rows;
mod stores;

use serde_json::{Value, json};
use wallwalk_iam::generate::Need;
use wallwalk_model::secrets::{Parameter, Secret};
use wallwalk_model::{Place, Reading, Snapshot, Time, ecs};

use super::{Needs, Setting, of_definition};
use crate::estate::{Estate, Launch};
use crate::settings::Settings;

const ACCOUNT: &str = "111122223333";
/// What every ECR image of these tests begins with.
const REGISTRY: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";

fn empty() -> Snapshot {
    Snapshot::new(Place::new("aws", ACCOUNT, "eu-west-1"))
}

/// A task definition `api:1` with what `raw` says besides.
fn definition(raw: Value) -> ecs::TaskDefinition {
    let mut definition: ecs::TaskDefinition = serde_json::from_value(raw).unwrap();
    definition.family = "api".into();
    if definition.task_definition_arn.is_empty() {
        definition.task_definition_arn = format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/api:1");
    }
    definition
}

/// A definition with one container called `app`.
fn container(mut raw: Value) -> ecs::TaskDefinition {
    raw["name"] = json!("app");
    definition(json!({ "containerDefinitions": [raw] }))
}

fn needs_in(snapshot: &Snapshot, definition: &ecs::TaskDefinition, setting: &Setting<'_>) -> Needs {
    let settings = Settings::default();
    let account = crate::roles::account(snapshot, Time::default());
    of_definition(definition, &Estate::new(snapshot, &account, &settings, Time::default()), setting)
}

fn needs(definition: &ecs::TaskDefinition) -> Needs {
    needs_in(&empty(), definition, &Setting::on(Launch::Ec2))
}

/// `ReadSecrets secretsmanager:GetSecretValue on ARN`, with `maybe` where it is optional.
fn line(need: &Need) -> String {
    let maybe = if need.certain { "" } else { "maybe " };
    let (actions, resources): (Vec<_>, Vec<_>) = (need.actions.iter().copied().collect(), need.resources.iter().cloned().collect());
    let given = need.given.as_ref().map(|one| format!(" if {} {}={}", one.operator, one.key, one.value)).unwrap_or_default();
    format!("{maybe}{} {} on {}{given}", need.purpose.sid(), actions.join(" "), resources.join(" "))
}

fn lines(needs: &[Need]) -> Vec<String> {
    needs.iter().map(line).collect()
}

/// The needs, whatever their order.
fn expect(found: &[Need], expected: &[&str]) {
    let (mut found, mut expected) = (lines(found), expected.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

fn problems(needs: &Needs) -> Vec<&str> {
    needs.problems.iter().map(|problem| problem.text.as_str()).collect()
}

fn with_secret(arn: &str, name: &str, key: Option<&str>) -> Snapshot {
    let mut snapshot = empty();
    let secret = Secret { arn: arn.into(), name: name.into(), kms_key_id: key.map(str::to_owned), ..Default::default() };
    snapshot.secrets.insert(arn.into(), Reading::known(Time::from_millis(1), secret));
    snapshot
}

fn with_parameter(name: &str, kind: &str, key: Option<&str>) -> Snapshot {
    let mut snapshot = empty();
    let parameter = Parameter { name: name.into(), kind: Some(kind.into()), key_id: key.map(str::to_owned), ..Default::default() };
    snapshot.parameters.insert(name.into(), Reading::known(Time::from_millis(1), parameter));
    snapshot
}
