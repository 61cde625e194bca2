//! What every implementation of `Content` promises.

use std::any::Any;

use bytes::Bytes;
use manifesto::{
    limits::Limits,
    name::Digest,
    oci::{
        Attempts, Content, ContentError, ContentErrorKind, Descriptor, Fetched, Manifest, OCI_INDEX, OCI_MANIFEST,
        Pushed, Reference, Source, layout::Layout, memory::Memory, registry::RegistryOptions,
    },
};

#[cfg(feature = "servers")]
use super::debian::{DockerRegistry, Protection};
use super::servers;

/// A repository to test, and what must live as long as it does.
struct Subject {
    content: Box<dyn Content>,
    _keep: Box<dyn Any>,
}

impl Subject {
    async fn memory() -> Self {
        Self { content: Box::new(Memory::new()), _keep: Box::new(()) }
    }

    async fn layout() -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let layout = Layout::new(folder.path().join("made/by/first/push"), Limits::DEFAULT);
        Self { content: Box::new(layout), _keep: Box::new(folder) }
    }

    async fn ferro() -> Self {
        let host = servers::ferro().await;
        Self { content: Box::new(servers::open(&host, RegistryOptions::default())), _keep: Box::new(()) }
    }
}

#[cfg(feature = "servers")]
impl Subject {
    async fn docker_registry() -> Self {
        let server = DockerRegistry::start(&Protection::None);
        let content = Box::new(servers::open(&server.host, RegistryOptions::default()));
        Self { content, _keep: Box::new(server) }
    }

    async fn docker_registry_with_tls_and_basic() -> Self {
        let server = DockerRegistry::start(&Protection::TlsAndBasic);
        let mut options = servers::given(&server.host, "alice", "correct horse");
        options.ca_files.push(server.ca_file());
        Self { content: Box::new(servers::open(&server.host, options)), _keep: Box::new(server) }
    }
}

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

async fn push(content: &dyn Content, blob: &Bytes) -> Digest {
    let digest = Digest::of(blob);
    content.push_blob(digest, blob.len() as u64, Source::Bytes(blob.clone())).await.unwrap();
    digest
}

