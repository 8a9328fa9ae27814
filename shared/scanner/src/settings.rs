//! The settings file: YAML, read strictly.

use thiserror::Error;
use wallwalk_checks::Settings;

/// Name of the settings in a store.
pub const NAME: &str = "config/settings.yaml";

/// A settings file with mistakes.
#[derive(Debug, Error)]
#[error("the settings in `{file}` cannot be used: {reason}")]
pub struct SettingsError {
    /// The file.
    pub file: String,
    /// What is wrong, with line and column.
    pub reason: String,
}

/// Reads settings. An empty file gives the defaults; an unknown key or check is an error that names
/// it with its line.
///
/// # Errors
/// [`SettingsError`].
pub fn parse(file: &str, text: &str) -> Result<Settings, SettingsError> {
    let refuse = |reason: String| SettingsError { file: file.to_owned(), reason };
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Settings::default());
    }
    let settings: Settings = serde_saphyr::from_str(text).map_err(|error| refuse(error.to_string()))?;
    let known: Vec<&str> = wallwalk_checks::catalogue().iter().map(|info| info.name).collect();
    for name in settings.checks.keys() {
        if !known.contains(&name.as_str()) {
            let line = text.lines().position(|line| line.trim_start().starts_with(name.as_str())).map_or(0, |line| line + 1);
            let near = nearest(name, &known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(refuse(format!("line {line}: there is no check `{name}`{near}")));
        }
    }
    Ok(settings)
}

/// The known name most like `name`, if one is alike enough to be a slip of the pen.
#[must_use]
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known.iter().map(|candidate| (distance(name, candidate), *candidate)).min().filter(|(far, _)| *far <= 4).map(|(_, candidate)| candidate)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.iter().skip(1)) {
            let cost = usize::from(x != *y);
            left = (diagonal + cost).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(parse("s.yaml", "# nothing yet\n").unwrap(), Settings::default());
    }

    #[test]
    fn a_typo_is_named_with_its_line() {
        let error = parse("s.yaml", "production: [prod]\nenvironment_tagg: Env\n").unwrap_err().to_string();
        assert!(error.contains("s.yaml") && error.contains("environment_tagg"), "{error}");
        let error = parse("s.yaml", "checks:\n  priviledged-container: {enabled: false}\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("did you mean `privileged-container`"), "{error}");
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
