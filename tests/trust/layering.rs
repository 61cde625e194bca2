//! The architecture's invariants, read off the source.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file: neither comments nor its unit tests, which may use what they like.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    lines.join("\n")
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Words of code, so that `environment` is not `env`.
fn words(code: &str) -> BTreeSet<&str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}

/// The modules of this crate that a piece of code names: `crate::a`, `crate::{a, b::{c, d}}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            found.extend(
                words(rest.split([':', ';', ',', '(', ')', ' ', '>', '<']).next().unwrap())
                    .into_iter()
                    .map(str::to_owned),
            );
            continue;
        };
        let (mut depth, mut name) = (1, String::new());
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ if depth == 1 => name.push(c),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let names = name.split(',').filter_map(|item| item.trim().split("::").next().filter(|name| !name.is_empty()));
        found.extend(names.map(str::to_owned));
    }
    found
}

#[test]
fn reads_imports_as_they_are_written() {
    let code =
        "use crate::name::Gun; use crate::{limits::Limits, name::{Role, TopLevelRole},\n time}; crate::store::x();";
    assert_eq!(imports(code), ["limits", "name", "store", "time"].map(str::to_owned).into());
}

/// The core is a function of bytes and a time. Its Cargo.toml has no crate that could make it depend on more; here, nothing
/// of the standard library either.
#[test]
fn trust_names_nothing_of_the_outside_world() {
    let files = sources(&src().join("tuf"));
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        // Random numbers for a throwaway key: whether a point is on the curve does not depend on them.
        // Dates are converted from and to what programs have. That a clock is read would be a call of `now`.
        let converts = file.ends_with("tuf/time/timestamp.rs");
        let throws_away = file.ends_with("tuf/trust/key/point.rs");
        let code = code(&file);
        let mut words = words(&code);
        words.retain(|word| !(throws_away && ["rand", "SystemRandom"].contains(word)));
        words.retain(|word| !(converts && *word == "SystemTime"));
        for outside in [
            "tokio",
            "reqwest",
            "fs",
            "env",
            "process",
            "thread",
            "now_v7",
            "SystemTime",
            "Instant",
            "keyring",
            "manifesto_keys",
            "SystemRandom",
            "fastrand",
            "rand",
            "tracing",
            "println",
            "eprintln",
            "Zoned",
        ] {
            assert!(!words.contains(outside), "{} names {outside}", file.display());
        }
        for clock in [
            "std::net::Tcp",
            "std::net::Udp",
            "ToSocketAddrs",
            "Timestamp::now",
            "SystemTime::now",
            "Zoned::now",
            "async fn",
            ".await",
            "static mut",
            "unsafe",
        ] {
            assert!(!code.contains(clock), "{} uses {clock}", file.display());
        }
    }
}

/// A role's name that is any text is for readers of other layouts. None may get into a path or a document of this one.
#[test]
fn names_of_another_layout_stay_in_the_plain_policy() {
    let allowed = ["tuf/trust/standard", "tuf/name/role.rs"].map(|path| src().join(path));
    let uses = |path: &PathBuf| words(&code(path)).contains("of_any_tuf_repository");
    let users: Vec<PathBuf> = sources(&src()).into_iter().filter(uses).collect();
    assert!(users.len() > 1, "{users:?}");
    for user in users {
        assert!(allowed.iter().any(|allowed| user.starts_with(allowed)), "{}", user.display());
    }
}

/// `manifesto_tuf` ← `oci`, `index` ← `store` ← `read` ← `write` ← `facts` ← `bin`; reports and progress are the words that all
/// of these share. That reading stands without writing the compiler says: the feature `publish` takes `write` away.
#[test]
fn imports_point_one_way() {
    let layers: [&[&str]; 8] = [
        &["tuf", "name", "limits", "text", "time", "trust"],
        &["oci", "index", "progress", "report"],
        &["store"],
        &["read"],
        &["write"],
        &["facts"],
        &["lib", "manual"],
        &["bin"],
    ];
    let layer = |module: &str| layers.iter().position(|layer| layer.contains(&module));
    for entry in fs::read_dir(src()).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let own = layer(&module).unwrap_or_else(|| panic!("src/{module} has no place in the order of modules"));
        let files = if path.is_dir() { sources(&path) } else { vec![path] };
        for file in files {
            for import in imports(&code(&file)) {
                if import == module || module == "bin" || module == "tuf" {
                    continue;
                }
                let imported = layer(&import).unwrap_or_else(|| panic!("{}: crate::{import}", file.display()));
                assert!(imported < own, "{} imports {import}", file.display());
            }
        }
    }
}
