use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use md5::{Digest as _, Md5};
use pkcs8::der::{Decode as _, asn1::AnyRef};
use zeroize::Zeroizing;

use crate::import::{Bytes, ImportError};

/// Decrypts a block as OpenSSL did before PKCS#8, and Notary did in its first versions.
///
/// `parameters` is the header `DEK-Info`: the cipher and, in hexadecimal, its initial vector. One round of MD5 makes the
/// key, which is weak, and the reason that nothing is ever written in this form here.
pub(super) fn decrypt(parameters: &str, content: &[u8], passphrase: &[u8]) -> Result<Bytes, ImportError> {
    let (cipher, iv) = parameters.split_once(',').ok_or(ImportError::Malformed)?;
    let iv: [u8; 16] = match cipher {
        "AES-128-CBC" | "AES-256-CBC" => {
            hex::decode(iv.trim()).ok().and_then(|iv| iv.try_into().ok()).ok_or(ImportError::Malformed)?
        }
        other => return Err(ImportError::Scheme(other.to_owned())),
    };
    let key = derive(passphrase, &iv[..8]);
    let mut buffer = Zeroizing::new(content.to_vec());
    let opened = if cipher == "AES-256-CBC" {
        cbc::Decryptor::<aes::Aes256>::new((&*key).into(), &iv.into()).decrypt_padded::<Pkcs7>(&mut buffer)
    } else {
        let half: &[u8; 16] = key.first_chunk().ok_or(ImportError::Malformed)?;
        cbc::Decryptor::<aes::Aes128>::new(half.into(), &iv.into()).decrypt_padded::<Pkcs7>(&mut buffer)
    };
    let opened = opened.map_err(|_| ImportError::Passphrase)?;
    // A wrong key leaves wrong padding or, once in 256 times, right padding around noise.
    AnyRef::from_der(opened).map_err(|_| ImportError::Passphrase)?;
    Ok(Zeroizing::new(opened.to_vec()))
}

/// OpenSSL's `EVP_BytesToKey` with MD5 and one round: 32 bytes, of which AES-128 takes the first half.
fn derive(passphrase: &[u8], salt: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let first = Md5::new().chain_update(passphrase).chain_update(salt).finalize();
    let second = Md5::new().chain_update(first).chain_update(passphrase).chain_update(salt).finalize();
    key[..16].copy_from_slice(&first);
    key[16..].copy_from_slice(&second);
    key
}
