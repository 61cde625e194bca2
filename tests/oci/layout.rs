//! Layouts on disk: what other tools wrote, what is damaged, and two processes at once.

use std::{fs, path::Path, time::Duration};

use bytes::Bytes;
use manifesto::{
    limits::Limits,
    name::{Digest, Tag},
    oci::{
        Attempts, Content, ContentError, ContentErrorKind, LayoutFault, OCI_INDEX, OCI_MANIFEST, Pushed, Reference,
        Source, layout::Layout,
    },
};
use serde_json::json;
use tempfile::TempDir;

fn open(folder: &TempDir) -> Layout {
    Layout::new(folder.path(), Limits::DEFAULT)
}

pub(super) fn tagged(tag: &str) -> Reference {
    Reference::Tag(tag.parse().unwrap())
}

pub(super) async fn push(layout: &Layout, tag: &str, text: &str) -> Result<Digest, ContentError> {
    let blob = Bytes::copy_from_slice(text.as_bytes());
    let digest = Digest::of(&blob);
    layout.push_blob(digest, blob.len() as u64, Source::Bytes(blob.clone())).await?;
    let entry = json!({ "mediaType": "application/octet-stream", "digest": digest, "size": blob.len() });
    let manifest = json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": entry, "layers": [entry] });
    let manifest = Bytes::from(manifest.to_string());
    let digest = Digest::of(&manifest);
    let pushed = layout.push_manifest(&tag.parse().unwrap(), OCI_MANIFEST, manifest, Attempts::Several).await?;
    assert_eq!(pushed, Pushed::Stored);
    Ok(digest)
}

fn blob_path(folder: &TempDir, digest: Digest) -> std::path::PathBuf {
    folder.path().join("blobs/sha256").join(digest.hex())
}

fn fault(error: &ContentError) -> &LayoutFault {
    match error {
        ContentError::Layout { fault, .. } => fault,
        other => panic!("{other:?}"),
    }
}

/// What a folder holds, by path.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_folder_that_is_something_else_is_left_alone() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    let before = contents(folder.path());
    let layout = open(&folder);
    for error in [layout.resolve(&tagged("latest")).await.unwrap_err(), push(&layout, "1", "x").await.unwrap_err()] {
        assert_eq!((fault(&error), error.kind()), (&LayoutFault::NotALayout, ContentErrorKind::Local));
    }
    assert_eq!(contents(folder.path()), before);
}

#[tokio::test]
async fn reading_makes_nothing() {
    let folder = TempDir::new().unwrap();
    let layout = Layout::new(folder.path().join("none"), Limits::DEFAULT);
    assert_eq!(layout.resolve(&tagged("latest")).await.unwrap(), None);
    assert_eq!(layout.blob(Digest::of(b"x"), 10).await.unwrap(), None);
    assert!(!folder.path().join("none").exists());
}

