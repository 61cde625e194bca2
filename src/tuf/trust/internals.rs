//! Private parsers, within reach of a fuzzer.

use super::json;

/// The normal form of a JSON text that is strict enough to be signed; none where it is not.
pub fn normal_form(bytes: &[u8]) -> Option<Vec<u8>> {
    json::normalise(bytes, u64::MAX).ok().map(|normal| normal.text)
}

/// The canonical bytes of a text in normal form.
pub fn canonical(normal: &[u8]) -> Vec<u8> {
    json::canonical(normal).into_owned()
}
