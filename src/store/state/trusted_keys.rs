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

/// A public key whose signature on a root makes this machine trust it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustedKey {
    keyid: KeyId,
    key: Value,
}

impl TrustedKey {
    /// A key object as it stands in TUF metadata: `keytype`, `scheme` and `keyval`.
    ///
    /// # Errors
    /// [`TrustedKeyError`] where one of them is missing or of another kind.
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

/// Why a JSON value is no public key.
#[derive(Debug, thiserror::Error)]
pub enum TrustedKeyError {
    /// A field is missing or of another kind.
    #[error("a public key lacks the field '{0}'")]
    Field(&'static str),
    /// It has no canonical form: a number in it has a fraction.
    #[error("a public key has no canonical form")]
    NotCanonical(#[source] serde_json::Error),
    /// It is written under the id of another key.
    #[error("a public key is written under an id that is not its own")]
    KeyId,
}

/// The keys that this machine trusts to sign roots, by the repositories they may do so for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKeys {
    patterns: BTreeMap<NamePattern, Vec<TrustedKey>>,
}

impl TrustedKeys {
    /// The keys of the longest pattern that matches. Those of shorter ones do not count.
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
    /// Where their file is unreadable, too large or damaged.
    pub fn trusted_keys(&self) -> Result<TrustedKeys, StateError> {
        let Some(path) = self.path().map(|path| path.join(TRUSTED_KEYS)) else { return Ok(TrustedKeys::default()) };
        let Some(bytes) = file::read(&path, self.limits.manifest_bytes)? else { return Ok(TrustedKeys::default()) };
        serde_json::from_slice(&bytes).map_err(|source| StateError::Corrupt { path, source })
    }

    /// Trusts `key` for the repositories that match `pattern`, beside the keys that are trusted for it already.
    ///
    /// # Errors
    /// [`StateError::Busy`] where another process holds the lock for longer than `patience`; failures to read or write.
    pub fn trust_key(&self, pattern: NamePattern, key: TrustedKey, patience: Duration) -> Result<(), StateError> {
        self.change_trusted_keys(patience, |trusted| {
            let keys = trusted.patterns.entry(pattern).or_default();
            let new = !keys.contains(&key);
            if new {
                keys.push(key);
            }
            new
        })
        .map(drop)
    }

    /// Trusts no key for `pattern` any more. Returns whether one was. Pins that came from one stay.
    ///
    /// # Errors
    /// As [`StateDir::trust_key`].
    pub fn distrust_keys(&self, pattern: &NamePattern, patience: Duration) -> Result<bool, StateError> {
        self.change_trusted_keys(patience, |trusted| trusted.patterns.remove(pattern).is_some())
    }

    fn change_trusted_keys(
        &self,
        patience: Duration,
        change: impl FnOnce(&mut TrustedKeys) -> bool,
    ) -> Result<bool, StateError> {
        let state = self.path().ok_or(StateError::NoFolder)?;
        let _lock = lock::acquire(&state.join("locks").join("trusted-keys.lock"), patience)?;
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
