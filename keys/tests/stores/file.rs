use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use manifesto_keys::{Inserted, KeyStore, SealError, StoreError, dev, store::FileStore};
use tempfile::TempDir;

use crate::{Knows, Nobody, contract::signs, record};

/// A store with one key, the folder, and the key's file.
fn with_one_key() -> (TempDir, PathBuf, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("keys");
    let store = FileStore::new(&folder, Knows::new("secret"));
    store.insert(&record("ed25519-1"), &dev::secret("ed25519-1")).unwrap();
    let file = folder.join(format!("{}.pem", record("ed25519-1").key_id()));
    (home, folder, file)
}

fn load(folder: &Path) -> Result<(), StoreError> {
    FileStore::new(folder, Knows::new("secret")).load(record("ed25519-1").key_id()).map(drop)
}

#[test]
fn the_passphrase_is_asked_for_once_per_store() {
    let (_home, folder, _) = with_one_key();
    let asked = Knows::new("secret");
    let store = FileStore::new(&folder, asked.clone());
    store.list().unwrap();
    store.probe().unwrap();
    assert_eq!(asked.asked(), (0, 0));
    signs(&store, &record("ed25519-1"));
    store.insert(&record("ed25519-2"), &dev::secret("ed25519-2")).unwrap();
    signs(&store, &record("ed25519-2"));
    assert_eq!(asked.asked(), (1, 0));

    let asked = Knows::new("first");
    let store = FileStore::new(&folder.join("new"), asked.clone());
    store.insert(&record("ed25519-3"), &dev::secret("ed25519-3")).unwrap();
    signs(&store, &record("ed25519-3"));
    assert_eq!(asked.asked(), (0, 1));
}

#[test]
fn a_wrong_passphrase_changes_nothing_and_is_asked_for_again() {
    let (_home, folder, file) = with_one_key();
    let before = fs::read(&file).unwrap();
    let asked = Knows::new("guess");
    let store = FileStore::new(&folder, asked.clone());
    let key_id = record("ed25519-1").key_id().clone();
    assert!(matches!(store.load(&key_id).map(drop), Err(StoreError::WrongPassphrase { .. })));
    assert!(matches!(store.load(&key_id).map(drop), Err(StoreError::WrongPassphrase { .. })));
    assert_eq!(asked.asked(), (2, 0));
    // Neither a second key under another passphrase nor the first one over again.
    for key in ["ed25519-2", "ed25519-1"] {
        let inserted = store.insert(&record(key), &dev::secret(key));
        assert!(matches!(inserted, Err(StoreError::WrongPassphrase { .. })));
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(store.list().unwrap().len(), 1);

    let store = FileStore::new(&folder, Arc::new(Nobody));
    assert!(matches!(store.load(&key_id).map(drop), Err(StoreError::NoPassphrase { .. })));
}

#[test]
fn what_others_can_reach_is_refused() {
    let (_home, folder, file) = with_one_key();
    for bits in [0o640, 0o604, 0o620, 0o666] {
        fs::set_permissions(&file, Permissions::from_mode(bits)).unwrap();
        assert!(matches!(load(&folder), Err(StoreError::Exposed { mode, .. }) if mode == bits));
    }
    fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
    load(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    let store = FileStore::new(&folder, Knows::new("secret"));
    assert!(matches!(load(&folder), Err(StoreError::Exposed { mode: 0o755, .. })));
    assert!(matches!(store.probe(), Err(StoreError::Exposed { .. })));
    let inserted = store.insert(&record("ed25519-2"), &dev::secret("ed25519-2"));
    assert!(matches!(inserted, Err(StoreError::Exposed { .. })));
}

#[test]
fn damaged_files_are_errors_and_never_an_empty_store() {
    let (_home, folder, file) = with_one_key();
    let good = fs::read_to_string(&file).unwrap();
    let list = || FileStore::new(&folder, Arc::new(Nobody)).list();
    let damaged = [
        ("empty", String::new()),
        ("cut off", good[..good.len() / 2].to_owned()),
        ("without its end", good.lines().take(4).collect()),
        ("no longer base64", good.replacen("-----\nM", "-----\n?", 1)),
        (
            "another key id",
            good.replacen(record("ed25519-1").key_id().as_str(), record("ed25519-2").key_id().as_str(), 1),
        ),
        ("endless", format!("{good}{}", " ".repeat(1 << 20))),
    ];
    for (how, text) in damaged {
        fs::write(&file, text).unwrap();
        assert!(matches!(load(&folder), Err(StoreError::Sealed { .. })), "{how}");
        assert!(matches!(list(), Err(StoreError::Sealed { .. })), "{how}");
    }
    fs::write(&file, [0xff, 0xfe, 0x00]).unwrap();
    assert!(matches!(load(&folder), Err(StoreError::Io { .. })));

    fs::write(&file, &good).unwrap();
    fs::rename(&file, folder.join(format!("{}.pem", record("ed25519-2").key_id()))).unwrap();
    assert!(matches!(list(), Err(StoreError::Misnamed { .. })));
}

#[test]
fn a_file_without_its_record_signs_but_is_not_listed_silently() {
    let (_home, folder, file) = with_one_key();
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, good.split_once('\n').unwrap().1).unwrap();
    load(&folder).unwrap();
    let listed = FileStore::new(&folder, Arc::new(Nobody)).list();
    assert!(matches!(listed, Err(StoreError::Sealed { source: SealError::NoRecord, .. })));
}

#[test]
fn a_key_under_another_keys_name_is_refused() {
    let (_home, folder, file) = with_one_key();
    let good = fs::read_to_string(&file).unwrap();
    let other = folder.join(format!("{}.pem", record("ed25519-2").key_id()));
    fs::write(&other, good.split_once('\n').unwrap().1).unwrap();
    fs::set_permissions(&other, Permissions::from_mode(0o600)).unwrap();
    let store = FileStore::new(&folder, Knows::new("secret"));
    let loaded = store.load(record("ed25519-2").key_id()).map(drop);
    assert!(matches!(loaded, Err(StoreError::OtherKey { found, .. }) if found == *record("ed25519-1").key_id()));
}

#[test]
fn a_folder_that_cannot_be_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    for folder in [file.clone(), file.join("keys")] {
        let store = FileStore::new(&folder, Knows::new("secret"));
        assert!(matches!(store.list(), Err(StoreError::Io { .. })));
        assert!(matches!(store.probe(), Err(StoreError::Io { .. })));
        let inserted = store.insert(&record("ed25519-1"), &dev::secret("ed25519-1"));
        assert!(matches!(inserted, Err(StoreError::Io { .. })));
    }
}

#[test]
fn a_removed_key_can_come_back() {
    let (_home, folder, file) = with_one_key();
    let store = FileStore::new(&folder, Knows::new("secret"));
    store.remove(record("ed25519-1").key_id()).unwrap();
    assert!(!file.exists());
    assert_eq!(store.insert(&record("ed25519-1"), &dev::secret("ed25519-1")).unwrap(), Inserted::New);
    signs(&store, &record("ed25519-1"));
}
