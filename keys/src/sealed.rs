//! One encrypted private key with its record. This is the form of key files, of backups and of a key from a CI system.
//!
//! The text is a line `manifesto-key: {…}` with the record, and a PKCS#8 block `ENCRYPTED PRIVATE KEY` (RFC 7468,
//! section 11). OpenSSL reads the block and treats the line as explanatory text.

use std::error::Error;

use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier, PrivateKeyInfoRef,
    der::{self, Decode, Document, Reader as _, SecretDocument, SliceReader, asn1::OctetStringRef},
    pkcs5::{self, pbes2},
};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::{KeyId, KeyRecord, Passphrase, Secret, SecretError, limits};

const RECORD: &str = "manifesto-key: ";
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const LABEL: &str = "ENCRYPTED PRIVATE KEY";
/// The rounds of PBKDF2 with SHA-256 that OWASP recommends for password storage since 2023.
const ROUNDS: u32 = 600_000;

/// Encrypts one key and writes its record before it.
pub(crate) fn seal(record: &KeyRecord, secret: &Secret, passphrase: &Passphrase) -> Result<String, SealError> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    let random = SystemRandom::new();
    random.fill(&mut salt).and_then(|()| random.fill(&mut iv)).map_err(|_| SecretError::Random)?;
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, iv)
        .map_err(|error| SealError::Encryption(error.into()))?;
    let info = PrivateKeyInfoRef::from_der(secret.pkcs8()).map_err(malformed)?;
    let encrypted =
        info.encrypt_with_params(parameters, passphrase.as_bytes()).map_err(|error| SealError::Encode(error.into()))?;
    let block = encrypted.to_pem(LABEL, LineEnding::LF).map_err(malformed)?;
    let record = serde_json::to_string(record).map_err(SealError::Record)?;
    Ok(format!("{RECORD}{record}\n{}", block.as_str()))
}

/// An encrypted key.
pub(crate) struct Sealed {
    /// The record before it, if there is one.
    pub(crate) record: Option<KeyRecord>,
    document: Document,
}

impl Sealed {
    /// Parses a text with exactly one key.
    pub(crate) fn parse(text: &str) -> Result<Self, SealError> {
        if text.len() > limits::PRIVATE_KEY_BYTES {
            return Err(SealError::TooBig);
        }
        let mut keys = Self::parse_several(text, 1)?;
        match (keys.pop(), keys.len()) {
            (Some(key), 0) => Ok(key),
            (_, others) => Err(SealError::Blocks(others)),
        }
    }

    /// Parses a text with at most `limit` keys. Text outside the blocks is ignored, except for records.
    pub(crate) fn parse_several(text: &str, limit: usize) -> Result<Vec<Self>, SealError> {
        let mut keys = Vec::new();
        let (mut record, mut block, mut position) = (None, None, 0);
        for line in text.split_inclusive('\n') {
            let start = position;
            position += line.len();
            if line.starts_with(BEGIN) && block.replace(start).is_some() {
                return Err(SealError::Cut);
            } else if line.starts_with(END) {
                let start = block.take().ok_or(SealError::Cut)?;
                if keys.len() == limit {
                    return Err(SealError::TooMany(limit));
                }
                keys.push(Self { record: record.take(), document: document(&text[start..position])? });
            } else if let Some(json) = line.strip_prefix(RECORD).filter(|_| block.is_none()) {
                record = Some(serde_json::from_str(json).map_err(SealError::Record)?);
            }
        }
        if block.is_some() || record.is_some() { Err(SealError::Cut) } else { Ok(keys) }
    }

    /// Decrypts the key. Checks its cost first, and afterwards that the key belongs to its record.
    pub(crate) fn open(&self, passphrase: &Passphrase) -> Result<Secret, SealError> {
        let decrypted = decrypt(self.document.as_bytes(), passphrase.as_bytes(), Strength::Ours)?;
        let secret = Secret::from_pkcs8(decrypted.as_bytes())?;
        match &self.record {
            Some(record) if record.key_id() != secret.public_key().key_id() => Err(SealError::OtherKey {
                expected: record.key_id().clone(),
                found: secret.public_key().key_id().clone(),
            }),
            _ => Ok(secret),
        }
    }
}

/// Which key derivations are accepted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Those of this tool and of current versions of OpenSSL.
    Ours,
    /// These and PBKDF2 with SHA-1, which Notary used.
    Any,
}

