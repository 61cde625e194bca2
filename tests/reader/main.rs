//! A program that only reads: it opens a layout on disk, at a fixed time, with a root that it was given.
//!
//! These tests need no more than the library without its features, so they run at every level of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it should be")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use manifesto::{
    Class, Classified, Error, Repository,
    name::Image,
    read::{Body, GetOptions, ListOptions},
};
use tempfile::TempDir;

/// The name that the layout was signed under.
const IDENTITY: &str = "registry.example.com/acme/app";
/// The layout was signed on 2026-11-20 at 17:00, and its timestamp expires after two weeks.
const NOW: &str = "2026-11-21T17:00:00Z";
const LATE: &str = "2026-12-04T17:00:01Z";
/// The image's config and layer, the other statement, and the root that is given.
const UNREAD: [&str; 4] = [
    "84f777cf867b35ff434662d82d56de6d40b9c3536a708845fd2368b40d096335",
    "a00090ea44a785beefb387d49a842bf4bc4352df4fc558c3a762e8947f8a3c77",
    "caa22014add87eee8c8537e8b1d155a230aeb85355a7446fbc9500c66246c519",
    "cc4abc9a3cede4d653396aab9d840ab68acd8875cf9a2e44d4287534169e46b8",
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A copy of the signed layout.
fn layout() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let blobs = Path::new("blobs/sha256");
    fs::create_dir_all(copy.path().join(blobs)).unwrap();
    for folder in [Path::new(""), blobs] {
        for entry in fs::read_dir(fixture("signed").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, copy.path().join(folder).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    copy
}

fn image(layout: &TempDir) -> Image {
    format!("oci:{}:1.4", layout.path().display()).parse().unwrap()
}

/// The repository as it is read at `now`, by somebody who was given its root.
fn repository(layout: &TempDir, now: &str) -> Repository {
    Repository::open(image(layout).location().clone(), now.parse().unwrap())
        .identity(IDENTITY.parse().unwrap())
        .root(fs::read(fixture("signed.root.json")).unwrap().into())
        .build()
        .unwrap()
}

async fn get(layout: &TempDir, now: &str, kind: &str) -> Result<Vec<u8>, Error> {
    let answer = repository(layout, now).get(&image(layout), &[kind.parse().unwrap()], &GetOptions::default()).await?;
    match answer.bodies.into_iter().next() {
        Some((_, Body::Memory(bytes))) => Ok(bytes.to_vec()),
        _ => panic!("a short statement is kept in memory"),
    }
}

#[tokio::test]
async fn a_reader_gets_lists_and_inspects() {
    let layout = layout();
    assert_eq!(get(&layout, NOW, "approvals").await.unwrap(), b"approved");
    let contacts = fs::read(fixture("statements/contacts.json")).unwrap();
    assert_eq!(get(&layout, NOW, "contacts").await.unwrap(), contacts);

    let repository = repository(&layout, NOW);
    let list = repository.list(&image(&layout), &ListOptions::default()).await.unwrap();
    assert_eq!(list.statements.len(), 2);
    assert_eq!(list.head.trust.repository.to_string(), IDENTITY);
    let inspected = repository.inspect().await.unwrap();
    assert_eq!((inspected.images, inspected.statements, inspected.roots.len()), (1, 2, 1));
}

#[tokio::test]
async fn what_is_not_there_or_too_old_is_told_by_its_class() {
    let layout = layout();
    assert_eq!(get(&layout, NOW, "trivy").await.unwrap_err().class(), Class::Absent);
    assert_eq!(get(&layout, LATE, "approvals").await.unwrap_err().class(), Class::Expired);
    let stranger = Repository::open(image(&layout).location().clone(), NOW.parse().unwrap());
    let stranger = stranger.identity(IDENTITY.parse().unwrap()).build().unwrap();
    let refused = stranger.list(&image(&layout), &ListOptions::default()).await.unwrap_err();
    assert_eq!(refused.class(), Class::NotTrusted);
}

/// One bit of each blob: what the answer rests on is refused, and the rest is not read.
#[tokio::test]
async fn a_damaged_byte_is_refused() {
    let blobs = fixture("signed").join("blobs/sha256");
    let mut unread = Vec::new();
    for entry in fs::read_dir(&blobs).unwrap() {
        let name = entry.unwrap().file_name();
        let layout = layout();
        let path = layout.path().join("blobs/sha256").join(&name);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        match get(&layout, NOW, "approvals").await {
            Ok(answer) => {
                assert_eq!(answer, b"approved");
                unread.push(name.into_string().unwrap());
            }
            Err(error) => assert_eq!(error.class(), Class::Verification, "{name:?}: {error}"),
        }
    }
    unread.sort();
    assert_eq!(unread, UNREAD);
}
