use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::{Key, Text, Trust, Warning, report};

/// Keys that `key rotate` replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRotate {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the repository's trust rests.
    pub trust: Trust,
    /// The keys, in the order in which they were asked for.
    pub replaced: Vec<ReplacedKey>,
    /// The file that the new keys were saved to.
    pub backup: Option<PathBuf>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyRotate, "key-rotate");

/// A key that another has taken the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplacedKey {
    /// The roles in which it stood.
    pub roles: Vec<Text>,
    /// The key that stands nowhere any more. It is in its key store until someone removes it.
    pub old: Key,
    /// The key that has its place.
    pub new: Key,
}
