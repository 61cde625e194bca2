//! A second opinion: what is authored here loads in tough's own loader and in python-tuf.
//!
//! Both want a repository of files. A target in a folder is `FOLDER/HASH.NAME` by the specification, and so for
//! python-tuf; tough 0.24 asks for `HASH.FOLDER/NAME`. Each is given what it asks for.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use manifesto::time::Timestamp;
use manifesto::{
    name::{Digest, TopLevelRole},
    trust::{
        Targets, Writers,
        author::{NewStatement, Unsigned, put_statement},
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tough::{FilesystemTransport, IntoVec, RepositoryLoader, TargetName};
use url::Url;

use super::simulator::{GUN, Published, Reader, TestKey, World, path, statement};

/// What `tests/run` installs python-tuf into, relative to this package.
const PYTHON: &str = "target/venv/bin/python";

/// Two roots, a rotated root key, keys of both algorithms, a threshold of two, a terminating role, a type that needs
/// encoding.
fn world() -> World {
    let at = Timestamp::try_from(std::time::SystemTime::now()).unwrap().whole_seconds();
    let mut world = World::made_at(at, GUN, Writers::Several, TestKey::p256(0));
    world.next_root();
    let (old, new, second) = (world.root_key.clone(), TestKey::ed25519(61), TestKey::p256(1));
    world.authorise(TopLevelRole::Root, 2, &[&new, &second]);
    world.root().signers = vec![old, new, second];
    world.delegate("targets", "qa", &TestKey::ed25519(31), &["sha256/*/approvals"], true);
    world.say("qa", "approvals", "yes");
    world.say("repository", "scan report", "a report");
    world.say("repository", "approvals", "forged");
    world.bump_all();
    world
}

const CONTENTS: [(&str, &str); 3] = [("trivy", "clean"), ("scan report", "a report"), ("approvals", "yes")];

struct Files {
    folder: TempDir,
}

impl Files {
    fn write(published: &Published, version: u64) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        let (metadata, targets) = (files.metadata(), files.targets());
        fs::create_dir(&metadata).unwrap();
        for (n, root) in published.roots.iter().enumerate() {
            fs::write(metadata.join(format!("{}.root.json", n + 1)), root).unwrap();
        }
        fs::write(metadata.join("timestamp.json"), &published.timestamp).unwrap();
        fs::write(metadata.join(format!("{version}.snapshot.json")), &published.snapshot).unwrap();
        fs::write(metadata.join(format!("{version}.targets.json")), &published.targets).unwrap();
        for (name, role) in &published.roles {
            fs::write(metadata.join(format!("{version}.{name}.json")), role).unwrap();
        }
        for (kind, content) in CONTENTS {
            let path = path(kind).to_string();
            let (folder, name) = path.rsplit_once('/').unwrap();
            let hash = Digest::of(content.as_bytes()).hex();
            for file in [format!("{folder}/{hash}.{name}"), format!("{hash}.{path}")] {
                let file = targets.join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, content).unwrap();
            }
        }
        files
    }

    fn metadata(&self) -> PathBuf {
        self.folder.path().join("metadata")
    }

    fn targets(&self) -> PathBuf {
        self.folder.path().join("targets")
    }
}

async fn tough(files: &Files, root: &[u8]) -> Result<tough::Repository, tough::error::Error> {
    let url = |path: PathBuf| Url::from_directory_path(path).unwrap();
    let root = root.to_vec();
    RepositoryLoader::new(&root, url(files.metadata()), url(files.targets()))
        .transport(FilesystemTransport)
        .load()
        .await
}

#[tokio::test]
async fn tough_loads_what_is_authored() {
    let published = world().publish();
    let files = Files::write(&published, 2);
    let repository = tough(&files, &published.roots[0]).await.unwrap();
    assert_eq!(repository.root().signed.version.get(), 2);
    for (kind, content) in CONTENTS {
        let name = TargetName::new(path(kind).to_string()).unwrap();
        let stream = repository.read_target(&name).await.unwrap().expect(kind);
        assert_eq!(stream.into_vec().await.unwrap(), content.as_bytes(), "{kind}");
    }
    let absent = TargetName::new(path("absent").to_string()).unwrap();
    assert!(repository.read_target(&absent).await.unwrap().is_none());
}

/// The control: tough is not merely indifferent.
#[tokio::test]
async fn tough_refuses_what_is_not_signed() {
    let mut world = world();
    world.timestamp.signers = vec![TestKey::ed25519(99)];
    let published = world.publish();
    assert!(tough(&Files::write(&published, 2), &published.roots[0]).await.is_err());
}

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
