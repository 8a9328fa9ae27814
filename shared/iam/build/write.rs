//! The tables as Rust source and text files, for `src/catalogue/tables.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::hash::hash;
use crate::source::{Origin, Source};
use crate::{REQUIRED, Result};

/// Ids have 16 bits; this is refused long before they run out.
const MOST_ACTIONS: usize = 60_000;
/// Texts to a block, see `Output::texts`.
const BLOCK: usize = 256;
/// Slots of the table that finds a whole name: a power of two, about half as many again as names.
const SLOTS: usize = 1 << 15;
/// A slot without a name.
const EMPTY: u32 = u16::MAX as u32;
/// Characters by which families of condition keys are found.
const FAMILY_HEAD: usize = 4;

/// Lists that occur many times, kept once.
#[derive(Default)]
struct Lists {
    places: BTreeMap<Vec<u16>, u16>,
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    fn place(&mut self, list: Vec<u16>) -> Result<u32> {
        if let Some(place) = self.places.get(&list) {
            return Ok(u32::from(*place));
        }
        let place = u16::try_from(self.places.len()).map_err(|_| "too many lists")?;
        self.starts.push(number(self.items.len())?);
        self.items.extend(list.iter().map(|item| u32::from(*item)));
        self.places.insert(list, place);
        Ok(u32::from(place))
    }
}

fn number(value: usize) -> Result<u32> {
    u32::try_from(value).map_err(|_| format!("{value} is out of range"))
}

/// Texts one after another, and where each begins.
#[derive(Default)]
struct Texts(String, Vec<u32>);

impl Texts {
    fn push(&mut self, text: &str) -> Result<()> {
        self.1.push(number(self.0.len())?);
        self.0.push_str(text);
        Ok(())
    }

    fn longest(&self) -> u32 {
        let ends = self.1.iter().copied().skip(1).chain(u32::try_from(self.0.len()));
        self.1.iter().zip(ends).map(|(from, to)| to - from).max().unwrap_or_default()
    }
}

struct Output<'a> {
    folder: &'a Path,
    code: String,
}

impl Output<'_> {
    fn numbers<T: ToString>(&mut self, name: &str, kind: &str, values: &[T]) {
        let list: Vec<String> = values.iter().map(T::to_string).collect();
        _ = writeln!(self.code, "pub(super) static {name}: [{kind}; {}] = [{}];", values.len(), list.join(","));
    }

    /// Where a text begins stands in 16 bits, counted from where the first of its block does.
    fn texts(&mut self, name: &str, mut texts: Texts) -> Result<()> {
        if !texts.0.is_ascii() {
            return Err(format!("texts of {name} are not ASCII, as the tables need them"));
        }
        texts.1.push(number(texts.0.len())?);
        let blocks: Vec<u32> = texts.1.iter().copied().step_by(BLOCK).collect();
        let starts: Vec<u32> =
            texts.1.chunks(BLOCK).zip(&blocks).flat_map(|(block, first)| block.iter().map(move |start| start - first)).collect();
        if starts.iter().any(|start| *start > u32::from(u16::MAX)) {
            return Err(format!("texts of {name} are too long for blocks of {BLOCK}"));
        }
        let file = format!("{}.txt", name.to_lowercase());
        // Texts are compared eight bytes at a time, the last ones too.
        texts.0.push_str("        ");
        fs::write(self.folder.join(&file), &texts.0).map_err(|error| format!("`{file}` cannot be written: {error}"))?;
        self.numbers(&format!("{name}_BLOCKS"), "u32", &blocks);
        self.numbers(&format!("{name}_STARTS"), "u16", &starts);
        _ = writeln!(
            self.code,
            "pub(super) static {name}: Texts = Texts {{ text: include_str!(concat!(env!(\"OUT_DIR\"), \"/{file}\")), \
             blocks: &{name}_BLOCKS, starts: &{name}_STARTS }};"
        );
        Ok(())
    }

    fn lists(&mut self, name: &str, mut lists: Lists) -> Result<()> {
        lists.starts.push(number(lists.items.len())?);
        self.numbers(&format!("{name}_STARTS"), "u16", &lists.starts);
        self.numbers(&format!("{name}_ITEMS"), "u16", &lists.items);
        _ = writeln!(self.code, "pub(super) static {name}: Lists = Lists {{ starts: &{name}_STARTS, items: &{name}_ITEMS }};");
        Ok(())
    }
}

