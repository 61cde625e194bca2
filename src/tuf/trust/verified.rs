use bytes::Bytes;

use super::{Unknown, envelope::Unverified, error::TrustError, key::KeyId, profile::Document, schema::Meta};
use crate::{
    name::{Digest, Role},
    time::Timestamp,
};

/// A document whose signatures, version and repository were checked against a verified parent.
///
/// Only [`trust`](super) can make one, so a function that takes one need not check it again. Expiry depends on the time
/// of the question and is checked later.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    role: Role,
    bytes: Bytes,
    digest: Digest,
    signers: Vec<KeyId>,
    document: T,
}

impl<T> Verified<T> {
    pub(super) fn new(received: &Unverified, signers: Vec<KeyId>, document: T) -> Self {
        Self { role: received.role.clone(), bytes: received.bytes.clone(), digest: received.digest, signers, document }
    }

    /// The role that the document was verified for.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// The document exactly as it was received.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The sha256 of [`bytes`](Self::bytes).
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The authorised keys that signed, each public key once.
    pub fn signers(&self) -> &[KeyId] {
        &self.signers
    }

    /// The signed part.
    pub fn document(&self) -> &T {
        &self.document
    }
}

/// A document that contains the date when it was made.
pub trait Dated: Document {
    /// When it was made, by its signer's clock.
    fn created(&self) -> Timestamp;
}

impl<T: Document> Verified<T> {
    /// The document's version.
    pub fn version(&self) -> u64 {
        self.document.version()
    }

    /// When it expires.
    pub fn expires(&self) -> Timestamp {
        self.document.expires()
    }

    /// Checks that the document has not expired at `now`.
    ///
    /// # Errors
    /// The document has expired.
    pub fn check_expiry(&self, now: Timestamp) -> Result<(), TrustError> {
        if now >= self.expires() {
            return Err(TrustError::Expired { role: self.role.clone(), expires: self.expires() });
        }
        Ok(())
    }
}

impl<T: Dated> Verified<T> {
    /// When it was made, by its signer's clock.
    pub fn created(&self) -> Timestamp {
        self.document.created()
    }

    /// What a parent document of this project's layout signs about this one: version, length and hashes.
    pub fn meta(&self) -> Meta {
        Meta {
            version: self.version(),
            length: self.bytes.len() as u64,
            hashes: self.digest.into(),
            other: Unknown::default(),
        }
    }
}

/// Checks that a document has the version that its parent signed, or that follows its predecessor.
pub(super) fn exact_version(role: &Role, expected: u64, found: u64) -> Result<(), TrustError> {
    if found != expected { Err(TrustError::Version { role: role.clone(), expected, found }) } else { Ok(()) }
}
