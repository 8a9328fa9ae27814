//! Makes the static tables of the catalogue out of `data/`, so that nothing is parsed when a program
//! starts. What does not fit together in the data fails the build.

#[path = "src/catalogue/hash.rs"]
mod hash;
#[path = "build/source.rs"]
mod source;
#[path = "build/write.rs"]
mod write;

use std::path::{Path, PathBuf};
use std::{env, fs};

use source::{Origin, Source};

type Result<T> = std::result::Result<T, String>;

/// Marks a required resource type in a list of types.
const REQUIRED: u16 = 1 << 15;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=data");
    let data = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("data");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut source = Source::default();
    source.read_catalogue(&read(&data, "catalogue.txt")?)?;
    source.read_names(&read(&data, "tombstones.txt")?, Origin::Dropped)?;
    source.read_names(&read(&data, "supplement.txt")?, Origin::Added)?;
    source.read_overrides(&read(&data, "overrides.txt")?)?;
    source.read_tags(&read(&data, "tags.txt")?)?;
    source.read_tracked(&read(&data, "tracked.txt")?)?;
    source.read_keys(&read(&data, "global_keys.txt")?)?;
    write::write(&source, &out)?;
    Ok(())
}

fn read(folder: &Path, name: &str) -> Result<String> {
    fs::read_to_string(folder.join(name)).map_err(|error| format!("`{name}` cannot be read: {error}"))
}
