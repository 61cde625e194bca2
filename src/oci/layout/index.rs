//! `index.json`: reads its tags, and writes it back with all other content unchanged.

use serde_json::{Map, Value, json};

use super::super::LayoutFault;
use crate::{
    name::{Digest, Tag},
    oci::{Descriptor, OCI_INDEX, error::presentable},
};

const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The ref name of a tag in a layout, or `None` if the tag cannot have one.
pub(super) fn ref_name(tag: &Tag) -> Option<String> {
    let text = tag.as_str();
    if text == "_manifesto" || text.starts_with("_manifesto.") {
        return Some(text[1..].to_owned());
    }
    // A ref name that looks like one of this project's would be mistaken for it.
    if text.starts_with('_') || is_ours(text) { None } else { Some(text.to_owned()) }
}

fn is_ours(name: &str) -> bool {
    name == "manifesto" || name.starts_with("manifesto.")
}

/// The document, with unknown fields.
pub(super) struct LayoutIndex(Map<String, Value>);

/// The fields of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LayoutEntry {
    pub(super) media_type: String,
    pub(super) digest: Digest,
}

impl LayoutIndex {
    pub(super) fn empty() -> Self {
        let document = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] });
        Self(document.as_object().cloned().unwrap_or_default())
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, LayoutFault> {
        let invalid = |what: &str| LayoutFault::Index(what.to_owned());
        let document: Value =
            serde_json::from_slice(bytes).map_err(|error| LayoutFault::Index(presentable(&error.to_string())))?;
        let Value::Object(document) = document else { return Err(invalid("not an object")) };
        if document.get("schemaVersion") != Some(&json!(2)) {
            return Err(invalid("schemaVersion is not 2"));
        }
        let entries = document.get("manifests").and_then(Value::as_array).ok_or_else(|| invalid("no manifests"))?;
        if !entries.iter().all(Value::is_object) {
            return Err(invalid("a manifest that is not an object"));
        }
        Ok(Self(document))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        Value::Object(self.0.clone()).to_string().into_bytes()
    }

    /// The entry of `tag`.
    pub(super) fn tagged(&self, tag: &Tag) -> Result<Option<LayoutEntry>, LayoutFault> {
        let Some(name) = ref_name(tag) else { return Ok(None) };
        let ambiguous = || LayoutFault::Ambiguous(presentable(&name));
        let mut named = self.entries().filter(|entry| name_of(entry) == Some(&name));
        if let Some(entry) = named.next() {
            return if named.next().is_some() { Err(ambiguous()) } else { read(entry).map(Some) };
        }
        let mut images = self.entries().filter(|entry| !name_of(entry).is_some_and(is_ours));
        match (images.next(), images.next()) {
            (Some(only), None) if *tag == Tag::latest() && name_of(only).is_none() => read(only).map(Some),
            _ => Ok(None),
        }
    }

    /// The media type that the document states for the manifest `digest`, if it lists it.
    pub(super) fn media_type_of(&self, digest: Digest) -> Option<String> {
        let digest = digest.to_string();
        let entry = self.entries().find(|entry| entry.get("digest").and_then(Value::as_str) == Some(&digest))?;
        entry.get("mediaType").and_then(Value::as_str).map(str::to_owned)
    }

    /// Makes `name` refer to this manifest only.
    pub(super) fn set(&mut self, name: &str, manifest: &Descriptor) {
        let entry = json!({
            "mediaType": manifest.media_type,
            "digest": manifest.digest,
            "size": manifest.size,
            "annotations": { REF_NAME: name },
        });
        if let Some(entries) = self.0.get_mut("manifests").and_then(Value::as_array_mut) {
            let place = entries.iter().position(|entry| name_of(entry) == Some(name)).unwrap_or(entries.len());
            entries.retain(|entry| name_of(entry) != Some(name));
            entries.insert(place, entry);
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Value> {
        self.0.get("manifests").and_then(Value::as_array).into_iter().flatten()
    }
}

fn name_of(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(REF_NAME)?.as_str()
}

fn read(entry: &Value) -> Result<LayoutEntry, LayoutFault> {
    let text = |field: &str| entry.get(field).and_then(Value::as_str);
    let digest = text("digest").and_then(|text| text.parse().ok());
    let digest = digest.ok_or_else(|| LayoutFault::Index("a manifest without a sha256 digest".to_owned()))?;
    Ok(LayoutEntry { media_type: text("mediaType").unwrap_or_default().to_owned(), digest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::OCI_MANIFEST;

    fn tag(text: &str) -> Tag {
        text.parse().unwrap()
    }

    fn entry(content: &[u8], name: Option<&str>) -> Value {
        let mut entry = json!({ "mediaType": OCI_MANIFEST, "digest": Digest::of(content), "size": 1 });
        if let Some(name) = name {
            entry["annotations"] = json!({ REF_NAME: name });
        }
        entry
    }

    fn index(entries: &[Value]) -> LayoutIndex {
        LayoutIndex::parse(json!({ "schemaVersion": 2, "manifests": entries }).to_string().as_bytes()).unwrap()
    }

    fn found(index: &LayoutIndex, text: &str) -> Option<Digest> {
        index.tagged(&tag(text)).unwrap().map(|entry| entry.digest)
    }

    #[test]
    fn our_tags_have_names_that_a_layout_can_hold() {
        for (text, name) in [
            ("_manifesto", Some("manifesto")),
            ("_manifesto.ab12", Some("manifesto.ab12")),
            ("1.4", Some("1.4")),
            ("manifesto-like", Some("manifesto-like")),
            ("manifesto", None),
            ("manifesto.ab12", None),
            ("_other", None),
        ] {
            assert_eq!(ref_name(&tag(text)).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn a_single_image_without_a_name_is_the_latest() {
        let ours = entry(b"ours", Some("manifesto"));
        let writer = entry(b"writer", Some("manifesto.ab12"));
        let image = Some(Digest::of(b"image"));
        let single = index(&[entry(b"image", None), ours.clone(), writer]);
        assert_eq!((found(&single, "latest"), found(&single, "1.4")), (image, None));
        assert_eq!(found(&single, "_manifesto"), Some(Digest::of(b"ours")));
        assert_eq!(found(&single, "manifesto"), None);
        assert_eq!(found(&index(&[entry(b"image", None), entry(b"second", None)]), "latest"), None);
        assert_eq!(found(&index(&[entry(b"image", Some("1.4")), ours.clone()]), "latest"), None);
        assert_eq!(found(&index(&[ours]), "latest"), None);
        let named = index(&[entry(b"unnamed", None), entry(b"image", Some("latest"))]);
        assert_eq!(found(&named, "latest"), image);
    }

    #[test]
    fn one_name_for_two_manifests_is_refused() {
        let twice = index(&[entry(b"a", Some("1")), entry(b"b", Some("1"))]);
        assert_eq!(twice.tagged(&tag("1")), Err(LayoutFault::Ambiguous("1".to_owned())));
    }

    #[test]
    fn what_it_does_not_know_stays() {
        let text = json!({
            "schemaVersion": 2, "x-field": [1, {"a": null}],
            "manifests": [
                {"mediaType": "application/x", "digest": "sha512:abc", "size": 9, "x-other": true},
                entry(b"old", Some("manifesto")), entry(b"image", Some("1.4")),
            ],
        });
        let mut changed = LayoutIndex::parse(text.to_string().as_bytes()).unwrap();
        let new = Descriptor::new(OCI_MANIFEST, Digest::of(b"new"), 3);
        changed.set("manifesto", &new);
        let mut expected = text;
        expected["manifests"][1]["digest"] = json!(Digest::of(b"new"));
        expected["manifests"][1]["size"] = json!(3);
        assert_eq!(serde_json::from_slice::<Value>(&changed.to_bytes()).unwrap(), expected);
    }

    #[test]
    fn refuses_what_is_no_index() {
        for bad in [
            "",
            "[]",
            "<html>",
            "{}",
            r#"{"schemaVersion":1,"manifests":[]}"#,
            r#"{"schemaVersion":2}"#,
            r#"{"schemaVersion":2,"manifests":{}}"#,
            r#"{"schemaVersion":2,"manifests":["x"]}"#,
            &format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)),
        ] {
            assert!(matches!(LayoutIndex::parse(bad.as_bytes()), Err(LayoutFault::Index(_))), "{bad}");
        }
        let odd = index(&[json!({ "digest": "../../etc/passwd", "annotations": { REF_NAME: "1" } })]);
        assert!(matches!(odd.tagged(&tag("1")), Err(LayoutFault::Index(_))));
    }
}
