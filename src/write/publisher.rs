use std::{sync::Arc, time::Duration};

use manifesto_keys::KeyStore;

use super::{no_keys::NoKeys, proposal::Proposals, publish::signers::Signers};
use crate::read::Repository;

/// A repository and the keys that change it: each method is one change, from the verified state that it is made on to
/// the confirmed publication.
pub struct Publisher {
    pub(in crate::write) repository: Arc<Repository>,
    pub(in crate::write) keys: Arc<dyn KeyStore>,
    pub(in crate::write) timing: PublishTiming,
    pub(in crate::write) joins: Option<String>,
}

/// The waiting times of the publish protocol among several writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishTiming {
    /// The longest time between looking at the tag and the end of the attempt to move it.
    pub put_window: Duration,
    /// The time between the two reads that confirm a publication: more than `put_window` and the longest time for which
    /// a request that was given up may still land.
    pub confirm_interval: Duration,
}

impl PublishTiming {
    /// One second, and three.
    pub const DEFAULT: Self = Self { put_window: Duration::from_secs(1), confirm_interval: Duration::from_secs(3) };
}

impl Publisher {
    /// Changes `repository` with the keys of a store. Each command says for itself which of them it takes.
    pub fn new(repository: impl Into<Arc<Repository>>, keys: Arc<dyn KeyStore>) -> Self {
        Self { repository: repository.into(), keys, timing: PublishTiming::DEFAULT, joins: None }
    }

    /// A publisher that can sign nothing. It can look at proposals and take them along in files.
    pub fn without_keys(repository: impl Into<Arc<Repository>>) -> Self {
        Self::new(repository, Arc::new(NoKeys))
    }

    /// Waits for other times than [`PublishTiming::DEFAULT`]: all writers of a repository have to agree on them.
    #[must_use]
    pub fn with_timing(mut self, timing: PublishTiming) -> Self {
        self.timing = timing;
        self
    }

    /// Adds what needs more signatures to the waiting proposal whose id begins with these digits, instead of making
    /// another one.
    #[must_use]
    pub fn joining(mut self, proposal: Option<String>) -> Self {
        self.joins = proposal;
        self
    }

    /// The repository that is changed.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// No signers yet, of this publisher's keys.
    pub(in crate::write) fn signers(&self) -> Signers {
        Signers::new(Arc::clone(&self.keys))
    }

    /// What waits for more signatures than one machine can give.
    pub fn proposals(&self) -> Proposals<'_> {
        Proposals { publisher: self }
    }
}
