use std::{io, path::PathBuf, time::Duration};

use super::TokenError;
use crate::{AskError, KeyId, RecordError, SealError, SecretError};

/// Why a key store did not do what was asked. No variant carries any part of a private key.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no keyring to talk to.
    #[error("no OS keyring can be reached")]
    Unavailable(#[source] PlatformError),
    /// The keyring is locked, and nobody answered its prompt.
    #[error("the OS keyring is locked, and its prompt was not answered")]
    Locked(#[source] PlatformError),
    /// The keyring, or a person before its prompt, did not answer in time.
    #[error("the OS keyring did not answer within {} s", .0.as_secs())]
    Hung(Duration),
    /// The keyring refused for another reason.
    #[error("the OS keyring failed")]
    Keyring(#[source] PlatformError),
    /// The keyring holds something under the key's name that is not what was stored there.
    #[error("the OS keyring returned malformed data for key {key_id}")]
    Malformed {
        /// The key that was asked for.
        key_id: KeyId,
    },
    /// The store knows no such key.
    #[error("key {key_id} is not in this key store")]
    NotFound {
        /// The key that was asked for.
        key_id: KeyId,
    },
    /// The key is listed, but the keyring no longer has it.
    #[error("key {key_id} is listed, but was removed from the OS keyring")]
    Lost {
        /// The key that was asked for.
        key_id: KeyId,
    },
    /// Several items of the keyring claim to be this key.
    #[error("{count} items of the OS keyring claim to be key {key_id}")]
    Ambiguous {
        /// The key that was asked for.
        key_id: KeyId,
        /// How many items there are.
        count: usize,
    },
    /// The keyring takes no secret or name of this length.
    #[error("the OS keyring takes at most {limit} bytes")]
    TooBig {
        /// Bytes that it takes.
        limit: u32,
    },
    /// The record and the private key do not belong together.
    #[error("the record names key {expected}, but the private key is that of {found}")]
    OtherKey {
        /// The key that was asked for, or that the record names.
        expected: KeyId,
        /// The key that was there.
        found: KeyId,
    },
    /// What is stored under the key's id is no key that can sign here.
    #[error("key {key_id} cannot be used")]
    Secret {
        /// The key.
        key_id: KeyId,
        /// What is wrong with it.
        source: SecretError,
    },
    /// The passphrase does not open the key. A damaged ciphertext looks the same.
    #[error("wrong passphrase for {what}")]
    WrongPassphrase {
        /// What it should have opened.
        what: String,
    },
    /// The passphrase to change to is the present one.
    #[error("the new passphrase for {what} is the present one")]
    SamePassphrase {
        /// What it should protect.
        what: String,
    },
    /// No passphrase was to be had.
    #[error("{what} needs a passphrase")]
    NoPassphrase {
        /// What it should have opened.
        what: String,
        /// Why there is none.
        source: AskError,
    },
    /// A key in encrypted form cannot be read or written.
    #[error("{what}: the encrypted key cannot be used")]
    Sealed {
        /// Where it stands.
        what: String,
        /// What is wrong with it.
        source: SealError,
    },
    /// A key's record cannot be made.
    #[error("the key in {what} cannot be named")]
    Record {
        /// Where the key stands.
        what: String,
        /// What is wrong with the record.
        source: RecordError,
    },
    /// A key file, or the folder of key files, that other users can get at.
    #[error("{} can be accessed by other users: its mode is {mode:o}", path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A link, a device or a pipe where a key's file must be: reading it could lead elsewhere, or never end.
    #[error("{} is no regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file that is not named after its key.
    #[error("{} holds another key than its name says", path.display())]
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
        /// What was tried: `read`, `written`, ...
        verb: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// No key could be made.
    #[error("no key could be made")]
    NotMade(#[source] SecretError),
    /// The store keeps its private keys to itself.
    #[error("key {key_id} never leaves {store}")]
    NeverLeaves {
        /// The key that was asked for.
        key_id: KeyId,
        /// The store, as [`KeyStore::describe`](crate::KeyStore::describe) writes it.
        store: String,
    },
    /// The PIN of a token was not to be had.
    #[error("the token \"{token}\" needs its PIN")]
    NoPin {
        /// Its label.
        token: String,
        /// Why there is none.
        source: AskError,
    },
    /// A token did not do what was asked.
    #[error("the token \"{token}\" cannot be used")]
    Token {
        /// Its label, or the URI that was to find it.
        token: String,
        /// Why not.
        source: TokenError,
    },
    /// This store only reads.
    #[error("{0} cannot be changed")]
    ReadOnly(String),
}

/// What an operating system's keyring reported. The stores' errors that can carry a secret are never among them.
pub type PlatformError = Box<dyn std::error::Error + Send + Sync>;

impl StoreError {
    pub(crate) fn not_found(key_id: &KeyId) -> Self {
        Self::NotFound { key_id: key_id.clone() }
    }

    pub(crate) fn of(key_id: &KeyId, source: SecretError) -> Self {
        Self::Secret { key_id: key_id.clone(), source }
    }
}

/// Why an index of keys cannot be used. It is never taken for an empty one.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no index that this version writes.
    #[error("malformed")]
    Malformed(#[from] serde_json::Error),
    /// It is of a later format; its name.
    #[error("of another format, '{0}'")]
    Format(String),
    /// Longer than an index can be.
    #[error("too long")]
    TooBig,
    /// Another process holds its lock.
    #[error("locked by another process")]
    Busy,
}
