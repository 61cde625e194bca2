use super::{artifact::ArtifactError, state::StateError};
use crate::{
    index::IndexError,
    name::{Digest, RoleName},
    oci::ContentError,
    trust::TrustError,
};

/// Why a repository's signed metadata could not be read or is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The registry or layout could not be read or written.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// What was read is not to be believed.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// What stands at the tag is not a publication of this project.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// A signed index that is no index document.
    #[error("the signed index of {role} cannot be used")]
    Index {
        /// The role whose index it is.
        role: RoleName,
        /// What is wrong with it.
        source: IndexError,
    },
    /// This machine's memory could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// More metadata than one command holds.
    #[error("the repository's metadata is more than the {limit} bytes that are read at a time")]
    TooMuch {
        /// Bytes allowed.
        limit: u64,
    },
    /// A task that fetched something was stopped.
    #[error("fetching was stopped")]
    Stopped {
        /// Why.
        source: tokio::task::JoinError,
    },
    /// The repository is pinned, so there were publications, and now there is none.
    #[error("the signed metadata of {location} is gone: the registry knows no such tag")]
    Gone {
        /// The repository.
        location: String,
    },
    /// The repository lists another root than the trusted one under the same version.
    #[error("{location} has another root than the one that is trusted here: {found}, trusted is {trusted}")]
    OtherRoot {
        /// The repository.
        location: String,
        /// The root that is trusted.
        trusted: Digest,
        /// The root that the repository lists under the same version.
        found: Digest,
    },
}
