use serde::Deserialize;

use crate::{
    limits::Limits,
    name::{Role, RoleName, TopLevelRole},
};

/// A document that this machine remembers for a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateDocument {
    /// The signed metadata of a role. For root, this is the newest trusted one.
    Metadata(Role),
    /// The index of a role.
    Index(RoleName),
    /// The `_manifesto` manifest of the last publication that was read completely.
    Manifest,
    /// The timestamp or snapshot of that publication, if a newer one was verified since.
    Superseded(TopLevelRole),
    /// The ids of first documents that this machine made for others to sign.
    Founding,
    /// When this machine began to initialise the repository, as long as it has not finished.
    Beginning,
}

impl StateDocument {
    /// The path of its file in the repository's folder. A valid role name cannot lead out of that folder.
    pub(super) fn file(&self) -> String {
        match self {
            Self::Metadata(Role::TopLevel(role)) => format!("{role}.json"),
            Self::Metadata(Role::Delegated(name)) => format!("roles/{name}.json"),
            Self::Index(name) => format!("indexes/{name}.json"),
            Self::Manifest => "manifest.json".to_owned(),
            Self::Superseded(role) => format!("{SUPERSEDED_FOLDER}/{role}.json"),
            Self::Founding => "founding.json".to_owned(),
            Self::Beginning => "beginning.json".to_owned(),
        }
    }

    /// Whether the document only saves a request. Such a document is looked up by a signed hash, and its lowest version
    /// is in the remembered snapshot, so losing it allows no rollback.
    pub(super) fn only_saves_requests(&self) -> bool {
        match self {
            Self::Metadata(Role::TopLevel(role)) => *role == TopLevelRole::Targets,
            Self::Metadata(Role::Delegated(_)) | Self::Index(_) | Self::Manifest | Self::Superseded(_) => true,
            Self::Founding | Self::Beginning => false,
        }
    }

    pub(super) fn limit(&self, limits: &Limits) -> u64 {
        match self {
            Self::Metadata(Role::TopLevel(role)) | Self::Superseded(role) => match role {
                TopLevelRole::Root => limits.root_bytes,
                TopLevelRole::Timestamp => limits.timestamp_bytes,
                TopLevelRole::Snapshot => limits.snapshot_bytes,
                TopLevelRole::Targets => limits.targets_bytes,
            },
            Self::Metadata(Role::Delegated(_)) => limits.targets_bytes,
            Self::Index(_) => limits.index_bytes,
            Self::Manifest | Self::Founding | Self::Beginning => limits.manifest_bytes,
        }
    }
}

/// The folder of documents that belong to the last publication read completely but are no longer the newest.
pub(super) const SUPERSEDED_FOLDER: &str = "superseded";

/// The roles that may have a document in that folder.
pub(super) const SUPERSEDED: [TopLevelRole; 2] = [TopLevelRole::Timestamp, TopLevelRole::Snapshot];

/// The folder of former newest roots.
pub(super) const FORMER_ROOTS: &str = "roots";

/// The version of signed metadata. Nothing else in it is checked.
pub(super) fn version(bytes: &[u8]) -> Result<u64, serde_json::Error> {
    #[derive(Deserialize)]
    struct Envelope {
        signed: Signed,
    }
    #[derive(Deserialize)]
    struct Signed {
        version: u64,
    }
    serde_json::from_slice::<Envelope>(bytes).map(|envelope| envelope.signed.version)
}
