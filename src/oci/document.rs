//! What can be told from the bytes of a manifest: its kind, what it needs, its children.

use serde::Deserialize;

use super::{DOCKER_LIST, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST};
use crate::name::Digest;

/// A manifest or an index, as far as this module reads it. Fields of other types than these make it no manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    media_type: Option<String>,
    config: Option<Entry>,
    layers: Option<Vec<Entry>>,
    pub(super) manifests: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: String,
    #[serde(default)]
    pub(super) size: u64,
    pub(super) platform: Option<EntryPlatform>,
    urls: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct EntryPlatform {
    #[serde(default)]
    pub(super) os: String,
    #[serde(default)]
    pub(super) architecture: String,
    pub(super) variant: Option<String>,
}

impl Document {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The media type that the document has or, where it names none, must have; `None`: it is no manifest.
    pub(super) fn media_type(&self) -> Option<&str> {
        match &self.media_type {
            Some(named) => MANIFEST_TYPES.contains(&named.as_str()).then_some(named),
            None if self.manifests.is_some() => Some(OCI_INDEX),
            None if self.config.is_some() && self.layers.is_some() => Some(OCI_MANIFEST),
            None => None,
        }
    }

    /// The digests of what must be in the repository for the document to be whole. Layers that are to be had elsewhere
    /// need not be.
    pub(super) fn needs(&self) -> impl Iterator<Item = Digest> {
        let layers = self.layers.iter().flatten().filter(|layer| layer.urls.as_ref().is_none_or(Vec::is_empty));
        let all = self.config.iter().chain(layers).chain(self.manifests.iter().flatten());
        all.filter_map(|entry| entry.digest.parse().ok())
    }
}

/// Whether a media type is that of an index.
pub(super) fn is_index(media_type: &str) -> bool {
    matches!(media_type, OCI_INDEX | DOCKER_LIST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_manifest_that_names_no_type_by_its_fields() {
        let entry = format!(r#"{{"digest":"{}"}}"#, Digest::of(b"x"));
        for (text, expected) in [
            (format!(r#"{{"config":{entry},"layers":[]}}"#), Some(OCI_MANIFEST)),
            (format!(r#"{{"manifests":[{entry}]}}"#), Some(OCI_INDEX)),
            (format!(r#"{{"mediaType":"{DOCKER_LIST}","manifests":[]}}"#), Some(DOCKER_LIST)),
            (r#"{"mediaType":"text/html","manifests":[]}"#.to_owned(), None),
            ("{}".to_owned(), None),
        ] {
            assert_eq!(Document::parse(text.as_bytes()).unwrap().media_type(), expected, "{text}");
        }
    }

    #[test]
    fn needs_what_is_not_elsewhere() {
        let (a, b, c) = (Digest::of(b"a"), Digest::of(b"b"), Digest::of(b"c"));
        let text = format!(
            r#"{{"config":{{"digest":"{a}"}},"layers":[{{"digest":"{b}"}},{{"digest":"{c}","urls":["https://x"]}}]}}"#
        );
        assert_eq!(Document::parse(text.as_bytes()).unwrap().needs().collect::<Vec<_>>(), [a, b]);
    }
}
