//! An image index, and the image in it that a platform means.

use std::cell::RefCell;

use bytes::Bytes;
use manifesto::{
    name::{Digest, Platform},
    oci::{
        Attempts, Content, DOCKER_LIST, Fetched, MANIFEST_TYPES, Manifest, OCI_INDEX, Reference, memory::Memory,
        platform::choose,
    },
};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

thread_local!(static RUNTIME: RefCell<Runtime> = RefCell::new(Builder::new_current_thread().build().unwrap()));

/// The first line is a platform, the rest an index: what is chosen stands there, for that platform, in no matter which
/// of the two media types.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return false };
    let (platform, bytes) = (std::str::from_utf8(&data[..end]), Bytes::copy_from_slice(&data[end + 1..]));
    store(&bytes);
    let Some(platform) = platform.ok().and_then(|text| text.parse::<Platform>().ok()) else { return false };
    let index = |media_type: &str| Manifest {
        media_type: media_type.to_owned(),
        digest: Digest::of(&bytes),
        bytes: bytes.clone(),
    };
    assert!(MANIFEST_TYPES.iter().filter(|kind| choose(&index(kind), &platform).is_ok()).count() != 1);
    let Ok(chosen) = choose(&index(OCI_INDEX), &platform) else { return false };
    assert_eq!(choose(&index(DOCKER_LIST), &platform).unwrap(), chosen);
    // Of a field that means nothing no more is read than where it ends, so this parser may refuse what that one takes;
    // and it knows no lists in the place of objects.
    let Ok(document) = serde_json::from_slice::<Value>(&bytes) else { return true };
    if !objects(&document) {
        return true;
    }
    let is_chosen = |entry: &&Value| {
        let said = |field: &str| entry["platform"][field].as_str();
        let variant = said("variant").filter(|variant| !variant.is_empty());
        entry["digest"].as_str() == Some(&chosen.digest.to_string())
            && entry["mediaType"].as_str().unwrap_or_default() == chosen.media_type
            && entry["size"].as_u64().unwrap_or_default() == chosen.size
            && said("os").unwrap_or_default() == platform.os
            && said("architecture").unwrap_or_default() == platform.architecture
            && (platform.variant.is_none()
                || variant == platform.variant.as_deref()
                || (platform.architecture == "arm64" && platform.variant.as_deref() == Some("v8")))
    };
    assert!(document["manifests"].as_array().unwrap().iter().any(|entry| is_chosen(&entry)), "{chosen:?}");
    true
}

fn objects(document: &Value) -> bool {
    let entries = document["manifests"].as_array();
    entries.is_some_and(|entries| entries.iter().all(|entry| entry["platform"].is_object()))
}

/// Whatever a repository takes for a manifest, it gives back byte for byte.
fn store(bytes: &Bytes) {
    RUNTIME.with_borrow(|runtime| {
        let (memory, digest) = (Memory::new(), Digest::of(bytes));
        let tag = "1.4".parse().unwrap();
        for media_type in MANIFEST_TYPES {
            let pushed = memory.push_manifest(&tag, media_type, bytes.clone(), Attempts::Several);
            if runtime.block_on(pushed).is_ok() {
                let fetched = runtime.block_on(memory.manifest(&Reference::Tag(tag.clone()), None)).unwrap();
                let expected = Manifest { media_type: media_type.to_owned(), digest, bytes: bytes.clone() };
                assert_eq!(fetched, Fetched::Manifest(expected));
            }
        }
    });
}
