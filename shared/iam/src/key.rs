//! Condition keys: what is known of each when a request is made.

use std::collections::BTreeMap;

/// What is known of a condition key. Keys compare without regard to case; here they are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// The request does not carry it.
    Absent,
    /// The request carries exactly these values; an empty list is as good as absent.
    Exactly(Vec<Box<str>>),
    /// One value, of which only a glob (`*`, `?`) is known.
    Like(Box<str>),
    /// One value, one of these.
    OneOf(Vec<Box<str>>),
    /// Present, with values nobody knows.
    Present,
    /// May be absent, or have any values.
    Unknown,
    /// The caller picks the value, or leaves it out.
    Chosen,
}

impl KeyState {
    /// Exactly one value.
    #[must_use]
    pub fn one(value: impl Into<Box<str>>) -> Self {
        Self::Exactly(vec![value.into()])
    }
}

/// States of keys by name, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<Box<str>, KeyState>);

impl Keys {
    /// No key.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds or replaces a key.
    #[must_use]
    pub fn with(mut self, key: &str, state: KeyState) -> Self {
        self.set(key, state);
        self
    }

    /// Adds or replaces a key.
    pub fn set(&mut self, key: &str, state: KeyState) {
        self.0.insert(key.to_ascii_lowercase().into(), state);
    }

    /// The state of a key, whose name is in lower case; none if nothing is said of it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&KeyState> {
        if self.0.is_empty() { None } else { self.0.get(key) }
    }

    /// Every key with its state.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &KeyState)> {
        self.0.iter().map(|(key, state)| (&**key, state))
    }

    /// Whether nothing is said of any key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where an evaluation looks keys up: the keys a question binds, before what is known of the caller.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    bound: &'a Keys,
    base: &'a Keys,
    closed: bool,
}

impl<'a> Context<'a> {
    /// What a question binds, before what is known of the caller's situation. Keys of which nobody says
    /// anything are chosen by the caller or unknown, by their kind.
    #[must_use]
    pub const fn new(bound: &'a Keys, base: &'a Keys) -> Self {
        Self { bound, base, closed: false }
    }

    /// A concrete request: it carries these keys and no other.
    #[must_use]
    pub const fn closed(keys: &'a Keys) -> Self {
        Self { bound: keys, base: keys, closed: true }
    }

    /// The state of a key, whose name is in lower case. What is said of `aws:principaltag/` holds for
    /// every key that begins so and is not listed itself.
    #[must_use]
    pub fn state(&self, key: &str) -> &'a KeyState {
        let family = || key.find('/').and_then(|slash| key.get(..=slash));
        let listed = self.bound.get(key).or_else(|| self.base.get(key)).or_else(|| self.base.get(family()?));
        listed.unwrap_or_else(|| if self.closed { &KeyState::Absent } else { crate::catalogue::unlisted_state(key) })
    }
}
