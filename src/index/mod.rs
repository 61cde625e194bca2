//! The index document: lists which types of statement each image has.
//!
//! It has exactly the form of the original tool's document:
//! `{"images":[{"image_digest":"sha256:…","manifesto":[{"type":"…","digest":"sha256:…"}]}]}`. It is a signed target of
//! the role whose statements it lists. A reader also checks that it lists exactly the statements that the role signs.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::name::{Digest, StatementType};

/// The digests of statements by image and type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    images: BTreeMap<Digest, BTreeMap<StatementType, Digest>>,
}

#[derive(Serialize, Deserialize)]
struct IndexDocument {
    images: Vec<ImageEntry>,
}

#[derive(Serialize, Deserialize)]
struct ImageEntry {
    image_digest: Digest,
    manifesto: Vec<StatementEntry>,
}

#[derive(Serialize, Deserialize)]
struct StatementEntry {
    #[serde(rename = "type")]
    statement_type: StatementType,
    digest: Digest,
}

impl Index {
    /// Parses an index document. The caller must limit its size.
    ///
    /// # Errors
    /// The document is malformed, or lists an image or type twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, IndexError> {
        let document: IndexDocument = serde_json::from_slice(bytes).map_err(IndexError::Malformed)?;
        let mut images = BTreeMap::new();
        for ImageEntry { image_digest, manifesto } in document.images {
            let mut entries = BTreeMap::new();
            for StatementEntry { statement_type, digest } in manifesto {
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

    /// The document, sorted by image and type.
    pub fn to_bytes(&self) -> Bytes {
        let images = self
            .images
            .iter()
            .map(|(image, entries)| ImageEntry {
                image_digest: *image,
                manifesto: entries
                    .iter()
                    .map(|(statement_type, digest)| StatementEntry {
                        statement_type: statement_type.clone(),
                        digest: *digest,
                    })
                    .collect(),
            })
            .collect();
        // Strings and lists can always be written as JSON.
        serde_json::to_vec(&IndexDocument { images }).map(Bytes::from).unwrap_or_default()
    }

    /// The digest of the statement of this type about `image`.
    pub fn get(&self, image: Digest, statement_type: &StatementType) -> Option<Digest> {
        self.images.get(&image)?.get(statement_type).copied()
    }

    /// The first image and type for which this index and `other` differ.
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

/// Makes an index from the images, types and digests of statements.
impl FromIterator<(Digest, StatementType, Digest)> for Index {
    fn from_iter<T: IntoIterator<Item = (Digest, StatementType, Digest)>>(statements: T) -> Self {
        let mut images: BTreeMap<Digest, BTreeMap<StatementType, Digest>> = BTreeMap::new();
        for (image, statement_type, digest) in statements {
            images.entry(image).or_default().insert(statement_type, digest);
        }
        Self { images }
    }
}

/// Why bytes are not an index document.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The bytes are not JSON of this form.
    #[error("the index document is malformed")]
    Malformed(#[source] serde_json::Error),
    /// An image is listed twice.
    #[error("the index document lists image {0} twice")]
    RepeatedImage(Digest),
    /// A type is listed twice for one image.
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
