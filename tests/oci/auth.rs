//! How the client proves who it is, and to whom it does not.

use std::{
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use axum::response::Response;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use manifesto::{
    name::Digest,
    oci::{
        Attempts, Content, ContentError, ContentErrorKind, Fetched, OCI_MANIFEST, Reference, Source,
        registry::{AskCredentials, Credential, Credentials, RegistryOptions, RegistrySecret},
    },
};

use super::{
    scripted::{Asked, MANIFEST, Server, accepted, answer, error, is_upload, manifest, quick_timeouts, status},
    servers::{self, password},
};

const PASSWORD: &str = "correct horse battery";

fn latest() -> Reference {
    Reference::Tag("latest".parse().unwrap())
}

fn basic() -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("alice:{PASSWORD}")))
}

fn options(credentials: Credentials) -> RegistryOptions {
    RegistryOptions { credentials, timeouts: quick_timeouts(), ..RegistryOptions::default() }
}

async fn fetch(server: &Server, credentials: Credentials) -> Result<Fetched, ContentError> {
    servers::open(&server.host, options(credentials)).manifest(&latest(), None).await
}

fn given(server: &Server) -> Credentials {
    Credentials::anonymous().given(&server.host, password("alice", PASSWORD))
}

fn challenge(text: &str) -> Response {
    let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
    answer(401, &[("www-authenticate", text), ("content-type", "application/json")], body)
}

