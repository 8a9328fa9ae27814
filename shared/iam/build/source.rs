//! The files of `data/`, read and merged.

use std::collections::{BTreeMap, BTreeSet};

use crate::{REQUIRED, Result};

const LEVELS: &str = "LRWTP";
const TAGS: &[&str] = &["credential-exposure", "data-access", "escalation", "resource-exposure", "evasion"];

/// Lines of a hand-made list, split at blanks, without what follows a `#`.
fn entries(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().split_whitespace().collect())
        .filter(|words: &Vec<_>| !words.is_empty())
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Listed,
    Dropped,
    Added,
}

pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) level: u8,
    /// Positions among the service's types, marked if required.
    pub(crate) types: Vec<u16>,
    pub(crate) keys: Vec<String>,
    pub(crate) origin: Origin,
    pub(crate) tags: u8,
    pub(crate) tracked: bool,
}

#[derive(Default)]
pub(crate) struct Service {
    pub(crate) rcp: bool,
    /// Name, ARN templates, condition keys.
    pub(crate) types: Vec<(String, String, Vec<String>)>,
    /// By name in lower case.
    pub(crate) actions: BTreeMap<String, Action>,
}

#[derive(Default)]
pub(crate) struct Source {
    pub(crate) head: Vec<String>,
    /// By key in lower case: spelling, whether several values if known, whether the caller chooses it.
    pub(crate) keys: BTreeMap<String, (String, Option<bool>, bool)>,
    pub(crate) services: BTreeMap<String, Service>,
}

impl Source {
    pub(crate) fn read_catalogue(&mut self, text: &str) -> Result<()> {
        let (mut keys, mut lists, mut service): (Vec<String>, Vec<Vec<String>>, String) = Default::default();
        for line in text.lines() {
            self.read_line(line, &mut keys, &mut lists, &mut service)
                .ok_or_else(|| format!("catalogue.txt: `{line}` is not understood"))?;
        }
        Ok(())
    }

    fn read_line(&mut self, line: &str, keys: &mut Vec<String>, lists: &mut Vec<Vec<String>>, service: &mut String) -> Option<()> {
        let fields: Vec<&str> = line.split('\t').collect();
        if let Some(version) = line.strip_prefix('%') {
            self.head = version.split(' ').map(str::to_owned).collect();
        } else if let ([_, arns, list], Some(name)) = (fields.as_slice(), line.strip_prefix('@')) {
            let templates = arns.replace('~', "");
            let name = name.split('\t').next()?.to_owned();
            self.services.get_mut(service)?.types.push((name, templates, lists.get(list.parse::<usize>().ok()?)?.clone()));
        } else if let [name, level, types, list] = fields.as_slice() {
            let types = types.split(',').filter(|one| !one.is_empty()).map(marked).collect::<Option<_>>()?;
            let keys = lists.get(list.parse::<usize>().ok()?)?.clone();
            self.add(service, name, level, types, keys, Origin::Listed).ok()?;
        } else if let Some(entry) = line.strip_prefix('k') {
            let (key, kind) = entry.split_once(' ')?;
            let several = (kind != "-").then(|| kind.starts_with("ArrayOf"));
            self.keys.insert(key.to_lowercase(), (key.to_owned(), several, false));
            keys.push(key.to_owned());
        } else if let Some(list) = line.strip_prefix('l') {
            let key = |one: &str| keys.get(one.parse::<usize>().ok()?).cloned();
            lists.push(list.split(',').filter(|one| !one.is_empty()).map(key).collect::<Option<_>>()?);
        } else {
            let (name, flags) = line.strip_prefix('#').map(|rest| rest.split_once(' ').unwrap_or((rest, "")))?;
            *service = name.to_owned();
            self.services.insert(name.to_owned(), Service { rcp: flags == "r", ..Service::default() });
        }
        Some(())
    }

