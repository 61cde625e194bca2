//! Private parsers, for fuzzing.

use super::json;

/// The normal form of a JSON text, or `None` if the text may not be signed.
pub fn normal_form(bytes: &[u8]) -> Option<Vec<u8>> {
    json::normalise(bytes, u64::MAX).ok().map(|normal| normal.text)
}

/// The canonical bytes of a text in normal form.
pub fn canonical(normal: &[u8]) -> Vec<u8> {
    json::canonical(normal).into_owned()
}
