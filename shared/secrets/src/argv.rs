//! Command lines: `command`, `entryPoint`, health checks.

use crate::examine::{Context, Examined, Examiner, is_random};
use crate::key::Key;
use crate::name::{NameClass, classify};

/// What is left of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argv {
    /// Base name of the program, if it is a plain word.
    pub program: Option<String>,
    /// Whether a shell interprets the line.
    pub shell: bool,
    /// Names of the flags given.
    pub flags: Vec<String>,
    /// What the words betray.
    pub examined: Examined,
}

const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh"];
/// Programs whose `-p` takes a password.
const PASSWORD_P: &[&str] = &["mysql", "mysqladmin", "mysqldump", "mariadb", "mariadb-dump", "sshpass"];
/// Programs whose `-a` takes a password.
const PASSWORD_A: &[&str] = &["redis-cli", "valkey-cli"];

/// Examines a command line. Total and bounded.
#[must_use]
pub fn argv(lines: &[&str], context: &Context<'_>, key: &Key) -> Argv {
    let mut examiner = Examiner::new(context, key);
    let (shell, words) = expand(lines);
    let program = words.iter().find(|word| !is_assignment(word)).map(|word| base_name(word));
    let mut flags = Vec::new();
    let name = program.clone().unwrap_or_default();
    let mut iter = words.iter().peekable();
    while let Some(word) = iter.next() {
        one(&mut examiner, &name, word, &mut iter, &mut flags);
    }
    flags.sort();
    flags.dedup();
    Argv { program: program.filter(|word| is_plain(word)), shell, flags, examined: examiner.finish("text") }
}

/// A word that can be shown: of plain characters, and not so varied that it may be a credential.
fn is_plain(word: &str) -> bool {
    word.len() <= 40 && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+')) && !is_random(word, 10, 2.8)
}

fn base_name(word: &str) -> String {
    word.rsplit(['/', '\\']).next().unwrap_or(word).to_owned()
}

/// The words that are run: of a shell line, those of its text.
fn expand(lines: &[&str]) -> (bool, Vec<String>) {
    let program = lines.first().map(|word| base_name(word)).unwrap_or_default();
    if program == "CMD-SHELL" {
        return (true, split(&lines.get(1..).unwrap_or_default().join(" ")));
    }
    if program == "CMD" {
        return expand(lines.get(1..).unwrap_or_default());
    }
    if SHELLS.contains(&program.as_str())
        && let Some(at) = lines.iter().position(|word| word.starts_with('-') && word.contains('c'))
    {
        return (true, lines.iter().skip(at + 1).flat_map(|text| split(text)).collect());
    }
    match lines {
        [line] if line.contains(' ') => (false, split(line)),
        _ => (false, lines.iter().map(|word| (*word).to_owned()).collect()),
    }
}

/// POSIX quoting, lenient: an unclosed quote ends at the end.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ' | '\t' | '\n' | ';' | '|' | '&') => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (Some('"') | None, '\\') => word.extend(chars.next()),
            (_, c) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

fn one<'w>(
    examiner: &mut Examiner<'_>,
    program: &str,
    word: &'w str,
    rest: &mut std::iter::Peekable<std::slice::Iter<'w, String>>,
    flags: &mut Vec<String>,
) {
    if let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|flag| !flag.is_empty()) {
        let separator = flag.find(['=', ':']);
        let (name, value) = separator.map_or((flag, None), |at| (flag.get(..at).unwrap_or(flag), flag.get(at + 1..)));
        if program_password(program, flag) {
            flags.push("p".into());
            let glued = flag.get(1..).filter(|glued| !glued.is_empty() && *glued != "assword");
            if let Some(password) = glued {
                examiner.inner("password", password, None, 0);
            } else if let Some(next) = rest.next() {
                examiner.inner("password", next, None, 0);
            }
            return;
        }
        let known = name.trim_start_matches(['D', 'X']);
        flags.push(if classify(known) == NameClass::Neutral && name.len() > 40 {
            "withheld".into()
        } else {
            name.chars().take(40).collect()
        });
        let inner_name = name.rsplit('.').next().unwrap_or(name);
        match value {
            // `--set a.b=value`, `--build-arg K=V` come as the next word; `-e K=V` too.
            Some(value) => examiner.inner(inner_name, value, None, 0),
            None if takes_user(name) => {
                if let Some((user, password)) = rest.peek().and_then(|next| next.split_once(':')) {
                    examiner.inner("password", password, Some(user), 0);
                    rest.next();
                }
            }
            None if name == "H" || name == "header" => {
                if let Some((header, value)) = rest.peek().and_then(|next| next.split_once(':')) {
                    examiner.inner(header.trim(), value.trim(), None, 0);
                    rest.next();
                }
            }
            None => {
                let takes_value = rest.peek().is_some_and(|next| !next.starts_with('-'));
                if takes_value
                    && matches!(classify(inner_name), NameClass::Credential | NameClass::KeyLike)
                    && let Some(next) = rest.next().filter(|next| !next.starts_with('$'))
                {
                    examiner.inner(inner_name, next, None, 0);
                }
            }
        }
        return;
    }
    if is_assignment(word)
        && let Some((name, value)) = word.split_once('=')
    {
        if !value.starts_with('$') {
            examiner.inner(name, value, None, 0);
        }
        return;
    }
    examiner.value("", word, None, 0);
}

fn takes_user(flag: &str) -> bool {
    flag == "u" || flag == "user"
}

/// Whether the flag is this program's way to take a password; `-p 8080` of others is a port.
fn program_password(program: &str, flag: &str) -> bool {
    (flag.starts_with('p') && !flag.starts_with("port") && !flag.contains('=') && flag != "password" && PASSWORD_P.contains(&program))
        || (flag == "a" && PASSWORD_A.contains(&program))
}
