//! Parts of documents that a program makes.

use super::model::{Atom, Kind, Resources, Version};
use crate::arn::{ArnPattern, Target};
use crate::condition;
use crate::key::Context;
use crate::readings::Readings;
use crate::tri::Tri;

impl Resources {
    /// `Resource`, or `NotResource` if `negated`, with these entries.
    #[must_use]
    pub fn new<T: Into<Box<str>>>(negated: bool, texts: impl IntoIterator<Item = T>) -> Self {
        Self { negated, patterns: texts.into_iter().map(ArnPattern::new).collect() }
    }

    /// Whether they name what is asked about; an empty list leaves it open.
    #[must_use]
    pub fn matches(&self, target: Target<'_>, kind: Kind, version: Version, context: Context<'_>, readings: Readings) -> Tri {
        if self.patterns.is_empty() {
            return Tri::Open;
        }
        let named = self.patterns.iter().map(|one| one.matches(target, kind, version, context, readings)).max().unwrap_or(Tri::False);
        if self.negated { !named } else { named }
    }
}

impl Atom {
    /// A condition: `StringEquals`, a key, and values of which one has to match.
    #[must_use]
    pub fn new<T: Into<Box<str>>>(operator: impl Into<Box<str>>, key: impl Into<Box<str>>, values: impl IntoIterator<Item = T>) -> Self {
        let (written, key) = (operator.into(), key.into());
        Self {
            test: condition::test_of(&written),
            folded_key: key.to_ascii_lowercase().into(),
            written,
            key,
            values: values.into_iter().map(Into::into).collect(),
            doubtful: false,
        }
    }
}
