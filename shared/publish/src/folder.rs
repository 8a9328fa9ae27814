//! The state store in a local folder: the same bytes and the same conditional writes as in S3.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wallwalk_findings::State;
use wallwalk_model::Place;

use crate::store::Version;
use crate::{StoreError, codec};

/// A folder that holds states and configuration.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at `root`; it is made when first written to.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The state of `place`, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read or decoded.
    pub fn load(&self, place: &Place) -> Result<Option<(State, Version)>, StoreError> {
        let name = codec::name(place);
        let Some(bytes) = self.blob(&name)? else { return Ok(None) };
        Ok(Some((codec::decode(&name, &bytes)?, version_of(&bytes))))
    }

    /// Writes `state` if the stored one is still `expected`; `None` expects that there is none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it is not, else what the file system says.
    pub fn save(&self, state: &State, expected: Option<&Version>) -> Result<Version, StoreError> {
        let name = codec::name(&state.place);
        let bytes = codec::encode(state)?;
        let path = self.root.join(&name);
        let failed = |error: std::io::Error| unreachable("write", &name, &error);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(path.with_extension("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let stored = self.blob(&name)?.map(|bytes| version_of(&bytes));
        if stored.as_ref() != expected {
            return Err(StoreError::Conflict);
        }
        write_atomically(&path, &bytes).map_err(failed)?;
        Ok(version_of(&bytes))
    }

    /// The bytes of the file `name`, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] if it exists and cannot be read.
    pub fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match fs::read(self.root.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreachable("read", name, &error)),
        }
    }

    /// Writes the file `name` for its owner's eyes only, unless it exists. Says whether it was written.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] if the folder cannot be written to.
    pub fn create_blob(&self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        let failed = |error: std::io::Error| unreachable("write", name, &error);
        let path = self.root.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        match options.open(&path) {
            Ok(mut file) => file.write_all(bytes).map(|()| true).map_err(failed),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes the file `name`, replacing it in one step.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] if the folder cannot be written to.
    pub fn put_blob(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.root.join(name);
        let write = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            write_atomically(&path, bytes)
        };
        write().map_err(|error| unreachable("write", name, &error))
    }
}

fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

fn version_of(bytes: &[u8]) -> Version {
    Version::new(wallwalk_findings::identity::hex(&Sha256::digest(bytes)))
}

fn unreachable(what: &'static str, name: &str, error: &std::io::Error) -> StoreError {
    StoreError::Unreachable { what, name: name.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wallwalk_model::Time;

    fn place() -> Place {
        Place::new("aws", "111122223333", "eu-west-1")
    }

    #[test]
    fn only_one_of_two_first_writers_wins() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        assert!(folder.load(&place()).unwrap().is_none());
        folder.save(&State::new(place()), None).unwrap();
        assert!(matches!(folder.save(&State::new(place()), None), Err(StoreError::Conflict)));
    }

    #[test]
    fn a_write_over_a_newer_state_is_a_conflict_and_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        let first = folder.save(&State::new(place()), None).unwrap();
        let mut newer = State::new(place());
        newer.written_at = Time::from_millis(5);
        let second = folder.save(&newer, Some(&first)).unwrap();
        assert_ne!(first, second);
        assert!(matches!(folder.save(&State::new(place()), Some(&first)), Err(StoreError::Conflict)));
        assert_eq!(folder.load(&place()).unwrap().unwrap().0, newer);
    }

    #[test]
    fn a_corrupt_state_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        folder.put_blob(&codec::name(&place()), b"rubbish").unwrap();
        assert!(matches!(folder.load(&place()), Err(StoreError::Corrupt { .. })));
        assert!(matches!(folder.save(&State::new(place()), None), Err(StoreError::Conflict)));
        assert_eq!(folder.blob(&codec::name(&place())).unwrap().unwrap(), b"rubbish");
    }

    #[test]
    fn many_writers_at_once_lose_no_write() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        loop {
                            let loaded = folder.load(&place()).unwrap();
                            let (mut state, version) =
                                loaded.map_or((State::new(place()), None), |(state, version)| (state, Some(version)));
                            state.written_by.write += 1;
                            match folder.save(&state, version.as_ref()) {
                                Ok(_) => break,
                                Err(StoreError::Conflict) => {}
                                Err(error) => panic!("{error}"),
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(folder.load(&place()).unwrap().unwrap().0.written_by.write, 40);
    }

    #[test]
    #[cfg(unix)]
    fn a_key_is_written_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        assert!(folder.create_blob("fingerprint.key", b"one").unwrap());
        assert!(!folder.create_blob("fingerprint.key", b"two").unwrap());
        assert_eq!(folder.blob("fingerprint.key").unwrap().unwrap(), b"one");
        let mode = fs::metadata(dir.path().join("fingerprint.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
