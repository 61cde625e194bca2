use std::{io, path::PathBuf, time::Duration};

use super::TokenError;
use crate::{AskError, KeyId, RecordError, SealError, SecretError};

/// Why an operation of a key store failed. No variant contains any part of a private key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No keyring can be reached.
    #[error("no OS keyring can be reached")]
    Unavailable(#[source] PlatformError),
    /// The keyring is locked, and its prompt was not answered.
    #[error("the OS keyring is locked, and its prompt was not answered")]
    Locked(#[source] PlatformError),
    /// The keyring, or the user at its prompt, did not answer in time.
    #[error("the OS keyring did not answer within {} s", .0.as_secs())]
    Hung(Duration),
    /// The keyring failed for another reason.
    #[error("the OS keyring failed")]
    Keyring(#[source] PlatformError),
    /// The item under the key's name does not contain the key.
    #[error("the OS keyring returned malformed data for key {key_id}")]
    Malformed {
        /// The requested key.
        key_id: KeyId,
    },
    /// The store does not have the key.
    #[error("key {key_id} is not in this key store")]
    NotFound {
        /// The requested key.
        key_id: KeyId,
    },
    /// The index lists the key, but the keyring no longer has it.
    #[error("key {key_id} is listed, but was removed from the OS keyring")]
    Lost {
        /// The requested key.
        key_id: KeyId,
    },
    /// Several items of the keyring have the name of this key.
    #[error("{count} items of the OS keyring claim to be key {key_id}")]
    Ambiguous {
        /// The requested key.
        key_id: KeyId,
        /// The number of items.
        count: usize,
    },
    /// The secret or name is too long for the keyring.
    #[error("the OS keyring takes at most {limit} bytes")]
    TooBig {
        /// The limit in bytes.
        limit: u32,
    },
    /// The record does not belong to the private key.
    #[error("the record names key {expected}, but the private key is that of {found}")]
    OtherKey {
        /// The requested key, or the one in the record.
        expected: KeyId,
        /// The key of the private half.
        found: KeyId,
    },
    /// The stored private key is invalid or not supported.
    #[error("key {key_id} cannot be used")]
    Secret {
        /// The key.
        key_id: KeyId,
        /// What is wrong with it.
        source: SecretError,
    },
    /// The passphrase is wrong, or the ciphertext is damaged, which looks the same.
    #[error("wrong passphrase for {what}")]
    WrongPassphrase {
        /// The key or store that it should open.
        what: String,
    },
    /// The new passphrase is the present one.
    #[error("the new passphrase for {what} is the present one")]
    SamePassphrase {
        /// The store that it should protect.
        what: String,
    },
    /// No passphrase was provided.
    #[error("{what} needs a passphrase")]
    NoPassphrase {
        /// The key or store that needs it.
        what: String,
        /// The reason.
        source: AskError,
    },
    /// An encrypted key cannot be read or written.
    #[error("{what}: the encrypted key cannot be used")]
    Sealed {
        /// The file or variable of the key.
        what: String,
        /// What is wrong with it.
        source: SealError,
    },
    /// The record of a key is invalid.
    #[error("the key in {what} cannot be named")]
    Record {
        /// The file or variable of the key.
        what: String,
        /// What is wrong with the record.
        source: RecordError,
    },
    /// A key file or the folder of key files is accessible to other users.
    #[error("{} can be accessed by other users: its mode is {mode:o}", path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// The permission bits.
        mode: u32,
    },
    /// The path is a link, a device or a pipe, not a file. Reading it could lead elsewhere or never end.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The name of a file is not the id of its key.
    #[error("{} does not hold the key in its name", path.display())]
    Misnamed {
        /// The file.
        path: PathBuf,
    },
    /// The index of the keyring's keys cannot be used.
    #[error("the index of keys {} cannot be used", path.display())]
    Index {
        /// The index file.
        path: PathBuf,
        /// What is wrong with it.
        source: IndexError,
    },
    /// A file could not be read or written.
    #[error("{} could not be {verb}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operation: `read`, `written`, ...
        verb: &'static str,
        /// The error of the operating system.
        source: io::Error,
    },
    /// No key could be generated.
    #[error("no key could be made")]
    NotMade(#[source] SecretError),
    /// The store never reveals its private keys.
    #[error("key {key_id} never leaves {store}")]
    NeverLeaves {
        /// The requested key.
        key_id: KeyId,
        /// The store, as [`KeyStore::describe`](crate::KeyStore::describe) writes it.
        store: String,
    },
    /// The PIN of a token was not provided.
    #[error("the token \"{token}\" needs its PIN")]
    NoPin {
        /// Its label.
        token: String,
        /// The reason.
        source: AskError,
    },
    /// An operation of a token failed.
    #[error("the token \"{token}\" cannot be used")]
    Token {
        /// The token's label or URI.
        token: String,
        /// The reason.
        source: TokenError,
    },
    /// The store is read-only.
    #[error("{0} cannot be changed")]
    ReadOnly(String),
}

/// An error of the operating system's keyring. It is never one that can contain a secret.
pub type PlatformError = Box<dyn std::error::Error + Send + Sync>;

impl StoreError {
    pub(crate) fn not_found(key_id: &KeyId) -> Self {
        Self::NotFound { key_id: key_id.clone() }
    }

    pub(crate) fn of(key_id: &KeyId, source: SecretError) -> Self {
        Self::Secret { key_id: key_id.clone(), source }
    }
}

/// Why an index of keys cannot be used. Such an index never counts as empty.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The index cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The index is not of the form that this version writes.
    #[error("malformed")]
    Malformed(#[from] serde_json::Error),
    /// The index has a later format. The field is its name.
    #[error("of another format, '{0}'")]
    Format(String),
    /// The index is longer than any valid one.
    #[error("too long")]
    TooBig,
    /// Another process holds its lock.
    #[error("locked by another process")]
    Busy,
}
