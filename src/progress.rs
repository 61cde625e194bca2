//! How a long operation says what it is doing, without knowing who listens.
//!
//! An operation is handed a [`Progress`] and calls it; a terminal draws it, a test records it, [`Silent`] drops it.
//! What an operation *found* is in its report, never here.

use std::fmt;

/// A part of an operation that may take long enough for a person to wonder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Asks the registry which image a tag stands for.
    Resolving,
    /// Reads the repository's signed metadata.
    Reading,
    /// Waits for the lock that orders writers on this machine.
    WaitingForLock,
    /// Waits for the key store, which may be asking its user something.
    WaitingForKeys,
    /// Fetches a statement.
    Downloading,
    /// Sends a statement.
    Uploading,
    /// Makes signatures.
    Signing,
    /// Publishes the new metadata.
    Publishing,
    /// Waits until the registry is seen to have kept the publication.
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

/// Listens to an operation.
///
/// Calls come from any thread and in any number; an implementation returns at once.
pub trait Progress: Send + Sync {
    /// A step begins, and the one before it has ended.
    fn step(&self, step: Step);

    /// So many bytes of the present step are done, of `total` where that is known.
    fn bytes(&self, done: u64, total: Option<u64>);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: Step) {}

    fn bytes(&self, _: u64, _: Option<u64>) {}
}
