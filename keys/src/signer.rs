use ring::{
    rand::SystemRandom,
    signature::{EcdsaKeyPair, Ed25519KeyPair},
};

use crate::{KeyId, PublicKey, StoreError};

/// Something that signs with one private key.
pub trait Signer: Send + Sync {
    /// The key that verifies what this signs.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message`: the 64 bytes of an Ed25519 signature, or an ECDSA signature in ASN.1 DER over its sha256.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A signature could not be made.
#[derive(Debug, thiserror::Error)]
#[error("key {key_id} did not sign")]
pub struct SignError {
    /// The key that was asked to.
    pub key_id: KeyId,
    /// What its store says, if it signs there.
    #[source]
    pub source: Option<Box<StoreError>>,
}

pub(crate) enum RingKey {
    Ed25519(Ed25519KeyPair),
    EcdsaP256(EcdsaKeyPair),
}

pub(crate) struct RingSigner {
    key: RingKey,
    public_key: PublicKey,
}

impl RingSigner {
    pub(crate) fn new(key: RingKey, public_key: PublicKey) -> Self {
        Self { key, public_key }
    }
}

impl Signer for RingSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.key {
            RingKey::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            RingKey::EcdsaP256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SignError { key_id: self.public_key.key_id().clone(), source: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dev;

    #[test]
    fn verifies_its_own_signatures_only() {
        for (mine, other) in [("ed25519-1", "ed25519-2"), ("p256-1", "p256-2"), ("ed25519-1", "p256-1")] {
            let signature = dev::signer(mine).sign(b"message").unwrap();
            assert!(dev::public_key(mine).verify(b"message", &signature));
            assert!(!dev::public_key(mine).verify(b"massage", &signature));
            assert!(!dev::public_key(mine).verify(b"message", &signature[1..]));
            assert!(!dev::public_key(other).verify(b"message", &signature));
        }
    }
}
