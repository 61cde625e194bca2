use std::{fmt, str::FromStr};

use unicode_normalization::is_nfc;

/// The kind of a statement, such as `approvals` or `seccomp`: NFC text of 1 to 255 bytes without control characters.
///
/// In a target path the bytes `A-Za-z0-9._+-` stand as they are, except for a leading `.`; every other byte is `=XX`
/// in upper-case hexadecimal. Exactly one spelling of a type is valid in a path, so that two paths never mean the same
/// statement, and neither `/` nor `..` can reach a path segment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementType(String);

/// The longest type, in bytes of UTF-8.
pub(crate) const MAX_BYTES: usize = 255;

impl StatementType {
    /// The type as a person writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The type as one segment of a target path, and as a file name.
    pub fn encoded(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        for (index, byte) in self.0.bytes().enumerate() {
            if stands_for_itself(byte, index == 0) {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("={byte:02X}"));
            }
        }
        out
    }

    /// Reads a path segment back.
    ///
    /// # Errors
    /// A segment that [`encoded`](Self::encoded) would not have written for any type.
    pub fn decode(segment: &str) -> Result<Self, StatementTypeError> {
        let malformed = || StatementTypeError::Spelling(segment.to_owned());
        let mut bytes = Vec::with_capacity(segment.len());
        let mut rest = segment.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'=' {
                let digits = [rest.next().ok_or_else(malformed)?, rest.next().ok_or_else(malformed)?];
                let mut value = [0];
                hex::decode_to_slice(digits, &mut value).map_err(|_| malformed())?;
                bytes.push(value[0]);
            } else {
                bytes.push(byte);
            }
        }
        let text = String::from_utf8(bytes).map_err(|_| malformed())?;
        let parsed: Self = text.parse()?;
        if parsed.encoded() == segment { Ok(parsed) } else { Err(malformed()) }
    }
}

fn stands_for_itself(byte: u8, leading: bool) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-') || (byte == b'.' && !leading)
}

impl FromStr for StatementType {
    type Err = StatementTypeError;

    fn from_str(text: &str) -> Result<Self, StatementTypeError> {
        if text.is_empty() {
            return Err(StatementTypeError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(StatementTypeError::TooLong(text.len()));
        }
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            return Err(StatementTypeError::Control(control));
        }
        if !is_nfc(text) {
            return Err(StatementTypeError::NotNfc(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for StatementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StatementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

super::serde_as_text!(StatementType);

/// Why a text is no type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementTypeError {
    /// Nothing was given.
    #[error("a metadata type cannot be empty")]
    Empty,
    /// More than 255 bytes.
    #[error("a metadata type has at most 255 bytes; this one has {0}")]
    TooLong(usize),
    /// A control character, which a terminal would act on.
    #[error("a metadata type cannot contain the control character U+{:04X}", u32::from(*.0))]
    Control(char),
    /// Not in Unicode normalisation form C, so that it would look like another type without being it.
    #[error("the metadata type '{0}' is not in Unicode normalisation form C (NFC): it would look like another type")]
    NotNfc(String),
    /// A path segment in another spelling than the one that is signed.
    #[error("'{0}' is not the encoding of a metadata type")]
    Spelling(String),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodes_what_a_path_cannot_carry() {
        for (text, segment) in [
            ("approvals", "approvals"),
            ("..", "=2E."),
            (".hidden", "=2Ehidden"),
            ("scan report", "scan=20report"),
            ("a/b", "a=2Fb"),
            ("a=b", "a=3Db"),
            ("é", "=C3=A9"),
            ("v1.2+x_y-z", "v1.2+x_y-z"),
        ] {
            assert_eq!(text.parse::<StatementType>().unwrap().encoded(), segment);
            assert_eq!(StatementType::decode(segment).unwrap().as_str(), text);
        }
    }

    /// [⚔] A second spelling of a type would be a second path for the same statement, outside its delegation.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#second-spelling
    #[test]
    fn another_spelling_is_refused() {
        for segment in ["=61pprovals", "=2e.", ".", "..", "a b", "=C3", "=", "=4", "a=2fb", "e=CC=81"] {
            assert!(StatementType::decode(segment).is_err(), "{segment}");
        }
    }

    #[test]
    fn refuses_what_no_person_would_name_a_type() {
        assert_eq!("".parse::<StatementType>(), Err(StatementTypeError::Empty));
        assert_eq!("x".repeat(300).parse::<StatementType>(), Err(StatementTypeError::TooLong(300)));
        assert_eq!("a\u{1b}[2J".parse::<StatementType>(), Err(StatementTypeError::Control('\u{1b}')));
        assert!(matches!("e\u{301}".parse::<StatementType>(), Err(StatementTypeError::NotNfc(_))));
    }

    proptest! {
        #[test]
        fn decode_inverts_encode(text in "\\PC{1,60}") {
            if let Ok(statement_type) = text.parse::<StatementType>() {
                prop_assert_eq!(StatementType::decode(&statement_type.encoded()).unwrap(), statement_type);
            }
        }

        #[test]
        fn what_decodes_encodes_back(segment in "[A-Za-z0-9._+=-]{1,40}") {
            if let Ok(statement_type) = StatementType::decode(&segment) {
                prop_assert_eq!(statement_type.encoded(), segment);
            }
        }
    }
}
