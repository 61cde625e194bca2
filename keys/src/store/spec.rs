use std::{fmt, path::PathBuf, str::FromStr};

/// Which key store a person chose: `keyring`, or `file:DIR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStoreSpec {
    /// The operating system's keyring.
    Keyring,
    /// A folder of key files under a passphrase.
    File(PathBuf),
}

impl FromStr for KeyStoreSpec {
    type Err = KeyStoreSpecError;

    fn from_str(text: &str) -> Result<Self, KeyStoreSpecError> {
        match text.split_once(':') {
            None if text == "keyring" => Ok(Self::Keyring),
            Some(("file", folder)) if !folder.is_empty() => Ok(Self::File(folder.into())),
            _ => Err(KeyStoreSpecError(text.to_owned())),
        }
    }
}

impl fmt::Display for KeyStoreSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("keyring"),
            Self::File(folder) => write!(f, "file:{}", folder.display()),
        }
    }
}

/// A text that names no key store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a key store: expected keyring or file:DIR")]
pub struct KeyStoreSpecError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for text in ["keyring", "file:/srv/keys", "file:ci-keys", "file:C:\\keys"] {
            assert_eq!(text.parse::<KeyStoreSpec>().unwrap().to_string(), text);
        }
        for bad in ["", "file", "file:", "keyring:x", "Keyring", "/srv/keys", "pkcs11:x"] {
            assert_eq!(bad.parse::<KeyStoreSpec>(), Err(KeyStoreSpecError(bad.to_owned())));
        }
    }
}
