//! ARN patterns of `Resource` and `NotResource`, and what they are asked about.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Resource"; "Amazon Resource Names". An ARN is
//! split at its first five colons. Nothing is assumed of the partition. Where AWS's documents and its
//! behaviour may part, [`Readings`] decide. Conditions on ARNs have rules of their own and live with the
//! other conditions.

mod target;
#[cfg(test)]
mod tests;

pub use target::Target;

use crate::glob::{self, Fold};
use crate::key::Context;
use crate::policy::{Kind, Version};
use crate::readings::{Reading, Readings};
use crate::tri::Tri;
use crate::variable::{self, Substituted};

/// An entry of `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArnPattern {
    text: Box<str>,
    /// The text with `*` for the segments it lacks.
    padded: Option<Box<str>>,
    shape: Shape,
    variables: bool,
    /// Whether a variable begins before the fifth colon, where AWS allows none.
    early: bool,
}

impl ArnPattern {
    /// Of what stands in a policy.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        let mut shape = Shape::of(&text);
        let variables = variable::has_variables(&text);
        let early = variables && text.get(..shape.resource_offset()).unwrap_or(&text).contains("${");
        let padded: Option<Box<str>> = match shape.form {
            Form::Short { lacking } => Some((text.to_string() + &":*".repeat(lacking.into())).into()),
            _ => None,
        };
        if let Some(padded) = &padded {
            shape = Shape { form: shape.form, ..Shape::of(padded) };
        }
        Self { text, padded, shape, variables, early }
    }

    /// As written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it names every resource: `*`, `arn:*`, `arn:*:*:*:*:*`.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        matches!(self.shape.form, Form::Everything)
    }

    /// Whether it is an ARN with fewer than six segments.
    #[must_use]
    pub const fn is_short(&self) -> bool {
        matches!(self.shape.form, Form::Short { .. })
    }

    /// Whether it is no ARN, and not `*` either.
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        matches!(self.shape.form, Form::Malformed)
    }

    /// Whether it has a `${`, literal or not.
    #[must_use]
    pub const fn has_variables(&self) -> bool {
        self.variables
    }

    /// Whether a variable begins before the fifth colon: it is literal text there, and may match otherwise.
    #[must_use]
    pub const fn has_early_variables(&self) -> bool {
        self.early
    }

    /// `arn`, partition, service, Region, account and resource, as written; none if it has fewer segments.
    #[must_use]
    pub fn segments(&self) -> Option<[&str; 6]> {
        segments(&self.text)
    }

    /// Whether it matches what is asked about. Of a target with several resources: surely all of them,
    /// surely none, or else it is open.
    #[must_use]
    pub fn matches(&self, target: Target<'_>, kind: Kind, version: Version, context: Context<'_>, readings: Readings) -> Tri {
        if self.is_everything() {
            return Tri::True;
        }
        let literal = View { text: self.padded.as_deref().unwrap_or(&self.text), written: &self.text, shape: self.shape };
        if !self.early && target.begins_otherwise(literal) {
            return Tri::False;
        }
        if !self.variables || version == Version::V2008 {
            return literal.tri(target, kind, readings);
        }
        if self.early {
            return readings.split(Reading::Malformed, |wide| {
                let widest = wide.then(|| Self::new(self.widest()));
                widest.map_or_else(|| literal.tri(target, kind, readings), |one| one.matches(target, kind, version, context, readings))
            });
        }
        match variable::substitute(literal.text, self.shape.resource_offset(), context, readings) {
            Substituted::Text(text) => literal.with(&text).tri(target, kind, readings),
            Substituted::NoMatch => Tri::False,
            Substituted::Open { widest } => Tri::of(false, literal.with(&widest).tri(target, kind, readings).may()),
        }
    }

    /// The text with `*` for each of its variables, wherever it stands.
    fn widest(&self) -> String {
        variable::pieces(&self.text)
            .map(|piece| match piece {
                variable::Piece::Literal(text) => text,
                variable::Piece::Variable { .. } | variable::Piece::Unterminated(_) => "*",
            })
            .collect()
    }
}

/// The segments of an ARN or a pattern of one; none if it has fewer than six.
fn segments(text: &str) -> Option<[&str; 6]> {
    let mut parts = text.splitn(6, ':');
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// What is read off a text once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    form: Form,
    /// Offsets of the first five colons; those that lack are the length of the text.
    colons: [u32; 5],
    /// How many bytes before the resource part stand before any wildcard.
    head: u32,
    /// Whether the service has a wildcard.
    service_glob: bool,
    /// Whether the word that may name the type of the resource has a wildcard, and a `/` or `:` after it.
    word_glob: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Everything,
    Full,
    Short { lacking: u8 },
    Malformed,
}

