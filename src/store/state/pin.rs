use std::path::Path;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{StateError, file};
use crate::{
    limits::Limits,
    name::{Digest, Gun, NamePattern},
    time::Timestamp,
};

/// The root that this machine trusts for a repository, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The repository as the user named it; `oci:` and the absolute path for a layout.
    pub repository: String,
    /// The repository that the signed metadata must name. For a mirror, this is the original.
    pub gun: Gun,
    /// The reason for the trust.
    pub how: AnchorOrigin,
    /// The sha256 of the pinned root.
    pub fingerprint: Digest,
    /// The version of the pinned root.
    pub version: u64,
    /// When it was pinned.
    pub pinned_at: Timestamp,
}

/// The reason why a root is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorOrigin {
    /// This machine made the repository's keys.
    Init,
    /// The user gave the root's fingerprint.
    Fingerprint,
    /// The user gave the root's file.
    File,
    /// A trusted key signed the root, and the repository's name matches this pattern.
    Key(NamePattern),
    /// It was the first root that this machine saw, and the user accepted that.
    FirstUse,
    /// It is the pin of the repository that this one mirrors.
    Mirror,
}

/// A pin and its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The pin.
    pub pin: Pin,
    /// The bytes of the root, which have the pin's fingerprint.
    pub root: Bytes,
}

/// The name of the pin's file.
pub(super) const PIN: &str = "pin.json";
/// The name of the pinned root's file.
pub(super) const PINNED_ROOT: &str = "pinned.root.json";

/// Reads the pin in a repository's folder.
pub(super) fn read(folder: &Path, limits: &Limits) -> Result<Option<Pin>, StateError> {
    let path = folder.join(PIN);
    // A pin has a few hundred bytes. The limit of a root is more than enough.
    let Some(bytes) = file::read(&path, limits.root_bytes)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|source| StateError::Corrupt { path, source })
}
