//! An OCI layout that somebody else wrote: its `index.json`, and a manifest in it.

use std::fs;

use manifesto::{
    limits::Limits,
    name::Digest,
    oci::{Content, Descriptor, MANIFEST_TYPES, Reference, layout::Layout},
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// A layout, written anew for each input.
struct Folder {
    root: TempDir,
    layout: Layout,
    runtime: Runtime,
}

/// The one manifest in it.
const MANIFEST: &[u8] = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;

thread_local!(static FOLDER: Folder = Folder::new());

impl Folder {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("blobs/sha256")).unwrap();
        fs::write(root.path().join("blobs/sha256").join(Digest::of(MANIFEST).hex()), MANIFEST).unwrap();
        fs::write(root.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let layout = Layout::new(root.path(), Limits::DEFAULT);
        Self { root, layout, runtime: Builder::new_current_thread().build().unwrap() }
    }

    fn resolve(&self, reference: &Reference) -> Option<Descriptor> {
        self.runtime.block_on(self.layout.resolve(reference)).ok().flatten()
    }
}

/// What is found has the digest that was asked for and the type of a manifest, and a tag means what is listed under it.
pub(crate) fn run(data: &[u8]) -> bool {
    FOLDER.with(|folder| {
        // The input as the index of a layout that holds one manifest.
        fs::write(folder.root.path().join("index.json"), data).unwrap();
        let mut accepted = false;
        for tag in ["latest", "1.4", "_manifesto", "_manifesto.ab12"] {
            let found = folder.resolve(&Reference::Tag(tag.parse().unwrap()));
            accepted |= found.is_some();
            check(found, MANIFEST);
        }
        // The input as a manifest that the index lists.
        let digest = Digest::of(data);
        let blob = folder.root.path().join("blobs/sha256").join(digest.hex());
        fs::write(&blob, data).unwrap();
        let entry = format!(r#"{{"digest":"{digest}","annotations":{{"org.opencontainers.image.ref.name":"1.4"}}}}"#);
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{entry}]}}"#);
        fs::write(folder.root.path().join("index.json"), index).unwrap();
        let tagged = folder.resolve(&Reference::Tag("1.4".parse().unwrap()));
        assert_eq!(folder.resolve(&Reference::Digest(digest)), tagged);
        accepted |= tagged.is_some();
        check(tagged, data);
        fs::remove_file(&blob).unwrap();
        accepted
    })
}

/// Nothing else can be found.
fn check(found: Option<Descriptor>, content: &[u8]) {
    let Some(found) = found else { return };
    assert_eq!((found.digest, found.size), (Digest::of(content), content.len() as u64));
    assert!(MANIFEST_TYPES.contains(&found.media_type.as_str()), "{}", found.media_type);
}
