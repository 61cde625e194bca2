//! A repository on a registry (OCI distribution specification 1.1).
//!
//! A registry's answers are limited in size and time, and content is accepted only if it has the requested digest.
//! Credentials are sent to the registry itself and to the token server that it names. A challenge from another host is
//! not answered, and no `Authorization` follows a redirect or an upload location to another host.

mod answer;
mod auth;
mod authorization;
mod blobs;
mod challenge;
mod credential;
mod credentials;
mod date;
mod docker_config;
mod exchange;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod manifests;
mod options;
mod retry;
mod tls;
mod token;
mod transport;
mod uploads;

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Url;
use tokio::io::AsyncWrite;

use self::{auth::Auth, challenge::PlainHttp, date::Clock, transport::Transport};
pub use self::{
    credential::{Credential, CredentialsError, RegistrySecret},
    credentials::{AskCredentials, Credentials},
    docker_config::DockerConfig,
    options::{RegistryOptions, Timeouts},
};
use super::{Attempts, Content, ContentError, Descriptor, Fetched, Pushed, Reference, Source};
use crate::{
    limits::Limits,
    name::{Digest, RepositoryName, Tag},
    time::Timestamp,
};

/// One repository of a registry. It keeps tokens, so use one value for a whole command.
pub struct Registry {
    /// `scheme://host/v2/path/`.
    base: Url,
    path: String,
    limits: Limits,
    transport: Transport,
    auth: Auth,
    clock: Clock,
    /// Blobs that the registry lacked or could not serve. Its claims to have them are not believed.
    doubtful: Mutex<HashSet<Digest>>,
}

impl Registry {
    /// Refers to the repository `repository`. This sends nothing.
    ///
    /// # Errors
    /// [`ContentError::Address`] if the name is not a valid address, such as with a port above 65535.
    pub fn new(repository: &RepositoryName, options: RegistryOptions) -> Result<Self, ContentError> {
        let plain = if options.plain_http {
            PlainHttp::Anywhere
        } else if repository.is_loopback() && options.ca_files.is_empty() {
            PlainHttp::Loopback
        } else {
            PlainHttp::Nowhere
        };
        let scheme = if plain == PlainHttp::Nowhere { "https" } else { "http" };
        let address = format!("{scheme}://{}/v2/{}/", repository.endpoint(), repository.path());
        let base = Url::parse(&address)
            .map_err(|source| ContentError::Address { repository: repository.to_string(), source })?;
        Ok(Self {
            base,
            path: repository.path().to_owned(),
            transport: Transport::new(&options, plain),
            limits: options.limits,
            auth: Auth::new(repository.host(), repository.path(), options.credentials),
            clock: Clock::default(),
            doubtful: Mutex::default(),
        })
    }

    fn doubt(&self, digests: &[Digest]) {
        self.doubtful().extend(digests);
    }

    fn doubtful(&self) -> MutexGuard<'_, HashSet<Digest>> {
        // No holder of the lock can panic half-way, so a poisoned lock is harmless.
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address of a manifest, blob or upload. Its parts are parsed names, without characters that have a meaning in
    /// a URL.
    fn url(&self, rest: &str) -> Result<Url, ContentError> {
        let malformed = |source| ContentError::Address { repository: self.path.clone(), source };
        self.base.join(&format!("./{rest}")).map_err(malformed)
    }
}

#[async_trait]
impl Content for Registry {
    fn credentials_sent(&self) -> bool {
        self.auth.credentials_sent()
    }

    fn date(&self) -> Option<Timestamp> {
        self.clock.now()
    }

    async fn resolve(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError> {
        self.resolve_manifest(reference).await
    }

    async fn manifest(&self, reference: &Reference, known: Option<Digest>) -> Result<Fetched, ContentError> {
        self.fetch_manifest(reference, known).await
    }

    async fn blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError> {
        self.fetch_blob(digest, limit).await
    }

    async fn blob_to(
        &self,
        digest: Digest,
        size: u64,
        sink: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<bool, ContentError> {
        self.stream_blob(digest, size, sink).await
    }

    async fn push_blob(&self, digest: Digest, size: u64, source: Source) -> Result<(), ContentError> {
        self.upload_blob(digest, size, &source).await
    }

    async fn push_manifest(
        &self,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
        attempts: Attempts,
    ) -> Result<Pushed, ContentError> {
        self.put_manifest(tag, media_type, bytes, attempts).await
    }
}
