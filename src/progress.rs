//! Progress of a long operation, reported to any listener.
//!
//! An operation calls a [`Progress`]. A terminal draws it, a test records it, and [`Silent`] ignores it. The results of
//! an operation are in its report, not in its progress.

use std::fmt;

/// A part of an operation that may take so long that a user should see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Asks the registry which image a tag points at.
    Resolving,
    /// Reads the repository's signed metadata.
    Reading,
    /// Waits for the lock that puts writers on this machine in order.
    WaitingForLock,
    /// Waits for the key store, which may be asking the user a question.
    WaitingForKeys,
    /// Fetches a statement.
    Downloading,
    /// Sends a statement.
    Uploading,
    /// Makes signatures.
    Signing,
    /// Publishes the new metadata.
    Publishing,
    /// Waits until reads confirm that the registry kept the publication.
    Confirming,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolving => "looking up the image",
            Self::Reading => "reading the signed metadata",
            Self::WaitingForLock => "waiting for another manifesto on this machine",
            Self::WaitingForKeys => "waiting for the key store",
            Self::Downloading => "fetching",
            Self::Uploading => "storing",
            Self::Signing => "signing",
            Self::Publishing => "publishing",
            Self::Confirming => "waiting for the registry to confirm",
        })
    }
}

/// A listener to the progress of an operation.
///
/// It may be called from any thread, in any number of calls at once, and must return without blocking.
pub trait Progress: Send + Sync {
    /// A step begins, and the previous one has ended.
    fn step(&self, step: Step);
}

/// A listener that ignores all progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: Step) {}
}
