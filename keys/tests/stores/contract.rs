use manifesto_keys::{
    Algorithm, Inserted, KeyId, KeyRecord, KeyStore, MemoryStore, NewKey, Role, StoreError, dev, store::FileStore,
};

use crate::{Knows, record};

/// What every store that can be changed does, beginning with an empty one. `usable` looks at a key that is there.
pub(crate) fn check(store: &dyn KeyStore, usable: impl Fn(&dyn KeyStore, &KeyRecord)) {
    store.probe().unwrap();
    assert!(store.list().unwrap().is_empty());

    let (alice, secret) = (record("ed25519-1"), dev::secret("ed25519-1"));
    assert!(matches!(store.load(alice.key_id()), Err(StoreError::NotFound { key_id }) if key_id == *alice.key_id()));
    assert_eq!(store.insert(&alice, &secret).unwrap(), Inserted::New);
    assert_eq!(listed(store), [facts(&alice)]);
    assert_eq!(store.list().unwrap()[0].store(), Some(store.describe().as_str()));
    usable(store, &alice);

    assert_eq!(store.insert(&alice, &secret).unwrap(), Inserted::Known);
    assert_eq!(listed(store), [facts(&alice)]);
    let moved = alice.clone().with_role(qa(), "example.org/acme/web").unwrap();
    assert_eq!(store.insert(&moved, &secret).unwrap(), Inserted::Known);
    assert_eq!(listed(store), [facts(&moved)]);
    usable(store, &moved);

    let ci = KeyRecord::new(dev::public_key("p256-1"), "ci läuft", None).unwrap();
    assert_eq!(store.insert(&ci, &dev::secret("p256-1")).unwrap(), Inserted::New);
    usable(store, &ci);
    usable(store, &moved);
    let mut both = [facts(&moved), facts(&ci)];
    both.sort();
    assert_eq!(listed(store), both);

    let made = store.generate(&new_key(Algorithm::EcdsaP256)).unwrap();
    assert_eq!((made.record.name(), made.record.role()), ("bob", Some(&qa())));
    assert_eq!(made.record.store(), Some(store.describe().as_str()));
    assert!(listed(store).contains(&facts(&made.record)));
    usable(store, &made.record);
    assert!(made.secret.is_none_or(|secret| secret.public_key() == made.record.public_key()));
    store.remove(made.record.key_id()).unwrap();
    assert_eq!(listed(store), both);

    let wrong = store.insert(&ci, &secret);
    assert!(matches!(wrong, Err(StoreError::OtherKey { expected, .. }) if expected == *ci.key_id()));

    assert!(store.recover().unwrap().is_empty());

    store.remove(moved.key_id()).unwrap();
    assert_eq!(listed(store), [facts(&ci)]);
    usable(store, &ci);
    for absent in [moved.key_id().as_str(), "", "../../etc/passwd", &"A".repeat(64)].map(KeyId::from) {
        assert!(matches!(store.load(&absent), Err(StoreError::NotFound { .. })), "{absent}");
        assert!(matches!(store.remove(&absent), Err(StoreError::NotFound { .. })), "{absent}");
    }
}

fn qa() -> Role {
    "qa".parse().unwrap()
}

fn new_key(algorithm: Algorithm) -> NewKey {
    let created = "2026-11-20T17:00:00Z".parse().unwrap();
    NewKey::new(algorithm, "bob", created).with_role(qa(), "example.org/acme/app")
}

/// The key signs, what it signs verifies, and it travels.
pub(crate) fn signs(store: &dyn KeyStore, record: &KeyRecord) {
    signs_only(store, record);
    assert_eq!(store.export(record.key_id()).unwrap().public_key(), record.public_key());
}

/// The key signs, and what it signs verifies.
pub(crate) fn signs_only(store: &dyn KeyStore, record: &KeyRecord) {
    let signer = store.load(record.key_id()).unwrap();
    assert_eq!(signer.public_key(), record.public_key());
    let signature = signer.sign(b"message").unwrap();
    assert!(record.public_key().verify(b"message", &signature));
    assert!(!record.public_key().verify(b"another message", &signature));
}

/// The documents of all listed records, in order.
pub(crate) fn listed(store: &dyn KeyStore) -> Vec<String> {
    let mut facts: Vec<_> = store.list().unwrap().iter().map(facts).collect();
    facts.sort();
    facts
}

fn facts(record: &KeyRecord) -> String {
    serde_json::to_string(record).unwrap()
}

#[test]
fn memory() {
    check(&MemoryStore::default(), signs);
}

#[test]
fn file() {
    let home = tempfile::tempdir().unwrap();
    check(&FileStore::new(&home.path().join("not/there/yet"), Knows::new("secret")), signs);
}
