use std::path::Path;

use crate::time::Timestamp;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{StateError, file};
use crate::{
    limits::Limits,
    name::{Digest, Gun, NamePattern},
};

/// Which root this machine trusts for a repository, and how it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The repository as the user named it; `oci:` and the absolute path for a layout.
    pub repository: String,
    /// The repository that the signed metadata has to be about. Another one where a mirror is read.
    pub gun: Gun,
    /// What the trust rests on.
    pub how: AnchorOrigin,
    /// The sha256 of the pinned root.
    pub fingerprint: Digest,
    /// The version of the pinned root.
    pub version: u64,
    /// When it was pinned.
    pub pinned_at: Timestamp,
}

/// What the trust in a pinned root rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorOrigin {
    /// The repository's keys were made here.
    Init,
    /// The user gave the fingerprint of the root.
    Fingerprint,
    /// The user gave the root itself.
    File,
    /// A trusted key signed it, and the repository's name matches this pattern.
    Key(NamePattern),
    /// Nothing: it was the first root that was seen, and the user accepted that.
    FirstUse,
    /// The pin of the repository that this one is a mirror of.
    Mirror,
}

/// A pin together with the root that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The pin.
    pub pin: Pin,
    /// Every byte of the root, which has the pin's fingerprint.
    pub root: Bytes,
}

/// The name of the pin's file.
pub(super) const PIN: &str = "pin.json";
/// The name of the pinned root's file.
pub(super) const PINNED_ROOT: &str = "pinned.root.json";

/// Reads the pin in a repository's folder.
pub(super) fn read(folder: &Path, limits: &Limits) -> Result<Option<Pin>, StateError> {
    let path = folder.join(PIN);
    // A pin is a few hundred bytes; the bound on the root that it names is more than enough.
    let Some(bytes) = file::read(&path, limits.root_bytes)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|source| StateError::Corrupt { path, source })
}
