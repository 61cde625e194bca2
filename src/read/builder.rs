//! The configuration of a repository.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

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
    time::Timestamp,
    trust::KeyId,
};

/// How long to wait for another process of this user, by default.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Half of the time between the two reads by which a writer confirms a publication.
const REREAD_AFTER: Duration = Duration::from_millis(1500);

/// Configures how a [`Repository`] is read: what it is trusted on, what is remembered, and how it is reached.
///
/// By default nothing is remembered, the registry is asked anonymously, and a repository without a trust anchor is
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

    /// Remembers verified metadata in this directory, and trusts the roots that are pinned there.
    pub fn state(mut self, state: StateDir) -> Self {
        self.state = state;
        self
    }

    /// Expects the metadata of another repository, because this one is its mirror, or a layout on disk.
    pub fn identity(mut self, original: RepositoryName) -> Self {
        self.identity = Some(original);
        self
    }

    /// Trusts this root for this repository value only. It pins nothing, and does not lower what is remembered.
    pub fn root(mut self, document: Bytes) -> Self {
        self.root = Some(document);
        self
    }

    /// Trusts a root that one of these keys has signed, and pins it. `pattern` is the pattern of names that the keys
    /// are trusted for.
    pub fn root_keys(mut self, pattern: NamePattern, keys: Vec<KeyId>) -> Self {
        self.root_keys = Some((pattern, keys));
        self
    }

    /// Sets what to do with a repository without a trust anchor.
    pub fn first_use(mut self, first_use: FirstUse) -> Self {
        self.first_use = first_use;
        self
    }

    /// Sets how to talk to the registry. It has no effect on a layout.
    pub fn registry(mut self, options: RegistryOptions) -> Self {
        self.registry = options;
        self
    }

    /// Sets the credentials for the registry.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.registry.credentials = credentials;
        self
    }

    /// Sets how long the registry may take.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.registry.timeouts = timeouts;
        self
    }

    /// Reads manifests and blobs from `content` instead of the location.
    pub fn content(mut self, content: Arc<dyn Content>) -> Self {
        self.content = Some(content);
        self
    }

    /// Sets the limits on foreign input.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Receives progress during long operations.
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Sets when the time of the decision was taken, if that was not just now.
    pub fn begun(mut self, begun: Instant) -> Self {
        self.begun = Some(begun);
        self
    }

    /// Sets how long to wait for another process of this user that holds the lock.
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Sets how long to wait before a seeming rollback is read again, which a late request of a writer may have caused.
    pub fn reread_after(mut self, wait: Duration) -> Self {
        self.reread_after = wait;
        self
    }

    /// Builds the repository. It makes no request yet.
    ///
    /// # Errors
    /// The state directory or the certificates cannot be used.
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
