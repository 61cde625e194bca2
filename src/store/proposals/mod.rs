//! Proposals as signers exchange them: at a tag of each signer, and in files.
//!
//! Each signer has one tag, `_manifesto.<12 hex of the key id>.proposals`, to which no other signer writes. So signers
//! who sign at the same time do not overwrite each other. The tag holds an OCI image manifest with one layer for every
//! open proposal that this signer made or signed. It also lists the proposed statements, so that garbage collection
//! keeps them. A reader combines the signatures that several signers have for the same documents.
//!
//! The layer and the file are the same JSON. For signers without a network, a file also has a small copy of the current
//! repository, which is verified like the repository itself, and the statements.
//!
//! Nothing in a proposal is trusted. This module does no IO.

mod error;
mod file;
mod manifest;

pub use error::ProposalError;
pub use file::{Bundle, ProposalFile};
pub use manifest::{EMPTY, ProposalsManifest};

/// The artifact type of a signer's manifest.
pub const ARTIFACT_TYPE: &str = "application/vnd.manifesto.proposals.v1+json";
/// The media type of one proposal.
pub const PROPOSAL: &str = "application/vnd.manifesto.proposal.v1+json";
