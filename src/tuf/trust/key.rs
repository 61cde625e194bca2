use std::fmt;

use olpc_cjson::CanonicalFormatter;
use ring::{
    digest::{SHA256, digest},
    signature::{
        ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Serializer, Value};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef, der::Decode};

use super::Json;

/// The name of a key in metadata: by this project's rule the sha256 of its canonical form, in hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The id of a key object: the sha256 of its canonical form (TUF specification, section 4.2).
    ///
    /// # Errors
    /// The object has no canonical form: a number in it has a fraction.
    pub fn of(key: &Value) -> Result<Self, serde_json::Error> {
        let mut canonical = Vec::new();
        key.serialize(&mut Serializer::with_formatter(&mut canonical, CanonicalFormatter::new()))?;
        Ok(Self(hex::encode(digest(&SHA256, &canonical))))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its first eight characters, for people.
    pub fn short(&self) -> &str {
        self.0.char_indices().nth(8).map_or(&self.0, |(end, _)| &self.0[..end])
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
    /// `rsa-pkcs1v15-sha256`, which the specification does not name but python-tuf's users have, of as many bits.
    RsaPkcs1,
}

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

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A public key that this build can check signatures with.
pub(super) struct VerifyingKey {
    algorithm: Algorithm,
    /// What the algorithm takes: 32 bytes, an uncompressed point, or an RSAPublicKey (RFC 8017, appendix A.1.1).
    public: Vec<u8>,
}

/// Whether a key in a metadata document follows from its id: it can sign here, its id is its hash, and nothing stands in
/// it beside that.
pub fn is_key_of_id(key: &Json, id: &KeyId) -> bool {
    let fields = |value: &Value| value.as_object().map_or(0, Map::len);
    let bare = |value: Value| fields(&value) == 3 && value.get("keyval").is_some_and(|keyval| fields(keyval) == 1);
    listed_under_its_own(key, id)
        && tree(key).is_some_and(bare)
        && VerifyingKey::parse(key)
            .is_some_and(|key| super::documents::ALGORITHMS.contains(&key.algorithm()) && !key.is_anybodys())
}

/// Whether `id` is the one that the specification computes for the key.
pub(super) fn listed_under_its_own(key: &Json, id: &KeyId) -> bool {
    tree(key).and_then(|key| KeyId::of(&key).ok()).as_ref() == Some(id)
}

fn tree(key: &Json) -> Option<Value> {
    serde_json::from_str(short(key)?).ok()
}

/// What a key calls its type, if it does.
pub fn key_type(key: &Json) -> Option<String> {
    #[derive(Deserialize)]
    struct Typed {
        keytype: String,
    }
    serde_json::from_str::<Typed>(short(key)?).ok().map(|typed| typed.keytype)
}

/// More bytes than any key has. A tree of values costs a hundred times as much as its text [⚔].
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#memory-exhaustion
const KEY_BYTES: usize = 16 << 10;

/// The text of what may be a key.
fn short(key: &Json) -> Option<&str> {
    Some(key.as_str()).filter(|text| text.len() <= KEY_BYTES)
}

impl VerifyingKey {
    /// The key in a metadata document, or `None` for a type or scheme that is not supported. Such a key counts for
    /// nothing, and stands in nobody's way as long as the threshold is met without it.
    pub(super) fn parse(key: &Json) -> Option<Self> {
        #[derive(Deserialize)]
        struct KeyObject {
            keytype: String,
            scheme: String,
            keyval: KeyValue,
        }
        #[derive(Deserialize)]
        struct KeyValue {
            public: String,
        }
        let KeyObject { keytype, scheme, keyval: KeyValue { public } } = serde_json::from_str(short(key)?).ok()?;
        let (algorithm, public) = match (keytype.as_str(), scheme.as_str()) {
            ("ed25519", "ed25519") => (Algorithm::Ed25519, hex::decode(public).ok()?),
            ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => (Algorithm::EcdsaP256, point(&public)?),
            ("rsa", "rsassa-pss-sha256") => (Algorithm::RsaPss, from_pem(&public, RSA_ENCRYPTION, None)?),
            ("rsa", "rsa-pkcs1v15-sha256") => (Algorithm::RsaPkcs1, from_pem(&public, RSA_ENCRYPTION, None)?),
            _ => return None,
        };
        Some(Self { algorithm, public })
    }

    /// How this key signs.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether anybody can sign with it, since its point is of low order [⚔]. Such a key counts for nothing.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#low-order-key
    pub(super) fn is_anybodys(&self) -> bool {
        self.algorithm == Algorithm::Ed25519 && has_low_order(&self.public)
    }

    /// The key material alone: what makes two keys the same, whatever their ids.
    pub(super) fn public(&self) -> &[u8] {
        &self.public
    }

    /// Whether `signature` is this key's, over exactly `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        if self.is_anybodys() {
            return false;
        }
        let algorithm: &dyn ring::signature::VerificationAlgorithm = match self.algorithm {
            Algorithm::Ed25519 => &ED25519,
            Algorithm::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
            Algorithm::RsaPss => &RSA_PSS_2048_8192_SHA256,
            Algorithm::RsaPkcs1 => &RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, &self.public).verify(message, signature).is_ok()
    }
}

/// The specification has points in PEM; go-tuf writes them in hexadecimal.
fn point(public: &str) -> Option<Vec<u8>> {
    if public.starts_with("-----BEGIN ") {
        from_pem(public, EC_PUBLIC_KEY, Some(P256))
    } else {
        hex::decode(public).ok()
    }
}

/// The key inside the SubjectPublicKeyInfo of a PEM text, if it is of this kind. Other tools write lines of any width.
fn from_pem(text: &str, algorithm: ObjectIdentifier, parameters: Option<ObjectIdentifier>) -> Option<Vec<u8>> {
    let block = pem::parse(text).ok().filter(|block| block.tag() == "PUBLIC KEY")?;
    let info = SubjectPublicKeyInfoRef::from_der(block.contents()).ok()?;
    let of_kind = info.algorithm.oid == algorithm
        && parameters.is_none_or(|expected| info.algorithm.parameters_oid() == Ok(expected));
    info.subject_public_key.as_bytes().filter(|_| of_kind).map(<[u8]>::to_vec)
}

fn has_low_order(public: &[u8]) -> bool {
    let Ok(mut y) = <[u8; 32]>::try_from(public) else { return false };
    y[31] &= 0x7f;
    LOW_ORDER.contains(&hex::encode(y).as_str())
}
