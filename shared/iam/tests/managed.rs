//! The policies AWS manages, as far as they are at hand: parsed and printed.
//!
//! `WALLWALK_MANAGED_POLICIES` names a file that holds them as a JSON object of
//! `{"name": {"Document": …}}`, with whatever text before and after it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;
use wallwalk_iam::policy::{Code, Kind, MOST_BYTES, parse, print, size};

/// What AWS's own policies may be told about: names that the catalogue lost, or never had.
const TOLD: &[Code] = &[Code::ActionUnknown];

#[test]
fn the_policies_aws_manages_are_understood() {
    let Some(path) = std::env::var_os("WALLWALK_MANAGED_POLICIES") else {
        println!("SKIPPED: WALLWALK_MANAGED_POLICIES names no file with the policies AWS manages");
        return;
    };
    let file = std::fs::read_to_string(&path).expect("the file named by WALLWALK_MANAGED_POLICIES");
    let json = &file[file.find('{').expect("an object")..=file.rfind('}').expect("an object")];
    let policies: BTreeMap<String, Value> = serde_json::from_str(json).expect("an object of policies");
    assert!(policies.len() > 1_000, "only {} policies", policies.len());
    let texts: Vec<(&String, String)> = policies.iter().map(|(name, policy)| (name, policy["Document"].to_string())).collect();

    let begun = Instant::now();
    let parsed: Vec<_> = texts.iter().map(|(_, text)| parse(text, Kind::Identity)).collect();
    let took = begun.elapsed();
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    println!("{} policies, {bytes} bytes, parsed in {took:?}", texts.len());

    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let mut too_large = 0;
    for ((name, text), parsed) in texts.iter().zip(&parsed) {
        // AWS exempts itself from the limit it sets: one policy, of a role for its support, is longer.
        if text.len() > MOST_BYTES {
            assert_eq!(parsed.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::TooLarge], "{name}");
            too_large += 1;
            continue;
        }
        for problem in &parsed.problems {
            *told.entry(problem.code.as_str()).or_default() += 1;
            assert!(TOLD.contains(&problem.code), "{name}: {problem:?}");
        }
        let document = parsed.document.as_ref().expect("a document");
        assert!(document.statements.iter().all(|statement| !statement.doubtful), "{name}");
        let written = text.parse::<Value>().expect("JSON");
        let statements = written["Statement"].as_array().map_or(1, Vec::len);
        assert_eq!(document.statements.len(), statements, "{name}");
        let printed = print(document);
        let again = parse(&printed, Kind::Identity);
        assert_eq!(again.document.as_ref(), Some(document), "{name}");
        assert_eq!(again.problems.len(), parsed.problems.len(), "{name}");
        assert!(size(document) <= printed.len(), "{name}");
    }
    assert!(too_large <= 1, "{too_large} policies are too large");
    println!("told: {told:?}, and {too_large} too large");
}
