use crate::time::Timestamp;
use serde::Serialize;

use super::{Metadata, PublisherKey, RoleDates, Signer, Text, Trust, Warning, report};
use crate::name::Digest;

/// What is in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspect {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub location: Text,
    /// On what the answer's trust rests.
    pub trust: Trust,
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The manifest that carries everything.
    pub manifest: Digest,
    /// That manifest's length in bytes.
    pub manifest_size: u64,
    /// `single` or `several`: how many machines publish.
    pub writers: Text,
    /// Who may renew and publish.
    pub publishers: Vec<PublisherKey>,
    /// Every root that there was, the first in front.
    pub roots: Vec<RootVersion>,
    /// How long documents stand, and from when on they are renewed.
    pub periods: Periods,
    /// The keys that are listed for any role.
    pub keys: Vec<KeyOf>,
    /// The roles, top-level ones first, each delegated one behind the role that delegates to it.
    pub roles: Vec<RoleReport>,
    /// How many images have statements.
    pub images: u64,
    /// How many statements there are.
    pub statements: u64,
    /// Bytes of all statements, kept earlier values included.
    pub stored_bytes: u64,
    /// Bytes of all signed metadata and indexes.
    pub metadata_bytes: u64,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Inspect, "inspect");

/// One role of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleReport {
    /// The role's name.
    pub role: Text,
    /// The role that says who signs for it; nobody for `root`.
    pub delegated_by: Option<Text>,
    /// Version and dates of what it signs.
    #[serde(flatten)]
    pub dates: RoleDates,
    /// From when on it is renewed.
    pub renew_from: Timestamp,
    /// How many of its keys must sign.
    pub threshold: u64,
    /// Its people's keys.
    pub keys: Vec<Signer>,
    /// The ids of keys that signed its first document and nothing since; nobody has them any more.
    pub opening: Vec<Text>,
    /// Whose keys signed what is current.
    pub signed_by: Vec<Signer>,
    /// The types that are this role's alone.
    pub types: Vec<Text>,
    /// The patterns of tags that it may sign.
    pub tags: Vec<Text>,
    /// All patterns of paths that it may sign for, as they are signed.
    pub patterns: Vec<Text>,
    /// Whether nobody behind it is asked about what it may sign for.
    pub terminating: bool,
    /// How many statements it signs.
    pub statements: u64,
    /// The sha256 of its document.
    pub digest: Digest,
    /// That document's length in bytes.
    pub size: u64,
}

/// One version of root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootVersion {
    /// The version.
    pub version: u64,
    /// Its fingerprint.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
}

/// A key that is listed for a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyOf {
    /// Whose it is.
    #[serde(flatten)]
    pub key: Signer,
    /// Its kind, such as `ed25519`.
    pub key_type: Text,
    /// The roles that it may sign for.
    pub roles: Vec<Text>,
}

/// How long a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PeriodOf {
    /// Days from signing to expiry.
    pub expiry_days: u16,
    /// Days before expiry from which on it is renewed.
    pub renewal_days: u16,
}

/// How long the documents of each role stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Periods {
    /// Root's.
    pub root: PeriodOf,
    /// Those of top-level targets.
    pub targets: PeriodOf,
    /// Those of delegated roles.
    pub delegated: PeriodOf,
    /// The snapshot's.
    pub snapshot: PeriodOf,
    /// The timestamp's.
    pub timestamp: PeriodOf,
}
