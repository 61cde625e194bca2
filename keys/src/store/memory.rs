use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Inserted, KeyStore, StoreError, check_pair};
use crate::{KeyId, KeyRecord, Secret};

/// A key store for tests that forgets everything when it is dropped.
#[derive(Default)]
pub struct MemoryStore(Mutex<BTreeMap<KeyId, (KeyRecord, Secret)>>);

impl MemoryStore {
    fn keys(&self) -> MutexGuard<'_, BTreeMap<KeyId, (KeyRecord, Secret)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyStore for MemoryStore {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        Ok(self.keys().values().map(|(record, _)| record.clone().listed_by(self.describe())).collect())
    }

    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, StoreError> {
        check_pair(record, secret)?;
        let copy = Secret::from_pkcs8(secret.pkcs8()).map_err(|source| StoreError::of(record.key_id(), source))?;
        let before = self.keys().insert(record.key_id().clone(), (record.clone(), copy));
        Ok(if before.is_some() { Inserted::Known } else { Inserted::New })
    }

    fn remove(&self, key_id: &KeyId) -> Result<(), StoreError> {
        self.keys().remove(key_id).map(drop).ok_or_else(|| StoreError::not_found(key_id))
    }

    fn export(&self, key_id: &KeyId) -> Result<Secret, StoreError> {
        let keys = self.keys();
        let (_, secret) = keys.get(key_id).ok_or_else(|| StoreError::not_found(key_id))?;
        Secret::from_pkcs8(secret.pkcs8()).map_err(|source| StoreError::of(key_id, source))
    }
}
