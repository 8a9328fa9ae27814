//! Policy documents, read tolerantly.
//!
//! Source: IAM User Guide, "IAM JSON policy elements reference".

use std::collections::BTreeMap;

use serde_json::Value;

/// A text longer than this is not read: the API accepts none.
pub const MOST_CHARACTERS: usize = 131_072;

/// What was understood of a document, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The document; none if the text is no policy at all, which counts as unread.
    pub document: Option<Document>,
    /// What was not understood. Nothing is dropped silently.
    pub problems: Vec<Problem>,
}

/// Something that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `json-syntax`, `effect-invalid`, …
    pub code: &'static str,
    /// JSON pointer (RFC 6901).
    pub pointer: String,
}

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Statements in order.
    pub statements: Vec<Statement>,
}

/// Allow or deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allow.
    Allow,
    /// Deny.
    Deny,
}

/// A list of patterns, or everything but them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patterns {
    /// What matches one of them.
    Any(Vec<String>),
    /// What matches none of them.
    NotAny(Vec<String>),
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its identifier.
    pub sid: Option<String>,
    /// Position in the document, from 1.
    pub number: usize,
    /// Allow or deny.
    pub effect: Effect,
    /// Actions, in lower case.
    pub actions: Patterns,
    /// Resources.
    pub resources: Patterns,
    /// Principals by kind (`AWS`, `Service`, `Federated`), `*` under `AWS`; none in identity policies.
    pub principals: BTreeMap<String, Vec<String>>,
    /// Whether the principals are everybody but those.
    pub not_principal: bool,
    /// Condition operators with keys and values; keys in lower case.
    pub conditions: Vec<Condition>,
    /// Whether its form was not understood: then it never surely matches, and always may.
    pub doubtful: bool,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `StringEquals`, …
    pub operator: String,
    /// Key, in lower case.
    pub key: String,
    /// Values.
    pub values: Vec<String>,
}

impl Statement {
    /// How people find it: `statement 2 (AllowAll)`.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.sid {
            Some(sid) if !sid.is_empty() => format!("statement {} ({sid})", self.number),
            _ => format!("statement {}", self.number),
        }
    }
}

/// Reads a document. Never panics.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let mut problems = Vec::new();
    let mut problem = |code, pointer: &str| problems.push(Problem { code, pointer: pointer.to_owned() });
    if text.chars().count() > MOST_CHARACTERS {
        problem("too-large", "");
        return Parsed { document: None, problems };
    }
    let value = match serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(map)) => map,
        Ok(_) => {
            problem("not-an-object", "");
            return Parsed { document: None, problems };
        }
        Err(_) => {
            problem("json-syntax", "");
            return Parsed { document: None, problems };
        }
    };
    let statements = match value.get("Statement") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => {
            problem("statement-missing", "/Statement");
            Vec::new()
        }
    };
    let statements = statements.into_iter().enumerate().map(|(n, one)| statement(one, n, &mut problems)).collect();
    Parsed { document: Some(Document { statements }), problems }
}

fn statement(value: &Value, n: usize, problems: &mut Vec<Problem>) -> Statement {
    let mut doubtful = false;
    let mut doubt = |code: &'static str, member: &str| {
        problems.push(Problem { code, pointer: format!("/Statement/{n}/{member}") });
        doubtful = true;
    };
    let effect = match value.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => {
            doubt("effect-invalid", "Effect");
            Effect::Allow
        }
    };
    let mut either = |plain: &str, negated: &str| match (value.get(plain), value.get(negated)) {
        (Some(_), Some(_)) => {
            doubt("action-both", plain);
            Patterns::Any(Vec::new())
        }
        (Some(list), None) => Patterns::Any(texts(list).unwrap_or_else(|| {
            doubt("wrong-type", plain);
            Vec::new()
        })),
        (None, Some(list)) => Patterns::NotAny(texts(list).unwrap_or_else(|| {
            doubt("wrong-type", negated);
            Vec::new()
        })),
        (None, None) => Patterns::Any(Vec::new()),
    };
    let actions = match either("Action", "NotAction") {
        Patterns::Any(list) => Patterns::Any(list.iter().map(|one| one.to_lowercase()).collect()),
        Patterns::NotAny(list) => Patterns::NotAny(list.iter().map(|one| one.to_lowercase()).collect()),
    };
    let resources = either("Resource", "NotResource");
    let not_principal = value.get("NotPrincipal").is_some();
    let principals = match value.get("Principal").or_else(|| value.get("NotPrincipal")) {
        None => BTreeMap::new(),
        Some(Value::String(one)) => BTreeMap::from([("AWS".to_owned(), vec![one.clone()])]),
        Some(Value::Object(map)) => map.iter().map(|(kind, list)| (kind.clone(), texts(list).unwrap_or_default())).collect(),
        Some(_) => {
            doubt("wrong-type", "Principal");
            BTreeMap::new()
        }
    };
    let mut conditions = Vec::new();
    match value.get("Condition") {
        None => {}
        Some(Value::Object(operators)) => {
            for (operator, keys) in operators {
                for (key, values) in keys.as_object().into_iter().flatten() {
                    let values = texts(values).unwrap_or_default();
                    conditions.push(Condition { operator: operator.clone(), key: key.to_lowercase(), values });
                }
            }
            if conditions.is_empty() && !operators.is_empty() {
                doubt("wrong-type", "Condition");
            }
        }
        Some(_) => doubt("wrong-type", "Condition"),
    }
    let sid = value.get("Sid").and_then(Value::as_str).map(str::to_owned);
    Statement { sid, number: n + 1, effect, actions, resources, principals, not_principal, conditions, doubtful }
}

/// A text or a list of texts, numbers and booleans.
fn texts(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        other => one(other).map(|text| vec![text]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scalars_and_lists_read_alike() {
        let one = parse(r#"{"Statement":{"Effect":"Allow","Action":"S3:Get*","Resource":"*"}}"#).document.unwrap();
        let list = parse(r#"{"Statement":[{"Effect":"Allow","Action":["S3:Get*"],"Resource":["*"]}]}"#).document.unwrap();
        assert_eq!(one, list);
        assert_eq!(one.statements[0].actions, Patterns::Any(vec!["s3:get*".into()]));
    }

    #[test]
    fn what_is_not_understood_is_told_and_doubted() {
        for (text, code) in [
            ("", "json-syntax"),
            ("[]", "not-an-object"),
            ("{}", "statement-missing"),
            (r#"{"Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}"#, "effect-invalid"),
            (r#"{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}"#, "action-both"),
            (r#"{"Statement":[{"Effect":"Allow","Action":{},"Resource":"*"}]}"#, "wrong-type"),
        ] {
            assert_eq!(parse(text).problems[0].code, code, "{text}");
        }
        assert_eq!(parse(&" ".repeat(MOST_CHARACTERS + 1)).problems[0].code, "too-large");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,80}", inner in "[\\[\\]{}\",:A-Za-z* ]{0,80}") {
            let _ = parse(&text);
            let _ = parse(&format!("{{\"Statement\":{inner}}}"));
        }
    }
}
