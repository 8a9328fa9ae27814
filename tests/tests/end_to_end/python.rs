//! A virtual environment with the pinned packages of `requirements.txt`.
//!
//! It lies in the user's cache, one for each content of that file, and is made once, whoever asks
//! first. What it cannot make it says, with what to install; it never skips.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

const REQUIREMENTS: &str = include_str!("../../requirements.txt");

/// Path of an installed command, `moto_server`.
pub(crate) fn command(name: &str) -> PathBuf {
    let environment = environment().unwrap_or_else(|reason| panic!("the end-to-end tests need moto and cfn-lint: {reason}"));
    environment.join("bin").join(name)
}

fn environment() -> Result<PathBuf, String> {
    let cache = cache()?;
    fs::create_dir_all(&cache).map_err(|error| format!("`{}` cannot be made: {error}", cache.display()))?;
    let python = run(Command::new("python3").arg("--version"))
        .map_err(|error| format!("`python3` does not run ({error}): install Python 3.11 or newer"))?;
    let hash: String = Sha256::digest(format!("{python}{REQUIREMENTS}")).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = cache.join(format!("venv-{hash}"));
    let complete = folder.join("complete");

    // Several test binaries may start at once: the first one makes it, the others wait.
    let lock = File::create(cache.join(format!("venv-{hash}.lock"))).map_err(|error| format!("no lock file: {error}"))?;
    lock.lock().map_err(|error| format!("no lock: {error}"))?;
    let usable = complete.exists() && run(Command::new(folder.join("bin/python")).args(["-c", "import moto, cfnlint"])).is_ok();
    if !usable {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| format!("`{}` cannot be removed: {error}", folder.display()))?;
        }
        make(&folder)?;
        File::create(&complete).map_err(|error| format!("`{}` cannot be written: {error}", complete.display()))?;
    }
    Ok(folder)
}

fn cache() -> Result<PathBuf, String> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("XDG_CACHE_HOME")
        .or_else(|| named("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("wallwalk"))
        .ok_or_else(|| "neither XDG_CACHE_HOME nor HOME is set: set one, so that there is a place for a virtual environment".into())
}

fn make(folder: &Path) -> Result<(), String> {
    run(Command::new("python3").args(["-m", "venv"]).arg(folder)).map_err(|error| {
        format!("`python3 -m venv` failed ({error}): install the venv module, on Debian and Ubuntu `apt-get install python3-venv`")
    })?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(|error| format!("`{}` cannot be written: {error}", requirements.display()))?;
    run(Command::new(folder.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements))
    .map_err(|error| {
        format!("`pip install --requirement tests/requirements.txt` failed ({error}): it needs the Python package index, or a mirror named by PIP_INDEX_URL")
    })?;
    Ok(())
}

/// What the command prints, or the end of what it complains about.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    Err(format!("{}: {}", output.status, lines.iter().rev().take(3).rev().copied().collect::<Vec<_>>().join(" / ")))
}
