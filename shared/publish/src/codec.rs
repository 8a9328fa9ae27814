//! The state's bytes: JSON, compressed with zstd.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wallwalk_findings::ledger::{SCHEMA, State};
use wallwalk_model::Place;

use crate::StoreError;

/// Compression level; higher ones cost more time than they save bytes.
const LEVEL: i32 = 3;
/// A decompressed state above this is refused rather than exhaust the function's memory.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Name of the state of `place`: `state/<account>/<region>.json.zst`.
#[must_use]
pub fn name(place: &Place) -> String {
    format!("state/{}/{}.json.zst", place.account, place.region)
}

/// The compressed JSON of anything that is kept beside the states.
///
/// # Errors
/// [`StoreError::Corrupt`] if it cannot be serialised.
pub fn pack<T: Serialize>(name: &str, value: &T) -> Result<Vec<u8>, StoreError> {
    let refuse = |reason: String| StoreError::Corrupt { name: name.to_owned(), reason };
    let json = serde_json::to_vec(value).map_err(|error| refuse(error.to_string()))?;
    zstd::bulk::compress(&json, LEVEL).map_err(|error| refuse(error.to_string()))
}

/// What [`pack`] made.
///
/// # Errors
/// [`StoreError::Corrupt`] for anything else.
pub fn unpack<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt { name: name.to_owned(), reason };
    let json = decompress(bytes).map_err(|error| corrupt(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| corrupt(error.to_string()))
}

/// The bytes of `state`. The same state gives the same bytes.
///
/// # Errors
/// [`StoreError::Corrupt`] if it cannot be serialised, which no state read by [`decode`] does.
pub fn encode(state: &State) -> Result<Vec<u8>, StoreError> {
    pack(&name(&state.place), state)
}

/// The state in `bytes`.
///
/// # Errors
/// [`StoreError::Corrupt`] for what is no state, [`StoreError::Newer`] for one of a newer version.
pub fn decode(name: &str, bytes: &[u8]) -> Result<State, StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt { name: name.to_owned(), reason };
    let json = decompress(bytes).map_err(|error| corrupt(error.to_string()))?;
    let schema: Schema = serde_json::from_slice(&json).map_err(|error| corrupt(error.to_string()))?;
    if schema.schema > u64::from(SCHEMA) {
        return Err(StoreError::Newer { name: name.to_owned(), found: schema.schema, known: SCHEMA });
    }
    serde_json::from_slice(&json).map_err(|error| corrupt(error.to_string()))
}

fn decompress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut json = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    zstd::stream::read::Decoder::new(bytes)?.take(most).read_to_end(&mut json)?;
    if json.len() >= MOST_BYTES { Err(std::io::Error::other("larger than any state")) } else { Ok(json) }
}

#[derive(serde::Deserialize)]
struct Schema {
    schema: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State::new(Place::new("aws", "111122223333", "eu-west-1"))
    }

    #[test]
    fn a_state_survives_its_bytes_and_gives_the_same_bytes_again() {
        let bytes = encode(&state()).unwrap();
        assert_eq!(decode("x", &bytes).unwrap(), state());
        assert_eq!(encode(&decode("x", &bytes).unwrap()).unwrap(), bytes);
    }

    #[test]
    fn a_newer_state_is_refused_and_named() {
        let mut newer = state();
        newer.schema = SCHEMA + 1;
        let error = decode("state/1/r.json.zst", &encode(&newer).unwrap()).unwrap_err();
        assert!(matches!(error, StoreError::Newer { .. }), "{error}");
        assert!(error.to_string().contains("state/1/r.json.zst"));
    }

    #[test]
    fn damaged_bytes_are_an_error_at_every_cut() {
        let bytes = encode(&state()).unwrap();
        for cut in 0..bytes.len() {
            assert!(matches!(decode("x", &bytes[..cut]), Err(StoreError::Corrupt { .. })), "cut at {cut}");
        }
        assert!(decode("x", b"not zstd at all").is_err());
    }
}
