//! Generated estates: as many workloads as wanted, the same at every run.
//!
//! An estate is made of what the AWS CLI would print, so that it can be loaded, or put into a stand-in
//! of AWS. Most of it is sound; about one workload in thirty has each of a dozen flaws. It holds no
//! value in a provider's format.

mod place;
mod workload;

use serde_json::{Map, Value, json};
use wallwalk_collect::LoadError;
use wallwalk_collect::load::load_documents;
use wallwalk_model::{Snapshot, Time};
use wallwalk_secrets::Key;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
/// When generated estates were read.
pub const READ_AT: &str = "2026-11-23T14:02:00Z";
/// Services in one cluster.
const PER_CLUSTER: usize = 800;
/// Workloads of one team, which shares a group and an execution role here and there.
const PER_TEAM: usize = 25;

/// The snapshot of an estate with `workloads` workloads: services, standalone tasks and families that
/// nothing uses.
///
/// # Errors
/// [`LoadError`] if the estate cannot be read, which is a bug of the generator.
pub fn snapshot(workloads: usize) -> Result<Snapshot, LoadError> {
    let documents = documents(workloads);
    let texts: Vec<(&str, String)> = documents.iter().map(|(name, document)| (*name, document.to_string())).collect();
    Ok(load_documents(&texts, &Key::new([7; 32]), Time::default())?.snapshot)
}

/// The same as documents of the AWS CLI, each with a name.
#[must_use]
pub fn documents(workloads: usize) -> Vec<(&'static str, Value)> {
    let mut estate = Documents::default();
    let clusters = workloads.div_ceil(PER_CLUSTER).max(1);
    for cluster in 0..clusters {
        place::add(&mut estate, cluster);
    }
    for number in 0..workloads {
        workload::add(&mut estate, number, number % clusters);
    }
    place::finish(&mut estate);
    estate.finished()
}

/// Objects by the member of the document that lists them.
#[derive(Default)]
struct Documents {
    lists: Vec<(&'static str, Vec<Value>)>,
    /// Documents that hold one object each.
    single: Vec<(&'static str, Value)>,
    /// Container instances so far, with the places left on the last one, by cluster.
    hosts: Vec<(usize, u8)>,
}

impl Documents {
    fn push(&mut self, list: &'static str, object: Value) {
        match self.lists.iter_mut().find(|(name, _)| *name == list) {
            Some((_, objects)) => objects.push(object),
            None => self.lists.push((list, vec![object])),
        }
    }

    fn alone(&mut self, name: &'static str, document: Value) {
        self.single.push((name, document));
    }

    fn finished(self) -> Vec<(&'static str, Value)> {
        let meta = json!({"partition": "aws", "account": ACCOUNT, "region": REGION, "readAt": READ_AT});
        let mut documents = vec![("meta.json", meta)];
        // Versions of secrets are added to secrets that are known.
        documents.extend(self.lists.into_iter().map(|(name, objects)| {
            let mut document = Map::new();
            document.insert(name.to_owned(), Value::Array(objects));
            (name, Value::Object(document))
        }));
        documents.extend(self.single);
        documents
    }
}

/// Numbers that vary with a workload and a purpose, and are the same at every run (splitmix64).
#[derive(Clone, Copy)]
struct Dice(u64);

impl Dice {
    fn of(number: usize, purpose: u64) -> Self {
        let mut z = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(purpose.wrapping_mul(0xD1B5_4A32_D192_ED03));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self(z ^ (z >> 31))
    }

    /// Whether something of this likelihood, in percent, is the case.
    const fn percent(self, likelihood: u64) -> bool {
        self.0 % 100 < likelihood
    }

    /// One of `choices`.
    fn pick(self, choices: &[&'static str]) -> &'static str {
        let index = usize::try_from(self.0 % (choices.len().max(1) as u64)).unwrap_or_default();
        choices.get(index).copied().unwrap_or_default()
    }
}

/// `sg-` and seventeen digits that tell kind and number.
fn id(prefix: &str, kind: u64, number: usize) -> String {
    format!("{prefix}-0{:016x}", Dice::of(number, 1000 + kind).0)
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn cluster_name(cluster: usize) -> String {
    format!("shop-{cluster:03}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wallwalk_checks::{Settings, analyse};
    use wallwalk_findings::Outcome;

    #[test]
    fn the_same_number_gives_the_same_estate() {
        assert_eq!(documents(60), documents(60));
    }

    #[test]
    fn every_workload_is_judged_most_pass_and_some_fail() {
        let snapshot = snapshot(200).unwrap();
        let analysis = analyse(&snapshot, &Settings::default(), READ_AT.parse().unwrap());
        assert_eq!(analysis.workloads, 200);
        let count = |test: fn(&Outcome) -> bool| analysis.verdicts.iter().filter(|one| test(&one.outcome)).count();
        let (failed, passed) = (count(|one| matches!(one, Outcome::Failed(_))), count(|one| *one == Outcome::Passed));
        let unknown: Vec<_> = analysis.verdicts.iter().filter(|one| matches!(one.outcome, Outcome::Unknown(_))).take(3).collect();
        assert!(unknown.is_empty(), "everything is in the estate: {unknown:#?}");
        assert!(failed > 50 && passed > 20 * failed / 4, "{failed} failed, {passed} passed");
    }

    #[test]
    fn no_finding_needs_more_than_one_workload_in_ten() {
        let snapshot = snapshot(400).unwrap();
        let analysis = analyse(&snapshot, &Settings::default(), READ_AT.parse().unwrap());
        let mut failed = std::collections::BTreeMap::<&str, usize>::new();
        for verdict in analysis.verdicts.iter().filter(|one| matches!(one.outcome, Outcome::Failed(_))) {
            *failed.entry(&verdict.check).or_default() += 1;
        }
        // Nearly everybody attaches the policy of AWS to execution roles.
        failed.remove("execution-role-managed-policy");
        assert!(failed.len() > 12, "{failed:?}");
        assert!(failed.values().all(|n| *n <= 60), "{failed:?}");
    }
}
