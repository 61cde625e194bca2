use std::{path::Path, sync::Arc};

use bytes::Bytes;
use manifesto::{
    Repository,
    limits::Limits,
    name::{Location, NamePattern},
    oci::registry::{Credentials, RegistryOptions},
    read::{AskFirstUse, FirstSeen, FirstUse},
    report::{Text, Upkeep, UpkeepOf, Warning},
    store::state::StateDir,
    trust::KeyId,
};

use super::credentials::credentials;
use crate::{
    bounded,
    error::CliError,
    flags::{LookFlags, RegistryFlags, TrustFlags},
    session::Session,
    terminal::Asker,
};

/// Opens the repositories of one command line, with its flags and credentials.
pub(crate) struct Repositories<'a> {
    session: &'a Session,
    named: &'a [Location],
    trust: &'a TrustFlags,
    registry: &'a RegistryFlags,
    credentials: Credentials,
}

/// Opens the repository of a command. `may_ask` is whether the user may be asked to trust a root on first use.
pub(crate) fn open(
    session: &Session,
    location: &Location,
    trust: &TrustFlags,
    registry: &RegistryFlags,
    may_ask: bool,
) -> Result<Repository, CliError> {
    Repositories::new(session, std::slice::from_ref(location), trust, registry)?.open(location, may_ask)
}

/// Opens the repository of a command that only reads. The user may be asked to trust it.
pub(crate) fn look(session: &Session, flags: &LookFlags) -> Result<Repository, CliError> {
    open(session, &flags.repository, &flags.trust, &flags.registry, true)
}

impl<'a> Repositories<'a> {
    /// Reads the credentials for the repositories in `named`, which are all on the command line.
    pub(crate) fn new(
        session: &'a Session,
        named: &'a [Location],
        trust: &'a TrustFlags,
        registry: &'a RegistryFlags,
    ) -> Result<Self, CliError> {
        let credentials = credentials(session, registry, named, std::io::stdin().lock())?;
        Ok(Self { session, named, trust, registry, credentials })
    }

    /// Does the same with each repository, in the order of the command line. A failure does not stop the others.
    pub(crate) async fn each<T>(
        &self,
        may_ask: bool,
        operation: impl AsyncFn(Repository) -> Result<(T, Vec<Warning>), CliError>,
    ) -> (Vec<UpkeepOf<T>>, Vec<Warning>) {
        let (mut entries, mut all_warnings) = (Vec::new(), Vec::new());
        for location in self.named {
            let outcome = match self.open(location, may_ask) {
                Ok(repository) => operation(repository).await,
                Err(error) => Err(error),
            };
            let outcome = match outcome {
                Ok((result, warnings)) => {
                    all_warnings.extend(warnings);
                    Upkeep::Done(result)
                }
                Err(error) => Upkeep::Failed { error: error.to_report() },
            };
            entries.push(UpkeepOf { repository: Text::new(location), outcome });
        }
        (entries, all_warnings)
    }

    /// Opens the repository at `location`.
    pub(crate) fn open(&self, location: &Location, may_ask: bool) -> Result<Repository, CliError> {
        let Self { session, trust, registry, credentials, .. } = self;
        let state = session.state()?;
        let first_use = match (trust.trust_first_use, may_ask && session.asker.can_ask()) {
            (true, _) => FirstUse::Accept,
            (false, true) => FirstUse::Ask(Arc::new(AtTerminal(session.asker.clone()))),
            (false, false) => FirstUse::Refuse,
        };
        let mut builder = Repository::open(location.clone(), session.now)
            .begun(session.timeout.started())
            .first_use(first_use)
            .progress(session.progress.clone())
            .lock_timeout(session.lock_timeout());
        if let Location::Registry(repository) = location {
            let ca_file = registry.ca_file(repository.host(), &session.environment, &session.config);
            builder = builder.registry(RegistryOptions {
                credentials: credentials.clone(),
                ca_files: ca_file.into_iter().collect(),
                plain_http: registry.plain_http(),
                ..RegistryOptions::default()
            });
        }
        if let Some(original) = &trust.identity {
            builder = builder.identity(original.clone());
        }
        if let Some(root) = &trust.root {
            builder = builder.root(read_root(root)?);
        }
        if let Some((pattern, keys)) = root_keys(session, &state, location, trust)? {
            builder = builder.root_keys(pattern, keys);
        }
        Ok(builder.state(state).build()?)
    }
}

/// The keys that may authorise a root of the repository: those of the longest pattern, pinned or configured.
fn root_keys(
    session: &Session,
    state: &StateDir,
    location: &Location,
    trust: &TrustFlags,
) -> Result<Option<(NamePattern, Vec<KeyId>)>, CliError> {
    let repository = match (&trust.identity, location) {
        (Some(identity), _) => identity,
        (None, Location::Registry(repository)) => repository,
        (None, Location::Layout(_)) => return Ok(None),
    };
    let trusted = state.trusted_keys()?;
    let pinned = trusted
        .for_repository(repository)
        .map(|(pattern, keys)| (pattern.clone(), keys.iter().map(|key| key.keyid().clone()).collect::<Vec<_>>()));
    let configured = session.config.about(repository).filter(|(_, config)| !config.root_keys.is_empty());
    let configured = configured.map(|(pattern, config)| {
        (pattern.clone(), config.root_keys.iter().map(|key| KeyId::from(key.hex())).collect::<Vec<_>>())
    });
    Ok(match (pinned, configured) {
        (Some((pattern, mut keys)), Some((same, more))) if pattern == same => {
            keys.extend(more);
            Some((pattern, keys))
        }
        // Patterns are ordered from the least to the most specific.
        (pinned, configured) => pinned.into_iter().chain(configured).max_by(|(a, _), (b, _)| a.cmp(b)),
    })
}

/// Reads a root file that the user gave.
pub(crate) fn read_root(path: &Path) -> Result<Bytes, CliError> {
    let mut bytes = bounded::read(path, "root", Limits::DEFAULT.root_bytes)?;
    Ok(std::mem::take(&mut *bytes).into())
}

/// Asks the user at the terminal about a root that is not trusted.
struct AtTerminal(Asker);

impl AskFirstUse for AtTerminal {
    fn accept(&self, seen: &FirstSeen) -> bool {
        let (location, keys) = (Text::new(&seen.location), Text::from(seen.keys.join(", ")));
        let question = format!(
            "Nothing vouches for {location} yet. It shows the root {}, with the root keys of: {keys}. Trust it from now on?",
            seen.fingerprint
        );
        self.0.confirm(&question, "").unwrap_or(false)
    }
}
