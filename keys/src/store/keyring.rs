mod item;
mod platform;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use keyring_core::{CredentialStore, Entry as Item, Error};
use zeroize::Zeroizing;

use super::{
    Inserted, KeyStore, StoreError, check_pair,
    index::{KeyEntry, KeyIndex},
};
use crate::{KeyId, KeyRecord, Secret};

const SERVICE: &str = "io.manifesto.tuf";

/// The keyring of the operating system: Secret Service, macOS Keychain or Windows Credential Manager.
///
/// A key is an item of the service `io.manifesto.tuf`. Its user is `ROLE/KEYID@REPOSITORY`, its secret PKCS#8 in PEM.
/// Its record is also in a public index file, because even a search makes a locked keyring prompt. Every call to the
/// keyring runs on its own thread and is abandoned at a deadline: a keyring may never answer, and such a thread cannot
/// be stopped.
pub struct KeyringStore {
    index: KeyIndex,
    deadline: Duration,
    connection: Mutex<Option<Arc<CredentialStore>>>,
}

impl KeyringStore {
    /// The keyring of this user's session, with its index in the folder `index`.
    pub fn new(index: &Path, deadline: Duration) -> Self {
        Self { index: KeyIndex::new(index.join("keyring.json")), deadline, connection: Mutex::new(None) }
    }

    fn entry(&self, key_id: &KeyId) -> Result<KeyEntry, StoreError> {
        let entries = self.index.read()?;
        entries.into_iter().find(|entry| entry.record.key_id() == key_id).ok_or_else(|| StoreError::not_found(key_id))
    }

    /// Runs one call to the keyring. `key_id` is for messages.
    fn call<T: Send + 'static>(
        &self,
        key_id: &KeyId,
        action: impl FnOnce(&CredentialStore) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let known = self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let key_id = key_id.clone();
        let (sender, receiver) = mpsc::channel();
        let run = move || {
            let connected = known.map_or_else(platform::connect, Ok);
            // The receiver is gone if the deadline has passed. Then the answer is not needed.
            let _ = sender.send(match connected {
                Err(error) => Err(classify(error, &key_id, Phase::Connecting)),
                Ok(keyring) => match action(&*keyring) {
                    Ok(value) => Ok((keyring, value)),
                    Err(error) => Err(classify(error, &key_id, Phase::Asking)),
                },
            });
        };
        thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(run)
            .map_err(|error| StoreError::Keyring(error.into()))?;
        match receiver.recv_timeout(self.deadline) {
            Ok(answer) => {
                let (keyring, value) = answer?;
                *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = Some(keyring);
                Ok(value)
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                tracing::debug!(deadline = ?self.deadline, "the keyring did not answer");
                Err(StoreError::Hung(self.deadline))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(StoreError::Keyring("its client gave up".into())),
        }
    }

    fn delete(&self, key_id: &KeyId, item: String) -> Result<(), StoreError> {
        self.call(key_id, move |keyring| match keyring.build(SERVICE, &item, None)?.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            deleted => deleted,
        })
    }
}

impl KeyStore for KeyringStore {
    fn describe(&self) -> String {
        "keyring".to_owned()
    }

    fn probe(&self) -> Result<(), StoreError> {
        // An old connection would answer without checking that the keyring still exists.
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.call(&KeyId::from(""), |_| Ok(()))
    }

    fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        Ok(self.index.read()?.into_iter().map(|entry| entry.record.listed_by(self.describe())).collect())
    }

    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, StoreError> {
        check_pair(record, secret)?;
        self.index.check_writable()?;
        let key_id = record.key_id();
        let before = self.index.read()?.into_iter().find(|entry| entry.record.key_id() == key_id);
        let pem = secret.to_pem().map_err(|source| StoreError::of(key_id, source))?;
        let entry = KeyEntry { item: item::name(record), record: record.clone() };
        let stored = entry.clone();
        self.call(key_id, move |keyring| {
            let label = item::label(&stored.record);
            let item = keyring.build(SERVICE, &stored.item, Some(&platform::modifiers(&label)))?;
            item.set_secret(pem.as_bytes())?;
            if platform::annotate(&item, &stored.record, &label).is_err() {
                tracing::debug!("the keyring did not take the attributes of an item");
            }
            Ok(())
        })?;
        let item = entry.item.clone();
        let listed = self.index.edit(|keys| {
            keys.retain(|known| known.record.key_id() != key_id);
            keys.push(entry);
        });
        match (listed, before) {
            // A key that is not in the index could not be found or removed later.
            (Err(error), None) => self.delete(key_id, item).and(Err(error)),
            (Err(error), Some(_)) => Err(error),
            (Ok(()), None) => Ok(Inserted::New),
            (Ok(()), Some(old)) if old.item == item => Ok(Inserted::Known),
            (Ok(()), Some(old)) => self.delete(key_id, old.item).map(|()| Inserted::Known),
        }
    }

    fn remove(&self, key_id: &KeyId) -> Result<(), StoreError> {
        let entry = self.entry(key_id)?;
        self.index.check_writable()?;
        self.delete(key_id, entry.item)?;
        self.index.edit(|keys| keys.retain(|known| known.record.key_id() != key_id))
    }

    fn recover(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let listed = self.index.read()?;
        let ids: BTreeSet<_> = listed.iter().map(|entry| entry.record.key_id().clone()).collect();
        let listed: BTreeSet<_> = listed.into_iter().map(|entry| entry.item).collect();
        let found = self.call(&KeyId::from(""), move |keyring| {
            let mut found = Vec::new();
            for item in keyring.search(&platform::search_terms())? {
                let Some((_, name)) = item.get_specifiers().filter(|(service, _)| service == SERVICE) else { continue };
                if !listed.contains(&name) {
                    found.push((name, item.get_attributes()?, Zeroizing::new(item.get_secret()?)));
                }
            }
            Ok(found)
        })?;
        let mut recovered = BTreeMap::new();
        for (item, attributes, pem) in found {
            let secret = read_secret(&pem, &KeyId::from(item.as_str())).ok();
            match secret.and_then(|secret| item::record(&item, &attributes, secret.public_key())) {
                // A change of a listed key's role left this item behind.
                Some(record) if ids.contains(record.key_id()) => (),
                Some(record) => drop(recovered.insert(record.key_id().clone(), KeyEntry { item, record })),
                None => tracing::warn!(item, "an item of the keyring is not the key that its name says"),
            }
        }
        let records = recovered.values().map(|entry| entry.record.clone().listed_by(self.describe())).collect();
        if !recovered.is_empty() {
            self.index.edit(|keys| {
                keys.retain(|known| !recovered.contains_key(known.record.key_id()));
                keys.extend(recovered.into_values());
            })?;
        }
        Ok(records)
    }

    fn export(&self, key_id: &KeyId) -> Result<Secret, StoreError> {
        let entry = self.entry(key_id)?;
        let pem = self
            .call(key_id, move |keyring| {
                keyring.build(SERVICE, &entry.item, None).and_then(|item: Item| item.get_secret()).map(Zeroizing::new)
            })
            .map_err(|error| match error {
                StoreError::NotFound { key_id } => StoreError::Lost { key_id },
                other => other,
            })?;
        let secret = read_secret(&pem, key_id)?;
        let found = secret.public_key().key_id();
        if found == key_id {
            Ok(secret)
        } else {
            Err(StoreError::OtherKey { expected: key_id.clone(), found: found.clone() })
        }
    }
}

