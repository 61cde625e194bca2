//! Which signatures can be checked, and the one function that checks one.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};

use super::Algorithm;

/// How a signature is made (TUF specification, section 4.2, "scheme").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::trust) enum Scheme {
    /// The one scheme of a kind of key that signs in this project's layout: `ed25519`, `ecdsa-sha2-nistp256`.
    Signing(Algorithm),
    /// `rsassa-pss-sha256`, of 2048 to 8192 bits.
    RsaPss,
    /// `rsa-pkcs1v15-sha256`, which the specification does not name but python-tuf's users have, of as many bits.
    RsaPkcs1,
}

impl Scheme {
    /// The scheme of these names in a key object, if signatures of it can be checked here.
    pub(super) fn named(keytype: &str, scheme: &str) -> Option<Self> {
        Some(match (keytype, scheme) {
            ("ed25519", "ed25519") => Self::Signing(Algorithm::Ed25519),
            ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => Self::Signing(Algorithm::EcdsaP256),
            ("rsa", "rsassa-pss-sha256") => Self::RsaPss,
            ("rsa", "rsa-pkcs1v15-sha256") => Self::RsaPkcs1,
            _ => return None,
        })
    }

    /// Whether `signature` is one by the key `public` over exactly `message`. A key that anybody can sign with has none.
    ///
    /// `public` is what the scheme takes: 32 bytes, an uncompressed point, or an RSAPublicKey (RFC 8017, appendix A.1.1).
    pub(super) fn verifies(self, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
        if self.is_anybodys(public) {
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

    /// Whether anybody can sign with this key, since its point is of low order [⚔].
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#low-order-key
    pub(super) fn is_anybodys(self, public: &[u8]) -> bool {
        self == Self::Signing(Algorithm::Ed25519) && has_low_order(public)
    }
}

/// The Ed25519 points of low order, by their y coordinate: in little endian, as keys are written, without the sign of x.
/// The last two are further spellings of the first two, which decoders take although they are not canonical. A signature
/// that verifies under such a key can be made by anybody, for almost any message.
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
