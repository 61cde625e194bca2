use base64ct::{Base64, Encoding as _};
use crypto_secretbox::{
    XSalsa20Poly1305,
    aead::{Aead as _, KeyInit as _},
};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::import::{Bytes, ImportError};

/// What stands in the block: JSON. Cosign takes it from go-securesystemslib's `encrypted` package.
#[derive(Deserialize)]
struct Envelope {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Deserialize)]
struct Kdf {
    name: String,
    params: Params,
    salt: String,
}

#[derive(Deserialize)]
struct Params {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// Decrypts what is plain PKCS#8 inside.
pub(super) fn decrypt(json: &[u8], passphrase: &[u8]) -> Result<Bytes, ImportError> {
    let envelope: Envelope = serde_json::from_slice(json).map_err(|_| ImportError::Malformed)?;
    let (kdf, cipher) = (&envelope.kdf, &envelope.cipher);
    if (kdf.name.as_str(), cipher.name.as_str()) != ("scrypt", "nacl/secretbox") {
        return Err(ImportError::Scheme(format!("{} and {}", kdf.name, cipher.name)));
    }
    let nonce: [u8; 24] = decode(&cipher.nonce)?.try_into().map_err(|_| ImportError::Malformed)?;
    let (salt, ciphertext) = (decode(&kdf.salt)?, decode(&envelope.ciphertext)?);
    let key = derive(&kdf.params, &salt, passphrase)?;
    let opened = XSalsa20Poly1305::new((&*key).into()).decrypt((&nonce).into(), ciphertext.as_slice());
    opened.map(Zeroizing::new).map_err(|_| ImportError::Passphrase)
}

/// Only the costs that Cosign has ever written are paid.
fn derive(params: &Params, salt: &[u8], passphrase: &[u8]) -> Result<Zeroizing<[u8; 32]>, ImportError> {
    let log_n = match params {
        Params { n: 0x8000, r: 8, p: 1 } => 15,
        Params { n: 0x1_0000, r: 8, p: 1 } => 16,
        Params { n: 0x2_0000, r: 8, p: 1 } => 17,
        Params { n, r, p } => return Err(ImportError::Cost(format!("scrypt with N={n}, r={r}, p={p}"))),
    };
    let mut key = Zeroizing::new([0; 32]);
    let params = scrypt::Params::new(log_n, params.r, params.p).map_err(|_| ImportError::Malformed)?;
    scrypt::scrypt(passphrase, salt, &params, &mut *key).map_err(|_| ImportError::Malformed)?;
    Ok(key)
}

fn decode(base64: &str) -> Result<Vec<u8>, ImportError> {
    Base64::decode_vec(base64).map_err(|_| ImportError::Malformed)
}
