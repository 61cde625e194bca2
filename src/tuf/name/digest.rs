use std::{fmt, str::FromStr};

/// A sha256 digest, written `sha256:` and 64 lower-case hexadecimal digits (OCI image specification, "Digests").
///
/// TUF signs this digest, and the registry addresses content by it. No other algorithm is accepted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// Parses the 64 hexadecimal digits without the algorithm, as in TUF's `hashes.sha256`.
    ///
    /// # Errors
    /// The text is not 64 lower-case hexadecimal digits.
    pub fn from_hex(digits: &str) -> Result<Self, DigestError> {
        let malformed = || DigestError::Malformed(digits.to_owned());
        if digits.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(malformed());
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| malformed())?;
        Ok(Self(bytes))
    }

    /// The 64 hexadecimal digits, without the algorithm.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// The number in its last `bits` bits. `bits` is at most 32.
    pub fn low_bits(&self, bits: u32) -> u64 {
        let [.., a, b, c, d] = self.0;
        u64::from(u32::from_be_bytes([a, b, c, d])) & ((1 << bits.min(32)) - 1)
    }

    /// The first 12 hexadecimal digits, with which a user can tell digests apart.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..6])
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        match text.split_once(':') {
            Some(("sha256", digits)) => Self::from_hex(digits).map_err(|_| DigestError::Malformed(text.to_owned())),
            Some((algorithm, _)) if algorithm.starts_with("sha") => Err(DigestError::Algorithm(algorithm.to_owned())),
            _ => Err(DigestError::Malformed(text.to_owned())),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

super::debug_as_text!(Digest);

super::serde_as_text!(Digest);

/// Computes a [`Digest`] of bytes that arrive in pieces.
pub struct Hasher(ring::digest::Context);

impl Hasher {
    /// Makes a hasher without input.
    pub fn new() -> Self {
        Self(ring::digest::Context::new(&ring::digest::SHA256))
    }

    /// Adds the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.finish().as_ref());
        Digest(bytes)
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The text is not `sha256:` and 64 lower-case hexadecimal digits.
    #[error("'{0}' is not a digest: expected sha256: and 64 lower-case hexadecimal digits")]
    Malformed(String),
    /// The digest algorithm is not supported.
    #[error("digest algorithm '{0}' is not supported: statements are bound to sha256 digests")]
    Algorithm(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_nothing_is_the_well_known_value() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), empty);
        assert_eq!(empty.parse::<Digest>().unwrap(), Digest::of(b""));
    }

    #[test]
    fn refuses_other_spellings() {
        let upper = format!("sha256:{}", "AB".repeat(32));
        assert!(matches!(upper.parse::<Digest>(), Err(DigestError::Malformed(_))));
        assert!(matches!("sha256:abc".parse::<Digest>(), Err(DigestError::Malformed(_))));
        assert!(matches!("abc".parse::<Digest>(), Err(DigestError::Malformed(_))));
        let sha512 = format!("sha512:{}", "ab".repeat(64));
        assert!(matches!(sha512.parse::<Digest>(), Err(DigestError::Algorithm(_))));
    }
}
