//! Each fault, as a plain client meets it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use hyper::{Method, StatusCode};
use notary_dev::{
    client::{self, Answer, ClientError},
    embedded::EmbeddedRegistry,
    proxy::{Fault, Proxy, Rule},
    push::{Target, sha256},
};

use crate::{MANIFEST, publish};

struct Bench {
    _registry: EmbeddedRegistry,
    proxy: Proxy,
    /// Through the proxy.
    target: Target,
    /// Past it.
    direct: Target,
}

impl Bench {
    fn new() -> Self {
        let registry = EmbeddedRegistry::start().unwrap();
        let proxy = Proxy::start(&registry.address()).unwrap();
        let target = Target::anonymous(&proxy.address(), "acme/app");
        let direct = Target::anonymous(&registry.address(), "acme/app");
        Self { _registry: registry, proxy, target, direct }
    }

    async fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.target.ask(Method::GET, path).await
    }

    async fn digest_of(&self, target: &Target, tag: &str) -> String {
        sha256(&target.ask(Method::GET, &format!("manifests/{tag}")).await.unwrap().body)
    }
}

#[tokio::test]
async fn without_rules_everything_passes_unchanged() {
    let bench = Bench::new();
    let digest = publish(&bench.target, "one", "hello").await;
    assert_eq!(bench.digest_of(&bench.target, "one").await, digest);
    assert_eq!(bench.digest_of(&bench.direct, "one").await, digest);
    let head = bench.target.ask(Method::HEAD, "manifests/one").await.unwrap();
    let length = bench.get("manifests/one").await.unwrap().body.len().to_string();
    assert_eq!((head.header("content-length"), head.body.len()), (length.as_str(), 0));
}

#[tokio::test]
async fn a_status_comes_as_often_as_it_was_told_to() {
    let bench = Bench::new();
    publish(&bench.target, "one", "hello").await;
    let busy = Fault::Status { code: 429, retry_after: Some(2) };
    bench.proxy.add_rule(Rule::new(busy).method("GET").tag("one").times(2));
    bench.proxy.add_rule(Rule::new(Fault::Status { code: 503, retry_after: None }).nth(1));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let answer = bench.get("manifests/one").await.unwrap();
        seen.push((answer.status.as_u16(), answer.header("retry-after").to_owned()));
    }
    let none = String::new;
    assert_eq!(seen, [(429, "2".into()), (429, "2".into()), (503, none()), (200, none())]);
    assert!(bench.proxy.log().iter().any(|exchange| exchange.status == Some(429)));
}

#[tokio::test]
async fn a_body_can_break_off() {
    let bench = Bench::new();
    let content = "x".repeat(100_000);
    let blob = bench.target.blob(content.clone()).await.unwrap();
    for length in [0, 10, 99_999] {
        bench.proxy.add_rule(Rule::new(Fault::Truncate(length)).nth(1));
        let error = bench.get(&format!("blobs/{blob}")).await.unwrap_err();
        assert!(matches!(error, ClientError::BrokenOff { .. }), "{length}: {error:?}");
        bench.proxy.clear_rules();
    }
    assert_eq!(bench.get(&format!("blobs/{blob}")).await.unwrap().body, content);
}

#[tokio::test]
async fn bytes_can_be_wrong() {
    let bench = Bench::new();
    let blob = bench.target.blob("abcdef").await.unwrap();
    let path = format!("blobs/{blob}");
    bench.proxy.add_rule(Rule::new(Fault::FlipBit(2)).path("/blobs/").nth(1));
    bench.proxy.add_rule(Rule::new(Fault::ReplaceBody("other".into())).path("/blobs/").nth(1));
    bench.proxy.add_rule(Rule::new(Fault::Html).path("/blobs/").nth(1));
    assert_eq!(bench.get(&path).await.unwrap().text(), "abbdef");
    let replaced = bench.get(&path).await.unwrap();
    assert_eq!((replaced.text().as_str(), replaced.header("content-length")), ("other", "5"));
    let page = bench.get(&path).await.unwrap();
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(page.text().starts_with("<!DOCTYPE html>"));
    assert_eq!(bench.get(&path).await.unwrap().text(), "abcdef");
}

