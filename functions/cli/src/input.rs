//! Where a verb's facts and settings come from.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use wallwalk_checks::Settings;
use wallwalk_model::{Snapshot, Time};
use wallwalk_publish::Store;
use wallwalk_scanner::{clock, settings};
use wallwalk_secrets::Key;

use crate::args::Source;

/// Reads the settings file, or gives the defaults.
pub(crate) fn read_settings(path: Option<&Path>) -> anyhow::Result<Settings> {
    let Some(path) = path else { return Ok(Settings::default()) };
    let text = fs::read_to_string(path).with_context(|| format!("the settings file `{}` cannot be read", path.display()))?;
    Ok(settings::parse(&path.display().to_string(), &text)?)
}

/// What a verb judges.
pub(crate) struct Facts {
    /// Facts and gaps.
    pub(crate) snapshot: Snapshot,
    /// When reading them began.
    pub(crate) began: Time,
}

/// Facts from the snapshot named, or from the account. What is remembered in `store` is not read again
/// where it cannot have changed.
pub(crate) async fn facts(source: &Source, key: Key, store: Option<&Store>) -> anyhow::Result<Facts> {
    read(source, key, store, false).await
}

/// Facts as above; `used` has IAM report when permissions of an account's roles were last used.
pub(crate) async fn facts_of_use(source: &Source, key: Key, used: bool) -> anyhow::Result<Facts> {
    read(source, key, None, used).await
}

async fn read(source: &Source, key: Key, store: Option<&Store>, used: bool) -> anyhow::Result<Facts> {
    let began = clock::now();
    let snapshot = match &source.snapshot {
        Some(path) => {
            let loaded = wallwalk_collect::load(path, &key, began)?;
            tell_problems(&loaded.problems);
            loaded.snapshot
        }
        None => live::read(source, key, store, used).await?,
    };
    Ok(Facts { snapshot, began })
}

#[cfg(not(feature = "aws"))]
mod live {
    use super::{Key, Snapshot, Source, Store};

    #[expect(clippy::unused_async, reason = "its other half awaits the account")]
    pub(super) async fn read(_source: &Source, _key: Key, _store: Option<&Store>, _used: bool) -> anyhow::Result<Snapshot> {
        anyhow::bail!("this build reads files only: give `--snapshot FILE|FOLDER`, or build with the feature `aws` to read an account")
    }
}

#[cfg(feature = "aws")]
mod live {
    use std::io::IsTerminal as _;
    use std::sync::Arc;

    use wallwalk_collect::aws::{Collector, Options, Progress, Tell, whoami};
    use wallwalk_model::Scope;
    use wallwalk_scanner::account::{self, Login};

    use super::{Key, Snapshot, Source, Store, clock};

    /// Reads the account of the standard credential chain.
    pub(super) async fn read(source: &Source, key: Key, store: Option<&Store>, used: bool) -> anyhow::Result<Snapshot> {
        let login = Login {
            profile: source.profile.clone(),
            region: source.region.clone(),
            role_arn: source.role_arn.clone(),
            external_id: source.external_id.clone(),
        };
        let config = account::configure(&login).await;
        let place = whoami(&config).await?;
        let known = match store {
            Some(store) => store.load(&place).await?.map(|(state, _)| state.snapshot),
            None => None,
        };
        let known = known.unwrap_or_else(|| Snapshot::new(place.clone()));
        let shown = !source.quiet && std::io::stderr().is_terminal();
        let progress = shown.then(|| Arc::new(show) as Arc<Tell>);
        let collector = Collector::new(&config, place.clone(), key, clock::now).at_pace(source.pace);
        let collected = collector.collect(&Scope::Full, &known, &Options { progress, last_accessed: used, ..Options::default() }).await;
        if shown {
            eprint!("\r\x1b[K");
        }
        if !source.quiet {
            let report = &collected.report;
            let (calls, throttled) = (report.calls.values().sum::<u64>(), report.throttled);
            let slowed = if throttled > 0 { format!(", {throttled} of them throttled") } else { String::new() };
            eprintln!("wallwalk: read account {} in {} with {calls} API calls{slowed}", place.account, place.region);
        }
        Ok(known.merge(collected.snapshot).compacted())
    }

    fn show(progress: &Progress) {
        eprint!("\r\x1b[Kwallwalk: {} calls, {}", progress.calls, progress.call);
    }
}

/// Tells on standard error what was not understood.
pub(crate) fn tell_problems(problems: &[String]) {
    for problem in problems {
        eprintln!("wallwalk: note: {problem}");
    }
}
