//! Proposals where others find them: at a tag of each signer, and in files.
//!
//! Each signer has one tag, `_manifesto.<12 hex of the key id>.proposals`, and nobody else writes there, so two people
//! who sign at the same time lose nothing. On it is an OCI image manifest with every proposal that this signer has
//! signed or made and that is not settled yet, each as one layer, and the statements that they speak of, so that garbage
//! collection keeps them. What several signers say about the same documents is put together by the reader.
//!
//! The layer and the file are the same JSON. A file carries two things more, for signers without a network: what is
//! current, as a small copy of the repository that is verified like the repository itself, and the statements.
//!
//! Nothing here is trusted. There is no input or output here.

mod error;
mod file;
mod manifest;

pub use error::ProposalError;
pub use file::{Bundle, ProposalFile};
pub use manifest::{EMPTY, Listed, ProposalsManifest};

/// The artifact type of a signer's manifest.
pub const ARTIFACT_TYPE: &str = "application/vnd.manifesto.proposals.v1+json";
/// The media type of one proposal.
pub const PROPOSAL: &str = "application/vnd.manifesto.proposal.v1+json";
