use std::{collections::HashMap, fmt, str::FromStr};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1 as ON_P256, ParsedPublicKey};
use pkcs8::{
    AlgorithmIdentifierRef, LineEnding, ObjectIdentifier, SubjectPublicKeyInfoRef,
    der::{
        self, Decode, Document,
        asn1::{AnyRef, BitStringRef},
    },
};
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use tough::schema::key::{EcdsaKey, EcdsaScheme, Ed25519Key, Ed25519Scheme, Key};

use crate::limits;

pub(crate) const ED25519_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
pub(crate) const EC_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(crate) const P256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The Ed25519 points of low order, by their y coordinate: in little endian, as keys are written, without the sign of x.
/// The last two are further spellings of the first two, which decoders take although they are not canonical. A signature
/// that verifies under such a key can be made by anybody, for almost any message.
const LOW_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// The kinds of key that sign here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032): the default.
    Ed25519,
    /// ECDSA over NIST P-256 with SHA-256, signatures in ASN.1 DER.
    EcdsaP256,
}

impl Algorithm {
    /// Which kind of key an `AlgorithmIdentifier` (RFC 5280, section 4.1.1.2) announces.
    pub(crate) fn of(identifier: &AlgorithmIdentifierRef<'_>) -> Result<Self, UnsupportedAlgorithm> {
        match identifier.oid {
            ED25519_OID => Ok(Self::Ed25519),
            EC_OID if identifier.parameters_oid() == Ok(P256_OID) => Ok(Self::EcdsaP256),
            EC_OID => Err(UnsupportedAlgorithm("elliptic curves other than P-256".to_owned())),
            RSA_OID => Err(UnsupportedAlgorithm("RSA".to_owned())),
            other => Err(UnsupportedAlgorithm(other.to_string())),
        }
    }

    fn key_bytes(self) -> usize {
        match self {
            Self::Ed25519 => 32,
            Self::EcdsaP256 => 65,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa",
        })
    }
}

impl FromStr for Algorithm {
    type Err = UnsupportedAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnsupportedAlgorithm> {
        match text {
            "ed25519" => Ok(Self::Ed25519),
            "ecdsa" => Ok(Self::EcdsaP256),
            other => Err(UnsupportedAlgorithm(other.to_owned())),
        }
    }
}

/// A kind of key that does not sign here; its name or object identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keys of kind '{0}' are not supported, only ed25519 and ecdsa (P-256)")]
pub struct UnsupportedAlgorithm(pub String);

/// A public key as TUF documents carry it, in the one spelling that this tool writes (TUF specification, section 4.2).
///
/// ECDSA keys have keytype `ecdsa` and a PEM value without a final line break, as tough writes it. A key object with further fields, or with the same key spelt
/// otherwise, has another key id and is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Key", into = "Key")]
pub struct PublicKey {
    key: Key,
    id: String,
}

