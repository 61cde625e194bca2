//! What the documents claim about the project.

use std::{fs, path::Path};

/// Every test that SECURITY.md names is there, so that no claim outlives its proof.
#[test]
fn the_tests_that_security_names_exist() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(project.join("SECURITY.md")).unwrap();
    let mut sources = String::new();
    for folder in ["src", "tests", "keys", "notary-dev"] {
        read_all(&project.join(folder), &mut sources);
    }
    let named: Vec<&str> =
        text.split('`').skip(1).step_by(2).filter(|code| code.contains("::") && !code.contains(" ")).collect();
    assert!(named.len() > 30, "{}", named.len());
    for name in named {
        let function = name.rsplit("::").next().unwrap();
        assert!(sources.contains(&format!("fn {function}(")), "SECURITY.md names {name}");
    }
}

fn read_all(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
