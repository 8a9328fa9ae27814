//! Where a verb's facts and settings come from.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use wallwalk_checks::Settings;
use wallwalk_collect::Loaded;
use wallwalk_scanner::{clock, settings};
use wallwalk_secrets::Key;

use crate::args::Source;

/// Reads the settings file, or gives the defaults.
pub(crate) fn read_settings(path: Option<&Path>) -> anyhow::Result<Settings> {
    let Some(path) = path else { return Ok(Settings::default()) };
    let text = fs::read_to_string(path).with_context(|| format!("the settings file `{}` cannot be read", path.display()))?;
    Ok(settings::parse(&path.display().to_string(), &text)?)
}

/// Facts from the snapshot named, or from the account.
pub(crate) async fn facts(source: &Source, key: &Key) -> anyhow::Result<Loaded> {
    match &source.snapshot {
        Some(path) => Ok(wallwalk_collect::load(path, key, clock::now())?),
        None => live(source, key).await,
    }
}

#[cfg(not(feature = "aws"))]
#[expect(clippy::unused_async, reason = "its other half awaits the account")]
async fn live(_source: &Source, _key: &Key) -> anyhow::Result<Loaded> {
    anyhow::bail!("this build reads files only: give `--snapshot FILE|FOLDER`, or build with the feature `aws` to read an account")
}

#[cfg(feature = "aws")]
async fn live(_source: &Source, _key: &Key) -> anyhow::Result<Loaded> {
    anyhow::bail!("reading an account is not available in this version: give `--snapshot FILE|FOLDER`")
}

/// Tells on standard error what was not understood.
pub(crate) fn tell_problems(problems: &[String]) {
    for problem in problems {
        eprintln!("wallwalk: note: {problem}");
    }
}
