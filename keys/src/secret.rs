use std::error::Error;

use pkcs8::{
    LineEnding, PrivateKeyInfoRef,
    der::{self, Decode, SecretDocument, asn1::OctetStringRef},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use zeroize::Zeroizing;

use crate::{
    Algorithm, PublicKey, PublicKeyError, Signer, UnsupportedAlgorithm, algorithm, limits,
    sec1::scalar_and_curve,
    signer::{RingKey, RingSigner},
};

/// A private key: PKCS#8 version 1 in DER, zeroised on drop.
///
/// Callers can generate it, move it from a store to a backup, or make a signer of it, but only this crate can read its
/// bytes. It has no `Debug`, `Clone` or `Serialize`, so that it is never part of a message, copy or document.
pub struct Secret {
    der: SecretDocument,
    public_key: PublicKey,
}

impl Secret {
    /// Generates a key with the system's random numbers.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn generate(algorithm: Algorithm) -> Result<Self, SecretError> {
        let random = SystemRandom::new();
        let pkcs8 = match algorithm {
            Algorithm::Ed25519 => Ed25519KeyPair::generate_pkcs8(&random),
            Algorithm::EcdsaP256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random),
        };
        Self::from_pkcs8(pkcs8.map_err(|_| SecretError::Random)?.as_ref())
    }

    /// Reads PKCS#8 in DER: version 1, which OpenSSL writes, or version 2, which ring writes.
    pub(crate) fn from_pkcs8(bytes: &[u8]) -> Result<Self, SecretError> {
        if bytes.len() > limits::PRIVATE_KEY_BYTES {
            return Err(SecretError::TooBig);
        }
        let info = PrivateKeyInfoRef::from_der(bytes).map_err(malformed)?;
        let algorithm = algorithm::announced(&info.algorithm)?;
        let repeats_public_key = info.public_key.is_some();
        if repeats_public_key && algorithm == Algorithm::Ed25519 && Ed25519KeyPair::from_pkcs8(bytes).is_err() {
            return Err(SecretError::Invalid(algorithm));
        }
        // OpenSSL, ring and the programs of OS keyrings can all read version 1 without attributes.
        let version_1 = PrivateKeyInfoRef::new(info.algorithm, info.private_key);
        let der = SecretDocument::encode_msg(&version_1).map_err(malformed)?;
        let public_key = match ring_key(algorithm, der.as_bytes())? {
            RingKey::Ed25519(pair) => PublicKey::from_raw(algorithm, pair.public_key().as_ref())?,
            RingKey::EcdsaP256(pair) => PublicKey::from_raw(algorithm, pair.public_key().as_ref())?,
        };
        Ok(Self { der, public_key })
    }

    /// Reads an unencrypted block `PRIVATE KEY`, which may follow explanatory text.
    pub(crate) fn from_pem(text: &str) -> Result<Self, SecretError> {
        if text.len() > limits::PRIVATE_KEY_BYTES {
            return Err(SecretError::TooBig);
        }
        let (label, document) = SecretDocument::from_pem(text).map_err(malformed)?;
        if label != "PRIVATE KEY" {
            return Err(SecretError::Label(label.to_owned()));
        }
        Self::from_pkcs8(document.as_bytes())
    }

    /// Writes an unencrypted block `PRIVATE KEY`.
    pub(crate) fn to_pem(&self) -> Result<Zeroizing<String>, SecretError> {
        self.der.to_pem("PRIVATE KEY", LineEnding::LF).map_err(malformed)
    }

    /// The key as PKCS#8 version 1.
    pub(crate) fn pkcs8(&self) -> &[u8] {
        self.der.as_bytes()
    }

    /// The private number of a P-256 key, or the seed of an Ed25519 key: 32 bytes.
    pub(crate) fn raw(&self) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let info = PrivateKeyInfoRef::from_der(self.der.as_bytes()).map_err(malformed)?;
        let inner = info.private_key.as_bytes();
        let raw = match self.public_key.algorithm() {
            Algorithm::Ed25519 => <&OctetStringRef>::from_der(inner).map_err(malformed)?.as_bytes(),
            Algorithm::EcdsaP256 => scalar_and_curve(inner).map_err(malformed)?.0,
        };
        Ok(Zeroizing::new(raw.to_vec()))
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Makes a signer with this key.
    ///
    /// # Errors
    /// None in practice, because the key was checked when it was made or read.
    pub fn signer(&self) -> Result<Box<dyn Signer>, SecretError> {
        let key = ring_key(self.public_key.algorithm(), self.der.as_bytes())?;
        Ok(Box::new(RingSigner::new(key, self.public_key.clone())))
    }
}

fn malformed(error: der::Error) -> SecretError {
    SecretError::Malformed(error.into())
}