    fn add(&mut self, service: &str, name: &str, level: &str, types: Vec<u16>, keys: Vec<String>, origin: Origin) -> Result<()> {
        let level = LEVELS.find(level).filter(|_| level.len() == 1).and_then(|at| u8::try_from(at).ok());
        let level = level.ok_or_else(|| format!("`{service}:{name}` has no level of {LEVELS}"))?;
        let action = Action { name: name.to_owned(), level, types, keys, origin, tags: 0, tracked: false };
        let before = self.services.entry(service.to_owned()).or_default().actions.insert(name.to_ascii_lowercase(), action);
        before.map_or(Ok(()), |_| Err(format!("`{service}:{name}` is known twice; strike it out of tombstones.txt or supplement.txt")))
    }

    pub(crate) fn read_names(&mut self, text: &str, origin: Origin) -> Result<()> {
        for words in entries(text) {
            let (Some((service, name)), Some(level)) = (words.first().and_then(|word| word.split_once(':')), words.get(1)) else {
                return Err(format!("`{}` is no action and level", words.join(" ")));
            };
            let known = self.services.get(service).map(|service| &service.types[..]).unwrap_or_default();
            let type_id = |word: &&str| {
                let at = known.iter().position(|one| one.0 == word.trim_end_matches('!')).and_then(|at| u16::try_from(at).ok());
                at.map(|at| at | if word.ends_with('!') { REQUIRED } else { 0 })
                    .ok_or_else(|| format!("`{service}` has no resource type `{word}`"))
            };
            let types = words.iter().skip(2).map(type_id).collect::<Result<_>>()?;
            self.add(service, name, level, types, Vec::new(), origin)?;
        }
        Ok(())
    }

    fn action(&mut self, name: &str) -> Result<&mut Action> {
        let found = name.to_ascii_lowercase();
        let found = found.split_once(':').and_then(|(service, action)| self.services.get_mut(service)?.actions.get_mut(action));
        found.ok_or_else(|| format!("nobody knows the action `{name}`; mend the spelling, or add it to supplement.txt"))
    }

    pub(crate) fn read_overrides(&mut self, text: &str) -> Result<()> {
        for words in entries(text) {
            let [name, level] = words.as_slice() else { return Err(format!("`{}` is no action and level", words.join(" "))) };
            let at = LEVELS.find(level).and_then(|at| u8::try_from(at).ok()).ok_or_else(|| format!("`{name}` has no level of {LEVELS}"))?;
            let action = self.action(name)?;
            if std::mem::replace(&mut action.level, at) == at {
                return Err(format!("overrides.txt: `{name}` has that level anyway; strike it out"));
            }
        }
        Ok(())
    }

    pub(crate) fn read_tags(&mut self, text: &str) -> Result<()> {
        for words in entries(text) {
            let [name, classes @ ..] = words.as_slice() else { continue };
            let mut tags = 0;
            for class in classes {
                tags |= 1 << TAGS.iter().position(|one| one == class).ok_or_else(|| format!("tags.txt: `{class}` is no class"))?;
            }
            let action = self.action(name)?;
            if tags == 0 || std::mem::replace(&mut action.tags, tags) != 0 {
                return Err(format!("tags.txt: `{name}` stands there twice, or without a class"));
            }
        }
        Ok(())
    }

    pub(crate) fn read_tracked(&mut self, text: &str) -> Result<()> {
        for words in entries(text) {
            for name in words {
                self.action(name)?.tracked = true;
            }
        }
        Ok(())
    }

    pub(crate) fn read_keys(&mut self, text: &str) -> Result<()> {
        let mut seen = BTreeSet::new();
        for words in entries(text) {
            let [key, _, number @ ("single" | "many"), state] = words.as_slice() else {
                return Err(format!("global_keys.txt: `{}` is no key, type, number and state", words.join(" ")));
            };
            if !seen.insert(key.to_lowercase()) {
                return Err(format!("global_keys.txt: `{key}` stands there twice"));
            }
            let many = Some(*number == "many");
            let known = self.keys.entry(key.to_lowercase()).or_insert_with(|| ((*key).to_owned(), many, false));
            if known.1.is_some() && known.1 != many {
                return Err(format!("global_keys.txt: `{key}` does not agree with the catalogue on single and many"));
            }
            (known.1, known.2) = (many, *state == "chosen");
        }
        Ok(())
    }
}

fn marked(one: &str) -> Option<u16> {
    let at: u16 = one.trim_end_matches('!').parse().ok()?;
    Some(at | if one.ends_with('!') { REQUIRED } else { 0 })
}
