//! Private keys as other tools write them, as far as no passphrase is tried.

use manifesto_keys::{Form, ImportedKey, PublicKey, Secret, export_plaintext};

/// What is read signs, is the key of the record beside it, and is read back as it was written.
pub(crate) fn run(data: &[u8]) -> bool {
    let Ok(key) = ImportedKey::parse(data) else { return false };
    assert!(data.len() <= 64 << 10);
    let _ = (key.claimed_role(), key.claimed_repository());
    // Cosign's form is always encrypted, if only under the empty passphrase, and costs 60 ms: see key_open.
    if key.form() == Form::Cosign {
        return true;
    }
    let Ok(opened) = key.open_freely() else { return false };
    let is_plain = matches!(key.form(), Form::Pkcs8 | Form::Sec1 | Form::OpenSsh);
    assert_eq!(opened.is_some(), is_plain);
    if let Some(secret) = &opened {
        check(&key, secret);
    }
    true
}

pub(super) fn check(key: &ImportedKey, secret: &Secret) {
    let public: &PublicKey = secret.public_key();
    assert!(key.record().is_none_or(|record| record.key_id() == public.key_id()));
    let signature = secret.signer().unwrap().sign(b"message").unwrap();
    assert!(public.verify(b"message", &signature));
    let text = export_plaintext(secret).unwrap();
    let back = ImportedKey::parse(text.as_bytes()).unwrap().open_freely().unwrap().unwrap();
    assert_eq!(back.public_key(), public);
}
