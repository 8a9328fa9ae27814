//! Executes the cases of every check's page, and keeps pages, files and catalogue together.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use wallwalk_checks::judge::analyse_one;
use wallwalk_checks::{Settings, catalog};
use wallwalk_findings::Outcome;
use wallwalk_findings::verdict::Certainty;
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Place, Snapshot, Time};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

/// One case of a page. Beside `tables`, which is the snapshot itself, there are shorthands for one
/// service `shop/api` that runs the task definition `shop-api:1`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
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
    settings: Option<Settings>,
    /// Subject and container → outcome, severity, `possibly`.
    expect: BTreeMap<String, String>,
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
    fn snapshot(&self) -> Snapshot {
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
            let mut base = json!({"serviceArn": service, "serviceName": "api", "clusterArn": cluster, "status": "ACTIVE", "taskDefinition": definition});
            if launch != "none" {
                base["launchType"] = json!(launch);
            }
            put("services", &service, &merged(base, &self.service));
            if !self.running.is_null() {
                let task = arn("ecs", "task/shop/0a");
                let base = json!({"taskArn": task, "clusterArn": cluster, "taskDefinitionArn": definition, "group": "service:api", "lastStatus": "RUNNING", "launchType": launch});
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
        let mut snapshot: Snapshot = serde_json::from_value(document).unwrap();
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

fn pages() -> Vec<(String, PathBuf)> {
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

fn cases(page: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for block in page.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let case: Case = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("a case cannot be read: {error}\n{text}"));
        cases.push(case);
    }
    cases
}

#[test]
fn the_catalogue_lists_every_pair_of_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog");
    let stems: Vec<String> = pages().into_iter().map(|(stem, _)| stem).collect();
    let mut text = String::from(
        "// Generated from the files beside it; the test run rewrites it when it is out of date.\n//! The checks, one pair of files for each.\n\nuse crate::Check;\n\n",
    );
    for stem in &stems {
        assert!(folder.join(format!("{stem}.rs")).exists(), "{stem}.md has no {stem}.rs");
        text.push_str(&format!("mod {stem};\n"));
    }
    text.push_str("\n/// Every check, by name.\npub static CATALOG: &[Check] = &[\n");
    for stem in &stems {
        text.push_str(&format!("    {stem}::CHECK,\n"));
    }
    text.push_str("];\n");
    let path = folder.join("mod.rs");
    if fs::read_to_string(&path).unwrap() != text {
        fs::write(&path, text).unwrap();
        panic!("the catalogue was out of date and has been rewritten: run the tests again");
    }
}

#[test]
fn every_page_has_its_sections_and_every_check_keeps_the_limits_of_a_finding() {
    assert_eq!(catalog::CATALOG.len(), pages().len());
    for check in catalog::CATALOG {
        let info = &check.info;
        let stem = info.name.replace('-', "_");
        assert!(pages().iter().any(|(known, _)| *known == stem), "{} has no page of its name", info.name);
        assert!(info.page.starts_with(&format!("# {}\n", info.name)), "{}: the page begins with its name", info.name);
        for section in ["Why it matters", "How it is decided", "How to fix", "What it does not see", "Cases"] {
            assert!(info.section(section).is_some_and(|text| !text.is_empty()), "{}: section {section}", info.name);
        }
        assert!(info.remedy().len() <= 512 && info.remedy().len() > 10, "{}: {}", info.name, info.remedy());
        assert!(info.requirements.is_sorted() && info.requirements.len() <= 32, "{}: requirements", info.name);
        assert!(info.requirements.iter().all(|text| text.len() <= 64), "{}: requirement too long", info.name);
    }
}

#[test]
fn every_case_of_every_page_gives_the_verdicts_it_says() {
    let now: Time = "2026-11-23T15:00:00Z".parse().unwrap();
    let mut wrong = Vec::new();
    let mut total = 0;
    for check in catalog::CATALOG {
        let name = check.info.name;
        let mut words = BTreeSet::new();
        for case in cases(check.info.page) {
            total += 1;
            let settings = case.settings.clone().unwrap_or_default();
            let verdicts = analyse_one(check, &case.snapshot(), &settings, now);
            let found: BTreeMap<String, String> = verdicts
                .iter()
                .map(|verdict| {
                    let subject = verdict
                        .subject
                        .container
                        .as_ref()
                        .map_or_else(|| verdict.subject.id.clone(), |c| format!("{} {c}", verdict.subject.id));
                    let mut word = verdict.outcome.word().to_owned();
                    if let Outcome::Failed(failure) = &verdict.outcome {
                        word = format!("{word} {}", failure.severity);
                        if failure.certainty == Certainty::Possibly {
                            word.push_str(" possibly");
                        }
                        assert!(!failure.evidence.is_empty(), "{name}: {}: no evidence", case.name);
                    }
                    words.insert(verdict.outcome.word());
                    (subject, word)
                })
                .collect();
            if found != case.expect {
                wrong.push(format!("{name}: {}\n  expected {:?}\n  found    {:?}", case.name, case.expect, found));
            }
        }
        assert!(words.contains("failed") && words.contains("passed"), "{name}: a failed and a passed case");
        assert!(words.contains("unknown") || words.contains("not-applicable"), "{name}: an unknown or not applicable case");
    }
    assert!(wrong.is_empty(), "{} of {total} cases\n{}", wrong.len(), wrong.join("\n"));
}