fn ring_key(algorithm: Algorithm, pkcs8: &[u8]) -> Result<RingKey, SecretError> {
    let key = match algorithm {
        Algorithm::Ed25519 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map(RingKey::Ed25519),
        Algorithm::EcdsaP256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &SystemRandom::new())
            .map(RingKey::EcdsaP256),
    };
    key.map_err(|_| SecretError::Invalid(algorithm))
}

/// A passphrase: not empty, zeroised on drop, without `Debug` or `Clone`.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Makes a passphrase of `text`.
    ///
    /// # Errors
    /// The text is empty. An empty passphrase would not protect a key.
    pub fn new(text: String) -> Result<Self, EmptyPassphrase> {
        let text = Zeroizing::new(text);
        if text.is_empty() { Err(EmptyPassphrase) } else { Ok(Self(text)) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The passphrase is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase is empty")]
pub struct EmptyPassphrase;

/// Why bytes are not a private key that can sign. No variant contains any part of them.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The bytes are longer than any supported key.
    #[error("longer than any supported private key")]
    TooBig,
    /// The PEM block is of another kind. The field is its label.
    #[error("expected a PEM block 'PRIVATE KEY', found '{0}'")]
    Label(String),
    /// The PEM or DER does not parse.
    #[error("malformed private key")]
    Malformed(#[source] Box<dyn Error + Send + Sync>),
    /// The key's algorithm is not supported.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// The private key does not fit its algorithm, or the public key next to it.
    #[error("not a valid private key of kind {0}")]
    Invalid(Algorithm),
    /// Its public key is invalid.
    #[error("the public half of the key cannot be used")]
    Public(#[from] PublicKeyError),
    /// The system has no random numbers.
    #[error("the system gave no random numbers")]
    Random,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev;

    #[test]
    fn generated_keys_sign_and_differ() {
        for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256] {
            let (one, two) = (Secret::generate(algorithm).unwrap(), Secret::generate(algorithm).unwrap());
            assert_ne!(one.public_key(), two.public_key());
            assert_eq!(one.public_key().algorithm(), algorithm);
            let signature = one.signer().unwrap().sign(b"message").unwrap();
            assert!(one.public_key().verify(b"message", &signature));
            assert_eq!(one.raw().unwrap().len(), 32);
            let back = Secret::from_pem(&one.to_pem().unwrap()).unwrap();
            assert_eq!(back.public_key(), one.public_key());
        }
    }

    #[test]
    fn both_versions_of_pkcs8_become_version_1() {
        let version_2 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let secret = Secret::from_pkcs8(version_2.as_ref()).unwrap();
        assert_eq!((version_2.as_ref().len(), secret.pkcs8().len()), (83, 48));
        assert_eq!(Secret::from_pkcs8(secret.pkcs8()).unwrap().public_key(), secret.public_key());

        let mut crossed = version_2.as_ref().to_vec();
        *crossed.last_mut().unwrap() ^= 1;
        assert!(matches!(Secret::from_pkcs8(&crossed), Err(SecretError::Invalid(Algorithm::Ed25519))));
    }

    #[test]
    fn refuses_what_cannot_sign_here() {
        let secret = dev::secret("p256-1");
        let mut crossed = secret.pkcs8().to_vec();
        *crossed.last_mut().unwrap() ^= 1;
        assert!(matches!(Secret::from_pkcs8(&crossed), Err(SecretError::Invalid(Algorithm::EcdsaP256))));
        for cut in 0..secret.pkcs8().len() {
            assert!(Secret::from_pkcs8(&secret.pkcs8()[..cut]).is_err(), "{cut} bytes");
        }
        assert!(matches!(Secret::from_pkcs8(&[0x30; 1 << 16]), Err(SecretError::TooBig)));
        let public = secret.public_key().to_pem();
        assert!(matches!(Secret::from_pem(&public), Err(SecretError::Label(label)) if label == "PUBLIC KEY"));
        assert_eq!(Passphrase::new(String::new()).map(drop), Err(EmptyPassphrase));
    }

    #[test]
    fn the_public_halves_of_all_test_keys_read_back() {
        for name in dev::names() {
            let key = dev::public_key(name);
            assert_eq!(PublicKey::from_pem(&key.to_pem()).unwrap(), key);
            let text = serde_json::to_string(&key).unwrap();
            assert_eq!(serde_json::from_str::<PublicKey>(&text).unwrap(), key);
            assert!(crate::record::is_key_id(key.key_id().as_str()));
        }
    }

    #[test]
    fn the_test_keys_are_all_different_and_stay_what_they_are() {
        let ids: Vec<_> = dev::names().map(|name| dev::public_key(name).key_id().clone()).collect();
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), dev::names().len());
        assert_eq!(ids[0].as_str(), "a44c570ff1b7b0b08c463ac3c3e75821871c0504227cdb1e0967876d965f2c69");
        assert_eq!(ids[8].as_str(), "88a29630a40dcfd040e13f15bcdb6698c3ad7a3227d4ebad96ac80aa64838a52");
    }
}
