//! Private keys that other tools wrote (`fixtures/keys`), read; and what is none, refused by name.

// Clippy's exception for tests does not cover the functions beside them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod refused;

use manifesto_keys::{Algorithm, Form, ImportError, ImportedKey, Passphrase, PublicKey, Secret};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/keys/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn public(name: &str) -> PublicKey {
    PublicKey::from_pem(&String::from_utf8(fixture(name)).unwrap()).unwrap()
}

fn parse(name: &str) -> Result<ImportedKey, ImportError> {
    ImportedKey::parse(&fixture(name))
}

fn open(name: &str, passphrase: &str) -> Result<Secret, ImportError> {
    let key = parse(name)?;
    match key.open_freely()? {
        Some(secret) => Ok(secret),
        None => key.open(&Passphrase::new(passphrase.to_owned()).unwrap()),
    }
}

/// A file, its form, and the public half that OpenSSL computed.
const READ: [(&str, Form, &str); 17] = [
    ("ed25519.INSECURE", Form::Pkcs8, "ed25519.pub"),
    ("ed25519-pbkdf2.INSECURE", Form::Pkcs8Encrypted, "ed25519.pub"),
    ("p256.INSECURE", Form::Pkcs8, "p256.pub"),
    ("p256-aes128-sha1.INSECURE", Form::Pkcs8Encrypted, "p256.pub"),
    ("p256-scrypt.INSECURE", Form::Pkcs8Encrypted, "p256.pub"),
    ("p256-sec1.INSECURE", Form::Sec1, "p256-sec1.pub"),
    ("p256-without-public.INSECURE", Form::Sec1, "p256-sec1.pub"),
    ("p256-sec1-aes128.INSECURE", Form::Sec1Encrypted, "p256-sec1.pub"),
    ("p256-sec1-aes256.INSECURE", Form::Sec1Encrypted, "p256-sec1.pub"),
    ("ssh.INSECURE", Form::OpenSsh, "ssh-as-pem.pub"),
    ("ssh-bcrypt.INSECURE", Form::OpenSshEncrypted, "ssh-as-pem.pub"),
    ("cosign.INSECURE", Form::Cosign, "p256.pub"),
    ("cosign-old.INSECURE", Form::Cosign, "ed25519.pub"),
    ("cosign-empty.INSECURE", Form::Cosign, "p256.pub"),
    ("notary-plain.INSECURE", Form::Pkcs8, "notary-targets.pub"),
    ("notary-root.INSECURE", Form::Pkcs8Encrypted, "notary-root.pub"),
    ("notary-targets.INSECURE", Form::Pkcs8Encrypted, "notary-targets.pub"),
];

fn passphrase(name: &str) -> &'static str {
    match name {
        "notary-root.INSECURE" => "rootpass01",
        "notary-targets.INSECURE" => "targpass01",
        _ => "passphrase",
    }
}

#[test]
fn what_other_tools_wrote_signs_here() {
    for (name, form, expected) in READ {
        assert_eq!(parse(name).unwrap_or_else(|error| panic!("{name}: {error}")).form(), form, "{name}");
        let secret = open(name, passphrase(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(secret.public_key(), &public(expected), "{name}");
        let signature = secret.signer().unwrap().sign(b"message").unwrap();
        assert!(public(expected).verify(b"message", &signature), "{name}");
    }
}

#[test]
fn another_passphrase_opens_none_of_them() {
    let encrypted = [Form::Pkcs8Encrypted, Form::Sec1Encrypted, Form::OpenSshEncrypted, Form::Cosign];
    for (name, form, _) in READ {
        if encrypted.contains(&form) && name != "cosign-empty.INSECURE" {
            for guess in ["another", "Passphrase"] {
                let refused = open(name, guess).map(drop);
                assert!(matches!(refused, Err(ImportError::Passphrase)), "{name}: {refused:?}");
            }
        }
    }
}

#[test]
fn notary_says_whose_key_it_is() {
    let (root, targets) = (parse("notary-root.INSECURE").unwrap(), parse("notary-targets.INSECURE").unwrap());
    assert_eq!((root.claimed_role(), root.claimed_repository()), (Some("root"), None));
    assert_eq!(targets.claimed_role(), Some("targets"));
    assert_eq!(targets.claimed_repository(), Some("localhost:5000/vectors/app"));
    assert_eq!(open("notary-root.INSECURE", "rootpass01").unwrap().public_key().algorithm(), Algorithm::EcdsaP256);
    let plain = parse("p256.INSECURE").unwrap();
    assert_eq!((plain.claimed_role(), plain.claimed_repository()), (None, None));
}

#[test]
fn line_ends_and_words_around_a_key_do_not_matter() {
    let text = String::from_utf8(fixture("notary-targets.INSECURE")).unwrap();
    let public = String::from_utf8(fixture("p256.pub")).unwrap();
    for text in [text.replace('\n', "\r\n"), format!("My key.\n{text}"), format!("{public}{text}")] {
        let key = ImportedKey::parse(text.as_bytes()).unwrap();
        let secret = key.open(&Passphrase::new("targpass01".to_owned()).unwrap()).unwrap();
        assert_eq!(secret.public_key(), &self::public("notary-targets.pub"));
    }
}
