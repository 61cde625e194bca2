use std::path::PathBuf;

use serde::Serialize;

use super::{Checked, Key, Text, report};
use crate::{name::Digest, time::Timestamp};

/// The result of `init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Init {
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
}
report!(Init, "init", Checked);
