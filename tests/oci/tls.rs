//! TLS to a real registry, and what a person sees when it does not come about.

use std::{error::Error as _, time::Instant};

use manifesto::oci::{
    Content, ContentError, ContentErrorKind, Reference,
    registry::{Registry, RegistryOptions},
};

use super::{
    debian::{DockerRegistry, Protection},
    scripted::{Server, manifest},
    servers,
};

fn image() -> Reference {
    Reference::Tag("latest".parse().unwrap())
}

fn open(host: &str, ca_files: Vec<std::path::PathBuf>) -> Registry {
    servers::open(host, RegistryOptions { ca_files, ..RegistryOptions::default() })
}

/// An error and everything behind it, as a person reads it.
fn chain(error: &ContentError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text += &format!(": {source}");
        next = source.source();
    }
    text
}

#[tokio::test]
async fn a_certificate_of_somebody_else_is_refused_at_once() {
    let (server, other) =
        (DockerRegistry::start(&Protection::TlsAndBasic), DockerRegistry::start(&Protection::TlsAndBasic));
    let begun = Instant::now();
    let failure = open(&server.host, vec![other.ca_file()]).resolve(&image()).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Unreachable);
    assert!(chain(&failure).contains("certificate"), "{}", chain(&failure));
    assert!(begun.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn one_file_may_hold_several_certificates_and_several_files_may_be_given() {
    let (server, other) =
        (DockerRegistry::start(&Protection::TlsAndBasic), DockerRegistry::start(&Protection::TlsAndBasic));
    let folder = tempfile::TempDir::new().unwrap();
    let bundle = folder.path().join("bundle.pem");
    let read = |server: &DockerRegistry| std::fs::read_to_string(server.ca_file()).unwrap();
    std::fs::write(&bundle, read(&other) + &read(&server)).unwrap();
    for files in [vec![bundle], vec![other.ca_file(), server.ca_file()]] {
        let mut options = servers::given(&server.host, "alice", "correct horse");
        options.ca_files = files;
        assert_eq!(servers::open(&server.host, options).resolve(&image()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_certificate_file_that_is_none_is_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    let failure = open("127.0.0.1:1", vec![file.clone()]).resolve(&image()).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Local);
    assert!(failure.to_string().ends_with("ca.pem"));
    for text in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&file, text).unwrap();
        let failure = open("127.0.0.1:1", vec![file.clone()]).resolve(&image()).await.unwrap_err();
        assert_eq!(failure.kind(), ContentErrorKind::Local, "{text}: {failure}");
    }
}

#[tokio::test]
async fn who_names_a_certificate_means_tls() {
    let (plain, other) = (Server::start(|_| manifest()).await, DockerRegistry::start(&Protection::TlsAndBasic));
    let failure = open(&plain.host, vec![other.ca_file()]).resolve(&image()).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Unreachable);
    assert!(plain.asked().is_empty(), "nothing is sent in the clear");
    let options = RegistryOptions { ca_files: vec![other.ca_file()], plain_http: true, ..RegistryOptions::default() };
    assert!(servers::open(&plain.host, options).resolve(&image()).await.unwrap().is_some());
}

#[tokio::test]
async fn plain_http_to_a_tls_registry_says_what_is_wrong() {
    let server = DockerRegistry::start(&Protection::TlsAndBasic);
    let failure = open(&server.host, Vec::new()).manifest(&image(), None).await.unwrap_err();
    assert!(failure.to_string().contains("Client sent an HTTP request to an HTTPS server"), "{failure}");
}
