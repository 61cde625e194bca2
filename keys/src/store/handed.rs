use std::sync::Arc;

use super::{Inserted, KeyStore, StoreError, unlock::Unlock};
use crate::{AskPassphrase, KeyId, KeyRecord, Purpose, Secret, sealed::Sealed};

/// One encrypted key that the caller hands in as text, such as the content of `MANIFESTO_KEY` in CI. It only reads.
pub struct HandedStore {
    origin: String,
    key: Sealed,
    record: KeyRecord,
    unlock: Unlock,
}

impl HandedStore {
    /// Takes one `ENCRYPTED PRIVATE KEY` block in PEM. `origin` says where it came from, such as `MANIFESTO_KEY`.
    ///
    /// A key that this tool exported has its record before it, and is decrypted when it is used. One from elsewhere is
    /// decrypted now, because its public half is not known otherwise; it is called `origin`.
    ///
    /// # Errors
    /// Not one encrypted key, or, for a key without a record, no passphrase or a wrong one.
    pub fn open(text: &str, origin: &str, ask: Arc<dyn AskPassphrase>) -> Result<Self, StoreError> {
        let sealed = |source| StoreError::Sealed { what: origin.to_owned(), source };
        let key = Sealed::parse(text).map_err(sealed)?;
        let unlock = Unlock::new(format!("the key in {origin}"), ask);
        let record = match &key.record {
            Some(record) => record.clone(),
            None => {
                let secret = unlock.with(Purpose::Open, |passphrase| key.open(passphrase))?;
                KeyRecord::new(secret.public_key().clone(), origin, None)
                    .map_err(|source| StoreError::Record { what: origin.to_owned(), source })?
            }
        };
        let record = record.listed_by(origin.to_owned());
        Ok(Self { origin: origin.to_owned(), key, record, unlock })
    }
}

impl KeyStore for HandedStore {
    fn describe(&self) -> String {
        self.origin.clone()
    }

    fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        Ok(vec![self.record.clone()])
    }

    fn insert(&self, _: &KeyRecord, _: &Secret) -> Result<Inserted, StoreError> {
        Err(StoreError::ReadOnly(self.origin.clone()))
    }

    fn remove(&self, _: &KeyId) -> Result<(), StoreError> {
        Err(StoreError::ReadOnly(self.origin.clone()))
    }

    fn export(&self, key_id: &KeyId) -> Result<Secret, StoreError> {
        if key_id != self.record.key_id() {
            return Err(StoreError::not_found(key_id));
        }
        self.unlock.with(Purpose::Open, |passphrase| self.key.open(passphrase))
    }
}
