//! Policy documents as text, in one form: elements in the order AWS documents them, a list of one as
//! its entry, values as texts.
//!
//! What the parser did not understand is not printed, so only a document without problems says the
//! same again.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::model::{Atom, Document, Effect, Principals, Statement, Version};

/// The document as JSON, indented for people.
#[must_use]
pub fn print(document: &Document) -> String {
    // A text is always written, so there is no error to hand on.
    serde_json::to_string_pretty(&Whole(document)).unwrap_or_default()
}

/// Characters that count against AWS's limits of size, for which white space does not count. Here only
/// that between the elements does not; white space inside of texts is counted, to be on the safe side.
#[must_use]
pub fn size(document: &Document) -> usize {
    serde_json::to_string(&Whole(document)).map_or(usize::MAX, |text| text.chars().count())
}

struct Whole<'a>(&'a Document);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let version = match self.0.version {
            Version::V2008 => "2008-10-17",
            Version::V2012 => "2012-10-17",
        };
        map.serialize_entry("Version", version)?;
        if let Some(id) = &self.0.id {
            map.serialize_entry("Id", id)?;
        }
        match self.0.statements.as_slice() {
            [only] if only.position.is_none() => map.serialize_entry("Statement", &One(only))?,
            all => map.serialize_entry("Statement", &all.iter().map(One).collect::<Vec<_>>())?,
        }
        map.end()
    }
}

struct One<'a>(&'a Statement);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let statement = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(sid) = &statement.sid {
            map.serialize_entry("Sid", sid)?;
        }
        let effect = match statement.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
            Effect::Either => "Either",
        };
        map.serialize_entry("Effect", effect)?;
        if let Some(principals) = &statement.principals {
            map.serialize_entry(if principals.negated { "NotPrincipal" } else { "Principal" }, &Who(principals))?;
        }
        let actions = statement.actions.patterns.iter().map(|pattern| &*pattern.text).collect();
        map.serialize_entry(if statement.actions.negated { "NotAction" } else { "Action" }, &List(actions))?;
        if let Some(resources) = &statement.resources {
            let texts = resources.patterns.iter().map(|pattern| pattern.text()).collect();
            map.serialize_entry(if resources.negated { "NotResource" } else { "Resource" }, &List(texts))?;
        }
        if !statement.conditions.is_empty() {
            map.serialize_entry("Condition", &Conditions(&statement.conditions))?;
        }
        map.end()
    }
}

struct Who<'a>(&'a Principals);

impl Serialize for Who<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kinds = &self.0.by_kind;
        if kinds.len() == 1 && kinds.contains_key("*") {
            return serializer.serialize_str("*");
        }
        serializer.collect_map(kinds.iter().map(|(kind, names)| (kind, List(names.iter().map(|name| &**name).collect()))))
    }
}

struct Conditions<'a>(&'a [Atom]);

impl Serialize for Conditions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut operators: Vec<(&str, Vec<&Atom>)> = Vec::new();
        for atom in self.0 {
            match operators.iter_mut().find(|(operator, _)| *operator == &*atom.written) {
                Some((_, atoms)) => atoms.push(atom),
                None => operators.push((&atom.written, vec![atom])),
            }
        }
        serializer.collect_map(operators.iter().map(|(operator, atoms)| (operator, Keys(atoms))))
    }
}

struct Keys<'a>(&'a [&'a Atom]);

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|atom| (&atom.key, List(atom.values.iter().map(|value| &**value).collect()))))
    }
}

/// A list of one stands as its entry.
struct List<'a>(Vec<&'a str>);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            all => all.serialize(serializer),
        }
    }
}
