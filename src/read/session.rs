use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;

use crate::{
    limits::Limits,
    name::{Gun, Location, NamePattern},
    oci::Content,
    progress::Progress,
    read::notices::Notices,
    store::state::RepositoryState,
    trust::KeyId,
};

/// Everything that an operation on one repository runs with. Nothing else reaches it: no environment, no clock.
pub struct Session {
    /// The repository as the user named it.
    pub location: Location,
    /// Its content.
    pub content: Arc<dyn Content>,
    /// What this machine remembers of it.
    pub state: RepositoryState,
    /// What this machine remembers of the repository whose mirror this is said to be.
    pub original: Option<RepositoryState>,
    /// How it may come to be trusted where it is not pinned.
    pub trust: TrustChoice,
    /// The waiting proposal that a change of who may say what is added to, by the first digits of its id.
    pub joins: Option<String>,
    /// Bounds on everything foreign.
    pub limits: Limits,
    /// The time of the decision, taken once.
    pub now: Timestamp,
    /// When it was taken, by a clock that only counts: how much time has passed since is no matter of this machine's date.
    pub begun: Instant,
    /// What a person should know although the operation goes well.
    pub notices: Notices,
    /// Who is told what takes long.
    pub progress: Arc<dyn Progress>,
    /// How long another process of this user is waited for.
    pub patience: Duration,
    /// How long is waited before what a late request of a writer may have moved back is looked at again.
    pub reread_after: Duration,
    /// The waiting times of the publish protocol.
    pub pace: Pace,
}

/// What the caller says about trust.
#[derive(Clone)]
pub struct TrustChoice {
    /// The repository whose metadata this is, where it is not the one that was named: a mirror, or a layout on disk.
    pub identity: Option<Gun>,
    /// A root that is trusted for this call. Nothing is pinned, and nothing that is remembered is lowered.
    pub root: Option<Bytes>,
    /// Keys whose signature makes a root of this repository trusted, and the pattern they are trusted for.
    pub root_keys: Option<(NamePattern, Vec<KeyId>)>,
    /// What to do where none of that applies.
    pub first_use: FirstUse,
}

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
    pub fingerprint: crate::name::Digest,
    /// The names of its root keys.
    pub keys: Vec<String>,
}

/// The waiting times of the publish protocol among several writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The longest time between looking at the tag and the end of the attempt to move it.
    pub window: Duration,
    /// The time between the two reads that confirm a publication: more than `window` and the longest time for which a
    /// request that was given up may still land.
    pub apart: Duration,
}

impl Pace {
    /// One second, and three.
    pub const DEFAULT: Self = Self { window: Duration::from_secs(1), apart: Duration::from_secs(3) };
}

impl Session {
    /// The name that the repository's metadata is expected to carry, as far as it is known without a pin.
    pub(crate) fn expected_gun(&self) -> Option<Gun> {
        match (&self.trust.identity, &self.location) {
            (Some(gun), _) => Some(gun.clone()),
            (None, Location::Registry(repository)) => Some(Gun::from(repository)),
            (None, Location::Layout(_)) => None,
        }
    }
}
