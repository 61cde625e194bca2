//! Content without TUF: manifests and blobs of one repository, wherever they are kept.
//!
//! [`Content`] is the seam. A registry, an OCI layout on disk and, in tests, memory implement it, and one set of
//! contract tests runs against each. Nothing here knows what is signed; what it promises is that bytes reach a caller
//! only if they have the digest that was asked for.

mod document;
mod error;
mod fields;
mod http_error;
pub mod layout;
pub mod memory;
pub mod platform;
mod receive;
pub mod registry;

use std::{path::PathBuf, time::Duration};

use crate::time::Timestamp;
use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncWrite;

pub use error::{ContentError, ContentErrorKind};
pub use http_error::HttpError;

use crate::name::{Digest, Tag};

/// Which manifest is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// The one that a tag points at now.
    Tag(Tag),
    /// The one with this digest.
    Digest(Digest),
}

/// A manifest's or blob's address and size, and what it is said to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// What the content is said to be.
    pub media_type: String,
    /// Its sha256.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
}

/// A manifest as it was served: its digest is that of `bytes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What the content is said to be: one of the OCI or Docker manifest types.
    pub media_type: String,
    /// Its sha256.
    pub digest: Digest,
    /// Every byte that was served.
    pub bytes: Bytes,
}

/// The answer to a conditional read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// There is no such manifest; the registry said so in so many words.
    Absent,
    /// It still is the one whose digest the caller named.
    Unchanged,
    /// This one.
    Manifest(Manifest),
}

/// Where the bytes of an upload come from. It can be opened again, because a registry may ask for them twice.
#[derive(Debug, Clone)]
pub enum Source {
    /// From memory.
    Bytes(Bytes),
    /// From a file, which is read as it is sent.
    File(PathBuf),
}

/// How often a manifest may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempts {
    /// Again after a failure that may pass, as every other request.
    Several,
    /// Once, and given up after this long; what became of it then is unknown.
    Once(Duration),
}

/// What became of a manifest that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The registry confirmed it.
    Stored,
    /// No answer came in time, or one that leaves it open (5xx): it may have landed, or may still land.
    Uncertain,
}

/// The manifests and blobs of one repository.
#[async_trait]
pub trait Content: Send + Sync {
    /// Whether credentials went with any request so far: without them, "not found" may mean "not for you".
    fn credentials_sent(&self) -> bool {
        false
    }

    /// What the registry's own clock shows at this moment: the last `Date` that it sent, and the time since. `None` where
    /// no registry has told; what it redirects to, and what a cache kept, does not count. No clock of this machine's is
    /// read for it, so that a caller can tell by it which of the two is wrong.
    fn date(&self) -> Option<Timestamp> {
        None
    }

    /// The digest, type and size of a manifest, computed over its bytes. `None`: there is no such manifest.
    async fn resolve(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError>;

    /// Fetches a manifest; nothing but the word that it is unchanged, if it still has the digest `known`.
    async fn manifest(&self, reference: &Reference, known: Option<Digest>) -> Result<Fetched, ContentError>;

    /// Fetches a blob of at most `limit` bytes into memory. The bytes have the digest that was asked for.
    async fn blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError>;

    /// Streams a blob of exactly `size` bytes into `sink`, and returns whether there is one. The bytes in `sink` are
    /// to be believed only once this has returned `Ok(true)`.
    async fn blob_to(
        &self,
        digest: Digest,
        size: u64,
        sink: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<bool, ContentError>;

    /// Stores a blob, unless the repository has it already.
    async fn push_blob(&self, digest: Digest, size: u64, source: Source) -> Result<(), ContentError>;

    /// Stores a manifest and lets `tag` point at it.
    async fn push_manifest(
        &self,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
        attempts: Attempts,
    ) -> Result<Pushed, ContentError>;
}

/// The media types of manifests: OCI's image and index, and the two of Docker that mean the same.
pub const MANIFEST_TYPES: [&str; 4] = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];

/// OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// OCI image index: one manifest for each of several platforms.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's image manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
