//! The objects of a key in a token.
//!
//! A key is a public and a private key object with the same `CKA_ID`. Its record is a public data object of the
//! application `io.manifesto.tuf`, because a label is too short for it. A key of another program has no record, and its
//! label is used as its name.

use cryptoki::{
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use pkcs8::der::{Decode, Encode, asn1::OctetStringRef};

use super::TokenError;
use crate::{
    Algorithm, KeyId, KeyRecord, PublicKey,
    algorithm::{ED25519, P256},
    limits,
};

const APPLICATION: &[u8] = b"io.manifesto.tuf";
/// The name of the curve in PKCS#11 before version 3.1, as a PrintableString in DER.
const EDWARDS25519: &[u8] = b"\x13\x0cedwards25519";

/// A public key that the token shows without a login.
pub(super) struct PublicObject {
    pub(super) handle: ObjectHandle,
    /// The `CKA_ID`, which the private half shares.
    pub(super) id: Vec<u8>,
    pub(super) key: PublicKey,
    label: String,
}

impl PublicObject {
    /// A record with what the object itself shows, for a key without a record.
    pub(super) fn record(&self) -> Result<KeyRecord, TokenError> {
        let key_id = self.key.key_id();
        let named = KeyRecord::new(self.key.clone(), &self.label, None);
        Ok(named.or_else(|_| KeyRecord::new(self.key.clone(), key_id.short(), None))?)
    }

    /// Reads the key, if its algorithm is supported.
    pub(super) fn read(session: &Session, handle: ObjectHandle) -> Result<Option<Self>, TokenError> {
        use AttributeType::{EcParams, EcPoint, Id, KeyType, Label};

        let (mut kind, mut curve, mut point, mut id, mut label) =
            (None, Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for attribute in
            session.get_attributes(handle, &[KeyType, EcParams, EcPoint, Id, Label]).map_err(TokenError::of)?
        {
            match attribute {
                Attribute::KeyType(value) => kind = Some(value),
                Attribute::EcParams(value) => curve = value,
                Attribute::EcPoint(value) => point = value,
                Attribute::Id(value) => id = value,
                Attribute::Label(value) => label = value,
                _ => {}
            }
        }
        let key = kind.and_then(|kind| algorithm(kind, &curve)).and_then(|algorithm| public_key(algorithm, &point));
        let label = String::from_utf8_lossy(&label).into_owned();
        Ok(key.map(|key| Self { handle, id, key, label }))
    }
}

/// The public keys in a token whose algorithm is supported.
pub(super) fn public_keys(session: &Session) -> Result<Vec<PublicObject>, TokenError> {
    let mut found = Vec::new();
    for handle in find(session, &[Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::Token(true)])? {
        found.extend(PublicObject::read(session, handle)?);
    }
    Ok(found)
}

/// The public key objects of this key. There may be several.
pub(super) fn of_key(session: &Session, key_id: &KeyId) -> Result<Vec<PublicObject>, TokenError> {
    let mut found = public_keys(session)?;
    found.retain(|public| public.key.key_id() == key_id);
    Ok(found)
}

/// The private half of one of these public keys. `None` if it is not in the token, or not visible without a login.
pub(super) fn private_half(session: &Session, publics: &[PublicObject]) -> Result<Option<ObjectHandle>, TokenError> {
    for public in publics {
        let template = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Token(true),
            Attribute::KeyType(key_type(public.key.algorithm())),
            Attribute::Id(public.id.clone()),
        ];
        if let Some(private) = find(session, &template)?.first() {
            return Ok(Some(*private));
        }
    }
    Ok(None)
}

/// The records in a token, each with its object. Other data is skipped, because anyone who can log in to the token may
/// have written it.
pub(super) fn records(session: &Session) -> Result<Vec<(ObjectHandle, KeyRecord)>, TokenError> {
    let template =
        [Attribute::Class(ObjectClass::DATA), Attribute::Token(true), Attribute::Application(APPLICATION.to_vec())];
    let mut found = Vec::new();
    for handle in find(session, &template)? {
        for attribute in session.get_attributes(handle, &[AttributeType::Value]).map_err(TokenError::of)? {
            let Attribute::Value(bytes) = attribute else { continue };
            let is_short = bytes.len() <= limits::PRIVATE_KEY_BYTES;
            match is_short.then(|| serde_json::from_slice(&bytes)) {
                Some(Ok(record)) => found.push((handle, record)),
                Some(Err(_)) | None => tracing::warn!("an object in the token is not the record that it should be"),
            }
        }
    }
    Ok(found)
}

/// Writes the record of a key, and removes earlier ones.
pub(super) fn write_record(session: &Session, record: &KeyRecord) -> Result<(), TokenError> {
    let old = records(session)?;
    let text = serde_json::to_vec(record).map_err(|error| TokenError::Failed(error.into()))?;
    let document = [
        Attribute::Class(ObjectClass::DATA),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Application(APPLICATION.to_vec()),
        label(record.name()),
        Attribute::Value(text),
    ];
    session.create_object(&document).map_err(TokenError::of)?;
    destroy_records(session, old, record.key_id())
}

/// Removes those of `records` that belong to this key.
pub(super) fn destroy_records(
    session: &Session,
    records: Vec<(ObjectHandle, KeyRecord)>,
    key_id: &KeyId,
) -> Result<(), TokenError> {
    let of_key = records.into_iter().filter(|(_, record)| record.key_id() == key_id);
    of_key.into_iter().try_for_each(|(handle, _)| session.destroy_object(handle).map_err(TokenError::of))
}

/// The attributes of a new public key object.
pub(super) fn public_template(algorithm: Algorithm, id: &[u8], name: &str) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(key_type(algorithm)),
        Attribute::EcParams(curve(algorithm)),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::Id(id.to_vec()),
        label(name),
    ]
}

