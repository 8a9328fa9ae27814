//! Policy documents, read tolerantly: what was understood, and what was not.
//!
//! Source: IAM User Guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy
//! language". It does not know whether AWS would accept a document: what AWS refuses on write may still
//! stand in an account, or come from a template.

use super::json::{self, Fault, Json};
use super::model::{Actions, Document, Effect, Kind, Resources, Statement, Version};
use super::problem::{Code, Problem};
use super::reader::{Members, Path, Reader, all};
use super::text;

/// A longer text, in bytes of plain JSON, is not read: the API accepts none.
pub const MOST_BYTES: usize = 131_072;

/// Lists and objects nested deeper are not read.
pub const MOST_DEPTH: usize = 32;

/// What was understood of a document, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The document; none if the text is no policy at all, which counts as unread.
    pub document: Option<Document>,
    /// What was not understood. Nothing is dropped silently.
    pub problems: Vec<Problem>,
}

/// Reads a document: JSON text, the same percent-encoded, or either in a JSON string. Never panics.
#[must_use]
pub fn parse(text: &str, kind: Kind) -> Parsed {
    let mut reader = Reader { kind, version: Version::V2008, problems: Vec::new() };
    let document = reader.parsed(text);
    Parsed { document, problems: reader.problems }
}

const DOCUMENT: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT: &[&str] = &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

impl Reader {
    fn parsed(&mut self, text: &str) -> Option<Document> {
        let (text, tolerated) = text::plain(text);
        for (code, text) in tolerated {
            self.tell(code, Path::ROOT, text);
        }
        if text.len() > MOST_BYTES {
            let text = format!("the document has {} bytes, and AWS accepts {MOST_BYTES}: split it", text.len());
            self.tell(Code::TooLarge, Path::ROOT, text);
            return None;
        }
        let value = match json::read(&text) {
            Ok(value) => value,
            Err(Fault::TooDeep) => {
                self.tell(
                    Code::TooDeep,
                    Path::ROOT,
                    format!("lists and objects are nested deeper than {MOST_DEPTH}: no policy needs that"),
                );
                return None;
            }
            Err(Fault::Syntax(fault)) => {
                self.tell(Code::JsonSyntax, Path::ROOT, format!("the document is no JSON, {fault}: correct it there"));
                return None;
            }
        };
        // In plain ASCII only an escape brings other characters.
        if !text.is_ascii() || text.contains('\\') {
            self.characters(&value, Path::ROOT);
        }
        match value {
            Json::Object(members) => Some(self.document(&members)),
            _ => {
                self.tell(
                    Code::NotAnObject,
                    Path::ROOT,
                    "the document is no JSON object: a policy is `{\"Version\": …, \"Statement\": …}`",
                );
                None
            }
        }
    }

