//! Key stores: where private keys are kept.
//!
//! These are the OS keyring ([`KeyringStore`]), a folder of encrypted files ([`FileStore`]), a PKCS#11 token
//! ([`TokenStore`]) and a single encrypted key that the caller supplies ([`HandedStore`]). All implement [`KeyStore`],
//! and the same contract tests run against each.

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

/// How long the keyring or a token may take if a user can answer its prompt.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// How long the keyring or a token may take if there is no user.
pub const DEADLINE_UNATTENDED: Duration = Duration::from_secs(5);

/// Returns the store for `spec`. This accesses nothing; [`KeyStore::probe`] checks that the store is available.
///
/// The index of the keyring's keys is in the folder `index`. `ask` provides the passphrase of key files or the PIN of a
/// token, once per store and process. Every call to the keyring or a token ends after `deadline`, see [`DEADLINE`].
pub fn open(spec: &KeyStoreSpec, index: &Path, ask: Arc<dyn AskPassphrase>, deadline: Duration) -> Box<dyn KeyStore> {
    match spec {
        KeyStoreSpec::Keyring => Box::new(KeyringStore::new(index, deadline)),
        KeyStoreSpec::File(folder) => Box::new(FileStore::new(folder, ask)),
        KeyStoreSpec::Token(uri) => Box::new(TokenStore::new(uri, ask, deadline)),
    }
}

/// A store of private keys and their records.
///
/// All calls block, some until a user answers a prompt. Asynchronous callers should use a thread for blocking work.
pub trait KeyStore: Send + Sync {
    /// The store's name for people, such as `keyring` or `file:/srv/keys`.
    fn describe(&self) -> String;

    /// Checks that the store can be reached. Never prompts; the store may still turn out to be locked.
    fn probe(&self) -> Result<(), StoreError>;

    /// The records of all keys. Never prompts, and accesses no private key.
    fn list(&self) -> Result<Vec<KeyRecord>, StoreError>;

    /// A signer with the key of this id.
    fn load(&self, key_id: &KeyId) -> Result<Box<dyn Signer>, StoreError> {
        self.export(key_id)?.signer().map_err(|source| StoreError::of(key_id, source))
    }

    /// Generates a key in the store.
    fn generate(&self, new: &NewKey) -> Result<Made, StoreError> {
        let secret = Secret::generate(new.algorithm()).map_err(StoreError::NotMade)?;
        let unnamed = |source| StoreError::Record { what: self.describe(), source };
        let record = new.record(secret.public_key().clone()).map_err(unnamed)?;
        self.insert(&record, &secret)?;
        Ok(Made { record: record.listed_by(self.describe()), secret: Some(secret) })
    }

    /// Stores a key with its record. For a key that is already stored, only the record is replaced, so storing the same
    /// key and record again changes nothing.
    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, StoreError>;

    /// Removes a key and its record permanently.
    fn remove(&self, key_id: &KeyId) -> Result<(), StoreError>;

    /// Lists keys again that are in the store but missing in [`KeyStore::list`] because the index was lost, and returns
    /// their records. May prompt. A store without an index returns none.
    fn recover(&self) -> Result<Vec<KeyRecord>, StoreError> {
        Ok(Vec::new())
    }

    /// The private key of this id, for a backup or another store. A store that never reveals its keys returns
    /// [`StoreError::NeverLeaves`].
    fn export(&self, key_id: &KeyId) -> Result<Secret, StoreError>;
}

/// The result of [`KeyStore::generate`].
pub struct Made {
    /// The record of the key, with the store that it is in.
    pub record: KeyRecord,
    /// Its private half, for a backup. `None` if it never leaves the store.
    pub secret: Option<Secret>,
}

/// The result of [`KeyStore::insert`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The key was not in the store before.
    New,
    /// The key was already in the store. Its record was replaced.
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
