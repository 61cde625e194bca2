mod chain;

use std::{collections::BTreeSet, path::Path, sync::Arc};

use manifesto::trust::KeyId;
use manifesto_keys::{
    KeyRecord, KeyStore, KeyStoreSpec, StoreError,
    store::{HandedStore, TokenError, TokenStore, open},
};
use zeroize::Zeroizing;

use self::chain::KeyStoreChain;
use super::Passphrases;
use crate::{
    bounded,
    environment::Variable,
    error::CliError,
    flags::{KeyStoreFlag, OneStoreFlag},
    session::Session,
    terminal::Asker,
};

/// The largest encrypted key as PEM, in bytes.
const MAX_KEY: u64 = 64 << 10;

/// The stores whose keys a command uses.
pub(crate) struct KeyRing {
    /// The chosen store, where new keys go.
    pub(crate) store: Box<dyn KeyStore>,
    /// The key in the environment.
    pub(crate) handed: Option<Box<dyn KeyStore>>,
    /// The token besides the store.
    pub(crate) token: Option<Box<dyn KeyStore>>,
}

/// Opens the one store that flags, environment and configuration name. Nothing is unlocked yet.
pub(crate) fn chosen(session: &Session, flag: &OneStoreFlag) -> Result<Box<dyn KeyStore>, CliError> {
    let spec = flag.chosen(&session.environment, &session.config)?;
    tracing::debug!(store = %spec, "keys are kept here");
    let ask = Arc::new(Passphrases::new(session.environment.clone(), session.asker.clone()));
    Ok(open(&spec, &session.state_dir()?.join("keys"), ask, session.deadline()))
}

/// The result of a store, or `None` for an absent token: commands that need none of its keys can continue.
pub(crate) fn if_present<T>(result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match result {
        Err(StoreError::Token { source: TokenError::Absent, .. }) => Ok(None),
        other => other.map(Some),
    }
}

impl KeyRing {
    /// Opens the stores that flags, environment and configuration name. Nothing is unlocked yet.
    pub(crate) fn open(session: &Session, flag: &KeyStoreFlag) -> Result<Self, CliError> {
        Self::open_asking(session, flag, session.asker.clone())
    }

    fn open_asking(session: &Session, flag: &KeyStoreFlag, asker: Asker) -> Result<Self, CliError> {
        let store = chosen(session, &flag.store)?;
        let passphrases = || Passphrases::new(session.environment.clone(), asker.clone());
        let handed = match handed_key(session)? {
            Some((text, origin)) => {
                Some(Box::new(HandedStore::open(&text, origin, Arc::new(passphrases()))?) as Box<dyn KeyStore>)
            }
            None => None,
        };
        let token = flag.token(&session.environment, &session.config)?.map(|uri| {
            let token = TokenStore::new(&uri, Arc::new(passphrases().beside()), session.deadline());
            Box::new(token) as Box<dyn KeyStore>
        });
        Ok(Self { store, handed, token })
    }

    /// Combines the stores for signing. The user is told about any store but the OS keyring alone.
    pub(crate) fn to_sign(session: &Session, flag: &KeyStoreFlag) -> Result<Arc<dyn KeyStore>, CliError> {
        let ring = Self::open(session, flag)?;
        let is_alone = ring.handed.is_none() && ring.token.is_none();
        let store: Arc<dyn KeyStore> =
            if is_alone { ring.store.into() } else { Arc::new(KeyStoreChain::new(ring, session.speaker())) };
        if !(is_alone && flag.store.chosen(&session.environment, &session.config)? == KeyStoreSpec::Keyring) {
            session.say(&format!("Keys: {}", store.describe()));
        }
        Ok(store)
    }

    /// The ids of the available keys, without asking the user. `None` if they cannot be listed.
    pub(crate) async fn ids(session: &Session, flag: &KeyStoreFlag) -> Option<BTreeSet<KeyId>> {
        let ring = Self::open_asking(session, flag, session.asker.silent());
        let listed = tokio::task::spawn_blocking(move || ring.and_then(|ring| ring.records())).await;
        match listed {
            Ok(Ok(records)) => Some(records.iter().map(|(record, _)| record.key_id().clone()).collect()),
            Ok(Err(error)) => {
                tracing::debug!(error = error.to_report().message.raw(), "cannot list the available keys");
                None
            }
            Err(_) => None,
        }
    }

    /// The record of every available key, with the name of its store.
    pub(crate) fn records(&self) -> Result<Vec<(KeyRecord, String)>, CliError> {
        let mut records = Vec::new();
        for store in [Some(&self.store), self.handed.as_ref()].into_iter().flatten() {
            let name = store.describe();
            records.extend(store.list()?.into_iter().map(|record| (record, name.clone())));
        }
        if let Some(token) = &self.token {
            let name = token.describe();
            let present = if_present(token.list())?.unwrap_or_default();
            records.extend(present.into_iter().map(|record| (record, name.clone())));
        }
        Ok(records)
    }

    /// The name of the token besides the store, if it is named but absent.
    pub(crate) fn absent_token(&self) -> Result<Option<String>, CliError> {
        let Some(token) = &self.token else { return Ok(None) };
        let is_absent = if_present(token.list())?.is_none();
        Ok(is_absent.then(|| token.describe()))
    }

    /// The store with this name, as in [`records`](Self::records).
    pub(crate) fn named(&self, name: &str) -> &dyn KeyStore {
        self.stores().find(|store| store.describe() == name).unwrap_or(self.store.as_ref())
    }

    fn stores(&self) -> impl Iterator<Item = &dyn KeyStore> {
        let beside = [&self.handed, &self.token].into_iter().filter_map(|store| store.as_deref());
        beside.chain([self.store.as_ref()])
    }
}

/// The key in the environment, and the name of its variable.
fn handed_key(session: &Session) -> Result<Option<(Zeroizing<String>, &'static str)>, CliError> {
    if let Some(text) = session.environment.text(Variable::Key)? {
        return Ok(Some((Zeroizing::new(text.to_owned()), Variable::Key.name())));
    }
    let Some(path) = session.environment.os(Variable::KeyFile).map(Path::new) else { return Ok(None) };
    Ok(Some((bounded::read_text(path, "key", MAX_KEY)?, Variable::KeyFile.name())))
}
