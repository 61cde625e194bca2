//! What stands at a repository's `_manifesto` tag: fetched in few round trips, verified in TUF's order, and asked.

mod answers;
mod fetch;
mod open;

pub use answers::Answer;
pub use fetch::{Fetched, Remembered};

use std::collections::BTreeMap;

use bytes::Bytes;

use super::artifact::Artifact;
use crate::{
    index::Index,
    name::{Digest, RoleName, TargetPath},
    trust::Trusted,
};

/// How much of a publication is wanted. What is not wanted is not fetched, and cannot stand in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Whatever answers questions about these paths.
    Paths(Vec<TargetPath>),
    /// Every role that top-level targets delegates to, with its index.
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

    /// The indexes of the roles that were loaded, each in agreement with its role, and their bytes.
    pub fn indexes(&self) -> &BTreeMap<RoleName, (Index, Bytes)> {
        &self.indexes
    }
}
