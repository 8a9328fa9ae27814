//! Where the parser stands, and what it has to say.

use super::json::Json;
use super::model::{Kind, Version};
use super::problem::{Code, Problem};

/// What is the same for the whole document, and the problems so far.
pub(super) struct Reader {
    pub(super) kind: Kind,
    pub(super) version: Version,
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn tell(&mut self, code: Code, path: Path<'_>, text: impl Into<String>) {
        self.problems.push(Problem { code, pointer: path.pointer(), text: text.into() });
    }

    /// Holds the names of an object's members against those it may have. A known element that stands
    /// twice, or that is spelt in another case, makes the whole doubtful.
    pub(super) fn names(&mut self, members: &Members<'_>, known: &[&str], path: Path<'_>) -> bool {
        let mut doubtful = false;
        let mut seen = 0_u32;
        for (name, _) in members {
            let here = path.member(name);
            if let Some(n) = known.iter().position(|one| one == name) {
                if seen & 1 << n != 0 {
                    doubtful = true;
                    self.tell(Code::DuplicateKey, here, format!("`{name}` stands twice: keep one of them"));
                }
                seen |= 1 << n;
            } else if let Some(meant) = known.iter().find(|one| one.eq_ignore_ascii_case(name)) {
                doubtful = true;
                self.tell(Code::UnknownElement, here, format!("there is no element `{name}`: write `{meant}`"));
            } else {
                self.tell(Code::UnknownElement, here, format!("there is no element `{name}`: remove it"));
            }
        }
        doubtful
    }

    /// Reports characters that policies must not hold.
    pub(super) fn characters(&mut self, value: &Json<'_>, path: Path<'_>) {
        match value {
            Json::Text(text) => self.characters_of(text, path),
            Json::List(items) => items.iter().enumerate().for_each(|(n, item)| self.characters(item, path.item(n))),
            Json::Object(members) => {
                for (name, value) in members {
                    self.characters_of(name, path.member(name));
                    self.characters(value, path.member(name));
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn characters_of(&mut self, text: &str, path: Path<'_>) {
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
        if let Some(c) = text.chars().find(|c| !allowed(*c)) {
            self.tell(Code::CharacterOutOfRange, path, format!("`{}` is no character for a policy: remove it", c.escape_default()));
        }
    }
}

/// Members of an object, as written.
pub(super) type Members<'a> = [(std::borrow::Cow<'a, str>, Json<'a>)];

/// All members of one name.
pub(super) fn all<'m, 'a>(members: &'m Members<'a>, name: &str) -> impl Iterator<Item = &'m Json<'a>> {
    members.iter().filter(move |(one, _)| one == name).map(|(_, value)| value)
}

/// A place in the document.
#[derive(Clone, Copy)]
pub(super) struct Path<'p> {
    above: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Member(&'p str),
    Item(usize),
}

impl<'p> Path<'p> {
    pub(super) const ROOT: Path<'static> = Path { above: None, step: Step::Item(0) };

    pub(super) const fn member(&'p self, name: &'p str) -> Self {
        Self { above: Some(self), step: Step::Member(name) }
    }

    pub(super) const fn item(&'p self, n: usize) -> Self {
        Self { above: Some(self), step: Step::Item(n) }
    }

    /// The same as a JSON pointer (RFC 6901).
    fn pointer(self) -> String {
        let Some(above) = self.above else { return String::new() };
        let mut pointer = above.pointer();
        pointer.push('/');
        match self.step {
            Step::Member(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
            Step::Item(n) => pointer.push_str(&n.to_string()),
        }
        pointer
    }
}
