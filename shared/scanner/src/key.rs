//! The key of the fingerprints: one for a deployment, so that equal values are recognised as equal
//! and nobody without the key can test guesses.

use anyhow::{anyhow, bail};
use wallwalk_publish::Store;
use wallwalk_secrets::Key;

/// Where the key lies in a store.
pub const NAME: &str = "config/fingerprint.key";

/// A fresh key for this run.
///
/// # Errors
/// If the system has no randomness.
pub fn fresh() -> anyhow::Result<Key> {
    Ok(Key::new(random()?))
}

/// The deployment's key, made on first use.
///
/// # Errors
/// If the store cannot be reached, or what lies there is no key.
pub async fn of_store(store: &Store) -> anyhow::Result<Key> {
    // Two first runs may race: whoever loses takes the winner's key.
    for _ in 0..2 {
        if let Some(bytes) = store.blob(NAME).await? {
            let Ok(bytes) = <[u8; 32]>::try_from(bytes) else {
                bail!("`{NAME}` in the state store is not 32 bytes long: move it away to have a new one made");
            };
            return Ok(Key::new(bytes));
        }
        let bytes = random()?;
        if store.create_blob(NAME, &bytes).await? {
            return Ok(Key::new(bytes));
        }
    }
    bail!("`{NAME}` was neither found nor written in the state store")
}

fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system gave no randomness for a fingerprint key: {error}"))?;
    Ok(bytes)
}