impl PublicKey {
    /// From the 32 bytes of an Ed25519 key, or the 65 of an uncompressed P-256 point.
    pub(crate) fn from_raw(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, PublicKeyError> {
        if bytes.len() != algorithm.key_bytes() || (algorithm == Algorithm::EcdsaP256 && bytes.first() != Some(&4)) {
            return Err(PublicKeyError::Value(algorithm));
        }
        match algorithm {
            Algorithm::Ed25519 if has_low_order(bytes) => return Err(PublicKeyError::LowOrder),
            Algorithm::EcdsaP256 if ParsedPublicKey::new(&ON_P256, bytes).is_err() => {
                return Err(PublicKeyError::Value(algorithm));
            }
            _ => {}
        }
        let public = bytes.to_vec();
        let key = match algorithm {
            Algorithm::Ed25519 => Key::Ed25519 {
                keyval: Ed25519Key { public: public.into(), _extra: HashMap::new() },
                scheme: Ed25519Scheme::Ed25519,
                _extra: HashMap::new(),
            },
            Algorithm::EcdsaP256 => Key::Ecdsa {
                keyval: EcdsaKey { public: public.into(), _extra: HashMap::new() },
                scheme: EcdsaScheme::EcdsaSha2Nistp256,
                _extra: HashMap::new(),
            },
        };
        let id = id_of(&key);
        Ok(Self { key, id })
    }

    /// The TUF key id: 64 lower-case hexadecimal digits of the sha256 of the key object's canonical form.
    pub fn key_id(&self) -> String {
        self.id.clone()
    }

    /// Which kind of key this is.
    pub fn algorithm(&self) -> Algorithm {
        self.parts().0
    }

    /// The key object of TUF documents.
    pub fn as_tuf(&self) -> &Key {
        &self.key
    }

    /// As PEM, `-----BEGIN PUBLIC KEY-----` around a SubjectPublicKeyInfo (RFC 7468, section 13).
    pub fn to_pem(&self) -> String {
        let (algorithm, bytes) = self.parts();
        let identifier = match algorithm {
            Algorithm::Ed25519 => AlgorithmIdentifierRef { oid: ED25519_OID, parameters: None },
            Algorithm::EcdsaP256 => AlgorithmIdentifierRef { oid: EC_OID, parameters: Some(AnyRef::from(&P256_OID)) },
        };
        BitStringRef::from_bytes(bytes)
            .and_then(|subject_public_key| {
                Document::encode_msg(&SubjectPublicKeyInfoRef { algorithm: identifier, subject_public_key })
            })
            .and_then(|document| document.to_pem("PUBLIC KEY", LineEnding::LF))
            .expect("32 or 65 bytes are within what DER and PEM can hold")
    }

    /// Reads what [`PublicKey::to_pem`] and `openssl pkey -pubout` write: one armor of at most 4 KiB.
    ///
    /// # Errors
    /// Several armors, another label, or a kind of key that does not sign here.
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyError> {
        if text.len() > limits::PUBLIC_KEY_BYTES {
            return Err(PublicKeyError::TooBig);
        }
        let armors = text.matches("-----BEGIN ").count();
        if armors != 1 {
            return Err(PublicKeyError::Armors(armors));
        }
        let (label, document) = Document::from_pem(text)?;
        if label != "PUBLIC KEY" {
            return Err(PublicKeyError::Label(label.to_owned()));
        }
        let info = SubjectPublicKeyInfoRef::from_der(document.as_bytes())?;
        let algorithm = Algorithm::of(&info.algorithm)?;
        let bytes = info.subject_public_key.as_bytes().ok_or(PublicKeyError::Value(algorithm))?;
        Self::from_raw(algorithm, bytes)
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let (algorithm, bytes) = self.parts();
        let verified = match algorithm {
            Algorithm::Ed25519 => UnparsedPublicKey::new(&ED25519, bytes).verify(message, signature),
            Algorithm::EcdsaP256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, bytes).verify(message, signature),
        };
        verified.is_ok()
    }

    /// The 32 bytes of an Ed25519 key, or the 65 of an uncompressed P-256 point.
    pub(crate) fn raw(&self) -> &[u8] {
        self.parts().1
    }

    fn parts(&self) -> (Algorithm, &[u8]) {
        match &self.key {
            Key::Ed25519 { keyval, .. } => (Algorithm::Ed25519, &keyval.public),
            Key::Ecdsa { keyval, .. } | Key::EcdsaOld { keyval, .. } => (Algorithm::EcdsaP256, &keyval.public),
            Key::Rsa { .. } => unreachable!("every constructor goes through from_raw, which makes no RSA key"),
        }
    }
}

fn has_low_order(public: &[u8]) -> bool {
    let Ok(mut y) = <[u8; 32]>::try_from(public) else { return false };
    y[31] &= 0x7f;
    LOW_ORDER.contains(&hex::encode(y).as_str())
}

