//! What only Debian's own registry does, as it was measured.

use bytes::Bytes;
use manifesto::{
    name::{Digest, Tag},
    oci::{
        Attempts, Content, ContentErrorKind, Fetched, OCI_MANIFEST, Pushed, Reference, Source,
        registry::{Registry, RegistryOptions},
    },
};
use serde_json::json;

use super::{
    debian::{DockerRegistry, Protection},
    servers,
};

fn open(server: &DockerRegistry) -> Registry {
    servers::open(&server.host, RegistryOptions::default())
}

fn manifest(config: &Bytes, note: usize) -> Bytes {
    let config = json!({ "mediaType": "application/x", "digest": Digest::of(config), "size": config.len() });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [], "annotations": { "note": note.to_string() },
    });
    Bytes::from(manifest.to_string())
}

async fn push(registry: &Registry, blob: &Bytes) {
    registry.push_blob(Digest::of(blob), blob.len() as u64, Source::Bytes(blob.clone())).await.unwrap();
}

async fn tag(registry: &Registry, tag: &Tag, manifest: Bytes) {
    let pushed = registry.push_manifest(tag, OCI_MANIFEST, manifest, Attempts::Several).await;
    assert_eq!(pushed.unwrap(), Pushed::Stored);
}

/// It answers 500 for some milliseconds while a tag moves: one read in twenty, measured without retries.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tag_that_moves_is_read_without_errors() {
    const MOVES: usize = 60;
    let server = DockerRegistry::start(&Protection::None);
    let (writer, config, name) = (open(&server), Bytes::from_static(b"{}"), Tag::manifesto());
    push(&writer, &config).await;
    tag(&writer, &name, manifest(&config, 0)).await;
    let known: Vec<Digest> = (0..MOVES).map(|note| Digest::of(&manifest(&config, note))).collect();
    let readers = (0..3).map(|_| {
        let (reader, known, name) = (open(&server), known.clone(), name.clone());
        tokio::spawn(async move {
            for _ in 0..150 {
                let read = reader.manifest(&Reference::Tag(name.clone()), None).await.unwrap();
                let Fetched::Manifest(found) = read else { panic!("{read:?}") };
                assert!(known.contains(&found.digest));
                assert!(reader.resolve(&Reference::Tag(name.clone())).await.unwrap().is_some());
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for note in 0..MOVES {
        tag(&writer, &name, manifest(&config, note)).await;
    }
    for reader in readers {
        reader.await.unwrap();
    }
}

/// Its cache, which Debian turns on, claims blobs that a garbage collection took: they read as empty, and asked to mount
/// one it says that it is there.
#[tokio::test]
async fn what_a_garbage_collection_took_is_uploaded_again() {
    let server = DockerRegistry::start(&Protection::None);
    let registry = open(&server);
    let (config, lost) = (Bytes::from_static(b"{}"), Bytes::from_static(b"not referred to yet"));
    push(&registry, &config).await;
    tag(&registry, &Tag::manifesto(), manifest(&config, 1)).await;
    push(&registry, &lost).await;
    server.collect_garbage();
    let digest = Digest::of(&lost);
    let failure = registry.blob(digest, 100).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Mismatch, "{failure}");
    push(&registry, &lost).await;
    assert_eq!(registry.blob(digest, 100).await.unwrap(), Some(lost));
    assert_eq!(registry.blob(Digest::of(&config), 100).await.unwrap(), Some(config), "what is referred to has stayed");
}
