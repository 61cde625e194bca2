//! What the workflow of TUF has to know of documents, and what may differ from one kind of repository to another.
//!
//! The states ([`TrustedRoot`](super::TrustedRoot) and those that follow it) are the client workflow of TUF 1.0 and
//! nothing more. What a kind of repository demands beyond that is its [`Profile`]: [`ManifestoProfile`](super::ManifestoProfile) for this
//! project's layout, [`StandardProfile`](super::standard::StandardProfile) for any repository that keeps to the specification. A policy can
//! refuse, and choose between what the specification leaves open; it counts no signatures and makes nothing verified.

use std::{collections::BTreeMap, fmt};

use crate::time::Timestamp;
use serde::de::DeserializeOwned;

use super::{Delegation, TrustError, threshold::Authority};
use crate::{
    limits::Limits,
    name::{Role, RoleName, TopLevelRole},
};

/// A kind of repository: the types of its documents, and what it demands beyond the specification.
///
/// Implemented in [`trust`](super) only, since verified documents are of a policy's types.
pub trait Profile: sealed::Sealed + fmt::Debug + Clone {
    /// What a document signs about another document.
    type Meta: Listed;
    /// Root.
    type Root: RootDocument;
    /// Timestamp.
    type Timestamp: TimestampDocument<Meta = Self::Meta>;
    /// Snapshot.
    type Snapshot: SnapshotDocument<Meta = Self::Meta>;
    /// Top-level targets and delegated roles.
    type Targets: TargetsDocument<Target = Self::Target>;
    /// What targets sign about a path.
    type Target: fmt::Debug;

    /// Whether a second document under a version that was seen before is an error. The specification keeps the first
    /// one and goes on (section 5.4.3.1).
    const REFUSES_FORKS: bool;

    /// Whether an id always means the same key. Where it does, a remembered document none of whose signatures is good,
    /// though all of their keys are still authorised, was damaged; else its keys may have been replaced.
    const IDS_ARE_HASHES: bool;

    /// The role of a file that snapshot lists, without its `.json`; none where it is no role's.
    fn role(name: &str) -> Option<Role>;

    /// Whether the search has asked a role already, and is not to ask it again.
    fn is_visited(visited: &[Delegation], next: &Delegation) -> bool;

    /// Looks at the signed part of a document by itself, before anyone has counted its signatures.
    ///
    /// # Errors
    /// Here and below: the document breaks a rule of this kind of repository, or a bound of [`Limits`].
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

/// What the documents of all roles have (TUF specification, section 4.3).
pub trait Document: fmt::Debug + Clone + PartialEq + DeserializeOwned {
    /// The version, from 1 upwards.
    fn version(&self) -> u64;
    /// When it expires.
    fn expires(&self) -> Timestamp;
}

/// What the workflow reads in root.
pub trait RootDocument: Document {
    /// Who speaks for a top-level role.
    fn authority(&self, role: TopLevelRole) -> Authority<'_>;
}

/// What the workflow reads in timestamp.
pub trait TimestampDocument: Document {
    /// What is signed about a snapshot.
    type Meta;
    /// The current snapshot.
    fn snapshot(&self) -> &Self::Meta;
}

/// What the workflow reads in snapshot.
pub trait SnapshotDocument: Document {
    /// What is signed about a targets role.
    type Meta;
    /// The current version of every targets role, by `NAME.json`.
    fn meta(&self) -> &BTreeMap<String, Self::Meta>;
}

/// What the workflow reads in top-level targets and in delegated roles.
pub trait TargetsDocument: Document {
    /// What is signed about a path.
    type Target;
    /// What the role itself signs about `path`.
    fn target(&self, path: &str) -> Option<&Self::Target>;
    /// The roles that may sign for `path`, in the order in which they are asked.
    fn delegates(&self, path: &str) -> Vec<Delegate>;
    /// Who speaks for the role `name`, if it is delegated to.
    fn authority(&self, name: &RoleName) -> Option<Authority<'_>>;
}

/// A role that may sign for some path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegate {
    /// The role.
    pub name: RoleName,
    /// Whether nobody else is asked once this role was.
    pub terminating: bool,
}

/// What a document signs about another one.
pub trait Listed: fmt::Debug + Clone {
    /// The version that is current.
    fn version(&self) -> u64;
    /// Checks received bytes before anything in them is parsed.
    ///
    /// # Errors
    /// Another length or hash than is signed.
    fn check(&self, what: &str, bytes: &[u8]) -> Result<(), TrustError>;
    /// Whether both are signed for the same bytes, as far as they say.
    fn agrees(&self, other: &Self) -> bool;
}
