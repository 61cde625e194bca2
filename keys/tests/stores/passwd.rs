use std::{collections::VecDeque, fs, sync::Mutex};

use manifesto_keys::{AskError, AskPassphrase, KeyStore, Passphrase, Purpose, StoreError, dev, store::FileStore};

use super::{Knows, passphrase, record};

/// Answers from two lists, and asks again as long as there are answers.
struct Answers {
    present: Mutex<VecDeque<&'static str>>,
    new: &'static str,
}

impl Answers {
    fn new<const N: usize>(present: [&'static str; N], new: &'static str) -> Self {
        Self { present: Mutex::new(present.into()), new }
    }
}

impl AskPassphrase for Answers {
    fn ask(&self, _: &str, purpose: Purpose) -> Result<Passphrase, AskError> {
        match purpose {
            Purpose::New => Ok(passphrase(self.new)),
            Purpose::Open | Purpose::Pin => {
                self.present.lock().unwrap().pop_front().map(passphrase).ok_or(AskError::NobodyThere)
            }
        }
    }

    fn again(&self, _: &str, _: Purpose, tries: usize) -> bool {
        tries < 3
    }
}

fn store(folder: &std::path::Path, passphrase: &'static str) -> FileStore {
    FileStore::new(folder, Knows::new(passphrase))
}

fn three_keys() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let keys = store(&home.path().join("keys"), "old");
    for key in ["ed25519-1", "ed25519-2", "p256-1"] {
        keys.insert(&record(key), &dev::secret(key)).unwrap();
    }
    home
}

fn opens(folder: &std::path::Path, passphrase: &'static str) -> usize {
    let keys = store(folder, passphrase);
    ["ed25519-1", "ed25519-2", "p256-1"].iter().filter(|key| keys.load(record(key).key_id()).is_ok()).count()
}

#[test]
fn all_keys_change_and_keep_their_records() {
    let home = three_keys();
    let folder = home.path().join("keys");
    let before = store(&folder, "old").list().unwrap();
    let change = store(&folder, "old").change_passphrase(&Answers::new(["old"], "new")).unwrap();
    assert_eq!((change.changed.len(), change.unchanged.len()), (3, 0));
    assert_eq!(store(&folder, "new").list().unwrap(), before);
    assert_eq!((opens(&folder, "old"), opens(&folder, "new")), (0, 3));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3, "no temporary file stays");
}

#[test]
fn an_interrupted_change_is_completed_by_the_same_again() {
    let home = three_keys();
    let folder = home.path().join("keys");
    let first = folder.join(format!("{}.pem", record("ed25519-1").key_id()));
    let old = fs::read(&first).unwrap();
    store(&folder, "old").change_passphrase(&Answers::new(["old"], "new")).unwrap();
    fs::write(&first, old).unwrap();
    assert_eq!((opens(&folder, "old"), opens(&folder, "new")), (1, 2));

    // With a third passphrase nothing moves: two files would be left behind.
    let refused = store(&folder, "old").change_passphrase(&Answers::new(["old"], "third"));
    assert!(matches!(refused, Err(StoreError::WrongPassphrase { .. })), "{refused:?}");
    assert_eq!((opens(&folder, "old"), opens(&folder, "new")), (1, 2));

    let change = store(&folder, "old").change_passphrase(&Answers::new(["old"], "new")).unwrap();
    assert_eq!((change.changed.len(), change.unchanged.len()), (1, 2));
    assert_eq!(opens(&folder, "new"), 3);
}

#[test]
fn a_wrong_or_the_same_passphrase_changes_nothing() {
    let home = three_keys();
    let folder = home.path().join("keys");
    let refused = store(&folder, "old").change_passphrase(&Answers::new(["a", "b", "c", "old"], "new"));
    assert!(matches!(refused, Err(StoreError::WrongPassphrase { .. })), "the third try is the last: {refused:?}");
    let refused = store(&folder, "old").change_passphrase(&Answers::new(["old"], "old"));
    assert!(matches!(refused, Err(StoreError::SamePassphrase { .. })), "{refused:?}");
    assert_eq!(opens(&folder, "old"), 3);
}

#[test]
fn a_person_who_mistypes_twice_is_asked_a_third_time() {
    let home = three_keys();
    let folder = home.path().join("keys");
    let key_id = record("ed25519-1").key_id().clone();
    let keys = FileStore::new(&folder, std::sync::Arc::new(Answers::new(["a", "b", "old"], "")));
    keys.load(&key_id).unwrap();
    let keys = FileStore::new(&folder, std::sync::Arc::new(Answers::new(["a", "b", "c", "old"], "")));
    assert!(matches!(keys.load(&key_id).map(drop), Err(StoreError::WrongPassphrase { .. })));
}
