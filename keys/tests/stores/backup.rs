use manifesto_keys::{
    BackupError, Inserted, KeyRecord, KeyStore, MemoryStore, SealError, Secret, backup, backup_records, dev, restore,
};

use crate::{contract::signs, passphrase, record};

pub(crate) const KEYS: [&str; 3] = ["ed25519-1", "ed25519-2", "p256-1"];

fn pairs() -> Vec<(KeyRecord, Secret)> {
    KEYS.map(|key| (record(key), dev::secret(key))).into()
}

pub(crate) fn written() -> String {
    String::from_utf8(backup(&pairs(), &passphrase("secret")).unwrap()).unwrap()
}

fn fails(text: &str) -> BackupError {
    restore(text.as_bytes(), &passphrase("secret")).map(drop).unwrap_err()
}

#[test]
fn what_is_restored_signs_and_restoring_again_changes_nothing() {
    let text = written();
    let records: Vec<_> = KEYS.map(record).into();
    assert_eq!(backup_records(text.as_bytes()).unwrap(), records);
    let store = MemoryStore::default();
    for expected in [Inserted::New, Inserted::Known] {
        for (record, secret) in restore(text.as_bytes(), &passphrase("secret")).unwrap() {
            assert_eq!(store.insert(&record, &secret).unwrap(), expected);
        }
        assert_eq!(store.list().unwrap().len(), KEYS.len());
        KEYS.iter().for_each(|key| signs(&store, &record(key)));
    }
}

#[test]
fn a_wrong_passphrase_and_a_damaged_file_are_told_apart() {
    let text = written();
    let wrong = restore(text.as_bytes(), &passphrase("guess")).map(drop);
    assert!(matches!(wrong, Err(BackupError::WrongPassphrase)));

    let end = text.rfind("-----END").unwrap();
    let mut flipped = text.clone().into_bytes();
    flipped[end - 20] ^= 1;
    let flipped = String::from_utf8(flipped).unwrap();
    assert!(matches!(fails(&flipped), BackupError::Damaged));
    assert!(matches!(fails(&text[..end]), BackupError::Damaged), "cut off");
    let first = text.find("-----END").unwrap();
    assert!(matches!(fails(&text[..first + 40]), BackupError::Damaged), "cut off after a whole key");
    assert!(matches!(fails(&text.replacen("alice", "mallory", 1)), BackupError::Damaged));
}

#[test]
fn other_files_and_endless_ones_are_refused() {
    assert!(matches!(fails(""), BackupError::NotABackup));
    assert!(matches!(fails("{\"keys\":[]}"), BackupError::NotABackup));
    assert!(matches!(restore(&[0xff; 100], &passphrase("x")).map(drop), Err(BackupError::NotABackup)));
    assert!(matches!(fails(&"manifesto-backup: v1\n".repeat(1 << 20)), BackupError::TooBig));
}

#[test]
fn records_and_keys_must_belong_together() {
    let crossed = vec![(record("ed25519-1"), dev::secret("ed25519-2"))];
    let refused = backup(&crossed, &passphrase("secret"));
    assert!(matches!(refused, Err(BackupError::Key(SealError::OtherKey { .. }))));
}