/// An image manifest with these blobs; odd spacing and a trailing newline must survive.
fn manifest_of(blobs: &[&Bytes]) -> Bytes {
    let descriptor = |blob: &&Bytes| {
        let (digest, size) = (Digest::of(blob), blob.len());
        format!(r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{digest}","size":{size}}}"#)
    };
    let all: Vec<String> = blobs.iter().map(descriptor).collect();
    bytes(&format!(
        "{{ \"schemaVersion\":2,\"mediaType\":\"{OCI_MANIFEST}\",\n\"config\":{},\"layers\":[{}],\"x-unknown\":\"ä\"}}\n",
        all[0],
        all.join(",")
    ))
}

async fn push_tagged(content: &dyn Content, tag: &str, manifest: &Bytes) -> Digest {
    let pushed = content.push_manifest(&tag.parse().unwrap(), OCI_MANIFEST, manifest.clone(), Attempts::Several).await;
    assert_eq!(pushed.unwrap(), Pushed::Stored);
    Digest::of(manifest)
}

fn tagged(text: &str) -> Reference {
    Reference::Tag(text.parse().unwrap())
}

async fn absent_is_an_answer(content: &dyn Content) {
    let digest = Digest::of(b"nowhere");
    for reference in [tagged("latest"), tagged("_manifesto"), Reference::Digest(digest)] {
        assert_eq!(content.resolve(&reference).await.unwrap(), None, "{reference:?}");
        assert_eq!(content.manifest(&reference, None).await.unwrap(), Fetched::Absent, "{reference:?}");
        assert_eq!(content.manifest(&reference, Some(digest)).await.unwrap(), Fetched::Absent, "{reference:?}");
    }
    assert_eq!(content.blob(digest, 100).await.unwrap(), None);
    let mut sink = Vec::new();
    assert!(!content.blob_to(digest, 7, &mut sink).await.unwrap());
    assert!(sink.is_empty());
}

async fn a_manifest_comes_back_to_the_byte(content: &dyn Content) {
    let blob = bytes("config");
    push(content, &blob).await;
    let manifest = manifest_of(&[&blob]);
    for tag in ["1.4", "_manifesto", "_manifesto.ab12cd34ef56"] {
        let digest = push_tagged(content, tag, &manifest).await;
        let size = manifest.len() as u64;
        let expected = Manifest { media_type: OCI_MANIFEST.to_owned(), digest, bytes: manifest.clone() };
        for reference in [tagged(tag), Reference::Digest(digest)] {
            let descriptor = Descriptor::new(OCI_MANIFEST, digest, size);
            assert_eq!(content.resolve(&reference).await.unwrap(), Some(descriptor), "{reference:?}");
            let fetched = content.manifest(&reference, None).await.unwrap();
            assert_eq!(fetched, Fetched::Manifest(expected.clone()), "{reference:?}");
            let fetched = content.manifest(&reference, Some(Digest::of(b"another"))).await.unwrap();
            assert_eq!(fetched, Fetched::Manifest(expected.clone()), "{reference:?}");
            assert_eq!(content.manifest(&reference, Some(digest)).await.unwrap(), Fetched::Unchanged, "{reference:?}");
        }
    }
}

async fn a_tag_moves_and_what_it_left_stays(content: &dyn Content) {
    let (one, two) = (bytes("one"), bytes("two"));
    push(content, &one).await;
    push(content, &two).await;
    let first = push_tagged(content, "_manifesto", &manifest_of(&[&one])).await;
    let other = push_tagged(content, "other", &manifest_of(&[&one, &two])).await;
    let second = push_tagged(content, "_manifesto", &manifest_of(&[&two])).await;
    let at = async |reference: Reference| content.resolve(&reference).await.unwrap().unwrap().digest;
    assert_eq!(at(tagged("_manifesto")).await, second);
    assert_eq!(at(tagged("other")).await, other);
    assert_eq!(at(Reference::Digest(first)).await, first);
}

async fn a_blob_comes_back_within_its_bounds(content: &dyn Content) {
    let blob = bytes("statement");
    let size = blob.len() as u64;
    let digest = push(content, &blob).await;
    push(content, &blob).await;
    assert_eq!(content.blob(digest, size).await.unwrap(), Some(blob.clone()));
    let error = content.blob(digest, size - 1).await.unwrap_err();
    assert_eq!(error.kind(), ContentErrorKind::TooLarge, "{error}");
    let mut sink = Vec::new();
    assert!(content.blob_to(digest, size, &mut sink).await.unwrap());
    assert_eq!(sink, blob);
    for wrong in [size - 1, size + 1] {
        let error = content.blob_to(digest, wrong, &mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), ContentErrorKind::Mismatch, "{wrong}: {error}");
    }
}

async fn an_empty_blob_is_a_blob(content: &dyn Content) {
    let digest = push(content, &Bytes::new()).await;
    assert_eq!(content.blob(digest, 0).await.unwrap(), Some(Bytes::new()));
    let mut sink = Vec::new();
    assert!(content.blob_to(digest, 0, &mut sink).await.unwrap());
    assert!(sink.is_empty());
}

async fn a_file_is_streamed_both_ways(content: &dyn Content) {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("statement");
    let text: Vec<u8> = (0..3_000_000_u32).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
    std::fs::write(&path, &text).unwrap();
    let (digest, size) = (Digest::of(&text), text.len() as u64);
    content.push_blob(digest, size, Source::File(path.clone())).await.unwrap();
    let mut sink = tokio::fs::File::create(folder.path().join("back")).await.unwrap();
    assert!(content.blob_to(digest, size, &mut sink).await.unwrap());
    assert_eq!(std::fs::read(folder.path().join("back")).unwrap(), text);
    let error = content.push_blob(digest, size + 1, Source::File(path)).await.unwrap_err();
    assert_eq!(error.kind(), ContentErrorKind::Local, "{error}");
    let gone = Source::File(folder.path().join("gone"));
    assert_eq!(content.push_blob(digest, size, gone).await.unwrap_err().kind(), ContentErrorKind::Local);
}

