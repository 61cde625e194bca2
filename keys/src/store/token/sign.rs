use std::sync::Arc;

use cryptoki::mechanism::{
    Mechanism,
    eddsa::{EddsaParams, EddsaSignatureScheme},
};
use pkcs8::der::{Encode, asn1::UintRef};
use ring::digest::{SHA256, digest};

use super::{
    TokenError,
    connection::{Access, Token},
    object,
};
use crate::{Algorithm, KeyId, PublicKey, SignError, Signer, store::StoreError};

/// Signs inside a token.
pub(super) struct TokenSigner {
    token: Arc<Token>,
    public_key: PublicKey,
}

impl TokenSigner {
    /// Makes the signer of a key whose private half is in the token. Logs in if necessary.
    pub(super) fn load(token: Arc<Token>, key_id: &KeyId) -> Result<Self, StoreError> {
        let wanted = key_id.clone();
        // Check for the key before the user is asked for a PIN.
        let listed = token.call(Access::Public, move |session| object::of_key(session, &wanted))?;
        let public_key = listed.first().ok_or_else(|| StoreError::not_found(key_id))?.key.clone();
        let key_id = key_id.clone();
        token.call(Access::Private, move |session| match object::private_half(session, &listed)? {
            Some(private) if object::always_asks(session, private)? => Err(TokenError::AlwaysAsks { key_id }),
            Some(_) => Ok(()),
            None => Err(TokenError::NoPrivateHalf { key_id }),
        })?;
        Ok(Self { token, public_key })
    }

    fn sign_inside(&self, message: &[u8]) -> Result<Vec<u8>, StoreError> {
        let algorithm = self.public_key.algorithm();
        // Not every token can hash, or accepts messages of any length.
        let input = match algorithm {
            Algorithm::Ed25519 => message.to_vec(),
            Algorithm::EcdsaP256 => digest(&SHA256, message).as_ref().to_vec(),
        };
        let (key, message) = (self.public_key.clone(), message.to_vec());
        self.token.call(Access::Private, move |session| {
            let key_id = key.key_id().clone();
            let Some(private) = object::private_half(session, &object::of_key(session, &key_id)?)? else {
                return Err(TokenError::NoPrivateHalf { key_id });
            };
            let signature = session.sign(&mechanism(algorithm), private, &input).map_err(TokenError::of)?;
            let signature = encoded(algorithm, signature).filter(|signature| key.verify(&message, signature));
            signature.ok_or(TokenError::NotASignature { key_id })
        })
    }
}

impl Signer for TokenSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_inside(message)
            .map_err(|error| SignError { key_id: self.public_key.key_id().clone(), source: Some(Box::new(error)) })
    }
}

fn mechanism(algorithm: Algorithm) -> Mechanism<'static> {
    match algorithm {
        Algorithm::Ed25519 => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
        Algorithm::EcdsaP256 => Mechanism::Ecdsa,
    }
}

/// The signature in the form of TUF documents. Tokens return an ECDSA signature as two numbers, one after the other.
fn encoded(algorithm: Algorithm, signature: Vec<u8>) -> Option<Vec<u8>> {
    if signature.len() != 64 {
        return None;
    }
    match algorithm {
        Algorithm::Ed25519 => Some(signature),
        Algorithm::EcdsaP256 => {
            let (r, s) = signature.split_at(32);
            vec![UintRef::new(r).ok()?, UintRef::new(s).ok()?].to_der().ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_numbers_become_asn1() {
        let mut raw = vec![0; 64];
        (raw[30], raw[31], raw[32], raw[63]) = (1, 2, 0x80, 3);
        let mut expected = vec![0x30, 0x27, 0x02, 0x02, 1, 2, 0x02, 0x21, 0, 0x80];
        expected.extend([0; 30]);
        expected.push(3);
        assert_eq!(encoded(Algorithm::EcdsaP256, raw.clone()), Some(expected));
        assert_eq!(encoded(Algorithm::Ed25519, raw.clone()), Some(raw));
        for length in [0, 63, 65, 70] {
            assert_eq!(encoded(Algorithm::EcdsaP256, vec![1; length]), None);
            assert_eq!(encoded(Algorithm::Ed25519, vec![1; length]), None);
        }
    }
}
