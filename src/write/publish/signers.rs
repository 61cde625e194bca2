use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use manifesto_keys::{KeyStore, Signer};

use crate::{
    trust::{DelegatedRole, KeyId, Root, author::Unsigned},
    write::error::WriteError,
};

/// The signers that one operation uses: loaded once, before anything is locked or sent.
pub(in crate::write) struct Signers {
    store: Arc<dyn KeyStore>,
    loaded: BTreeMap<KeyId, Box<dyn Signer>>,
}

/// Who may sign for one role, and how many must.
pub(in crate::write) struct Quorum<'a> {
    /// The role, for messages.
    pub(in crate::write) role: &'a str,
    pub(in crate::write) keyids: &'a [KeyId],
    pub(in crate::write) threshold: usize,
}

impl<'a> Quorum<'a> {
    /// Who signs for a delegated role.
    pub(in crate::write) fn of(terms: &'a DelegatedRole) -> Self {
        let keys = &terms.keys;
        Self { role: terms.name.as_str(), keyids: &keys.keyids, threshold: keys.threshold.get() as usize }
    }
}

impl Signers {
    pub(in crate::write) fn new(store: Arc<dyn KeyStore>) -> Self {
        Self { store, loaded: BTreeMap::new() }
    }

    /// Where the keys are.
    pub(super) fn store(&self) -> Arc<dyn KeyStore> {
        Arc::clone(&self.store)
    }

    /// Loads as many keys of a role as its threshold asks for. What the key store asks a person is asked here.
    ///
    /// # Errors
    /// No key, or too few, of the role are on this machine; the key store fails.
    pub(in crate::write) async fn load(&mut self, quorum: &Quorum<'_>, root: &Root) -> Result<(), WriteError> {
        let store = Arc::clone(&self.store);
        let records = tokio::task::spawn_blocking(move || store.list()).await??;
        let here = |id: &KeyId| records.iter().any(|record| record.key_id() == id);
        let (present, absent): (Vec<&KeyId>, Vec<&KeyId>) = quorum.keyids.iter().partition(|id| here(id));
        let names = |ids: &[&KeyId]| ids.iter().map(|id| root.name_of(id)).collect::<Vec<_>>();
        if present.is_empty() {
            let gun = root.manifesto.common.gun.clone();
            return Err(WriteError::NoKey { role: quorum.role.to_owned(), gun, may_sign: names(&absent) });
        }
        if present.len() < quorum.threshold {
            return Err(WriteError::TooFewKeys {
                role: quorum.role.to_owned(),
                threshold: quorum.threshold,
                have: present.len(),
                missing: names(&absent),
            });
        }
        for id in present.into_iter().take(quorum.threshold) {
            self.load_one(id).await?;
        }
        Ok(())
    }

    /// As [`load`](Self::load), where it is no error that keys are elsewhere: returns whether enough of them are here.
    ///
    /// # Errors
    /// The key store fails.
    pub(in crate::write) async fn try_load(&mut self, quorum: &Quorum<'_>, root: &Root) -> Result<bool, WriteError> {
        are_here(self.load(quorum, root).await)
    }

    /// Loads those keys among `keyids` that are on this machine, up to `needed`, and returns them.
    ///
    /// # Errors
    /// The key store fails.
    pub(in crate::write) async fn load_here(
        &mut self,
        keyids: &[KeyId],
        needed: usize,
    ) -> Result<Vec<KeyId>, WriteError> {
        let here = self.here(keyids).await?;
        for id in here.iter().take(needed) {
            self.load_one(id).await?;
        }
        Ok(here.into_iter().take(needed).collect())
    }

    /// Those keys among `keyids` that are on this machine. Nobody is asked anything.
    ///
    /// # Errors
    /// The key store fails.
    pub(in crate::write) async fn here(&self, keyids: &[KeyId]) -> Result<Vec<KeyId>, WriteError> {
        let stored = self.stored(keyids).await?;
        let here = |id: &&KeyId| self.loaded.contains_key(*id) || stored.contains(id);
        Ok(keyids.iter().filter(here).cloned().collect())
    }

