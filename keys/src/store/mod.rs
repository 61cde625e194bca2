//! Where private keys are kept.
//!
//! The OS keyring ([`KeyringStore`]), a folder of encrypted files ([`FileStore`]), a PKCS#11 token ([`TokenStore`]) and a
//! single encrypted key that the caller hands in ([`HandedStore`]) implement [`KeyStore`], and one set of contract tests
//! runs against each.

mod error;
mod file;
mod handed;
mod index;
mod keyring;
#[cfg(feature = "dev-keys")]
mod memory;
mod passwd;
mod spec;
mod token;
mod unlock;

pub use error::{IndexError, PlatformError, StoreError};
pub use file::FileStore;
pub use handed::HandedStore;
pub use keyring::KeyringStore;
#[cfg(feature = "dev-keys")]
pub use memory::MemoryStore;
pub use passwd::PassphraseChange;
pub use spec::{KeyStoreSpec, KeyStoreSpecError};
pub use token::{TokenError, TokenStore, TokenUri, TokenUriError};

use std::{path::Path, sync::Arc, time::Duration};

use crate::{AskPassphrase, KeyId, KeyRecord, NewKey, Secret, Signer};

/// How long the keyring or a token may take while a person can answer its prompt.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// How long the keyring or a token may take where nobody can.
pub const DEADLINE_UNATTENDED: Duration = Duration::from_secs(5);

/// The store that was chosen. Nothing is touched yet; [`KeyStore::probe`] tells whether it is there.
///
/// The index of the keyring's keys is kept in the folder `index`. `ask` is asked for the passphrase of key files, or
/// for the PIN of a token, once per store and process. Every call to the keyring or a token ends after `deadline`, see
/// [`DEADLINE`].
pub fn open(spec: &KeyStoreSpec, index: &Path, ask: Arc<dyn AskPassphrase>, deadline: Duration) -> Box<dyn KeyStore> {
    match spec {
        KeyStoreSpec::Keyring => Box::new(KeyringStore::new(index, deadline)),
        KeyStoreSpec::File(folder) => Box::new(FileStore::new(folder, ask)),
        KeyStoreSpec::Token(uri) => Box::new(TokenStore::new(uri, ask, deadline)),
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
    fn load(&self, key_id: &KeyId) -> Result<Box<dyn Signer>, StoreError> {
        self.export(key_id)?.signer().map_err(|source| StoreError::of(key_id, source))
    }

    /// Makes a key in the store.
    fn generate(&self, new: &NewKey) -> Result<Made, StoreError> {
        let secret = Secret::generate(new.algorithm()).map_err(StoreError::NotMade)?;
        let unnamed = |source| StoreError::Record { what: self.describe(), source };
        let record = new.record(secret.public_key().clone()).map_err(unnamed)?;
        self.insert(&record, &secret)?;
        Ok(Made { record: record.listed_by(self.describe()), secret: Some(secret) })
    }

    /// Stores a key with its record. A key that is there already gets the new record, so that storing one again
    /// changes nothing.
    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, StoreError>;

    /// Removes a key and its record for good.
    fn remove(&self, key_id: &KeyId) -> Result<(), StoreError>;

    /// Lists keys again that the store holds and [`KeyStore::list`] does not show, because its list was lost, and
    /// returns their records. May prompt. A store that is its own list has none.
    fn recover(&self) -> Result<Vec<KeyRecord>, StoreError> {
        Ok(Vec::new())
    }

    /// The private key of this id, to be carried into a backup or into another store. A store that keeps its keys to
    /// itself answers with [`StoreError::NeverLeaves`].
    fn export(&self, key_id: &KeyId) -> Result<Secret, StoreError>;
}

/// What [`KeyStore::generate`] made.
pub struct Made {
    /// The record of the key, which says what store it is in.
    pub record: KeyRecord,
    /// Its private half, for a backup; `None` if it never leaves the store.
    pub secret: Option<Secret>,
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
    if found == record.key_id() {
        Ok(())
    } else {
        Err(StoreError::OtherKey { expected: record.key_id().clone(), found: found.clone() })
    }
}
