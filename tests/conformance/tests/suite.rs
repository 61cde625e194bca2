//! Runs the suite in `suite/` against the client, one test per theme.
//!
//! The repositories are python-tuf's work, so what the core accepts here was signed by another implementation.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it should be")]

use std::{path::Path, process::Command};

/// Runs the theme's tests, at least `count`: a theme that is empty, or not found, has proved nothing.
fn theme(name: &str, count: usize) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = package.join("../../target/venv/bin/python");
    assert!(python.exists(), "python-tuf is missing: run tests/run");
    let output = Command::new(python)
        .args(["-B", "-m", "unittest", &format!("test_{name}")])
        .current_dir(package.join("suite"))
        .env("CLIENT", env!("CARGO_BIN_EXE_conformance"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let ran = said.split("Ran ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(ran.parse::<usize>().unwrap() >= count && !said.contains("skipped"), "{said}");
}

#[test]
fn basic() {
    theme("basic", 15);
}

#[test]
fn root() {
    theme("root", 19);
}

#[test]
fn keys() {
    theme("keys", 13);
}

#[test]
fn expiry() {
    theme("expiry", 8);
}

#[test]
fn rollback() {
    theme("rollback", 17);
}

#[test]
fn delegations() {
    theme("delegations", 28);
}

#[test]
fn download() {
    theme("download", 14);
}

/// Every theme of the suite is one of the tests above.
#[test]
fn no_theme_is_forgotten() {
    let own = include_str!("suite.rs");
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("suite")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if let Some(theme) = name.strip_prefix("test_").and_then(|name| name.strip_suffix(".py")) {
            assert!(own.contains(&format!("theme(\"{theme}\"")), "{name}");
        }
    }
}
