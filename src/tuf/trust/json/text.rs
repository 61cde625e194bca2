#[cfg(feature = "author")]
use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, Value, to_raw_value};

#[cfg(feature = "author")]
use super::canonical;
use super::{Refusal, normalise};

/// A JSON value as its text: what costs no more than the document that it came in, whatever is in it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// The JSON of a value, in normal form.
    ///
    /// # Errors
    /// What signed documents may not have in them: a fraction, a string that is not in NFC.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Self::normal(&serde_json::to_vec(value)?)
    }

    /// A JSON text, brought into normal form.
    pub(in crate::trust) fn normal(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let normal = normalise(bytes, u64::MAX).map_err(Refusal::into_error)?;
        serde_json::from_slice(&normal.text)
    }

    /// The text. Values that came out of one document, or were made here, have the same text if they are the same.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The bytes over which signatures are made.
    #[cfg(feature = "author")]
    pub(in crate::trust) fn canonical(&self) -> Cow<'_, [u8]> {
        canonical(self.as_str().as_bytes())
    }

    /// Reads the value as another type.
    ///
    /// # Errors
    /// It is none of that type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        // A value can always be written, and is: compact, with its keys in order.
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
