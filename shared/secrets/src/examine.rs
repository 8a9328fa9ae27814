//! The examination of one value.

use std::collections::BTreeMap;

use crate::key::{Key, length_bucket};
use crate::name::{NameClass, classify};
use crate::{entropy, formats, shape, structure, weak};

/// How a sighting is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A credential that is hard to guess.
    Secret,
    /// A credential that is easy to guess, or a published default.
    WeakCredential,
    /// A template that was never filled in.
    Placeholder,
    /// Made to be shown.
    Publishable,
    /// Belongs to a credential without being one.
    Identifier,
}

/// How sure the rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The shape alone, or name and value together, leave no doubt.
    High,
    /// Likely.
    Medium,
}

/// Whether the text is deployed or still a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What runs: nothing substitutes variables any more.
    Deployed,
    /// What is still to be filled in.
    Template,
}

/// A value that may hold a secret. It cannot be printed, cloned or serialised.
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Wraps a value.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

/// A value in its place.
pub struct Subject<'a> {
    /// Name of the variable, option or label.
    pub name: Option<&'a str>,
    /// The value.
    pub value: Text<'a>,
}

/// What stands around a value.
pub struct Context<'a> {
    /// Names and values of the same container.
    pub siblings: &'a [(&'a str, &'a str)],
    /// Cluster, service, family, container and image names.
    pub words: &'a [&'a str],
    /// Whether it is deployed.
    pub stage: Stage,
}

impl Default for Context<'_> {
    fn default() -> Self {
        Self { siblings: &[], words: &[], stage: Stage::Deployed }
    }
}

/// What an examination found. No character of a credential is part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// Kind of the value.
    pub kind: &'static str,
    /// Credentials noticed.
    pub sightings: Vec<Sighting>,
    /// Harmless references.
    pub refs: Vec<Reference>,
    /// `truncated`, `too-many`.
    pub problems: Vec<&'static str>,
}

/// One credential noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// How it is to be judged.
    pub class: Class,
    /// The rule that noticed it.
    pub detector: &'static str,
    /// Who issues such credentials.
    pub provider: Option<&'static str>,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// Bucket of the credential's length; none for weak ones.
    pub length: Option<&'static str>,
    /// Keyed fingerprint of the credential.
    pub fingerprint: Option<String>,
    /// Name of the inner member the credential stood under (a URL's `password`, a flag).
    pub inside: Option<String>,
    /// Decoded harmless facts.
    pub facts: BTreeMap<String, String>,
}

/// Something harmless that a value refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// `host`, `aws-secret`, `aws-parameter`, `arn`, `file`, `foreign-store`, …
    pub kind: &'static str,
    /// Host name, ARN, parameter name or path.
    pub target: String,
    /// Port, for hosts.
    pub port: Option<u16>,
    /// Scheme, for hosts taken from URLs.
    pub scheme: Option<String>,
}

const MOST_BYTES: usize = 64 * 1024;
const MOST_NODES: usize = 512;
const MOST_SIGHTINGS: usize = 64;
const MOST_DEPTH: usize = 4;

/// Examines one value. Total and bounded: it takes any bytes and never panics.
#[must_use]
pub fn examine(subject: &Subject<'_>, context: &Context<'_>, key: &Key) -> Examined {
    let mut examiner = Examiner::new(context, key);
    let mut bytes = subject.value.0;
    if let Some(cut) = bytes.get(..MOST_BYTES).filter(|_| bytes.len() > MOST_BYTES) {
        bytes = cut;
        examiner.problem("truncated");
    }
    let text = String::from_utf8_lossy(bytes);
    let trimmed = unquoted(text.trim());
    let kind = shape::kind(trimmed);
    examiner.value(subject.name.unwrap_or_default(), &text, None, 0);
    examiner.finish(kind)
}

/// `text` without one pair of matching quotes.
fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

/// The state of one examination.
pub(crate) struct Examiner<'a> {
    pub(crate) context: &'a Context<'a>,
    key: &'a Key,
    sightings: Vec<Sighting>,
    refs: Vec<Reference>,
    problems: Vec<&'static str>,
    nodes: usize,
    /// Name of the inner member being examined.
    inside: Option<String>,
}

impl<'a> Examiner<'a> {
    pub(crate) const fn new(context: &'a Context<'a>, key: &'a Key) -> Self {
        Self { context, key, sightings: Vec::new(), refs: Vec::new(), problems: Vec::new(), nodes: 0, inside: None }
    }

