use serde::Serialize;

use super::{Checked, Metadata, PublisherKey, RoleDates, Signer, Text, Trust, report};
use crate::{name::Digest, time::Timestamp};

/// The result of `inspect`: everything in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspect {
    /// The repository, as given by the user.
    pub location: Text,
    /// Why the answer is trusted.
    pub trust: Trust,
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The digest of the manifest at `_manifesto`.
    pub manifest: Digest,
    /// The manifest's size in bytes.
    pub manifest_size: u64,
    /// `single` or `several`: how many machines publish.
    pub writers: Text,
    /// The keys that can renew and publish.
    pub publishers: Vec<PublisherKey>,
    /// Every version of root, oldest first.
    pub roots: Vec<RootVersion>,
    /// How long documents are valid, and when they are renewed.
    pub periods: Periods,
    /// The keys that any role lists.
    pub keys: Vec<KeyOf>,
    /// The roles: top-level ones first, each delegated one after the role that delegates to it.
    pub roles: Vec<RoleReport>,
    /// The number of images with statements.
    pub images: u64,
    /// The number of statements.
    pub statements: u64,
    /// The size of all statements in bytes, including former values.
    pub stored_bytes: u64,
    /// The size of all signed metadata and indexes in bytes.
    pub metadata_bytes: u64,
}
report!(Inspect, "inspect", Checked);

/// One role of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleReport {
    /// The role's name.
    pub role: Text,
    /// The role that delegates to it; `null` for `root`.
    pub delegated_by: Option<Text>,
    /// The version and dates of its document.
    #[serde(flatten)]
    pub dates: RoleDates,
    /// When its renewal is due.
    pub renew_from: Timestamp,
    /// Its threshold.
    pub threshold: u64,
    /// The keys that may sign for it.
    pub keys: Vec<Signer>,
    /// The ids of its bootstrap keys. They signed its first document and were never stored.
    pub opening: Vec<Text>,
    /// The keys that signed its current document.
    pub signed_by: Vec<Signer>,
    /// The types that only this role may sign.
    pub types: Vec<Text>,
    /// The patterns of tags that it may sign.
    pub tags: Vec<Text>,
    /// All path patterns of its delegation, as signed.
    pub patterns: Vec<Text>,
    /// Whether its delegation is terminating: readers do not search later roles for its paths.
    pub terminating: bool,
    /// The number of its statements.
    pub statements: u64,
    /// The digest of its document.
    pub digest: Digest,
    /// The document's size in bytes.
    pub size: u64,
}

/// A version of root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootVersion {
    /// The version.
    pub version: u64,
    /// Its fingerprint.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// A key, and the roles that list it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyOf {
    /// The key's name and id.
    #[serde(flatten)]
    pub key: Signer,
    /// Its type, such as `ed25519`.
    pub key_type: Text,
    /// The roles that it may sign for.
    pub roles: Vec<Text>,
}

/// How long a document is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PeriodOf {
    /// Days from signing to expiry.
    pub expiry_days: u16,
    /// Days before expiry at which renewal is due.
    pub renewal_days: u16,
}

/// How long the documents of each role are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Periods {
    /// For root.
    pub root: PeriodOf,
    /// For top-level targets.
    pub targets: PeriodOf,
    /// For delegated roles.
    pub delegated: PeriodOf,
    /// For snapshot.
    pub snapshot: PeriodOf,
    /// For timestamp.
    pub timestamp: PeriodOf,
}
