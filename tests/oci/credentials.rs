//! Credentials on their way from the docker config to a registry.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use manifesto::oci::{
    Content, ContentErrorKind, Reference,
    registry::{Credentials, DockerConfig, Registry, RegistryOptions},
};

use super::{
    scripted::{Server, answer, manifest, quick_timeouts},
    servers::{self, password},
};

/// A registry that wants user and password, and takes any.
async fn protected() -> Server {
    Server::start(|asked| match &asked.authorization {
        None => answer(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
        Some(_) => manifest(),
    })
    .await
}

fn open(server: &Server, credentials: Credentials) -> Registry {
    servers::open(
        &server.host,
        RegistryOptions { credentials, timeouts: quick_timeouts(), ..RegistryOptions::default() },
    )
}

fn image() -> Reference {
    Reference::Tag("latest".parse().unwrap())
}

fn config(text: &str) -> (tempfile::TempDir, DockerConfig) {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("config.json"), text).unwrap();
    let directory = folder.path().as_os_str().to_owned();
    (folder, DockerConfig::locate(|name| (name == "DOCKER_CONFIG").then(|| directory.clone())))
}

#[tokio::test]
async fn the_docker_config_is_used_when_the_registry_asks() {
    let server = protected().await;
    let pair = BASE64_STANDARD.encode("carol:from file");
    let (_folder, docker) = config(&format!(r#"{{"auths":{{"{}":{{"auth":"{pair}"}}}}}}"#, server.host));
    open(&server, Credentials::anonymous().docker_config(docker.clone())).resolve(&image()).await.unwrap();
    let sent: Vec<Option<String>> = server.asked().into_iter().map(|asked| asked.authorization).collect();
    assert_eq!(sent, [None, Some(format!("Basic {pair}"))]);

    // What is given explicitly comes first.
    let server = protected().await;
    let both = Credentials::anonymous().docker_config(docker).given(&server.host, password("alice", "given"));
    open(&server, both).resolve(&image()).await.unwrap();
    let given = format!("Basic {}", BASE64_STANDARD.encode("alice:given"));
    assert_eq!(server.asked()[0].authorization, Some(given));
}

#[tokio::test]
async fn a_broken_config_matters_only_when_the_registry_asks() {
    let (_folder, docker) = config("not json");
    let credentials = Credentials::anonymous().docker_config(docker);
    let open_to_all = Server::start(|_| manifest()).await;
    open(&open_to_all, credentials.clone()).resolve(&image()).await.unwrap();
    let server = protected().await;
    let failure = open(&server, credentials).resolve(&image()).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Refused);
    assert_eq!(failure.to_string(), format!("cannot look up credentials for {}", server.host));
}
