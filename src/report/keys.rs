use std::path::PathBuf;

use manifesto_keys::KeyRecord;
use serde::Serialize;

use super::{Text, report};

/// A signing key of this user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its name.
    pub name: Text,
    /// The TUF key id, in hexadecimal.
    pub keyid: Text,
    /// `ed25519` or `ecdsa`.
    pub key_type: Text,
    /// The role that it was made for, if any.
    pub role: Option<Text>,
    /// The repository that it was made for, if any.
    pub repository: Option<Text>,
    /// The key store, for display: `the OS keyring`, `file:/srv/keys`.
    pub store: Text,
}

impl Key {
    /// Describes a key. Its store is the one in its record, else `store`, as returned by
    /// [`describe`](manifesto_keys::KeyStore::describe).
    pub fn of(record: &KeyRecord, store: &str) -> Self {
        let store = record.store().unwrap_or(store);
        Self {
            name: record.name().into(),
            keyid: Text::new(record.key_id()),
            key_type: Text::new(record.public_key().algorithm()),
            role: record.role().map(Text::new),
            repository: record.repository().map(Text::from),
            store: if store == "keyring" { "the OS keyring".into() } else { store.into() },
        }
    }
}

/// The result of `key generate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyGenerate {
    /// The key.
    pub key: Key,
    /// Its public half as PEM.
    pub public_key: Text,
}
report!(KeyGenerate, "key-generate");

/// The result of `key list`: every key of this user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyList {
    /// The keys, sorted by name, repository and role.
    pub keys: Vec<Key>,
}
report!(KeyList, "key-list");

/// The result of `key show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyShow {
    /// The key.
    pub key: Key,
    /// Its public half as PEM.
    pub public_key: Text,
}
report!(KeyShow, "key-show");

/// The result of `key backup`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyBackup {
    /// The file.
    pub file: PathBuf,
    /// The keys in it.
    pub keys: Vec<Key>,
}
report!(KeyBackup, "key-backup");

/// The result of `key restore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRestore {
    /// The restored keys.
    pub restored: Vec<Key>,
    /// The keys in the file that the store had already.
    pub present: Vec<Key>,
}
report!(KeyRestore, "key-restore");

/// The result of `key import`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyImport {
    /// The key.
    pub key: Key,
    /// The file's format, for display: `PKCS#8`, `OpenSSH`.
    pub form: Text,
    /// Whether the store had it already.
    pub present: bool,
    /// Its public half as PEM.
    pub public_key: Text,
}
report!(KeyImport, "key-import");

/// The result of `key export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyExport {
    /// The key.
    pub key: Key,
    /// The file; `-` for standard output.
    pub file: PathBuf,
    /// Whether the file is encrypted with a passphrase.
    pub encrypted: bool,
}
report!(KeyExport, "key-export");

/// The result of `key passwd`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyPasswd {
    /// The keys that are now encrypted with the new passphrase.
    pub changed: Vec<Key>,
    /// The keys that already were, because an earlier change was interrupted.
    pub unchanged: Vec<Key>,
}
report!(KeyPasswd, "key-passwd");

/// The result of `key remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRemove {
    /// The key.
    pub key: Key,
}
report!(KeyRemove, "key-remove");
