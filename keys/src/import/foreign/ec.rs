use p256::SecretKey;
use pkcs8::{EncodePrivateKey as _, PrivateKeyInfoRef, der::Decode};
use zeroize::Zeroizing;

use crate::{
    Algorithm, Secret, SecretError, UnsupportedAlgorithm,
    algorithm::{self, P256},
    import::{Bytes, ImportError},
    sec1::scalar_and_curve,
};

/// Reads PKCS#8, also as Notary writes it: an elliptic curve key that calls itself version 2 and has no public key.
pub(in crate::import) fn from_pkcs8(bytes: &[u8]) -> Result<Secret, ImportError> {
    let version_1 = as_version_1(bytes);
    let info = PrivateKeyInfoRef::from_der(bytes)
        .or_else(|error| version_1.as_ref().map_or(Err(error), |der| PrivateKeyInfoRef::from_der(der)))
        .map_err(|_| ImportError::Malformed)?;
    match algorithm::announced(&info.algorithm)? {
        Algorithm::EcdsaP256 => from_sec1(info.private_key.as_bytes()),
        Algorithm::Ed25519 => Ok(Secret::from_pkcs8(bytes)?),
    }
}

/// The same document with the version set to 1, if it is short and says 2.
fn as_version_1(bytes: &[u8]) -> Option<Bytes> {
    let header = match bytes {
        [0x30, 0x81, ..] => 3,
        [0x30, 0x82, ..] => 4,
        [0x30, ..] => 2,
        _ => return None,
    };
    let mut copy = Zeroizing::new(bytes.to_vec());
    match copy.get_mut(header..header + 3)? {
        [0x02, 0x01, version @ 0x01] => *version = 0,
        _ => return None,
    }
    Some(copy)
}

/// Reads an `ECPrivateKey` (RFC 5915). Its public key, if there is none, is computed.
pub(super) fn from_sec1(bytes: &[u8]) -> Result<Secret, ImportError> {
    let (_, curve) = scalar_and_curve(bytes).map_err(|_| ImportError::Malformed)?;
    if curve.is_some_and(|curve| curve != P256) {
        return Err(UnsupportedAlgorithm("elliptic curves other than P-256".to_owned()).into());
    }
    let invalid = || SecretError::Invalid(Algorithm::EcdsaP256);
    let document = SecretKey::from_sec1_der(bytes).map_err(|_| invalid())?.to_pkcs8_der().map_err(|_| invalid())?;
    Ok(Secret::from_pkcs8(document.as_bytes())?)
}
