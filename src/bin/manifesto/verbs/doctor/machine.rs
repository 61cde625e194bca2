//! Checks of this machine that need no registry.

use manifesto::{limits::Limits, report::Check, store::state::StateDir};
use manifesto_keys::KeyStore;

use super::{doubtful, right, wrong};
use crate::{
    connect::key_store::KeyRing,
    environment::{VARIABLES, Variable},
    error::CliError,
    exit::Exit,
    flags::KeyStoreFlag,
    session::Session,
};

pub(super) fn configuration(session: &Session) -> Check {
    let detail = match &session.config_file {
        Some(path) => format!("read from {}", path.display()),
        None => "none; everything is as it is by default".to_owned(),
    };
    right("configuration", detail)
}

/// Lists the variables that are set, without their values, because some are secrets.
pub(super) fn variables(session: &Session) -> Check {
    let environment = &session.environment;
    let is_set = |variable: Variable| environment.os(variable).is_some();
    let set: Vec<&str> =
        VARIABLES.iter().filter(|(variable, ..)| is_set(*variable)).map(|(_, name, _)| *name).collect();
    let detail = if set.is_empty() { "none set".to_owned() } else { format!("set: {}", set.join(", ")) };
    if is_set(Variable::RegistryPassword) && !is_set(Variable::RegistryUsername) {
        return doubtful("variables", detail, "REGISTRY_PASSWORD is used only together with REGISTRY_USERNAME.");
    }
    if is_set(Variable::Key) && is_set(Variable::KeyFile) {
        return doubtful("variables", detail, "MANIFESTO_KEY is used; MANIFESTO_KEY_FILE is not looked at beside it.");
    }
    right("variables", detail)
}

pub(super) fn state(session: &Session) -> Check {
    match pins(session) {
        Ok((path, 0)) => right("state", format!("{path}; no repository is pinned yet")),
        Ok((path, pins)) => right("state", format!("{path}; repositories pinned: {pins}")),
        Err(error) => wrong("state", error),
    }
}

/// Checks that the state directory can be written to, and counts its pins.
fn pins(session: &Session) -> Result<(String, usize), CliError> {
    let path = session.state_dir()?;
    let pins = StateDir::open(&path, Limits::DEFAULT)?.pins()?;
    let count = pins.into_iter().collect::<Result<Vec<_>, _>>()?.len();
    let written = tempfile::tempfile_in(&path);
    written.map_err(|source| CliError::file("state_unusable", "cannot write to", &path, source))?;
    Ok((path.display().to_string(), count))
}

pub(super) async fn key_store(session: &Session, flag: &KeyStoreFlag) -> Check {
    let ring = match KeyRing::open(session, flag) {
        Ok(ring) => ring,
        Err(error) => return wrong("key_store", error),
    };
    look("key_store", ring.store).await
}

async fn look(check: &'static str, store: Box<dyn KeyStore>) -> Check {
    let looked = tokio::task::spawn_blocking(move || {
        store.probe()?;
        let keys = store.list()?.len();
        Ok::<_, CliError>(format!("{}; keys: {keys}", store.describe()))
    });
    match looked.await {
        Ok(Ok(detail)) => right(check, detail),
        Ok(Err(error)) => wrong(check, error),
        Err(failure) => wrong(check, CliError::new(Exit::Unexpected, "task_failed", failure)),
    }
}

/// Checks the token besides the key store, if one is named.
pub(super) async fn token(session: &Session, flag: &KeyStoreFlag) -> Option<Check> {
    // An invalid value was already reported with the key store.
    let token = KeyRing::open(session, flag).ok()?.token?;
    Some(look("token", token).await)
}

/// Checks the key in the environment, if there is one.
pub(super) fn handed_key(session: &Session, flag: &KeyStoreFlag) -> Option<Check> {
    // A key that cannot be read was already reported with the key store.
    let handed = KeyRing::open(session, flag).ok()?.handed?;
    Some(match handed.list() {
        Ok(records) => {
            let names: Vec<&str> = records.iter().map(|record| record.name()).collect();
            right("handed_key", format!("{}: {}", handed.describe(), names.join(", ")))
        }
        Err(error) => wrong("handed_key", error.into()),
    })
}