impl Shape {
    fn of(text: &str) -> Self {
        // Documents are far shorter; beyond, offsets point at the end and nothing matches.
        let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut colons = [offset(text.len()); 5];
        let (mut slots, mut lacking) = (colons.iter_mut(), 5_u8);
        let mut head = None;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b':' => {
                    lacking -= 1;
                    if let Some(slot) = slots.next() {
                        *slot = offset(at);
                    }
                    if lacking == 0 {
                        head.get_or_insert(offset(at + 1));
                        break;
                    }
                }
                b'*' | b'?' => _ = head.get_or_insert(offset(at)),
                _ => {}
            }
        }
        let head = head.unwrap_or(offset(text.len()));
        let mut shape = Self { form: Form::Full, colons, head, service_glob: false, word_glob: false };
        let stars = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte == b'*');
        shape.form = match text.strip_prefix("arn:") {
            None if stars(text) => Form::Everything,
            None => Form::Malformed,
            Some(rest) if rest.starts_with('*') && rest.splitn(5, ':').all(stars) => Form::Everything,
            Some(_) if lacking > 0 => Form::Short { lacking },
            Some(_) => Form::Full,
        };
        shape.service_glob = glob::has_wildcards(shape.segment(text, 2));
        shape.word_glob = word_glob(shape.segment(text, 5));
        shape
    }

    /// Where the sixth segment begins.
    const fn resource_offset(&self) -> usize {
        let [.., last] = self.colons;
        (last as usize).saturating_add(1)
    }

    fn segment<'a>(&self, text: &'a str, n: usize) -> &'a str {
        let from = n.checked_sub(1).and_then(|before| self.colons.get(before)).map_or(0, |colon| *colon as usize + 1);
        let to = self.colons.get(n).map_or(text.len(), |colon| *colon as usize);
        text.get(from..to).unwrap_or_default()
    }
}

/// The first word of a resource part and whether something follows it.
fn word(resource: &str) -> (&str, bool) {
    resource.split_once(['/', ':']).map_or((resource, false), |(word, _)| (word, true))
}

fn word_glob(resource: &str) -> bool {
    let (word, more) = word(resource);
    more && glob::has_wildcards(word)
}

/// A pattern without variables.
#[derive(Clone, Copy)]
struct View<'a> {
    text: &'a str,
    /// Before it was padded.
    written: &'a str,
    shape: Shape,
}

impl<'a> View<'a> {
    /// The same with another text from the sixth segment on.
    fn with(self, text: &'a str) -> Self {
        let word_glob = word_glob(self.shape.segment(text, 5));
        Self { text, shape: Shape { word_glob, ..self.shape }, ..self }
    }

    fn tri(self, target: Target<'_>, kind: Kind, readings: Readings) -> Tri {
        // The wider a question is read the more matches, so what matches narrowly is certain at once.
        let must = self.corner(target, kind, Side::Must, |question| readings.surely_wide(question));
        Tri::of(must, must || self.corner(target, kind, Side::May, |question| readings.possibly_wide(question)))
    }

    fn corner(self, target: Target<'_>, kind: Kind, side: Side, wide: impl Fn(Reading) -> bool) -> bool {
        match self.shape.form {
            Form::Everything => return true,
            // In policies of resources some services take forms of their own, as `execute-api:/*`.
            Form::Malformed => {
                return wide(Reading::Malformed) && (kind == Kind::Resource || target.whole(self.text, Fold::NOTHING, side));
            }
            Form::Short { .. } if !wide(Reading::ShortArn) || !pads(kind, self.written) => return false,
            Form::Short { .. } | Form::Full => {}
        }
        if self.shape.service_glob && !wide(Reading::ServiceSegmentGlob) {
            return false;
        }
        if self.shape.word_glob && !wide(Reading::TypeWordGlob) && target.has_type_word(side) {
            return false;
        }
        let fold = wide(Reading::PrefixCase);
        if wide(Reading::StarCrossesColon) {
            let left = if fold { self.shape.resource_offset() } else { 0 };
            target.whole(self.text, Fold { left, right: if fold { target.prefix_length() } else { 0 } }, side)
        } else {
            target.by_segment(self, fold, side)
        }
    }

    fn segment(self, n: usize) -> &'a str {
        self.shape.segment(self.text, n)
    }
}

/// Which answer a test of several resources is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// All of them match.
    Must,
    /// Some of them match.
    May,
}

/// Whether segments that lack are taken for `*`.
fn pads(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Identity | Kind::Boundary | Kind::Session => true,
        Kind::Resource | Kind::Endpoint | Kind::Trust => glob::has_wildcards(text),
        Kind::Scp => text.ends_with('*'),
        Kind::Rcp => false,
    }
}
