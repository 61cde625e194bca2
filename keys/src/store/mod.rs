//! Where private keys are kept.
//!
//! The OS keyring ([`KeyringStore`]), a folder of encrypted files ([`FileStore`]) and a single encrypted key that the
//! caller hands in ([`HandedStore`]) implement [`KeyStore`], and one set of contract tests runs against each.

mod error;
mod file;
mod handed;
mod index;
mod keyring;
#[cfg(feature = "dev-keys")]
mod memory;
mod passwd;
mod spec;
mod unlock;

pub use error::{IndexError, PlatformError, StoreError};
pub use file::FileStore;
pub use handed::HandedStore;
pub use keyring::KeyringStore;
#[cfg(feature = "dev-keys")]
pub use memory::MemoryStore;
pub use passwd::PassphraseChange;
pub use spec::{KeyStoreSpec, KeyStoreSpecError};

use std::{path::Path, sync::Arc, time::Duration};

use crate::{AskPassphrase, KeyRecord, Secret, Signer};

/// How long the keyring may take while a person can answer its prompt.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// How long the keyring may take where nobody can.
pub const DEADLINE_UNATTENDED: Duration = Duration::from_secs(5);

/// The store that was chosen. Nothing is touched yet; [`KeyStore::probe`] tells whether it is there.
///
/// The index of the keyring's keys is kept in the folder `index`. `ask` is asked for the passphrase of key files, once
/// per store and process. Every call to the keyring ends after `deadline`, see [`DEADLINE`].
pub fn open(spec: &KeyStoreSpec, index: &Path, ask: Arc<dyn AskPassphrase>, deadline: Duration) -> Box<dyn KeyStore> {
    match spec {
        KeyStoreSpec::Keyring => Box::new(KeyringStore::new(index, deadline)),
        KeyStoreSpec::File(folder) => Box::new(FileStore::new(folder, ask)),
    }
}

/// A place that keeps private keys with their records.
///
/// All calls block, some for as long as a person takes to answer a prompt: an async caller makes them on a thread for
/// blocking work.
pub trait KeyStore: Send + Sync {
    /// The store's name for people, such as `keyring` or `file:/srv/keys`.
    fn describe(&self) -> String;

    /// Whether the store can be reached. Never prompts; a store that is there may still turn out to be locked.
    fn probe(&self) -> Result<(), StoreError>;

    /// The records of all keys. Never prompts, and touches no private key.
    fn list(&self) -> Result<Vec<KeyRecord>, StoreError>;

    /// A signer with the key of this id.
    fn load(&self, key_id: &str) -> Result<Box<dyn Signer>, StoreError> {
        self.export(key_id)?.signer().map_err(|source| StoreError::of(key_id.to_owned(), source))
    }

    /// Stores a key with its record. A key that is there already gets the new record, so that storing one again
    /// changes nothing.
    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, StoreError>;

    /// Removes a key and its record for good.
    fn remove(&self, key_id: &str) -> Result<(), StoreError>;

    /// Lists keys again that the store holds and [`KeyStore::list`] does not show, because its list was lost, and
    /// returns their records. May prompt. A store that is its own list has none.
    fn recover(&self) -> Result<Vec<KeyRecord>, StoreError> {
        Ok(Vec::new())
    }

    /// The private key of this id, to be carried into a backup or into another store.
    fn export(&self, key_id: &str) -> Result<Secret, StoreError>;
}

/// What [`KeyStore::insert`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The key was not there before.
    New,
    /// The key was there; its record is the new one now.
    Known,
}

fn check_pair(record: &KeyRecord, secret: &Secret) -> Result<(), StoreError> {
    let found = secret.public_key().key_id();
    if found == record.key_id() { Ok(()) } else { Err(StoreError::OtherKey { expected: record.key_id(), found }) }
}
