//! The embedded registry.

use hyper::{Method, StatusCode};
use notary_dev::{client, embedded::EmbeddedRegistry, push::Target};

use crate::publish;

#[tokio::test]
async fn serves_what_was_put_and_is_gone_when_dropped() {
    let registry = EmbeddedRegistry::start().unwrap();
    let url = format!("http://{}/v2/", registry.address());
    let target = Target::anonymous(&registry.address(), "acme/app");
    let digest = publish(&target, "_manifesto", "hello").await;
    let head = target.ask(Method::HEAD, "manifests/_manifesto").await.unwrap();
    assert_eq!((head.status, head.header("docker-content-digest")), (StatusCode::OK, digest.as_str()));
    assert!(registry.address().starts_with("127.0.0.1:"));
    drop(registry);
    assert!(client::send(Method::GET, &url, &[], "").await.is_err());
}

#[tokio::test]
async fn keeps_its_content_in_the_directory_that_it_is_given() {
    let directory = tempfile::tempdir().unwrap();
    let digest = {
        let registry = EmbeddedRegistry::start_in(directory.path()).unwrap();
        publish(&Target::anonymous(&registry.address(), "app"), "one", "hello").await
    };
    let registry = EmbeddedRegistry::start_in(directory.path()).unwrap();
    let answer = Target::anonymous(&registry.address(), "app").ask(Method::GET, "manifests/one").await.unwrap();
    assert_eq!(notary_dev::push::sha256(&answer.body), digest);
}
