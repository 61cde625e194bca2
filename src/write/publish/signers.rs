//! Signing with the keys on this machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use manifesto_keys::{KeyStore, Signer};

use crate::{
    trust::{KeyId, Quorum, Root, author::Unsigned},
    write::error::WriteError,
};

/// The signers of one operation. They are loaded once, before anything is locked or sent.
pub(in crate::write) struct Signers {
    store: Arc<dyn KeyStore>,
    loaded: BTreeMap<KeyId, Box<dyn Signer>>,
}

impl Signers {
    pub(in crate::write) fn new(store: Arc<dyn KeyStore>) -> Self {
        Self { store, loaded: BTreeMap::new() }
    }

    /// Returns the key store.
    pub(super) fn store(&self) -> Arc<dyn KeyStore> {
        Arc::clone(&self.store)
    }

    /// Loads as many keys of a role as its threshold requires. The key store prompts for passphrases here.
    ///
    /// # Errors
    /// [`WriteError::NoKey`], [`WriteError::TooFewKeys`]: none, or too few, of the role's keys are on this machine.
    pub(in crate::write) async fn load(&mut self, quorum: &Quorum, root: &Root) -> Result<(), WriteError> {
        let store = Arc::clone(&self.store);
        let records = tokio::task::spawn_blocking(move || store.list()).await??;
        let here = |id: &KeyId| records.iter().any(|record| record.key_id() == id);
        let (present, absent): (Vec<&KeyId>, Vec<&KeyId>) = quorum.keyids.iter().partition(|id| here(id));
        let names = |ids: &[&KeyId]| ids.iter().map(|id| root.name_of(id)).collect::<Vec<_>>();
        if present.is_empty() {
            let gun = root.manifesto.common.gun.clone();
            return Err(WriteError::NoKey { role: quorum.role.to_string(), gun, may_sign: names(&absent) });
        }
        if present.len() < quorum.threshold {
            return Err(WriteError::TooFewKeys {
                role: quorum.role.to_string(),
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

    /// Like [`load`](Self::load), but missing keys are no error. Returns whether enough keys were loaded.
    pub(in crate::write) async fn try_load(&mut self, quorum: &Quorum, root: &Root) -> Result<bool, WriteError> {
        are_here(self.load(quorum, root).await)
    }

    /// Loads the keys among `keyids` that are on this machine, up to `needed`, and returns them.
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

    /// Returns the keys among `keyids` that are on this machine, without a prompt.
    pub(in crate::write) async fn here(&self, keyids: &[KeyId]) -> Result<Vec<KeyId>, WriteError> {
        let stored = self.stored(keyids).await?;
        let here = |id: &&KeyId| self.loaded.contains_key(*id) || stored.contains(id);
        Ok(keyids.iter().filter(here).cloned().collect())
    }

    /// Returns the keys among `keyids` that the key store has.
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

    /// Signs with one key. `None`: it is not loaded.
    pub(in crate::write) fn sign_with(&self, id: &KeyId, message: &[u8]) -> Result<Option<Vec<u8>>, WriteError> {
        Ok(self.loaded.get(id).map(|signer| signer.sign(message)).transpose()?)
    }

    /// Adds a key that no key store keeps. It lasts as long as this operation.
    pub(in crate::write) fn lend(&mut self, id: KeyId, signer: Box<dyn Signer>) {
        self.loaded.insert(id, signer);
    }

    /// Signs a document that has to satisfy several quorums, with each key once.
    ///
    /// # Errors
    /// [`WriteError::TooFewKeys`], for the first quorum that is not satisfied.
    pub(in crate::write) fn sign_for_all(&self, document: Unsigned, quorums: &[Quorum]) -> Result<Bytes, WriteError> {
        let mut signatures = BTreeMap::new();
        for quorum in quorums {
            // A role may list a key twice. Its signature still counts once.
            let mut seen = BTreeSet::new();
            let distinct = quorum.keyids.iter().filter(|id| seen.insert(*id));
            let loaded = distinct.filter_map(|id| Some((id, self.loaded.get(id)?)));
            let mut have = 0;
            for (id, signer) in loaded.take(quorum.threshold) {
                signatures.insert(id.clone(), signer.sign(&document.message())?);
                have += 1;
            }
            if have < quorum.threshold {
                return Err(WriteError::TooFewKeys {
                    role: quorum.role.to_string(),
                    threshold: quorum.threshold,
                    have,
                    missing: Vec::new(),
                });
            }
        }
        Ok(document.with_signatures(signatures))
    }

    /// Returns whether enough keys of a role are loaded.
    pub(in crate::write) fn can(&self, quorum: &Quorum) -> bool {
        quorum.is_met_by(self.loaded.keys())
    }

    /// Returns the first loaded key of a role.
    pub(in crate::write) fn first(&self, keyids: &[KeyId]) -> Option<KeyId> {
        keyids.iter().find(|id| self.loaded.contains_key(id)).cloned()
    }

    /// Signs a document with as many loaded keys of its role as the threshold requires.
    pub(in crate::write) fn sign(&self, document: Unsigned, quorum: &Quorum) -> Result<Bytes, WriteError> {
        self.sign_for_all(document, std::slice::from_ref(quorum))
    }
}

/// Returns whether keys were loaded. That they are elsewhere is no error.
pub(in crate::write) fn are_here(loaded: Result<(), WriteError>) -> Result<bool, WriteError> {
    match loaded {
        Ok(()) => Ok(true),
        Err(WriteError::NoKey { .. } | WriteError::TooFewKeys { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
