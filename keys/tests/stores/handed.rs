use manifesto_keys::{
    KeyRecord, KeyStore, SealError, StoreError, backup, dev,
    store::{FileStore, HandedStore},
};
use manifesto_tuf::name::TopLevelRole;

use crate::{Knows, Nobody, contract::signs, passphrase, record};

/// The text of a key file: what a CI system is given.
fn exported(key: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let store = FileStore::new(&home.path().join("keys"), Knows::new("secret"));
    store.insert(&record(key), &dev::secret(key)).unwrap();
    let file = home.path().join("keys").join(format!("{}.pem", record(key).key_id()));
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn reads_one_key_and_only_reads() {
    for key in ["ed25519-1", "p256-1"] {
        let asked = Knows::new("secret");
        let store = HandedStore::open(&exported(key), "MANIFESTO_KEY", asked.clone()).unwrap();
        assert_eq!(asked.asked(), (0, 0), "the record is known without a passphrase");
        let listed = store.list().unwrap();
        assert_eq!((listed.len(), listed[0].name(), listed[0].role()), (1, "alice", Some(&TopLevelRole::Root.into())));
        assert_eq!(listed[0].store(), Some("MANIFESTO_KEY"));
        signs(&store, &record(key));
        assert_eq!(asked.asked(), (1, 0), "asked once");

        let other = record("ed25519-2");
        assert!(matches!(store.load(other.key_id()), Err(StoreError::NotFound { .. })));
        assert!(matches!(store.insert(&other, &dev::secret("ed25519-2")), Err(StoreError::ReadOnly(_))));
        assert!(matches!(store.remove(other.key_id()), Err(StoreError::ReadOnly(_))));
    }
}

#[test]
fn what_a_ci_system_does_to_line_ends_does_not_matter() {
    let text = exported("ed25519-1");
    for text in [text.trim_end().to_owned(), text.replace('\n', "\r\n"), format!("\n\n{text}\n\n")] {
        let store = HandedStore::open(&text, "MANIFESTO_KEY", Knows::new("secret")).unwrap();
        signs(&store, &record("ed25519-1"));
    }
}

/// Why a text is no store.
pub(crate) fn fault(text: &str) -> SealError {
    match HandedStore::open(text, "MANIFESTO_KEY", Knows::new("secret")) {
        Err(StoreError::Sealed { source, .. }) => source,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted {text}"),
    }
}

#[test]
fn refuses_what_is_not_one_encrypted_key_that_can_sign() {
    let good = exported("ed25519-1");
    assert!(matches!(fault(""), SealError::Blocks(0)));
    assert!(matches!(fault("no key at all"), SealError::Blocks(0)));
    assert!(matches!(fault(&format!("{good}{good}")), SealError::TooMany(1)));
    assert!(matches!(fault(&good[..good.len() - 60]), SealError::Cut));
    assert!(matches!(fault(&good.replacen("-----\nM", "-----\n", 1)), SealError::Malformed(_)));
    assert!(matches!(fault(&good.replacen("key_id", "key", 1)), SealError::Record(_)));
    assert!(matches!(fault(&"x".repeat(1 << 20)), SealError::TooBig));
    let public = record("ed25519-1").public_key().to_pem();
    assert!(matches!(fault(&public), SealError::Label(label) if label == "PUBLIC KEY"));
}

#[test]
fn a_record_before_another_key_is_refused() {
    let (one, two) = (exported("ed25519-1"), exported("ed25519-2"));
    let mixed = format!("{}\n{}", one.lines().next().unwrap(), two.split_once('\n').unwrap().1);
    let store = HandedStore::open(&mixed, "MANIFESTO_KEY", Knows::new("secret")).unwrap();
    let loaded = store.load(record("ed25519-1").key_id()).map(drop);
    assert!(matches!(loaded, Err(StoreError::Sealed { source: SealError::OtherKey { .. }, .. })));
}

#[test]
fn a_wrong_passphrase_and_nobody_to_ask_are_told_apart() {
    let text = exported("ed25519-1");
    let key_id = record("ed25519-1").key_id().clone();
    let store = HandedStore::open(&text, "MANIFESTO_KEY", Knows::new("guess")).unwrap();
    assert!(matches!(store.load(&key_id).map(drop), Err(StoreError::WrongPassphrase { .. })));
    let store = HandedStore::open(&text, "MANIFESTO_KEY", std::sync::Arc::new(Nobody)).unwrap();
    assert!(matches!(store.load(&key_id).map(drop), Err(StoreError::NoPassphrase { .. })));
}

#[test]
fn one_key_of_a_backup_can_be_handed_in() {
    let pair = (record("p256-2"), dev::secret("p256-2"));
    let text = String::from_utf8(backup(&[pair], &passphrase("secret")).unwrap()).unwrap();
    let store = HandedStore::open(&text, "MANIFESTO_KEY", Knows::new("secret")).unwrap();
    signs(&store, &record("p256-2"));
}

#[test]
fn a_name_that_breaks_lines_is_refused() {
    assert!(KeyRecord::new(dev::public_key("ed25519-1"), "alice\n-----BEGIN", None).is_err());
}

#[test]
fn a_key_that_is_weakly_encrypted_is_for_importing_only() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/keys/p256-aes128-sha1.INSECURE");
    let text = std::fs::read_to_string(fixture).unwrap();
    let opened = HandedStore::open(&text, "MANIFESTO_KEY", Knows::new("passphrase")).map(drop);
    assert!(matches!(opened, Err(StoreError::Sealed { source: SealError::Scheme, .. })), "{opened:?}");
}
