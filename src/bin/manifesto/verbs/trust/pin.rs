use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
};

use clap::ArgGroup;
use manifesto::{
    name::{Digest, Location, NamePattern, NamePatternError, ReferenceError, RepositoryName},
    read::PinBy,
    report::{Pin, PinOrigin, Pinned, Report, Text, TrustPin},
    store::state::TrustedKey,
};

use crate::{
    connect::{public_key, repository},
    error::CliError,
    exit::Exit,
    flags::{RegistryFlags, TrustFlags},
    session::Session,
};

/// Trust a repository
///
/// A repository is trusted by the fingerprint of its root, which its owner publishes, by the root itself, or, for all
/// repositories of a pattern, by a key that signed its root. Without one of these, the root is fetched and shown, and
/// manifesto asks for confirmation.
#[derive(clap::Args)]
#[command(group = ArgGroup::new("proof"))]
pub(crate) struct Args {
    /// The repository or oci:DIR; with --key also a pattern such as 'ghcr.io/acme/*'
    #[arg(value_name = "REPO")]
    repository: String,

    /// The fingerprint of the root: sha256 and 64 digits
    #[arg(value_name = "FINGERPRINT", group = "proof")]
    fingerprint: Option<Digest>,

    /// The root, as `manifesto trust export` wrote it
    #[arg(long, value_name = "FILE", group = "proof")]
    root: Option<PathBuf>,

    /// The public half of a root key, as PEM
    #[arg(long, value_name = "FILE", group = "proof")]
    key: Option<PathBuf>,

    /// The repository's name inside its signed metadata, for a mirror or a layout
    #[arg(long = "as", value_name = "REPO")]
    identity: Option<RepositoryName>,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let Some(key) = &self.key else { return self.pin_root(session).await };
        if self.identity.is_some() {
            return Err(CliError::usage("--key cannot be combined with --as"));
        }
        let pattern: NamePattern =
            self.repository.parse().map_err(|error: NamePatternError| CliError::usage(error.to_string()))?;
        session.show(&pin_key(session, pattern, read_key(key)?)?)
    }

    async fn pin_root(self, session: &Session) -> Result<Exit, CliError> {
        let location: Location = self.repository.parse().map_err(|error: ReferenceError| {
            let usage = CliError::usage(error.to_string()).about(&self.repository);
            if self.repository.contains('*') { usage.hint("A pattern needs --key.") } else { usage }
        })?;
        let trust = TrustFlags { identity: self.identity, ..TrustFlags::default() };
        let opened = repository::open(session, &location, &trust, &self.registry, true)?;
        let by = match (self.fingerprint, self.root) {
            (Some(fingerprint), _) => PinBy::Fingerprint(fingerprint),
            (None, Some(file)) => PinBy::Root(repository::read_root(&file)?),
            (None, None) => PinBy::FirstUse,
        };
        session.show(&opened.pin(by).await?)
    }
}

/// Trusts a root key for every repository of a pattern.
fn pin_key(session: &Session, pattern: NamePattern, key: TrustedKey) -> Result<Report<TrustPin>, CliError> {
    let state = session.state()?;
    let id = key.keyid().clone();
    let known = state.trusted_keys()?.iter().any(|(of, keys)| *of == pattern && keys.contains(&key));
    state.trust_key(pattern.clone(), key, session.lock_timeout())?;
    let pin = Pin {
        repository: Text::new(&pattern),
        identity: None,
        pinned: None,
        root_keys: vec![Text::new(&id)],
        how: Pinned::RootKey,
        origin: PinOrigin::State,
        root_version: None,
        since: None,
    };
    Ok(Report::from(TrustPin { pin, unchanged: known }))
}

/// Reads a public key as `key generate` prints it.
fn read_key(path: &Path) -> Result<TrustedKey, CliError> {
    let unusable = |source: Box<dyn Error + Send + Sync>| {
        let source = io::Error::new(io::ErrorKind::InvalidData, source);
        CliError::file("not_a_public_key", "no public key in", path, source)
    };
    let key = serde_json::to_value(public_key::read(path)?).map_err(|error| unusable(error.into()))?;
    TrustedKey::new(key).map_err(|error| unusable(error.into()))
}
