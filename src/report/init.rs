use std::path::PathBuf;

use crate::time::Timestamp;
use serde::Serialize;

use super::{Key, Text, Warning, report};
use crate::name::Digest;

/// What `init` made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Init {
    /// When.
    pub checked_at: Timestamp,
    /// Where the repository's content is kept, as it was asked for.
    pub location: Text,
    /// The repository's name inside its signed metadata.
    pub repository: Text,
    /// The fingerprint of its first root: what others pin.
    pub fingerprint: Digest,
    /// The keys that were made.
    pub keys: Vec<Key>,
    /// The file that holds them all, encrypted.
    pub backup: Option<PathBuf>,
    /// When the first of its documents expires.
    pub renew_by: Timestamp,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Init, "init");
