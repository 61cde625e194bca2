use std::str::FromStr;

use manifesto::{
    name::{Image, Location, ReferenceError},
    trust::Pattern,
};
use unicode_normalization::is_nfc;

use crate::error::CliError;

/// An image, or with some flags a repository.
#[derive(Clone)]
pub(crate) struct AskedImage {
    text: String,
    image: Image,
}

impl AskedImage {
    /// The argument as an image.
    pub(crate) fn image(&self) -> &Image {
        &self.image
    }

    /// The argument as a repository.
    pub(crate) fn repository(&self) -> Result<Location, CliError> {
        self.text.parse().map_err(|error: ReferenceError| CliError::usage(error.to_string()).about(&self.text))
    }
}

impl FromStr for AskedImage {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Ok(Self { text: text.to_owned(), image: text.parse()? })
    }
}

/// An annotation of a statement: `KEY=VALUE`, both in NFC and on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl FromStr for Annotation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        signable(text)?;
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self { key: key.to_owned(), value: value.to_owned() }),
            _ => Err("expected KEY=VALUE".to_owned()),
        }
    }
}

/// A pattern of tags, such as `v*`, in which `*` matches any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagPattern(Pattern);

impl TagPattern {
    /// Converts to a pattern of target paths.
    pub(crate) fn into_pattern(self) -> Pattern {
        self.0
    }
}

impl FromStr for TagPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '*');
        match format!("tags/{text}").parse() {
            Ok(pattern) if !text.is_empty() && text.len() <= 128 && text.chars().all(is_part) => Ok(Self(pattern)),
            _ => Err("expected the characters of a tag, and '*' for any".to_owned()),
        }
    }
}

/// The media type of a statement: `TYPE/SUBTYPE`, optionally with parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MediaType(String);

impl MediaType {
    /// The media type as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MediaType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        signable(text)?;
        match text.split_once('/') {
            Some((kind, subtype)) if !kind.is_empty() && !subtype.is_empty() && text.len() <= 255 => {
                Ok(Self(text.to_owned()))
            }
            _ => Err("expected TYPE/SUBTYPE, of at most 255 bytes".to_owned()),
        }
    }
}

/// Checks that a text is in NFC, because readers refuse documents with other text.
fn signable(text: &str) -> Result<(), String> {
    if text.contains(char::is_control) {
        return Err("control characters cannot be signed".to_owned());
    }
    if !is_nfc(text) {
        return Err("not in normal form (NFC), which signed text must have".to_owned());
    }
    Ok(())
}

/// The name of a key for people, such as `alice`: `[a-z0-9][a-z0-9_.-]{0,62}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonName(String);

impl PersonName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PersonName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
        let starts = text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
        if starts && text.len() <= 63 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected at most 63 of a-z, 0-9, '_', '.' and '-', a letter or digit first".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_may_be_a_repository() {
        let asked: AskedImage = "ghcr.io/acme/app".parse().unwrap();
        assert_eq!(asked.image().to_string(), "ghcr.io/acme/app:latest");
        assert_eq!(asked.repository().unwrap().to_string(), "ghcr.io/acme/app");
        assert!("ghcr.io/acme/app:1".parse::<AskedImage>().unwrap().repository().is_err());
    }

    #[test]
    fn annotations() {
        let note: Annotation = "ticket=A=1".parse().unwrap();
        assert_eq!((&*note.key, &*note.value), ("ticket", "A=1"));
        assert_eq!("k=".parse::<Annotation>().unwrap().value, "");
        assert!("novalue".parse::<Annotation>().is_err());
        assert!("=v".parse::<Annotation>().is_err());
    }

    #[test]
    fn patterns_of_tags() {
        assert_eq!("v*".parse::<TagPattern>().unwrap().into_pattern().as_str(), "tags/v*");
        for bad in ["", "a/b", "**", "v?", "ä", &"a".repeat(129)] {
            assert!(bad.parse::<TagPattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_people() {
        for good in ["alice", "ci", "0x", "a.b-c_d"] {
            assert_eq!(good.parse::<PersonName>().unwrap().as_str(), good);
        }
        for bad in ["", "Alice", "-a", ".a", "a b", "ä", &"a".repeat(64)] {
            assert!(bad.parse::<PersonName>().is_err(), "{bad}");
        }
    }
}
