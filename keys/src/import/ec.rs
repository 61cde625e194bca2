use p256::SecretKey;
use pkcs8::{
    EncodePrivateKey as _, ObjectIdentifier, PrivateKeyInfoRef,
    der::{
        self, Decode, Reader as _, SliceReader, TagNumber,
        asn1::{AnyRef, ContextSpecific, OctetStringRef},
    },
};
use zeroize::Zeroizing;

use super::{Bytes, ImportError};
use crate::{
    Algorithm, Secret, SecretError, UnsupportedAlgorithm,
    algorithm::{self, EC_PUBLIC_KEY, P256},
};

/// Reads PKCS#8, also as Notary writes it: an elliptic curve key that calls itself version 2 and has no public key.
pub(super) fn from_pkcs8(bytes: &[u8]) -> Result<Secret, ImportError> {
    let version_1 = as_version_1(bytes);
    let info = PrivateKeyInfoRef::from_der(bytes)
        .or_else(|error| version_1.as_ref().map_or(Err(error), |der| PrivateKeyInfoRef::from_der(der)))
        .map_err(|_| ImportError::Malformed)?;
    if info.algorithm.oid == EC_PUBLIC_KEY {
        algorithm::announced(&info.algorithm).map_err(SecretError::from)?;
        return from_sec1(info.private_key.as_bytes());
    }
    Ok(Secret::from_pkcs8(bytes)?)
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

/// The private number, and the curve that the key names, if it does.
pub(crate) fn scalar_and_curve(bytes: &[u8]) -> der::Result<(&[u8], Option<ObjectIdentifier>)> {
    let mut reader = SliceReader::new(bytes)?;
    let found = reader.sequence(|fields| -> der::Result<_> {
        u8::decode(fields)?;
        let scalar = <&OctetStringRef>::decode(fields)?;
        let curve = ContextSpecific::<ObjectIdentifier>::decode_explicit(fields, TagNumber(0))?;
        while !fields.is_finished() {
            AnyRef::decode(fields)?;
        }
        Ok((scalar.as_bytes(), curve.map(|field| field.value)))
    })?;
    reader.finish()?;
    Ok(found)
}