    /// Those keys among `keyids` that the key store keeps.
    ///
    /// # Errors
    /// The key store fails.
    pub(in crate::write) async fn stored(&self, keyids: &[KeyId]) -> Result<Vec<KeyId>, WriteError> {
        let store = Arc::clone(&self.store);
        let records = tokio::task::spawn_blocking(move || store.list()).await??;
        let kept = |id: &&KeyId| records.iter().any(|record| record.key_id() == *id);
        Ok(keyids.iter().filter(kept).cloned().collect())
    }

    async fn load_one(&mut self, id: &KeyId) -> Result<(), WriteError> {
        if !self.loaded.contains_key(id) {
            let (store, key) = (Arc::clone(&self.store), id.clone());
            let signer = tokio::task::spawn_blocking(move || store.load(&key)).await??;
            self.loaded.insert(id.clone(), signer);
        }
        Ok(())
    }

    /// The signature of one loaded key; none where it is not loaded.
    ///
    /// # Errors
    /// It would not sign.
    pub(in crate::write) fn sign_with(&self, id: &KeyId, message: &[u8]) -> Result<Option<Vec<u8>>, WriteError> {
        Ok(self.loaded.get(id).map(|signer| signer.sign(message)).transpose()?)
    }

    /// Takes a key that no store keeps, for as long as this operation lasts.
    pub(in crate::write) fn lend(&mut self, id: KeyId, signer: Box<dyn Signer>) {
        self.loaded.insert(id, signer);
    }

    /// Signs a document that has to satisfy several quorums at once, each key once.
    ///
    /// # Errors
    /// As [`sign`](Self::sign), for the first that is not satisfied.
    pub(in crate::write) fn sign_for_all(
        &self,
        document: Unsigned,
        quorums: &[Quorum<'_>],
    ) -> Result<Bytes, WriteError> {
        let mut signatures = BTreeMap::new();
        for quorum in quorums {
            // A list may name a key twice; its signature still counts once.
            let mut seen = BTreeSet::new();
            let distinct = quorum.keyids.iter().filter(|id| seen.insert(*id));
            let loaded = distinct.filter_map(|id| Some((id, self.loaded.get(id)?)));
            let mut have = 0;
            for (id, signer) in loaded.take(quorum.threshold) {
                signatures.insert(id.clone(), signer.sign(&document.message())?);
                have += 1;
            }
            if have < quorum.threshold {
                return Err(quorum.unmet(have));
            }
        }
        Ok(document.with_signatures(signatures))
    }

    /// Whether enough keys of a role were loaded.
    pub(in crate::write) fn can(&self, quorum: &Quorum<'_>) -> bool {
        quorum.keyids.iter().filter(|id| self.loaded.contains_key(id)).count() >= quorum.threshold
    }

    /// The first loaded key of a role.
    pub(in crate::write) fn first(&self, keyids: &[KeyId]) -> Option<KeyId> {
        keyids.iter().find(|id| self.loaded.contains_key(id)).cloned()
    }

    /// Signs a document with as many loaded keys of its role as the threshold asks for.
    ///
    /// # Errors
    /// Too few keys were loaded, or one would not sign.
    pub(in crate::write) fn sign(&self, document: Unsigned, quorum: &Quorum<'_>) -> Result<Bytes, WriteError> {
        self.sign_for_all(document, std::slice::from_ref(quorum))
    }
}

/// Whether keys that were to be loaded are on this machine.
///
/// # Errors
/// They could not be loaded for another reason.
pub(in crate::write) fn are_here(loaded: Result<(), WriteError>) -> Result<bool, WriteError> {
    match loaded {
        Ok(()) => Ok(true),
        Err(WriteError::NoKey { .. } | WriteError::TooFewKeys { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

impl Quorum<'_> {
    fn unmet(&self, have: usize) -> WriteError {
        WriteError::TooFewKeys { role: self.role.to_owned(), threshold: self.threshold, have, missing: Vec::new() }
    }
}
