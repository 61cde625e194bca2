//! The values of statements that this machine put itself, kept for a registry that loses them.
//!
//! A registry's clean-up rule may remove the tag `_manifesto` with all that it lists. The documents are in the state
//! anyway; these files are what `recover` uploads besides. They are addressed by their sha256, which is checked
//! whenever one is read. So a damaged file counts as absent, and no file has to survive a power cut.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use bytes::Bytes;

use super::{Locked, RepositoryState, StateError, file, lock};
use crate::name::Digest;

/// The folder of the kept values of one repository.
pub(super) const VALUES: &str = "values";

/// The lock on the sum of all kept values of this user. No repository's lock has this name.
const LOCK: &str = "values.lock";

/// The space that a file takes at least, in bytes.
const BLOCK: u64 = 4 << 10;

impl RepositoryState {
    /// Returns a value that this machine put to the repository, or `None` if it is not kept or is damaged.
    ///
    /// # Errors
    /// The file is not accessible, or is not a regular file.
    pub fn kept_value(&self, digest: Digest) -> Result<Option<Bytes>, StateError> {
        let Some(place) = &self.place else { return Ok(None) };
        let path = place.folder.join(VALUES).join(digest.hex());
        match file::read(&path, self.limits.kept_value_bytes) {
            Ok(bytes) => Ok(bytes.filter(|bytes| Digest::of(bytes) == digest)),
            Err(StateError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Locked {
    /// Keeps values that this machine puts to the repository. Too large ones are left out. If all values of this user
    /// exceed their limit, the oldest are removed, of whichever repository.
    ///
    /// # Errors
    /// [`StateError::Busy`] if another process holds the lock on all values; [`StateError::Io`].
    pub fn keep_values(&self, values: &[Bytes], lock_timeout: Duration) -> Result<(), StateError> {
        let Some(place) = &self.state.place else { return Err(StateError::NoFolder) };
        let _lock = lock::acquire(&place.lock.with_file_name(LOCK), lock_timeout)?;
        let folder = self.folder.join(VALUES);
        let mut new = BTreeSet::new();
        for bytes in values.iter().filter(|bytes| bytes.len() as u64 <= self.limits.kept_value_bytes) {
            let path = folder.join(Digest::of(bytes).hex());
            // A full disk must not cost the value that is in the file already.
            file::replace_unsynced(&path, bytes)?;
            new.insert(path);
        }
        self.remove_oldest(&new)
    }

    fn remove_oldest(&self, new: &BTreeSet<PathBuf>) -> Result<(), StateError> {
        let mut kept = Vec::new();
        let repositories = self.folder.parent().unwrap_or(&self.folder);
        for name in file::list(repositories)? {
            let folder = repositories.join(name).join(VALUES);
            for name in file::list(&folder)?.into_iter().filter(|name| is_value(name)) {
                let path = folder.join(name);
                if let Some((modified, size)) = measure(&path)? {
                    kept.push((new.contains(&path), modified, path, size));
                }
            }
        }
        kept.sort();
        let mut total: u64 = kept.iter().map(|(.., size)| size).sum();
        for (_, _, path, size) in kept {
            if total <= self.limits.kept_values_bytes {
                break;
            }
            fs::remove_file(&path).or_else(absent).map_err(StateError::io("remove", &path))?;
            total -= size;
        }
        Ok(())
    }
}

/// Whether a name is that of a kept value. Others, such as those of temporary files, are skipped.
fn is_value(name: &str) -> bool {
    format!("sha256:{name}").parse::<Digest>().is_ok()
}

/// When a file was written, and the space that it takes. `None` if it is gone or is not a regular file.
fn measure(path: &Path) -> Result<Option<(SystemTime, u64)>, StateError> {
    let measured = fs::symlink_metadata(path).and_then(|metadata| {
        let size = metadata.len().max(1).next_multiple_of(BLOCK);
        Ok(metadata.is_file().then_some((metadata.modified()?, size)))
    });
    match measured {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        measured => measured.map_err(StateError::io("read", path)),
    }
}

fn absent(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
