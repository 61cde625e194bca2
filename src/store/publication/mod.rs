//! A repository's publication at the tag `_manifesto`: fetched in few round trips, verified in TUF's order, and
//! queried.

mod answers;
mod blobs;
mod fetch;
mod load;
mod verify;

pub use answers::Answer;
pub use fetch::{FetchedPublication, RepositoryMemory, SeenRoot};
pub use load::Loading;
pub use verify::{Origin, VerifiedTopLevel};

use std::collections::BTreeMap;

use bytes::Bytes;

use super::artifact::Artifact;
use crate::{
    index::Index,
    name::{Digest, RoleName, TargetPath},
    trust::{Delegation, Trusted},
};

/// How much of a publication to load. Nothing else is fetched, so a fault in it does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The documents that answer questions about these paths.
    Paths(Vec<TargetPath>),
    /// These roles and their indexes.
    Roles(Vec<Delegation>),
    /// Every delegated role and its index.
    Everything,
}

/// A verified publication, as far as its scope demanded.
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

    /// The bytes of that manifest.
    pub fn manifest(&self) -> &Bytes {
        &self.manifest
    }

    /// The blobs that the manifest lists.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The verified metadata.
    pub fn trusted(&self) -> &Trusted {
        &self.trusted
    }

    /// The delegations of top-level targets and of all loaded roles.
    #[cfg(feature = "publish")]
    pub(crate) fn delegations(&self) -> impl Iterator<Item = Delegation> {
        let targets = load::delegations(&crate::name::TopLevelRole::Targets.into(), self.trusted.targets());
        let loaded = self.trusted.loaded();
        let below = loaded.flat_map(|(delegation, role)| load::delegations(&delegation.to.clone().into(), role));
        targets.into_iter().chain(below)
    }

    /// All loaded documents, by digest.
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

    /// The indexes of the loaded roles, each checked against its role, and their bytes.
    pub fn indexes(&self) -> &BTreeMap<RoleName, (Index, Bytes)> {
        &self.indexes
    }
}
