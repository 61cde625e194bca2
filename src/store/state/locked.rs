use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    ops::Deref,
    path::PathBuf,
    time::Duration,
};

use bytes::Bytes;

use super::{
    Pin, RepositoryState, StateDocument, StateError,
    document::{FORMER_ROOTS, SUPERSEDED, SUPERSEDED_FOLDER, version},
    file, lock,
    pin::{PIN, PINNED_ROOT},
};
use crate::{
    name::{Digest, RoleName, TopLevelRole},
    time::Timestamp,
};

/// Verified documents to remember, exactly as they were received. `None` leaves a remembered document unchanged.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// The newest trusted root.
    pub root: Option<Bytes>,
    /// The verified timestamp.
    pub timestamp: Option<Bytes>,
    /// The snapshot of that timestamp.
    pub snapshot: Option<Bytes>,
    /// The targets of that snapshot.
    pub targets: Option<Bytes>,
    /// Delegated roles of that snapshot. Other remembered roles stay.
    pub roles: BTreeMap<RoleName, Bytes>,
    /// Indexes of those roles.
    pub indexes: BTreeMap<RoleName, Bytes>,
    /// The `_manifesto` manifest that lists all these documents.
    pub manifest: Option<Bytes>,
    /// The roles that targets delegates to. Remembered documents of other roles are dropped.
    pub delegated: Option<BTreeSet<RoleName>>,
}

/// Whether documents were stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// They are stored.
    Current,
    /// Another process stored newer ones since this one read the state. Those stay, except that a newer root was
    /// stored.
    Superseded,
}

/// The state of one repository, locked by this process until it is dropped.
#[derive(Debug)]
pub struct Locked {
    pub(super) state: RepositoryState,
    pub(super) folder: PathBuf,
    _lock: File,
}

impl Deref for Locked {
    type Target = RepositoryState;

    fn deref(&self) -> &RepositoryState {
        &self.state
    }
}

/// One change, which happens completely or not at all.
#[derive(Debug)]
pub(super) enum Step {
    Replace(PathBuf, Bytes),
    Remove(PathBuf),
}

impl Step {
    pub(super) fn take(self) -> Result<(), StateError> {
        match self {
            Self::Replace(path, bytes) => file::replace(&path, &bytes),
            Self::Remove(path) => file::remove(&path).map(drop),
        }
    }
}

impl RepositoryState {
    /// Takes the lock that is needed to change this state. Waits at most `lock_timeout`.
    ///
    /// # Errors
    /// [`StateError::Busy`] if another process holds the lock; [`StateError::Io`] if the folder cannot be written to.
    pub fn lock(&self, lock_timeout: Duration) -> Result<Locked, StateError> {
        let place = self.place.clone().ok_or(StateError::NoFolder)?;
        let lock = lock::acquire(&place.lock, lock_timeout)?;
        Locked::new(self.clone(), place.folder, lock)
    }
}

impl Locked {
    fn new(state: RepositoryState, folder: PathBuf, lock: File) -> Result<Self, StateError> {
        for name in ["", "roles", "indexes", FORMER_ROOTS, SUPERSEDED_FOLDER, "values"] {
            file::sweep(&folder.join(name))?;
        }
        Ok(Self { state, folder, _lock: lock })
    }

    pub(super) fn path(&self, document: &StateDocument) -> PathBuf {
        self.folder.join(document.file())
    }

    /// Pins `root`. Replaces a pin of the same root, but not of another one.
    ///
    /// # Errors
    /// [`StateError::AlreadyPinned`] if another root is pinned; [`StateError::OtherRepository`] or
    /// [`StateError::PinnedRoot`] if the pin is not for this repository or this root.
    pub fn pin(&self, pin: &Pin, root: &[u8]) -> Result<(), StateError> {
        let (path, root_path) = (self.folder.join(PIN), self.folder.join(PINNED_ROOT));
        if pin.repository != self.name {
            let (expected, found) = (self.name.clone(), pin.repository.clone());
            return Err(StateError::OtherRepository { path, expected, found });
        }
        let found = Digest::of(root);
        if found != pin.fingerprint {
            return Err(StateError::PinnedRoot { path: root_path, recorded: pin.fingerprint, found: Some(found) });
        }
        match self.state.pin()? {
            Some(pinned) if pinned.fingerprint != found => Err(StateError::AlreadyPinned {
                repository: self.name.clone(),
                pinned: pinned.fingerprint,
                offered: found,
            }),
            _ => {
                let text = serde_json::to_vec_pretty(pin)
                    .map_err(|source| StateError::Corrupt { path: path.clone(), source })?;
                // Write the root first: without a pin it has no effect, whereas a pin without its root is an error.
                file::replace(&root_path, root)?;
                file::replace(&path, &text)
            }
        }
    }

