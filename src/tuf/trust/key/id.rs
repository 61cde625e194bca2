use std::fmt;

use olpc_cjson::CanonicalFormatter;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Serializer, Value};

/// The id of a key in metadata. In this layout it is the sha256 of the key's canonical form, in hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// Computes the id of a key object: the sha256 of its canonical form (TUF specification, section 4.2).
    ///
    /// # Errors
    /// The object has no canonical form, because it contains a fraction.
    pub fn of(key: &Value) -> Result<Self, serde_json::Error> {
        let mut canonical = Vec::new();
        key.serialize(&mut Serializer::with_formatter(&mut canonical, CanonicalFormatter::new()))?;
        Ok(Self(hex::encode(digest(&SHA256, &canonical))))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight characters of the id, for people.
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

crate::name::debug_as_text!(KeyId);
