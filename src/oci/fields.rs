//! The field names of a manifest, read so that every client agrees about them.
//!
//! Most clients are written in Go, whose JSON package ignores case in names and keeps the last of two equal fields. A
//! document that such a client could read differently is ambiguous and refused [⚔].
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#type-confusion

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::text::presentable;

/// The characters of a name that a message shows.
const SHOWN: usize = 100;

/// The fields that determine what a manifest is, or a child in an index.
const OF_DOCUMENT: [&str; 5] = ["mediaType", "config", "layers", "fsLayers", "manifests"];
const OF_CHILD: [&str; 7] = ["mediaType", "digest", "size", "platform", "os", "architecture", "variant"];

/// The type of a document, and faults in its field names and those of its children.
#[derive(Default)]
pub(super) struct Fields {
    /// The value of `mediaType`, if the field exists. The inner `None` means that it is not a string.
    pub(super) media_type: Option<Option<String>>,
    pub(super) fault: Option<String>,
    names: HashSet<String>,
}

impl Fields {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TopLevel)
    }
}

struct TopLevel;

impl<'de> Visitor<'de> for TopLevel {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = entries.next_key::<String>()? {
            match name.as_str() {
                "mediaType" => {
                    let text = entries.next_value::<&RawValue>()?.get();
                    fields.media_type = Some(serde_json::from_str(text).ok());
                }
                "manifests" => entries.next_value_seed(Children(&mut fields.fault))?,
                _ => drop(entries.next_value::<IgnoredAny>()?),
            }
            note(&mut fields.fault, &mut fields.names, name, &OF_DOCUMENT);
        }
        Ok(fields)
    }
}

/// Visits the children of an index.
struct Children<'f>(&'f mut Option<String>);

impl<'de> DeserializeSeed<'de> for Children<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Children<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = entries.next_key::<String>()? {
            // Any name is allowed in these.
            if name == "annotations" {
                entries.next_value::<IgnoredAny>()?;
            } else {
                entries.next_value_seed(Children(self.0))?;
            }
            note(self.0, &mut names, name, &OF_CHILD);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values.next_element_seed(Children(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Records a name of an object, and the first fault: a repeated name, or one that only some clients read as a `known`
/// one.
fn note(fault: &mut Option<String>, names: &mut HashSet<String>, name: String, known: &[&str]) {
    let exact = known.contains(&name.as_str());
    if fault.is_none() && !exact && is_one_of(&folded(&name), known) {
        *fault = Some(format!("some clients take its field '{}' for another", presentable(&name, SHOWN)));
    }
    if let Some(repeated) = names.replace(name)
        && fault.is_none()
    {
        *fault = Some(format!("it has the field '{}' more than once", presentable(&repeated, SHOWN)));
    }
}

fn is_one_of(folded: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(folded))
}

/// A name with folded case. Upper case comes first, so that `ſ` becomes `s`, and `K` (the kelvin sign) becomes `k`.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<String> {
        Fields::parse(text.as_bytes()).unwrap().fault
    }

    #[test]
    fn finds_names_that_are_read_in_two_ways() {
        for (text, named) in [
            (r#"{"manifests":[],"manifests":[]}"#, "manifests"),
            (r#"{"manifests":[],"\u006danifests":[]}"#, "manifests"),
            (r#"{"x":1,"x":1}"#, "x"),
            (r#"{"manifests":[],"Manifests":[]}"#, "Manifests"),
            (r#"{"manifests":[],"CONFIG":{},"layers":[]}"#, "CONFIG"),
            (r#"{"manifeſts":[]}"#, "manifeſts"),
            (r#"{"mediatype":"x"}"#, "mediatype"),
            (r#"{"fslayers":[]}"#, "fslayers"),
            (r#"{"manifests":[{"digest":"a","digest":"b"}]}"#, "digest"),
            (r#"{"manifests":[{"digest":"a","Digest":"b"}]}"#, "Digest"),
            (r#"{"manifests":[{"platform":{"os":"linux","OS":"windows"}}]}"#, "OS"),
            (r#"{"manifests":[{"platform":{},"Platform":{}}]}"#, "Platform"),
        ] {
            let fault = fault(text).unwrap_or_default();
            assert!(fault.contains(&format!("'{named}'")), "{text}: {fault}");
        }
    }

    #[test]
    fn other_names_are_nobodys_business() {
        for text in [
            "{}",
            r#"{"Annotations":{"a":1,"A":2},"config":{"Digest":1,"Digest":2}}"#,
            r#"{"manifests":[{"annotations":{"os":"a","OS":"b"},"x":[null,1,-1,1.5,true,"s",{"y":[]}]}]}"#,
            r#"{"manifests":null}"#,
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
        assert!(Fields::parse(b"[]").is_err());
        assert!(Fields::parse(b"{} {}").is_err());
        assert!(
            Fields::parse(format!(r#"{{"manifests":{}1{}}}"#, "[".repeat(500), "]".repeat(500)).as_bytes()).is_err()
        );
    }
}
