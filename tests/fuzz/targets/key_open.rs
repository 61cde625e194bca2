//! The same keys, opened with a passphrase. Slow, because deriving a key from a passphrase is meant to be.

use manifesto_keys::{ImportedKey, Passphrase};

use super::key_import::check;

/// What is opened signs; what asks for more work than is tried is refused before it is done.
pub(crate) fn run(data: &[u8]) -> bool {
    let Ok(key) = ImportedKey::parse(data) else { return false };
    let passphrase = Passphrase::new("passphrase".to_owned()).unwrap();
    let Ok(secret) = key.open(&passphrase) else { return false };
    check(&key, &secret);
    true
}
