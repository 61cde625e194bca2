//! Credentials for a registry: given by the caller, else from the docker config, else entered by the user.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::DockerConfig;

/// A password or token. It is zeroised on drop, and nothing can print it.
pub struct RegistrySecret(Zeroizing<String>);

impl RegistrySecret {
    /// Takes over a password or token.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

/// A credential for a registry. It has no `Debug` and no `Clone`, because it contains a [`RegistrySecret`].
pub enum Credential {
    /// A user and a password, or an access token in its place.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: RegistrySecret,
    },
    /// An identity token. It is exchanged for access tokens and is not a password.
    IdentityToken(RegistrySecret),
}

/// Asks the user for credentials.
#[async_trait]
pub trait AskCredentials: Send + Sync {
    /// Asks for user and password for the registry `host`. Returns `None` if there is no user or the user declines.
    async fn ask(&self, host: &str) -> Option<(String, RegistrySecret)>;
}

/// Sources of credentials. They are used in this order: those given for one host, the docker config, and the user, whom
/// one [`Registry`](super::Registry) asks at most once. Only given credentials are used before the registry demands
/// them.
#[derive(Clone, Default)]
pub struct Credentials {
    given: Option<(String, Arc<Credential>)>,
    docker: Option<DockerConfig>,
    ask: Option<Arc<dyn AskCredentials>>,
}

impl Credentials {
    /// No credentials.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Uses `credential` only for the registry `host`, in the form of
    /// [`RepositoryName::host`](crate::name::RepositoryName::host).
    #[must_use]
    pub fn given(mut self, host: &str, credential: Credential) -> Self {
        self.given = Some((host.to_owned(), Arc::new(credential)));
        self
    }

    /// Reads the docker config.
    #[must_use]
    pub fn docker_config(mut self, config: DockerConfig) -> Self {
        self.docker = Some(config);
        self
    }

    /// Asks the user if no other source has credentials.
    #[must_use]
    pub fn ask(mut self, ask: Arc<dyn AskCredentials>) -> Self {
        self.ask = Some(ask);
        self
    }

    pub(super) fn given_for(&self, host: &str) -> Option<Arc<Credential>> {
        self.given.as_ref().filter(|(bound, _)| bound == host).map(|(_, credential)| Arc::clone(credential))
    }

    /// The credentials that need no question to the user.
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

/// Why a docker config or its credential helper failed. The output of helpers is left out, because it may contain the
/// secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is not a docker config or too large.
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
    /// The name of a helper is a path and could lead outside the search path.
    #[error("'{0}' is not the name of a credential helper")]
    HelperName(String),
    /// The helper cannot be started, or does not read its input.
    #[error("cannot run the credential helper {helper}")]
    HelperStart {
        /// The program.
        helper: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The helper failed.
    #[error("the credential helper {helper} failed")]
    HelperFailed {
        /// The program.
        helper: String,
    },
    /// The helper's answer is malformed.
    #[error("the credential helper {helper} gave no valid answer")]
    HelperAnswer {
        /// The program.
        helper: String,
    },
    /// The helper took too long and was stopped.
    #[error("the credential helper {helper} gave no answer within {} s", .after.as_secs_f32())]
    HelperTimedOut {
        /// The program.
        helper: String,
        /// The time limit.
        after: Duration,
    },
}
