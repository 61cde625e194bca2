//! A registry in this process, and clients of registries.

use std::sync::Arc;

use ferro_blob_store::InMemoryBlobStore;
use manifesto::{
    name::RepositoryName,
    oci::registry::{Credential, Credentials, Registry, RegistryOptions, RegistrySecret},
};

/// Serves `app` on a loopback port for as long as the runtime lives; returns `host:port`.
pub(super) async fn serve(app: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    host
}

pub(super) async fn ferro() -> String {
    serve(ferro_oci_server::build_app(Arc::new(InMemoryBlobStore::new()))).await
}

pub(super) fn repository(host: &str, path: &str) -> RepositoryName {
    format!("{host}/{path}").parse().unwrap()
}

pub(super) fn open(host: &str, options: RegistryOptions) -> Registry {
    Registry::new(&repository(host, "acme/app"), options).unwrap()
}

pub(super) fn password(user: &str, password: &str) -> Credential {
    Credential::Password { user: user.to_owned(), password: RegistrySecret::new(password) }
}

pub(super) fn given(host: &str, user: &str, secret: &str) -> RegistryOptions {
    let credentials = Credentials::anonymous().given(host, password(user, secret));
    RegistryOptions { credentials, ..RegistryOptions::default() }
}
