//! What changes of authority publish loads in tough and in python-tuf, at every step, from the first root on.

use std::{fs, path::Path, process::Command};

use manifesto::time::Timestamp;
use manifesto::{
    name::{Digest, Tag},
    oci::{Content, Fetched, Reference},
    write::{DelegationRemoval, Orphans},
};
use serde_json::Value;
use tempfile::TempDir;
use tough::{FilesystemTransport, RepositoryLoader, TargetName};
use url::Url;

use crate::world::{
    Machine, World,
    authority::{granted, make_key},
};

/// The metadata of what is current, as a TUF repository of files.
async fn files(content: &dyn Content) -> (TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("targets")).unwrap();
    let metadata = folder.path().join("metadata");
    fs::create_dir(&metadata).unwrap();
    let Fetched::Manifest(manifest) = content.manifest(&Reference::Tag(Tag::manifesto()), None).await.unwrap() else {
        panic!("nothing is published");
    };
    let manifest: Value = serde_json::from_slice(&manifest.bytes).unwrap();
    for layer in manifest["layers"].as_array().unwrap() {
        let Some(name) = layer["annotations"]["tuf.io/filename"].as_str().filter(|name| name.ends_with(".json")) else {
            continue;
        };
        let digest: Digest = layer["digest"].as_str().unwrap().parse().unwrap();
        let bytes = content.blob(digest, 1 << 20).await.unwrap().unwrap();
        let name = if name.ends_with("timestamp.json") { "timestamp.json" } else { name };
        fs::write(metadata.join(name), bytes).unwrap();
    }
    let root = fs::read(metadata.join("1.root.json")).unwrap();
    (folder, root)
}

/// Loads it in both, and asks whether somebody signs for `path`.
async fn both_load(content: &dyn Content, path: &str, signed: bool) {
    let (folder, root) = files(content).await;
    let (metadata, targets) = (folder.path().join("metadata"), folder.path().join("targets"));
    let url = |path: &Path| Url::from_directory_path(path).unwrap();
    let loader = RepositoryLoader::new(&root, url(&metadata), url(&targets)).transport(FilesystemTransport);
    let repository = loader.load().await.unwrap();
    let name = TargetName::new(path).unwrap();
    let found = repository.targets().signed.find_target(&name, false).is_ok();
    assert_eq!(found, signed, "tough: {path}");

    if signed {
        // The script downloads what is signed for, which this folder does not hold.
        return;
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = package.join("target/venv/bin/python");
    assert!(python.exists(), "python-tuf is not installed in target/venv: 'tests/run' installs it");
    let trusted = folder.path().join("trusted.json");
    fs::write(&trusted, &root).unwrap();
    let work = tempfile::tempdir().unwrap();
    let arguments = [metadata, targets, trusted, work.path().to_owned()];
    let output =
        Command::new(python).arg(package.join("tests/trust/python_tuf.py")).args(arguments).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer[path].is_null(), "python-tuf: {answer}");
}

#[tokio::test(start_paused = true)]
async fn both_load_every_step() {
    let world = World::new().await;
    let now = Timestamp::try_from(std::time::SystemTime::now()).unwrap().whole_seconds();
    let machine = || Machine { now, ..world.machine() };
    let (owner, ci, qa) = (machine(), machine(), machine());
    owner.init().await.unwrap();
    ci.pin_like(&owner).await;
    let said = owner.put("trivy", "old").await.unwrap();
    let image = said.head.image.digest().strip_prefix("sha256:").unwrap().to_owned();
    let (trivy, approvals) = (format!("sha256/{image}/trivy"), format!("sha256/{image}/approvals"));
    let content = world.content.as_ref();
    let key = make_key(&ci, "ci");
    let people = ["ann", "ben", "cleo"].map(|name| make_key(&qa, name));

    // Begun with opening keys; the owner's statement of the type counts no more, for any client.
    owner.delegate(&granted("scan", &["trivy"], &[&key], None)).await.unwrap();
    both_load(content, &trivy, false).await;
    let [ann, ben, cleo] = &people;
    owner.delegate(&granted("qa", &["approvals"], &[ann, ben, cleo], Some(2))).await.unwrap();
    both_load(content, &approvals, false).await;
    owner.add_publisher(&[key]).await.unwrap();
    both_load(content, &trivy, false).await;
    ci.put("trivy", "clean").await.unwrap();
    both_load(content, &trivy, true).await;
    both_load(content, &approvals, false).await;

    // The role ends: its last version stays listed, and its document is gone.
    owner.publisher().remove_delegation(&"qa".parse().unwrap(), &DelegationRemoval::Role).await.unwrap();
    both_load(content, &approvals, false).await;
    owner.delegate(&granted("qa", &["approvals"], &[ann], None)).await.unwrap();
    both_load(content, &approvals, false).await;
    owner.publisher().remove_publisher(&["ci".to_owned()]).await.unwrap();
    both_load(content, &approvals, false).await;
    both_load(content, &trivy, true).await;
}

/// Keys that are replaced and taken out, and a role that begins anew.
#[tokio::test(start_paused = true)]
async fn both_follow_through_every_root() {
    let world = World::new().await;
    let now = Timestamp::try_from(std::time::SystemTime::now()).unwrap().whole_seconds();
    let machine = || Machine { now, ..world.machine() };
    let (owner, ci) = (machine(), machine());
    owner.init().await.unwrap();
    ci.pin_like(&owner).await;
    let keys = ["ci", "ci-2"].map(|name| make_key(&ci, name));
    let said = owner.put("seccomp", "{}").await.unwrap();
    let image = said.head.image.digest().strip_prefix("sha256:").unwrap().to_owned();
    let (trivy, seccomp) = (format!("sha256/{image}/trivy"), format!("sha256/{image}/seccomp"));
    owner.delegate(&granted("scan", &["trivy"], &[&keys[0]], None)).await.unwrap();
    owner.add_publisher(&keys[..1]).await.unwrap();
    ci.put("trivy", "clean").await.unwrap();
    let content = world.content.as_ref();
    for what in [&["root"][..], &["timestamp"], &["root", "repository", "timestamp"]] {
        owner.rotate(what).await.unwrap();
        both_load(content, &trivy, true).await;
        both_load(content, &seccomp, true).await;
        both_load(content, "sha256/none/at-all", false).await;
    }
    owner.revoke_all(&["ci"], Some(&keys[1]), Orphans::BeginAnew).await.unwrap();
    both_load(content, &trivy, false).await;
    both_load(content, &seccomp, true).await;
}
