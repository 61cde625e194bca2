use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::{
    Pin, Pinned, StateDocument, StateError,
    document::{FORMER_ROOTS, SUPERSEDED, version},
    file, lock,
    pin::{self, PIN, PINNED_ROOT},
};
use crate::{
    limits::Limits,
    name::{Digest, RoleName, TopLevelRole},
    time::Timestamp,
};

/// The lock on publishing to a repository as this user. It is held until it is dropped.
#[derive(Debug)]
pub struct WriterLock(#[allow(dead_code, reason = "what counts is that it is open")] std::fs::File);

/// What this machine remembers of one repository. Reading needs no lock; [`Locked`](super::Locked) changes it.
///
/// Each file is always whole, but two reads may see the state before and after a change. This is safe: a reader looks
/// up a document by the hash in the document above it, and fetches it if the remembered one differs.
#[derive(Debug, Clone)]
pub struct RepositoryState {
    /// `None` if this machine has no state directory.
    pub(super) place: Option<Place>,
    pub(super) name: String,
    pub(super) limits: Limits,
}

/// The location of one repository's state.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) lock: PathBuf,
}

impl RepositoryState {
    /// The name under which the repository is recorded: `oci:` and the absolute path for a layout.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The current pin, if there is one.
    ///
    /// # Errors
    /// The pin cannot be read or is for another repository.
    pub fn pin(&self) -> Result<Option<Pin>, StateError> {
        let Some(place) = &self.place else { return Ok(None) };
        let Some(pin) = pin::read(&place.folder, &self.limits)? else { return Ok(None) };
        if pin.repository != self.name {
            let path = place.folder.join(PIN);
            return Err(StateError::OtherRepository { path, expected: self.name.clone(), found: pin.repository });
        }
        Ok(Some(pin))
    }

    /// The current pin and its root, if there is one.
    ///
    /// # Errors
    /// The pin or root cannot be read, or the root is not the pinned one.
    pub fn pinned(&self) -> Result<Option<Pinned>, StateError> {
        let (Some(place), Some(pin)) = (&self.place, self.pin()?) else { return Ok(None) };
        let path = place.folder.join(PINNED_ROOT);
        let root = file::read(&path, self.limits.root_bytes)?;
        let found = root.as_deref().map(Digest::of);
        match root {
            Some(root) if found == Some(pin.fingerprint) => Ok(Some(Pinned { pin, root })),
            _ => Err(StateError::PinnedRoot { path, recorded: pin.fingerprint, found }),
        }
    }

    /// A remembered document, exactly as it was received. Returns `None` only if it is not remembered.
    ///
    /// This checks that the document is JSON, and that metadata has a version. The caller must check signatures. A
    /// damaged or too large document that only saves a request counts as absent.
    ///
    /// # Errors
    /// The file is unreadable, too large or damaged.
    pub fn read(&self, document: &StateDocument) -> Result<Option<Bytes>, StateError> {
        match self.read_whole(document) {
            Err(StateError::Corrupt { .. } | StateError::TooLarge { .. }) if document.only_saves_requests() => Ok(None),
            read => read,
        }
    }

    fn read_whole(&self, document: &StateDocument) -> Result<Option<Bytes>, StateError> {
        let Some(path) = self.path(document) else { return Ok(None) };
        let Some(bytes) = file::read(&path, document.limit(&self.limits))? else { return Ok(None) };
        let whole = match document {
            StateDocument::Metadata(_) | StateDocument::Superseded(_) => version(&bytes).map(drop),
            StateDocument::Index(_) | StateDocument::Manifest | StateDocument::Founding | StateDocument::Beginning => {
                serde_json::from_slice::<IgnoredAny>(&bytes).map(drop)
            }
        };
        whole.map_err(|source| StateError::Corrupt { path, source })?;
        Ok(Some(bytes))
    }

    /// The ids of first documents that this machine made for others to sign.
    ///
    /// # Errors
    /// The file is unreadable, too large or damaged.
    pub fn offline_inits(&self) -> Result<Vec<Digest>, StateError> {
        let (Some(path), Some(bytes)) = (self.path(&StateDocument::Founding), self.read(&StateDocument::Founding)?)
        else {
            return Ok(Vec::new());
        };
        serde_json::from_slice(&bytes).map_err(|source| StateError::Corrupt { path, source })
    }

