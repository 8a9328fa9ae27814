//! Executes the cases of every page, and keeps pages, files and catalogue together.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use wallwalk_checks::catalog;
use wallwalk_checks::judge::analyse_one;
use wallwalk_findings::Outcome;

use super::cases::{cases, in_words, now, pages};

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
    let mut wrong = Vec::new();
    let mut total = 0;
    for check in catalog::CATALOG {
        let name = check.info.name;
        let mut words = BTreeSet::new();
        let cases = cases(check.info.page);
        let fences = check.info.section("Cases").unwrap_or_default().lines().filter(|line| line.starts_with("```")).count();
        assert_eq!(fences, 2 * cases.len(), "{name}: every block of the section is a case, and none stands elsewhere");
        let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), cases.len(), "{name}: no two cases of one name");
        for case in &cases {
            total += 1;
            assert!(!case.expect.is_empty(), "{name}: {}: expects nothing", case.name);
            let settings = case.settings.clone().unwrap_or_default();
            let verdicts = analyse_one(check, &case.snapshot(), &settings, now());
            for verdict in &verdicts {
                words.insert(verdict.outcome.word());
                if let Outcome::Failed(failure) = &verdict.outcome {
                    assert!(!failure.evidence.is_empty(), "{name}: {}: no evidence", case.name);
                }
            }
            let found = in_words(&verdicts);
            if found != case.expect {
                wrong.push(format!("{name}: {}\n  expected {:?}\n  found    {:?}", case.name, case.expect, found));
            }
        }
        assert!(words.contains("failed") && words.contains("passed"), "{name}: a failed and a passed case");
        assert!(words.contains("unknown") || words.contains("not-applicable"), "{name}: an unknown or not applicable case");
    }
    assert!(wrong.is_empty(), "{} of {total} cases\n{}", wrong.len(), wrong.join("\n"));
}
