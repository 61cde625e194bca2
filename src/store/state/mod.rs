//! What this machine remembers: whom it trusts, and the last metadata that it verified.
//!
//! Without memory there is no protection against rollback, so nothing here is ever guessed. Only a file that does not
//! exist counts as absent. A pin, root, timestamp or snapshot that is damaged, too large or unreadable is an error that
//! names it, never an empty start; the other documents only save requests, and are fetched again. Every file is replaced as a whole and durably, under a lock of its repository; readers need no lock.
//!
//! ```text
//! STATE/
//!   trusted-keys.json            root keys for patterns of names
//!   locks/FOLDER.lock            held while a repository's folder changes; never removed
//!   repositories/FOLDER/
//!     pin.json                   which root is trusted, and how it came to be
//!     pinned.root.json           that root
//!     root.json timestamp.json snapshot.json
//!                                the newest that were verified: no older ones are accepted
//!     targets.json roles/ROLE.json indexes/ROLE.json
//!     manifest.json              the last publication that was read as a whole: the `_manifesto` manifest, and verified
//!                                documents that it lists, byte for byte as they were received
//!     superseded/ROLE.json       timestamp and snapshot of that publication, where newer ones were verified since but
//!                                what belongs to them was not to be had
//!     roots/VERSION.json         roots that were the newest once
//!     founding.json                   the ids of first documents that were made here, for others to sign
//!   locks/FOLDER.writer.lock     held while this user publishes to the repository
//! ```
//!
//! FOLDER is made from the repository as the user named it, by an injective encoding. Nothing that was fetched selects
//! a folder or a pin. Everything here blocks; asynchronous callers use a thread for it.

mod error;
mod file;
mod folder;
mod lock;
mod locked;
mod pin;
mod repository;
mod seen;
mod trusted_keys;

#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

pub use error::StateError;
use folder::Filed;
pub use locked::{Documents, Locked, Stored};
pub use pin::{AnchorOrigin, Pin, Pinned};
use repository::Place;
pub use repository::{Document, RepositoryState, WriterLock};
pub use trusted_keys::{TrustedKey, TrustedKeyError, TrustedKeys};

use crate::{limits::Limits, name::Location};

/// The state directory of this user.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: Option<PathBuf>,
    limits: Limits,
}

impl StateDir {
    /// The state directory at `path`. It need not be there: the first change makes it, for this user alone.
    ///
    /// # Errors
    /// [`StateError::Exposed`] where others may write to it; it is no folder.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, StateError> {
        for folder in [path, &path.join(REPOSITORIES)] {
            file::check_folder(folder)?;
        }
        Ok(Self { path: Some(path.to_owned()), limits })
    }

    /// The state of a machine that has no place for one: it remembers nothing, and every change is
    /// [`StateError::NoFolder`].
    pub fn nowhere(limits: Limits) -> Self {
        Self { path: None, limits }
    }

    /// Where it is.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What is remembered of the repository that the user named. Nothing is made or changed.
    ///
    /// # Errors
    /// Where its pin cannot be read, or is about another repository.
    pub fn repository(&self, location: &Location) -> Result<RepositoryState, StateError> {
        let filed = Filed::new(location)?;
        let place = self.path().map(|path| Place { folder: folder_of(path, &filed), lock: lock_of(path, &filed) });
        if let Some(place) = &place {
            file::check_folder(&place.folder)?;
        }
        let state = RepositoryState { place, name: filed.name, limits: self.limits.clone() };
        state.pin()?;
        Ok(state)
    }

    /// Every pin, or why it cannot be read: one damaged pin hides no other.
    ///
    /// # Errors
    /// Where the folders cannot be listed.
    pub fn pins(&self) -> Result<Vec<Result<Pin, StateError>>, StateError> {
        let Some(repositories) = self.path().map(|path| path.join(REPOSITORIES)) else { return Ok(Vec::new()) };
        let names = file::list(&repositories)?;
        let pins = names.iter().map(|name| pin::read(&repositories.join(name), &self.limits));
        Ok(pins.filter_map(Result::transpose).collect())
    }

    /// Forgets the pin of a repository and all that was verified under it, at once. Returns whether there was any.
    ///
    /// What is forgotten need not be readable: this is the way out of a damaged state.
    ///
    /// # Errors
    /// [`StateError::Busy`] where another process holds the lock for longer than `lock_timeout`; [`StateError::Io`].
    pub fn forget(&self, location: &Location, lock_timeout: Duration) -> Result<bool, StateError> {
        let filed = Filed::new(location)?;
        let path = self.path().ok_or(StateError::NoFolder)?;
        let _lock = lock::acquire(&lock_of(path, &filed), lock_timeout)?;
        // One rename makes all of it absent; a pin without the memory that belongs to it is never seen.
        let (folder, forgotten) = (folder_of(path, &filed), path.join("forgotten"));
        file::create_folder(&forgotten)?;
        let grave = forgotten.join(&filed.folder);
        remove_folder(&grave)?;
        match fs::rename(&folder, &grave) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StateError::io("remove", folder)(error)),
        }
        let repositories = path.join(REPOSITORIES);
        file::sync_folder(&repositories).map_err(StateError::io("write", &repositories))?;
        remove_folder(&grave)?;
        Ok(true)
    }
}

/// The folder of the repositories' folders.
const REPOSITORIES: &str = "repositories";

fn folder_of(state: &Path, filed: &Filed) -> PathBuf {
    state.join(REPOSITORIES).join(&filed.folder)
}

fn lock_of(state: &Path, filed: &Filed) -> PathBuf {
    state.join("locks").join(format!("{}.lock", filed.folder))
}

fn remove_folder(path: &Path) -> Result<(), StateError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StateError::io("remove", path)(error)),
        _ => Ok(()),
    }
}