/// Decrypts an `EncryptedPrivateKeyInfo`. Checks its cost first.
pub(crate) fn decrypt(der: &[u8], passphrase: &[u8], strength: Strength) -> Result<SecretDocument, SealError> {
    let scheme = scheme(der).map_err(malformed)?;
    if scheme != pbes2::PBES2_OID {
        return Err(SealError::Scheme);
    }
    let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(malformed)?;
    let parameters = info.encryption_algorithm.pbes2().ok_or(SealError::Scheme)?;
    let is_weak = parameters.kdf.pbkdf2().is_some_and(|kdf| kdf.prf == pbes2::Pbkdf2Prf::HmacWithSha1);
    if is_weak && strength == Strength::Ours {
        return Err(SealError::Scheme);
    }
    check_cost(parameters)?;
    info.decrypt(passphrase).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::UnsupportedAlgorithm { .. }) => SealError::Scheme,
        // A wrong key results in wrong padding or, once in 256 times, in valid padding around noise.
        _ => SealError::Passphrase,
    })
}

/// The encryption scheme of an `EncryptedPrivateKeyInfo`, whatever its parameters are.
fn scheme(der: &[u8]) -> der::Result<ObjectIdentifier> {
    SliceReader::new(der)?.sequence(|fields| {
        let scheme = AlgorithmIdentifierRef::decode(fields)?;
        <&OctetStringRef>::decode(fields).map(|_| scheme.oid)
    })
}

/// The record in a text with one key, if there is one.
pub(crate) fn record_in(text: &str) -> Result<Option<KeyRecord>, SealError> {
    let json = text.lines().take_while(|line| !line.starts_with(BEGIN)).find_map(|line| line.strip_prefix(RECORD));
    json.map(|json| serde_json::from_str(json).map_err(SealError::Record)).transpose()
}

fn document(block: &str) -> Result<Document, SealError> {
    let (label, document) = Document::from_pem(block).map_err(malformed)?;
    match label {
        LABEL => Ok(document),
        "PRIVATE KEY" => Err(SealError::Plain),
        other => Err(SealError::Label(other.to_owned())),
    }
}

fn malformed(error: der::Error) -> SealError {
    SealError::Malformed(error.into())
}

fn check_cost(parameters: &pbes2::Parameters) -> Result<(), SealError> {
    if let Some(kdf) = parameters.kdf.pbkdf2() {
        let rounds = kdf.iteration_count;
        return if rounds <= limits::PBKDF2_ROUNDS { Ok(()) } else { Err(SealError::Rounds(rounds)) };
    }
    let kdf = parameters.kdf.scrypt().ok_or(SealError::Scheme)?;
    let memory = kdf.cost_parameter.saturating_mul(u64::from(kdf.block_size)).saturating_mul(128);
    if memory <= limits::SCRYPT_MEMORY && kdf.parallelization <= limits::SCRYPT_PARALLELIZATION {
        Ok(())
    } else {
        Err(SealError::Memory { bytes: memory, passes: kdf.parallelization })
    }
}

