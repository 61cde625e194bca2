use std::sync::Arc;

use crate::name::{Digest, Gun, Location};

/// What to do about a repository that nothing here vouches for.
#[derive(Clone)]
pub enum FirstUse {
    /// Refuse it.
    Refuse,
    /// Trust the root that it shows, and pin it.
    Accept,
    /// Ask a person.
    Ask(Arc<dyn AskFirstUse>),
}

/// Someone who can be shown a root that nothing vouches for.
pub trait AskFirstUse: Send + Sync {
    /// Whether to trust it from now on.
    fn accept(&self, seen: &FirstSeen) -> bool;
}

/// A root that is seen for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSeen {
    /// The repository as it was named.
    pub location: Location,
    /// The name inside its signed metadata.
    pub gun: Gun,
    /// The fingerprint of the root.
    pub fingerprint: Digest,
    /// The names of its root keys.
    pub keys: Vec<String>,
}
