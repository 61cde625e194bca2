//! A layout that skopeo reads and writes too.

use std::{fs, process::Command};

use manifesto::{
    limits::Limits,
    name::Digest,
    oci::{Content, layout::Layout},
};
use serde_json::Value;
use tempfile::TempDir;

use super::layout::{push, tagged};

/// skopeo, which knows nothing of us, writes a layout, reads ours, and adds to it.
#[tokio::test]
async fn shares_a_layout_with_skopeo() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| format!("oci:{}", folder.path().join(name).display());
    let skopeo = |arguments: &[&str]| {
        let output = Command::new("skopeo").args(arguments).output().expect("skopeo is installed (apt-get)");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let ours = Layout::new(folder.path().join("ours"), Limits::DEFAULT);
    let digest = push(&ours, "_manifesto", "{}").await.unwrap();
    let raw = skopeo(&["inspect", "--raw", &(at("ours") + ":manifesto")]);
    assert_eq!(Digest::of(&raw), digest);

    skopeo(&["copy", &(at("ours") + ":manifesto"), &(at("theirs") + ":manifesto")]);
    skopeo(&["copy", &(at("ours") + ":manifesto"), &at("theirs")]);
    let theirs = Layout::new(folder.path().join("theirs"), Limits::DEFAULT);
    for tag in ["_manifesto", "latest"] {
        assert_eq!(theirs.resolve(&tagged(tag)).await.unwrap().unwrap().digest, digest, "{tag}");
    }
    push(&theirs, "_manifesto", "two").await.unwrap();
    assert_eq!(theirs.resolve(&tagged("latest")).await.unwrap().unwrap().digest, digest);
    let index: Value = serde_json::from_slice(&fs::read(folder.path().join("theirs/index.json")).unwrap()).unwrap();
    assert_eq!(index["manifests"].as_array().unwrap().len(), 2);
}
