//! The elements of a statement that are lists: actions, resources, principals, conditions.

use std::collections::{BTreeMap, BTreeSet};

use super::invalid::invalid;
use super::json::Json;
use super::model::{ActionPattern, Actions, Atom, Kind, Operator, Principals, Resources, Version};
use super::problem::Code;
use super::reader::{Members, Path, Reader, all};
use crate::variable::{self, Piece};

/// An element that is a list of texts.
pub(super) struct Listed {
    name: &'static str,
    negated: bool,
    texts: Vec<Box<str>>,
    /// Whether one text stands without a list.
    bare: bool,
}

impl Listed {
    /// Where an entry stands.
    fn tell(&self, reader: &mut Reader, n: usize, path: Path<'_>, code: Code, text: String) {
        let element = path.member(self.name);
        reader.tell(code, if self.bare { element } else { element.item(n) }, text);
    }
}

impl Reader {
    /// The plain or the negated element. Where it is not certain which entries count, it is the negated
    /// one without entries, which may match anything.
    pub(super) fn listed(
        &mut self,
        members: &Members<'_>,
        [plain, negated]: [&'static str; 2],
        both: Code,
        path: Path<'_>,
        doubtful: &mut bool,
    ) -> Option<Listed> {
        let (count, not_count) = (all(members, plain).count(), all(members, negated).count());
        let name = if not_count > 0 { negated } else { plain };
        if count + not_count == 0 {
            return None;
        }
        let element = path.member(name);
        let mut listed = Listed { name, negated: not_count > 0, texts: Vec::new(), bare: true };
        let mut whole = not_count <= 1;
        for value in all(members, name) {
            listed.bare = !matches!(value, Json::List(_));
            whole &= self.texts(value, element, &mut listed.texts);
        }
        if count > 0 && not_count > 0 {
            self.tell(both, element, format!("`{plain}` stands beside `{negated}`: keep one of them"));
            whole = false;
        }
        if !whole {
            *doubtful = true;
            listed = Listed { negated: true, texts: Vec::new(), ..listed };
        }
        Some(listed)
    }

    /// Adds a text, or the texts of a list; whether there is nothing else.
    fn texts(&mut self, value: &Json<'_>, path: Path<'_>, into: &mut Vec<Box<str>>) -> bool {
        match value {
            Json::Text(text) => into.push((**text).into()),
            Json::List(items) if items.is_empty() => {
                self.tell(Code::EmptyList, path, "the list is empty, so that it names nothing: fill it")
            }
            Json::List(items) => {
                into.reserve(items.len());
                let mut whole = true;
                for (n, item) in items.iter().enumerate() {
                    if let Json::Text(text) = item {
                        into.push((**text).into());
                    } else {
                        whole = false;
                        self.tell(Code::WrongType, path.item(n), "this is no text: put it in quotes");
                    }
                }
                return whole;
            }
            _ => {
                self.tell(Code::WrongType, path, "this is neither a text nor a list of texts");
                return false;
            }
        }
        true
    }

    pub(super) fn action_patterns(&mut self, mut listed: Listed, path: Path<'_>) -> Actions {
        let patterns: Vec<ActionPattern> = std::mem::take(&mut listed.texts).into_iter().map(ActionPattern::new).collect();
        let mut unknown = Vec::new();
        let actions = Actions::of(listed.negated, patterns, |n| unknown.push(n));
        for (n, pattern) in actions.patterns.iter().enumerate() {
            if !pattern.is_well_formed() {
                let text = format!("`{}` is neither `service:Action` nor `*`, and never matches: correct it", pattern.text);
                listed.tell(self, n, path, Code::ActionMalformed, text);
            } else if pattern.is_spaced() {
                listed.tell(self, n, path, Code::ActionWhitespace, format!("`{}` holds white space: remove it", pattern.text));
            }
        }
        for n in unknown {
            let text = actions.patterns.get(n).map_or("", |pattern| &pattern.text);
            listed.tell(self, n, path, Code::ActionUnknown, format!("no known action matches `{text}`: check the spelling"));
        }
        actions
    }

    pub(super) fn arn_patterns(&mut self, mut listed: Listed, path: Path<'_>) -> Resources {
        let resources = Resources::new(listed.negated, std::mem::take(&mut listed.texts));
        for (n, pattern) in resources.patterns.iter().enumerate() {
            let mut tell = |code, text: String| listed.tell(self, n, path, code, text);
            let text = pattern.text();
            if pattern.is_malformed() {
                tell(Code::ArnMalformed, format!("`{text}` is neither an ARN nor `*`: write the whole ARN"));
            } else if pattern.is_short() {
                tell(Code::ArnShort, format!("`{text}` has fewer than six segments: write them all, `*` where any will do"));
            }
            if pattern.has_early_variables() && self.version == Version::V2012 {
                let text = format!("a variable before the fifth colon of `{text}` is not replaced: write `*` or a value");
                listed.tell(self, n, path, Code::VariableBeforeResourcePart, text);
            }
            if let Some((code, text)) = self.variables(text) {
                listed.tell(self, n, path, code, text);
            }
        }
        resources
    }

    /// What is wrong with the variables of a text.
    fn variables(&self, text: &str) -> Option<(Code, String)> {
        if !variable::has_variables(text) {
            return None;
        }
        if self.version == Version::V2008 {
            let told = format!("`{text}` holds a variable, which is literal text in a document without the version `2012-10-17`: add it");
            return Some((Code::VariableIn2008, told));
        }
        let open = variable::pieces(text).any(|piece| matches!(piece, Piece::Unterminated(_)));
        open.then(|| (Code::VariableUnterminated, format!("a variable in `{text}` has no end: write `${{key}}` or `${{key, 'default'}}`")))
    }

    pub(super) fn principals(&mut self, members: &Members<'_>, path: Path<'_>, doubtful: &mut bool) -> Option<Principals> {
        let (count, not_count) = (all(members, "Principal").count(), all(members, "NotPrincipal").count());
        let name = if not_count > 0 { "NotPrincipal" } else { "Principal" };
        let element = path.member(name);
        let has_none = matches!(self.kind, Kind::Identity | Kind::Boundary | Kind::Session | Kind::Scp);
        if count + not_count == 0 {
            if !has_none {
                self.tell(Code::PrincipalMissing, path, "the statement has neither `Principal` nor `NotPrincipal`: add one");
            }
            return None;
        }
        if has_none {
            self.tell(Code::PrincipalInIdentity, element, "such a policy has no principal, and it is ignored: remove it");
            return None;
        }
        let mut principals = Principals { negated: not_count > 0, by_kind: BTreeMap::new() };
        let mut whole = not_count <= 1;
        for value in all(members, name) {
            whole &= self.principals_of(value, element, &mut principals.by_kind, doubtful);
        }
        if count > 0 && not_count > 0 {
            self.tell(Code::PrincipalBoth, element, "`Principal` stands beside `NotPrincipal`: keep one of them");
            whole = false;
        }
        if !whole {
            *doubtful = true;
            principals = Principals { negated: true, by_kind: BTreeMap::new() };
        }
        Some(principals)
    }

    fn principals_of(
        &mut self,
        value: &Json<'_>,
        path: Path<'_>,
        into: &mut BTreeMap<Box<str>, Vec<Box<str>>>,
        doubtful: &mut bool,
    ) -> bool {
        let kinds = match value {
            Json::Text(text) if text == "*" => {
                into.entry("*".into()).or_default().push("*".into());
                return true;
            }
            Json::Object(kinds) => kinds,
            _ => {
                self.tell(Code::WrongType, path, "a principal is `\"*\"` or an object as `{\"AWS\": …}`");
                return false;
            }
        };
        if kinds.is_empty() {
            self.tell(Code::EmptyList, path, "the element is empty, so that it names nobody: fill it");
        }
        *doubtful |= self.names(kinds, &["AWS", "Service", "Federated", "CanonicalUser"], path);
        let mut whole = true;
        for (kind, names) in kinds {
            whole &= self.texts(names, path.member(kind), into.entry((**kind).into()).or_default());
        }
        whole
    }

    pub(super) fn conditions(&mut self, members: &Members<'_>, path: Path<'_>, doubtful: &mut bool) -> Vec<Atom> {
        let mut atoms = Vec::new();
        let element = path.member("Condition");
        for value in all(members, "Condition") {
            let Json::Object(operators) = value else {
                self.tell(Code::WrongType, element, "a condition is an object: `{\"StringEquals\": {…}}`");
                *doubtful = true;
                continue;
            };
            let twice = repeated(operators, false);
            for (operator, keys) in operators {
                let here = element.member(operator);
                let Json::Object(keys) = keys else {
                    self.tell(Code::WrongType, here, "an operator has an object of keys: `{\"StringEquals\": {\"aws:SourceAccount\": …}}`");
                    *doubtful = true;
                    continue;
                };
                let operator_twice = twice.contains(&**operator);
                if operator_twice {
                    self.tell(Code::DuplicateKey, here, format!("`{operator}` stands twice: put its keys into one object"));
                }
                self.atoms(operator, keys, operator_twice, here, &mut atoms);
            }
        }
        atoms
    }

    /// The conditions of one operator. Those whose key stands twice are in doubt.
    fn atoms(&mut self, operator: &str, keys: &Members<'_>, doubtful: bool, path: Path<'_>, into: &mut Vec<Atom>) {
        let twice = repeated(keys, true);
        for (key, values) in keys {
            let here = path.member(key);
            let mut atom = Atom::new::<Box<str>>(operator, &**key, []);
            let key_twice = twice.contains(&*atom.folded_key);
            if key_twice {
                self.tell(Code::DuplicateKey, here, format!("`{key}` stands twice, case does not count: put its values into one list"));
            }
            atom.doubtful = doubtful || key_twice;
            match values {
                Json::List(items) => {
                    if items.is_empty() {
                        self.tell(Code::EmptyList, here, "the list is empty, so that no value matches: fill it");
                    }
                    for (n, item) in items.iter().enumerate() {
                        self.value(item, here.item(n), &mut atom);
                    }
                }
                one => self.value(one, here, &mut atom),
            }
            into.push(atom);
        }
        if crate::condition::test_of(operator).is_none() {
            self.tell(Code::OperatorUnknown, path, format!("there is no operator `{operator}`: check the spelling"));
        }
    }

    fn value(&mut self, value: &Json<'_>, path: Path<'_>, atom: &mut Atom) {
        let text: Box<str> = match value {
            Json::Text(text) => (**text).into(),
            Json::Number(number) => (*number).into(),
            Json::Bool(value) => value.to_string().into(),
            Json::Null | Json::List(_) | Json::Object(_) => {
                atom.doubtful = true;
                return self.tell(Code::WrongType, path, "a value is a text, a number, `true` or `false`");
            }
        };
        let wrong = match atom.test.map(|test| test.operator) {
            None => None,
            Some(Operator::StringEquals | Operator::StringEqualsIgnoreCase | Operator::StringLike | Operator::ArnLike) => {
                self.variables(&text)
            }
            Some(Operator::Bool) if variable::has_variables(&text) => self.variables(&text),
            Some(operator) => invalid(operator, &text),
        };
        if let Some((code, told)) = wrong {
            self.tell(code, path, told);
        }
        atom.values.push(text);
    }
}

/// Names that stand twice.
fn repeated(members: &Members<'_>, ignore_case: bool) -> BTreeSet<String> {
    let mut twice = BTreeSet::new();
    if members.len() > 1 {
        let mut seen = BTreeSet::new();
        for (name, _) in members {
            let name = if ignore_case { name.to_ascii_lowercase() } else { name.to_string() };
            if !seen.insert(name.clone()) {
                twice.insert(name);
            }
        }
    }
    twice
}