async fn what_has_another_digest_is_not_stored(content: &dyn Content) {
    let claimed = Digest::of(b"good");
    let error = content.push_blob(claimed, 4, Source::Bytes(bytes("evil"))).await.unwrap_err();
    assert!(matches!(error.kind(), ContentErrorKind::Invalid | ContentErrorKind::Mismatch), "{error}");
    assert_eq!(content.blob(claimed, 10).await.unwrap(), None);
}

async fn a_manifest_needs_its_blobs(content: &dyn Content) {
    let there = bytes("there");
    push(content, &there).await;
    let tag = "1.4".parse().unwrap();
    let missing = bytes("missing");
    let manifest = manifest_of(&[&there, &missing]);
    let error = content.push_manifest(&tag, OCI_MANIFEST, manifest, Attempts::Several).await.unwrap_err();
    assert_eq!(error.kind(), ContentErrorKind::Invalid, "{error}");
    let ContentError::MissingBlobs { missing: named, .. } = error else { panic!("{error:?}") };
    assert_eq!(named, [Digest::of(&missing)]);
    assert_eq!(content.resolve(&Reference::Tag(tag)).await.unwrap(), None);
}

async fn an_index_stands_beside_its_children(content: &dyn Content) {
    let blob = bytes("config");
    push(content, &blob).await;
    let manifest = manifest_of(&[&blob]);
    let child = push_tagged(content, "child", &manifest).await;
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{{"mediaType":"{OCI_MANIFEST}","digest":"{child}","size":{},"platform":{{"os":"linux","architecture":"amd64"}}}}]}}"#,
        manifest.len()
    );
    let index = bytes(&text);
    content.push_manifest(&"multi".parse().unwrap(), OCI_INDEX, index.clone(), Attempts::Several).await.unwrap();
    let Fetched::Manifest(found) = content.manifest(&tagged("multi"), None).await.unwrap() else { panic!() };
    assert_eq!((found.media_type.as_str(), found.digest), (OCI_INDEX, Digest::of(&index)));
    let chosen = manifesto::oci::platform::choose(&found, &"linux/amd64".parse().unwrap()).unwrap();
    assert_eq!(content.resolve(&Reference::Digest(chosen.digest)).await.unwrap().unwrap().digest, child);
}

async fn one_attempt_is_enough_where_nothing_fails(content: &dyn Content) {
    let blob = bytes("config");
    push(content, &blob).await;
    let once = Attempts::Once(std::time::Duration::from_secs(20));
    let pushed = content.push_manifest(&"1".parse().unwrap(), OCI_MANIFEST, manifest_of(&[&blob]), once).await;
    assert_eq!(pushed.unwrap(), Pushed::Stored);
}

macro_rules! contract {
    ($($subject:ident),*) => {
        $(contract!(@one $subject {
            absent_is_an_answer,
            a_manifest_comes_back_to_the_byte,
            a_tag_moves_and_what_it_left_stays,
            a_blob_comes_back_within_its_bounds,
            an_empty_blob_is_a_blob,
            a_file_is_streamed_both_ways,
            what_has_another_digest_is_not_stored,
            a_manifest_needs_its_blobs,
            an_index_stands_beside_its_children,
            one_attempt_is_enough_where_nothing_fails,
        });)*
    };
    (@one $subject:ident { $($check:ident),* $(,)? }) => {
        mod $subject {
            $(#[tokio::test]
            async fn $check() {
                let subject = super::Subject::$subject().await;
                super::$check(&*subject.content).await;
            })*
        }
    };
}

contract!(memory, layout, ferro);
#[cfg(feature = "servers")]
contract!(docker_registry, docker_registry_with_tls_and_basic);
