//! What would be published: sources, and nothing that belongs to this repository alone.

use std::{path::Path, process::Command};

/// The files of a package, as cargo lists them.
fn listed(package: &str) -> Vec<String> {
    let list = Command::new(env!("CARGO"))
        .args(["package", "--list", "--offline", "--allow-dirty", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
    String::from_utf8(list.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Test keys protect nothing, and whoever finds one in a package may take it for a real one.
#[test]
fn no_package_has_test_keys_or_other_packages() {
    for (package, least) in [("manifesto", 200), ("manifesto-keys", 30), ("manifesto-tuf", 40)] {
        let files = listed(package);
        assert!(files.len() > least, "{package}: {}", files.len());
        for file in &files {
            let extension = Path::new(file).extension().and_then(|extension| extension.to_str());
            let belongs =
                matches!(extension, Some("rs" | "md" | "toml" | "lock" | "orig" | "json")) || file == "LICENSE";
            assert!(belongs, "{package}: {file}");
            assert!(!file.contains("INSECURE") && !file.starts_with("src/tuf/"), "{package}: {file}");
        }
    }
}
