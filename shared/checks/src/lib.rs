//! The joined view of a snapshot, and the checks that judge it.
//!
//! `analyse` is a pure function of snapshot, settings and time. Checks ask the view and the engines
//! behind it; what two checks share belongs there. Nothing here remembers an earlier scan.

pub mod catalog;
pub mod check;
pub mod estate;
pub mod judge;
pub mod roles;
pub mod segmentation;
pub mod settings;

pub use check::Check;
pub use estate::Estate;
pub use judge::{Analysis, analyse};
pub use settings::Settings;

use wallwalk_findings::{CheckInfo, Tier};

/// Every check there is, by name.
#[must_use]
pub fn catalogue() -> Vec<&'static CheckInfo> {
    catalog::CATALOG.iter().map(|check| &check.info).collect()
}

/// The checks that run under `settings`.
#[must_use]
pub fn enabled(settings: &Settings) -> Vec<&'static CheckInfo> {
    catalogue().into_iter().filter(|info| is_enabled(info, settings)).collect()
}

fn is_enabled(info: &CheckInfo, settings: &Settings) -> bool {
    settings.checks.get(info.name).and_then(|own| own.enabled).unwrap_or(info.tier != Tier::Off)
}
