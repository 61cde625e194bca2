//! Credentials for a registry: given by the caller, else from the docker config, else entered by the user.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Credential, CredentialsError, DockerConfig, RegistrySecret};

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
