use zeroize::Zeroizing;

use crate::{KeyRecord, Passphrase, SealError, Secret, SecretError, sealed::seal};

/// Writes one key with its record, encrypted: the form of key files, which OpenSSL and
/// [`HandedStore`](crate::store::HandedStore) read.
///
/// # Errors
/// The record is another key's.
pub fn export(record: &KeyRecord, secret: &Secret, passphrase: &Passphrase) -> Result<String, SealError> {
    let (expected, found) = (record.key_id(), secret.public_key().key_id());
    if expected != found {
        return Err(SealError::OtherKey { expected: expected.clone(), found: found.clone() });
    }
    seal(record, secret, passphrase)
}

/// Writes one key for anyone to use who gets hold of it: PKCS#8 in PEM, without encryption and without its record.
///
/// # Errors
/// None in practice: the key was checked when it was made or read.
pub fn export_plaintext(secret: &Secret) -> Result<Zeroizing<String>, SecretError> {
    secret.to_pem()
}
