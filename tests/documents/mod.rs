//! What the documents claim about the project.

/// The packages that are linked, and the compiler.
mod dependencies;
/// The example of the format.
mod example;
/// The bounds that the manual tells.
mod limits;
/// The packages that would be published.
mod packages;
/// What is referred to.
mod paths;

use std::{collections::BTreeMap, fs, path::Path};

/// The mark of a line that answers an attack. Written as an escape, because this file is searched for it too.
const MARK: char = '\u{2694}';

/// Every test that SECURITY.md names is there, so that no claim outlives its proof.
#[test]
fn the_tests_that_security_names_exist() {
    let text = document("SECURITY.md");
    let sources = sources().into_values().collect::<String>();
    let named: Vec<&str> =
        text.split('`').skip(1).step_by(2).filter(|code| code.contains("::") && !code.contains(" ")).collect();
    assert!(named.len() > 30, "{}", named.len());
    for name in named {
        let function = name.rsplit("::").next().unwrap();
        assert!(sources.contains(&format!("fn {function}(")), "SECURITY.md names {name}");
    }
}

/// So is every test of the publish protocol that the manual names.
#[test]
fn the_tests_that_the_protocol_names_exist() {
    let text = document("src/manual/protocol.md");
    let model = document("tests/publish_model/mod.rs");
    let is_test = |word: &&str| word.matches('_').count() > 1 && !word.contains(['.', '/']);
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 12, "{named:?}");
    for name in named {
        assert!(model.contains(&format!("fn {name}(")), "the protocol names {name}");
    }
}

/// Each attack has an id of its own, by which the sources link to it.
#[test]
fn every_attack_has_one_id() {
    let text = document("SECURITY.md");
    let mut seen = BTreeMap::new();
    for id in text.split("<a id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(id.chars().all(|one| one.is_ascii_lowercase() || one == '-'), "{id}");
        *seen.entry(id).or_insert(0) += 1;
    }
    assert!(seen.len() > 60 && seen.values().all(|times| *times == 1), "{seen:?}");
    let mut rows = text.lines().skip_while(|line| *line != "| attack | answer | test |").peekable();
    while rows.peek().is_some() {
        for row in rows.by_ref().skip(2).take_while(|line| line.starts_with('|')) {
            assert!(row.starts_with("| <a id=\""), "{row}");
        }
        while rows.next_if(|line| *line != "| attack | answer | test |").is_some() {}
    }
}

/// A mark in the sources leads to the attack that it is about.
#[test]
fn every_mark_links_to_an_attack() {
    let security = document("SECURITY.md");
    let mut marks = 0;
    for (path, text) in sources() {
        for rest in text.split("SECURITY.md#").skip(1) {
            let id: String = rest.chars().take_while(|one| one.is_ascii_lowercase() || *one == '-').collect();
            assert!(id.is_empty() || security.contains(&format!("<a id=\"{id}\"></a>")), "{path} names #{id}");
        }
        let mut in_comments = 0;
        for comment in comments(&text) {
            in_comments += comment.matches(MARK).count();
            if let Some(unlinked) = unlinked(&comment) {
                panic!("{path}: a mark without a link to SECURITY.md: {unlinked}");
            }
        }
        assert_eq!(in_comments, text.matches(MARK).count(), "{path} has a mark outside comments");
        marks += in_comments;
    }
    assert!(marks > 100, "{marks}");
}

/// The text at the first mark of a comment that does not link. In documentation a mark is a link, `[mark]` or
/// `[mark][label]`, and the comment defines where that leads; elsewhere the row is written after it.
fn unlinked(comment: &str) -> Option<&str> {
    comment.match_indices(MARK).map(|(at, _)| (&comment[..at], &comment[at..])).find_map(|(before, mark)| {
        let after = &mark[MARK.len_utf8()..];
        let links = match after.strip_prefix(']') {
            Some(after) if before.ends_with('[') => {
                let label = after.strip_prefix('[').and_then(|label| label.split_once(']'));
                let label = label.map_or(MARK.to_string(), |(label, _)| label.to_owned());
                after.starts_with(':') || comment.contains(&format!("\n[{label}]: {LINK}"))
            }
            _ => after.starts_with(" SECURITY.md#"),
        };
        (!links).then_some(mark)
    })
}

const LINK: &str = "https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#";

/// The comments of a file, each without its slashes.
fn comments(text: &str) -> impl Iterator<Item = String> {
    let mut found = vec![String::new()];
    let mut former = "";
    for line in text.lines().map(str::trim_start) {
        let kind = ["///", "//!", "//"].into_iter().find(|kind| line.starts_with(kind)).unwrap_or_default();
        if kind != former {
            found.push(String::new());
        }
        former = kind;
        if let (Some(comment), false) = (found.last_mut(), kind.is_empty()) {
            comment.push('\n');
            comment.push_str(line[kind.len()..].trim_start());
        }
    }
    found.into_iter()
}

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Every source file by its path in the repository.
fn sources() -> BTreeMap<String, String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    for folder in ["src", "tests", "keys", "notary-dev"] {
        read_all(project, &project.join(folder), &mut found);
    }
    found
}

fn read_all(project: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(project, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(project).unwrap().display().to_string();
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}
