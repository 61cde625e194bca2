use manifesto_keys::{ImportError, ImportedKey};

use super::{READ, fixture, open, parse, passphrase};

fn message(name: &str) -> String {
    open(name, "passphrase").map(drop).unwrap_err().to_string()
}

#[test]
fn other_kinds_of_keys_are_named() {
    let only = "only ed25519 and ecdsa (P-256)";
    for name in ["rsa-1024.INSECURE", "rsa-2048.INSECURE", "ssh-rsa.INSECURE"] {
        assert_eq!(message(name), format!("keys of kind 'RSA' are not supported, {only}"), "{name}");
    }
    for name in ["p384.INSECURE", "p384-sec1.INSECURE"] {
        let expected = format!("keys of kind 'elliptic curves other than P-256' are not supported, {only}");
        assert_eq!(message(name), expected, "{name}");
    }
    let expected = format!("keys of kind 'OpenSSH, other than ssh-ed25519' are not supported, {only}");
    assert_eq!(message("ssh-ecdsa.INSECURE"), expected);
}

#[test]
fn encryption_that_is_not_read_is_named() {
    assert_eq!(message("p256-sec1-des3.INSECURE"), "encrypted with 'DES-EDE3-CBC', which is not supported");
    assert_eq!(message("ssh-3des.INSECURE"), "encrypted with '3des-cbc', which is not supported");
    assert!(message("p256-pbes1.INSECURE").contains("other than PBES2"));
}

#[test]
fn costs_are_refused_before_they_arise() {
    let expected = "deriving the key would take scrypt with N=16384, r=8, p=1, more than is allowed";
    assert_eq!(message("cosign-costly.INSECURE"), expected);

    let start = std::time::Instant::now();
    let greedy = ssh_with_rounds(1 << 30);
    let key = ImportedKey::parse(greedy.as_bytes()).unwrap();
    let refused = key.open(&manifesto_keys::Passphrase::new("passphrase".to_owned()).unwrap()).map(drop);
    assert!(matches!(refused, Err(ImportError::Cost(_))), "{refused:?}");
    assert!(start.elapsed().as_millis() < 500, "refused before it was tried");
}

/// The encrypted OpenSSH key, with another number of rounds in it.
fn ssh_with_rounds(rounds: u32) -> String {
    use base64ct::{Base64, Encoding as _};

    let text = String::from_utf8(fixture("ssh-bcrypt.INSECURE")).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let mut bytes = Base64::decode_vec(&body).unwrap();
    let at = bytes.windows(10).position(|window| window == b"bcrypt\0\0\0\x18").unwrap() + 10;
    // The length of the salt, the salt of 16 bytes, the rounds.
    bytes[at + 4 + 16..at + 4 + 20].copy_from_slice(&rounds.to_be_bytes());
    let body = Base64::encode_string(&bytes);
    format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n")
}

#[test]
fn what_holds_no_private_key_says_so() {
    for (bytes, expected) in [
        (&b""[..], "there is no private key in it"),
        (b"hello", "there is no private key in it"),
        (&[0xff, 0x00], "there is no private key in it"),
        (&fixture("p256.pub"), "there is no private key in it, only a 'PUBLIC KEY'"),
        (&fixture("ssh.pub"), "there is no private key in it, only a 'ssh public key'"),
        (&[b'x'; 1 << 17], "longer than a file with one private key can be"),
    ] {
        assert_eq!(ImportedKey::parse(bytes).map(drop).unwrap_err().to_string(), expected);
    }
    let two = [fixture("p256.INSECURE"), fixture("ed25519.INSECURE")].concat();
    let refused = ImportedKey::parse(&two).map(drop).unwrap_err().to_string();
    assert_eq!(refused, "there are 2 private keys in it, but only one can be imported at a time");
}

#[test]
fn a_key_that_was_cut_off_or_damaged_is_refused() {
    for (name, _, _) in READ {
        let whole = fixture(name);
        // Behind the last dash, a line end that is missing changes nothing.
        for cut in (0..whole.trim_ascii_end().len()).step_by(7) {
            assert!(ImportedKey::parse(&whole[..cut]).is_err(), "{name}, {cut} bytes");
        }
        let text = String::from_utf8(whole).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.remove(lines.len() - 2);
        let shorter = ImportedKey::parse((lines.join("\n") + "\n").as_bytes());
        let opened = shorter.and_then(|key| match key.open_freely()? {
            Some(_) => Ok(()),
            None => key.open(&manifesto_keys::Passphrase::new(passphrase(name).to_owned()).unwrap()).map(drop),
        });
        assert!(opened.is_err(), "{name} without its last line");
    }
    let swapped = String::from_utf8(fixture("p256.INSECURE")).unwrap().replace("END PRIVATE", "END PUBLIC");
    assert!(matches!(ImportedKey::parse(swapped.as_bytes()).map(drop), Err(ImportError::Cut)));
    assert!(parse("p256.INSECURE").is_ok());
}

#[test]
fn a_flipped_bit_in_an_unencrypted_key_is_noticed_or_harmless() {
    use base64ct::{Base64, Encoding as _};

    let text = String::from_utf8(fixture("p256.INSECURE")).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = Base64::decode_vec(&body).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let body = Base64::encode_string(&flipped);
        let text = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        if let Ok(Some(secret)) = ImportedKey::parse(text.as_bytes()).and_then(|key| key.open_freely()) {
            assert_eq!(secret.public_key(), &super::public("p256.pub"), "bit {bit}");
        }
    }
}

#[test]
fn arbitrary_text_is_refused_without_panic() {
    proptest::proptest!(|(text in "(-----BEGIN |-----END |EC |OPENSSH |ENCRYPTED |COSIGN |PRIVATE KEY-----\n|DEK-Info: |\n|[ -~]{0,8}|é){0,24}")| {
        if let Ok(key) = ImportedKey::parse(text.as_bytes()) {
            proptest::prop_assert!(key.open_freely().is_err() || key.form() != manifesto_keys::Form::Pkcs8);
        }
    });
}
