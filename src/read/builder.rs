use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::time::Timestamp;
use bytes::Bytes;

use super::{
    error::Error,
    first_use::FirstUse,
    notices::Notices,
    repository::{Repository, TrustChoice},
};
use crate::{
    limits::Limits,
    name::{Gun, Location, NamePattern, RepositoryName},
    oci::{
        Content,
        layout::Layout,
        registry::{Credentials, Registry, RegistryOptions, Timeouts},
    },
    progress::{Progress, Silent},
    store::state::StateDir,
    trust::KeyId,
};

/// How long another process of this user is waited for, unless said otherwise.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Half of the time between the two reads by which a writer confirms a publication.
const REREAD_AFTER: Duration = Duration::from_millis(1500);

/// Says how a [`Repository`] is read: by whose word it is trusted, what is remembered, and how it is reached.
///
/// Without more, nothing is remembered, the registry is asked anonymously, and a repository that nothing vouches for is
/// refused.
#[must_use]
pub struct RepositoryBuilder {
    location: Location,
    now: Timestamp,
    begun: Option<Instant>,
    state: StateDir,
    identity: Option<RepositoryName>,
    root: Option<Bytes>,
    root_keys: Option<(NamePattern, Vec<KeyId>)>,
    first_use: FirstUse,
    registry: RegistryOptions,
    content: Option<Arc<dyn Content>>,
    limits: Limits,
    progress: Arc<dyn Progress>,
    lock_timeout: Duration,
    reread_after: Duration,
}

impl RepositoryBuilder {
    pub(super) fn new(location: Location, now: Timestamp) -> Self {
        Self {
            location,
            now,
            begun: None,
            state: StateDir::nowhere(Limits::DEFAULT),
            identity: None,
            root: None,
            root_keys: None,
            first_use: FirstUse::Refuse,
            registry: RegistryOptions::default(),
            content: None,
            limits: Limits::DEFAULT,
            progress: Arc::new(Silent),
            lock_timeout: LOCK_TIMEOUT,
            reread_after: REREAD_AFTER,
        }
    }

    /// Remembers in this folder what was verified, and trusts what is pinned there.
    pub fn state(mut self, state: StateDir) -> Self {
        self.state = state;
        self
    }

    /// Expects the metadata of another repository: this one is its mirror, or a layout on disk.
    pub fn identity(mut self, original: RepositoryName) -> Self {
        self.identity = Some(original);
        self
    }

    /// Trusts this root for the questions that are put here. Nothing is pinned, and nothing that is remembered is lowered.
    pub fn root(mut self, document: Bytes) -> Self {
        self.root = Some(document);
        self
    }

    /// Trusts a root that one of these keys signed, and pins it. The pattern is what they are trusted for.
    pub fn root_keys(mut self, pattern: NamePattern, keys: Vec<KeyId>) -> Self {
        self.root_keys = Some((pattern, keys));
        self
    }

    /// Says what to do about a repository that nothing vouches for.
    pub fn first_use(mut self, first_use: FirstUse) -> Self {
        self.first_use = first_use;
        self
    }

    /// Says how to talk to the registry. A layout on disk is asked nothing.
    pub fn registry(mut self, options: RegistryOptions) -> Self {
        self.registry = options;
        self
    }

    /// Says who we are to the registry.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.registry.credentials = credentials;
        self
    }

    /// Bounds how long the registry may take.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.registry.timeouts = timeouts;
        self
    }

    /// Reads manifests and blobs from here instead of what the location names.
    pub fn content(mut self, content: Arc<dyn Content>) -> Self {
        self.content = Some(content);
        self
    }

    /// Bounds everything foreign.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Tells what takes long.
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Says when the time of the decisions was taken, where that was not just now.
    pub fn begun(mut self, begun: Instant) -> Self {
        self.begun = Some(begun);
        self
    }

    /// Waits so long for another process of this user that holds the lock.
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Waits so long before what a late request of a writer may have moved back is looked at again.
    pub fn reread_after(mut self, wait: Duration) -> Self {
        self.reread_after = wait;
        self
    }

    /// Finishes. Nothing is asked of the registry yet.
    ///
    /// # Errors
    /// State or certificates that cannot be used.
    pub fn build(self) -> Result<Repository, Error> {
        let content = match (self.content, &self.location) {
            (Some(content), _) => content,
            (None, Location::Registry(name)) => {
                let options = RegistryOptions { limits: self.limits.clone(), ..self.registry };
                Arc::new(Registry::new(name, options)?)
            }
            (None, Location::Layout(folder)) => Arc::new(Layout::new(folder, self.limits.clone())),
        };
        let original = match &self.identity {
            Some(name) => Some(self.state.repository(&Location::Registry(name.clone()))?),
            None => None,
        };
        Ok(Repository {
            content,
            state: self.state.repository(&self.location)?,
            original,
            trust: TrustChoice {
                identity: self.identity.as_ref().map(Gun::from),
                root: self.root,
                root_keys: self.root_keys,
                first_use: self.first_use,
            },
            location: self.location,
            limits: self.limits,
            now: self.now,
            begun: self.begun.unwrap_or_else(Instant::now),
            notices: Notices::default(),
            progress: self.progress,
            lock_timeout: self.lock_timeout,
            reread_after: self.reread_after,
        })
    }
}
