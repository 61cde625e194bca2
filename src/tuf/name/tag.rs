use std::{fmt, str::FromStr};

/// A tag: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}` (OCI distribution specification, "Pulling manifests").
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The tag of an image whose reference has no tag.
    pub fn latest() -> Self {
        Self("latest".to_owned())
    }

    /// The tag of a repository's signed metadata.
    pub fn manifesto() -> Self {
        Self("_manifesto".to_owned())
    }

    /// The tag at which one of several writers announces a publication: `_manifesto.` and the first 12 hexadecimal
    /// digits of its timestamp key's id.
    pub fn of_writer(timestamp_key_id: &str) -> Self {
        let digits: String = timestamp_key_id.chars().filter(char::is_ascii_hexdigit).take(12).collect();
        Self(format!("_manifesto.{digits}"))
    }

    /// The tag of one signer's proposals: `_manifesto.`, the first 12 hexadecimal digits of the key's id, and
    /// `.proposals`.
    pub fn of_proposals(key_id: &str) -> Self {
        let Self(writer) = Self::of_writer(key_id);
        Self(format!("{writer}.proposals"))
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let mut bytes = text.bytes();
        let first = bytes.next().is_some_and(word);
        let rest = bytes.all(|b| word(b) || b == b'.' || b == b'-');
        if !first || !rest || text.len() > 128 {
            return Err(TagError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::debug_as_text!(Tag);

super::serde_as_text!(Tag);

/// The text is not a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a tag: a letter, digit or '_', then up to 127 of these, '.' and '-'")]
pub struct TagError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_distribution_grammar() {
        for good in ["latest", "_manifesto", "1.4-rc_2", &"a".repeat(128)] {
            assert_eq!(good.parse::<Tag>().unwrap().as_str(), good);
        }
        for bad in ["", ".x", "-x", "a/b", "a:b", "ä", &"a".repeat(129)] {
            assert!(bad.parse::<Tag>().is_err(), "{bad}");
        }
    }

    #[test]
    fn of_writer_takes_twelve_digits() {
        let id = "ab12cd34ef567890".repeat(4);
        assert_eq!(Tag::of_writer(&id).as_str(), "_manifesto.ab12cd34ef56");
        assert_eq!(Tag::of_proposals(&id).as_str(), "_manifesto.ab12cd34ef56.proposals");
    }
}
