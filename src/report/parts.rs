use std::collections::BTreeMap;

use serde::Serialize;

use super::Text;
use crate::{name::Digest, time::Timestamp};

/// An image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    /// The image as given by the user, with the tag filled in.
    pub asked: Text,
    /// The repository and digest that the statements are about: `name@sha256:…`.
    pub reference: Text,
    /// The platform that was chosen from an index.
    pub platform: Option<Text>,
    /// The keys that signed that the tag stands for this digest. Empty if the tag is not signed, or if a digest was
    /// given.
    pub tag_signed_by: Vec<Signer>,
}

impl Image {
    /// Returns the digest in [`reference`](Self::reference), as text.
    pub fn digest(&self) -> &str {
        self.reference.raw().rsplit_once('@').map_or(self.reference.raw(), |(_, digest)| digest)
    }
}

/// Why the answer is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trust {
    /// The repository's name inside its signed metadata.
    pub repository: Text,
    /// The fingerprint of the pinned root.
    pub pinned: Digest,
    /// Why this machine trusts it.
    pub how: Pinned,
    /// The version of the current root.
    pub root_version: u64,
}

/// Why a machine trusts a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pinned {
    /// The user pinned it.
    Pin,
    /// It is signed by a root key that a pin or the configuration trusts for a pattern of names.
    RootKey,
    /// It was the first root seen, and accepted by `--trust-first-use` or by the user.
    FirstUse,
    /// It was given by `--root FILE`, for this call only.
    RootFile,
    /// It is the repository's first root, made on this machine.
    Init,
    /// It is pinned for the repository that this one mirrors.
    Mirror,
}

/// The signed metadata that the answer was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The timestamp metadata.
    pub timestamp: RoleDates,
    /// The snapshot metadata.
    pub snapshot: RoleDates,
    /// Where the metadata was read.
    pub source: Source,
}

/// The version and dates of one signed document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleDates {
    /// The version, which increases with every change.
    pub version: u64,
    /// When it expires.
    pub expires: Timestamp,
    /// When it was signed, if it contains that date.
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
    /// Its type.
    #[serde(rename = "type")]
    pub statement_type: Text,
    /// The digest of its content.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its signed media type.
    pub media_type: Text,
    /// When it was signed.
    pub created: Timestamp,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// Whether it has expired. Then it is no longer in force.
    pub expired: bool,
    /// The role that signs statements of this type.
    pub role: Text,
    /// The role's threshold.
    pub threshold: u64,
    /// The keys that signed it.
    pub signers: Vec<Signer>,
    /// The digest of the value that it replaced.
    pub previous: Option<Digest>,
    /// Its title, such as the name of its file.
    pub title: Option<Text>,
    /// Its author's annotations.
    pub annotations: BTreeMap<String, Text>,
}

/// A key, by name and id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// The key's name in root, or its short id if it has none.
    pub name: Text,
    /// The TUF key id, in hexadecimal.
    pub keyid: Text,
}

/// A warning for the user, although the operation succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// A stable word, in `snake_case`.
    pub kind: &'static str,
    /// The warning's text.
    pub message: Text,
}