/// A registry that wants user and password.
async fn basic_registry() -> Server {
    Server::start(|asked| {
        if asked.authorization == Some(basic()) { manifest() } else { challenge(r#"Basic realm="basic-realm""#) }
    })
    .await
}

/// Answers a person's question, and counts how often it was asked.
#[derive(Default)]
struct Person {
    asked: AtomicUsize,
    silent: bool,
}

#[async_trait]
impl AskCredentials for Person {
    async fn ask(&self, _: &str) -> Option<(String, RegistrySecret)> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        (!self.silent).then(|| ("alice".to_owned(), RegistrySecret::new(PASSWORD)))
    }
}

#[tokio::test]
async fn given_credentials_save_a_round_trip() {
    let server = basic_registry().await;
    assert!(matches!(fetch(&server, given(&server)).await.unwrap(), Fetched::Manifest(_)));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn credentials_for_one_host_go_to_no_other() {
    let server = basic_registry().await;
    let other = Credentials::anonymous().given("ghcr.io", password("alice", PASSWORD));
    let failure = fetch(&server, other).await.unwrap_err();
    assert_eq!((failure.kind(), failure.credentials_sent()), (ContentErrorKind::Refused, Some(false)));
    assert!(server.asked().iter().all(|asked| asked.authorization.is_none()));
}

#[tokio::test]
async fn wrong_credentials_are_refused_after_one_try() {
    let server = basic_registry().await;
    let wrong = Credentials::anonymous().given(&server.host, password("alice", "wrong"));
    let registry = servers::open(&server.host, options(wrong));
    let failure = registry.manifest(&latest(), None).await.unwrap_err();
    assert_eq!((failure.kind(), failure.credentials_sent()), (ContentErrorKind::Refused, Some(true)));
    assert!(failure.to_string().ends_with("refused with status 401: UNAUTHORIZED: authentication required"));
    assert!(registry.credentials_sent());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_person_is_asked_once_and_only_when_the_registry_asks() {
    let person = Arc::new(Person::default());
    let ask = || Credentials::anonymous().ask(Arc::clone(&person) as Arc<dyn AskCredentials>);
    let open = Server::start(|_| manifest()).await;
    fetch(&open, ask()).await.unwrap();
    assert_eq!(person.asked.load(Ordering::SeqCst), 0);

    let server = basic_registry().await;
    let registry = servers::open(&server.host, options(ask()));
    for _ in 0..3 {
        registry.manifest(&latest(), None).await.unwrap();
    }
    assert_eq!(person.asked.load(Ordering::SeqCst), 1);

    let nobody = Arc::new(Person { silent: true, ..Person::default() });
    let credentials = Credentials::anonymous().ask(Arc::clone(&nobody) as Arc<dyn AskCredentials>);
    let registry = servers::open(&server.host, options(credentials));
    for _ in 0..3 {
        let failure = registry.manifest(&latest(), None).await.unwrap_err();
        assert_eq!(failure.credentials_sent(), Some(false));
    }
    assert_eq!(nobody.asked.load(Ordering::SeqCst), 1);
}

/// A registry with a token server, which here is the same host. It knows alice; anybody may pull where `public`.
#[derive(Clone)]
struct TokenRegistry {
    public: bool,
    lifetime: u64,
    /// Tokens with a lower number are no longer honoured.
    expired_below: Arc<AtomicUsize>,
    issued: Arc<AtomicUsize>,
}

impl TokenRegistry {
    fn new(public: bool, lifetime: u64) -> Self {
        Self { public, lifetime, expired_below: Arc::default(), issued: Arc::default() }
    }

    async fn start(&self) -> Server {
        let this = self.clone();
        Server::start(move |asked| if asked.path == "/token" { this.issue(asked) } else { this.serve(asked) }).await
    }

    fn issue(&self, asked: &Asked) -> Response {
        let form = if asked.query.is_empty() { asked.body.to_vec() } else { asked.query.clone().into_bytes() };
        let field = |name: &str| {
            let found = url::form_urlencoded::parse(&form).find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        assert_eq!(field("service"), "reg.local");
        let known = asked.authorization == Some(basic())
            || (field("grant_type") == "refresh_token" && field("refresh_token") == PASSWORD);
        let actions = match field("scope").as_str() {
            "repository:acme/app:pull" => "pull",
            "repository:acme/app:pull,push" => "push",
            other => panic!("scope {other}"),
        };
        if asked.authorization.is_some() && !known {
            return error(401, "UNAUTHORIZED", "wrong password");
        }
        let allowed = if known {
            actions
        } else if self.public {
            "pull"
        } else {
            "none"
        };
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        let body = serde_json::json!({ "token": format!("{allowed}-{number}"), "expires_in": self.lifetime });
        answer(200, &[("content-type", "application/json")], body.to_string())
    }

    fn serve(&self, asked: &Asked) -> Response {
        let needed = if asked.method == "GET" || asked.method == "HEAD" { "pull" } else { "push" };
        let token = asked.authorization.as_deref().and_then(|text| text.strip_prefix("Bearer "));
        let allowed = token.and_then(|token| token.split_once('-')).is_some_and(|(scope, number)| {
            let live = number.parse::<usize>().unwrap() >= self.expired_below.load(Ordering::SeqCst);
            live && (scope == needed || scope == "push")
        });
        match asked.method.as_str() {
            // What the registry proposes as a scope is not what is asked for.
            _ if !allowed => challenge(&format!(
                r#"Bearer realm="http://{}/token",service="reg.local",scope="repository:other:delete""#,
                asked.host
            )),
            "GET" | "HEAD" => manifest(),
            "POST" if is_upload(asked) => accepted("/upload/1"),
            _ => status(201),
        }
    }

    fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_public_image_needs_nobody() {
    let tokens = TokenRegistry::new(true, 300);
    let server = tokens.start().await;
    let registry = servers::open(&server.host, options(Credentials::anonymous()));
    for _ in 0..3 {
        registry.manifest(&latest(), None).await.unwrap();
    }
    assert_eq!(tokens.issued(), 1);
    assert!(!registry.credentials_sent());
}

#[tokio::test]
async fn tokens_are_as_wide_as_needed_and_fetched_once() {
    let tokens = TokenRegistry::new(false, 300);
    let server = tokens.start().await;
    let registry = servers::open(&server.host, options(given(&server)));
    registry.manifest(&latest(), None).await.unwrap();
    assert_eq!(tokens.issued(), 1);
    let blob = Bytes::from_static(b"statement");
    for _ in 0..2 {
        registry.push_blob(Digest::of(&blob), blob.len() as u64, Source::Bytes(blob.clone())).await.unwrap();
    }
    let bytes = Bytes::from_static(MANIFEST.as_bytes());
    let tag = "_manifesto".parse().unwrap();
    let once = Attempts::Once(std::time::Duration::from_secs(5));
    registry.push_manifest(&tag, OCI_MANIFEST, bytes, once).await.unwrap();
    registry.resolve(&latest()).await.unwrap();
    assert_eq!(tokens.issued(), 2);
    assert!(registry.credentials_sent());
}

#[tokio::test]
async fn parallel_requests_share_one_token() {
    let tokens = TokenRegistry::new(false, 300);
    let server = tokens.start().await;
    let registry = servers::open(&server.host, options(given(&server)));
    let image = latest();
    let requests = (0..16).map(|_| registry.resolve(&image));
    for found in futures_util::future::join_all(requests).await {
        assert!(found.unwrap().is_some());
    }
    assert_eq!(tokens.issued(), 1);
}

#[tokio::test]
async fn an_expired_token_is_replaced() {
    let tokens = TokenRegistry::new(false, 1);
    let server = tokens.start().await;
    let registry = servers::open(&server.host, options(given(&server)));
    registry.manifest(&latest(), None).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1000)).await;
    let before = server.asked().len();
    registry.manifest(&latest(), None).await.unwrap();
    assert_eq!(tokens.issued(), 2);
    assert_eq!(server.asked().len() - before, 2, "the expiry is known here, and costs no refusal");

    // The registry's clock is ahead, or the token was withdrawn.
    let tokens = TokenRegistry::new(false, 300);
    let server = tokens.start().await;
    let registry = servers::open(&server.host, options(given(&server)));
    registry.manifest(&latest(), None).await.unwrap();
    tokens.expired_below.store(1, Ordering::SeqCst);
    registry.manifest(&latest(), None).await.unwrap();
    assert_eq!(tokens.issued(), 2);
}

#[tokio::test]
async fn tokens_that_are_never_honoured_end() {
    let tokens = TokenRegistry::new(false, 300);
    tokens.expired_below.store(usize::MAX, Ordering::SeqCst);
    let server = tokens.start().await;
    let failure = fetch(&server, given(&server)).await.unwrap_err();
    assert_eq!((failure.kind(), failure.credentials_sent()), (ContentErrorKind::Refused, Some(true)));
    assert_eq!(tokens.issued(), 1);
}

#[tokio::test]
async fn a_private_image_without_credentials_is_refused_and_says_so() {
    let tokens = TokenRegistry::new(false, 300);
    let server = tokens.start().await;
    let failure = fetch(&server, Credentials::anonymous()).await.unwrap_err();
    assert_eq!((failure.kind(), failure.credentials_sent()), (ContentErrorKind::Refused, Some(false)));
    assert_eq!(tokens.issued(), 1);
}

#[tokio::test]
async fn a_person_is_asked_when_the_token_for_anybody_is_not_enough() {
    let person = Arc::new(Person::default());
    let tokens = TokenRegistry::new(false, 300);
    let server = tokens.start().await;
    let credentials = Credentials::anonymous().ask(Arc::clone(&person) as Arc<dyn AskCredentials>);
    fetch(&server, credentials).await.unwrap();
    assert_eq!((person.asked.load(Ordering::SeqCst), tokens.issued()), (1, 2));
}

#[tokio::test]
async fn an_identity_token_is_exchanged_and_is_no_password() {
    let tokens = TokenRegistry::new(false, 300);
    let server = tokens.start().await;
    let identity =
        |host: &str| Credentials::anonymous().given(host, Credential::IdentityToken(RegistrySecret::new(PASSWORD)));
    fetch(&server, identity(&server.host)).await.unwrap();
    let exchange = server.asked().into_iter().find(|asked| asked.path == "/token").unwrap();
    assert_eq!((exchange.method.as_str(), exchange.authorization), ("POST", None));

    let server = basic_registry().await;
    let failure = fetch(&server, identity(&server.host)).await.unwrap_err();
    assert_eq!(failure.credentials_sent(), Some(false));
    assert!(server.asked().iter().all(|asked| asked.authorization.is_none()));
}

#[tokio::test]
async fn a_token_server_that_refuses_or_fails_is_believed() {
    let tokens = TokenRegistry::new(true, 300);
    let server = tokens.start().await;
    let wrong = Credentials::anonymous().given(&server.host, password("alice", "wrong"));
    let failure = fetch(&server, wrong).await.unwrap_err();
    assert!(failure.to_string().contains("/token: refused with status 401: UNAUTHORIZED: wrong password"));
    assert_eq!(failure.credentials_sent(), Some(true));

    let with_token_answer = |token: fn() -> Response| {
        Server::start(move |asked| match asked.path.as_str() {
            "/token" => token(),
            _ => challenge(&format!(r#"Bearer realm="http://{}/token",service="s""#, asked.host)),
        })
    };
    for (token, kind) in [
        ((|| status(503)) as fn() -> Response, ContentErrorKind::Unreachable),
        (|| status(400), ContentErrorKind::Refused),
        (|| answer(200, &[("content-type", "text/html")], "<html>"), ContentErrorKind::Unreachable),
        (|| answer(200, &[], "x".repeat(1 << 20)), ContentErrorKind::TooLarge),
        (|| answer(200, &[], r#"{"token":"a\nb"}"#), ContentErrorKind::Unreachable),
        (|| answer(302, &[("location", "/elsewhere")], ""), ContentErrorKind::Unreachable),
    ] {
        let server = with_token_answer(token).await;
        let failure = fetch(&server, given(&server)).await.unwrap_err();
        assert_eq!(failure.kind(), kind, "{failure}");
    }
}

#[tokio::test]
async fn credentials_are_not_sent_to_an_unprotected_realm() {
    for realm in ["http://auth.example.com/token", "ftp://127.0.0.1/token", "not an address"] {
        let server = Server::start(move |_| challenge(&format!("Bearer realm=\"{realm}\",service=\"s\""))).await;
        let failure = fetch(&server, given(&server)).await.unwrap_err();
        assert!(matches!(failure, ContentError::InsecureRealm { .. }), "{failure}");
    }
    let server = Server::start(|_| challenge(r#"Negotiate, Digest realm="x""#)).await;
    let failure = fetch(&server, Credentials::anonymous()).await.unwrap_err();
    assert!(matches!(&failure, ContentError::Challenge { offered, .. } if offered.contains("Digest")), "{failure:?}");
}

/// Collects everything that is traced, by whatever crate.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<Vec<u8>>>);

impl Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let trace = Trace::default();
    let writer = trace.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let mut shown = String::new();

    let tokens = TokenRegistry::new(false, 300);
    let server = tokens.start().await;
    fetch(&server, given(&server)).await.unwrap();
    let identity = Credential::IdentityToken(RegistrySecret::new(PASSWORD));
    fetch(&server, Credentials::anonymous().given(&server.host, identity)).await.unwrap();
    let server = basic_registry().await;
    fetch(&server, given(&server)).await.unwrap();

    let server = Server::start(|_| status(403)).await;
    let failure = fetch(&server, given(&server)).await.unwrap_err();
    shown += &format!("{failure} {failure:?}");
    let nowhere = "http://127.0.0.1:1/blob?X-Amz-Signature=sig-secret";
    let server = Server::start(move |_| answer(307, &[("location", nowhere)], "")).await;
    let failure = fetch(&server, given(&server)).await.unwrap_err();
    shown += &format!("{failure} {failure:?}");
    let mut source = std::error::Error::source(&failure);
    while let Some(error) = source {
        shown += &format!("{error} {error:?}");
        source = error.source();
    }
    drop(guard);

    let traced = String::from_utf8_lossy(&trace.0.lock().unwrap()).into_owned();
    assert!(traced.contains("manifests/latest"), "the requests are traced");
    let encoded = BASE64_STANDARD.encode(format!("alice:{PASSWORD}"));
    // The scripted server runs in this process too: what it traces of requests counts as well.
    for secret in [PASSWORD, &encoded, "pull-0", "push-0", "sig-secret", "correct+horse"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
        let line = traced.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
