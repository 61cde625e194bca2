//! The index of what a role signs.

use manifesto::index::Index;

/// What is accepted is written in one way, and read back as it was.
pub(crate) fn run(data: &[u8]) -> bool {
    let Ok(index) = Index::parse(data) else { return false };
    let bytes = index.to_bytes();
    let back = Index::parse(&bytes).unwrap();
    assert_eq!(back, index);
    assert_eq!(back.to_bytes(), bytes);
    assert_eq!(index.difference(&back), None);
    true
}
