use std::path::PathBuf;

use serde::Serialize;

use super::{AboutRepository, ImageTypes, Key, Signer, Text, report};

/// The result of `key rotate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRotate {
    /// The keys, in the order of the request.
    pub replaced: Vec<ReplacedKey>,
    /// The file that the new keys were saved to.
    pub backup: Option<PathBuf>,
}
report!(KeyRotate, "key-rotate", AboutRepository);

/// A replaced key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplacedKey {
    /// The roles that listed it.
    pub roles: Vec<Text>,
    /// The old key, which no role lists any longer. It stays in its key store until the user removes it.
    pub old: Key,
    /// The new key.
    pub new: Key,
}

/// The result of `key revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRevoke {
    /// The keys.
    pub revoked: Vec<RevokedKey>,
    /// The roles whose current statements were signed again.
    pub signed_anew: Vec<Text>,
    /// The roles that started again without statements, until their signers sign some.
    pub begun: Vec<BegunRole>,
}
report!(KeyRevoke, "key-revoke", AboutRepository);

/// A revoked key, which no role lists any longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevokedKey {
    /// The key.
    pub key: Signer,
    /// The roles that listed it.
    pub roles: Vec<Text>,
    /// The key that replaces it, if one was given.
    pub replacement: Option<Signer>,
}

/// A role whose statements this machine could not sign again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BegunRole {
    /// The role.
    pub role: Text,
    /// Its threshold.
    pub threshold: u64,
    /// The keys that may sign for it.
    pub may_sign: Vec<Signer>,
    /// The statements that it had, for its signers to sign again.
    pub to_say_again: Vec<ImageTypes>,
}
