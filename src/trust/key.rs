use std::fmt;

use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tough::schema::key::Key;

/// The name of a key in metadata: by this project's rule the sha256 of its canonical form, in hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its first eight characters, for people.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl From<String> for KeyId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl From<&str> for KeyId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How signatures are made (TUF specification, section 4.2, "keytype" and "scheme").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `ed25519`.
    Ed25519,
    /// `ecdsa-sha2-nistp256`.
    EcdsaP256,
    /// `rsassa-pss-sha256`, of 2048 to 8192 bits.
    RsaPss,
}

/// A public key that this build can check signatures with.
pub(super) struct VerifyingKey {
    key: Key,
    public: Vec<u8>,
}

impl VerifyingKey {
    /// The key in a metadata document, or `None` for a type or scheme that is not supported. Such a key counts for
    /// nothing, and stands in nobody's way as long as the threshold is met without it.
    pub(super) fn parse(value: &Value) -> Option<Self> {
        let key: Key = serde_json::from_value(value.clone()).ok()?;
        let public = match &key {
            Key::Ed25519 { keyval, .. } => keyval.public.to_vec(),
            Key::Ecdsa { keyval, .. } | Key::EcdsaOld { keyval, .. } => keyval.public.to_vec(),
            Key::Rsa { keyval, .. } => keyval.public.to_vec(),
        };
        Some(Self { key, public })
    }

    /// How this key signs.
    pub(super) fn algorithm(&self) -> Algorithm {
        match &self.key {
            Key::Ed25519 { .. } => Algorithm::Ed25519,
            Key::Ecdsa { .. } | Key::EcdsaOld { .. } => Algorithm::EcdsaP256,
            Key::Rsa { .. } => Algorithm::RsaPss,
        }
    }

    /// The id that the specification computes for this key (TUF specification, section 4.2).
    pub(super) fn id(&self) -> Option<KeyId> {
        self.key.key_id().ok().map(|id| KeyId(hex::encode(&id)))
    }

    /// The key material alone: what makes two keys the same, whatever their ids.
    pub(super) fn public(&self) -> &[u8] {
        &self.public
    }

    /// Whether `signature` is this key's, over exactly `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &dyn ring::signature::VerificationAlgorithm = match self.algorithm() {
            Algorithm::Ed25519 => &ED25519,
            Algorithm::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
            Algorithm::RsaPss => &RSA_PSS_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, &self.public).verify(message, signature).is_ok()
    }
}
