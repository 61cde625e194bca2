//! Where a registry sends its clients, and what does not go with them.

use axum::{
    body::{Body, Bytes},
    http::Method,
    response::Response,
};
use manifesto::{
    limits::Limits,
    name::Digest,
    oci::{Content, ContentError, ContentErrorKind, Reference, Source},
};

use super::{
    scripted::{Server, accepted, answer, is_upload, manifest, quick_timeouts, status},
    servers,
};

const BLOB: &[u8] = b"a statement";

fn to(code: u16, location: &str) -> Response {
    answer(code, &[("location", location)], Body::empty())
}

async fn fetch(server: &Server) -> Result<Option<Bytes>, ContentError> {
    let mut options = servers::given(&server.host, "alice", "secret");
    options.timeouts = quick_timeouts();
    servers::open(&server.host, options).blob(Digest::of(BLOB), 100).await
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_host() {
    for code in [301, 302, 303, 307, 308] {
        let storage = Server::start(|_| answer(200, &[], BLOB)).await;
        let location = format!("http://{}/bucket/blob?X-Signature=s", storage.host);
        let server = Server::start(move |_| to(code, &location)).await;
        assert_eq!(fetch(&server).await.unwrap().unwrap(), BLOB);
        assert!(server.asked()[0].authorization.is_some());
        assert_eq!(storage.asked()[0].authorization, None, "{code}");
        assert_eq!(storage.asked()[0].query, "X-Signature=s");
    }
}

#[tokio::test]
async fn credentials_stay_on_the_registry_itself() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/elsewhere" => answer(200, &[], BLOB),
        _ => to(307, "/elsewhere"),
    });
    let server = server.await;
    assert_eq!(fetch(&server).await.unwrap().unwrap(), BLOB);
    assert!(server.asked().iter().all(|asked| asked.authorization.is_some()));
}

#[tokio::test]
async fn a_challenge_from_another_host_is_not_answered() {
    let trap = Server::start(|asked| match asked.path.as_str() {
        "/token" => answer(200, &[], r#"{"token":"t"}"#),
        _ => answer(401, &[("www-authenticate", r#"Basic realm="give me""#)], Body::empty()),
    });
    let trap = trap.await;
    let location = format!("http://{}/blob?sig=secret-signature", trap.host);
    let server = Server::start(move |_| to(307, &location)).await;
    let failure = fetch(&server).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Refused);
    assert_eq!(failure.credentials_sent(), Some(false));
    assert!(failure.to_string().starts_with(&trap.host), "{failure}");
    assert!(!format!("{failure:?}").contains("secret-signature"));
    assert!(trap.asked().iter().all(|asked| asked.authorization.is_none()));
    assert_eq!(trap.asked().len(), 1);
}

#[tokio::test]
async fn a_circle_ends() {
    let server = Server::start(|asked| to(302, &asked.path)).await;
    let failure = fetch(&server).await.unwrap_err();
    assert!(matches!(failure, ContentError::Redirects { .. }), "{failure}");
    assert_eq!(server.asked().len(), Limits::DEFAULT.redirects + 1);
}

#[tokio::test]
async fn nothing_is_followed_to_where_tls_ends() {
    for location in ["http://storage.example.com/blob?sig=x", "ftp://127.0.0.1/x", "file:///etc/passwd"] {
        let server = Server::start(move |_| to(302, location)).await;
        let failure = fetch(&server).await.unwrap_err();
        assert_eq!(failure.kind(), ContentErrorKind::Unreachable, "{failure}");
        assert!(!failure.to_string().contains("sig="), "{failure}");
    }
    for location in ["http://user:password@127.0.0.1/x", "http://", ""] {
        let server = Server::start(move |_| to(302, location)).await;
        let failure = fetch(&server).await.unwrap_err();
        assert_eq!(failure.kind(), ContentErrorKind::Unreachable, "{location}: {failure}");
        assert!(!failure.to_string().contains("password"), "{failure}");
    }
    let server = Server::start(|_| status(302)).await;
    assert!(matches!(fetch(&server).await, Err(ContentError::Header { name: "Location", .. })));
}

async fn upload(server: &Server) -> Result<(), ContentError> {
    let options = servers::given(&server.host, "alice", "secret");
    let source = Source::Bytes(Bytes::from_static(BLOB));
    servers::open(&server.host, options).push_blob(Digest::of(BLOB), BLOB.len() as u64, source).await
}

#[tokio::test]
async fn an_upload_goes_where_it_is_sent_without_credentials_to_another_host() {
    let storage = Server::start(|_| status(201)).await;
    let location = format!("http://{}/upload/7?_state=abc%3D", storage.host);
    let server = Server::start(move |_| accepted(&location)).await;
    upload(&server).await.unwrap();
    let sent = &storage.asked()[0];
    assert_eq!((sent.method.clone(), sent.authorization.clone()), (Method::PUT, None));
    assert_eq!(sent.query, format!("_state=abc%3D&digest={}", Digest::of(BLOB)));
    assert_eq!(sent.body, BLOB);
}

#[tokio::test]
async fn an_upload_location_may_be_relative() {
    for location in ["/v2/acme/app/blobs/uploads/7", "7", "../uploads/7?_state=x"] {
        let server = Server::start(move |asked| if is_upload(asked) { accepted(location) } else { status(201) }).await;
        upload(&server).await.unwrap();
        let sent = &server.asked()[1];
        assert_eq!(sent.path, "/v2/acme/app/blobs/uploads/7", "{location}");
        assert!(sent.query.ends_with(&format!("digest={}", Digest::of(BLOB))), "{}", sent.query);
        assert!(sent.authorization.is_some());
    }
}

#[tokio::test]
async fn an_upload_is_not_sent_unprotected_to_a_network() {
    let server = Server::start(|_| accepted("http://storage.example.com/upload")).await;
    assert!(matches!(upload(&server).await, Err(ContentError::InsecureRedirect { .. })));
    let server = Server::start(|_| status(202)).await;
    assert!(matches!(upload(&server).await, Err(ContentError::Header { .. })));
}

#[tokio::test]
async fn a_manifest_is_followed_too() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/moved" => manifest(),
        _ => to(301, "/moved"),
    });
    let server = server.await;
    let found = server.registry().resolve(&Reference::Tag("latest".parse().unwrap())).await.unwrap();
    assert!(found.is_some());
}
