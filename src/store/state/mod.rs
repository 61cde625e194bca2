//! What this machine remembers: whom it trusts, and the last metadata that it verified.
//!
//! Without memory there is no protection against rollback, so nothing here is ever guessed. Only a file that does not
//! exist counts as absent; one that is damaged, too large or unreadable is an error that names it, never an empty
//! start. Every file is replaced as a whole and durably, under a lock of its repository; readers need no lock.
//!
//! ```text
//! STATE/
//!   trusted-keys.json            root keys for patterns of names
//!   locks/FOLDER.lock            held while a repository's folder changes; never removed
//!   repositories/FOLDER/
//!     pin.json                   which root is trusted, and how it came to be
//!     pinned.root.json           that root
//!     root.json timestamp.json snapshot.json targets.json roles/ROLE.json
//!     indexes/ROLE.json          the verified documents, byte for byte as they were received
//!     manifest.json              the `_manifesto` manifest that they all came from
//! ```
//!
//! FOLDER is made from the repository as the user named it, by an injective encoding. Nothing that was fetched selects
//! a folder or a pin. Everything here blocks; asynchronous callers use a thread for it.

mod error;
mod file;
mod folder;
mod lock;
mod locked;
mod pattern;
mod pin;
mod repository;
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
pub use pattern::{NamePattern, NamePatternError};
pub use pin::{How, Pin, Pinned};
pub use repository::{Document, RepositoryState, WriterLock};
pub use trusted_keys::{TrustedKey, TrustedKeyError, TrustedKeys};

use crate::{limits::Limits, name::Location};

/// The state directory of this user.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
    limits: Limits,
}

impl StateDir {
    /// Opens the state directory, and makes it, for this user alone, if there is none.
    ///
    /// # Errors
    /// [`StateError::Io`] where it cannot be made, or is no folder.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, StateError> {
        file::create_folder(path)?;
        Ok(Self { path: path.to_owned(), limits })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is remembered of the repository that the user named. Nothing is made or changed.
    ///
    /// # Errors
    /// Where its pin cannot be read, or is about another repository.
    pub fn repository(&self, location: &Location) -> Result<RepositoryState, StateError> {
        let filed = Filed::new(location)?;
        let state = RepositoryState {
            folder: self.repositories().join(&filed.folder),
            lock: self.lock_of(&filed),
            name: filed.name,
            limits: self.limits.clone(),
        };
        state.pin()?;
        Ok(state)
    }

    /// Every pin, or why it cannot be read: one damaged pin hides no other.
    ///
    /// # Errors
    /// Where the folders cannot be listed.
    pub fn pins(&self) -> Result<Vec<Result<Pin, StateError>>, StateError> {
        let repositories = self.repositories();
        let names = file::list(&repositories)?;
        let pins = names.iter().map(|name| pin::read(&repositories.join(name), &self.limits));
        Ok(pins.filter_map(Result::transpose).collect())
    }

    /// Forgets the pin of a repository and all that was verified under it, at once. Returns whether there was any.
    ///
    /// What is forgotten need not be readable: this is the way out of a damaged state.
    ///
    /// # Errors
    /// [`StateError::Busy`] where another process holds the lock for longer than `patience`; [`StateError::Io`].
    pub fn forget(&self, location: &Location, patience: Duration) -> Result<bool, StateError> {
        let filed = Filed::new(location)?;
        let _lock = lock::acquire(&self.lock_of(&filed), patience)?;
        // One rename makes all of it absent; a pin without the memory that belongs to it is never seen.
        let (folder, forgotten) = (self.repositories().join(&filed.folder), self.path.join("forgotten"));
        file::create_folder(&forgotten)?;
        let grave = forgotten.join(&filed.folder);
        remove_folder(&grave)?;
        match fs::rename(&folder, &grave) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StateError::io("remove", folder)(error)),
        }
        file::sync_folder(&self.repositories()).map_err(StateError::io("write", self.repositories()))?;
        remove_folder(&grave)?;
        Ok(true)
    }

    fn repositories(&self) -> PathBuf {
        self.path.join("repositories")
    }

    fn lock_of(&self, filed: &Filed) -> PathBuf {
        self.path.join("locks").join(format!("{}.lock", filed.folder))
    }
}

fn remove_folder(path: &Path) -> Result<(), StateError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StateError::io("remove", path)(error)),
        _ => Ok(()),
    }
}