/// Parses the secret of a key's item.
fn read_secret(pem: &[u8], key_id: &KeyId) -> Result<Secret, StoreError> {
    let pem = std::str::from_utf8(pem).map_err(|_| StoreError::Malformed { key_id: key_id.clone() })?;
    Secret::from_pem(pem).map_err(|source| StoreError::of(key_id, source))
}

enum Phase {
    Connecting,
    Asking,
}

/// Only this function handles `Error`: some of its variants contain the secret, and print it with `Debug`.
fn classify(error: Error, key_id: &KeyId, phase: Phase) -> StoreError {
    match (error, phase) {
        (Error::NoEntry, _) => StoreError::not_found(key_id),
        (Error::Ambiguous(items), _) => StoreError::Ambiguous { key_id: key_id.clone(), count: items.len() },
        (Error::TooLong(_, limit), _) => StoreError::TooBig { limit },
        (Error::BadEncoding(_) | Error::BadDataFormat(..), _) => StoreError::Malformed { key_id: key_id.clone() },
        (Error::NoStorageAccess(source) | Error::PlatformFailure(source), Phase::Connecting) => {
            StoreError::Unavailable(source)
        }
        (Error::NoStorageAccess(source), Phase::Asking) => StoreError::Locked(source),
        (Error::PlatformFailure(source), Phase::Asking) => StoreError::Keyring(source),
        (other, Phase::Connecting) => StoreError::Unavailable(other.to_string().into()),
        (other, Phase::Asking) => StoreError::Keyring(other.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn no_error_shows_a_secret() {
        let secret = b"-----BEGIN PRIVATE KEY-----".to_vec();
        let shown = format!("{secret:?}");
        let malformed = Error::BadDataFormat(secret.clone(), "no text".into());
        assert!(format!("{malformed:?}").contains(&shown), "the trap that this guards against");
        for error in [Error::BadEncoding(secret), malformed] {
            let error = classify(error, &"id".into(), Phase::Asking);
            assert!(matches!(&error, StoreError::Malformed { key_id } if key_id.as_str() == "id"));
            assert!(!format!("{error} {error:?}").contains(&shown));
        }
    }

    #[test]
    fn errors_are_told_apart() {
        let platform = || "refused".into();
        let class = |error, phase| classify(error, &"id".into(), phase);
        assert!(matches!(class(Error::NoEntry, Phase::Asking), StoreError::NotFound { .. }));
        assert!(matches!(class(Error::TooLong("x".to_owned(), 9), Phase::Asking), StoreError::TooBig { limit: 9 }));
        assert!(matches!(class(Error::Ambiguous(vec![]), Phase::Asking), StoreError::Ambiguous { count: 0, .. }));
        assert!(matches!(class(Error::NoStorageAccess(platform()), Phase::Asking), StoreError::Locked(_)));
        assert!(matches!(class(Error::NoStorageAccess(platform()), Phase::Connecting), StoreError::Unavailable(_)));
        let other = class(Error::NoDefaultStore, Phase::Connecting);
        assert!(matches!(other, StoreError::Unavailable(_)));
        let refused = class(Error::PlatformFailure(platform()), Phase::Asking);
        assert!(matches!(refused, StoreError::Keyring(_)));
        let source = refused.source().unwrap().to_string();
        assert_eq!(source, "refused");
        assert!(!refused.to_string().contains(&source), "the source is not repeated");
    }
}
