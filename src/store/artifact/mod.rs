//! The artifact `_manifesto`: one flat OCI image manifest that lists every blob of a repository's signed metadata.
//!
//! It is flat because only then do registries keep all of it when they collect garbage, and tools copy it byte for
//! byte. The manifest is not signed. It only locates the signed documents: TUF signs the sha256 of each blob, so a
//! reader detects a wrong entry. This module does no IO.
//!
//! | part | content | media type | annotation |
//! |---|---|---|---|
//! | `config` | the index of role `repository` | [`INDEX`] | |
//! | layers | TUF files, by name | [`TUF_METADATA`] | `tuf.io/filename`: `3.targets.json` |
//! | layers | indexes of other roles, by name | [`INDEX`] | `tuf.io/filename`: `_manifesto/qa` |
//! | layers | statements, by digest | [`STATEMENT`] | |

mod build;
mod error;
mod file_name;
mod parse;
mod wire;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, iter};

pub use error::{ArtifactError, Damage};

use crate::{
    name::{Digest, Gun, Role, RoleName, TopLevelRole},
    oci::OCI_MANIFEST,
    time::Timestamp,
};

/// The media type of the manifest: that of every OCI image manifest.
pub const MANIFEST: &str = OCI_MANIFEST;
/// The artifact type of the manifest.
pub const ARTIFACT_TYPE: &str = "application/vnd.manifesto.repository.v1+json";
/// The media type of an index document.
pub const INDEX: &str = "application/vnd.manifesto.index.v1+json";
/// The media type of signed TUF metadata.
pub const TUF_METADATA: &str = "application/vnd.tuf.metadata+json";
/// The media type of every statement in the manifest. The actual media type is signed.
pub const STATEMENT: &str = "application/vnd.manifesto.statement";

/// The digest and length of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blob {
    /// Its sha256.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
}

impl Blob {
    /// The digest and length of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self { digest: Digest::of(bytes), size: bytes.len() as u64 }
    }
}

/// A blob whose file name carries a version, such as `3.targets.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versioned {
    /// The version in the name, from 1. The signed version is the one that counts.
    pub version: u64,
    /// The blob.
    pub blob: Blob,
}

/// The document of a delegated role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFile {
    /// The version and the blob.
    pub file: Versioned,
    /// The path patterns of the role, so that a reader can fetch the right roles at once. This is an untrusted hint:
    /// the signed delegation counts. `None` if there is no readable hint.
    pub types: Option<Vec<String>>,
}

/// The blobs that the artifact lists. Nothing in it is trusted until the blobs are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The repository's name in its signed metadata, for people. `None` if it is missing or malformed.
    pub gun: Option<Gun>,
    /// When the artifact was made in whole seconds, for people. `None` if it is missing or malformed.
    pub created: Option<Timestamp>,
    /// The index of role `repository`.
    pub index: Blob,
    /// Every root by its version. The reader checks that none is missing.
    pub roots: BTreeMap<u64, Blob>,
    /// The timestamp.
    pub timestamp: Blob,
    /// The current snapshot.
    pub snapshot: Versioned,
    /// The current top-level targets.
    pub targets: Versioned,
    /// The current documents of the delegated roles, `repository` among them.
    pub roles: BTreeMap<RoleName, RoleFile>,
    /// The indexes of delegated roles other than `repository`.
    pub indexes: BTreeMap<RoleName, Blob>,
    /// The sizes in bytes of all statements, by digest.
    pub statements: BTreeMap<Digest, u64>,
}

impl Artifact {
    /// The current document of a role; for root, the newest. `None` if none is listed.
    pub fn metadata(&self, role: &Role) -> Option<Blob> {
        match role {
            Role::TopLevel(TopLevelRole::Root) => self.roots.last_key_value().map(|(_, blob)| *blob),
            Role::TopLevel(TopLevelRole::Timestamp) => Some(self.timestamp),
            Role::TopLevel(TopLevelRole::Snapshot) => Some(self.snapshot.blob),
            Role::TopLevel(TopLevelRole::Targets) => Some(self.targets.blob),
            Role::Delegated(name) => self.roles.get(name).map(|role| role.file.blob),
        }
    }

    /// The index of a role. `None` if none is listed.
    pub fn index_of(&self, role: &RoleName) -> Option<Blob> {
        if role.is_repository() { Some(self.index) } else { self.indexes.get(role).copied() }
    }

    /// Every blob that the artifact needs.
    pub fn blobs(&self) -> impl Iterator<Item = Blob> {
        iter::once(self.index)
            .chain(self.roots.values().copied())
            .chain([self.timestamp, self.snapshot.blob, self.targets.blob])
            .chain(self.roles.values().map(|role| role.file.blob))
            .chain(self.indexes.values().copied())
            .chain(self.statements.iter().map(|(digest, size)| Blob { digest: *digest, size: *size }))
    }
}
