//! Trust on first use.

use std::sync::Arc;

use crate::name::{Digest, Gun, Location};

/// What to do with a repository without a trust anchor.
#[derive(Clone)]
pub enum FirstUse {
    /// Refuse it.
    Refuse,
    /// Trust its root, and pin it.
    Accept,
    /// Ask the user.
    Ask(Arc<dyn AskFirstUse>),
}

/// Asks the user whether to trust a root on first use.
pub trait AskFirstUse: Send + Sync {
    /// Returns whether to trust the root from now on.
    fn accept(&self, seen: &FirstSeen) -> bool;
}

/// A root that is seen for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSeen {
    /// The repository, as given by the user.
    pub location: Location,
    /// The name inside its signed metadata.
    pub gun: Gun,
    /// The fingerprint of the root.
    pub fingerprint: Digest,
    /// The names of its root keys.
    pub keys: Vec<String>,
}