/// The attributes of a new private key object: it signs and cannot be exported.
pub(super) fn private_template(algorithm: Algorithm, id: &[u8], name: &str) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(key_type(algorithm)),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Id(id.to_vec()),
        label(name),
    ]
}

/// The public key in the form of `CKA_EC_POINT`.
pub(super) fn ec_point(key: &PublicKey) -> Result<Vec<u8>, TokenError> {
    let point = OctetStringRef::new(key.raw()).and_then(|point| point.to_der());
    point.map_err(|error| TokenError::Failed(error.into()))
}

/// The curve in the form of `CKA_EC_PARAMS`.
pub(super) fn curve(algorithm: Algorithm) -> Vec<u8> {
    let oid = match algorithm {
        Algorithm::Ed25519 => ED25519,
        Algorithm::EcdsaP256 => P256,
    };
    oid.to_der().expect("an object identifier is within what DER can hold")
}

/// Whether the token never reveals a private key.
pub(super) fn is_kept(session: &Session, private: ObjectHandle) -> Result<bool, TokenError> {
    let attributes = session
        .get_attributes(private, &[AttributeType::Sensitive, AttributeType::Extractable])
        .map_err(TokenError::of)?;
    Ok(attributes.contains(&Attribute::Sensitive(true)) && attributes.contains(&Attribute::Extractable(false)))
}

/// Whether the token demands its PIN for every signature with a private key.
pub(super) fn always_asks(session: &Session, private: ObjectHandle) -> Result<bool, TokenError> {
    let attributes = session.get_attributes(private, &[AttributeType::AlwaysAuthenticate]).map_err(TokenError::of)?;
    Ok(attributes.contains(&Attribute::AlwaysAuthenticate(true)))
}

/// The label that a user sees in the token's own program. It is the name of a key whose record is lost.
pub(super) fn label(name: &str) -> Attribute {
    Attribute::Label(name.as_bytes().to_vec())
}

fn find(session: &Session, template: &[Attribute]) -> Result<Vec<ObjectHandle>, TokenError> {
    let mut found = Vec::new();
    for handle in session.iter_objects(template).map_err(TokenError::of)? {
        found.push(handle.map_err(TokenError::of)?);
        if found.len() > limits::TOKEN_OBJECTS {
            return Err(TokenError::TooMany(limits::TOKEN_OBJECTS));
        }
    }
    Ok(found)
}

fn key_type(algorithm: Algorithm) -> KeyType {
    match algorithm {
        Algorithm::Ed25519 => KeyType::EC_EDWARDS,
        Algorithm::EcdsaP256 => KeyType::EC,
    }
}

fn algorithm(kind: KeyType, params: &[u8]) -> Option<Algorithm> {
    match kind {
        KeyType::EC if params == curve(Algorithm::EcdsaP256) => Some(Algorithm::EcdsaP256),
        KeyType::EC_EDWARDS if params == curve(Algorithm::Ed25519) || params == EDWARDS25519 => {
            Some(Algorithm::Ed25519)
        }
        _ => None,
    }
}

/// Parses `CKA_EC_POINT`. It should be an OCTET STRING in DER, but some tokens have only its content.
fn public_key(algorithm: Algorithm, point: &[u8]) -> Option<PublicKey> {
    let inner = <&OctetStringRef>::from_der(point).map(OctetStringRef::as_bytes);
    let inner = inner.ok().and_then(|bytes| PublicKey::from_raw(algorithm, bytes).ok());
    inner.or_else(|| PublicKey::from_raw(algorithm, point).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev;

    #[test]
    fn points_are_read_with_and_without_their_wrapping() {
        for name in ["ed25519-1", "p256-1"] {
            let key = dev::public_key(name);
            let point = ec_point(&key).unwrap();
            assert_eq!(public_key(key.algorithm(), &point).as_ref(), Some(&key));
            assert_eq!(public_key(key.algorithm(), key.raw()).as_ref(), Some(&key));
            for cut in 0..point.len() {
                assert_ne!(public_key(key.algorithm(), &point[..cut]).as_ref(), Some(&key), "{name}, {cut} bytes");
            }
        }
    }

    #[test]
    fn only_the_curves_that_sign_here_are_known() {
        let (p256, ed25519) = (curve(Algorithm::EcdsaP256), curve(Algorithm::Ed25519));
        assert_eq!(algorithm(KeyType::EC, &p256), Some(Algorithm::EcdsaP256));
        assert_eq!(algorithm(KeyType::EC_EDWARDS, &ed25519), Some(Algorithm::Ed25519));
        assert_eq!(algorithm(KeyType::EC_EDWARDS, EDWARDS25519), Some(Algorithm::Ed25519));
        for (kind, params) in
            [(KeyType::EC, &ed25519[..]), (KeyType::EC_EDWARDS, &p256), (KeyType::RSA, &p256), (KeyType::EC, b"")]
        {
            assert_eq!(algorithm(kind, params), None);
        }
    }
}
