use std::collections::BTreeMap;

use crate::time::Timestamp;
use serde::Serialize;

use super::Text;
use crate::name::Digest;

/// Which image was meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    /// As the person wrote it, with the tag filled in.
    pub asked: Text,
    /// The repository and the digest that the statements are about: `name@sha256:…`.
    pub reference: Text,
    /// The platform that was picked from an index.
    pub platform: Option<Text>,
    /// Who signed that the tag stands for this digest; nobody where the registry chose it, or a digest was given.
    pub tag_signed_by: Vec<Signer>,
}

impl Image {
    /// The digest in [`reference`](Self::reference), as text.
    pub fn digest(&self) -> &str {
        self.reference.raw().rsplit_once('@').map_or(self.reference.raw(), |(_, digest)| digest)
    }
}

/// On what the answer's trust rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trust {
    /// The repository's name inside its signed metadata.
    pub repository: Text,
    /// Fingerprint of the root that was pinned.
    pub pinned: Digest,
    /// How this machine came to trust it.
    pub how: Pinned,
    /// Version of the root that is in force now.
    pub root_version: u64,
}

/// How a machine came to trust a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pinned {
    /// By a pin that a person made.
    Pin,
    /// By a root key that stands for a pattern of names, in a pin or in the configuration.
    RootKey,
    /// The first root that was seen, accepted with `--trust-first-use` or on being asked.
    FirstUse,
    /// By `--root FILE`, for this call only.
    RootFile,
    /// This machine made the repository's first root.
    Init,
    /// By the pin of the repository that this one is a mirror of.
    Mirror,
}

/// The signed metadata that the answer was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// Says what is current.
    pub timestamp: RoleDates,
    /// Says which versions belong together.
    pub snapshot: RoleDates,
    /// Where it was read.
    pub source: Source,
}

/// Version and dates of one signed document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleDates {
    /// Counts up with every change.
    pub version: u64,
    /// From when on it is not believed any more.
    pub expires: Timestamp,
    /// When it was signed, where it says so.
    pub created: Option<Timestamp>,
}

/// Where metadata was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A registry.
    Registry,
    /// An OCI image layout on disk.
    Layout,
}

/// A statement about an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Its kind.
    #[serde(rename = "type")]
    pub statement_type: Text,
    /// The sha256 of its bytes.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// What it is signed to be.
    pub media_type: Text,
    /// When it was signed.
    pub created: Timestamp,
    /// From when on it is not to be used.
    pub expires: Option<Timestamp>,
    /// Whether that time has come: then it is not in force any more.
    pub expired: bool,
    /// The role that signs statements of this type.
    pub role: Text,
    /// How many of the role's keys must sign.
    pub threshold: u64,
    /// Whose keys signed.
    pub signers: Vec<Signer>,
    /// The value that it replaced.
    pub previous: Option<Digest>,
    /// The name of the file it came from.
    pub title: Option<Text>,
    /// Whatever its author noted beside it.
    pub annotations: BTreeMap<String, Text>,
}

/// A key that signed, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// The name that the repository's owner gave the key; its short id where it has none.
    pub name: Text,
    /// The TUF key id, in hexadecimal.
    pub keyid: Text,
}

/// Something a person should know although the operation went well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// A stable word for it, in `snake_case`.
    pub kind: &'static str,
    /// What there is to know.
    pub message: Text,
}
