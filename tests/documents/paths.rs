//! What documents and sources refer to is in the repository.

use std::path::Path;

use super::{document, sources};

const PAGES: [&str; 10] = [
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "tests/fuzz/README.md",
    "src/manual/design.md",
    "src/manual/format.md",
    "src/manual/protocol.md",
    "src/manual/decisions.md",
    "src/manual/glossary.md",
];

/// The folders in which files are named by their path.
const FOLDERS: [&str; 6] = ["src/", "tests/", "keys/", "notary-dev/", "fixtures/", ".ci/"];

#[test]
fn every_path_that_a_page_names_is_there() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = 0;
    for page in PAGES {
        let text = document(page);
        let words = text.split(|one: char| one.is_whitespace() || "`()|,".contains(one));
        let paths = words.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)));
        for path in paths.map(|path| path.trim_end_matches(['.', ':', ';'])) {
            assert!(project.join(path).exists(), "{page} names {path}");
            named += 1;
        }
    }
    assert!(named > 60, "{named}");
}

/// A page that somebody is sent to can be read by everybody who has the repository.
#[test]
fn every_page_that_is_named_is_there() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = PAGES.map(|page| (page.to_owned(), document(page)));
    for (path, text) in sources().into_iter().filter(|(path, _)| !path.ends_with("documents/paths.rs")).chain(pages) {
        let names = text.split(|one: char| !(one.is_ascii_alphanumeric() || "-_./".contains(one)));
        for name in names.map(|name| name.trim_end_matches('.')).filter(|name| name.ends_with(".md")) {
            let beside = Path::new(&path).parent().unwrap();
            let places = [project.to_owned(), project.join(beside), project.join("src/manual")];
            let is_url = name.contains("blob/main/");
            assert!(is_url || places.iter().any(|place| place.join(name).exists()), "{path} names {name}");
        }
    }
}
