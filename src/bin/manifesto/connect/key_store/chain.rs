use manifesto::name::TopLevelRole;
use manifesto_keys::{Inserted, KeyId, KeyRecord, KeyStore, Made, NewKey, Secret, Signer, StoreError};

use super::{KeyRing, if_present};

/// Combines the stores of a command. A key is loaded from the store that has it. New keys go to the chosen store,
/// except that root keys go to the token besides it.
pub(super) struct KeyStoreChain {
    ring: KeyRing,
    say: Box<dyn Fn(&str) + Send + Sync>,
}

impl KeyStoreChain {
    /// `say` prints a line for the user.
    pub(super) fn new(ring: KeyRing, say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { ring, say: Box::new(say) }
    }

    fn holder(&self, key_id: &KeyId) -> Result<&dyn KeyStore, StoreError> {
        for store in [&self.ring.handed, &self.ring.token].into_iter().flatten() {
            if if_present(store.list())?.iter().flatten().any(|record| record.key_id() == key_id) {
                return Ok(store.as_ref());
            }
        }
        Ok(self.ring.store.as_ref())
    }
}

impl KeyStore for KeyStoreChain {
    fn describe(&self) -> String {
        let names: Vec<String> = self.ring.stores().map(KeyStore::describe).collect();
        names.join(" and ")
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.ring.stores().try_for_each(KeyStore::probe)
    }

    fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let mut records = self.ring.store.list()?;
        for store in [&self.ring.handed, &self.ring.token].into_iter().flatten() {
            match if_present(store.list())? {
                Some(more) => records.extend(more),
                None => (self.say)(&format!("The token {} is not present; its keys do not sign.", store.describe())),
            }
        }
        Ok(records)
    }

    fn load(&self, key_id: &KeyId) -> Result<Box<dyn Signer>, StoreError> {
        self.holder(key_id)?.load(key_id)
    }

    fn generate(&self, new: &NewKey) -> Result<Made, StoreError> {
        let token = self.ring.token.as_ref().filter(|_| new.role() == Some(&TopLevelRole::Root.into()));
        token.unwrap_or(&self.ring.store).generate(new)
    }

    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, StoreError> {
        self.ring.store.insert(record, secret)
    }

    fn remove(&self, key_id: &KeyId) -> Result<(), StoreError> {
        self.holder(key_id)?.remove(key_id)
    }

    fn recover(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.ring.store.recover()
    }

    fn export(&self, key_id: &KeyId) -> Result<Secret, StoreError> {
        self.holder(key_id)?.export(key_id)
    }
}