/// Why a key cannot be encrypted or decrypted.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The text is longer than any key with its record.
    #[error("longer than an encrypted key can be")]
    TooBig,
    /// There is not exactly one PEM block. The field is how many there are.
    #[error("expected one PEM block 'ENCRYPTED PRIVATE KEY', found {0}")]
    Blocks(usize),
    /// There are too many PEM blocks. The field is the limit.
    #[error("more than {0} PEM blocks")]
    TooMany(usize),
    /// A block has no end, or a record has no block.
    #[error("cut off: a PEM block is incomplete")]
    Cut,
    /// The private key is not encrypted.
    #[error("the private key is not encrypted")]
    Plain,
    /// The PEM block is of another kind. The field is its label.
    #[error("expected a PEM block 'ENCRYPTED PRIVATE KEY', found '{0}'")]
    Label(String),
    /// The PEM or DER does not parse.
    #[error("malformed encrypted key")]
    Malformed(#[source] Box<dyn Error + Send + Sync>),
    /// The record before the block does not parse.
    #[error("malformed record of a key")]
    Record(#[source] serde_json::Error),
    /// There is no record before the block.
    #[error("the key has no record")]
    NoRecord,
    /// The encryption scheme is not supported.
    #[error("encrypted by a scheme other than PBES2 with PBKDF2 (SHA-2) or scrypt, and AES")]
    Scheme,
    /// PBKDF2 has too many rounds.
    #[error("deriving the key would take {0} rounds of PBKDF2, more than are allowed")]
    Rounds(u32),
    /// scrypt takes too much memory or too many passes.
    #[error("deriving the key would take {bytes} bytes of memory and {passes} passes of scrypt, more than are allowed")]
    Memory {
        /// The memory in bytes.
        bytes: u64,
        /// The passes over it.
        passes: u16,
    },
    /// The passphrase is wrong, or the ciphertext is damaged, which looks the same.
    #[error("wrong passphrase")]
    Passphrase,
    /// The decrypted key is invalid or not supported.
    #[error("the decrypted key cannot be used")]
    Secret(#[from] SecretError),
    /// The decrypted key is not the one in the record.
    #[error("the record names key {expected}, but the private key is that of {found}")]
    OtherKey {
        /// The key in the record.
        expected: KeyId,
        /// The decrypted key.
        found: KeyId,
    },
    /// The parameters of the encryption are invalid.
    #[error("the key could not be encrypted")]
    Encryption(#[source] Box<dyn Error + Send + Sync>),
    /// The encrypted key could not be written.
    #[error("the encrypted key could not be encoded")]
    Encode(#[source] Box<dyn Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use pkcs8::EncryptedPrivateKeyInfo;

    use super::*;
    use crate::dev;

    fn with_kdf(kdf: pbes2::Kdf) -> Sealed {
        let encryption = pbes2::EncryptionScheme::Aes256Cbc { iv: [0; 16] };
        let info = EncryptedPrivateKeyInfo {
            encryption_algorithm: pbes2::Parameters { kdf, encryption }.into(),
            encrypted_data: OctetStringRef::new(&[0; 64]).unwrap(),
        };
        let text = Document::encode_msg(&info).unwrap().to_pem(LABEL, LineEnding::LF).unwrap();
        Sealed::parse(&text).unwrap()
    }

    fn refusal(kdf: pbes2::Kdf) -> SealError {
        let start = std::time::Instant::now();
        let refused = with_kdf(kdf).open(&Passphrase::new("x".to_owned()).unwrap()).map(drop).unwrap_err();
        assert!(start.elapsed().as_millis() < 500, "refused before it was tried");
        refused
    }

    #[test]
    fn costs_are_refused_before_they_arise() {
        let mut pbkdf2 = pbes2::Pbkdf2Params::hmac_sha256(1, &[0; 16]).unwrap();
        for rounds in [limits::PBKDF2_ROUNDS + 1, 1 << 31, u32::MAX] {
            pbkdf2.iteration_count = rounds;
            assert!(matches!(refusal(pbkdf2.into()), SealError::Rounds(found) if found == rounds));
        }
        let mild = pkcs5::scrypt::Params::new(4, 8, 1).unwrap();
        let scrypt = pbes2::ScryptParams::from_params_and_salt(mild, &[0; 16]).unwrap();
        for (cost, block, passes) in [(1 << 40, 8, 1), (1 << 14, u16::MAX, 1), (1 << 14, 8, 5), (u64::MAX, 8, 1)] {
            let mut greedy = scrypt;
            (greedy.cost_parameter, greedy.block_size, greedy.parallelization) = (cost, block, passes);
            assert!(matches!(refusal(greedy.into()), SealError::Memory { .. }), "{cost} {block} {passes}");
        }
    }

    #[test]
    fn the_key_is_not_in_the_text() {
        let secret = dev::secret("ed25519-1");
        let record = KeyRecord::new(secret.public_key().clone(), "alice", None).unwrap();
        let text = seal(&record, &secret, &Passphrase::new("secret".to_owned()).unwrap()).unwrap();
        let sealed = Sealed::parse(&text).unwrap();
        let seed = &secret.pkcs8()[16..48];
        assert!(!sealed.document.as_bytes().windows(seed.len()).any(|window| window == seed));
        assert_eq!(sealed.record, Some(record));
    }

    #[test]
    fn arbitrary_text_is_refused_without_panic() {
        proptest::proptest!(|(text in "(-----BEGIN |-----END |manifesto-key: |ENCRYPTED PRIVATE KEY-----|\n|[ -~]{0,8}|é){0,24}")| {
            proptest::prop_assert!(Sealed::parse(&text).is_err());
        });
    }
}
