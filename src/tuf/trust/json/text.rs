#[cfg(feature = "author")]
use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, Value, to_raw_value};

#[cfg(feature = "author")]
use super::canonical;
use super::{Refusal, normalise};

/// A JSON value as text in normal form. It takes no more memory than the document that it came from.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Converts a value to JSON in normal form.
    ///
    /// # Errors
    /// The value has something that may not be signed: a fraction, or a string that is not in NFC.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Self::normal(&serde_json::to_vec(value)?)
    }

    /// Converts a JSON text to normal form.
    pub(in crate::trust) fn normal(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let normal = normalise(bytes, u64::MAX).map_err(Refusal::into_error)?;
        serde_json::from_slice(&normal.text)
    }

    /// The text. Equal values that were parsed from a document or made by [`of`](Self::of) have equal texts.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The bytes that signatures are made over.
    #[cfg(feature = "author")]
    pub(in crate::trust) fn canonical(&self) -> Cow<'_, [u8]> {
        canonical(self.as_str().as_bytes())
    }

    /// Parses the value as another type.
    ///
    /// # Errors
    /// The value does not have that type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        // Converting a `Value` cannot fail. The result is compact, with sorted keys.
        Self(to_raw_value(&value).unwrap_or_default())
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
