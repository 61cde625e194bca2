//! The publisher, which makes every change.

use std::{sync::Arc, time::Duration};

use manifesto_keys::KeyStore;

use super::{error::WriteError, no_keys::NoKeys, proposal::Proposals, publish::signers::Signers};
use crate::read::Repository;

/// A repository and the keys that change it. Each method makes one change, from the verified base to the confirmed
/// publication.
pub struct Publisher {
    pub(in crate::write) repository: Arc<Repository>,
    pub(in crate::write) keys: Arc<dyn KeyStore>,
    pub(in crate::write) timing: PublishTiming,
    pub(in crate::write) joins: Option<String>,
}

/// The waiting times of the publish protocol with several writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishTiming {
    /// The longest time from the look at the tag until the `PUT` has been sent.
    pub put_window: Duration,
    /// The time between the two reads that confirm a publication. It must be longer than `put_window` and the longest
    /// time for which an abandoned request may still land.
    pub confirm_interval: Duration,
}

impl PublishTiming {
    /// One second, and three seconds.
    pub const DEFAULT: Self = Self { put_window: Duration::from_secs(1), confirm_interval: Duration::from_secs(3) };
}

impl Publisher {
    /// Changes `repository` with the keys in a store. Each operation loads only the keys that it needs.
    pub fn new(repository: impl Into<Arc<Repository>>, keys: Arc<dyn KeyStore>) -> Self {
        Self { repository: repository.into(), keys, timing: PublishTiming::DEFAULT, joins: None }
    }

    /// Creates a publisher without keys. It can review proposals and export them to files.
    pub fn without_keys(repository: impl Into<Arc<Repository>>) -> Self {
        Self::new(repository, Arc::new(NoKeys))
    }

    /// Replaces [`PublishTiming::DEFAULT`]. All writers of a repository have to use the same times.
    #[must_use]
    pub fn with_timing(mut self, timing: PublishTiming) -> Self {
        self.timing = timing;
        self
    }

    /// Adds authority changes that need more signatures to the waiting proposal whose id begins with these digits,
    /// instead of making a new one.
    #[must_use]
    pub fn joining(mut self, proposal: Option<String>) -> Self {
        self.joins = proposal;
        self
    }

    /// Returns the repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Returns this publisher's signers, with none loaded yet. The registry must have been asked for something before,
    /// so that its clock is known.
    ///
    /// # Errors
    /// [`WriteError::ClockDiffers`]: nothing may be signed by this machine's clock.
    pub(in crate::write) fn signers(&self) -> Result<Signers, WriteError> {
        self.check_clock()?;
        Ok(Signers::new(Arc::clone(&self.keys)))
    }

    /// Returns the repository's proposals.
    pub fn proposals(&self) -> Proposals<'_> {
        Proposals { publisher: self }
    }
}
