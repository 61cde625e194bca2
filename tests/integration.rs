//! Everything that is tested from outside the library, in one binary, so that the library is linked once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it should be")]

/// The command line: what it says, where, and with which exit code.
mod cli;
/// What the documents claim about the project.
mod documents;
/// Every parser of foreign bytes, against the seeds of the fuzzer and all that it found.
mod fuzz;
/// The main job: the real binary, real servers, real key stores, and all that goes wrong between them.
#[cfg(feature = "servers")]
mod job;
/// Content without TUF: registries, layouts and memory against one contract, and servers that misbehave.
mod oci;
/// The operations, over content and keys in memory.
mod ops;
/// The publish protocol, searched exhaustively.
mod publish_model;
/// Attacks on the verifying core, and what interoperates with it.
mod trust;
/// A repository in memory, and people and thieves who work on it: what the tests of other modules share.
mod world;

use std::{fs, path::Path};

/// A file that no `mod` line names is never compiled, and its tests never run.
#[test]
fn no_test_file_is_forgotten() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    check(&tests, &fs::read_to_string(tests.join("integration.rs")).unwrap());
}

fn check(folder: &Path, parent: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let module = if path.is_dir() { fs::read_to_string(path.join("mod.rs")).ok() } else { None };
        let is_test = path.extension().is_some_and(|extension| extension == "rs");
        if module.is_some() || (is_test && !matches!(name, "integration" | "mod")) {
            let line = format!("mod {name};");
            assert!(parent.lines().any(|found| found.trim_start_matches("pub(crate) ") == line), "{}", path.display());
        }
        if let Some(module) = module {
            check(&path, &module);
        }
    }
}
