//! A key store for publishers without keys.

use manifesto_keys::{Inserted, KeyId, KeyRecord, KeyStore, Secret, StoreError};

/// An empty, read-only key store.
pub(super) struct NoKeys;

impl KeyStore for NoKeys {
    fn describe(&self) -> String {
        "no key store".to_owned()
    }

    fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        Ok(Vec::new())
    }

    fn insert(&self, _: &KeyRecord, _: &Secret) -> Result<Inserted, StoreError> {
        Err(StoreError::ReadOnly(self.describe()))
    }

    fn export(&self, key_id: &KeyId) -> Result<Secret, StoreError> {
        Err(StoreError::NotFound { key_id: key_id.clone() })
    }

    fn remove(&self, key_id: &KeyId) -> Result<(), StoreError> {
        Err(StoreError::NotFound { key_id: key_id.clone() })
    }
}
