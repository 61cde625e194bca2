//! A PKCS#11 token: SoftHSM.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, AttributeType, ObjectClass},
    session::{Session, UserType},
    types::AuthPin,
};
use manifesto_keys::{
    Algorithm, AskError, AskPassphrase, Inserted, KeyRecord, KeyStore, NewKey, Passphrase, Purpose, StoreError, dev,
    store::{TokenError, TokenStore, TokenUri},
};

use crate::{
    Knows, Nobody,
    contract::{self, signs_only},
    passphrase, record, run,
    softhsm::{self, PIN, SoftHsm, module, uri},
};

const INSIDE: &str = "MANIFESTO_TEST_TOKEN";
const DEADLINE: Duration = Duration::from_secs(20);

/// Runs `body` in a process that finds one token, `acme`, in the folder that it is given; `test` is the full name of the
/// calling test. The variable that says where tokens are is read when the module is loaded.
fn within(test: &str, body: impl FnOnce(&Path)) {
    if let Some(tokens) = std::env::var_os(INSIDE) {
        return body(Path::new(&tokens));
    }
    let hsm = SoftHsm::with_token("acme");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, hsm.tokens())
        .env("SOFTHSM2_CONF", hsm.conf())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "with its token:\n{out}\n{err}");
}

fn acme() -> TokenUri {
    uri("acme").parse().unwrap()
}

fn store(ask: Arc<dyn AskPassphrase>) -> TokenStore {
    TokenStore::new(&acme(), ask, DEADLINE)
}

fn new_key(algorithm: Algorithm) -> NewKey {
    NewKey::new(algorithm, "alice", "2026-11-20T17:00:00Z".parse().unwrap())
}

fn stays(store: &dyn KeyStore, record: &KeyRecord) {
    signs_only(store, record);
    let exported = store.export(record.key_id()).map(drop);
    assert!(matches!(exported, Err(StoreError::NeverLeaves { key_id, .. }) if key_id == *record.key_id()));
}

/// The token as a program sees it that knows the PIN. Stores that know it must be dropped first, because a process logs in
/// to a token once.
fn looked_into(pin: &str, look: impl FnOnce(&Session)) {
    let module = Pkcs11::new(module()).unwrap();
    // The store has initialised it before, or not yet.
    let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    let session = module.open_rw_session(slot).unwrap();
    session.login(UserType::User, Some(&AuthPin::from(pin))).unwrap();
    look(&session);
}