#[tokio::test]
async fn damaged_files_are_errors_and_stay_as_they_are() {
    for (file, text) in [
        ("oci-layout", ""),
        ("oci-layout", r#"{"imageLayoutVersion":"2.0.0"}"#),
        ("index.json", ""),
        ("index.json", "[]"),
        ("index.json", r#"{"schemaVersion":2,"manifests":"none"}"#),
    ] {
        let folder = TempDir::new().unwrap();
        let layout = open(&folder);
        push(&layout, "_manifesto", "one").await.unwrap();
        fs::write(folder.path().join(file), text).unwrap();
        let error = layout.resolve(&tagged("_manifesto")).await.unwrap_err();
        assert_eq!(error.kind(), ContentErrorKind::Local, "{file} {text}: {error}");
        assert!(push(&layout, "_manifesto", "two").await.is_err(), "{file} {text}");
        assert_eq!(fs::read_to_string(folder.path().join(file)).unwrap(), text);
    }
    let folder = TempDir::new().unwrap();
    push(&open(&folder), "1", "one").await.unwrap();
    fs::write(folder.path().join("index.json"), " ".repeat(17 << 20)).unwrap();
    let error = open(&folder).resolve(&tagged("1")).await.unwrap_err();
    assert_eq!(error.kind(), ContentErrorKind::TooLarge);
}

#[tokio::test]
async fn a_damaged_blob_is_found_out_and_can_be_stored_again() {
    let folder = TempDir::new().unwrap();
    let layout = open(&folder);
    let manifest = push(&layout, "1", "statement").await.unwrap();
    let blob = Digest::of(b"statement");
    for (digest, text) in [(blob, "statemenT"), (manifest, "{}")] {
        fs::write(blob_path(&folder, digest), text).unwrap();
    }
    let mismatch = |error: ContentError| assert_eq!(error.kind(), ContentErrorKind::Mismatch, "{error}");
    mismatch(layout.blob(blob, 100).await.unwrap_err());
    mismatch(layout.blob_to(blob, 9, &mut Vec::new()).await.unwrap_err());
    mismatch(layout.manifest(&tagged("1"), None).await.unwrap_err());
    push(&layout, "1", "statement").await.unwrap();
    assert_eq!(layout.blob(blob, 100).await.unwrap().unwrap(), "statement");
    assert!(layout.resolve(&tagged("1")).await.unwrap().is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn links_do_not_lead_out() {
    use std::os::unix::fs::symlink;
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let digest = Digest::of(b"secret");

    let folder = TempDir::new().unwrap();
    let layout = open(&folder);
    push(&layout, "1", "one").await.unwrap();
    symlink(outside.path().join("secret"), blob_path(&folder, digest)).unwrap();
    assert_eq!(fault(&layout.blob(digest, 100).await.unwrap_err()), &LayoutFault::Odd);

    for linked in ["blobs", "blobs/sha256"] {
        let folder = TempDir::new().unwrap();
        let layout = open(&folder);
        fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        if linked == "blobs/sha256" {
            fs::create_dir(folder.path().join("blobs")).unwrap();
        }
        symlink(outside.path(), folder.path().join(linked)).unwrap();
        assert_eq!(fault(&push(&layout, "1", "x").await.unwrap_err()), &LayoutFault::Odd, "{linked}");
        assert_eq!(contents(outside.path()).len(), 1);
    }

    let folder = TempDir::new().unwrap();
    let layout = open(&folder);
    push(&layout, "1", "one").await.unwrap();
    fs::remove_file(folder.path().join("index.json")).unwrap();
    symlink(outside.path().join("secret"), folder.path().join("index.json")).unwrap();
    assert_eq!(fault(&layout.resolve(&tagged("1")).await.unwrap_err()), &LayoutFault::Odd);
}

#[tokio::test]
async fn a_blob_is_no_manifest() {
    let folder = TempDir::new().unwrap();
    let layout = open(&folder);
    push(&layout, "1", "{\"some\":\"json\"}").await.unwrap();
    let blob = Reference::Digest(Digest::of(b"{\"some\":\"json\"}"));
    assert_eq!(layout.resolve(&blob).await.unwrap(), None);
}

#[tokio::test]
async fn what_has_no_place_in_a_layout_is_refused() {
    let folder = TempDir::new().unwrap();
    let layout = open(&folder);
    for tag in ["manifesto", "manifesto.ab12", "_other"] {
        let error = push(&layout, tag, "x").await.unwrap_err();
        assert_eq!((fault(&error), error.kind()), (&LayoutFault::RefName(tag.to_owned()), ContentErrorKind::Invalid));
    }
    let tag = "1".parse().unwrap();
    let error = layout.push_manifest(&tag, "text/html", Bytes::from_static(b"<html>"), Attempts::Several).await;
    assert_eq!(fault(&error.unwrap_err()), &LayoutFault::NotAManifest);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_once_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("layout");
    let writers = (0..8).map(|writer| {
        let layout = Layout::new(&path, Limits::DEFAULT);
        tokio::spawn(async move {
            for n in 0..5 {
                push(&layout, &format!("{writer}-{n}"), "shared").await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let layout = Layout::new(&path, Limits::DEFAULT);
    for writer in 0..8 {
        for n in 0..5 {
            assert!(layout.resolve(&tagged(&format!("{writer}-{n}"))).await.unwrap().is_some(), "{writer}-{n}");
        }
    }
    let files = contents(&path);
    assert_eq!(files.len(), 4, "marker, index, blob and manifest, and nothing temporary: {files:?}");
}

#[tokio::test]
async fn a_lock_that_is_never_released_is_an_error() {
    let folder = TempDir::new().unwrap();
    let layout = open(&folder).lock_time(Duration::from_millis(100));
    push(&layout, "1", "one").await.unwrap();
    let before = fs::read(folder.path().join("index.json")).unwrap();
    let other = fs::File::open(folder.path().join("oci-layout")).unwrap();
    other.lock().unwrap();
    assert_eq!(fault(&push(&layout, "2", "two").await.unwrap_err()), &LayoutFault::Locked);
    assert!(layout.resolve(&tagged("1")).await.unwrap().is_some(), "reading needs no lock");
    assert_eq!(fs::read(folder.path().join("index.json")).unwrap(), before);
    other.unlock().unwrap();
    push(&layout, "2", "two").await.unwrap();
}

/// [⚔] What `index.json` calls an image cannot make an index of it, here or in memory.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#type-confusion
#[tokio::test]
async fn a_document_that_is_listed_as_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::new(folder.path(), Limits::DEFAULT);
    let config = Bytes::from_static(b"{}");
    layout.push_blob(Digest::of(&config), 2, Source::Bytes(config.clone())).await.unwrap();
    let image = format!(r#"{{"schemaVersion":2,"config":{{"digest":"{}"}},"layers":[]}}"#, Digest::of(&config));
    let (tag, bytes): (Tag, Bytes) = ("1.4".parse().unwrap(), image.clone().into());
    layout.push_manifest(&tag, OCI_MANIFEST, bytes, Attempts::Several).await.unwrap();
    let references = [Reference::Tag(tag.clone()), Reference::Digest(Digest::of(image.as_bytes()))];
    let listed = std::fs::read_to_string(folder.path().join("index.json")).unwrap();
    for reference in &references {
        assert!(layout.resolve(reference).await.unwrap().is_some());
    }
    std::fs::write(folder.path().join("index.json"), listed.replace(OCI_MANIFEST, OCI_INDEX)).unwrap();
    let lies = |error| assert!(matches!(error, ContentError::Contradiction { .. }), "{error}");
    for reference in &references {
        lies(layout.resolve(reference).await.unwrap_err());
        lies(layout.manifest(reference, None).await.unwrap_err());
    }
    let memory = manifesto::oci::memory::Memory::new();
    memory.place(&tag, OCI_INDEX, image.into());
    for reference in &references {
        lies(memory.resolve(reference).await.unwrap_err());
    }
}
