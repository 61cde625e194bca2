use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StateDir, StateError, file, lock};
use crate::{
    name::{NamePattern, RepositoryName},
    trust::KeyId,
};

/// The name of the file of trusted keys.
const TRUSTED_KEYS: &str = "trusted-keys.json";

/// A public key that this machine trusts to sign roots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustedKey {
    keyid: KeyId,
    key: Value,
}

impl TrustedKey {
    /// Takes a key object of TUF metadata: `keytype`, `scheme` and `keyval`.
    ///
    /// # Errors
    /// [`TrustedKeyError`] if a field is missing or malformed.
    pub fn new(key: Value) -> Result<Self, TrustedKeyError> {
        for field in ["keytype", "scheme"] {
            if !key.get(field).is_some_and(Value::is_string) {
                return Err(TrustedKeyError::Field(field));
            }
        }
        if !key.get("keyval").is_some_and(Value::is_object) {
            return Err(TrustedKeyError::Field("keyval"));
        }
        let keyid = KeyId::of(&key).map_err(TrustedKeyError::NotCanonical)?;
        Ok(Self { keyid, key })
    }

    /// The key's id: the sha256 of its canonical form, in hexadecimal (TUF specification, section 4.2).
    pub fn keyid(&self) -> &KeyId {
        &self.keyid
    }

    /// The key object.
    pub fn key(&self) -> &Value {
        &self.key
    }
}

impl<'de> Deserialize<'de> for TrustedKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            keyid: KeyId,
            key: Value,
        }
        let written = Written::deserialize(deserializer)?;
        let key = Self::new(written.key).map_err(serde::de::Error::custom)?;
        if key.keyid == written.keyid { Ok(key) } else { Err(serde::de::Error::custom(TrustedKeyError::KeyId)) }
    }
}

/// Why a JSON value is not a public key.
#[derive(Debug, thiserror::Error)]
pub enum TrustedKeyError {
    /// A field is missing or malformed.
    #[error("a public key lacks the field '{0}'")]
    Field(&'static str),
    /// The key has no canonical form, because it contains a fraction.
    #[error("a public key has no canonical form")]
    NotCanonical(#[source] serde_json::Error),
    /// The key is listed under the id of another key.
    #[error("a public key is written under an id that is not its own")]
    KeyId,
}

/// The keys that this machine trusts to sign roots, by patterns of repositories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKeys {
    patterns: BTreeMap<NamePattern, Vec<TrustedKey>>,
}

impl TrustedKeys {
    /// The keys of the longest pattern that matches. Keys of shorter patterns do not count.
    pub fn for_repository(&self, repository: &RepositoryName) -> Option<(&NamePattern, &[TrustedKey])> {
        let longest = self.patterns.iter().rev().find(|(pattern, _)| pattern.matches(repository))?;
        Some((longest.0, longest.1))
    }

    /// Every pattern and its keys.
    pub fn iter(&self) -> impl Iterator<Item = (&NamePattern, &[TrustedKey])> {
        self.patterns.iter().map(|(pattern, keys)| (pattern, keys.as_slice()))
    }
}

impl StateDir {
    /// The trusted keys.
    ///
    /// # Errors
    /// The file is unreadable, too large or damaged.
    pub fn trusted_keys(&self) -> Result<TrustedKeys, StateError> {
        let Some(path) = self.path().map(|path| path.join(TRUSTED_KEYS)) else { return Ok(TrustedKeys::default()) };
        let Some(bytes) = file::read(&path, self.limits.manifest_bytes)? else { return Ok(TrustedKeys::default()) };
        serde_json::from_slice(&bytes).map_err(|source| StateError::Corrupt { path, source })
    }

    /// Trusts `key` for the repositories that match `pattern`, in addition to the keys that are already trusted for it.
    ///
    /// # Errors
    /// [`StateError::Busy`] if another process holds the lock for longer than `lock_timeout`; a failure to read or
    /// write.
    pub fn trust_key(&self, pattern: NamePattern, key: TrustedKey, lock_timeout: Duration) -> Result<(), StateError> {
        self.change_trusted_keys(lock_timeout, |trusted| {
            let keys = trusted.patterns.entry(pattern).or_default();
            let new = !keys.contains(&key);
            if new {
                keys.push(key);
            }
            new
        })
        .map(drop)
    }

    /// Removes all keys of `pattern`. Returns whether there was one. Pins that came from such a key stay.
    ///
    /// # Errors
    /// The same as those of [`StateDir::trust_key`].
    pub fn distrust_keys(&self, pattern: &NamePattern, lock_timeout: Duration) -> Result<bool, StateError> {
        self.change_trusted_keys(lock_timeout, |trusted| trusted.patterns.remove(pattern).is_some())
    }

    fn change_trusted_keys(
        &self,
        lock_timeout: Duration,
        change: impl FnOnce(&mut TrustedKeys) -> bool,
    ) -> Result<bool, StateError> {
        let state = self.path().ok_or(StateError::NoFolder)?;
        let _lock = lock::acquire(&state.join("locks").join("trusted-keys.lock"), lock_timeout)?;
        let mut trusted = self.trusted_keys()?;
        let changed = change(&mut trusted);
        if changed {
            let path = state.join(TRUSTED_KEYS);
            let text = serde_json::to_vec_pretty(&trusted)
                .map_err(|source| StateError::Corrupt { path: path.clone(), source })?;
            file::replace(&path, &text)?;
        }
        Ok(changed)
    }
}
