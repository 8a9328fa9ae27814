//! JSON as it is written: every member of an object is kept, in order, with those that stand twice, and
//! numbers keep their text.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::MOST_DEPTH;

/// A value.
#[derive(Debug)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Why a text has no value.
#[derive(Debug)]
pub(super) enum Fault {
    TooDeep,
    Syntax(String),
}

/// Reads a text.
pub(super) fn read(text: &str) -> Result<Json<'_>, Fault> {
    let (numbers, too_deep) = (Numbers { text, at: Cell::new(0) }, Cell::new(false));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Reader { numbers: &numbers, depth: 0, too_deep: &too_deep }.deserialize(&mut deserializer);
    value
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|fault| if too_deep.get() { Fault::TooDeep } else { Fault::Syntax(fault.to_string()) })
}

/// Finds the text of numbers, which serde does not hand on. Values are read in the order of the text.
struct Numbers<'a> {
    text: &'a str,
    at: Cell<usize>,
}

impl<'a> Numbers<'a> {
    /// The next number. What is before it was found to be JSON.
    fn next(&self) -> &'a str {
        let rest = self.text.get(self.at.get()..).unwrap_or_default();
        let (mut in_text, mut escaped) = (false, false);
        let begins = rest.bytes().position(|byte| {
            if in_text {
                in_text = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
                return false;
            }
            in_text = byte == b'"';
            byte == b'-' || byte.is_ascii_digit()
        });
        let number = rest.get(begins.unwrap_or(rest.len())..).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
        let number = number.split_once(|c| !is_part(c)).map_or(number, |(number, _)| number);
        self.at.set(self.at.get() + begins.unwrap_or(0) + number.len());
        number
    }
}

#[derive(Clone, Copy)]
struct Reader<'r, 'a> {
    numbers: &'r Numbers<'a>,
    depth: usize,
    too_deep: &'r Cell<bool>,
}

impl<'a> Reader<'_, 'a> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MOST_DEPTH {
            self.too_deep.set(true);
            return Err(E::custom("nested too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'a> DeserializeSeed<'a> for Reader<'_, 'a> {
    type Value = Json<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Json<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Reader<'_, 'a> {
    type Value = Json<'a>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'a>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'a>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json<'a>, E> {
        Ok(Json::Number(self.numbers.next()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json<'a>, E> {
        Ok(Json::Number(self.numbers.next()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json<'a>, E> {
        Ok(Json::Number(self.numbers.next()))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Json<'a>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'a>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Json<'a>, A::Error> {
        let reader = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(reader)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Json<'a>, A::Error> {
        let reader = self.deeper()?;
        let mut object = Vec::new();
        while let Some(Name(name)) = members.next_key()? {
            object.push((name, members.next_value_seed(reader)?));
        }
        Ok(Json::Object(object))
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_kept() {
        let text = r#" {"a":[1.0,-0,"\"2\\",30e+1,null,true],"a":{"b\u0041":12345678901234567890123}} "#;
        let shown = format!("{:?}", read(text).unwrap());
        let numbers: Vec<&str> = shown.split("Number(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(numbers, ["1.0", "-0", "30e+1", "12345678901234567890123"]);
        let Json::Object(members) = read(text).unwrap() else { panic!("an object") };
        assert_eq!(members.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a", "a"]);
        assert!(matches!(&members[1].1, Json::Object(inner) if inner[0].0 == "bA"));
    }

    #[test]
    fn depth_is_counted_and_the_rest_is_read_to_the_end() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(read(&nested(MOST_DEPTH)).is_ok());
        assert!(matches!(read(&nested(MOST_DEPTH + 1)), Err(Fault::TooDeep)));
        assert!(matches!(read(&"[".repeat(100_000)), Err(Fault::TooDeep)));
        assert!(matches!(read("{} {}"), Err(Fault::Syntax(_))));
        assert!(matches!(read(""), Err(Fault::Syntax(_))));
    }
}
