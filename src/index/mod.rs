//! The index document: which types of statement there are about which image.
//!
//! It is the original tool's document, byte for byte in shape:
//! `{"images":[{"image_digest":"sha256:…","manifesto":[{"type":"…","digest":"sha256:…"}]}]}`. It is a signed target of
//! the role whose statements it lists, so it is never believed on its own: it has to say exactly what the role signs.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::name::{Digest, StatementType};

/// Which statements there are, by image and type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    images: BTreeMap<Digest, BTreeMap<StatementType, Digest>>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    images: Vec<Image>,
}

#[derive(Serialize, Deserialize)]
struct Image {
    image_digest: Digest,
    manifesto: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    statement_type: StatementType,
    digest: Digest,
}

impl Index {
    /// Reads an index document. Its size is the caller's to have bounded.
    ///
    /// # Errors
    /// Not of the document's shape, or an image or type that is listed twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, IndexError> {
        let document: Document = serde_json::from_slice(bytes).map_err(IndexError::Malformed)?;
        let mut images = BTreeMap::new();
        for Image { image_digest, manifesto } in document.images {
            let mut entries = BTreeMap::new();
            for Entry { statement_type, digest } in manifesto {
                if entries.insert(statement_type.clone(), digest).is_some() {
                    return Err(IndexError::RepeatedType { image: image_digest, statement_type });
                }
            }
            if images.insert(image_digest, entries).is_some() {
                return Err(IndexError::RepeatedImage(image_digest));
            }
        }
        Ok(Self { images })
    }

    /// The document, in the order of images and types.
    pub fn to_bytes(&self) -> Bytes {
        let images = self
            .images
            .iter()
            .map(|(image, entries)| Image {
                image_digest: *image,
                manifesto: entries
                    .iter()
                    .map(|(statement_type, digest)| Entry { statement_type: statement_type.clone(), digest: *digest })
                    .collect(),
            })
            .collect();
        // Strings and lists only: there is nothing that JSON could not carry.
        serde_json::to_vec(&Document { images }).map(Bytes::from).unwrap_or_default()
    }

    /// The digest of the statement of `kind` about `image`.
    pub fn get(&self, image: Digest, statement_type: &StatementType) -> Option<Digest> {
        self.images.get(&image)?.get(statement_type).copied()
    }

    /// An image and type about which this index and `other` say different things, if there is one.
    pub fn difference(&self, other: &Self) -> Option<(Digest, StatementType)> {
        self.not_in(other).or_else(|| other.not_in(self))
    }

    fn not_in(&self, other: &Self) -> Option<(Digest, StatementType)> {
        let entries = self
            .images
            .iter()
            .flat_map(|(image, statement_types)| statement_types.iter().map(move |entry| (*image, entry)));
        let mut different =
            entries.filter(|(image, (statement_type, digest))| other.get(*image, statement_type) != Some(**digest));
        different.next().map(|(image, (statement_type, _))| (image, statement_type.clone()))
    }
}

/// Lists statements by image, type and digest.
impl FromIterator<(Digest, StatementType, Digest)> for Index {
    fn from_iter<T: IntoIterator<Item = (Digest, StatementType, Digest)>>(statements: T) -> Self {
        let mut images: BTreeMap<Digest, BTreeMap<StatementType, Digest>> = BTreeMap::new();
        for (image, statement_type, digest) in statements {
            images.entry(image).or_default().insert(statement_type, digest);
        }
        Self { images }
    }
}

/// Why bytes are no index document.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Not JSON, or not of the document's shape.
    #[error("the index document cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// One image in two places.
    #[error("the index document lists image {0} twice")]
    RepeatedImage(Digest),
    /// One type in two places.
    #[error("the index document lists the type {statement_type:?} of image {image} twice")]
    RepeatedType {
        /// The image.
        image: Digest,
        /// The type.
        statement_type: StatementType,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(entries: &[(&str, &str, &str)]) -> Index {
        let entry = |(image, statement_type, value): &(&str, &str, &str)| {
            (Digest::of(image.as_bytes()), statement_type.parse().unwrap(), Digest::of(value.as_bytes()))
        };
        entries.iter().map(entry).collect()
    }

    #[test]
    fn has_the_shape_of_the_original_document() {
        let bytes = index(&[("image", "seccomp", "profile")]).to_bytes();
        let expected = format!(
            r#"{{"images":[{{"image_digest":"{}","manifesto":[{{"type":"seccomp","digest":"{}"}}]}}]}}"#,
            Digest::of(b"image"),
            Digest::of(b"profile")
        );
        assert_eq!(bytes, expected);
        assert_eq!(Index::default().to_bytes(), r#"{"images":[]}"#);
    }

    #[test]
    fn reads_back_what_it_writes() {
        let index = index(&[("a", "x", "1"), ("a", "scan report", "2"), ("b", "x", "3")]);
        assert_eq!(Index::parse(&index.to_bytes()).unwrap(), index);
    }

    #[test]
    fn names_a_difference_in_either_direction() {
        let (one, two) = (index(&[("a", "x", "1")]), index(&[("a", "x", "1"), ("a", "y", "2")]));
        let y = Some((Digest::of(b"a"), "y".parse().unwrap()));
        assert_eq!((one.difference(&two), two.difference(&one)), (y.clone(), y));
        assert_eq!(
            index(&[("a", "x", "1")]).difference(&index(&[("a", "x", "2")])).map(|(image, _)| image),
            Some(Digest::of(b"a"))
        );
        assert_eq!(one.difference(&one), None);
    }

    #[test]
    fn refuses_what_means_two_things() {
        let (image, digest) = (Digest::of(b"image"), Digest::of(b"x"));
        let entry = format!(r#"{{"type":"x","digest":"{digest}"}}"#);
        let twice = format!(r#"{{"images":[{{"image_digest":"{image}","manifesto":[{entry},{entry}]}}]}}"#);
        assert!(matches!(Index::parse(twice.as_bytes()), Err(IndexError::RepeatedType { .. })));
        let listed = format!(r#"{{"image_digest":"{image}","manifesto":[{entry}]}}"#);
        let twice = format!(r#"{{"images":[{listed},{listed}]}}"#);
        assert!(matches!(Index::parse(twice.as_bytes()), Err(IndexError::RepeatedImage(_))));
        for bad in ["", "[]", "{}", "<html>", r#"{"images":[{"image_digest":"x","manifesto":[]}]}"#] {
            assert!(matches!(Index::parse(bad.as_bytes()), Err(IndexError::Malformed(_))), "{bad}");
        }
    }
}
