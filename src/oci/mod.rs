//! OCI content: the manifests and blobs of one repository, without TUF.
//!
//! [`Content`] is the interface to storage. A registry, an OCI layout on disk and, for tests, memory implement it, and
//! the same contract tests run against each. An implementation knows nothing of signatures, but guarantees that bytes
//! reach the caller only if they have the requested digest.

mod descriptor;
mod document;
mod error;
mod fields;
mod http_error;
pub mod layout;
mod layout_fault;
pub mod memory;
pub mod platform;
mod receive;
pub mod registry;

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncWrite;

pub use descriptor::{Descriptor, NoAnnotations};
pub use error::{ContentError, ContentErrorKind};
pub use http_error::HttpError;
pub use layout_fault::LayoutFault;

use crate::{
    name::{Digest, Tag},
    time::Timestamp,
};

/// A reference to a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// The manifest to which a tag currently points.
    Tag(Tag),
    /// The manifest with this digest.
    Digest(Digest),
}

/// A manifest as it was served. Its digest is that of `bytes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The stated media type of the content: one of the OCI or Docker manifest types.
    pub media_type: String,
    /// Its sha256.
    pub digest: Digest,
    /// The bytes as they were served.
    pub bytes: Bytes,
}

impl Manifest {
    /// What this manifest is, without its bytes.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(&self.media_type, self.digest, self.bytes.len() as u64)
    }
}

/// The answer to a conditional read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The manifest does not exist, as the registry explicitly stated.
    Absent,
    /// The manifest still has the digest that the caller stated.
    Unchanged,
    /// The manifest.
    Manifest(Manifest),
}

/// The source of an upload. It can be read again, because a registry may need the bytes twice.
#[derive(Debug, Clone)]
pub enum Source {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file, which is read while it is sent.
    File(PathBuf),
}

/// How often to try to send a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempts {
    /// Retry temporary failures, as for all other requests.
    Several,
    /// Send it once, and give up after this time. Then it is unknown whether the manifest was stored.
    Once(Duration),
}

/// The result of sending a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The registry confirmed that it is stored.
    Stored,
    /// There was no answer in time, or an inconclusive one (5xx): the manifest may be stored now or later.
    Uncertain,
}

/// The manifests and blobs of one repository.
#[async_trait]
pub trait Content: Send + Sync {
    /// Whether any request so far carried credentials. Without them, "not found" may mean "not authorised".
    fn credentials_sent(&self) -> bool {
        false
    }

    /// The present time by the registry's clock: the last `Date` that it sent, plus the time since. `None` if no
    /// registry has sent one; redirect targets and cached answers do not count. This does not read the clock of this
    /// machine, so a caller can find out which of the two is wrong.
    fn date(&self) -> Option<Timestamp> {
        None
    }

    /// The digest, type and size of a manifest, computed from its bytes. `None` if it does not exist.
    async fn resolve(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError>;

    /// Fetches a manifest, unless it still has the digest `known`.
    async fn manifest(&self, reference: &Reference, known: Option<Digest>) -> Result<Fetched, ContentError>;

    /// Fetches a blob of at most `limit` bytes into memory, and checks its digest.
    async fn blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError>;

    /// Streams a blob of exactly `size` bytes into `sink`, and returns whether it exists. Do not use the bytes in
    /// `sink` unless this returns `Ok(true)`.
    async fn blob_to(
        &self,
        digest: Digest,
        size: u64,
        sink: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<bool, ContentError>;

    /// Stores a blob, unless the repository already has it.
    async fn push_blob(&self, digest: Digest, size: u64, source: Source) -> Result<(), ContentError>;

    /// Stores a manifest and points `tag` at it.
    async fn push_manifest(
        &self,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
        attempts: Attempts,
    ) -> Result<Pushed, ContentError>;
}

/// The media types of manifests: OCI's image and index, and their Docker equivalents.
pub const MANIFEST_TYPES: [&str; 4] = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];

/// OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// OCI image index: one manifest for each of several platforms.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's image manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
