//! A second opinion: what is authored here loads in tough's own loader and in python-tuf.
//!
//! Both want a repository of files. A target in a folder is `FOLDER/HASH.NAME` by the specification, and so for
//! python-tuf; tough 0.24 asks for `HASH.FOLDER/NAME`. Each is given what it asks for.

use std::{fs, path::PathBuf};

use manifesto::time::Timestamp;
use manifesto::{
    name::{Digest, TopLevelRole},
    trust::Writers,
};
use tempfile::TempDir;
use tough::{FilesystemTransport, IntoVec, RepositoryLoader, TargetName};
use url::Url;

use super::simulator::{GUN, Published, TestKey, World, path};

/// Two roots, a rotated root key, keys of both algorithms, a threshold of two, a terminating role, a type that needs
/// encoding.
pub(super) fn world() -> World {
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

pub(super) const CONTENTS: [(&str, &str); 3] = [("trivy", "clean"), ("scan report", "a report"), ("approvals", "yes")];

pub(super) struct Files {
    pub(super) folder: TempDir,
}

impl Files {
    pub(super) fn write(published: &Published, version: u64) -> Self {
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

    pub(super) fn metadata(&self) -> PathBuf {
        self.folder.path().join("metadata")
    }

    pub(super) fn targets(&self) -> PathBuf {
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