    /// When this machine began to initialise the repository, if it was interrupted. The keys that it made then have
    /// this date.
    ///
    /// # Errors
    /// The file is unreadable or damaged.
    pub fn unfinished_init(&self) -> Result<Option<Timestamp>, StateError> {
        let (Some(path), Some(bytes)) = (self.path(&StateDocument::Beginning), self.read(&StateDocument::Beginning)?)
        else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|source| StateError::Corrupt { path, source })
    }

    /// All remembered documents by their sha256, so that a reader does not fetch them again. Documents beyond the limit
    /// on memory are left out.
    ///
    /// # Errors
    /// A document is unreadable, or one that protects against rollback is damaged.
    pub fn documents(&self) -> Result<BTreeMap<Digest, Bytes>, StateError> {
        let top_level = TopLevelRole::ALL.map(|role| StateDocument::Metadata(role.into())).into_iter();
        let top_level = top_level.chain(SUPERSEDED.map(StateDocument::Superseded));
        let delegated = self.listed("roles")?.into_iter().map(|name| StateDocument::Metadata(name.into()));
        let indexes = self.listed("indexes")?.into_iter().map(StateDocument::Index);
        let (mut found, mut held) = (BTreeMap::new(), 0_u64);
        for document in top_level.chain(delegated).chain(indexes) {
            if let Some(bytes) = self.read(&document)? {
                held = held.saturating_add(bytes.len() as u64);
                if held > self.limits.held_bytes {
                    break;
                }
                found.insert(Digest::of(&bytes), bytes);
            }
        }
        Ok(found)
    }

    /// Former newest roots, by their sha256: the chain from the pinned root to the newest, as far as this machine
    /// followed it. They are kept because a registry may lose them.
    ///
    /// # Errors
    /// A root is unreadable or too large.
    pub fn former_roots(&self) -> Result<BTreeMap<Digest, Bytes>, StateError> {
        let Some(folder) = self.place.as_ref().map(|place| place.folder.join(FORMER_ROOTS)) else {
            return Ok(BTreeMap::new());
        };
        let mut found = BTreeMap::new();
        for name in file::list(&folder)?.iter().filter(|name| name.ends_with(".json")) {
            if let Some(bytes) = file::read(&folder.join(name), self.limits.root_bytes)? {
                found.insert(Digest::of(&bytes), bytes);
            }
        }
        Ok(found)
    }

    /// The former newest root of this version, if this machine remembers it. The caller must verify it.
    ///
    /// # Errors
    /// The file is unreadable or too large.
    #[cfg(feature = "publish")]
    pub fn former_root(&self, version: u64) -> Result<Option<Bytes>, StateError> {
        let Some(place) = &self.place else { return Ok(None) };
        file::read(&place.folder.join(FORMER_ROOTS).join(format!("{version}.json")), self.limits.root_bytes)
    }

    /// Takes the lock that puts this user's publications to the repository in order. Waits at most `lock_timeout`.
    /// While it is held, this and other processes can read and change the state.
    ///
    /// # Errors
    /// The same as those of [`lock`](Self::lock).
    pub fn order_writers(&self, lock_timeout: Duration) -> Result<WriterLock, StateError> {
        let place = self.place.as_ref().ok_or(StateError::NoFolder)?;
        lock::acquire(&place.lock.with_extension("writer.lock"), lock_timeout).map(WriterLock)
    }

    /// The roles that have a file in `folder`. Other names, such as those of temporary files, are skipped.
    pub(super) fn listed(&self, folder: &str) -> Result<Vec<RoleName>, StateError> {
        let Some(place) = &self.place else { return Ok(Vec::new()) };
        let names = file::list(&place.folder.join(folder))?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect())
    }

    pub(super) fn path(&self, document: &StateDocument) -> Option<PathBuf> {
        Some(self.place.as_ref()?.folder.join(document.file()))
    }
}
