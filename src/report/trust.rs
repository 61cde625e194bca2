use std::path::PathBuf;

use crate::time::Timestamp;
use serde::Serialize;

use super::{Pinned, Text, Warning, report};
use crate::name::Digest;

/// What a machine trusts for a repository, or for a pattern of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pin {
    /// The repository, or pattern of names, as it was pinned.
    pub repository: Text,
    /// The name expected inside the signed metadata; none for a pattern.
    pub identity: Option<Text>,
    /// Fingerprint of the root that was pinned.
    pub pinned: Option<Digest>,
    /// Ids of the root keys that are trusted there.
    pub root_keys: Vec<Text>,
    /// How it came to.
    pub how: Pinned,
    /// Where the pin is kept.
    pub origin: PinOrigin,
    /// Version of the last root that was verified here.
    pub root_version: Option<u64>,
    /// When it was pinned.
    pub since: Option<Timestamp>,
}

/// Where a pin is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PinOrigin {
    /// In this user's state directory.
    State,
    /// In the configuration file.
    Config,
}

/// What `trust pin` recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustPin {
    /// The pin.
    pub pin: Pin,
    /// Whether the same pin was there before.
    pub unchanged: bool,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(TrustPin, "trust-pin");

/// Every pin of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustList {
    /// The pins, sorted by name.
    pub pins: Vec<Pin>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(TrustList, "trust-list");

/// What `trust forget` removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustForget {
    /// The repository or pattern.
    pub repository: Text,
    /// Whether there was anything to forget.
    pub forgotten: bool,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(TrustForget, "trust-forget");

/// The root that `trust export` wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustExport {
    /// The repository.
    pub repository: Text,
    /// Fingerprint of the root.
    pub fingerprint: Digest,
    /// Its version.
    pub root_version: u64,
    /// The file it was written to; none if it went to stdout.
    pub file: Option<PathBuf>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(TrustExport, "trust-export");