    pub(crate) fn finish(mut self, kind: &'static str) -> Examined {
        self.refs.sort();
        self.refs.dedup();
        Examined { kind, sightings: self.sightings, refs: self.refs, problems: self.problems }
    }

    pub(crate) fn problem(&mut self, problem: &'static str) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    pub(crate) fn reference(&mut self, kind: &'static str, target: &str) {
        self.refs.push(Reference { kind, target: target.to_owned(), port: None, scheme: None });
    }

    /// Notes a host, unless its name itself may be a capability address.
    pub(crate) fn host(&mut self, host: &str, port: Option<u16>, scheme: Option<&str>) {
        let random = host.split('.').any(|label| label.len() >= 20 && entropy::shannon(label.as_bytes()) >= 3.8);
        let target = if random { "withheld".to_owned() } else { host.to_ascii_lowercase() };
        self.refs.push(Reference { kind: "host", target, port, scheme: scheme.map(str::to_ascii_lowercase) });
    }

    /// Notes a credential.
    pub(crate) fn sight(&mut self, class: Class, detector: &'static str, confidence: Confidence, credential: &[u8]) {
        self.sight_of(class, detector, None, confidence, credential);
    }

    pub(crate) fn sight_of(
        &mut self,
        class: Class,
        detector: &'static str,
        provider: Option<&'static str>,
        confidence: Confidence,
        credential: &[u8],
    ) {
        if self.sightings.len() >= MOST_SIGHTINGS {
            self.problem("too-many");
            return;
        }
        let known = matches!(class, Class::Secret | Class::WeakCredential | Class::Identifier);
        let sighting = Sighting {
            class,
            detector,
            provider,
            confidence,
            length: (class == Class::Secret).then(|| length_bucket(credential.len())),
            fingerprint: known.then(|| self.key.fingerprint(credential)),
            inside: self.inside.clone(),
            facts: BTreeMap::new(),
        };
        if !self.sightings.contains(&sighting) {
            self.sightings.push(sighting);
        }
    }

    /// Examines an inner member under its own name.
    pub(crate) fn inner(&mut self, name: &str, value: &str, user: Option<&str>, depth: usize) {
        let outer = self.inside.replace(safe_name(name));
        self.value(name, value, user, depth + 1);
        self.inside = outer;
    }

    /// The pipeline: the first step that decides wins.
    pub(crate) fn value(&mut self, name: &str, raw: &str, user: Option<&str>, depth: usize) {
        self.nodes += 1;
        if depth > MOST_DEPTH || self.nodes > MOST_NODES {
            self.problem("too-many");
            return;
        }
        let owned;
        let mut value = unquoted(raw.trim());
        if value.contains("-----BEGIN") && value.contains("\\n") {
            owned = value.replace("\\n", "\n");
            value = &owned;
        }
        if shape::is_absent(&value.to_ascii_lowercase()) {
            return;
        }
        let class = classify(name);
        if self.fixed_name(name, value) || structure::reference(self, name, class, value) {
            return;
        }
        let before = self.sightings.len();
        if structure::structure(self, name, class, value, depth) {
            return;
        }
        if self.formats(value) || self.sightings.len() > before {
            return;
        }
        if class == NameClass::Publishable {
            return;
        }
        if is_prefixed_token(value) && class != NameClass::AboutCredential && class != NameClass::Identifier {
            self.sight(Class::Secret, "prefixed-token", Confidence::Medium, value.as_bytes());
            return;
        }
        self.by_name(name, class, value, user);
    }

    /// A literal under these names is a sighting whatever its shape.
    fn fixed_name(&mut self, name: &str, value: &str) -> bool {
        let (class, detector) = match name {
            "AWS_SECRET_ACCESS_KEY" => (Class::Secret, "aws-secret-access-key"),
            "AWS_ACCESS_KEY_ID" => (Class::Identifier, "aws-access-key-id"),
            "ECS_ENGINE_AUTH_DATA" => (Class::Secret, "ecs-engine-auth-data"),
            _ => return false,
        };
        if structure::is_reference(value) {
            return false;
        }
        let class = if weak::is_placeholder(value) { Class::Placeholder } else { class };
        let provider = name.starts_with("AWS_").then_some("aws");
        self.sight_of(class, detector, provider, Confidence::High, value.as_bytes());
        true
    }

