//! Signature schemes, and the one function that checks a signature.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};

use super::Algorithm;

/// A signature scheme (TUF specification, section 4.2, "scheme").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::trust) enum Scheme {
    /// The one scheme of a key that may sign in this project's layout: `ed25519` or `ecdsa-sha2-nistp256`.
    Signing(Algorithm),
    /// `rsassa-pss-sha256`, with keys of 2048 to 8192 bits.
    RsaPss,
    /// `rsa-pkcs1v15-sha256`, with keys of 2048 to 8192 bits. The specification does not name it, but users of
    /// python-tuf have such keys.
    RsaPkcs1,
}

impl Scheme {
    /// The scheme of a key object with this type and scheme name, if this build supports it.
    pub(super) fn named(keytype: &str, scheme: &str) -> Option<Self> {
        Some(match (keytype, scheme) {
            ("ed25519", "ed25519") => Self::Signing(Algorithm::Ed25519),
            ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => Self::Signing(Algorithm::EcdsaP256),
            ("rsa", "rsassa-pss-sha256") => Self::RsaPss,
            ("rsa", "rsa-pkcs1v15-sha256") => Self::RsaPkcs1,
            _ => return None,
        })
    }

    /// Whether `signature` is a signature of the key `public` over `message`. No signature of a low-order key is valid.
    ///
    /// `public` is 32 bytes, an uncompressed point, or an RSAPublicKey (RFC 8017, appendix A.1.1), depending on the
    /// scheme.
    pub(super) fn verifies(self, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
        if self.is_low_order(public) {
            return false;
        }
        let algorithm: &dyn VerificationAlgorithm = match self {
            Self::Signing(Algorithm::Ed25519) => &ED25519,
            Self::Signing(Algorithm::EcdsaP256) => &ECDSA_P256_SHA256_ASN1,
            Self::RsaPss => &RSA_PSS_2048_8192_SHA256,
            Self::RsaPkcs1 => &RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, public).verify(message, signature).is_ok()
    }

    /// Whether anybody can sign with this key because its point is of low order [⚔].
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#low-order-key
    pub(super) fn is_low_order(self, public: &[u8]) -> bool {
        self == Self::Signing(Algorithm::Ed25519) && has_low_order(public)
    }
}

/// The y coordinates of the Ed25519 points of low order, in little endian and without the sign of x, as keys are
/// written. The last two encode the first two once more; decoders accept them although they are not canonical. Anybody
/// can make a signature that verifies under such a key, for almost any message.
pub(super) const LOW_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn has_low_order(public: &[u8]) -> bool {
    let Ok(mut y) = <[u8; 32]>::try_from(public) else { return false };
    y[31] &= 0x7f;
    LOW_ORDER.contains(&hex::encode(y).as_str())
}
