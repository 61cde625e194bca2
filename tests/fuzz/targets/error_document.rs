//! A registry's error document, and its header `Retry-After`.

use manifesto::oci::registry::internals::{error_document, retry_after};

/// Only the registry's own word means that there is no such content, and what is shown cannot move the cursor.
pub(crate) fn run(data: &[u8]) -> bool {
    let (absent, denied, missing, text) = error_document(data);
    assert!(!(absent && denied));
    let shown = text.as_deref().unwrap_or_default();
    assert!(shown.chars().count() <= 300 * 10 && shown.chars().all(|c| !c.is_control()), "{shown:?}");
    assert!(!(absent || denied) || text.is_some());
    // A digest that is missing was named, in hexadecimal that may be escaped.
    assert!(missing.len() <= data.len() / 64);
    absent || denied || text.is_some() || std::str::from_utf8(data).is_ok_and(|text| retry_after(text).is_some())
}