/// Writes `tables.rs` and the texts it includes.
pub(crate) fn write(source: &Source, folder: &Path) -> Result<()> {
    let mut out = Output { folder, code: String::new() };
    let key_ids: BTreeMap<&str, u16> = source.keys.keys().map(String::as_str).zip(0..).collect();
    let ids = |keys: &[String]| -> Vec<u16> { keys.iter().filter_map(|key| key_ids.get(key.to_lowercase().as_str()).copied()).collect() };
    let (mut services, mut names, mut types) = (Texts::default(), Texts::default(), Texts::default());
    let (mut first_actions, mut first_types, mut rcp) = (Vec::new(), Vec::new(), Vec::new());
    let (mut levels, mut action_types, mut action_keys, mut type_keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut dropped, mut added, mut tracked) = (Vec::new(), Vec::new(), Vec::new());
    let mut slots = vec![EMPTY; SLOTS];
    let (mut key_lists, mut type_lists, mut words) = (Lists::default(), Lists::default(), BTreeSet::new());
    for (service, content) in &source.services {
        if *service != service.to_lowercase() {
            return Err(format!("service `{service}` is not in lower case, as the tables need it"));
        }
        services.push(service)?;
        rcp.push(u32::from(content.rcp));
        first_actions.push(number(levels.len())?);
        let first_type = number(type_keys.len())?;
        first_types.push(first_type);
        for (name, templates, keys) in &content.types {
            types.push(&format!("{name}\t{templates}"))?;
            type_keys.push(key_lists.place(ids(keys))?);
            words.extend(templates.split(',').filter_map(type_word));
        }
        for action in content.actions.values() {
            let id = number(levels.len())?;
            let name = format!("{service}:{}", action.name);
            let free = (hash(&name)..hash(&name) + SLOTS).map(|slot| slot % SLOTS).find(|slot| slots.get(*slot) == Some(&EMPTY));
            if let Some(slot) = free.and_then(|slot| slots.get_mut(slot)) {
                *slot = id;
            }
            names.push(&name)?;
            levels.push(u32::from(action.level | action.tags << 3));
            let first = u16::try_from(first_type).map_err(|_| "too many resource types")?;
            action_types.push(type_lists.place(action.types.iter().map(|one| one + first).collect())?);
            action_keys.push(key_lists.place(ids(&action.keys))?);
            match action.origin {
                Origin::Listed => {}
                Origin::Dropped => dropped.push(id),
                Origin::Added => added.push(id),
            }
            if action.tracked {
                tracked.push(id);
            }
        }
    }
    if levels.len() > SLOTS * 9 / 10 {
        return Err(format!("{} actions fill the table of {SLOTS} slots: double it", levels.len()));
    }
    if levels.len() > MOST_ACTIONS || type_keys.len() >= usize::from(REQUIRED) {
        return Err(format!("{} actions and {} resource types are more than ids can tell apart", levels.len(), type_keys.len()));
    }
    let [_, version, date] = source.head.as_slice() else { return Err("catalogue.txt does not say its version".to_owned()) };
    _ = writeln!(
        out.code,
        "pub(super) const VERSION: &str = {version:?};\npub(super) const DATE: &str = {date:?};\npub(super) const BLOCK: usize = {BLOCK};"
    );
    _ = writeln!(
        out.code,
        "pub(super) const ACTIONS: usize = {};\npub(super) const RESOURCE_TYPES: usize = {};",
        levels.len(),
        type_keys.len()
    );
    first_actions.push(number(levels.len())?);
    first_types.push(number(type_keys.len())?);
    _ = writeln!(out.code, "pub(super) const LONGEST_NAME: usize = {};", names.longest());
    let heads: Vec<u64> = source
        .services
        .keys()
        .map(|service| service.bytes().chain([0; 8]).take(8).fold(0, |word, byte| word << 8 | u64::from(byte)))
        .collect();
    out.numbers("SERVICE_HEADS", "u64", &heads);
    out.texts("SERVICES", services)?;
    out.texts("NAMES", names)?;
    out.texts("TYPES", types)?;
    for (name, kind, values) in [
        ("SERVICE_ACTIONS", "u16", first_actions),
        ("SERVICE_TYPES", "u16", first_types),
        ("SERVICE_RCP", "u8", rcp),
        ("ACTION_LEVELS", "u8", levels),
        ("ACTION_TYPES", "u16", action_types),
        ("ACTION_KEYS", "u16", action_keys),
        ("TYPE_KEYS", "u16", type_keys),
        ("DROPPED", "u16", dropped),
        ("ADDED", "u16", added),
        ("TRACKED", "u16", tracked),
        ("SLOTS", "u16", slots),
    ] {
        out.numbers(name, kind, &values);
    }
    out.lists("TYPE_LISTS", type_lists)?;
    out.lists("KEY_LISTS", key_lists)?;
    let mut type_words = Texts::default();
    words.iter().try_for_each(|word| type_words.push(word))?;
    out.texts("TYPE_WORDS", type_words)?;
    write_keys(source, &mut out)?;
    fs::write(folder.join("tables.rs"), out.code).map_err(|error| format!("`tables.rs` cannot be written: {error}"))
}

/// `ecs task`: the service of a template's ARNs and the literal first word of their resource part.
fn type_word(template: &str) -> Option<String> {
    let mut segments = template.splitn(4, ':');
    let (service, resource) = (segments.next()?, segments.nth(2)?);
    let word = resource.split(['/', ':']).next()?;
    (!service.contains('$') && !word.is_empty() && !word.contains(['$', '*'])).then(|| format!("{service} {word}"))
}

fn write_keys(source: &Source, out: &mut Output<'_>) -> Result<()> {
    let (mut keys, mut several, mut templated, mut chosen) = (Texts::default(), Vec::new(), Vec::new(), Vec::new());
    for (at, (folded, (key, many, choice))) in source.keys.iter().enumerate() {
        keys.push(key)?;
        several.push(many.map_or(2, u32::from));
        let stem = folded.split("${").next().unwrap_or_default();
        if stem != folded || folded.ends_with("/tag-key") {
            if stem.len() < FAMILY_HEAD {
                return Err(format!("condition key `{key}` is too short to be found by its first {FAMILY_HEAD} characters"));
            }
            templated.push(number(at)?);
        }
        if *choice {
            chosen.push(if stem == folded { format!("({stem:?}, false)") } else { format!("({stem:?}, true)") });
        }
    }
    _ = writeln!(out.code, "pub(super) const LONGEST_KEY: usize = {};", keys.longest());
    out.texts("KEYS", keys)?;
    _ = writeln!(out.code, "pub(super) const FAMILY_HEAD: usize = {FAMILY_HEAD};");
    out.numbers("KEY_NUMBERS", "u8", &several);
    out.numbers("KEY_TEMPLATES", "u16", &templated);
    _ = writeln!(out.code, "pub(super) static CHOSEN: [(&str, bool); {}] = [{}];", chosen.len(), chosen.join(","));
    Ok(())
}
