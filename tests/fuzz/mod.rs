//! Every parser of foreign bytes against what was found to be worth a try: the seeds of the fuzzer, and all inputs that
//! ever made one of its targets stop. `README.md` beside this file says how to run the fuzzer itself.

mod targets;

use std::{fs, path::Path};

/// A seed that is named `good-…` has to be accepted, `bad-…` to be refused, and `crash-…` to be either, without a panic.
#[test]
fn every_seed_is_answered_as_its_name_says() {
    let mut wrong = Vec::new();
    for (target, run) in targets::ALL {
        if !cfg!(feature = "import") && ["key_import", "key_open"].contains(&target) {
            continue;
        }
        let names = names(target);
        assert!(names.iter().any(|name| name.starts_with("good-")), "{target} has no seed that is accepted");
        for name in names {
            // An assertion of a target does not know the file. This is shown where a test fails.
            println!("{target}/{name}");
            let accepted = run(&fs::read(seeds().join(target).join(&name)).unwrap());
            let expected = match name.split_once('-') {
                Some(("good", _)) => accepted,
                Some(("bad", _)) => !accepted,
                Some(("crash", _)) => true,
                _ => false,
            };
            if !expected {
                wrong.push(format!("{target}/{name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Seeds of a target that there is not are never tried.
#[test]
fn every_folder_of_seeds_has_its_target() {
    let targets: Vec<&str> = targets::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(names(""), targets);
}

fn seeds() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds")
}

/// The names in a folder of seeds, in order.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(seeds().join(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
