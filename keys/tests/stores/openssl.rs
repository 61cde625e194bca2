//! Keys that OpenSSL reads, and keys that it made.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use manifesto_keys::{
    KeyStore, SealError, SecretError, dev,
    store::{FileStore, HandedStore},
};

use crate::{
    Knows,
    backup::{KEYS, written},
    contract::signs,
    handed::fault,
    record, run,
};

fn openssl(arguments: &[&str]) -> String {
    String::from_utf8(run(Command::new("openssl").args(arguments))).unwrap()
}

/// A key of OpenSSL's making, encrypted by it.
fn made_by_openssl(algorithm: &[&str]) -> String {
    let arguments = ["genpkey", "-aes-256-cbc", "-pass", "pass:secret", "-algorithm"];
    openssl(&[&arguments, algorithm].concat())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn openssl_reads_the_files_and_others_cannot() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("keys");
    let store = FileStore::new(&folder, Knows::new("secret"));
    for key in ["ed25519-1", "p256-1"] {
        store.insert(&record(key), &dev::secret(key)).unwrap();
        let file = folder.join(format!("{}.pem", record(key).key_id()));
        assert_eq!(mode(&file), 0o600);
        let public = run(Command::new("openssl").args(["pkey", "-passin", "pass:secret", "-pubout", "-in"]).arg(&file));
        assert_eq!(String::from_utf8(public).unwrap(), record(key).public_key().to_pem());
        let asn1 = run(Command::new("openssl").args(["asn1parse", "-in"]).arg(&file));
        let asn1 = String::from_utf8(asn1).unwrap();
        for part in ["PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", "0927C0"] {
            assert!(asn1.contains(part), "{part} in {asn1}");
        }
    }
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no temporary file stays");
}

#[test]
fn openssl_decrypts_each_key() {
    let home = tempfile::tempdir().unwrap();
    let text = written();
    let blocks: Vec<_> = text.split_inclusive("-----END ENCRYPTED PRIVATE KEY-----\n").take(KEYS.len()).collect();
    for (block, key) in blocks.into_iter().zip(KEYS) {
        let file = home.path().join(key);
        fs::write(&file, block).unwrap();
        let public = run(Command::new("openssl").args(["pkey", "-passin", "pass:secret", "-pubout", "-in"]).arg(&file));
        assert_eq!(String::from_utf8(public).unwrap(), dev::public_key(key).to_pem());
    }
}

#[test]
fn takes_keys_that_openssl_made() {
    for algorithm in [&["ed25519"][..], &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]] {
        let text = made_by_openssl(algorithm);
        let store = HandedStore::open(&text, "ci.key", Knows::new("secret")).unwrap();
        let record = &store.list().unwrap()[0];
        assert_eq!((record.name(), record.role(), record.created()), ("ci.key", None, None));
        signs(&store, record);
    }
}

#[test]
fn refuses_keys_of_openssl_that_are_plain_or_of_another_algorithm() {
    assert!(matches!(fault(&openssl(&["genpkey", "-algorithm", "ed25519"])), SealError::Plain));
    let rsa = fault(&made_by_openssl(&["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]));
    assert!(matches!(&rsa, SealError::Secret(SecretError::Unsupported(kind)) if kind.0 == "RSA"), "{rsa}");
    let curve = fault(&made_by_openssl(&["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]));
    assert!(matches!(curve, SealError::Secret(SecretError::Unsupported(_))));
}
