//! Public keys in DER and PEM: `SubjectPublicKeyInfo` (RFC 5280, section 4.1; RFC 7468, section 13).

use pem::{EncodeConfig, LineEnding, Pem};
use spki::{
    SubjectPublicKeyInfoRef,
    der::{self, Decode, Document, asn1::BitStringRef},
};

use super::{Algorithm, error::PublicKeyError};

const LABEL: &str = "PUBLIC KEY";
/// The largest PEM file of a public key, in bytes.
const PEM_BYTES: usize = 4 << 10;

/// The DER header before the 32 bytes of an Ed25519 key.
const ED25519_HEADER: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
/// The DER header before the 65 bytes of a P-256 point.
const P256_HEADER: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3,
    0x42, 0,
];

/// A public key and its algorithm.
pub(super) struct Info {
    /// The object identifier of the algorithm, in dotted form.
    pub(super) algorithm: String,
    /// The object identifier that is the algorithm's parameters, if they are one: the curve.
    pub(super) parameters: Option<String>,
    /// The key material: 32 bytes, a point, or an RSAPublicKey.
    pub(super) public: Vec<u8>,
}

fn read(der: &[u8]) -> der::Result<Info> {
    let info = SubjectPublicKeyInfoRef::from_der(der)?;
    let public: BitStringRef<'_> = info.subject_public_key;
    let public = public.as_bytes().ok_or_else(|| der::ErrorKind::Value { tag: der::Tag::BitString }.to_error())?;
    let parameters = info.algorithm.parameters_oid().map(|oid| oid.to_string()).ok();
    Ok(Info { algorithm: info.algorithm.oid.to_string(), parameters, public: public.to_vec() })
}

/// Parses a file of a user: one PEM block of at most 4 KiB that strictly follows RFC 7468.
pub(super) fn from_file(text: &str) -> Result<Info, PublicKeyError> {
    if text.len() > PEM_BYTES {
        return Err(PublicKeyError::TooBig);
    }
    let blocks = text.matches("-----BEGIN ").count();
    if blocks != 1 {
        return Err(PublicKeyError::Armors(blocks));
    }
    let malformed = |error: der::Error| PublicKeyError::Malformed(error.into());
    let (label, document) = Document::from_pem(text).map_err(malformed)?;
    if label != LABEL {
        return Err(PublicKeyError::Label(label.to_owned()));
    }
    read(document.as_bytes()).map_err(malformed)
}

/// Parses a key in metadata, leniently: other tools write lines of any width.
pub(super) fn from_metadata(text: &str) -> Option<Info> {
    let block = pem::parse(text).ok().filter(|block| block.tag() == LABEL)?;
    read(block.contents()).ok()
}

/// Writes a public key in PEM, as `openssl pkey -pubout` does.
pub(super) fn to_pem(algorithm: Algorithm, public: &[u8]) -> String {
    let header = match algorithm {
        Algorithm::Ed25519 => &ED25519_HEADER[..],
        Algorithm::EcdsaP256 => &P256_HEADER,
    };
    let block = Pem::new(LABEL, [header, public].concat());
    pem::encode_config(&block, EncodeConfig::new().set_line_ending(LineEnding::LF))
}
