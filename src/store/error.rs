use super::{artifact::ArtifactError, state::StateError};
use crate::{
    index::IndexError,
    name::{Digest, RoleName},
    oci::ContentError,
    trust::TrustError,
};

/// Why a repository's signed metadata could not be read or does not verify.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The registry or layout could not be read or written.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// A document does not verify.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The manifest at the tag is not a publication of this project.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// A signed index is malformed.
    #[error("the signed index of {role} cannot be used")]
    Index {
        /// The role whose index it is.
        role: RoleName,
        /// What is wrong with it.
        source: IndexError,
    },
    /// The state of this machine could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The metadata exceeds the limit for one command.
    #[error("the repository's metadata exceeds the {limit} bytes that one command reads")]
    TooMuch {
        /// The limit in bytes.
        limit: u64,
    },
    /// A task that fetched a blob was stopped.
    #[error("fetching was stopped")]
    Stopped {
        /// Why it was stopped.
        source: tokio::task::JoinError,
    },
    /// The repository is pinned, so it had publications, but now it has none.
    #[error("the signed metadata of {location} is gone: the registry has no such tag")]
    Gone {
        /// The repository.
        location: String,
    },
    /// The repository lists a root of the trusted version that is not the trusted root.
    #[error("{location} does not have the trusted root {trusted}, but {found}")]
    OtherRoot {
        /// The repository.
        location: String,
        /// The root that is trusted.
        trusted: Digest,
        /// The root that the repository lists under that version.
        found: Digest,
    },
}