    /// Remembers the id of first documents that this machine made for others to sign.
    ///
    /// # Errors
    /// The same as those of [`offline_inits`](RepositoryState::offline_inits); [`StateError::Io`] if the file cannot be
    /// written.
    pub fn remember_offline_init(&self, id: Digest) -> Result<(), StateError> {
        let path = self.path(&StateDocument::Founding);
        let mut ids = self.state.offline_inits()?;
        ids.push(id);
        let text = serde_json::to_vec(&ids).map_err(|source| StateError::Corrupt { path: path.clone(), source })?;
        file::replace(&path, &text)
    }

    /// Remembers that this machine begins to initialise the repository, with keys of this date.
    ///
    /// # Errors
    /// [`StateError::Io`] if the file cannot be written.
    pub fn begin_init(&self, at: Timestamp) -> Result<(), StateError> {
        let path = self.path(&StateDocument::Beginning);
        let text = serde_json::to_vec(&at).map_err(|source| StateError::Corrupt { path: path.clone(), source })?;
        file::replace(&path, &text)
    }

    /// Forgets what [`begin_init`](Self::begin_init) remembered: the repository is initialised, or nothing is left of
    /// the attempt.
    ///
    /// # Errors
    /// [`StateError::Io`] if the file cannot be removed.
    pub fn end_init(&self) -> Result<(), StateError> {
        file::remove(&self.path(&StateDocument::Beginning)).map(drop)
    }

    /// Remembers `documents`, which were verified under the root with the fingerprint `pinned`.
    ///
    /// No version is ever lowered. If a newer timestamp or snapshot is already remembered, it stays.
    ///
    /// Each file is replaced as a whole. A crash between two of them leaves a state that protects as well as the
    /// previous one, and that a reader can start from:
    ///
    /// * The manifest is removed first and written last. While it exists, every remembered document belongs to its
    ///   publication or was read since under the same timestamp. Without it, a reader fetches the manifest again.
    /// * The other files are written in the order in which a client verifies them: root, timestamp, snapshot, targets,
    ///   roles, indexes. Every TUF client passes through states with a newer root over an older timestamp, and a newer
    ///   timestamp over an older snapshot (TUF specification, sections 5.3 to 5.5). So each file only raises the
    ///   accepted versions. In another order, a snapshot could be remembered that no remembered timestamp signs.
    /// * A document is looked up by the hash in the document above it. So one of the previous publication is not taken
    ///   for the current one, but fetched.
    ///
    /// # Errors
    /// [`StateError::PinChanged`] if the root is no longer pinned; a failure to read the state, before anything is
    /// changed; [`StateError::Io`] if a file cannot be written, with the guarantee above.
    pub fn store(&self, pinned: Digest, documents: &Documents) -> Result<Stored, StateError> {
        self.check_pin(pinned)?;
        let (steps, stored) = self.steps(documents)?;
        steps.into_iter().try_for_each(Step::take)?;
        Ok(stored)
    }

    /// The changes that store `documents`, in order.
    pub(super) fn steps(&self, documents: &Documents) -> Result<(Vec<Step>, Stored), StateError> {
        let metadata = |role: TopLevelRole| StateDocument::Metadata(role.into());
        let mut chain = Vec::new();
        let mut former_root = None;
        if let Some(root) = &documents.root
            && self.compare(&metadata(TopLevelRole::Root), root)? == Age::Newer
        {
            former_root = self.keep_former_root()?;
            chain.push((metadata(TopLevelRole::Root), root));
        }
        let mut stored = Stored::Current;
        for (role, offered) in
            [(TopLevelRole::Timestamp, &documents.timestamp), (TopLevelRole::Snapshot, &documents.snapshot)]
        {
            let Some(bytes) = offered else { continue };
            match (self.compare(&metadata(role), bytes)?, role) {
                (Age::Newer, _) | (Age::SameVersion, TopLevelRole::Snapshot) => chain.push((metadata(role), bytes)),
                (Age::Identical, _) => {}
                (Age::Older | Age::SameVersion, _) => stored = Stored::Superseded,
            }
        }
        let mut content = Vec::new();
        if stored == Stored::Superseded {
            chain.retain(|(document, _)| *document == metadata(TopLevelRole::Root));
        } else {
            if let Some(bytes) = self.differing(&metadata(TopLevelRole::Targets), documents.targets.as_ref())? {
                chain.push((metadata(TopLevelRole::Targets), bytes));
            }
            let roles =
                documents.roles.iter().map(|(name, bytes)| (StateDocument::Metadata(name.clone().into()), bytes));
            let indexes = documents.indexes.iter().map(|(name, bytes)| (StateDocument::Index(name.clone()), bytes));
            for (document, bytes) in roles.chain(indexes) {
                if self.differing(&document, Some(bytes))?.is_some() {
                    content.push((document, bytes));
                }
            }
        }
        let offered = documents.manifest.as_ref().filter(|_| stored == Stored::Current);
        let manifest = if chain.is_empty() { self.differing(&StateDocument::Manifest, offered)? } else { offered };

        let mut steps = Vec::new();
        if !chain.is_empty() {
            steps.push(Step::Remove(self.path(&StateDocument::Manifest)));
        }
        steps.extend(former_root);
        chain.extend(content);
        chain.extend(manifest.map(|bytes| (StateDocument::Manifest, bytes)));
        steps.extend(chain.into_iter().map(|(document, bytes)| Step::Replace(self.path(&document), bytes.clone())));
        if stored == Stored::Current {
            let superseded = SUPERSEDED.map(|role| self.path(&StateDocument::Superseded(role)));
            steps.extend(superseded.into_iter().filter(|path| path.exists()).map(Step::Remove));
            steps.extend(self.ended_roles(documents)?.map(Step::Remove));
        }
        Ok((steps, stored))
    }

