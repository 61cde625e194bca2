use std::{fmt, str::FromStr};

/// The object identifiers of the kinds of key, with dots.
pub mod oid {
    /// `id-Ed25519` (RFC 8410, section 3).
    pub const ED25519: &str = "1.3.101.112";
    /// `id-ecPublicKey` (RFC 5480, section 2.1.1), whose parameters name the curve.
    pub const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
    /// The curve P-256, `secp256r1` (RFC 5480, section 2.1.1.1).
    pub const P256: &str = "1.2.840.10045.3.1.7";
    /// `rsaEncryption` (RFC 8017, appendix A.1).
    pub const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
}

/// The kinds of key that sign in this project's layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032): the default.
    Ed25519,
    /// ECDSA over NIST P-256 with SHA-256, signatures in ASN.1 DER.
    EcdsaP256,
}

impl Algorithm {
    /// The kind of key that an `AlgorithmIdentifier` announces (RFC 5280, section 4.1.1.2). It is given by the object
    /// identifiers of the algorithm and of its parameters, with dots.
    ///
    /// # Errors
    /// Another kind, which is named.
    pub fn of_oids(algorithm: &str, parameters: Option<&str>) -> Result<Self, UnsupportedAlgorithm> {
        match algorithm {
            oid::ED25519 => Ok(Self::Ed25519),
            oid::EC_PUBLIC_KEY if parameters == Some(oid::P256) => Ok(Self::EcdsaP256),
            oid::EC_PUBLIC_KEY => Err(UnsupportedAlgorithm("elliptic curves other than P-256".to_owned())),
            oid::RSA_ENCRYPTION => Err(UnsupportedAlgorithm("RSA".to_owned())),
            other => Err(UnsupportedAlgorithm(other.to_owned())),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa",
        })
    }
}

impl FromStr for Algorithm {
    type Err = UnsupportedAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnsupportedAlgorithm> {
        match text {
            "ed25519" => Ok(Self::Ed25519),
            "ecdsa" => Ok(Self::EcdsaP256),
            other => Err(UnsupportedAlgorithm(other.to_owned())),
        }
    }
}

/// A kind of key that does not sign here; its name or object identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keys of kind '{0}' are not supported, only ed25519 and ecdsa (P-256)")]
pub struct UnsupportedAlgorithm(pub String);
