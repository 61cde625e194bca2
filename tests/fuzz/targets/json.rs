//! Strict JSON, and the canonical form that signatures are made over.

use manifesto::trust::json::{canonical, parse};
use serde_json::Value;

/// What is accepted has one meaning, and canonical bytes that no other value has.
pub(crate) fn run(data: &[u8]) -> bool {
    let Ok(value) = parse(data) else { return false };
    assert_eq!(serde_json::from_slice::<Value>(data).unwrap(), value, "another parser reads another value");
    let bytes = canonical(&value).unwrap();
    let back = parse(&as_json(&bytes)).unwrap();
    assert_eq!(back, value);
    assert_eq!(canonical(&back).unwrap(), bytes);
    true
}

/// Canonical JSON escapes quotes and backslashes only, where JSON wants every control character escaped.
fn as_json(canonical: &[u8]) -> Vec<u8> {
    let mut json = Vec::with_capacity(canonical.len());
    for byte in canonical {
        match byte {
            0..0x20 => json.extend(format!("\\u{byte:04x}").into_bytes()),
            _ => json.push(*byte),
        }
    }
    json
}
