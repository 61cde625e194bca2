use std::path::PathBuf;

use serde::Serialize;

use super::{Key, Text, Warning, report};
use crate::{name::Digest, time::Timestamp};

/// The result of `init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Init {
    /// The time of the operation.
    pub checked_at: Timestamp,
    /// The location of the repository, as given by the user.
    pub location: Text,
    /// The repository's name inside its signed metadata.
    pub repository: Text,
    /// The fingerprint of its first root, for others to pin.
    pub fingerprint: Digest,
    /// The new keys.
    pub keys: Vec<Key>,
    /// The encrypted backup file with all of them.
    pub backup: Option<PathBuf>,
    /// When the first of its documents expires.
    pub renew_by: Timestamp,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}
report!(Init, "init");
