//! What the verbs about one role share: where facts come from, who is meant, and how text is laid out.

use std::fmt::Write as _;

use anyhow::bail;
use serde_json::Value;
use wallwalk_checks::Estate;
use wallwalk_checks::roles::inspect::{self, NotFound, Principal, names};
use wallwalk_findings::text::line;
use wallwalk_model::{Snapshot, Time};
use wallwalk_publish::folder::Folder;
use wallwalk_scanner::settings::nearest;
use wallwalk_scanner::{clock, key};

use crate::args::{Form, Look, Source};
use crate::{input, verbs};

/// Columns of text.
const WIDTH: usize = 100;
/// Columns of labels.
const LABEL: usize = 20;

/// The snapshot that is looked at, and the time of judgement. What is remembered is judged as of the time
/// it was written.
pub(crate) async fn facts(source: &Source, look: &Look, used: bool) -> anyhow::Result<(Snapshot, Time)> {
    match &look.state {
        Some(folder) => verbs::explain::stored(&Folder::new(folder)),
        None => Ok((input::facts_of_use(source, key::fresh()?, used).await?.snapshot, clock::now())),
    }
}

/// The role or user of that name or ARN; or, told already, that it was not read, which is an answer and not
/// wrong use. `json` is how the JSON form says why.
pub(crate) fn find<'e>(
    estate: &'e Estate<'_>,
    written: &str,
    form: Form,
    json: fn(String) -> Value,
) -> anyhow::Result<Option<&'e Principal>> {
    match inspect::find(estate, written) {
        Ok(principal) => Ok(Some(principal)),
        Err(why @ NotFound::Unread(..)) => {
            match form {
                Form::Text => println!("unread   {why}"),
                Form::Json => println!("{}", serde_json::to_string_pretty(&json(why.to_string()))?),
            }
            Ok(None)
        }
        Err(why @ NotFound::Elsewhere(..)) => bail!("{why}"),
        Err(why @ NotFound::NoSuch(_)) => {
            let known = names(estate);
            let mut within = known.iter().filter(|name| name.contains(written));
            // Of several that contain it none is better than the others.
            let only = within.next().filter(|_| within.next().is_none());
            let near = only.map(|name| format!("; did you mean `{name}`?"));
            bail!("{why}{}", near.unwrap_or_else(|| suggestion(written, known.into_iter())))
        }
    }
}

/// `; did you mean …?`, if something known is near.
pub(crate) fn suggestion<'n>(written: &str, known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.collect();
    let folded: Vec<String> = known.iter().map(|name| name.to_ascii_lowercase()).collect();
    let near = nearest(&written.to_ascii_lowercase(), &folded.iter().map(String::as_str).collect::<Vec<_>>());
    let near = near.and_then(|near| known.iter().find(|name| name.eq_ignore_ascii_case(near)));
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Text in the making: labels on the left, what belongs to them on the right.
pub(crate) struct Page {
    out: String,
    colour: bool,
}

/// How something is stressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stress {
    Bold,
    Good,
    Bad,
    Open,
}

impl Page {
    pub(crate) const fn new(colour: bool) -> Self {
        Self { out: String::new(), colour }
    }

    pub(crate) fn paint(&self, stress: Stress, text: &str) -> String {
        let code = match stress {
            Stress::Bold => "1",
            Stress::Good => "1;32",
            Stress::Bad => "1;31",
            Stress::Open => "1;33",
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A line as it is.
    pub(crate) fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    pub(crate) fn heading(&mut self, text: &str) {
        let painted = self.paint(Stress::Bold, text);
        let _ = writeln!(self.out, "\n{painted}");
    }

    /// Items under one label, each wrapped.
    pub(crate) fn items(&mut self, label: &str, items: impl IntoIterator<Item = String>) {
        for (n, item) in items.into_iter().enumerate() {
            self.item(if n == 0 { label } else { "" }, &item);
        }
    }

    /// One item under a label, wrapped.
    pub(crate) fn item(&mut self, label: &str, item: &str) {
        self.wrapped(&format!("  {label:LABEL$}"), item);
    }

    /// Text after a margin of its own, wrapped two columns further in.
    pub(crate) fn wrapped(&mut self, margin: &str, text: &str) {
        let start = margin.chars().count();
        let mut row = margin.to_owned();
        let mut used = start;
        for word in line(text, 2000).split(' ') {
            let length = word.chars().count();
            if used > start && used + 1 + length > WIDTH {
                let _ = writeln!(self.out, "{}", row.trim_end());
                row = " ".repeat(start + 2);
                used = start + 2;
            } else if used > start {
                row.push(' ');
                used += 1;
            }
            row.push_str(word);
            used += length;
        }
        let _ = writeln!(self.out, "{}", row.trim_end());
    }

    pub(crate) fn print(&self) {
        print!("{}", self.out);
    }
}

/// The first of a list, and how many there are more.
pub(crate) fn first<S: AsRef<str>>(list: &[S], most: usize) -> String {
    let shown: Vec<&str> = list.iter().take(most).map(AsRef::as_ref).collect();
    let more = if list.len() > most { format!(" and {} more", list.len() - most) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
