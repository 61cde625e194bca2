use std::{fmt, path::PathBuf, str::FromStr};

use super::{TokenUri, TokenUriError};

/// The key store that the user selected: `keyring`, `file:DIR`, or the URI of a PKCS#11 token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStoreSpec {
    /// The operating system's keyring.
    Keyring,
    /// A folder of key files with a passphrase.
    File(PathBuf),
    /// A PKCS#11 token.
    Token(TokenUri),
}

impl FromStr for KeyStoreSpec {
    type Err = KeyStoreSpecError;

    fn from_str(text: &str) -> Result<Self, KeyStoreSpecError> {
        match text.split_once(':') {
            None if text == "keyring" => Ok(Self::Keyring),
            Some(("file", folder)) if !folder.is_empty() => Ok(Self::File(folder.into())),
            Some(("pkcs11", _)) => Ok(Self::Token(text.parse()?)),
            _ => Err(KeyStoreSpecError::Unknown(text.to_owned())),
        }
    }
}

impl fmt::Display for KeyStoreSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("keyring"),
            Self::File(folder) => write!(f, "file:{}", folder.display()),
            Self::Token(uri) => uri.fmt(f),
        }
    }
}

/// Why a text does not name a key store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreSpecError {
    /// The text has an unknown form.
    #[error("'{0}' is not a key store: expected keyring, file:DIR or a PKCS#11 URI")]
    Unknown(String),
    /// The PKCS#11 URI is invalid.
    #[error(transparent)]
    Token(#[from] TokenUriError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let token = "pkcs11:token=acme?module-path=/usr/lib/softhsm/libsofthsm2.so";
        for text in ["keyring", "file:/srv/keys", "file:ci-keys", "file:C:\\keys", token] {
            assert_eq!(text.parse::<KeyStoreSpec>().unwrap().to_string(), text);
        }
        for bad in ["", "file", "file:", "keyring:x", "Keyring", "/srv/keys", "pkcs11"] {
            assert_eq!(bad.parse::<KeyStoreSpec>(), Err(KeyStoreSpecError::Unknown(bad.to_owned())));
        }
        let nameless = "pkcs11:token=acme".parse::<KeyStoreSpec>();
        assert_eq!(nameless, Err(KeyStoreSpecError::Token(TokenUriError::NoModule)));
    }
}
