use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use base64ct::{Base64, Encoding as _};
use manifesto_keys::{
    Inserted, KeyRecord, KeyStore, KeyStoreSpec, StoreError, dev,
    store::{IndexError, KeyringStore, open},
};
use manifesto_tuf::name::TopLevelRole;

use crate::{
    Nobody,
    contract::{self, signs},
    record, run,
    session::{Session, within},
};

const DEADLINE: Duration = Duration::from_secs(20);

fn store(index: &Path) -> KeyringStore {
    KeyringStore::new(index, DEADLINE)
}

/// A test key as the keyring has it (RFC 7468).
fn pem(name: &str) -> String {
    let text = Base64::encode_string(&dev::pkcs8(name));
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// Calls a method over the session bus and returns the reply as text.
fn dbus(arguments: &[&str]) -> String {
    String::from_utf8(run(Command::new("dbus-send").args(["--session", "--print-reply"]).args(arguments))).unwrap()
}

fn lock() {
    let method = "org.freedesktop.Secret.Service.Lock";
    let login = "array:objpath:/org/freedesktop/secrets/collection/login";
    dbus(&["--dest=org.freedesktop.secrets", "/org/freedesktop/secrets", method, login]);
}

fn daemon() -> rustix::process::Pid {
    let method = "org.freedesktop.DBus.GetConnectionUnixProcessID";
    let reply = dbus(&["--dest=org.freedesktop.DBus", "/", method, "string:org.freedesktop.secrets"]);
    rustix::process::Pid::from_raw(reply.split_whitespace().last().unwrap().parse().unwrap()).unwrap()
}

#[test]
fn keeps_the_contract() {
    within(Session::Unlocked, "keyring::keeps_the_contract", || {
        let home = tempfile::tempdir().unwrap();
        contract::check(&store(&home.path().join("index")), signs);
    });
}

#[test]
fn another_process_and_secret_tool_find_the_key() {
    within(Session::Unlocked, "keyring::another_process_and_secret_tool_find_the_key", || {
        let home = tempfile::tempdir().unwrap();
        let (alice, secret) = (record("ed25519-1"), dev::secret("ed25519-1"));
        let key_id = alice.key_id().clone();
        store(home.path()).insert(&alice, &secret).unwrap();
        let other = open(&KeyStoreSpec::Keyring, home.path(), std::sync::Arc::new(Nobody), DEADLINE);
        signs(&*other, &alice);

        let user = format!("root/{key_id}@example.org/acme/app");
        let by_attribute = ["lookup", "service", "io.manifesto.tuf", "keyid", key_id.as_str()];
        let by_user = ["lookup", "service", "io.manifesto.tuf", "username", &user];
        let pem = pem("ed25519-1").into_bytes();
        assert_eq!(run(Command::new("secret-tool").args(by_attribute)), pem);
        assert_eq!(run(Command::new("secret-tool").args(by_user)), pem);
        let found = Command::new("secret-tool").args(["search", "keyid", key_id.as_str()]).output().unwrap();
        let found = String::from_utf8([found.stdout, found.stderr].concat()).unwrap();
        let label = format!("label = manifesto root key {} (example.org/acme/app)", key_id.short());
        for part in [label.as_str(), "attribute.name = alice", "schema = io.manifesto.TufKey"] {
            assert!(found.contains(part), "{part} in {found}");
        }

        // A new role is a new name for the item: the old one does not stay behind.
        let moved = alice.with_role(TopLevelRole::Timestamp, "example.org/acme/app").unwrap();
        assert_eq!(other.insert(&moved, &secret).unwrap(), Inserted::Known);
        assert!(!Command::new("secret-tool").args(by_user).output().unwrap().status.success());
        assert_eq!(run(Command::new("secret-tool").args(by_attribute)), pem);
        other.remove(&key_id).unwrap();
        assert!(!Command::new("secret-tool").args(by_attribute).output().unwrap().status.success());
    });
}

#[test]
fn a_key_deleted_or_replaced_behind_our_back_is_noticed() {
    within(Session::Unlocked, "keyring::a_key_deleted_or_replaced_behind_our_back_is_noticed", || {
        let home = tempfile::tempdir().unwrap();
        let (alice, store) = (record("ed25519-1"), store(home.path()));
        let key_id = alice.key_id().clone();
        store.insert(&alice, &dev::secret("ed25519-1")).unwrap();
        let user = format!("root/{key_id}@example.org/acme/app");
        let attributes = ["service", "io.manifesto.tuf", "username", &user];

        run(Command::new("secret-tool").arg("clear").args(attributes));
        assert!(matches!(store.load(&key_id).map(drop), Err(StoreError::Lost { .. })));
        assert_eq!(store.list().unwrap().len(), 1, "the list does not ask the keyring");

        let replace = |secret: &str| {
            let script = r#"secret=$1; shift; printf %s "$secret" | secret-tool store --label=x "$@""#;
            run(Command::new("sh").args(["-c", script, "sh", secret]).args(attributes));
        };
        let other = pem("ed25519-2");
        replace(&other);
        assert!(matches!(store.load(&key_id).map(drop), Err(StoreError::OtherKey { .. })));
        replace(&other[..60]);
        assert!(matches!(store.load(&key_id).map(drop), Err(StoreError::Secret { .. })));

        run(Command::new("secret-tool").arg("clear").args(attributes));
        store.remove(&key_id).unwrap();
        assert!(store.list().unwrap().is_empty(), "a lost key can be removed from the list");
    });
}

#[test]
fn a_locked_keyring_is_said_to_be_locked_and_still_lists() {
    within(Session::Unlocked, "keyring::a_locked_keyring_is_said_to_be_locked_and_still_lists", || {
        let home = tempfile::tempdir().unwrap();
        let (alice, store) = (record("ed25519-1"), store(home.path()));
        store.insert(&alice, &dev::secret("ed25519-1")).unwrap();
        lock();
        assert!(matches!(store.load(alice.key_id()).map(drop), Err(StoreError::Locked(_))));
        let second = store.insert(&record("ed25519-2"), &dev::secret("ed25519-2"));
        assert!(matches!(second, Err(StoreError::Locked(_))));
        assert!(matches!(store.remove(alice.key_id()), Err(StoreError::Locked(_))));
        assert_eq!(store.list().unwrap().len(), 1);
        store.probe().unwrap();
    });
}

#[test]
fn a_session_without_a_keyring_is_not_an_empty_one() {
    within(Session::Empty, "keyring::a_session_without_a_keyring_is_not_an_empty_one", || {
        let home = tempfile::tempdir().unwrap();
        let inserted = store(home.path()).insert(&record("ed25519-1"), &dev::secret("ed25519-1"));
        assert!(matches!(inserted, Err(StoreError::Locked(_))), "{inserted:?}");
        assert!(store(home.path()).list().unwrap().is_empty());
    });
}

#[test]
fn without_a_bus_the_keyring_is_unavailable() {
    within(Session::Absent, "keyring::without_a_bus_the_keyring_is_unavailable", || {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        assert!(matches!(store.probe(), Err(StoreError::Unavailable(_))));
        let inserted = store.insert(&record("ed25519-1"), &dev::secret("ed25519-1"));
        assert!(matches!(inserted, Err(StoreError::Unavailable(_))));
        assert!(store.list().unwrap().is_empty());
    });
}

#[test]
fn a_daemon_that_hangs_is_given_up_at_the_deadline() {
    within(Session::Unlocked, "keyring::a_daemon_that_hangs_is_given_up_at_the_deadline", || {
        let home = tempfile::tempdir().unwrap();
        let alice = record("ed25519-1");
        let impatient = KeyringStore::new(home.path(), Duration::from_secs(1));
        impatient.insert(&alice, &dev::secret("ed25519-1")).unwrap();
        let daemon = daemon();
        rustix::process::kill_process(daemon, rustix::process::Signal::STOP).unwrap();
        let start = Instant::now();
        let loaded = impatient.load(alice.key_id()).map(drop);
        let probed = impatient.probe();
        let took = start.elapsed();
        rustix::process::kill_process(daemon, rustix::process::Signal::KILL).unwrap();
        assert!(matches!(loaded, Err(StoreError::Hung(deadline)) if deadline == Duration::from_secs(1)));
        assert!(matches!(probed, Err(StoreError::Hung(_))));
        assert!((2..6).contains(&took.as_secs()), "{took:?}");
        assert_eq!(impatient.list().unwrap().len(), 1);
    });
}

#[test]
fn a_corrupted_index_is_an_error_and_stays_as_it_is() {
    within(Session::Unlocked, "keyring::a_corrupted_index_is_an_error_and_stays_as_it_is", || {
        let home = tempfile::tempdir().unwrap();
        let (alice, store, file) = (record("ed25519-1"), store(home.path()), home.path().join("keyring.json"));
        store.insert(&alice, &dev::secret("ed25519-1")).unwrap();
        let good = fs::read_to_string(&file).unwrap();
        let cases = [
            String::new(),
            good[..good.len() - 20].to_owned(),
            "[]".to_owned(),
            good.replace("dev.manifesto.keys/v1", "dev.manifesto.keys/v2"),
            good.replace(alice.key_id().as_str(), record("ed25519-2").key_id().as_str()),
        ];
        for bad in cases {
            fs::write(&file, &bad).unwrap();
            assert!(matches!(store.list(), Err(StoreError::Index { .. })), "{bad}");
            assert!(matches!(store.load(alice.key_id()).map(drop), Err(StoreError::Index { .. })), "{bad}");
            let inserted = store.insert(&record("ed25519-2"), &dev::secret("ed25519-2"));
            assert!(matches!(inserted, Err(StoreError::Index { .. })), "{bad}");
            assert_eq!(fs::read_to_string(&file).unwrap(), bad);
        }
        fs::write(&file, good).unwrap();
        signs(&store, &alice);
    });
}

#[test]
fn a_lost_index_is_made_again_from_the_keyring() {
    within(Session::Unlocked, "keyring::a_lost_index_is_made_again_from_the_keyring", || {
        let home = tempfile::tempdir().unwrap();
        let store = store(home.path());
        let ci = KeyRecord::new(dev::public_key("p256-1"), "ci", None).unwrap();
        store.insert(&record("ed25519-1"), &dev::secret("ed25519-1")).unwrap();
        store.insert(&ci, &dev::secret("p256-1")).unwrap();
        assert!(store.recover().unwrap().is_empty(), "nothing is missing");
        let put = |user: &str, secret: &str| {
            let script = r#"printf %s "$1" | secret-tool store --label=x service io.manifesto.tuf username "$2""#;
            run(Command::new("sh").args(["-c", script, "sh", secret, user]));
        };
        put("root/stray@example.org/a", "nonsense");
        put(&format!("qa/{}@example.org/a", ci.key_id()), &pem("p256-1"));
        assert!(store.recover().unwrap().is_empty(), "neither what is no key nor another item of a listed key");
        run(Command::new("secret-tool").args(["clear", "username", &format!("qa/{}@example.org/a", ci.key_id())]));

        let before = contract::listed(&store);
        fs::remove_file(home.path().join("keyring.json")).unwrap();
        assert!(store.list().unwrap().is_empty());
        assert_eq!(store.recover().unwrap().len(), 2);
        assert_eq!(contract::listed(&store), before);
        signs(&store, &ci);
        assert!(store.recover().unwrap().is_empty());
    });
}

#[test]
fn an_index_that_cannot_be_written_leaves_no_key_behind() {
    within(Session::Unlocked, "keyring::an_index_that_cannot_be_written_leaves_no_key_behind", || {
        let home = tempfile::tempdir().unwrap();
        let no_folder = home.path().join("file");
        fs::write(&no_folder, "").unwrap();
        // Nothing can be made in sysfs, not even by root.
        for index in [no_folder.as_path(), Path::new("/sys/kernel/manifesto")] {
            let inserted = store(index).insert(&record("ed25519-1"), &dev::secret("ed25519-1"));
            assert!(matches!(inserted, Err(StoreError::Index { .. })), "{inserted:?}");
            let kept = Command::new("secret-tool").args(["lookup", "service", "io.manifesto.tuf"]).output().unwrap();
            assert!(kept.stdout.is_empty());
        }
    });
}

#[test]
fn an_index_that_another_process_locks_is_busy() {
    within(Session::Unlocked, "keyring::an_index_that_another_process_locks_is_busy", || {
        let home = tempfile::tempdir().unwrap();
        let lock = fs::File::create(home.path().join("keyring.lock")).unwrap();
        lock.lock().unwrap();
        let inserted = store(home.path()).insert(&record("ed25519-1"), &dev::secret("ed25519-1"));
        assert!(matches!(inserted, Err(StoreError::Index { source: IndexError::Busy, .. })));
        drop(lock);
        assert_eq!(store(home.path()).insert(&record("ed25519-1"), &dev::secret("ed25519-1")).unwrap(), Inserted::New);
    });
}

#[test]
fn stores_at_once_lose_no_key() {
    within(Session::Unlocked, "keyring::stores_at_once_lose_no_key", || {
        let home = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for name in dev::names() {
                let index = home.path();
                scope.spawn(move || store(index).insert(&record(name), &dev::secret(name)).unwrap());
            }
        });
        let all = store(home.path());
        assert_eq!(all.list().unwrap().len(), dev::names().len());
        dev::names().for_each(|name| signs(&all, &record(name)));
    });
}
