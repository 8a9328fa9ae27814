//! What an ARN pattern is asked about.

use std::borrow::Cow;

use super::{Form, Shape, Side, View, word};
use crate::catalogue::is_type_word;
use crate::glob::{self, Fold};

/// What is asked about: one resource, or all that a pattern names.
///
/// The wildcards of a pattern stay within their segment, but for the last. An ARN with fewer than six
/// segments names whatever begins so.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    text: &'a str,
    exact: bool,
    shape: Shape,
}

/// Every resource, as an ARN.
const EVERYTHING: &str = "arn:*:*:*:*:*";

impl<'a> Target<'a> {
    /// One resource by its ARN, or `*` for an action without resource, which only patterns that mean
    /// everything match.
    #[must_use]
    pub fn exact(text: &'a str) -> Self {
        Self { text, exact: true, shape: Shape::of(text) }
    }

    /// Every resource that a pattern names.
    #[must_use]
    pub fn pattern(text: &'a str) -> Self {
        Self { text, exact: false, shape: Shape::of(text) }
    }

    /// As written.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// The resource, if it is one.
    #[must_use]
    pub fn as_exact(&self) -> Option<&'a str> {
        self.exact.then_some(self.text)
    }

    /// `arn`, partition, service, Region, account and resource, as written; none if it has fewer segments.
    #[must_use]
    pub fn segments(&self) -> Option<[&'a str; 6]> {
        super::segments(self.text)
    }

    /// Whether one resource surely does not match since the pattern begins with other text. Under no
    /// reading does text before the first wildcard match anything but itself, in some case.
    pub(super) fn begins_otherwise(self, pattern: View<'_>) -> bool {
        let end = pattern.shape.head as usize;
        let heads = self.text.as_bytes().get(..end).zip(pattern.text.as_bytes().get(..end));
        self.exact && pattern.shape.form != Form::Malformed && !heads.is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
    }

    /// Bytes before the resource part.
    pub(super) const fn prefix_length(self) -> usize {
        self.shape.resource_offset()
    }

    /// A pattern against the whole text.
    pub(super) fn whole(self, pattern: &str, fold: Fold, side: Side) -> bool {
        if self.exact {
            // `*` asks for no resource, so no pattern of resources names it.
            return self.shape.form != Form::Everything && glob::matches_by(pattern, self.text, fold);
        }
        let text = match self.shape.form {
            Form::Everything => EVERYTHING.into(),
            Form::Short { lacking } => Cow::Owned(self.text.to_owned() + &":*".repeat(lacking.into())),
            Form::Full | Form::Malformed => Cow::Borrowed(self.text),
        };
        match side {
            Side::Must => glob::covers_by(pattern, &text, fold),
            Side::May => glob::intersects_by(pattern, &text, fold),
        }
    }

    /// A pattern against the text, segment by segment.
    pub(super) fn by_segment(self, pattern: View<'_>, ignore_case: bool, side: Side) -> bool {
        let relation = match (self.exact, self.shape.form, side) {
            (true, Form::Full, _) => glob::matches_by,
            (true, Form::Everything | Form::Short { .. } | Form::Malformed, _) => return false,
            // Nobody knows what it names.
            (false, Form::Malformed, Side::Must) => return false,
            (false, Form::Malformed, Side::May) => return glob::intersects(pattern.text, self.text),
            (false, _, Side::Must) => glob::covers_by,
            (false, _, Side::May) => glob::intersects_by,
        };
        (1..6).all(|n| {
            let fold = if ignore_case && n < 5 { Fold::ALL } else { Fold::NOTHING };
            relation(pattern.segment(n), self.segment(n), fold)
        })
    }

    /// Whether the word before the first `/` or `:` of the resource part names a type; for the answer to
    /// "do all match" also whether it may.
    pub(super) fn has_type_word(self, side: Side) -> bool {
        let (service, (word, _)) = (self.segment(2), word(self.segment(5)));
        if !self.exact && (glob::has_wildcards(service) || glob::has_wildcards(word)) {
            // Objects of S3 are named by their bucket; what S3 names by a type carries an account.
            let object = service == "s3" && self.segment(3).is_empty() && self.segment(4).is_empty();
            return side == Side::Must && !object;
        }
        is_type_word(service, word)
    }

    pub(super) fn segment(self, n: usize) -> &'a str {
        match self.shape.form {
            Form::Everything if !self.exact => "*",
            Form::Short { lacking } if !self.exact && n + usize::from(lacking) > 5 => "*",
            _ => self.shape.segment(self.text, n),
        }
    }
}