    fn formats(&mut self, value: &str) -> bool {
        let mut found = false;
        for hit in formats::find(value.as_bytes()) {
            // Documentation's example keys end so; they are nobody's.
            let example = hit.credential.ends_with(b"EXAMPLE");
            let class = if example { Class::Placeholder } else { hit.format.class };
            self.sight_of(class, hit.format.id, Some(hit.format.provider), Confidence::High, &hit.credential);
            found |= hit.format.class != Class::Identifier;
        }
        found
    }

    fn by_name(&mut self, name: &str, class: NameClass, value: &str, user: Option<&str>) {
        let kind = shape::kind(value);
        let tokens = crate::name::tokens(name);
        let head = |word: &str| tokens.iter().any(|token| token == word);
        let user = user.or_else(|| self.user_beside());
        let guessable = weak::is_guessable(value, name, self.context.words, user);
        match class {
            NameClass::Credential => {
                let small_number = kind == "number" && head("token") && value.len() <= 3;
                if matches!(kind, "bool" | "duration" | "email" | "host" | "url" | "path") || small_number {
                    return;
                }
                if weak::is_placeholder(value) {
                    self.sight(Class::Placeholder, "placeholder", Confidence::High, value.as_bytes());
                } else if guessable {
                    self.sight(Class::WeakCredential, "guessable-credential", Confidence::High, value.as_bytes());
                } else {
                    self.sight(Class::Secret, "credential-by-name", Confidence::High, value.as_bytes());
                }
            }
            NameClass::KeyLike => {
                let mode = matches!(
                    value.to_ascii_lowercase().as_str(),
                    "basic" | "oauth" | "oauth2" | "iam" | "none" | "trust" | "ldap" | "saml" | "oidc" | "jwt"
                );
                let plain = matches!(kind, "bool" | "duration" | "email" | "host" | "url" | "path" | "digest");
                if mode || plain || weak::is_placeholder(value) {
                    return;
                }
                if (head("auth") || head("pin")) && guessable {
                    self.sight(Class::WeakCredential, "guessable-credential", Confidence::Medium, value.as_bytes());
                } else if is_random(value, 16, 3.0) {
                    self.sight(Class::Secret, "key-by-name", Confidence::Medium, value.as_bytes());
                }
            }
            NameClass::AboutCredential | NameClass::Publishable | NameClass::Identifier | NameClass::Neutral => {}
        }
    }

    /// The user name beside the credential, for passwords that repeat it.
    fn user_beside(&self) -> Option<&'a str> {
        self.context
            .siblings
            .iter()
            .find(|(name, _)| {
                let lower = name.to_ascii_lowercase();
                lower.ends_with("user") || lower.ends_with("username") || lower.ends_with("login")
            })
            .map(|(_, value)| *value)
    }
}

/// A name that cannot itself be a credential: short and of plain characters.
fn safe_name(name: &str) -> String {
    let plain = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let random = name.len() >= 20 && entropy::classes(name) >= 3 && entropy::shannon(name.as_bytes()) >= 3.8;
    if plain && !random { name.to_owned() } else { "withheld".to_owned() }
}

/// Long, without spaces, of letters and digits, and varied.
pub(crate) fn is_random(value: &str, least: usize, entropy: f64) -> bool {
    let letters = value.chars().any(char::is_alphabetic);
    let digits = value.chars().any(|c| c.is_ascii_digit());
    let slug =
        value.split(['-', '_', '.', '/']).all(|part| part.chars().all(|c| c.is_lowercase()) || part.bytes().all(|b| b.is_ascii_digit()));
    value.len() >= least
        && letters
        && digits
        && !slug
        && !value.contains(char::is_whitespace)
        && entropy::shannon(value.as_bytes()) >= entropy
}

const RESOURCE_PREFIXES: &[&str] = &[
    "i-", "vpc-", "sg-", "sgr-", "subnet-", "eni-", "ami-", "vol-", "snap-", "rtb-", "igw-", "nat-", "acl-", "lt-", "fs-", "vpce-", "eks-",
    "arn-",
];

/// `<2–12 letters>[-_.]` and at least 20 varied characters that are no resource id, host, version or slug.
fn is_prefixed_token(value: &str) -> bool {
    let Some(at) = value.find(['-', '_', '.']) else { return false };
    let (prefix, rest) = value.split_at(at);
    let rest = rest.get(1..).unwrap_or_default();
    (2..=12).contains(&prefix.len())
        && prefix.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !RESOURCE_PREFIXES.iter().any(|known| value.starts_with(known))
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && is_random(rest, 20, 3.6)
        && entropy::classes(rest) >= 3
        && !shape::is_uuid(rest)
}