#[tokio::test]
async fn a_body_can_be_without_end() {
    let bench = Bench::new();
    bench.proxy.add_rule(Rule::new(Fault::Endless));
    let endless = tokio::time::timeout(Duration::from_millis(300), bench.get("manifests/one")).await;
    assert!(endless.is_err(), "it ended");
    bench.proxy.clear_rules();
    assert_eq!(bench.get("manifests/one").await.unwrap().status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_tag_can_be_stale() {
    let bench = Bench::new();
    let first = publish(&bench.target, "one", "first").await;
    bench.proxy.add_rule(Rule::new(Fault::StaleTag(1)).tag("one").method("GET"));
    assert_eq!(bench.digest_of(&bench.target, "one").await, first, "there is no earlier one");
    let second = publish(&bench.target, "one", "second").await;
    assert_eq!(bench.digest_of(&bench.target, "one").await, first);
    assert_eq!(bench.get("manifests/one").await.unwrap().header("docker-content-digest"), first);
    assert_eq!(bench.digest_of(&bench.direct, "one").await, second);
    let url = format!("{}/v2/acme/app/manifests/one", bench.proxy.url());
    let known = [("if-none-match", format!("\"{first}\""))];
    let known: Vec<_> = known.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(client::send(Method::GET, &url, &known, "").await.unwrap().status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_manifest_can_be_somebody_elses() {
    let bench = Bench::new();
    publish(&bench.target, "one", "mine").await;
    let fault = Fault::Manifest { media_type: MANIFEST.into(), bytes: "{}".into() };
    bench.proxy.add_rule(Rule::new(fault).tag("one"));
    let head = bench.target.ask(Method::HEAD, "manifests/one").await.unwrap();
    assert_eq!((head.header("content-length"), head.header("docker-content-digest")), ("2", sha256(b"{}").as_str()));
    let answer = bench.get("manifests/one").await.unwrap();
    assert_eq!((answer.text().as_str(), answer.header("content-type")), ("{}", MANIFEST));
}

#[tokio::test]
async fn a_write_can_be_lost() {
    let bench = Bench::new();
    let first = publish(&bench.target, "one", "first").await;
    bench.proxy.add_rule(Rule::new(Fault::LostWrite).method("PUT").tag("one"));
    let second = publish(&bench.target, "one", "second").await;
    assert_ne!(first, second);
    assert_eq!(bench.digest_of(&bench.target, "one").await, first);
}

#[tokio::test]
async fn a_write_can_land_late() {
    let bench = Bench::new();
    let first = publish(&bench.target, "one", "first").await;
    let (answer, lands) = (Duration::from_millis(50), Duration::from_millis(1500));
    bench.proxy.add_rule(Rule::new(Fault::LateWrite { answer, lands }).method("PUT").tag("one"));
    let manifest = bench.get("manifests/one").await.unwrap().text() + "\n";
    let start = Instant::now();
    let error = bench.target.manifest("one", MANIFEST, manifest.clone()).await.unwrap_err();
    assert!(error.to_string().contains("504"), "{error}");
    assert_eq!(bench.digest_of(&bench.direct, "one").await, first);
    while bench.digest_of(&bench.direct, "one").await == first {
        assert!(start.elapsed() < Duration::from_secs(10), "it never landed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(start.elapsed() >= lands);
    assert_eq!(bench.digest_of(&bench.direct, "one").await, sha256(manifest.as_bytes()));
}

#[tokio::test]
async fn a_connection_can_be_closed_before_or_after_the_write() {
    let bench = Bench::new();
    let first = publish(&bench.target, "one", "first").await;
    let next = bench.get("manifests/one").await.unwrap().text() + "\n";
    bench.proxy.add_rule(Rule::new(Fault::Disconnect).method("PUT").nth(1));
    bench.proxy.add_rule(Rule::new(Fault::LostAnswer).method("PUT").nth(1));
    let put = async || bench.target.manifest("one", MANIFEST, next.clone()).await.unwrap_err();
    put().await;
    assert_eq!(bench.proxy.log().iter().filter(|e| e.method == "PUT" && e.status.is_none()).count(), 1);
    assert_eq!(bench.digest_of(&bench.direct, "one").await, first);
    put().await;
    assert_eq!(bench.digest_of(&bench.direct, "one").await, sha256(next.as_bytes()));
}

#[tokio::test]
async fn from_the_nth_request_on_nothing_answers_until_it_is_revived() {
    let bench = Bench::new();
    publish(&bench.target, "one", "first").await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    let note = move |method: &str, path: &str| noted.lock().unwrap().push(format!("{method} {path}"));
    bench.proxy.add_rule(Rule::new(Fault::Die).from_nth(3).calling(note));
    assert!(bench.get("manifests/one").await.is_ok());
    assert!(bench.get("manifests/one").await.is_ok() && !bench.proxy.is_dead());
    for _ in 0..3 {
        assert!(matches!(bench.get("manifests/one").await, Err(ClientError::NoAnswer { .. })));
    }
    assert!(bench.proxy.is_dead());
    assert_eq!(*asked.lock().unwrap(), ["GET /v2/acme/app/manifests/one"]);
    bench.proxy.clear_rules();
    bench.proxy.revive();
    assert!(bench.get("manifests/one").await.is_ok());
    bench.proxy.kill();
    assert!(bench.get("manifests/one").await.is_err());
}

#[tokio::test]
async fn headers_can_lie_and_answers_can_be_slow() {
    let bench = Bench::new();
    publish(&bench.target, "one", "first").await;
    let wrong = sha256(b"wrong");
    bench.proxy.add_rule(Rule::new(Fault::Header("Docker-Content-Digest", wrong.clone())).nth(1));
    bench.proxy.add_rule(Rule::new(Fault::Delay(Duration::from_millis(100))).nth(1));
    assert_eq!(bench.get("manifests/one").await.unwrap().header("docker-content-digest"), wrong);
    let start = Instant::now();
    assert_ne!(bench.get("manifests/one").await.unwrap().header("docker-content-digest"), wrong);
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn a_registry_that_is_down_is_a_bad_gateway() {
    let address = EmbeddedRegistry::start().unwrap().address();
    let proxy = Proxy::start(&address).unwrap();
    let answer = client::send(Method::GET, &proxy.url(), &[], "").await.unwrap();
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
}
