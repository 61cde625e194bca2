//! Keys in metadata: their names, what they are, and the one function that checks a signature.

mod algorithm;
mod id;
mod object;
mod point;
mod public;
mod scheme;
mod spki;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use algorithm::{Algorithm, UnsupportedAlgorithm, oid};
pub use id::KeyId;
pub use public::{PublicKey, PublicKeyError};
pub(super) use scheme::Scheme;

use self::object::KeyObject;
use super::Json;

/// A public key that this build can check signatures with.
pub(super) struct VerifyingKey {
    scheme: Scheme,
    /// What the scheme takes: 32 bytes, an uncompressed point, or an RSAPublicKey (RFC 8017, appendix A.1.1).
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
            .is_some_and(|key| super::documents::SCHEMES.contains(&key.scheme()) && !key.is_anybodys())
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
        let object: KeyObject = serde_json::from_str(short(key)?).ok()?;
        let scheme = object.scheme()?;
        Some(Self { scheme, public: object.public(scheme)? })
    }

    /// How this key signs.
    pub(super) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether anybody can sign with it, since its point is of low order [⚔]. Such a key counts for nothing.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#low-order-key
    pub(super) fn is_anybodys(&self) -> bool {
        self.scheme.is_anybodys(&self.public)
    }

    /// The key material alone: what makes two keys the same, whatever their ids.
    pub(super) fn public(&self) -> &[u8] {
        &self.public
    }

    /// Whether `signature` is this key's, over exactly `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.scheme.verifies(&self.public, message, signature)
    }
}
