use std::{collections::BTreeSet, fs::File, io::Read, path::Path, sync::Arc};

use manifesto::trust::KeyId;
use manifesto_keys::{
    Inserted, KeyRecord, KeyStore, KeyStoreSpec, Secret, Signer, StoreError,
    store::{DEADLINE, DEADLINE_UNATTENDED, HandedStore, open},
};
use zeroize::Zeroizing;

use super::Passphrases;
use crate::{environment::Variable, error::CliError, flags::KeyStoreFlag, session::Session, terminal::Asker};

/// Bytes of one encrypted key as PEM.
const MAX_KEY: u64 = 64 << 10;

/// The stores that a command takes keys from.
pub(crate) struct KeyRing {
    /// The one that was chosen, where new keys go.
    pub(crate) store: Box<dyn KeyStore>,
    /// The one key that the environment hands over.
    pub(crate) handed: Option<Box<dyn KeyStore>>,
}

impl KeyRing {
    /// Opens what flags, environment and configuration name. Nothing is unlocked yet.
    ///
    /// # Errors
    /// A variable that names no key store, or holds no encrypted key.
    pub(crate) fn open(session: &Session, flag: &KeyStoreFlag) -> Result<Self, CliError> {
        Self::open_asking(session, flag, session.asker.clone())
    }

    fn open_asking(session: &Session, flag: &KeyStoreFlag, asker: Asker) -> Result<Self, CliError> {
        let ask = Arc::new(Passphrases::new(session.environment.clone(), asker));
        let spec = flag.chosen(&session.environment, &session.config)?;
        tracing::debug!(store = %spec, "keys are kept here");
        let deadline = if session.asker.can_ask() { DEADLINE } else { DEADLINE_UNATTENDED };
        let store = open(&spec, &session.state_dir()?.join("keys"), ask.clone(), deadline);
        let handed = match handed_key(session)? {
            Some((text, origin)) => Some(Box::new(HandedStore::open(&text, origin, ask)?) as Box<dyn KeyStore>),
            None => None,
        };
        Ok(Self { store, handed })
    }

    /// The stores as one, to sign with. Anything but the OS keyring alone is announced to the person.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn to_sign(session: &Session, flag: &KeyStoreFlag) -> Result<Arc<dyn KeyStore>, CliError> {
        let Self { store, handed } = Self::open(session, flag)?;
        let is_keyring = flag.chosen(&session.environment, &session.config)? == KeyStoreSpec::Keyring;
        let together = match handed {
            None if is_keyring => return Ok(store.into()),
            None => return Ok(announced(session, store.into())),
            Some(handed) => Together { chosen: store, handed },
        };
        Ok(announced(session, Arc::new(together)))
    }

    /// The ids of the keys that are here, for whoever only looks: nobody is asked anything. `None`: that cannot be told.
    pub(crate) async fn ids(session: &Session, flag: &KeyStoreFlag) -> Option<BTreeSet<KeyId>> {
        let nobody = Asker::new(false, session.progress.bar());
        let ring = Self::open_asking(session, flag, nobody);
        let listed = tokio::task::spawn_blocking(move || ring.and_then(|ring| ring.records())).await;
        match listed {
            Ok(Ok(records)) => Some(records.iter().map(|(record, _)| KeyId::from(record.key_id())).collect()),
            Ok(Err(error)) => {
                tracing::debug!(error = error.to_report().message.raw(), "which keys are here cannot be told");
                None
            }
            Err(_) => None,
        }
    }

    /// What is known of every key, and the name of the store that it is in.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub(crate) fn records(&self) -> Result<Vec<(KeyRecord, String)>, CliError> {
        let mut records = Vec::new();
        for store in [Some(&self.store), self.handed.as_ref()].into_iter().flatten() {
            let name = store.describe();
            records.extend(store.list()?.into_iter().map(|record| (record, name.clone())));
        }
        Ok(records)
    }
}

fn announced(session: &Session, store: Arc<dyn KeyStore>) -> Arc<dyn KeyStore> {
    session.say(&format!("Keys: {}", store.describe()));
    store
}

/// The chosen store and the key that the environment hands over: a key is taken from where it is, and new ones go to
/// the chosen store.
struct Together {
    chosen: Box<dyn KeyStore>,
    handed: Box<dyn KeyStore>,
}

impl Together {
    fn holder(&self, key_id: &str) -> Result<&dyn KeyStore, StoreError> {
        let handed = self.handed.list()?.iter().any(|record| record.key_id() == key_id);
        Ok(if handed { self.handed.as_ref() } else { self.chosen.as_ref() })
    }
}

impl KeyStore for Together {
    fn describe(&self) -> String {
        format!("{} and {}", self.handed.describe(), self.chosen.describe())
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.handed.probe()?;
        self.chosen.probe()
    }

    fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let mut records = self.handed.list()?;
        let more = self.chosen.list()?;
        records.extend(more);
        Ok(records)
    }

    fn load(&self, key_id: &str) -> Result<Box<dyn Signer>, StoreError> {
        self.holder(key_id)?.load(key_id)
    }

    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, StoreError> {
        self.chosen.insert(record, secret)
    }

    fn remove(&self, key_id: &str) -> Result<(), StoreError> {
        self.chosen.remove(key_id)
    }

    fn recover(&self) -> Result<Vec<KeyRecord>, StoreError> {
        self.chosen.recover()
    }

    fn export(&self, key_id: &str) -> Result<Secret, StoreError> {
        self.holder(key_id)?.export(key_id)
    }
}

/// The text of the key in the environment, and the variable it came from.
fn handed_key(session: &Session) -> Result<Option<(Zeroizing<String>, &'static str)>, CliError> {
    if let Some(text) = session.environment.text(Variable::Key)? {
        return Ok(Some((Zeroizing::new(text.to_owned()), Variable::Key.name())));
    }
    let Some(path) = session.environment.os(Variable::KeyFile).map(Path::new) else { return Ok(None) };
    let failed = |source| CliError::file("file_unreadable", "cannot read the key in", path, source);
    let mut text = Zeroizing::new(String::new());
    File::open(path).map_err(failed)?.take(MAX_KEY + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_KEY {
        return Err(CliError::usage(format!("{} is too long for a key", path.display())).about(path.display()));
    }
    Ok(Some((text, Variable::KeyFile.name())))
}
