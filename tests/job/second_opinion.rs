//! What the real binary wrote on a real registry, read by tough's own loader and by python-tuf.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use notary_dev::{fixtures, push::sha256};
use serde_json::{Value, json};
use tempfile::TempDir;
use tough::{FilesystemTransport, IntoVec, RepositoryLoader, TargetName};
use url::Url;

use super::{
    actor::Actor,
    place::{PATH, Place, file_name, text, wait},
};

const STATEMENTS: [(&str, &str); 3] =
    [("seccomp", "seccomp.json"), ("approvals", "approval.json"), ("scan report", "trivy.json")];

/// A publication as a TUF repository of files, with names as both readers ask for them: a target in a folder is
/// `FOLDER/HASH.NAME` for python-tuf and `HASH.FOLDER/NAME` for tough 0.24.
pub(crate) struct Files {
    folder: TempDir,
    root: Vec<u8>,
    paths: Vec<(String, Vec<u8>)>,
}

impl Files {
    /// Takes everything from the artifact's layers, by digest and by the file names that they carry.
    pub(crate) fn of(place: &Place, statements: &[(&str, &str)]) -> Self {
        let mut files = Self { folder: tempfile::tempdir().unwrap(), root: Vec::new(), paths: Vec::new() };
        fs::create_dir(files.metadata()).unwrap();
        let published = place.published();
        for layer in published["layers"].as_array().unwrap() {
            let bytes = place.blob(layer["digest"].as_str().unwrap());
            let Some(name) = file_name(layer) else { continue };
            if name == "1.root.json" {
                files.root.clone_from(&bytes);
            }
            // Timestamp alone has no version in its name.
            let name = if name.ends_with(".timestamp.json") { "timestamp.json" } else { name };
            let file = files.metadata().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        let image = place.manifest(PATH, "1.4");
        let image = image.header("docker-content-digest").strip_prefix("sha256:").unwrap();
        let held: Vec<&str> =
            published["layers"].as_array().unwrap().iter().filter_map(|layer| layer["digest"].as_str()).collect();
        for (kind, fixture) in statements {
            let digest = sha256(&fs::read(fixtures::statement(fixture)).unwrap());
            assert!(held.contains(&digest.as_str()), "the artifact holds {kind}");
            let (bytes, name) = (place.blob(&digest), kind.replace(' ', "=20"));
            let hash = digest.strip_prefix("sha256:").unwrap();
            for file in [format!("sha256/{image}/{hash}.{name}"), format!("{hash}.sha256/{image}/{name}")] {
                let file = files.targets().join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, &bytes).unwrap();
            }
            files.paths.push((format!("sha256/{image}/{name}"), bytes));
        }
        files
    }

    fn metadata(&self) -> PathBuf {
        self.folder.path().join("metadata")
    }

    fn targets(&self) -> PathBuf {
        self.folder.path().join("targets")
    }

    fn absent(&self) -> String {
        format!("{}-absent", self.paths[0].0)
    }

    /// Asserts that tough's own loader reads every statement.
    pub(crate) fn load_in_tough(&self) {
        wait(async {
            let repository = tough(self).await.unwrap();
            for (path, bytes) in &self.paths {
                let stream = repository.read_target(&TargetName::new(path.as_str()).unwrap()).await.unwrap();
                assert!(stream.expect(path).into_vec().await.unwrap() == *bytes, "{path}");
            }
            let absent = TargetName::new(self.absent()).unwrap();
            assert!(repository.read_target(&absent).await.unwrap().is_none());
        });
    }

    /// Asserts that python-tuf reads every statement.
    pub(crate) fn load_in_python_tuf(&self) {
        let mut wanted = json!({ self.absent(): null });
        for (path, bytes) in &self.paths {
            wanted[path] = sha256(bytes).strip_prefix("sha256:").into();
        }
        assert_eq!(python_tuf(self), Ok(wanted));
    }

    /// Turns one bit of the role's document over, in its signed part.
    fn spoil(&self, role: &str) {
        let files: Vec<PathBuf> = fs::read_dir(self.metadata()).unwrap().map(|entry| entry.unwrap().path()).collect();
        let suffix = format!("{role}.json");
        let file = files.iter().find(|file| text(file).ends_with(&suffix)).unwrap();
        let changed = fs::read_to_string(file).unwrap().replacen("20", "21", 1);
        fs::write(file, changed).unwrap();
    }
}

fn published() -> Files {
    let owner = Actor::new();
    let place = Place::new();
    owner.does(&["init", &place.repository()]);
    for (kind, fixture) in STATEMENTS {
        place.put(&owner, kind, "contacts.json");
        place.put(&owner, kind, fixture);
    }
    Files::of(&place, &STATEMENTS)
}

async fn tough(files: &Files) -> Result<tough::Repository, tough::error::Error> {
    let url = |path: PathBuf| Url::from_directory_path(path).unwrap();
    RepositoryLoader::new(&files.root, url(files.metadata()), url(files.targets()))
        .transport(FilesystemTransport)
        .load()
        .await
}

#[test]
fn tough_reads_it() {
    let files = published();
    files.load_in_tough();
    files.spoil("repository");
    assert!(wait(tough(&files)).is_err(), "tough is not merely indifferent");
}

fn python_tuf(files: &Files) -> Result<Value, String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = package.join("target/venv/bin/python");
    assert!(python.exists(), "python-tuf is not installed in target/venv: 'tests/run' installs it");
    let trusted = files.folder.path().join("trusted.json");
    fs::write(&trusted, &files.root).unwrap();
    let work = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .arg(package.join("tests/trust/python_tuf.py"))
        .args([files.metadata(), files.targets(), trusted, work.path().to_owned()])
        .args(files.paths.iter().map(|(path, _)| path))
        .arg(files.absent())
        .output()
        .unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn python_tuf_reads_it() {
    let files = published();
    files.load_in_python_tuf();
    files.spoil("repository");
    let refusal = python_tuf(&files).expect_err("python-tuf is not merely indifferent");
    assert!(refusal.contains("tuf.api.exceptions"), "{refusal}");
}
