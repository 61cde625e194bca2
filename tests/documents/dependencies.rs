//! What the project rests on: how many packages, and which compiler.

use super::document;

/// The most packages that `Cargo.lock` may list.
///
/// Everything that is linked can do what the program can do, so a new package is a decision and not an accident. There
/// is room for updates. A change that needs more raises the cap in the same commit, and its message says what for.
const PACKAGES: usize = 460;

#[test]
fn packages_are_capped() {
    let count = document("Cargo.lock").matches("[[package]]").count();
    assert!(count <= PACKAGES, "{count} packages; see tests/documents/dependencies.rs");
    assert!(PACKAGES - count < 25, "{count} packages: lower the cap, so that it keeps its purpose");
}

/// A crate that is there twice, or forbidden, has its reason beside it.
#[test]
fn every_exception_has_a_reason() {
    let text = document("deny.toml");
    let entries: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("{ crate")).collect();
    assert!(entries.len() > 3);
    for entry in entries {
        assert!(entry.contains("reason = \"") || entry.contains("use-instead = \""), "{entry}");
    }
}

/// Clippy warns about whatever is newer than the compiler that `Cargo.toml` promises to need.
#[test]
fn clippy_knows_the_oldest_compiler() {
    let value = |file: &str, key: &str| {
        let text = document(file);
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix('=')).map(str::trim);
        line.unwrap_or_else(|| panic!("no {key} in {file}")).to_owned()
    };
    assert_eq!(value(".clippy.toml", "msrv"), value("Cargo.toml", "rust-version"));
}