    fn document(&mut self, members: &Members<'_>) -> Document {
        let doubtful = self.names(members, DOCUMENT, Path::ROOT);
        self.version = self.version(members);
        let id = all(members, "Id").filter_map(|value| self.text(value, Path::ROOT.member("Id"))).last();
        let mut statements = Vec::new();
        let mut some = false;
        for (name, value) in members.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Statement")) {
            some = true;
            self.statements(value, Path::ROOT.member(name), &mut statements);
        }
        if !some {
            self.tell(Code::StatementMissing, Path::ROOT, "there is no `Statement`, so the document grants and denies nothing: add one");
        }
        if doubtful {
            statements.iter_mut().for_each(|statement| statement.doubtful = true);
        }
        Document { version: self.version, id, statements }
    }

    /// The version. One nobody knows is later than those known, which have variables since 2012.
    fn version(&mut self, members: &Members<'_>) -> Version {
        let mut version = Version::V2008;
        for value in all(members, "Version") {
            version = match value {
                Json::Text(text) if text == "2008-10-17" => Version::V2008,
                Json::Text(text) if text == "2012-10-17" => Version::V2012,
                _ => {
                    let text = "the version is neither `2012-10-17` nor `2008-10-17`: write `2012-10-17`";
                    self.tell(Code::VersionUnknown, Path::ROOT.member("Version"), text);
                    Version::V2012
                }
            };
        }
        version
    }

    fn statements(&mut self, value: &Json<'_>, path: Path<'_>, into: &mut Vec<Statement>) {
        match value {
            Json::List(items) => {
                if items.is_empty() {
                    self.tell(Code::EmptyList, path, "the list of statements is empty, so the document grants and denies nothing");
                }
                for (n, item) in items.iter().enumerate() {
                    let position = u32::try_from(into.len()).ok();
                    let statement = self.statement(item, path.item(n), position);
                    into.push(statement);
                }
            }
            other => {
                let statement = self.statement(other, path, None);
                into.push(statement);
            }
        }
    }

    fn statement(&mut self, value: &Json<'_>, path: Path<'_>, position: Option<u32>) -> Statement {
        let mut statement = Statement {
            sid: None,
            position,
            effect: Effect::Either,
            doubtful: false,
            principals: None,
            actions: Actions::new::<Box<str>>(false, []),
            resources: None,
            conditions: Vec::new(),
        };
        let Json::Object(members) = value else {
            self.tell(Code::WrongType, path, "a statement is an object: `{\"Effect\": …, \"Action\": …}`");
            statement.doubtful = true;
            return statement;
        };
        let mut doubtful = self.names(members, STATEMENT, path);
        for value in all(members, "Sid") {
            statement.sid = self.text(value, path.member("Sid"));
            doubtful |= statement.sid.is_none();
        }
        statement.effect = self.effect(members, path);
        doubtful |= statement.effect == Effect::Either;
        statement.principals = self.principals(members, path, &mut doubtful);
        statement.actions = self.actions(members, path, &mut doubtful);
        statement.resources = self.resources(members, path, &mut doubtful);
        statement.conditions = self.conditions(members, path, &mut doubtful);
        statement.doubtful = doubtful;
        statement
    }

    fn effect(&mut self, members: &Members<'_>, path: Path<'_>) -> Effect {
        let mut effect = None;
        for value in all(members, "Effect") {
            let one = match value {
                Json::Text(text) if text == "Allow" => Effect::Allow,
                Json::Text(text) if text == "Deny" => Effect::Deny,
                _ => {
                    self.tell(Code::EffectInvalid, path.member("Effect"), "the effect is neither `Allow` nor `Deny`: write one of them");
                    Effect::Either
                }
            };
            effect = Some(effect.map_or(one, |before| if before == one { one } else { Effect::Either }));
        }
        effect.unwrap_or_else(|| {
            self.tell(Code::EffectInvalid, path, "the statement has no `Effect`: write `Allow` or `Deny`");
            Effect::Either
        })
    }

    fn actions(&mut self, members: &Members<'_>, path: Path<'_>, doubtful: &mut bool) -> Actions {
        let Some(listed) = self.listed(members, ["Action", "NotAction"], Code::ActionBoth, path, doubtful) else {
            self.tell(Code::ActionMissing, path, "the statement has neither `Action` nor `NotAction`: add one");
            return Actions::new::<Box<str>>(false, []);
        };
        self.action_patterns(listed, path)
    }

    fn resources(&mut self, members: &Members<'_>, path: Path<'_>, doubtful: &mut bool) -> Option<Resources> {
        match self.listed(members, ["Resource", "NotResource"], Code::ResourceBoth, path, doubtful) {
            Some(listed) => Some(self.arn_patterns(listed, path)),
            None if matches!(self.kind, Kind::Trust | Kind::Resource) => None,
            None => {
                self.tell(Code::ResourceMissing, path, "the statement has neither `Resource` nor `NotResource`: add one");
                Some(Resources::new::<Box<str>>(false, []))
            }
        }
    }

    fn text(&mut self, value: &Json<'_>, path: Path<'_>) -> Option<Box<str>> {
        if let Json::Text(text) = value {
            return Some((**text).into());
        }
        self.tell(Code::WrongType, path, "this is no text: put it in quotes");
        None
    }
}
