use std::path::PathBuf;

use manifesto_keys::KeyRecord;
use serde::Serialize;

use super::{Text, Warning, report};

/// A signing key of this user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The name that a person gave it.
    pub name: Text,
    /// The TUF key id, in hexadecimal.
    pub keyid: Text,
    /// `ed25519` or `ecdsa`.
    pub key_type: Text,
    /// What it signs, once it has been made for something.
    pub role: Option<Text>,
    /// For which repository.
    pub repository: Option<Text>,
    /// Where it is kept, for people: `the OS keyring`, `file:/srv/keys`.
    pub store: Text,
}

impl Key {
    /// A key with the store that its record names, else `store`, as [`describe`](manifesto_keys::KeyStore::describe)
    /// writes it.
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

/// The key that `key generate` made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyGenerate {
    /// The key.
    pub key: Key,
    /// Its public half as PEM.
    pub public_key: Text,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyGenerate, "key-generate");

/// Every key that this user has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyList {
    /// The keys, sorted by name, repository and role.
    pub keys: Vec<Key>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyList, "key-list");

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyShow {
    /// The key.
    pub key: Key,
    /// Its public half as PEM.
    pub public_key: Text,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyShow, "key-show");

/// What `key backup` wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyBackup {
    /// The file.
    pub file: PathBuf,
    /// The keys in it.
    pub keys: Vec<Key>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyBackup, "key-backup");

/// What `key restore` brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRestore {
    /// The keys that were stored.
    pub restored: Vec<Key>,
    /// The keys of the file that were there already.
    pub present: Vec<Key>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyRestore, "key-restore");

/// The key that `key import` brought in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyImport {
    /// The key.
    pub key: Key,
    /// How it was written, for people: `PKCS#8`, `OpenSSH`.
    pub form: Text,
    /// Whether it was there already.
    pub present: bool,
    /// Its public half as PEM.
    pub public_key: Text,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyImport, "key-import");

/// The key that `key export` wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyExport {
    /// The key.
    pub key: Key,
    /// The file; `-` for standard output.
    pub file: PathBuf,
    /// Whether it stands there under a passphrase.
    pub encrypted: bool,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyExport, "key-export");

/// What `key passwd` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyPasswd {
    /// The keys that are under the new passphrase now.
    pub changed: Vec<Key>,
    /// The keys that were under it before, because an earlier change was interrupted.
    pub unchanged: Vec<Key>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyPasswd, "key-passwd");

/// The key that `key remove` removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRemove {
    /// The key.
    pub key: Key,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(KeyRemove, "key-remove");
