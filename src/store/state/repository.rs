use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    Locked, Pin, Pinned, StateError, file, lock,
    pin::{self, PIN, PINNED_ROOT},
};
use crate::{
    limits::Limits,
    name::{Digest, Role, RoleName, TopLevelRole},
};

/// A document that is remembered for a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// A role's signed metadata; of root, the newest that is trusted.
    Metadata(Role),
    /// The index of what a role signs.
    Index(RoleName),
    /// The `_manifesto` manifest of the last publication that was read as a whole.
    Manifest,
    /// That publication's timestamp or snapshot, where a newer one was verified since.
    Superseded(TopLevelRole),
    /// The ids of the first documents that were made here, for others to sign.
    Founding,
}

impl Document {
    /// Its file in the repository's folder. The grammar of role names keeps it there.
    pub(super) fn file(&self) -> String {
        match self {
            Self::Metadata(Role::TopLevel(role)) => format!("{role}.json"),
            Self::Metadata(Role::Delegated(name)) => format!("roles/{name}.json"),
            Self::Index(name) => format!("indexes/{name}.json"),
            Self::Manifest => "manifest.json".to_owned(),
            Self::Superseded(role) => format!("{SUPERSEDED_FOLDER}/{role}.json"),
            Self::Founding => "founding.json".to_owned(),
        }
    }

    /// Whether nothing rests on the document: its content is looked up by a signed hash, and the floor under its version
    /// is in the snapshot above it.
    fn only_saves_requests(&self) -> bool {
        match self {
            Self::Metadata(Role::TopLevel(role)) => *role == TopLevelRole::Targets,
            Self::Metadata(Role::Delegated(_)) | Self::Index(_) | Self::Manifest | Self::Superseded(_) => true,
            Self::Founding => false,
        }
    }

    fn limit(&self, limits: &Limits) -> u64 {
        match self {
            Self::Metadata(Role::TopLevel(role)) | Self::Superseded(role) => match role {
                TopLevelRole::Root => limits.root_bytes,
                TopLevelRole::Timestamp => limits.timestamp_bytes,
                TopLevelRole::Snapshot => limits.snapshot_bytes,
                TopLevelRole::Targets => limits.targets_bytes,
            },
            Self::Metadata(Role::Delegated(_)) => limits.targets_bytes,
            Self::Index(_) => limits.index_bytes,
            Self::Manifest | Self::Founding => limits.manifest_bytes,
        }
    }
}

/// The right to publish to a repository as this user, until it is dropped.
#[derive(Debug)]
pub struct WriterLock(#[allow(dead_code, reason = "what counts is that it is open")] std::fs::File);

/// What is remembered of one repository. It is read without a lock and changed through [`Locked`].
///
/// Each file is always whole, but two reads may see the state before and after a change. That is no danger: a reader
/// takes the content of a document from the hashes in the one above it, and what it finds to be another it fetches.
#[derive(Debug, Clone)]
pub struct RepositoryState {
    /// None: this machine has no place for state.
    pub(super) place: Option<Place>,
    pub(super) name: String,
    pub(super) limits: Limits,
}

/// Where the state of one repository is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) lock: PathBuf,
}

impl RepositoryState {
    /// The repository as it is recorded: `oci:` and the absolute path for a layout.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pin in force, if there is one.
    ///
    /// # Errors
    /// Where it cannot be read, or is about another repository.
    pub fn pin(&self) -> Result<Option<Pin>, StateError> {
        let Some(place) = &self.place else { return Ok(None) };
        let Some(pin) = pin::read(&place.folder, &self.limits)? else { return Ok(None) };
        if pin.repository != self.name {
            let path = place.folder.join(PIN);
            return Err(StateError::OtherRepository { path, expected: self.name.clone(), found: pin.repository });
        }
        Ok(Some(pin))
    }

    /// The pin in force and the root that it is about, if there is one.
    ///
    /// # Errors
    /// Where either cannot be read, or the root is not the one that was pinned.
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

    /// A remembered document, byte for byte as it was received. `None`: it is not remembered, and for no other reason.
    ///
    /// That it is JSON, and of metadata that it has a version, is checked; its signatures are the caller's to check. What
    /// only saves a request counts as absent where it is damaged or too large.
    ///
    /// # Errors
    /// Where its file is unreadable, too large or damaged.
    pub fn read(&self, document: &Document) -> Result<Option<Bytes>, StateError> {
        match self.read_whole(document) {
            Err(StateError::Corrupt { .. } | StateError::TooLarge { .. }) if document.only_saves_requests() => Ok(None),
            read => read,
        }
    }

