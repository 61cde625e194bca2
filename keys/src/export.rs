use zeroize::Zeroizing;

use crate::{KeyRecord, Passphrase, SealError, Secret, SecretError, sealed::seal};

/// Writes one encrypted key with its record. This is the form of key files, which OpenSSL and
/// [`HandedStore`](crate::store::HandedStore) can read.
///
/// # Errors
/// The record does not belong to the key.
pub fn export(record: &KeyRecord, secret: &Secret, passphrase: &Passphrase) -> Result<String, SealError> {
    let (expected, found) = (record.key_id(), secret.public_key().key_id());
    if expected != found {
        return Err(SealError::OtherKey { expected: expected.clone(), found: found.clone() });
    }
    seal(record, secret, passphrase)
}

/// Writes one key without encryption and without its record, as PKCS#8 in PEM. Anyone who gets the text can use the
/// key.
///
/// # Errors
/// None in practice, because the key was checked when it was made or read.
pub fn export_plaintext(secret: &Secret) -> Result<Zeroizing<String>, SecretError> {
    secret.to_pem()
}
