//! Keys in metadata: their ids, their forms, and the one function that checks a signature.

mod algorithm;
mod error;
mod id;
mod object;
mod point;
mod public;
mod scheme;
mod spki;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use algorithm::{Algorithm, UnsupportedAlgorithm, oid};
pub use error::PublicKeyError;
pub use id::KeyId;
pub use public::PublicKey;
pub(super) use scheme::Scheme;

use self::object::KeyObject;
use super::Json;

/// A public key that this build can check signatures with.
pub(super) struct VerifyingKey {
    scheme: Scheme,
    /// What the scheme takes: 32 bytes, an uncompressed point, or an RSAPublicKey (RFC 8017, appendix A.1.1).
    public: Vec<u8>,
}

/// Whether a key in a metadata document is fully determined by its id: it can sign in this layout, its id is its hash,
/// and it has no further fields.
pub fn is_key_of_id(key: &Json, id: &KeyId) -> bool {
    let fields = |value: &Value| value.as_object().map_or(0, Map::len);
    let bare = |value: Value| fields(&value) == 3 && value.get("keyval").is_some_and(|keyval| fields(keyval) == 1);
    listed_under_its_own(key, id)
        && tree(key).is_some_and(bare)
        && VerifyingKey::parse(key)
            .is_some_and(|key| super::documents::SCHEMES.contains(&key.scheme()) && !key.is_low_order())
}

/// Whether `id` is the id that the specification computes for the key.
pub(super) fn listed_under_its_own(key: &Json, id: &KeyId) -> bool {
    tree(key).and_then(|key| KeyId::of(&key).ok()).as_ref() == Some(id)
}

fn tree(key: &Json) -> Option<Value> {
    serde_json::from_str(short(key)?).ok()
}

/// The `keytype` of a key, if it has one.
pub fn key_type(key: &Json) -> Option<String> {
    #[derive(Deserialize)]
    struct Typed {
        keytype: String,
    }
    serde_json::from_str::<Typed>(short(key)?).ok().map(|typed| typed.keytype)
}

/// The longest key object in bytes, more than any key needs. A tree of values takes a hundred times the memory of its
/// text [⚔].
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#memory-exhaustion
const KEY_BYTES: usize = 16 << 10;

/// The text of a key object, unless it is too long.
fn short(key: &Json) -> Option<&str> {
    Some(key.as_str()).filter(|text| text.len() <= KEY_BYTES)
}

impl VerifyingKey {
    /// Parses the key in a metadata document. Returns `None` for an unsupported type or scheme. Such a key does not
    /// count, but does no harm if other keys meet the threshold.
    pub(super) fn parse(key: &Json) -> Option<Self> {
        let object: KeyObject = serde_json::from_str(short(key)?).ok()?;
        let scheme = object.scheme()?;
        Some(Self { scheme, public: object.public(scheme)? })
    }

    /// The signature scheme of this key.
    pub(super) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether anybody can sign with this key because its point is of low order [⚔]. Such a key does not count.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#low-order-key
    pub(super) fn is_low_order(&self) -> bool {
        self.scheme.is_low_order(&self.public)
    }

    /// The key material. Two keys with the same material are the same, even under different ids.
    pub(super) fn public(&self) -> &[u8] {
        &self.public
    }

    /// Whether `signature` is a signature of this key over `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.scheme.verifies(&self.public, message, signature)
    }
}
