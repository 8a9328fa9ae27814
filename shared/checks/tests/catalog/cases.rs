//! Cases of the checks' pages: a snapshot in shorthand, and the verdicts expected of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use wallwalk_checks::Settings;
use wallwalk_findings::verdict::{Certainty, Outcome, Verdict};
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Place, Snapshot, Time};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

/// One case of a page. Beside `tables`, which is the snapshot itself, there are shorthands for one
/// service `shop/api` that runs the task definition `shop-api:1`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    /// Launch type of the service.
    #[serde(default)]
    launch: Option<String>,
    /// Members of the task definition.
    #[serde(default)]
    task: Value,
    /// Its containers.
    #[serde(default)]
    containers: Value,
    /// Members of the service.
    #[serde(default)]
    service: Value,
    /// Members of the cluster.
    #[serde(default)]
    cluster: Value,
    /// Members of one running task of the service.
    #[serde(default)]
    running: Value,
    /// Nothing uses the definition.
    #[serde(default)]
    latent: bool,
    /// Table → id → object, `{gap: [call, reason]}` or `absent`.
    #[serde(default)]
    tables: BTreeMap<String, BTreeMap<String, Value>>,
    /// Listings that failed.
    #[serde(default)]
    not_listed: Vec<String>,
    #[serde(default)]
    pub(super) settings: Option<Settings>,
    /// Subject and container → outcome, severity, `possibly`.
    pub(super) expect: BTreeMap<String, String>,
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

fn merged(mut base: Value, more: &Value) -> Value {
    if let (Some(base), Some(more)) = (base.as_object_mut(), more.as_object()) {
        base.extend(more.clone());
    }
    base
}

fn reading(value: &Value) -> Value {
    let fact = match value {
        Value::String(word) if word == "absent" => json!("absent"),
        _ => match value.get("gap").and_then(Value::as_array).map(Vec::as_slice) {
            Some([call, reason]) => json!({"gap": {"call": call, "reason": reason}}),
            _ => json!({"known": value}),
        },
    };
    json!({"readAt": "2026-11-23T14:00:00.000Z", "fact": fact})
}

impl Case {
    pub(super) fn snapshot(&self) -> Snapshot {
        let at: Time = "2026-11-23T14:00:00Z".parse().unwrap();
        let (cluster, service) = (arn("ecs", "cluster/shop"), arn("ecs", "service/shop/api"));
        let definition = arn("ecs", "task-definition/shop-api:1");
        let mut tables: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        let mut put = |table: &str, id: &str, value: &Value| tables.entry(table.into()).or_default().insert(id.into(), reading(value));
        let settings = json!([{"name": "containerInsights", "value": "enabled"}]);
        put("clusters", &cluster, &merged(json!({"clusterArn": cluster, "clusterName": "shop", "settings": settings}), &self.cluster));
        if !self.containers.is_null() {
            let base = json!({"taskDefinitionArn": definition, "family": "shop-api", "revision": 1, "status": "ACTIVE", "containerDefinitions": self.containers});
            put("taskDefinitions", &definition, &merged(base, &self.task));
            put("families", "shop-api", &json!({"family": "shop-api", "latestActive": definition}));
        }
        if !self.latent && (!self.containers.is_null() || !self.service.is_null()) {
            let launch = self.launch.as_deref().unwrap_or("EC2");
            let mut base = json!({"serviceArn": service, "serviceName": "api", "clusterArn": cluster, "status": "ACTIVE", "taskDefinition": definition, "enableExecuteCommand": false});
            if launch != "none" {
                base["launchType"] = json!(launch);
            }
            put("services", &service, &merged(base, &self.service));
            if !self.running.is_null() {
                let task = arn("ecs", "task/shop/0a");
                let mut base = json!({"taskArn": task, "clusterArn": cluster, "taskDefinitionArn": definition, "group": "service:api", "lastStatus": "RUNNING"});
                if launch != "none" {
                    base["launchType"] = json!(launch);
                }
                put("tasks", &task, &merged(base, &self.running));
            }
        }
        for (table, rows) in &self.tables {
            for (id, value) in rows {
                put(table, id, value);
            }
        }
        let mut document = json!({"schema": 1, "partition": "aws", "account": ACCOUNT, "region": REGION});
        for (table, rows) in tables {
            document[table] = json!(rows);
        }
        let mut snapshot: Snapshot = serde_json::from_value(document).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(snapshot.place, Place::new("aws", ACCOUNT, REGION));
        let known: BTreeSet<&str> = Snapshot::TABLES.iter().map(|(table, _)| *table).collect();
        for table in self.tables.keys() {
            let snake: String =
                table.chars().flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] }).collect();
            assert!(known.contains(snake.as_str()), "{}: there is no table {table}", self.name);
        }
        let listings = [
            "ecs:ListClusters".to_owned(),
            listing::services("shop"),
            listing::tasks("shop"),
            listing::container_instances("shop"),
            "ecs:ListTaskDefinitionFamilies".into(),
            "iam:GetAccountAuthorizationDetails".into(),
            "secretsmanager:ListSecrets".into(),
            "ssm:DescribeParameters".into(),
            "ec2:DescribeSecurityGroups".into(),
            "ec2:DescribeSecurityGroupRules".into(),
            "ec2:DescribeRouteTables".into(),
            "ec2:DescribeNetworkAcls".into(),
        ];
        let before = at.plus_millis(-1);
        for name in listings {
            if self.not_listed.contains(&name) {
                snapshot.listing_failed(name.clone(), before, wallwalk_model::Gap::new(name, wallwalk_model::GapReason::Denied, ""));
            } else {
                snapshot.listing_complete(name, before, []);
            }
        }
        snapshot
    }
}

pub(super) fn pages() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog");
    let mut stems: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    stems.sort();
    stems
}

pub(super) fn cases(page: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for block in page.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let case: Case = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("a case cannot be read: {error}\n{text}"));
        cases.push(case);
    }
    cases
}

/// `service/shop/api web` → `failed high possibly`.
pub(super) fn in_words(verdicts: &[Verdict]) -> BTreeMap<String, String> {
    let subject = |verdict: &Verdict| match &verdict.subject.container {
        Some(container) => format!("{} {container}", verdict.subject.id),
        None => verdict.subject.id.clone(),
    };
    let outcome = |verdict: &Verdict| match &verdict.outcome {
        Outcome::Failed(failure) if failure.certainty == Certainty::Possibly => format!("failed {} possibly", failure.severity),
        Outcome::Failed(failure) => format!("failed {}", failure.severity),
        other => other.word().to_owned(),
    };
    verdicts.iter().map(|verdict| (subject(verdict), outcome(verdict))).collect()
}

/// The time at which the cases are judged.
pub(super) fn now() -> Time {
    "2026-11-23T15:00:00Z".parse().unwrap()
}
