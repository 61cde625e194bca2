//! What the bytes of a manifest show: its type, the blobs that it needs, its children.

use serde::Deserialize;

use super::{ContentError, DOCKER_LIST, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST, error::presentable, fields::Fields};
use crate::name::Digest;

/// The fields of a manifest or index that this module reads. A document with other types in these fields is not a
/// manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManifestFields {
    config: Option<DescriptorFields>,
    layers: Option<Vec<DescriptorFields>>,
    pub(super) manifests: Option<Vec<DescriptorFields>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescriptorFields {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: String,
    #[serde(default)]
    pub(super) size: u64,
    pub(super) platform: Option<PlatformFields>,
    urls: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct PlatformFields {
    #[serde(default)]
    pub(super) os: String,
    #[serde(default)]
    pub(super) architecture: String,
    pub(super) variant: Option<String>,
}

impl ManifestFields {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The digests that the repository must have for the document to be complete. Layers that are stored elsewhere are
    /// not among them.
    pub(super) fn needs(&self) -> impl Iterator<Item = Digest> {
        let layers = self.layers.iter().flatten().filter(|layer| layer.urls.as_ref().is_none_or(Vec::is_empty));
        let all = self.config.iter().chain(layers).chain(self.manifests.iter().flatten());
        all.filter_map(|entry| entry.digest.parse().ok())
    }
}

/// The media type of a manifest, from the document and from the response. If both state one they must agree; `None`
/// means that neither does, and the bytes are not known to be a manifest.
///
/// Some clients use the type in the response, others the one in the document, and both must read the same thing.
/// Otherwise a registry could serve an image manifest as an index, and so choose which image a digest stands for. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#type-confusion
pub(super) fn media_type(at: &str, bytes: &[u8], served: Option<&str>) -> Result<Option<String>, ContentError> {
    let contradiction = |what: String| ContentError::Contradiction { at: at.to_owned(), what };
    let served = served.filter(|kind| MANIFEST_TYPES.contains(kind));
    let fields = match (Fields::parse(bytes), served) {
        (Ok(fields), _) => fields,
        (Err(_), Some(served)) => {
            return Err(contradiction(format!("it was served as {served}, and is no JSON object")));
        }
        (Err(_), None) => return Ok(None),
    };
    if let Some(fault) = fields.fault {
        return Err(contradiction(fault));
    }
    let index = fields.has("manifests");
    let image = ["config", "layers", "fsLayers"].into_iter().find(|name| fields.has(name));
    if let (true, Some(field)) = (index, image) {
        return Err(contradiction(format!("it has 'manifests', as an index has, and '{field}', as an image has")));
    }
    let named = match &fields.media_type {
        None => None,
        Some(Some(named)) => Some(named.as_str()),
        Some(None) => return Err(contradiction("its 'mediaType' is no text".to_owned())),
    };
    let shape = if index { "an index" } else { "an image" };
    let fits = |kind: &str| (!index && image.is_none()) || is_index(kind) == index;
    for kind in named.filter(|kind| MANIFEST_TYPES.contains(kind)).into_iter().chain(served) {
        if !fits(kind) {
            return Err(contradiction(format!("it has the fields of {shape}, and is called {kind}")));
        }
    }
    match (named, served) {
        (Some(named), Some(served)) if named != served => {
            Err(contradiction(format!("it calls itself {}, and was served as {served}", presentable(named))))
        }
        (_, Some(served)) => Ok(Some(served.to_owned())),
        (Some(named), None) => Ok(MANIFEST_TYPES.contains(&named).then(|| named.to_owned())),
        (None, None) if index => Ok(Some(OCI_INDEX.to_owned())),
        (None, None) if fields.has("config") && fields.has("layers") => Ok(Some(OCI_MANIFEST.to_owned())),
        (None, None) => Ok(None),
    }
}

/// Whether a media type is one of an index.
pub(super) fn is_index(media_type: &str) -> bool {
    matches!(media_type, OCI_INDEX | DOCKER_LIST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::DOCKER_MANIFEST;

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
            assert_eq!(media_type("here", text.as_bytes(), None).unwrap().as_deref(), expected, "{text}");
        }
    }

    /// [⚔] Two clients must not read one digest as two images.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#type-confusion
    #[test]
    fn a_document_that_means_two_things_is_refused() {
        let entry = format!(r#"{{"digest":"{}"}}"#, Digest::of(b"x"));
        let image = format!(r#""config":{entry},"layers":[]"#);
        let index = format!(r#""manifests":[{entry}]"#);
        let calls = |kind: &str| format!(r#""mediaType":"{kind}","#);
        for (text, served) in [
            (format!("{{{image},{index}}}"), None),
            (format!("{{{}{image},{index}}}", calls(OCI_INDEX)), Some(OCI_INDEX)),
            (format!(r#"{{{index},"fsLayers":[]}}"#), None),
            (format!(r#"{{{index},"fsLayers":null}}"#), None),
            (format!("{{{image}}}"), Some(OCI_INDEX)),
            (format!("{{{image}}}"), Some(DOCKER_LIST)),
            (format!("{{{index}}}"), Some(OCI_MANIFEST)),
            (format!("{{{}{image}}}", calls(OCI_INDEX)), None),
            (format!("{{{}{index}}}", calls(DOCKER_MANIFEST)), None),
            (format!("{{{}{image}}}", calls(OCI_MANIFEST)), Some(OCI_INDEX)),
            (format!("{{{}{image}}}", calls(OCI_MANIFEST)), Some(DOCKER_MANIFEST)),
            (format!("{{{}{image}}}", calls("text/html")), Some(OCI_MANIFEST)),
            (format!("{{{image},{image}}}"), None),
            (format!(r#"{{"mediaType":7,{image},{index}}}"#), Some(OCI_INDEX)),
            (format!(r#"{{"mediaType":null,{index}}}"#), Some(OCI_INDEX)),
            (format!(r#"{{{}{}{index}}}"#, calls(OCI_INDEX), calls(OCI_INDEX)), None),
            (format!(r#"{{{index},"\u006danifests":[]}}"#), Some(OCI_INDEX)),
            (format!(r#"{{"mediaType":null,{image},{index}}}"#), Some(OCI_INDEX)),
            (format!(r#"{{"mediaType":7,{index}}}"#), Some(OCI_INDEX)),
            (format!(r#"{{{index},"Config":{entry},"Layers":[]}}"#), Some(OCI_INDEX)),
            (format!(r#"{{{index},"mediatype":"{OCI_MANIFEST}"}}"#), None),
            (r#"{"manifests":[{"digest":"a","Digest":"b"}]}"#.to_owned(), Some(OCI_INDEX)),
            ("[]".to_owned(), Some(OCI_MANIFEST)),
            ("<html>".to_owned(), Some(OCI_MANIFEST)),
            (format!("{{{image}}} {{}}"), Some(OCI_MANIFEST)),
        ] {
            let found = media_type("here", text.as_bytes(), served);
            assert!(matches!(found, Err(ContentError::Contradiction { .. })), "{text} as {served:?}: {found:?}");
        }
        for (text, served, expected) in [
            (format!("{{{image}}}"), Some("application/json"), Some(OCI_MANIFEST)),
            (format!("{{{image}}}"), Some(DOCKER_MANIFEST), Some(DOCKER_MANIFEST)),
            (format!("{{{}{index}}}", calls(DOCKER_LIST)), Some("text/plain"), Some(DOCKER_LIST)),
            (format!("{{{}{index}}}", calls(DOCKER_LIST)), None, Some(DOCKER_LIST)),
            (format!("{{{}{image}}}", calls("text/html")), None, None),
            (r#"{"schemaVersion":1,"fsLayers":[]}"#.to_owned(), None, None),
            ("{}".to_owned(), None, None),
            ("[]".to_owned(), None, None),
            ("<html>".to_owned(), None, None),
        ] {
            assert_eq!(media_type("here", text.as_bytes(), served).unwrap().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn needs_what_is_not_elsewhere() {
        let (a, b, c) = (Digest::of(b"a"), Digest::of(b"b"), Digest::of(b"c"));
        let text = format!(
            r#"{{"config":{{"digest":"{a}"}},"layers":[{{"digest":"{b}"}},{{"digest":"{c}","urls":["https://x"]}}]}}"#
        );
        assert_eq!(ManifestFields::parse(text.as_bytes()).unwrap().needs().collect::<Vec<_>>(), [a, b]);
    }
}
