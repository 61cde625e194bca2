//! Debian's registry in each of its variants.

use std::process::Command;

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::{Method, StatusCode};
use notary_dev::{
    client,
    debian::{Auth, DebianRegistry, Options},
    proxy::{Fault, Proxy, Rule},
    push::{PushError, Target},
    token::{TokenOptions, TokenServer},
};

use crate::publish;

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn an_anonymous_registry_takes_serves_and_deletes() {
    let registry = DebianRegistry::start().unwrap();
    let target = Target::anonymous(&registry.address(), "acme/app");
    let digest = publish(&target, "_manifesto", "hello").await;
    let answer = target.ask(Method::GET, "manifests/_manifesto").await.unwrap();
    assert_eq!((answer.status, answer.header("docker-content-digest")), (StatusCode::OK, digest.as_str()));
    let deleted = target.ask(Method::DELETE, &format!("manifests/{digest}")).await.unwrap();
    assert_eq!(deleted.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn deletion_can_be_off() {
    let registry = DebianRegistry::start_with(Options { delete: false, ..Options::default() }).unwrap();
    let target = Target::anonymous(&registry.address(), "app");
    let digest = publish(&target, "one", "hello").await;
    let refused = target.ask(Method::DELETE, &format!("manifests/{digest}")).await.unwrap();
    assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn basic_lets_one_user_in() {
    let auth = Auth::Basic { user: "alice".into(), password: "pa:ss".into() };
    let registry = DebianRegistry::start_with(Options { auth, ..Options::default() }).unwrap();
    let mut target = Target::anonymous(&registry.address(), "app");
    let refused = target.ask(Method::GET, "tags/list").await.unwrap();
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.header("www-authenticate").starts_with("Basic "));
    target.authorization = Some(basic("alice", "wrong"));
    assert_eq!(target.ask(Method::GET, "tags/list").await.unwrap().status, StatusCode::UNAUTHORIZED);
    target.authorization = Some(basic("alice", "pa:ss"));
    publish(&target, "one", "hello").await;
    assert_eq!(target.ask(Method::GET, "tags/list").await.unwrap().status, StatusCode::OK);
}

#[test]
fn tls_is_believed_with_its_authority_and_not_without() {
    let registry = DebianRegistry::start_with(Options { tls: true, ..Options::default() }).unwrap();
    let authority = registry.ca_file().unwrap();
    let certificates = tempfile::tempdir().unwrap();
    std::fs::copy(&authority, certificates.path().join("ca.crt")).unwrap();
    let list = |directory: &std::path::Path, host: &str| {
        let name = format!("docker://{host}/none");
        let output =
            Command::new("skopeo").args(["list-tags", "--cert-dir"]).arg(directory).arg(name).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let port = registry.address().split_once(':').unwrap().1.to_owned();
    for host in [registry.address(), format!("localhost:{port}")] {
        let answer = list(certificates.path(), &host);
        assert!(answer.contains("404 (Not Found)"), "{host}: {answer}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(list(empty.path(), &registry.address()).contains("x509"));
}

#[tokio::test]
async fn bearer_takes_tokens_from_its_server() {
    let tokens = TokenServer::start().unwrap();
    let options = Options { auth: Auth::Bearer(tokens.trust()), ..Options::default() };
    let registry = DebianRegistry::start_with(options).unwrap();
    let mut target = Target::anonymous(&registry.address(), "acme/app");
    let challenge = target.ask(Method::GET, "tags/list").await.unwrap();
    assert_eq!(challenge.status, StatusCode::UNAUTHORIZED);
    let asked = challenge.header("www-authenticate");
    assert!(asked.contains(&tokens.trust().realm) && asked.contains("repository:acme/app:pull"), "{asked}");

    let url = format!("{}?service=registry.notary-dev&scope=repository:acme/app:pull,push", tokens.trust().realm);
    assert_eq!(client::send(Method::GET, &url, &[], "").await.unwrap().status, StatusCode::UNAUTHORIZED);
    let alice = basic("alice", "secret");
    let token = |body: &[u8]| -> String {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["token"], body["access_token"]);
        format!("Bearer {}", body["token"].as_str().unwrap())
    };
    let granted = client::send(Method::GET, &url, &[("authorization", &alice)], "").await.unwrap();
    target.authorization = Some(token(&granted.body));
    publish(&target, "one", "hello").await;

    let form = "grant_type=refresh_token&refresh_token=refresh-alice&service=registry.notary-dev\
                &scope=repository%3Aacme%2Fapp%3Apull&client_id=test";
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let granted = client::send(Method::POST, &tokens.trust().realm, &kind, form).await.unwrap();
    target.authorization = Some(token(&granted.body));
    assert_eq!(target.ask(Method::GET, "tags/list").await.unwrap().status, StatusCode::OK);
    assert!(matches!(target.blob("x").await, Err(PushError::Refused { status: StatusCode::UNAUTHORIZED, .. })));

    let seen: Vec<_> = tokens.requests().into_iter().map(|r| (r.method, r.authorized, r.status)).collect();
    assert_eq!(seen, [("GET".into(), false, 401), ("GET".into(), true, 200), ("POST".into(), false, 200)]);
}

#[tokio::test]
async fn bearer_refuses_what_is_too_old() {
    let tokens = TokenServer::start_with(TokenOptions { anonymous_pull: true, ..TokenOptions::default() }).unwrap();
    let options = Options { auth: Auth::Bearer(tokens.trust()), ..Options::default() };
    let registry = DebianRegistry::start_with(options).unwrap();
    let mut target = Target::anonymous(&registry.address(), "app");
    let url = format!("{}?scope=repository:app:pull,push", tokens.trust().realm);
    for (lifetime, wanted) in [(300, StatusCode::NOT_FOUND), (-120, StatusCode::UNAUTHORIZED)] {
        tokens.configure(|options| options.lifetime = lifetime);
        let body: serde_json::Value =
            serde_json::from_slice(&client::send(Method::GET, &url, &[], "").await.unwrap().body).unwrap();
        assert_eq!(body["expires_in"], lifetime.max(0));
        target.authorization = Some(format!("Bearer {}", body["token"].as_str().unwrap()));
        assert_eq!(target.ask(Method::GET, "tags/list").await.unwrap().status, wanted);
    }
}

#[tokio::test]
async fn maintenance_refuses_writes_and_the_address_stays() {
    let mut registry = DebianRegistry::start().unwrap();
    let target = Target::anonymous(&registry.address(), "app");
    let digest = publish(&target, "one", "hello").await;
    registry.set_read_only(true).unwrap();
    assert!(matches!(target.blob("x").await, Err(PushError::Refused { status: StatusCode::METHOD_NOT_ALLOWED, .. })));
    assert_eq!(target.ask(Method::GET, "manifests/one").await.unwrap().header("docker-content-digest"), digest);
    registry.stop();
    assert!(target.ask(Method::GET, "tags/list").await.is_err());
    registry.restart().unwrap();
    assert_eq!(target.ask(Method::GET, "tags/list").await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn garbage_collection_takes_what_has_no_tag() {
    let registry = DebianRegistry::start().unwrap();
    let target = Target::anonymous(&registry.address(), "app");
    let old = publish(&target, "one", "old").await;
    let new = publish(&target, "one", "new").await;
    let loose = target.blob("referred to by nothing").await.unwrap();
    registry.garbage_collect(false).unwrap();
    let status = async |path: String| target.ask(Method::GET, &path).await.unwrap().status;
    assert_eq!(status(format!("blobs/{loose}")).await, StatusCode::NOT_FOUND);
    assert_eq!(status(format!("manifests/{old}")).await, StatusCode::OK);
    registry.garbage_collect(true).unwrap();
    assert_eq!(status(format!("manifests/{old}")).await, StatusCode::NOT_FOUND);
    assert_eq!(status(format!("manifests/{new}")).await, StatusCode::OK);
}

#[tokio::test]
async fn uploads_go_on_through_the_proxy_or_elsewhere() {
    let registry = DebianRegistry::start().unwrap();
    let proxy = Proxy::start(&registry.address()).unwrap();
    let target = Target::anonymous(&proxy.address(), "app");
    // Debian's registry answers with the whole address that it thinks it has.
    let location = target.ask(Method::POST, "blobs/uploads/").await.unwrap().header("location").to_owned();
    assert!(location.starts_with(&format!("{}/v2/app/blobs/uploads/", proxy.url())), "{location}");
    let elsewhere = Proxy::start(&registry.address()).unwrap();
    proxy.add_rule(Rule::new(Fault::MoveLocation(elsewhere.url())).method("POST"));
    proxy.add_rule(Rule::new(Fault::Redirect(elsewhere.url())).method("GET"));
    target.blob("hello").await.unwrap();
    assert_eq!(elsewhere.log().iter().map(|e| e.method.as_str()).collect::<Vec<_>>(), ["PUT"]);
    let moved = target.ask(Method::GET, "tags/list").await.unwrap();
    assert_eq!(moved.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(moved.header("location"), format!("{}/v2/app/tags/list", elsewhere.url()));
}
