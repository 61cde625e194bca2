//! What stands at a repository's `_manifesto` tag: fetched in few round trips, verified in TUF's order, and asked.

mod answers;
mod blobs;
mod fetch;
mod load;
mod verify;

pub use answers::Answer;
pub use fetch::{FetchedPublication, Remembered, SeenRoot};
pub use load::Loading;
pub use verify::{Origin, Seen};

use std::collections::BTreeMap;

use bytes::Bytes;

use super::artifact::Artifact;
use crate::{
    index::Index,
    name::{Digest, RoleName, TargetPath},
    trust::{Delegation, Trusted},
};

/// How much of a publication is wanted. What is not wanted is not fetched, and cannot stand in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Whatever answers questions about these paths.
    Paths(Vec<TargetPath>),
    /// These roles, with their indexes.
    Roles(Vec<Delegation>),
    /// Every delegated role, with its index.
    Everything,
}

/// A verified publication: what the repository says, as far as it was asked for.
#[derive(Debug, Clone)]
pub struct Publication {
    digest: Digest,
    manifest: Bytes,
    artifact: Artifact,
    trusted: Trusted,
    indexes: BTreeMap<RoleName, (Index, Bytes)>,
}

impl Publication {
    /// The digest of the manifest at the tag.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Every byte of that manifest.
    pub fn manifest(&self) -> &Bytes {
        &self.manifest
    }

    /// What the manifest lists.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The verified metadata.
    pub fn trusted(&self) -> &Trusted {
        &self.trusted
    }

    /// All documents that were loaded, by content.
    pub fn known(&self) -> BTreeMap<Digest, Bytes> {
        let trusted = &self.trusted;
        let top_level = [
            trusted.root().bytes(),
            trusted.timestamp().bytes(),
            trusted.snapshot().bytes(),
            trusted.targets().bytes(),
        ];
        let roles = trusted.loaded().map(|(_, role)| role.bytes());
        let indexes = self.indexes.values().map(|(_, bytes)| bytes);
        top_level.into_iter().chain(roles).chain(indexes).map(|bytes| (Digest::of(bytes), bytes.clone())).collect()
    }

    /// The indexes of the roles that were loaded, each in agreement with its role, and their bytes.
    pub fn indexes(&self) -> &BTreeMap<RoleName, (Index, Bytes)> {
        &self.indexes
    }
}
