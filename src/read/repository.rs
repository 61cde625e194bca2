use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::time::Timestamp;
use bytes::Bytes;

use super::{builder::RepositoryBuilder, first_use::FirstUse, notices::Notices};
use crate::{
    limits::Limits,
    name::{Gun, Location, NamePattern},
    oci::Content,
    progress::Progress,
    store::state::{Pin, RepositoryState, StateError},
    trust::KeyId,
};

/// A repository that questions are put to. Nothing else reaches it: no environment, no clock.
///
/// Each question reads what is current, and verifies it. What was verified is remembered, so that nothing older is believed
/// after it.
pub struct Repository {
    /// The repository as the user named it.
    pub(crate) location: Location,
    /// Its content.
    pub(crate) content: Arc<dyn Content>,
    /// What this machine remembers of it.
    pub(crate) state: RepositoryState,
    /// What this machine remembers of the repository whose mirror this is said to be.
    pub(crate) original: Option<RepositoryState>,
    /// How it may come to be trusted where it is not pinned.
    pub(crate) trust: TrustChoice,
    /// Bounds on everything foreign.
    pub(crate) limits: Limits,
    /// The time of the decision, taken once.
    pub(crate) now: Timestamp,
    /// When it was taken, by a clock that only counts: how much time has passed since is no matter of this machine's date.
    pub(crate) begun: Instant,
    /// What a person should know although the operation goes well.
    pub(crate) notices: Notices,
    /// Who is told what takes long.
    pub(crate) progress: Arc<dyn Progress>,
    /// How long another process of this user is waited for.
    pub(crate) lock_timeout: Duration,
    /// How long is waited before what a late request of a writer may have moved back is looked at again.
    pub(crate) reread_after: Duration,
}

/// What the caller says about trust.
#[derive(Clone)]
pub(crate) struct TrustChoice {
    /// The repository whose metadata this is, where it is not the one that was named: a mirror, or a layout on disk.
    pub(crate) identity: Option<Gun>,
    /// A root that is trusted for this call. Nothing is pinned, and nothing that is remembered is lowered.
    pub(crate) root: Option<Bytes>,
    /// Keys whose signature makes a root of this repository trusted, and the pattern they are trusted for.
    pub(crate) root_keys: Option<(NamePattern, Vec<KeyId>)>,
    /// What to do where none of that applies.
    pub(crate) first_use: FirstUse,
}

impl Repository {
    /// Prepares to read the repository at `location`. Every decision is made as of `now`.
    pub fn open(location: Location, now: Timestamp) -> RepositoryBuilder {
        RepositoryBuilder::new(location, now)
    }

    /// The repository as it was named.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Where its manifests and blobs are.
    pub fn content(&self) -> &Arc<dyn Content> {
        &self.content
    }

    /// The pin of the repository on this machine, if it has one.
    ///
    /// # Errors
    /// This machine's state cannot be read.
    pub fn local_pin(&self) -> Result<Option<Pin>, StateError> {
        self.state.pin()
    }

    /// Whether keys are known whose signature makes a root of the repository trusted.
    pub fn has_root_keys(&self) -> bool {
        self.trust.root_keys.is_some()
    }

    /// Reads manifests and blobs from elsewhere from now on.
    #[must_use]
    pub fn with_content(self, content: Arc<dyn Content>) -> Self {
        Self { content, ..self }
    }

    /// The name that the repository's metadata is expected to carry, as far as it is known without a pin.
    pub(crate) fn expected_gun(&self) -> Option<Gun> {
        match (&self.trust.identity, &self.location) {
            (Some(gun), _) => Some(gun.clone()),
            (None, Location::Registry(repository)) => Some(Gun::from(repository)),
            (None, Location::Layout(_)) => None,
        }
    }
}
