//! Other people's public keys: as PEM, and as key objects of metadata.

use manifesto::{store::state::TrustedKey, trust::is_key_of_id};
use manifesto_keys::PublicKey;
use serde_json::Value;

/// A key has one spelling and one id, whichever form it came in, and nothing is signed by it that is not.
pub(crate) fn run(data: &[u8]) -> bool {
    let pem = std::str::from_utf8(data).ok().and_then(|text| PublicKey::from_pem(text).ok());
    let object = serde_json::from_slice::<PublicKey>(data).ok();
    for key in pem.iter().chain(&object) {
        check(key);
    }
    let trusted = serde_json::from_slice::<Value>(data).ok().and_then(|value| TrustedKey::new(value).ok());
    if let Some(trusted) = &trusted {
        let counts = is_key_of_id(&trusted.key().clone().into(), trusted.keyid());
        assert!(counts || object.is_none(), "a public key that counts for nobody");
    }
    pem.is_some() || object.is_some()
}

fn check(key: &PublicKey) {
    assert_eq!(PublicKey::from_pem(&key.to_pem()).as_ref().ok(), Some(key));
    let value = serde_json::to_value(key).unwrap();
    assert_eq!(serde_json::from_value::<PublicKey>(value.clone()).as_ref().ok(), Some(key));
    assert_eq!(TrustedKey::new(value.clone()).unwrap().keyid(), key.key_id());
    assert!(is_key_of_id(&value.into(), key.key_id()));
    assert!(!key.verify(b"message", &[0; 64]));
}
