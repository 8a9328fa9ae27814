//! One estate, read in three ways: from moto, from the stand-in, from files as the AWS CLI prints
//! them. Nobody here wrote moto, nor botocore, which does the printing: they keep stand-in, collector
//! and loader honest.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;
use wallwalk_collect::aws::{Collector, Options};
use wallwalk_model::{Place, Scope, Snapshot, Time};
use wallwalk_secrets::Key;
use wallwalk_standin::Standin;

use crate::aws::{Aws, REGION, config};
use crate::estate::Estate;
use crate::moto::{ACCOUNT, Moto};
use crate::proxy::Proxy;
use crate::python;

const PRINTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end/printed.py");

/// Where two readings differ, and why. A difference that is not listed fails the test, and so does one
/// that is listed and is no more.
struct Known {
    path: &'static str,
    /// Whether it is there each time.
    always: bool,
    #[expect(dead_code, reason = "for readers")]
    why: &'static str,
}

/// moto against the stand-in. What moto leaves out of its answers is missing in print too and cannot
/// show here: the stand-in's own tests cover it.
const GAPS_OF_MOTO: &[Known] = &[
    Known { path: "listings.ecs:DescribeCapacityProviders.complete", always: true, why: "500 where no capacity provider is named" },
    Known { path: "listings.ecs:DescribeCapacityProviders.failed", always: true, why: "500 where no capacity provider is named" },
    Known { path: "secrets.*.fact.known.Versions[].CreatedDate", always: false, why: "dates a version anew at each reading" },
];

/// The stand-in against files.
const LIMITS_OF_FILES: &[Known] = &[
    Known { path: "prefixLists.*.fact.known.Entries", always: true, why: "all entries are printed; live, those of lists in use are read" },
    Known { path: "secrets.*.fact.known.Versions", always: true, why: "all are printed; live, those of secrets referred to are read" },
    Known { path: "repositoryPolicies", always: true, why: "the absence of a policy is an error of the AWS CLI, and prints nothing" },
    Known { path: "secretPolicies", always: true, why: "not printed here; without a file nothing is known" },
];

fn now() -> Time {
    Time::from_millis(1_800_000_000_000)
}

fn key() -> Key {
    Key::new([7; 32])
}

async fn collected(endpoint: &str) -> Snapshot {
    let place = Place::new("aws", ACCOUNT, REGION);
    let collector = Collector::new(&config(endpoint), place.clone(), key(), now).at_pace(1e6);
    let collected = collector.collect(&Scope::Full, &Snapshot::new(place), &Options::default()).await;
    assert!(collected.finished);
    collected.snapshot
}

fn printed(endpoint: &str) -> Vec<(String, String)> {
    let output = Command::new(python::command("python")).arg(PRINTED).args([endpoint, REGION]).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let documents: Vec<(String, Value)> = serde_json::from_slice(&output.stdout).expect("documents");
    documents.into_iter().map(|(name, document)| (name, document.to_string())).collect()
}

/// Where two snapshots differ, down to the smallest part, with both sides. Identifiers of objects are
/// left out.
fn differences(left: &Snapshot, right: &Snapshot) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    compare(&serde_json::to_value(left).expect("JSON"), &serde_json::to_value(right).expect("JSON"), "", 0, &mut found);
    found
}

fn compare(left: &Value, right: &Value, path: &str, depth: usize, found: &mut BTreeMap<String, String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            for name in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
                // The second level of a snapshot are identifiers, listings apart.
                let shown = if depth == 1 && path != "listings" { "*" } else { name.as_str() };
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{shown}") };
                compare(left.get(name).unwrap_or(&Value::Null), right.get(name).unwrap_or(&Value::Null), &path, depth + 1, found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (left, right) in left.iter().zip(right) {
                compare(left, right, &format!("{path}[]"), depth + 1, found);
            }
        }
        (left, right) if left == right || document(left).is_some_and(|left| Some(left) == document(right)) => {}
        (left, right) => {
            let cut = |value: &Value| value.to_string().chars().take(300).collect::<String>();
            found.insert(path.to_owned(), format!("{} | {}", cut(left), cut(right)));
        }
    }
}

/// A policy document, whatever its spacing.
fn document(value: &Value) -> Option<Value> {
    serde_json::from_str(value.as_str()?).ok().filter(Value::is_object)
}

fn only_known(mut found: BTreeMap<String, String>, known: &[Known]) {
    for Known { path, always, .. } in known {
        assert!(found.remove(*path).is_some() || !always, "`{path}` differs no more: take it off the list");
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn moto_the_stand_in_and_files_of_the_aws_cli_read_alike() {
    let moto = Moto::start();
    let proxy = Proxy::start(moto.address);
    Estate::provision(&Aws::at(&proxy.url())).await;
    let documents = printed(&proxy.url());
    let estate = wallwalk_standin::Estate::from_documents(&documents).expect("an estate");
    let standin = Standin::start(estate, wallwalk_standin::Options::default()).expect("a stand-in");

    let mut of_moto = collected(&proxy.url()).await;
    let of_standin = collected(&standin.url()).await;
    assert_eq!(standin.unknown(), Vec::<String>::new());
    assert_eq!(of_standin.gaps(), BTreeMap::new());
    // Every table is compared on something.
    let value = serde_json::to_value(&of_standin).expect("JSON");
    let empty = |name: &&str| value.get(camel(name)).and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
    let empty: Vec<&str> = Snapshot::TABLES.iter().map(|(name, _)| *name).filter(empty).collect();
    assert_eq!(empty, ["capacity_providers", "last_accessed"]);
    // moto gives every policy that AWS manages, attached or not.
    of_moto.policies.retain(|arn, _| !arn.starts_with("arn:aws:iam::aws:") || of_standin.policies.contains_key(arn));
    only_known(differences(&of_moto, &of_standin), GAPS_OF_MOTO);

    let named: Vec<(&str, String)> = documents.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    let loaded = wallwalk_collect::load::load_documents(&named, &key(), now()).expect("a snapshot");
    assert_eq!(loaded.problems, Vec::<String>::new());
    only_known(differences(&of_standin, &loaded.snapshot), LIMITS_OF_FILES);
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + &word[..1].to_uppercase() + &word[1..])
}
