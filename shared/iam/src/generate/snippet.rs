//! Generated policies as CloudFormation, in YAML.
//!
//! It is a fragment to paste below `Resources`, not a template: the role's own resource is not known.

use std::fmt::{self, Write};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::synthesize::Generated;

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snippet<'a> {
    /// Name of the policy; suffixes are added where there are several.
    pub name: &'a str,
    /// Name of the role that it is for.
    pub role: &'a str,
    /// Whether it is written as a managed policy (`AWS::IAM::ManagedPolicy`), else as an inline one
    /// (`AWS::IAM::Policy`).
    pub managed: bool,
}

/// The policies as resources of a CloudFormation template.
#[must_use]
pub fn cloudformation(generated: &[Generated], snippet: &Snippet<'_>) -> String {
    let mut text = String::new();
    for one in generated {
        let name = format!("{}{}", snippet.name, one.name_suffix);
        let (kind, named) = if snippet.managed { ("ManagedPolicy", "ManagedPolicyName") } else { ("Policy", "PolicyName") };
        let properties = Node::Map(vec![
            (named.to_owned(), Node::Text(name.clone())),
            ("Roles".to_owned(), Node::List(vec![Node::Text(snippet.role.to_owned())])),
            ("PolicyDocument".to_owned(), serde_json::from_str(&one.text).unwrap_or(Node::Map(Vec::new()))),
        ]);
        let resource = Node::Map(vec![("Type".to_owned(), Node::Text(format!("AWS::IAM::{kind}"))), ("Properties".to_owned(), properties)]);
        Node::Map(vec![(logical_id(&name), resource)]).write(0, &mut text);
    }
    text
}

/// Letters and digits only, words joined: `api-execution-1` is `ApiExecution1`.
fn logical_id(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let id: String = words
        .flat_map(|word| {
            let mut rest = word.chars();
            rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest)
        })
        .collect();
    if id.is_empty() { "Policy".to_owned() } else { id }
}

/// A JSON text with its order kept.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
    Text(String),
}

impl Node {
    fn write(&self, depth: usize, into: &mut String) {
        let indent = "  ".repeat(depth);
        match self {
            Self::Map(entries) => {
                for (key, value) in entries {
                    let _ = write!(into, "{indent}{}:", scalar(key));
                    value.write_after(depth, into);
                }
            }
            Self::List(items) => {
                for item in items {
                    let mut nested = String::new();
                    item.write(depth + 1, &mut nested);
                    // The dash takes the place of the first entry's last two blanks.
                    let first = nested.strip_prefix(&format!("{indent}  ")).unwrap_or(&nested);
                    let _ = write!(into, "{indent}- {first}");
                }
            }
            Self::Text(text) => {
                let _ = writeln!(into, "{indent}{}", scalar(text));
            }
        }
    }

    fn write_after(&self, depth: usize, into: &mut String) {
        match self {
            Self::Text(text) => {
                let _ = writeln!(into, " {}", scalar(text));
            }
            Self::List(items) if items.is_empty() => into.push_str(" []\n"),
            Self::Map(entries) if entries.is_empty() => into.push_str(" {}\n"),
            Self::Map(_) | Self::List(_) => {
                into.push('\n');
                self.write(depth + 1, into);
            }
        }
    }
}

/// A key or a value: plain where nothing in it means anything to YAML, else in double quotes with JSON's
/// escapes, which YAML shares.
fn scalar(text: &str) -> String {
    let tame = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '-' | '_' | '.');
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(tame)
        && !text.ends_with(':')
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if bare { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a list or an object")
            }

            fn visit_str<E>(self, text: &str) -> Result<Node, E> {
                Ok(Node::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Node::Map(entries))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
