//! The state of this machine: the roots that it trusts, and the last metadata that it verified.
//!
//! Protection against rollback depends on this state, so nothing in it is guessed. Only a file that does not exist
//! counts as absent. A pin, root, timestamp or snapshot that is damaged, too large or unreadable is an error that names
//! the file. The other documents only save requests and are fetched again. Every file is replaced as a whole and
//! durably, under a lock for its repository. Readers need no lock.
//!
//! ```text
//! STATE/
//!   trusted-keys.json            root keys for patterns of names
//!   locks/FOLDER.lock            held while a repository's folder changes; never removed
//!   repositories/FOLDER/
//!     pin.json                   the trusted root, and the reason for the trust
//!     pinned.root.json           that root
//!     root.json timestamp.json snapshot.json
//!                                the newest verified ones: no older ones are accepted
//!     targets.json roles/ROLE.json indexes/ROLE.json
//!     manifest.json              the last publication that was read completely: the `_manifesto` manifest, and the
//!                                verified documents that it lists, exactly as they were received
//!     superseded/ROLE.json       timestamp and snapshot of that publication, if newer ones were verified since but
//!                                other documents of theirs could not be read
//!     roots/VERSION.json         former newest roots
//!     beginning.json             when an `init` began that has not finished
//!     founding.json              the ids of first documents that were made here, for others to sign
//!     values/SHA256              values of statements that this machine put: at most 1 MiB each, and 64 MiB of all
//!                                repositories together; the oldest are removed
//!   locks/FOLDER.writer.lock     held while this user publishes to the repository
//!   locks/values.lock            held while the values of all repositories are counted
//! ```
//!
//! FOLDER is an injective encoding of the repository as the user named it. No fetched data selects a folder or a pin.
//! All functions block, so asynchronous callers run them on a thread.

mod document;
mod error;
mod file;
mod folder;
mod lock;
mod locked;
mod pin;
mod repository;
mod seen;
mod trusted_keys;
#[cfg(feature = "publish")]
mod values;

#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

pub use document::StateDocument;
pub use error::StateError;
use folder::Filed;
pub use locked::{Documents, Locked, Stored};
pub use pin::{AnchorOrigin, Pin, Pinned};
use repository::Place;
pub use repository::{RepositoryState, WriterLock};
pub use trusted_keys::{TrustedKey, TrustedKeyError, TrustedKeys};

use crate::{limits::Limits, name::Location};

/// The state directory of this user.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: Option<PathBuf>,
    limits: Limits,
}

impl StateDir {
    /// Opens the state directory at `path`. It need not exist: the first change creates it, with access for this user
    /// only.
    ///
    /// # Errors
    /// [`StateError::Exposed`] if other users may write to it; it is not a folder.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, StateError> {
        for folder in [path, &path.join(REPOSITORIES)] {
            file::check_folder(folder)?;
        }
        Ok(Self { path: Some(path.to_owned()), limits })
    }

    /// The state of a machine without a state directory. It remembers nothing, and every change fails with
    /// [`StateError::NoFolder`].
    pub fn nowhere(limits: Limits) -> Self {
        Self { path: None, limits }
    }

    /// The path of the directory, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The state of the repository that the user named. This creates and changes nothing.
    ///
    /// # Errors
    /// The pin cannot be read or is for another repository.
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

    /// Every pin, or why it cannot be read. A damaged pin does not hide the others.
    ///
    /// # Errors
    /// The folders cannot be listed.
    pub fn pins(&self) -> Result<Vec<Result<Pin, StateError>>, StateError> {
        let Some(repositories) = self.path().map(|path| path.join(REPOSITORIES)) else { return Ok(Vec::new()) };
        let names = file::list(&repositories)?;
        let pins = names.iter().map(|name| pin::read(&repositories.join(name), &self.limits));
        Ok(pins.filter_map(Result::transpose).collect())
    }

    /// Forgets the pin of a repository and all documents that were verified under it, in one step. Returns whether
    /// there was a pin or document. They need not be readable, so a user can recover from a damaged state.
    ///
    /// # Errors
    /// [`StateError::Busy`] if another process holds the lock for longer than `lock_timeout`; [`StateError::Io`].
    pub fn forget(&self, location: &Location, lock_timeout: Duration) -> Result<bool, StateError> {
        let filed = Filed::new(location)?;
        let path = self.path().ok_or(StateError::NoFolder)?;
        let _lock = lock::acquire(&lock_of(path, &filed), lock_timeout)?;
        // One rename removes everything, so no process ever sees a pin without the documents that belong to it.
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

/// The name of the folder that contains the repositories' folders.
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