    fn read_whole(&self, document: &Document) -> Result<Option<Bytes>, StateError> {
        let Some(path) = self.path(document) else { return Ok(None) };
        let Some(bytes) = file::read(&path, document.limit(&self.limits))? else { return Ok(None) };
        let whole = match document {
            Document::Metadata(_) | Document::Superseded(_) => version(&bytes).map(drop),
            Document::Index(_) | Document::Manifest | Document::Founding => {
                serde_json::from_slice::<IgnoredAny>(&bytes).map(drop)
            }
        };
        whole.map_err(|source| StateError::Corrupt { path, source })?;
        Ok(Some(bytes))
    }

    /// The ids of the first documents that were made here, for others to sign.
    ///
    /// # Errors
    /// Where their file is unreadable, too large or damaged.
    pub fn offline_inits(&self) -> Result<Vec<Digest>, StateError> {
        let (Some(path), Some(bytes)) = (self.path(&Document::Founding), self.read(&Document::Founding)?) else {
            return Ok(Vec::new());
        };
        serde_json::from_slice(&bytes).map_err(|source| StateError::Corrupt { path, source })
    }

    /// All remembered documents by their sha256, so that a reader need not fetch what is here. What is beyond the bound on
    /// what is held is left out.
    ///
    /// # Errors
    /// Where any of them is unreadable, or one that protects against older ones is damaged.
    pub fn documents(&self) -> Result<BTreeMap<Digest, Bytes>, StateError> {
        let top_level = TopLevelRole::ALL.map(|role| Document::Metadata(role.into())).into_iter();
        let top_level = top_level.chain(SUPERSEDED.map(Document::Superseded));
        let delegated = self.listed("roles")?.into_iter().map(|name| Document::Metadata(name.into()));
        let indexes = self.listed("indexes")?.into_iter().map(Document::Index);
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

    /// Roots that were the newest once, by their sha256: the way from the pinned one to the newest, as far as this machine
    /// went it step by step. A registry may lose what it lists.
    ///
    /// # Errors
    /// Where any of them is unreadable or too large.
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

    /// Takes the lock under which this state is changed, and waits at most `lock_timeout` for it.
    ///
    /// # Errors
    /// [`StateError::Busy`] where another process keeps it; [`StateError::Io`] where there is no writing here.
    pub fn lock(&self, lock_timeout: Duration) -> Result<Locked, StateError> {
        let place = self.place.clone().ok_or(StateError::NoFolder)?;
        let lock = lock::acquire(&place.lock, lock_timeout)?;
        Locked::new(self.clone(), place.folder, lock)
    }

    /// Takes the lock that orders this user's publications to the repository, and waits at most `lock_timeout` for it. The
    /// state can be read and changed meanwhile, by the holder and by others.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub fn order_writers(&self, lock_timeout: Duration) -> Result<WriterLock, StateError> {
        let place = self.place.as_ref().ok_or(StateError::NoFolder)?;
        lock::acquire(&place.lock.with_extension("writer.lock"), lock_timeout).map(WriterLock)
    }

    /// The roles that have a file in `folder`. Other names there are not ours, or not finished.
    pub(super) fn listed(&self, folder: &str) -> Result<Vec<RoleName>, StateError> {
        let Some(place) = &self.place else { return Ok(Vec::new()) };
        let names = file::list(&place.folder.join(folder))?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect())
    }

    pub(super) fn path(&self, document: &Document) -> Option<PathBuf> {
        Some(self.place.as_ref()?.folder.join(document.file()))
    }
}

/// The folder of what belongs to the last publication that was read as a whole, and is not the newest any more.
pub(super) const SUPERSEDED_FOLDER: &str = "superseded";

/// The roles that may have a document there.
pub(super) const SUPERSEDED: [TopLevelRole; 2] = [TopLevelRole::Timestamp, TopLevelRole::Snapshot];

/// The folder of roots that were the newest once.
pub(super) const FORMER_ROOTS: &str = "roots";

/// The version of signed metadata, without a look at anything else in it.
pub(super) fn version(bytes: &[u8]) -> Result<u64, serde_json::Error> {
    #[derive(Deserialize)]
    struct Envelope {
        signed: Signed,
    }
    #[derive(Deserialize)]
    struct Signed {
        version: u64,
    }
    serde_json::from_slice::<Envelope>(bytes).map(|envelope| envelope.signed.version)
}
