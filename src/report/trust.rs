use std::path::PathBuf;

use serde::Serialize;

use super::{Pinned, Text, report};
use crate::{name::Digest, time::Timestamp};

/// What a machine trusts for a repository, or for a pattern of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pin {
    /// The repository or the pattern of names, as it was pinned.
    pub repository: Text,
    /// The expected name in the signed metadata; `null` for a pattern.
    pub identity: Option<Text>,
    /// The fingerprint of the pinned root.
    pub pinned: Option<Digest>,
    /// The ids of the trusted root keys.
    pub root_keys: Vec<Text>,
    /// Why it is trusted.
    pub how: Pinned,
    /// Where the pin is kept.
    pub origin: PinOrigin,
    /// The version of the newest root that this machine has verified.
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

/// The result of `trust pin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustPin {
    /// The pin.
    pub pin: Pin,
    /// Whether the same pin existed before.
    pub unchanged: bool,
}
report!(TrustPin, "trust-pin");

/// The result of `trust list`: every pin of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustList {
    /// The pins, sorted by name.
    pub pins: Vec<Pin>,
}
report!(TrustList, "trust-list");

/// The result of `trust forget`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustForget {
    /// The repository or pattern.
    pub repository: Text,
    /// Whether there was a pin to remove.
    pub forgotten: bool,
}
report!(TrustForget, "trust-forget");

/// The result of `trust export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustExport {
    /// The repository.
    pub repository: Text,
    /// The fingerprint of the root.
    pub fingerprint: Digest,
    /// Its version.
    pub root_version: u64,
    /// The file that it was written to; `null` for stdout.
    pub file: Option<PathBuf>,
}
report!(TrustExport, "trust-export");