fn id_of(key: &Key) -> String {
    hex::encode(key.key_id().expect("a key object is strings only, which always serialise"))
}

impl TryFrom<Key> for PublicKey {
    type Error = PublicKeyError;

    fn try_from(key: Key) -> Result<Self, PublicKeyError> {
        let canonical = match &key {
            Key::Ed25519 { keyval, .. } => Self::from_raw(Algorithm::Ed25519, &keyval.public)?,
            Key::Ecdsa { keyval, .. } | Key::EcdsaOld { keyval, .. } => {
                Self::from_raw(Algorithm::EcdsaP256, &keyval.public)?
            }
            Key::Rsa { .. } => return Err(UnsupportedAlgorithm("RSA".to_owned()).into()),
        };
        let found = id_of(&key);
        if found == canonical.id {
            Ok(canonical)
        } else {
            Err(PublicKeyError::NotCanonical { found, canonical: canonical.id })
        }
    }
}

impl From<PublicKey> for Key {
    fn from(public: PublicKey) -> Self {
        public.key
    }
}

/// Why something is no public key that can be used here.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeyError {
    /// Longer than 4 KiB.
    #[error("more than 4 KiB: not a public key")]
    TooBig,
    /// Not exactly one PEM armor; how many there are.
    #[error("expected one PEM block, found {0}")]
    Armors(usize),
    /// A PEM block of something else; its label.
    #[error("expected a PEM block 'PUBLIC KEY', found '{0}'")]
    Label(String),
    /// PEM or DER that does not parse.
    #[error("malformed public key")]
    Malformed(#[from] der::Error),
    /// Another kind of key.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// The value is not one of its kind: wrong length, a compressed point, or a point that is not on the curve.
    #[error("not a public key of kind {0}: expected 32 bytes for ed25519, an uncompressed point of P-256 for ecdsa")]
    Value(Algorithm),
    /// An Ed25519 point of low order.
    #[error("anybody could sign with this public key: it is a point of low order")]
    LowOrder,
    /// The same key in another spelling, which has another key id.
    #[error("key object {found} is not in canonical form, whose key id is {canonical}")]
    NotCanonical {
        /// The key id of the object as it was found.
        found: String,
        /// The key id that the same key has here.
        canonical: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev;

    fn json(text: &str) -> Result<PublicKey, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn reads_back_what_it_writes() {
        for name in dev::NAMES {
            let key = dev::public_key(name);
            assert_eq!(PublicKey::from_pem(&key.to_pem()).unwrap(), key);
            let text = serde_json::to_string(&key).unwrap();
            assert_eq!(json(&text).unwrap(), key);
            assert_eq!(key.key_id(), hex::encode(key.as_tuf().key_id().unwrap()));
            assert!(crate::record::is_key_id(&key.key_id()));
        }
    }

    #[test]
    fn is_the_key_object_of_the_tuf_specification() {
        let text = serde_json::to_value(dev::public_key("ed25519-1")).unwrap();
        assert_eq!((text["keytype"].as_str(), text["scheme"].as_str()), (Some("ed25519"), Some("ed25519")));
        assert_eq!(text["keyval"]["public"].as_str().unwrap().len(), 64);
        let text = serde_json::to_value(dev::public_key("p256-1")).unwrap();
        assert_eq!((text["keytype"].as_str(), text["scheme"].as_str()), (Some("ecdsa"), Some("ecdsa-sha2-nistp256")));
        assert_eq!(text["keyval"]["public"].as_str(), Some(dev::public_key("p256-1").to_pem().trim_end()));
    }

    #[test]
    fn another_spelling_of_a_key_is_refused() {
        let good = serde_json::to_string(&dev::public_key("ed25519-1")).unwrap();
        assert!(json(&good).is_ok());
        let extra = good.replacen('{', "{\"x\":1,", 1);
        assert!(json(&extra).unwrap_err().to_string().contains("canonical"));
        let public = hex::encode(dev::public_key("ed25519-1").parts().1);
        assert!(json(&good.replace(&public, &public.to_uppercase())).unwrap_err().to_string().contains("canonical"));
        assert!(json(&good.replace(&public, &public[2..])).is_err());

        let good = serde_json::to_string(&dev::public_key("p256-1")).unwrap();
        assert!(json(&good.replace("\"ecdsa\"", "\"ecdsa-sha2-nistp256\"")).is_err());
        assert!(json(&good.replace("\\n-----END", "-----END")).is_err());
    }

    #[test]
    fn refuses_pem_that_is_not_one_public_key() {
        let pem = dev::public_key("ed25519-1").to_pem();
        assert!(matches!(PublicKey::from_pem(""), Err(PublicKeyError::Armors(0))));
        assert!(matches!(PublicKey::from_pem(&pem.repeat(2)), Err(PublicKeyError::Armors(2))));
        assert!(matches!(PublicKey::from_pem(&pem.repeat(100)), Err(PublicKeyError::TooBig)));
        assert!(matches!(PublicKey::from_pem(&pem[..pem.len() - 10]), Err(PublicKeyError::Malformed(_))));
        let labelled = pem.replace("PUBLIC KEY", "CERTIFICATE");
        assert!(matches!(PublicKey::from_pem(&labelled), Err(PublicKeyError::Label(label)) if label == "CERTIFICATE"));
        let (rsa, p384) = (include_str!("testdata/rsa.pub"), include_str!("testdata/p384.pub"));
        for foreign in [rsa, p384] {
            assert!(matches!(PublicKey::from_pem(foreign), Err(PublicKeyError::Unsupported(_))));
        }
        assert!(matches!(PublicKey::from_raw(Algorithm::Ed25519, &[0; 31]), Err(PublicKeyError::Value(_))));
        assert!(matches!(PublicKey::from_raw(Algorithm::EcdsaP256, &[2; 65]), Err(PublicKeyError::Value(_))));
    }

    /// ⚔ Whoever likes signs under such a key: with R as one of these points and S as zero.
    #[test]
    fn a_point_of_low_order_is_no_key() {
        for y in LOW_ORDER {
            for sign in [0, 0x80] {
                let mut bytes = hex::decode(y).unwrap();
                bytes[31] |= sign;
                let public = hex::encode(&bytes);
                assert!(matches!(PublicKey::from_raw(Algorithm::Ed25519, &bytes), Err(PublicKeyError::LowOrder)));
                let good = serde_json::to_value(dev::public_key("ed25519-1")).unwrap();
                let own = good["keyval"]["public"].as_str().unwrap().to_owned();
                assert!(json(&good.to_string().replace(&own, &public)).unwrap_err().to_string().contains("low order"));
                let good = dev::public_key("ed25519-1");
                let der = Document::from_pem(&good.to_pem()).unwrap().1.as_bytes().to_vec();
                let der = [&der[..der.len() - 32], &bytes].concat();
                let pem = Document::try_from(der).unwrap().to_pem("PUBLIC KEY", LineEnding::LF).unwrap();
                assert!(matches!(PublicKey::from_pem(&pem), Err(PublicKeyError::LowOrder)));
            }
        }
    }

    #[test]
    fn a_point_beside_the_curve_is_no_key() {
        let mut bytes = dev::public_key("p256-1").raw().to_vec();
        assert!(PublicKey::from_raw(Algorithm::EcdsaP256, &bytes).is_ok());
        bytes[64] ^= 1;
        for point in [&bytes[..], &[&[4][..], &[0; 64]].concat(), &[&[4][..], &[0xff; 64]].concat(), &[0]] {
            let refused = PublicKey::from_raw(Algorithm::EcdsaP256, point);
            assert!(matches!(refused, Err(PublicKeyError::Value(Algorithm::EcdsaP256))), "{point:?}");
        }
    }

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
