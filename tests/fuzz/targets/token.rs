//! The answer of a token server.

use std::time::Duration;

use manifesto::oci::registry::internals::token;
use serde_json::Value;

/// A token is one of the two texts in the document, and is used for an hour at most.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((text, lifetime)) = token(data) else { return false };
    assert!(!text.is_empty() && lifetime <= Duration::from_secs(3600));
    // Of a field that means nothing no more is read than where it ends, so this parser may refuse what that one takes.
    let Ok(document) = serde_json::from_slice::<Value>(data) else { return true };
    let texts = [&document["token"], &document["access_token"]];
    assert!(texts.iter().any(|found| found.as_str() == Some(&text)) || document.is_array());
    true
}
