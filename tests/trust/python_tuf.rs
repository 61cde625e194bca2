//! What python-tuf says of what is authored here.

use std::{fs, path::Path, process::Command};

use manifesto::time::Timestamp;
use manifesto::{
    name::Digest,
    trust::{
        Targets,
        author::{NewStatement, Unsigned, put_statement},
    },
};
use serde_json::{Value, json};

use super::{
    interop::{CONTENTS, Files, world},
    simulator::{Reader, TestKey, path, statement},
};

/// What `tests/run` installs python-tuf into, relative to this package.
const PYTHON: &str = "target/venv/bin/python";

fn python_tuf(files: &Files, root: &[u8]) -> Result<Value, String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = package.join(PYTHON);
    assert!(python.exists(), "python-tuf is missing: run tests/run");
    let trusted = files.folder.path().join("trusted-root.json");
    fs::write(&trusted, root).unwrap();
    let output = Command::new(python)
        .arg(package.join("tests/trust/python_tuf.py"))
        .args([files.metadata(), files.targets(), trusted, files.folder.path().to_owned()])
        .args(CONTENTS.map(|(kind, _)| path(kind).to_string()))
        .arg(path("absent").to_string())
        .output()
        .unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn python_tuf_loads_what_is_authored() {
    let published = world().publish();
    let found = python_tuf(&Files::write(&published, 2), &published.roots[0]).unwrap();
    let mut expected = json!({ path("absent").to_string(): null });
    for (kind, content) in CONTENTS {
        expected[path(kind).to_string()] = Digest::of(content.as_bytes()).hex().into();
    }
    assert_eq!(found, expected);
}

/// One key of which another is the beginning comes before it. Implementations that sort keys with their quotation marks put
/// it behind one that goes on with a space, and sign other bytes.
#[test]
fn python_tuf_sorts_keys_as_they_are_sorted_here() {
    let mut world = world();
    let mut role: Targets = serde_json::from_value(world.role("repository").signed.clone()).unwrap();
    let annotations = ["a b", "a!", "a", "a\"", "a#"].map(|key| (key.to_owned(), "\n".to_owned())).into();
    put_statement(&mut role, &path("trivy"), &NewStatement { annotations, ..statement(b"clean") }).unwrap();
    let unsigned = Unsigned::targets(&role).unwrap();
    let signature = world.repository_key.sign(&unsigned.message());
    let bytes = unsigned.with_signatures([(world.repository_key.id.clone(), signature)]);
    world.role("repository").bend(move |_| bytes.clone());
    let published = world.publish();
    Reader { now: Timestamp::try_from(std::time::SystemTime::now()).unwrap(), ..Reader::new() }
        .get(&published, &path("trivy"))
        .unwrap();
    python_tuf(&Files::write(&published, 2), &published.roots[0]).unwrap();
}

/// The control: python-tuf is not merely indifferent.
#[test]
fn python_tuf_refuses_what_is_not_signed() {
    let mut world = world();
    world.timestamp.signers = vec![TestKey::ed25519(99)];
    let published = world.publish();
    let error = python_tuf(&Files::write(&published, 2), &published.roots[0]).unwrap_err();
    assert!(error.contains("UnsignedMetadataError"), "{error}");
}
