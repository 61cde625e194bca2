//! Strict JSON, and the canonical form that signatures are made over.

use manifesto::trust::internals::{canonical, normal_form};
use serde_json::Value;

/// What is accepted has one meaning, one normal form, and canonical bytes that no other value has.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some(normal) = normal_form(data) else { return false };
    let value = |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap();
    assert_eq!(value(data), value(&normal), "another parser reads another value");
    assert_eq!(normal_form(&normal).as_ref(), Some(&normal));
    let bytes = canonical(&normal);
    let back = normal_form(&as_json(&bytes)).unwrap();
    assert_eq!(back, normal);
    assert_eq!(canonical(&back), bytes);
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