/// Answers with one PIN after the other, and has patience for three.
struct Pins(Vec<&'static str>, AtomicUsize);

impl Pins {
    fn new(pins: &[&'static str]) -> Arc<Self> {
        Arc::new(Self(pins.to_vec(), AtomicUsize::new(0)))
    }
}

impl AskPassphrase for Pins {
    fn ask(&self, what: &str, purpose: Purpose) -> Result<Passphrase, AskError> {
        assert_eq!((what, purpose), ("the token \"acme\"", Purpose::Pin));
        let pin = self.0.get(self.1.fetch_add(1, Ordering::SeqCst));
        pin.map(|pin| passphrase(pin)).ok_or(AskError::NobodyThere)
    }

    fn again(&self, _: &str, _: Purpose, tries: usize) -> bool {
        tries < 3
    }
}

#[test]
fn keeps_the_contract() {
    within("token::keeps_the_contract", |_| contract::check(&store(Knows::new(PIN)), stays));
}

#[test]
fn private_halves_are_made_in_the_token_and_cannot_be_read() {
    within("token::private_halves_are_made_in_the_token_and_cannot_be_read", |tokens| {
        let keys = store(Knows::new(PIN));
        for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256] {
            let made = keys.generate(&new_key(algorithm)).unwrap();
            assert!(made.secret.is_none());
            assert_eq!(made.record.public_key().algorithm(), algorithm);
            (0..20).for_each(|_| stays(&keys, &made.record));
        }
        keys.insert(&record("p256-1"), &dev::secret("p256-1")).unwrap();
        keys.insert(&record("ed25519-1"), &dev::secret("ed25519-1")).unwrap();
        drop(keys);
        looked_into(PIN, |session| {
            let private = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).unwrap();
            assert_eq!(private.len(), 4);
            for key in private {
                use AttributeType::{Extractable, Private, Sensitive, Value};
                let told = session.get_attributes(key, &[Value, Sensitive, Extractable, Private]).unwrap();
                let expected = [Attribute::Sensitive(true), Attribute::Extractable(false), Attribute::Private(true)];
                assert_eq!(told, expected, "CKA_VALUE is not told");
            }
        });
        // Nor do the files of the token hold the seed of the imported key as it is.
        let seed = &dev::pkcs8("ed25519-1")[16..];
        for file in files(tokens) {
            let bytes = fs::read(file).unwrap();
            assert!(!bytes.windows(32).any(|window| window == seed));
        }
    });
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn what_is_public_is_told_without_the_pin() {
    within("token::what_is_public_is_told_without_the_pin", |_| {
        store(Knows::new(PIN)).insert(&record("ed25519-1"), &dev::secret("ed25519-1")).unwrap();
        let asked = Knows::new(PIN);
        let keys = store(asked.clone());
        keys.probe().unwrap();
        assert_eq!(keys.list().unwrap().len(), 1);
        let absent = record("ed25519-2").key_id().clone();
        assert!(matches!(keys.load(&absent).map(drop), Err(StoreError::NotFound { .. })));
        assert!(matches!(keys.remove(&absent), Err(StoreError::NotFound { .. })));
        assert!(matches!(keys.export(record("ed25519-1").key_id()).map(drop), Err(StoreError::NeverLeaves { .. })));
        assert_eq!(asked.asked(), (0, 0));
        // Then it is asked for once.
        (0..3).for_each(|_| signs_only(&keys, &record("ed25519-1")));
        keys.generate(&new_key(Algorithm::EcdsaP256)).unwrap();
        assert_eq!(asked.asked(), (1, 0));
        drop(keys);
        let refused = store(Arc::new(Nobody)).load(record("ed25519-1").key_id()).map(drop);
        assert!(matches!(refused, Err(StoreError::NoPin { token, source: AskError::NobodyThere }) if token == "acme"));
    });
}

#[test]
fn a_wrong_pin_is_tried_once() {
    within("token::a_wrong_pin_is_tried_once", |_| {
        store(Knows::new(PIN)).insert(&record("ed25519-1"), &dev::secret("ed25519-1")).unwrap();
        let wrong = |keys: &TokenStore| {
            let loaded = keys.load(record("ed25519-1").key_id()).map(drop);
            let is_wrong =
                matches!(loaded, Err(StoreError::Token { source: TokenError::WrongPin { final_try: false }, .. }));
            assert!(is_wrong, "{loaded:?}");
        };
        let asked = Knows::new("4321");
        let keys = store(asked.clone());
        wrong(&keys);
        assert_eq!(asked.asked(), (1, 0), "who has no patience is asked once");
        // The same PIN again does not reach the token, where it would be right by now.
        let change = |from: &str, to: &str| {
            looked_into(from, |session| session.set_pin(&AuthPin::from(from), &AuthPin::from(to)).unwrap());
        };
        change(PIN, "4321");
        wrong(&keys);
        assert_eq!(asked.asked(), (2, 0));
        signs_only(&store(Knows::new("4321")), &record("ed25519-1"));
        change("4321", PIN);
        assert!(store(Knows::new("4321")).insert(&record("p256-1"), &dev::secret("p256-1")).is_err());
        assert_eq!(store(Arc::new(Nobody)).list().unwrap().len(), 1);

        let keys = store(Pins::new(&["4321", "4321", PIN]));
        signs_only(&keys, &record("ed25519-1"));
        drop(keys);
        wrong(&store(Pins::new(&["1", "4321", "2222", PIN])));
    });
}

#[test]
fn keys_of_other_programs_are_listed_and_sign() {
    within("token::keys_of_other_programs_are_listed_and_sign", |_| {
        looked_into(PIN, |session| {
            let make = |curve: &[u8], label: &[u8], id: u8, mechanism: &Mechanism<'_>| {
                let public = [
                    Attribute::Token(true),
                    Attribute::Private(false),
                    Attribute::EcParams(curve.to_vec()),
                    Attribute::Label(label.to_vec()),
                    Attribute::Id(vec![id]),
                ];
                let private = [Attribute::Token(true), Attribute::Sign(true), Attribute::Id(vec![id])];
                session.generate_key_pair(mechanism, &public, &private).unwrap()
            };
            let p256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
            let p384 = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
            make(&p256, "Frau Müller".as_bytes(), 1, &Mechanism::EccKeyPairGen);
            make(b"\x13\x0cedwards25519", b"line\nbreak", 2, &Mechanism::EccEdwardsKeyPairGen);
            make(&p384, b"another curve", 3, &Mechanism::EccKeyPairGen);
            let (_, private) = make(&p256, b"half", 4, &Mechanism::EccKeyPairGen);
            session.destroy_object(private).unwrap();
            for value in [&b"no record"[..], &[b' '; 1 << 16]] {
                let (class, token) = (Attribute::Class(ObjectClass::DATA), Attribute::Token(true));
                let application = Attribute::Application(b"io.manifesto.tuf".to_vec());
                let value = Attribute::Value(value.to_vec());
                session.create_object(&[class, token, Attribute::Private(false), application, value]).unwrap();
            }
        });
        let keys = store(Knows::new(PIN));
        let listed = keys.list().unwrap();
        let named = |name: &str| listed.iter().find(|record| record.name() == name).cloned();
        assert_eq!(listed.len(), 3, "P-384 does not sign here");
        let ed25519 = listed.iter().find(|record| record.public_key().algorithm() == Algorithm::Ed25519).unwrap();
        assert_eq!(ed25519.name(), ed25519.key_id().short(), "its label is no name");
        stays(&keys, ed25519);
        stays(&keys, &named("Frau Müller").unwrap());
        let half = named("half").unwrap();
        let loaded = keys.load(half.key_id()).map(drop);
        let lost =
            |source: &TokenError| matches!(source, TokenError::NoPrivateHalf { key_id } if key_id == half.key_id());
        assert!(matches!(&loaded, Err(StoreError::Token { source, .. }) if lost(source)), "{loaded:?}");
        keys.remove(half.key_id()).unwrap();
        assert_eq!(keys.list().unwrap().len(), 2);
    });
}

