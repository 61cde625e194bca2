//! The repository, which answers every question.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{builder::RepositoryBuilder, first_use::FirstUse, notices::Notices};
use crate::{
    limits::Limits,
    name::{Gun, Location, NamePattern},
    oci::Content,
    progress::Progress,
    store::state::{Pin, RepositoryState, StateError},
    time::Timestamp,
    trust::KeyId,
};

/// A repository to read. It uses neither environment variables nor the system's date.
///
/// Each question reads the current publication and verifies it. Verified metadata is remembered, so that nothing older
/// is accepted later.
pub struct Repository {
    /// The repository, as given by the user.
    pub(crate) location: Location,
    /// Its manifests and blobs.
    pub(crate) content: Arc<dyn Content>,
    /// What this machine remembers of it.
    pub(crate) state: RepositoryState,
    /// What this machine remembers of the repository that this one mirrors.
    pub(crate) original: Option<RepositoryState>,
    /// How it may become trusted if it is not pinned.
    pub(crate) trust: TrustChoice,
    /// The limits on foreign input.
    pub(crate) limits: Limits,
    /// The time of the decision, taken once.
    pub(crate) now: Timestamp,
    /// When that time was taken, by a monotonic clock: how much time has passed since does not depend on this machine's
    /// date.
    pub(crate) begun: Instant,
    /// Warnings that come up during an operation.
    pub(crate) notices: Notices,
    /// The receiver of progress.
    pub(crate) progress: Arc<dyn Progress>,
    /// How long to wait for another process of this user.
    pub(crate) lock_timeout: Duration,
    /// How long to wait before a seeming rollback is read again.
    pub(crate) reread_after: Duration,
}

/// The caller's choice of trust.
#[derive(Clone)]
pub(crate) struct TrustChoice {
    /// The name in the metadata, if it is not the location's: for a mirror, or a layout on disk.
    pub(crate) identity: Option<Gun>,
    /// A root that is trusted for this call. It pins nothing, and does not lower what is remembered.
    pub(crate) root: Option<Bytes>,
    /// Keys that make a root of this repository trusted by signing it, and the pattern of names that they are trusted
    /// for.
    pub(crate) root_keys: Option<(NamePattern, Vec<KeyId>)>,
    /// What to do if none of these applies.
    pub(crate) first_use: FirstUse,
}

impl Repository {
    /// Prepares to read the repository at `location`. All decisions are made as of `now`.
    pub fn open(location: Location, now: Timestamp) -> RepositoryBuilder {
        RepositoryBuilder::new(location, now)
    }

    /// Returns the repository, as given by the user.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the source of manifests and blobs.
    pub fn content(&self) -> &Arc<dyn Content> {
        &self.content
    }

    /// Returns this machine's pin of the repository, if it has one.
    ///
    /// # Errors
    /// This machine's state cannot be read.
    pub fn local_pin(&self) -> Result<Option<Pin>, StateError> {
        self.state.pin()
    }

    /// Returns whether an initialisation of the repository was interrupted on this machine. Initialising it again
    /// finishes it.
    ///
    /// # Errors
    /// This machine's state cannot be read.
    pub fn has_unfinished_init(&self) -> Result<bool, StateError> {
        Ok(self.state.unfinished_init()?.is_some())
    }

    /// Returns whether the caller trusts root keys for this repository.
    pub fn has_root_keys(&self) -> bool {
        self.trust.root_keys.is_some()
    }

    /// Reads manifests and blobs from `content` from now on.
    #[must_use]
    pub fn with_content(self, content: Arc<dyn Content>) -> Self {
        Self { content, ..self }
    }

    /// Returns the name that the metadata must have, as far as it is known without a pin.
    pub(crate) fn expected_gun(&self) -> Option<Gun> {
        match (&self.trust.identity, &self.location) {
            (Some(gun), _) => Some(gun.clone()),
            (None, Location::Registry(repository)) => Some(Gun::from(repository)),
            (None, Location::Layout(_)) => None,
        }
    }
}
