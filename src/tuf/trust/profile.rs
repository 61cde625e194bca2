//! What the TUF workflow reads in documents, and what differs between kinds of repositories.
//!
//! The states ([`TrustedRoot`](super::TrustedRoot) and its successors) are the client workflow of TUF 1.0 and nothing
//! more. A [`Profile`] adds the rules of a kind of repository: [`ManifestoProfile`](super::ManifestoProfile) those of
//! this project's layout, [`StandardProfile`](super::standard::StandardProfile) none. A profile can refuse a document,
//! and decide what the specification leaves open. It cannot count signatures or make a verified value.

use std::{collections::BTreeMap, fmt};

use serde::de::DeserializeOwned;

use super::{authority::Authority, delegated::Delegation, error::TrustError};
use crate::{
    limits::Limits,
    name::{Role, RoleName, TopLevelRole},
    time::Timestamp,
};

/// A kind of repository: the types of its documents, and its rules beyond the specification.
///
/// Only [`trust`](super) implements this trait, because the profile determines the types of verified documents.
pub trait Profile: sealed::Sealed + fmt::Debug + Clone {
    /// What a document signs about another document: version, length and hashes.
    type Meta: Listed;
    /// The type of root.
    type Root: RootDocument;
    /// The type of timestamp.
    type Timestamp: TimestampDocument<Meta = Self::Meta>;
    /// The type of snapshot.
    type Snapshot: SnapshotDocument<Meta = Self::Meta>;
    /// The type of top-level targets and of delegated roles.
    type Targets: TargetsDocument<Target = Self::Target>;
    /// What a role signs about a path.
    type Target: fmt::Debug;

    /// Whether a second document with a version that was seen before is an error. The specification keeps the first one
    /// and continues (section 5.4.3.1).
    const REFUSES_FORKS: bool;

    /// Whether a key id always means the same key. If it does, and the signers of a remembered document are all still
    /// authorised but none of its signatures is good, then the document was damaged. Otherwise the keys may have
    /// changed.
    const IDS_ARE_HASHES: bool;

    /// The role of a file that snapshot lists, given its name without `.json`. Returns `None` if that is not a role's
    /// name.
    fn role(name: &str) -> Option<Role>;

    /// Whether the search for a path has already visited a role.
    fn is_visited(visited: &[Delegation], next: &Delegation) -> bool;

    /// Checks the signed part of a document by itself, before its signatures are counted.
    ///
    /// # Errors
    /// The document breaks a rule of this kind of repository or one of [`Limits`]. This holds for the other checks too.
    fn inspect(&self, role: &Role, signed: &[u8]) -> Result<(), TrustError>;

    /// Checks a root.
    fn check_root(&self, root: &Self::Root, limits: &Limits) -> Result<(), TrustError>;

    /// Checks a timestamp.
    fn check_timestamp(&self, timestamp: &Self::Timestamp, limits: &Limits) -> Result<(), TrustError>;

    /// Checks a snapshot.
    fn check_snapshot(&self, snapshot: &Self::Snapshot, limits: &Limits) -> Result<(), TrustError>;

    /// Checks top-level targets, or a delegated role.
    fn check_targets(&self, role: &Role, targets: &Self::Targets, limits: &Limits) -> Result<(), TrustError>;
}

pub(super) mod sealed {
    /// Keeps [`Profile`](super::Profile) from being implemented elsewhere.
    pub trait Sealed {}
}

/// The fields that the documents of all roles have (TUF specification, section 4.3).
pub trait Document: fmt::Debug + Clone + PartialEq + DeserializeOwned {
    /// The version, from 1 upwards.
    fn version(&self) -> u64;
    /// When it expires.
    fn expires(&self) -> Timestamp;
}

/// What the workflow reads in root.
pub trait RootDocument: Document {
    /// The keys and threshold of a top-level role.
    fn authority(&self, role: TopLevelRole) -> Authority<'_>;
}

/// What the workflow reads in timestamp.
pub trait TimestampDocument: Document {
    /// What timestamp signs about a snapshot.
    type Meta;
    /// The current snapshot.
    fn snapshot(&self) -> &Self::Meta;
}

/// What the workflow reads in snapshot.
pub trait SnapshotDocument: Document {
    /// What snapshot signs about a targets role.
    type Meta;
    /// The current version of every targets role, by `NAME.json`.
    fn meta(&self) -> &BTreeMap<String, Self::Meta>;
}

/// What the workflow reads in top-level targets and in delegated roles.
pub trait TargetsDocument: Document {
    /// What a role signs about a path.
    type Target;
    /// What the role itself signs about `path`.
    fn target(&self, path: &str) -> Option<&Self::Target>;
    /// The roles that may sign for `path`, in the order in which they are asked.
    fn delegates(&self, path: &str) -> Vec<Delegate>;
    /// The keys and threshold of the role `name`, if this role delegates to it.
    fn authority(&self, name: &RoleName) -> Option<Authority<'_>>;
}

/// A role that may sign for some path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegate {
    /// The role.
    pub name: RoleName,
    /// Whether the search ends after this role.
    pub terminating: bool,
}

/// What a document signs about another one: version, length and hashes.
pub trait Listed: fmt::Debug + Clone {
    /// The current version.
    fn version(&self) -> u64;
    /// Checks received bytes before they are parsed.
    ///
    /// # Errors
    /// The length or a hash differs from the signed one.
    fn check(&self, what: &str, bytes: &[u8]) -> Result<(), TrustError>;
    /// Whether both entries have the same hashes.
    fn agrees(&self, other: &Self) -> bool;
}
