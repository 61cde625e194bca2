//! Private keys in the forms that other tools write.
//!
//! Whatever the form, what comes out is a [`Secret`], PKCS#8 version 1 like all others. What decrypting costs is checked
//! before it is tried.

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

/// A text with one private key in it, whose form is known and which may still be encrypted.
pub struct ImportedKey {
    form: Form,
    block: Block,
    record: Option<KeyRecord>,
}

/// How a private key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// PKCS#8 (RFC 5208), as `openssl genpkey` writes it.
    Pkcs8,
    /// PKCS#8 under a passphrase, by PBES2 (RFC 8018).
    Pkcs8Encrypted,
    /// An elliptic curve key by SEC 1 (RFC 5915), as `openssl ecparam -genkey` writes it.
    Sec1,
    /// The same under a passphrase, in OpenSSL's traditional way.
    Sec1Encrypted,
    /// OpenSSH's own form.
    OpenSsh,
    /// The same under a passphrase.
    OpenSshEncrypted,
    /// Cosign's, always under a passphrase, which may be empty.
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
    /// Finds the one private key in a text. Nothing is decrypted yet.
    ///
    /// # Errors
    /// There is none, or several, or one of a form or kind that is not read here.
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

    /// How the key is written.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The record that this tool writes before a key that it exports.
    pub fn record(&self) -> Option<&KeyRecord> {
        self.record.as_ref()
    }

    /// The role that a header of the file names, as Docker Content Trust and Notary write it. Anyone can have.
    pub fn claimed_role(&self) -> Option<&str> {
        self.block.header("role")
    }

    /// The repository that a header of the file names, likewise.
    pub fn claimed_repository(&self) -> Option<&str> {
        self.block.header("gun")
    }

    /// The key, if it needs no passphrase: it is not encrypted, or under the empty one, as cosign's may be.
    ///
    /// # Errors
    /// It is no key that can sign here, or decrypting it would cost too much.
    pub fn open_freely(&self) -> Result<Option<Secret>, ImportError> {
        let secret = match self.form {
            Form::Pkcs8 => Some(foreign::from_pkcs8(&self.block.content)?),
            Form::Pkcs8Encrypted => None,
            other => foreign::open_freely(other, &self.block)?,
        };
        secret.map(|secret| self.checked(secret)).transpose()
    }

    /// The key under a passphrase.
    ///
    /// # Errors
    /// [`ImportError::Passphrase`] if it is another one; else as [`open_freely`](Self::open_freely).
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

/// The private part of a key in one form or another, zeroised on drop.
pub(crate) type Bytes = Zeroizing<Vec<u8>>;