    /// Checks that the root with the fingerprint `pinned` is still pinned.
    pub(super) fn check_pin(&self, pinned: Digest) -> Result<(), StateError> {
        let found = self.state.pin()?.map(|pin| pin.fingerprint);
        if found == Some(pinned) {
            return Ok(());
        }
        Err(StateError::PinChanged { repository: self.name.clone(), expected: pinned, found })
    }

    /// Keeps the root that will be replaced with the other former newest roots.
    pub(super) fn keep_former_root(&self) -> Result<Option<Step>, StateError> {
        let root = StateDocument::Metadata(TopLevelRole::Root.into());
        let Some(former) = self.state.read(&root)? else { return Ok(None) };
        let version = version(&former).map_err(|source| StateError::Corrupt { path: self.path(&root), source })?;
        Ok(Some(Step::Replace(self.folder.join(FORMER_ROOTS).join(format!("{version}.json")), former)))
    }

    /// The files of roles that were removed. A snapshot still lists such a role, because a client refuses one that does
    /// not.
    fn ended_roles(&self, documents: &Documents) -> Result<impl Iterator<Item = PathBuf>, StateError> {
        let mut ended = Vec::new();
        if let Some(delegated) = &documents.delegated {
            let roles = self.state.listed("roles")?.into_iter();
            let roles = roles.map(|name| (name.clone(), StateDocument::Metadata(name.into())));
            let indexes = self.state.listed("indexes")?.into_iter();
            let indexes = indexes.map(|name| (name.clone(), StateDocument::Index(name)));
            ended.extend(roles.chain(indexes).filter(|(name, _)| !delegated.contains(name)));
        }
        Ok(ended.into_iter().map(|(_, document)| self.path(&document)))
    }

    /// Drops the timestamp and the snapshot, so that older versions are accepted again. Only use this if they no longer
    /// verify under a new root, which is how a repository recovers from a fast-forward attack (TUF specification,
    /// section 5.3.11).
    ///
    /// The timestamp is removed last. While it exists and does not verify, the next reader repeats this.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn drop_timestamp_and_snapshot(&self) -> Result<(), StateError> {
        let gone = [
            StateDocument::Superseded(TopLevelRole::Snapshot),
            StateDocument::Superseded(TopLevelRole::Timestamp),
            StateDocument::Manifest,
            StateDocument::Metadata(TopLevelRole::Snapshot.into()),
            StateDocument::Metadata(TopLevelRole::Timestamp.into()),
        ];
        gone.iter().try_for_each(|document| file::remove(&self.path(document)).map(drop))
    }

    pub(super) fn compare(&self, document: &StateDocument, offered: &Bytes) -> Result<Age, StateError> {
        let path = self.path(document);
        let version_offered =
            version(offered).map_err(|source| StateError::NoVersion { path: path.clone(), source })?;
        let Some(stored) = self.state.read(document)? else { return Ok(Age::Newer) };
        if stored == offered {
            return Ok(Age::Identical);
        }
        let version_stored = version(&stored).map_err(|source| StateError::Corrupt { path, source })?;
        Ok(match version_offered.cmp(&version_stored) {
            std::cmp::Ordering::Greater => Age::Newer,
            std::cmp::Ordering::Equal => Age::SameVersion,
            std::cmp::Ordering::Less => Age::Older,
        })
    }

    fn differing<'a>(
        &self,
        document: &StateDocument,
        offered: Option<&'a Bytes>,
    ) -> Result<Option<&'a Bytes>, StateError> {
        let Some(offered) = offered else { return Ok(None) };
        Ok(if self.state.read(document)?.as_ref() == Some(offered) { None } else { Some(offered) })
    }
}

/// How old a document is compared with the remembered one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Newer,
    Identical,
    SameVersion,
    Older,
}
