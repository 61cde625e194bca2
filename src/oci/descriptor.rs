use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::name::Digest;

/// The digest, size and media type of a manifest or blob.
///
/// `A` has a field for each annotation that the surrounding format defines. It is a struct and no map, because serde
/// then refuses a repeated field, and keeps nothing of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(serialize = "A: Serialize + Default + PartialEq"))]
pub struct Descriptor<A = NoAnnotations> {
    /// The stated media type of the content.
    pub media_type: String,
    /// Its sha256.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// Its annotations.
    #[serde(default, skip_serializing_if = "is_default")]
    pub annotations: A,
}

impl<A: Default> Descriptor<A> {
    /// A descriptor without annotations.
    pub fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Self { media_type: media_type.into(), digest, size, annotations: A::default() }
    }
}

fn is_default<A: Default + PartialEq>(annotations: &A) -> bool {
    *annotations == A::default()
}

/// The annotations of a format that defines none. Those of a received document are ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NoAnnotations;

impl<'de> Deserialize<'de> for NoAnnotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Named {
        name: Option<String>,
    }

    fn json(rest: &str) -> String {
        format!(r#"{{"mediaType":"a/b","digest":"{}","size":2{rest}}}"#, Digest::of(b"ok"))
    }

    #[test]
    fn annotations_are_written_only_if_there_are_some() {
        let digest = Digest::of(b"ok");
        let plain: Descriptor = Descriptor::new("a/b", digest, 2);
        assert_eq!(serde_json::to_string(&plain).unwrap(), json(""));
        let unnamed: Descriptor<Named> = Descriptor::new("a/b", digest, 2);
        assert_eq!(serde_json::to_string(&unnamed).unwrap(), json(""));
        let named = Descriptor { annotations: Named { name: Some("x".to_owned()) }, ..unnamed };
        assert_eq!(serde_json::to_string(&named).unwrap(), json(r#","annotations":{"name":"x"}"#));
    }

    #[test]
    fn only_a_defined_annotation_is_read() {
        for rest in ["", r#","annotations":{"name":"x"}"#, r#","annotations":7"#, r#","urls":[]"#] {
            let plain: Descriptor = serde_json::from_str(&json(rest)).unwrap();
            assert_eq!(plain, Descriptor::new("a/b", Digest::of(b"ok"), 2), "{rest}");
        }
        let named = |rest| serde_json::from_str::<Descriptor<Named>>(&json(rest));
        let read = named(r#","annotations":{"other":7,"name":"x"}"#).unwrap();
        assert_eq!(read.annotations, Named { name: Some("x".to_owned()) });
        for bad in [r#","annotations":7"#, r#","annotations":{"name":"x","name":"y"}"#, r#","size":2"#] {
            assert!(named(bad).is_err(), "{bad}");
        }
    }
}
