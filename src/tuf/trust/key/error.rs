use std::error::Error;

use super::{
    algorithm::{Algorithm, UnsupportedAlgorithm},
    id::KeyId,
};

/// Why a public key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeyError {
    /// The text is longer than 4 KiB.
    #[error("more than 4 KiB: not a public key")]
    TooBig,
    /// The text does not have exactly one PEM block. The field is how many it has.
    #[error("expected one PEM block, found {0}")]
    Armors(usize),
    /// The PEM block is not a public key. The field is its label.
    #[error("expected a PEM block 'PUBLIC KEY', found '{0}'")]
    Label(String),
    /// The PEM, DER or key object does not parse.
    #[error("malformed public key")]
    Malformed(#[source] Box<dyn Error + Send + Sync>),
    /// The key's algorithm is not supported.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// The value does not fit the algorithm: a wrong length, a compressed point, or a point that is not on the curve.
    #[error("not a public key of kind {0}: expected 32 bytes for ed25519, an uncompressed point of P-256 for ecdsa")]
    Value(Algorithm),
    /// The key is an Ed25519 point of low order.
    #[error("anybody could sign with this public key: it is a point of low order")]
    LowOrder,
    /// The key object is not in canonical form, so it has another key id.
    #[error("key object {found} is not in canonical form, whose key id is {canonical}")]
    NotCanonical {
        /// The id of the key object that was found.
        found: KeyId,
        /// The id of the same key in canonical form.
        canonical: KeyId,
    },
}
