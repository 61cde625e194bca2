use std::path::PathBuf;

use crate::time::Timestamp;
use serde::Serialize;

use super::{ImageTypes, Key, Signer, Text, Trust, Warning, report};

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

/// Keys that `key revoke` took out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRevoke {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the repository's trust rests.
    pub trust: Trust,
    /// The keys.
    pub revoked: Vec<RevokedKey>,
    /// The roles whose statements were signed anew, as they were.
    pub signed_anew: Vec<Text>,
    /// The roles that began anew, and say nothing until their people do.
    pub begun: Vec<BegunRole>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyRevoke, "key-revoke");

/// A key that stands nowhere any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevokedKey {
    /// The key.
    pub key: Signer,
    /// The roles in which it stood.
    pub roles: Vec<Text>,
    /// The key that has its place, if one was given.
    pub replacement: Option<Signer>,
}

/// A role whose statements nobody here could sign again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BegunRole {
    /// The role.
    pub role: Text,
    /// How many of its people have to sign.
    pub threshold: u64,
    /// Its people.
    pub may_sign: Vec<Signer>,
    /// What it had said, and has to say again.
    pub to_say_again: Vec<ImageTypes>,
}
