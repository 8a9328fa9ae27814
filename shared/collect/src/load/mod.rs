//! Reads a snapshot file, one AWS CLI output, or a folder of them.
//!
//! It opens files and nothing else. Values are redacted on the way in, exactly as in a live reading.

mod recognise;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thiserror::Error;
use wallwalk_model::{Snapshot, Time, snapshot};
use wallwalk_secrets::Key;

use recognise::Reader;

/// Why nothing could be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The path cannot be read.
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A file is no JSON.
    #[error(
        "`{path}` is not JSON: line {line}, column {column}; give a snapshot written by `wallwalk collect`, or what the AWS CLI printed with `--output json`"
    )]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A snapshot of a newer form.
    #[error("`{path}` is a snapshot of schema {found}, this version knows {known}: use a newer wallwalk")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u64,
        /// What this version knows.
        known: u32,
    },
    /// A snapshot that does not have its form.
    #[error("`{path}` looks like a snapshot and is none: {reason}")]
    NotASnapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Nothing in it was recognised.
    #[error(
        "nothing in `{path}` is known: expected a snapshot written by `wallwalk collect`, or outputs of the AWS CLI such as `aws ecs describe-services`"
    )]
    Nothing {
        /// The path.
        path: PathBuf,
    },
    /// Objects of several accounts or Regions.
    #[error("`{path}` holds objects of `{one}` and of `{other}`: load one account and Region at a time")]
    Mixed {
        /// The path.
        path: PathBuf,
        /// One account and Region.
        one: String,
        /// Another.
        other: String,
    },
}

/// What was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// Facts and gaps.
    pub snapshot: Snapshot,
    /// What was not understood.
    pub problems: Vec<String>,
}

/// Loads `path`. Facts that do not say when they were read are dated `now`.
///
/// # Errors
/// [`LoadError`]. Files of a folder that are not understood are problems, not errors.
pub fn load(path: &Path, key: &Key, now: Time) -> Result<Loaded, LoadError> {
    let meta = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !meta.is_dir() {
        let document = parse(path, &read(path)?)?;
        return match document.get("schema").and_then(Value::as_u64) {
            Some(found) if document.get("listings").is_some() => own(path, document, found),
            _ => documents(path, vec![(path.to_path_buf(), document)], key, now),
        };
    }
    let mut files = Vec::new();
    walk(path, &mut files, 0)?;
    files.sort();
    let mut read_in = Vec::new();
    for file in files {
        let document = parse(&file, &read(&file)?)?;
        read_in.push((file, document));
    }
    documents(path, read_in, key, now)
}

/// Loads documents that are already in memory, each with a name for messages.
///
/// # Errors
/// As [`load`].
pub fn load_documents(texts: &[(&str, String)], key: &Key, now: Time) -> Result<Loaded, LoadError> {
    let mut parsed = Vec::new();
    for (name, text) in texts {
        let path = PathBuf::from(name);
        let document = parse(&path, text.as_bytes())?;
        parsed.push((path, document));
    }
    documents(Path::new("."), parsed, key, now)
}

fn documents(path: &Path, documents: Vec<(PathBuf, Value)>, key: &Key, now: Time) -> Result<Loaded, LoadError> {
    let mut reader = Reader::new(key, now);
    // The file that says when and where the others were read comes first.
    let (meta, others): (Vec<_>, Vec<_>) =
        documents.into_iter().partition(|(file, _)| file.file_name().is_some_and(|name| name == "meta.json"));
    for (file, document) in meta.into_iter().chain(others) {
        reader.document(&file.display().to_string(), document);
    }
    if reader.recognised == 0 {
        return Err(LoadError::Nothing { path: path.to_path_buf() });
    }
    if let Some((one, other)) = reader.mixed() {
        return Err(LoadError::Mixed { path: path.to_path_buf(), one, other });
    }
    Ok(reader.finish())
}

/// A snapshot that wallwalk wrote.
fn own(path: &Path, document: Value, found: u64) -> Result<Loaded, LoadError> {
    if found > u64::from(snapshot::SCHEMA) {
        return Err(LoadError::Newer { path: path.to_path_buf(), found, known: snapshot::SCHEMA });
    }
    let snapshot = serde_json::from_value(document)
        .map_err(|error| LoadError::NotASnapshot { path: path.to_path_buf(), reason: error.to_string() })?;
    Ok(Loaded { snapshot, problems: Vec::new() })
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, depth: usize) -> Result<(), LoadError> {
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.is_dir() && depth < 8 {
            walk(&path, files, depth + 1)?;
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|error| unreadable(path, &error))
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Value, LoadError> {
    serde_json::from_slice(bytes).map_err(|error| LoadError::NotJson {
        path: path.to_path_buf(),
        line: error.line(),
        column: error.column(),
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> LoadError {
    LoadError::Unreadable { path: path.to_path_buf(), reason: error.to_string() }
}
