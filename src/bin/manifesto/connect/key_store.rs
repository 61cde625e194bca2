use std::{fs::File, io::Read, path::Path, sync::Arc};

use manifesto_keys::{
    KeyRecord, KeyStore,
    store::{DEADLINE, DEADLINE_UNATTENDED, HandedStore, open},
};
use zeroize::Zeroizing;

use super::Passphrases;
use crate::{environment::Variable, error::CliError, flags::KeyStoreFlag, session::Session};

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
        let ask = Arc::new(Passphrases::new(session.environment.clone(), session.asker.clone()));
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
