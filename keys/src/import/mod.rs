//! Imports private keys in the formats of other tools.
//!
//! The result is a [`Secret`], PKCS#8 version 1 like all others. The cost of decryption is checked before it is tried.

#[cfg(not(feature = "import"))]
mod absent;
mod block;
mod error;
#[cfg(feature = "import")]
mod foreign;

#[cfg(not(feature = "import"))]
use absent as foreign;
pub use error::ImportError;

use std::fmt;

use zeroize::Zeroizing;

use self::block::Block;
use crate::{
    KeyRecord, Passphrase, SealError, Secret, UnsupportedAlgorithm, limits,
    sealed::{self, Strength},
};

/// A text with one private key in a known format, which may be encrypted.
pub struct ImportedKey {
    form: Form,
    block: Block,
    record: Option<KeyRecord>,
}

/// The format of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// PKCS#8 (RFC 5208), as `openssl genpkey` writes it.
    Pkcs8,
    /// Encrypted PKCS#8, by PBES2 (RFC 8018).
    Pkcs8Encrypted,
    /// An elliptic curve key by SEC 1 (RFC 5915), as `openssl ecparam -genkey` writes it.
    Sec1,
    /// The same, encrypted in OpenSSL's traditional way.
    Sec1Encrypted,
    /// OpenSSH's format.
    OpenSsh,
    /// The same, encrypted.
    OpenSshEncrypted,
    /// Cosign's format, which is always encrypted, possibly with an empty passphrase.
    Cosign,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs8 => "PKCS#8",
            Self::Pkcs8Encrypted => "encrypted PKCS#8",
            Self::Sec1 => "SEC 1",
            Self::Sec1Encrypted => "encrypted SEC 1",
            Self::OpenSsh => "OpenSSH",
            Self::OpenSshEncrypted => "encrypted OpenSSH",
            Self::Cosign => "cosign",
        })
    }
}

impl ImportedKey {
    /// Finds the one private key in a text, without decrypting it.
    ///
    /// # Errors
    /// There is no private key, or several, or its format or algorithm is not supported.
    pub fn parse(bytes: &[u8]) -> Result<Self, ImportError> {
        if bytes.len() > limits::IMPORT_BYTES {
            return Err(ImportError::TooBig);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ImportError::NoKey)?;
        let block = block::only_private_key(text)?;
        let form = match block.label.as_str() {
            "PRIVATE KEY" => Form::Pkcs8,
            "ENCRYPTED PRIVATE KEY" => Form::Pkcs8Encrypted,
            other => foreign::form(&block)?.ok_or_else(|| unsupported(other))?,
        };
        Ok(Self { form, block, record: sealed::record_in(text)? })
    }

    /// The format of the key.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The record that this tool writes before a key that it exports.
    pub fn record(&self) -> Option<&KeyRecord> {
        self.record.as_ref()
    }

    /// The role in a header of the file, as Docker Content Trust and Notary write it. The header is not authenticated.
    pub fn claimed_role(&self) -> Option<&str> {
        self.block.header("role")
    }

    /// The repository in a header of the file, likewise not authenticated.
    pub fn claimed_repository(&self) -> Option<&str> {
        self.block.header("gun")
    }

    /// Opens the key, if it needs no passphrase: it is not encrypted, or encrypted with an empty passphrase, as cosign
    /// allows.
    ///
    /// # Errors
    /// The key is invalid or not supported, or decrypting it would cost too much.
    pub fn open_freely(&self) -> Result<Option<Secret>, ImportError> {
        let secret = match self.form {
            Form::Pkcs8 => Some(foreign::from_pkcs8(&self.block.content)?),
            Form::Pkcs8Encrypted => None,
            other => foreign::open_freely(other, &self.block)?,
        };
        secret.map(|secret| self.checked(secret)).transpose()
    }

    /// Opens the key with a passphrase.
    ///
    /// # Errors
    /// [`ImportError::Passphrase`] if the passphrase is wrong; otherwise the same as those of
    /// [`open_freely`](Self::open_freely).
    pub fn open(&self, passphrase: &Passphrase) -> Result<Secret, ImportError> {
        let passphrase = passphrase.as_bytes();
        let secret = match self.form {
            Form::Pkcs8Encrypted => {
                let key =
                    sealed::decrypt(&self.block.content, passphrase, Strength::Any).map_err(|error| match error {
                        SealError::Passphrase => ImportError::Passphrase,
                        other => ImportError::Sealed(other),
                    })?;
                foreign::from_pkcs8(key.as_bytes())?
            }
            Form::Pkcs8 | Form::Sec1 | Form::OpenSsh => return self.open_freely()?.ok_or(ImportError::Malformed),
            other => foreign::open(other, &self.block, passphrase)?,
        };
        self.checked(secret)
    }

    fn checked(&self, secret: Secret) -> Result<Secret, ImportError> {
        match &self.record {
            Some(record) if record.key_id() != secret.public_key().key_id() => {
                let (expected, found) = (record.key_id().clone(), secret.public_key().key_id().clone());
                Err(SealError::OtherKey { expected, found }.into())
            }
            _ => Ok(secret),
        }
    }
}

fn unsupported(label: &str) -> ImportError {
    match label.strip_suffix(" PRIVATE KEY") {
        Some(kind @ ("RSA" | "DSA")) => UnsupportedAlgorithm(kind.to_owned()).into(),
        _ => ImportError::Label(label.to_owned()),
    }
}

/// The private part of a key in any format, zeroised on drop.
pub(crate) type Bytes = Zeroizing<Vec<u8>>;