#[test]
fn a_key_that_wants_the_pin_for_each_signature_is_told_before_it_should_sign() {
    within("token::a_key_that_wants_the_pin_for_each_signature_is_told_before_it_should_sign", |_| {
        looked_into(PIN, |session| {
            let p256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
            let (token, id) = (Attribute::Token(true), Attribute::Id(vec![1]));
            let public = [token.clone(), id.clone(), Attribute::EcParams(p256.to_vec()), Attribute::Private(false)];
            let private = [token, id, Attribute::Sign(true), Attribute::AlwaysAuthenticate(true)];
            session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).unwrap();
        });
        let keys = store(Knows::new(PIN));
        let loaded = keys.load(keys.list().unwrap()[0].key_id()).map(drop);
        assert!(matches!(&loaded, Err(StoreError::Token { source: TokenError::AlwaysAsks { .. }, .. })), "{loaded:?}");
    });
}

#[test]
fn a_half_that_was_left_behind_is_completed() {
    within("token::a_half_that_was_left_behind_is_completed", |_| {
        let alice = record("p256-1");
        store(Knows::new(PIN)).insert(&alice, &dev::secret("p256-1")).unwrap();
        looked_into(PIN, |session| {
            for key in session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).unwrap() {
                session.destroy_object(key).unwrap();
            }
        });
        let keys = store(Knows::new(PIN));
        assert_eq!(keys.insert(&alice, &dev::secret("p256-1")).unwrap(), Inserted::New);
        assert_eq!(keys.list().unwrap().len(), 1);
        stays(&keys, &alice);
    });
}

#[test]
fn tokens_are_found_by_what_the_uri_says() {
    within("token::tokens_are_found_by_what_the_uri_says", |_| {
        let fails = |uri: String| {
            let refused = TokenStore::new(&uri.parse().unwrap(), Arc::new(Nobody), DEADLINE).probe();
            match refused {
                Err(StoreError::Token { source, .. }) => source,
                other => panic!("{uri}: {other:?}"),
            }
        };
        let any = format!("pkcs11:?module-path={}", module().display());
        TokenStore::new(&any.parse().unwrap(), Arc::new(Nobody), DEADLINE).probe().unwrap();
        assert!(matches!(fails(uri("other")), TokenError::Absent));
        assert!(matches!(fails(uri("acme;serial=0")), TokenError::Absent));
        assert!(matches!(fails(uri("acme;slot-id=1")), TokenError::Absent));
        assert!(matches!(fails("pkcs11:?module-path=/nonexistent.so".to_owned()), TokenError::Module { .. }));
        let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(matches!(fails(format!("pkcs11:?module-path={text}")), TokenError::Module { .. }), "no library");
    });
}

#[test]
fn of_two_tokens_neither_is_guessed() {
    within("token::of_two_tokens_neither_is_guessed", |_| {
        softhsm::add_token(Path::new(&std::env::var_os("SOFTHSM2_CONF").unwrap()), "acme");
        let refused = store(Arc::new(Nobody)).list();
        let both = |labels: &[String]| labels.len() == 2 && labels.iter().all(|label| label.starts_with("acme ("));
        let is_told = |error: &TokenError| matches!(error, TokenError::Several(labels) if both(labels));
        assert!(matches!(&refused, Err(StoreError::Token { source, .. }) if is_told(source)), "{refused:?}");
    });
}

#[test]
fn a_module_that_never_answers_is_given_up() {
    within("token::a_module_that_never_answers_is_given_up", |tokens| {
        // SoftHSM waits for someone to write its configuration.
        let conf = PathBuf::from(std::env::var_os("SOFTHSM2_CONF").unwrap());
        fs::remove_file(&conf).unwrap();
        run(Command::new("mkfifo").arg(&conf));
        let keys = TokenStore::new(&acme(), Knows::new(PIN), Duration::from_millis(200));
        for _ in 0..2 {
            let listed = keys.list();
            assert!(matches!(listed, Err(StoreError::Token { source: TokenError::Hung(_), .. })), "{listed:?}");
        }
        assert!(tokens.exists());
    });
}
