//! Who we are to a registry: what was given on the command line, else the docker config, else what a person answers.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::DockerConfig;

/// A password or token: zeroised on drop, and of a type that nothing can print.
pub struct RegistrySecret(Zeroizing<String>);

impl RegistrySecret {
    /// Takes a password or token into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

/// What a registry may accept us with. Neither `Debug` nor `Clone`: it holds a [`RegistrySecret`].
pub enum Credential {
    /// A user and their password, or an access token that takes its place.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: RegistrySecret,
    },
    /// An identity token: it is exchanged for access tokens, and is no password.
    IdentityToken(RegistrySecret),
}

/// Asks a person.
#[async_trait]
pub trait AskCredentials: Send + Sync {
    /// User and password for the registry `host`. `None`: nobody is there, or they would rather not.
    async fn ask(&self, host: &str) -> Option<(String, RegistrySecret)>;
}

/// Where credentials come from, in this order: given for one host; the docker config; a person, asked at most once by
/// one [`Registry`](super::Registry). Nothing but given ones is looked up before the registry has asked for them.
#[derive(Clone, Default)]
pub struct Credentials {
    given: Option<(String, Arc<Credential>)>,
    docker: Option<DockerConfig>,
    ask: Option<Arc<dyn AskCredentials>>,
}

impl Credentials {
    /// None at all.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Uses `credential` for the registry `host` (as [`RepositoryName::host`](crate::name::RepositoryName::host) writes it),
    /// and for no other.
    #[must_use]
    pub fn given(mut self, host: &str, credential: Credential) -> Self {
        self.given = Some((host.to_owned(), Arc::new(credential)));
        self
    }

    /// Looks into the docker config.
    #[must_use]
    pub fn docker_config(mut self, config: DockerConfig) -> Self {
        self.docker = Some(config);
        self
    }

    /// Asks a person where nothing else is known.
    #[must_use]
    pub fn ask(mut self, ask: Arc<dyn AskCredentials>) -> Self {
        self.ask = Some(ask);
        self
    }

    pub(super) fn given_for(&self, host: &str) -> Option<Arc<Credential>> {
        self.given.as_ref().filter(|(bound, _)| bound == host).map(|(_, credential)| Arc::clone(credential))
    }

    /// What is known without asking a person.
    pub(super) async fn stored_for(&self, host: &str, path: &str) -> Result<Option<Arc<Credential>>, CredentialsError> {
        if let Some(given) = self.given_for(host) {
            return Ok(Some(given));
        }
        match &self.docker {
            Some(config) => Ok(config.lookup(host, path).await?.map(Arc::new)),
            None => Ok(None),
        }
    }

    pub(super) async fn asked_for(&self, host: &str) -> Option<Arc<Credential>> {
        let (user, password) = self.ask.as_ref()?.ask(host).await?;
        Some(Arc::new(Credential::Password { user, password }))
    }
}

/// Why a docker config, or a credential helper it names, gave no answer. Helpers' output is not repeated: it may hold
/// the secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a docker config, or larger than one can be.
    #[error("{} is not a docker config", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The entry for this host cannot be decoded.
    #[error("the entry for {key} in {} cannot be decoded", .path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The entry.
        key: String,
    },
    /// A helper's name that would reach outside the search path.
    #[error("'{0}' is not the name of a credential helper")]
    HelperName(String),
    /// The helper cannot be started or talked to.
    #[error("cannot run the credential helper {helper}")]
    HelperStart {
        /// The program.
        helper: String,
        /// Why.
        source: std::io::Error,
    },
    /// The helper failed.
    #[error("the credential helper {helper} failed")]
    HelperFailed {
        /// The program.
        helper: String,
    },
    /// The helper's answer is not one.
    #[error("the credential helper {helper} gave no valid answer")]
    HelperAnswer {
        /// The program.
        helper: String,
    },
    /// The helper hung, and was stopped.
    #[error("the credential helper {helper} gave no answer within {} s", .after.as_secs_f32())]
    HelperTimedOut {
        /// The program.
        helper: String,
        /// How long was waited.
        after: Duration,
    },
}
