//! Servers that fail, lie or never stop.

use std::{
    io,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    http::Method,
    response::Response,
};
use futures_util::{StreamExt as _, stream};
use manifesto::{
    limits::Limits,
    name::Digest,
    oci::{
        Attempts, Content, ContentError, ContentErrorKind, Fetched, OCI_INDEX, OCI_MANIFEST, Pushed, Reference, Source,
        registry::{RegistryOptions, Timeouts},
    },
};

use super::{
    scripted::{
        Asked, MANIFEST, Server, accepted, answer, error, html, impatient, is_upload, manifest, manifest_digest, quick,
        quick_timeouts, status,
    },
    servers,
};

const BLOB: &[u8] = b"a statement of forty characters or so...";

fn latest() -> Reference {
    Reference::Tag("latest".parse().unwrap())
}

fn blob_digest() -> Digest {
    Digest::of(BLOB)
}

/// Sends `pieces` and then loses the connection, having announced `length` bytes.
fn broken(pieces: &'static [u8], length: usize) -> Response {
    let length = length.to_string();
    let lost = stream::once(async {
        // Time for what was sent to leave the server's buffers.
        tokio::time::sleep(Duration::from_millis(30)).await;
        Err(io::Error::other("lost"))
    });
    let pieces = stream::iter([Ok::<_, io::Error>(Bytes::from_static(pieces))]).chain(lost);
    answer(200, &[("content-type", OCI_MANIFEST), ("content-length", &length)], Body::from_stream(pieces))
}

async fn fetch(server: &Server) -> Result<Fetched, ContentError> {
    server.registry().manifest(&latest(), None).await
}

async fn put(server: &Server, attempts: Attempts) -> Result<Pushed, ContentError> {
    let bytes = Bytes::from_static(MANIFEST.as_bytes());
    server.registry().push_manifest(&"_manifesto".parse().unwrap(), OCI_MANIFEST, bytes, attempts).await
}

async fn upload(server: &Server) -> Result<(), ContentError> {
    let source = Source::Bytes(Bytes::from_static(BLOB));
    server.registry().push_blob(blob_digest(), BLOB.len() as u64, source).await
}

#[tokio::test]
async fn a_failure_that_passes_is_not_noticed() {
    for code in [500, 502, 503, 504, 408, 429] {
        let server = Server::start(move |asked| if asked.nth < 2 { status(code) } else { manifest() }).await;
        assert!(matches!(fetch(&server).await.unwrap(), Fetched::Manifest(_)), "{code}");
        assert_eq!(server.asked().len(), 3);
    }
}

#[tokio::test]
async fn a_failure_that_stays_is_reported_after_a_bounded_number_of_attempts() {
    for code in [500, 429] {
        let server = Server::start(move |_| error(code, "UNKNOWN", "out of\u{1b}[31m order")).await;
        let failure = fetch(&server).await.unwrap_err();
        assert_eq!(failure.kind(), ContentErrorKind::Unreachable);
        let host = &server.host;
        let expected =
            format!("{host}/acme/app/manifests/latest: failed with status {code}: UNKNOWN: out of\\u{{1b}}[31m order");
        assert_eq!(failure.to_string(), expected);
        assert_eq!(server.asked().len(), Limits::DEFAULT.attempts as usize);
    }
}

#[tokio::test]
async fn waits_as_long_as_it_is_told_to_but_not_for_ever() {
    let server = Server::start(|asked| match asked.nth {
        0 => answer(429, &[("retry-after", "1")], Body::empty()),
        _ => manifest(),
    });
    let server = server.await;
    let begun = Instant::now();
    fetch(&server).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));

    // A date counts from the server's own, however wrong that is.
    let tomorrow = [("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Mon, 07 Nov 1994 08:49:37 GMT")];
    for headers in [vec![("retry-after", "86400")], tomorrow.to_vec()] {
        let server = Server::start(move |_| answer(429, &headers, Body::empty())).await;
        let begun = Instant::now();
        assert_eq!(fetch(&server).await.unwrap_err().kind(), ContentErrorKind::Unreachable);
        assert!(begun.elapsed() < Duration::from_secs(1));
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let registry = servers::open(&format!("127.0.0.1:{port}"), quick());
    let failure = registry.resolve(&latest()).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Unreachable, "{failure}");
    let once = Attempts::Once(Duration::from_secs(5));
    let sent = registry.push_manifest(&"x".parse().unwrap(), OCI_MANIFEST, Bytes::new(), once).await;
    assert_eq!(sent.unwrap_err().kind(), ContentErrorKind::Unreachable, "nothing was sent");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_fetched_again_and_then_unreachable() {
    let server = Server::start(|asked| if asked.nth == 0 { broken(b"{\"schema", 31) } else { manifest() }).await;
    assert!(matches!(fetch(&server).await.unwrap(), Fetched::Manifest(_)));
    let server = Server::start(|_| broken(b"{\"schema", 31)).await;
    let failure = fetch(&server).await.unwrap_err();
    assert!(matches!(failure, ContentError::BrokenOff { received: 8, .. }), "{failure}");
    assert_eq!(failure.kind(), ContentErrorKind::Unreachable);
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    for ranges in [true, false] {
        let server = Server::start(move |asked| match &asked.range {
            None if asked.nth == 0 => broken(&BLOB[..10], BLOB.len()),
            Some(range) if ranges => {
                assert_eq!(range, "bytes=10-");
                answer(206, &[("content-range", "bytes 10-39/40")], &BLOB[10..])
            }
            _ => answer(200, &[], BLOB),
        });
        let server = server.await;
        let mut sink = Vec::new();
        let size = BLOB.len() as u64;
        assert!(server.registry().blob_to(blob_digest(), size, &mut sink).await.unwrap(), "{ranges}");
        assert_eq!(sink, BLOB);
    }
}

#[tokio::test]
async fn bytes_with_another_digest_are_refused() {
    let lie: fn(&Asked) -> Response = |asked| {
        let announced = Digest::of(b"announced").to_string();
        let headers = [("content-type", OCI_MANIFEST), ("docker-content-digest", announced.as_str())];
        answer(200, &headers, if asked.method == Method::HEAD { "" } else { "{\"evil\":1}" })
    };
    let server = Server::start(lie).await;
    let registry = server.registry();
    let pinned = Reference::Digest(manifest_digest());
    let mismatch = |error: ContentError| assert_eq!(error.kind(), ContentErrorKind::Mismatch, "{error}");
    mismatch(registry.manifest(&latest(), None).await.unwrap_err());
    mismatch(registry.manifest(&pinned, None).await.unwrap_err());
    mismatch(registry.resolve(&pinned).await.unwrap_err());
    mismatch(registry.blob(blob_digest(), 100).await.unwrap_err());
    mismatch(registry.blob_to(blob_digest(), 10, &mut Vec::new()).await.unwrap_err());
    assert_eq!(server.asked().len(), 5, "a wrong digest is not asked for again");
}

#[tokio::test]
async fn a_web_page_is_no_registry() {
    for code in [200, 404] {
        let server = Server::start(move |_| html(code)).await;
        let registry = server.registry();
        let unreachable = |error: ContentError| assert_eq!(error.kind(), ContentErrorKind::Unreachable, "{error}");
        unreachable(registry.manifest(&latest(), None).await.unwrap_err());
        unreachable(registry.resolve(&latest()).await.unwrap_err());
        unreachable(upload(&server).await.unwrap_err());
        for attempts in [Attempts::Several, Attempts::Once(Duration::from_secs(5))] {
            unreachable(put(&server, attempts).await.unwrap_err());
        }
        let failure = registry.blob(blob_digest(), 100).await.unwrap_err();
        let expected = if code == 200 { ContentErrorKind::Mismatch } else { ContentErrorKind::Unreachable };
        assert_eq!(failure.kind(), expected);
    }
}

#[tokio::test]
async fn only_the_registrys_own_word_means_absent() {
    let text = |body: &'static str| answer(404, &[("content-type", "text/plain")], body);
    let answers: [fn() -> Response; 3] = [
        || answer(404, &[("content-type", "text/plain; charset=utf-8")], "404 page not found\n"),
        || status(404),
        || error(404, "MANIFEST_UNKNOWN", "OCI manifest found, but accept header does not support OCI manifests"),
    ];
    for answer in answers {
        let failure = fetch(&Server::start(move |_| answer()).await).await.unwrap_err();
        assert_eq!(failure.kind(), ContentErrorKind::Unreachable, "{failure}");
    }
    for code in ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"] {
        let server = Server::start(move |_| error(404, code, "no")).await;
        assert_eq!(fetch(&server).await.unwrap(), Fetched::Absent, "{code}");
    }
    let page = Server::start(move |_| text("404 page not found\n")).await;
    assert_eq!(page.registry().resolve(&latest()).await.unwrap_err().kind(), ContentErrorKind::Unreachable);
}

#[tokio::test]
async fn resolves_without_the_digest_header() {
    let server = Server::start(|_| answer(200, &[("content-type", OCI_MANIFEST)], MANIFEST)).await;
    let found = server.registry().resolve(&latest()).await.unwrap().unwrap();
    assert_eq!((found.digest, found.size), (manifest_digest(), MANIFEST.len() as u64));
}

/// [⚔] A digest is computed over bytes that were fetched. What a header says of it is not enough, whatever the method.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#digest-header
#[tokio::test]
async fn a_digest_is_never_taken_from_a_header() {
    let lie: fn(&Asked) -> Response = |asked| {
        let announced = Digest::of(b"an image that nobody has").to_string();
        let headers = [("content-type", OCI_MANIFEST), ("docker-content-digest", announced.as_str())];
        match asked.method {
            Method::HEAD => answer(200, &headers, ""),
            _ => answer(200, &[("content-type", OCI_MANIFEST)], MANIFEST),
        }
    };
    let server = Server::start(lie).await;
    assert_eq!(server.registry().resolve(&latest()).await.unwrap().unwrap().digest, manifest_digest());
}

/// A registry that says nothing useful about bytes is believed by the bytes, and one that says something else is not.
#[tokio::test]
async fn useless_types_leave_it_to_the_bytes() {
    let config = Digest::of(b"config");
    let image = format!(r#"{{"schemaVersion":2,"config":{{"digest":"{config}"}},"layers":[]}}"#);
    let digest = Digest::of(image.as_bytes());
    let by_digest = Reference::Digest(digest);
    let serve = |kind: Option<&'static str>, body: String| {
        Server::start(move |_| {
            let headers: Vec<_> = kind.into_iter().map(|kind| ("content-type", kind)).collect();
            answer(200, &headers, body.clone())
        })
    };
    let useless = [
        None,
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("text/plain"),
        Some("text/plain; charset=utf-8"),
        Some("application/octet-stream"),
    ];
    for kind in useless {
        let server = serve(kind, image.clone()).await;
        for reference in [latest(), by_digest.clone()] {
            let found = server.registry().resolve(&reference).await.unwrap().unwrap();
            assert_eq!((found.digest, &*found.media_type), (digest, OCI_MANIFEST), "{kind:?}");
        }
    }
    for (kind, body) in [
        (Some("text/html"), image.clone()),
        (Some("application/json"), "{}".to_owned()),
        (None, "<html>".to_owned()),
        (Some("text/plain"), "not found".to_owned()),
    ] {
        let server = serve(kind, body).await;
        let error = server.registry().resolve(&latest()).await.unwrap_err();
        assert_eq!(error.kind(), ContentErrorKind::Unreachable, "{kind:?}");
    }
}

/// [⚔]
/// A registry that serves an image as an index chooses which image is answered for, under the digest that was meant.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#type-confusion
#[tokio::test]
async fn a_document_that_is_served_as_something_else_is_refused() {
    let config = Digest::of(b"config");
    let image = format!(r#""config":{{"digest":"{config}"}},"layers":[]"#);
    let index = format!(r#""manifests":[{{"digest":"{config}"}}]"#);
    for (body, kind) in [
        (format!("{{{image}}}"), OCI_INDEX),
        (format!("{{{index}}}"), OCI_MANIFEST),
        (format!(r#"{{"mediaType":"{OCI_MANIFEST}",{image},{index}}}"#), OCI_INDEX),
        (format!(r#"{{"mediaType":"{OCI_MANIFEST}",{image},{index}}}"#), OCI_MANIFEST),
        (format!("{{{image},{image}}}"), OCI_MANIFEST),
        (format!(r#"{{"mediaType":null,{image},{index}}}"#), OCI_INDEX),
        (format!(r#"{{"mediaType":7,{index}}}"#), OCI_INDEX),
        (format!("{{{index},{}}}", image.replace("config", "Config").replace("layers", "LAYERS")), OCI_INDEX),
        (format!(r#"{{"MediaType":"{OCI_MANIFEST}",{index}}}"#), OCI_INDEX),
        (format!(r#"{{{index},"manifeſts":[]}}"#), OCI_INDEX),
        (format!(r#"{{"manifests":[{{"digest":"{config}","Digest":"{}"}}]}}"#, Digest::of(b"other")), OCI_INDEX),
        ("[]".to_owned(), OCI_INDEX),
        ("not JSON".to_owned(), OCI_MANIFEST),
    ] {
        let digest = Digest::of(body.as_bytes());
        let shown = body.clone();
        let server = Server::start(move |_| answer(200, &[("content-type", kind)], body.clone())).await;
        for reference in [latest(), Reference::Digest(digest)] {
            let error = server.registry().manifest(&reference, None).await.unwrap_err();
            assert!(matches!(error, ContentError::Contradiction { .. }), "{shown} as {kind}: {error}");
            assert_eq!(error.kind(), ContentErrorKind::Mismatch);
        }
    }
}

#[tokio::test]
async fn unchanged_is_said_in_either_way() {
    let server = Server::start(|asked| if asked.nth == 0 { status(304) } else { manifest() }).await;
    for _ in 0..2 {
        let known = Some(manifest_digest());
        assert_eq!(server.registry().manifest(&latest(), known).await.unwrap(), Fetched::Unchanged);
    }
    let odd = Server::start(|_| status(304)).await;
    assert_eq!(fetch(&odd).await.unwrap_err().kind(), ContentErrorKind::Unreachable);
}

#[tokio::test]
async fn more_than_is_accepted_is_an_error() {
    let big = |announced: bool| {
        let body = Bytes::from(vec![b' '; 5 << 20]);
        let body =
            if announced { Body::from(body) } else { Body::from_stream(stream::iter([Ok::<_, io::Error>(body)])) };
        answer(200, &[("content-type", OCI_MANIFEST)], body)
    };
    for announced in [true, false] {
        let server = Server::start(move |_| big(announced)).await;
        assert_eq!(fetch(&server).await.unwrap_err().kind(), ContentErrorKind::TooLarge);
    }
    let endless = |code| {
        let pieces = stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[b'x'; 8192])));
        answer(code, &[("content-type", OCI_MANIFEST)], Body::from_stream(pieces))
    };
    let server = Server::start(move |_| endless(200)).await;
    let registry = server.registry();
    assert_eq!(fetch(&server).await.unwrap_err().kind(), ContentErrorKind::TooLarge);
    assert_eq!(registry.blob(blob_digest(), 100).await.unwrap_err().kind(), ContentErrorKind::TooLarge);
    let mut sink = Vec::new();
    let failure = registry.blob_to(blob_digest(), 40, &mut sink).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Mismatch);
    assert!(sink.len() <= 40, "no more than was asked for reaches the sink");
    let server = Server::start(move |_| endless(403)).await;
    let failure = fetch(&server).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Refused);
    assert!(failure.to_string().len() < 500);
}

/// [⚔] Wherever a server can put text into an error, a long one is cut and what cannot be seen is escaped.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#terminal-flood
#[tokio::test]
async fn no_error_is_as_long_as_a_server_likes() {
    let long = "\u{1b}[2J\u{3164}evil".repeat(2000);
    let path = format!("/{}", "x".repeat(5000));
    let scheme = "Scheme".to_owned() + &"x".repeat(900);
    let schemes = [scheme.as_str(); 4].join(" a=b, ") + " a=b";
    let said = serde_json::json!({ "errors": [{ "code": long, "message": long }] }).to_string();
    let calls = serde_json::json!({ "mediaType": long, "config": {}, "layers": [] }).to_string();
    let named = serde_json::json!({ "manifests": [], long.clone(): 1 }).to_string();
    let twice = format!("{},{}", named.trim_end_matches('}'), named.trim_start_matches('{'));
    let kind = format!("x/{}", "y".repeat(5000));
    let realm = format!(r#"Bearer realm="http://{}.example/",service="s""#, "x".repeat(2000));
    let json = ("content-type", "application/json");
    let answers = [
        answer(403, &[json], said.clone()),
        answer(400, &[json], said.clone()),
        answer(404, &[json], said.clone()),
        answer(418, &[("content-type", &kind)], long.clone()),
        answer(200, &[("content-type", &kind)], long.clone()),
        answer(302, &[("location", &format!("ftp://registry.example{path}"))], ""),
        answer(401, &[("www-authenticate", &schemes)], ""),
        answer(401, &[("www-authenticate", &realm)], ""),
        answer(200, &[("content-type", OCI_MANIFEST)], calls),
        answer(200, &[("content-type", OCI_INDEX)], twice),
    ];
    for response in answers {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let headers: Vec<(String, String)> =
            parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let status = parts.status.as_u16();
        let server = Server::start(move |_| {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            answer(status, &headers, body.clone())
        });
        let failure = fetch(&server.await).await.unwrap_err();
        let shown = failure.to_string();
        assert!(shown.len() < 4000, "{status}: {} bytes", shown.len());
        assert!(!shown.contains(['\u{1b}', '\u{3164}']), "{shown}");
    }
    // A redirect that ends at a failure far away.
    let server = Server::start(move |asked| match asked.nth {
        0 => answer(302, &[("location", &path)], ""),
        _ => html(200),
    });
    let failure = fetch(&server.await).await.unwrap_err();
    assert!(failure.to_string().len() < 1000, "{failure}");
}

#[tokio::test]
async fn silence_ends() {
    let stalled = |first: &'static [u8]| {
        let pieces = stream::iter([Ok::<_, io::Error>(Bytes::from_static(first))]).chain(stream::pending());
        answer(200, &[("content-type", OCI_MANIFEST)], Body::from_stream(pieces))
    };
    let server = Server::start(move |_| stalled(b"{")).await;
    let failure = servers::open(&server.host, impatient()).manifest(&latest(), None).await.unwrap_err();
    assert!(matches!(failure, ContentError::TimedOut { .. }), "{failure}");
    assert_eq!(server.asked().len(), 2, "a server that hangs is not asked for ever");

    // Listens, and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let registry = servers::open(&listener.local_addr().unwrap().to_string(), impatient());
    let failure = registry.manifest(&latest(), None).await.unwrap_err();
    assert!(matches!(failure, ContentError::TimedOut { .. }), "{failure}");
}

/// [⚔]
/// One byte at a time, whatever length is announced, for a manifest, a blob in memory, one that is streamed, and what
/// is said in an error.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#slow-retrieval
#[tokio::test]
async fn a_trickle_ends() {
    let trickle = |code, length: Option<&str>| {
        let pieces = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Some((Ok::<_, io::Error>(Bytes::from_static(b" ")), ()))
        });
        let length = length.map(|length| ("content-length", length));
        let headers: Vec<_> = [("content-type", OCI_MANIFEST)].into_iter().chain(length).collect();
        answer(code, &headers, Body::from_stream(pieces))
    };
    for length in [Some("100"), Some("4194304"), None] {
        let server = Server::start(move |_| trickle(200, length)).await;
        let registry = servers::open(&server.host, impatient());
        let begun = Instant::now();
        let (mut sink, tag) = (Vec::new(), latest());
        let (manifest, looked, blob, streamed) = tokio::join!(
            registry.manifest(&tag, None),
            registry.resolve(&tag),
            registry.blob(blob_digest(), 4 << 20),
            registry.blob_to(blob_digest(), 4 << 20, &mut sink),
        );
        for failure in [manifest.unwrap_err(), looked.unwrap_err(), blob.unwrap_err(), streamed.unwrap_err()] {
            assert!(matches!(failure, ContentError::TimedOut { .. }), "{length:?}: {failure}");
        }
        assert!(begun.elapsed() < Duration::from_secs(4), "{length:?}: {:?}", begun.elapsed());
    }
    let server = Server::start(move |_| trickle(403, None)).await;
    let begun = Instant::now();
    let failure = servers::open(&server.host, impatient()).manifest(&latest(), None).await.unwrap_err();
    assert_eq!(failure.kind(), ContentErrorKind::Refused);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

/// What comes slowly, but fast enough, comes.
#[tokio::test]
async fn a_slow_body_is_waited_for() {
    let server = Server::start(|_| {
        let pieces = stream::iter(MANIFEST.as_bytes().chunks(2)).then(|piece| async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            Ok::<_, io::Error>(Bytes::from_static(piece))
        });
        answer(200, &[("content-type", OCI_MANIFEST)], Body::from_stream(pieces))
    });
    let server = server.await;
    let timeouts = Timeouts { idle: Duration::from_millis(300), least_rate: 2, ..quick_timeouts() };
    let registry = servers::open(&server.host, RegistryOptions { timeouts, ..quick() });
    let Fetched::Manifest(fetched) = registry.manifest(&latest(), None).await.unwrap() else { panic!() };
    assert_eq!(fetched.bytes, MANIFEST);
}

/// What Debian's registry says of blobs that a garbage collection took from under its cache. A small one is not asked
/// about at all; of a large one, the claim is checked.
#[tokio::test]
async fn a_blob_that_is_listed_but_empty_is_a_mismatch_and_is_uploaded_in_earnest() {
    let large = Bytes::from(vec![7; 300 << 10]);
    for blob in [Bytes::from_static(BLOB), large] {
        let length = blob.len();
        let server = Server::start(move |asked| match asked.method {
            Method::GET => broken(b"", length),
            Method::POST if asked.query.contains("mount=") => status(201),
            Method::POST => accepted("/upload/1"),
            _ => status(201),
        });
        let server = server.await;
        let registry = server.registry();
        let digest = Digest::of(&blob);
        registry.push_blob(digest, length as u64, Source::Bytes(blob.clone())).await.unwrap();
        let uploaded = server.asked().into_iter().find(|asked| asked.method == Method::PUT).unwrap();
        assert_eq!(uploaded.body, blob);
        let failure = registry.blob(digest, length as u64).await.unwrap_err();
        assert_eq!(failure.kind(), ContentErrorKind::Mismatch, "{failure}");
    }
}

#[tokio::test]
async fn one_attempt_is_one_request_and_says_what_is_not_known() {
    let within = Duration::from_secs(20);
    for code in [500, 503, 504, 408] {
        let server = Server::start(move |_| status(code)).await;
        assert_eq!(put(&server, Attempts::Once(within)).await.unwrap(), Pushed::Uncertain, "{code}");
        assert_eq!(server.asked().len(), 1);
    }
    for (code, kind) in [
        (400, ContentErrorKind::Invalid),
        (413, ContentErrorKind::Invalid),
        (403, ContentErrorKind::Refused),
        (405, ContentErrorKind::Refused),
        (429, ContentErrorKind::Unreachable),
    ] {
        let server = Server::start(move |_| status(code)).await;
        assert_eq!(put(&server, Attempts::Once(within)).await.unwrap_err().kind(), kind, "{code}");
        assert_eq!(server.asked().len(), 1);
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = servers::open(&listener.local_addr().unwrap().to_string(), RegistryOptions::default());
    let (begun, short) = (Instant::now(), Attempts::Once(Duration::from_millis(200)));
    let bytes = Bytes::from_static(MANIFEST.as_bytes());
    let pushed = silent.push_manifest(&"x".parse().unwrap(), OCI_MANIFEST, bytes, short).await;
    assert_eq!(pushed.unwrap(), Pushed::Uncertain);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_connection_lost_after_sending_leaves_it_open() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        use tokio::io::AsyncReadExt as _;
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
    });
    let bytes = Bytes::from_static(MANIFEST.as_bytes());
    let once = Attempts::Once(Duration::from_secs(5));
    let pushed = servers::open(&host, quick()).push_manifest(&"x".parse().unwrap(), OCI_MANIFEST, bytes, once).await;
    assert_eq!(pushed.unwrap(), Pushed::Uncertain);
}

#[tokio::test]
async fn a_registry_that_stored_something_else_is_found_out() {
    let other = Digest::of(b"other").to_string();
    let server = Server::start(move |_| answer(201, &[("docker-content-digest", &other)], Body::empty())).await;
    assert_eq!(put(&server, Attempts::Several).await.unwrap_err().kind(), ContentErrorKind::Mismatch);
}

#[tokio::test]
async fn a_read_only_registry_refuses() {
    let server = Server::start(|_| answer(405, &[("content-type", "text/plain")], "Method not allowed\n")).await;
    for failure in [upload(&server).await.unwrap_err(), put(&server, Attempts::Several).await.unwrap_err()] {
        assert_eq!(failure.kind(), ContentErrorKind::Refused);
        assert!(failure.to_string().ends_with("refused with status 405: Method not allowed"), "{failure}");
    }
}

#[tokio::test]
async fn a_lost_upload_is_begun_again_once() {
    let server = Server::start(|asked| match asked {
        _ if is_upload(asked) => accepted("/upload/1"),
        _ if asked.nth == 1 => error(404, "BLOB_UPLOAD_UNKNOWN", "gone"),
        _ => status(201),
    });
    let server = server.await;
    upload(&server).await.unwrap();
    assert_eq!(server.asked().len(), 4);

    let server = Server::start(|asked| match asked {
        _ if is_upload(asked) => accepted("/upload/1"),
        _ => error(404, "BLOB_UPLOAD_INVALID", "gone"),
    });
    let server = server.await;
    assert!(upload(&server).await.is_err());
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn an_upload_that_fails_for_a_moment_is_begun_again() {
    let server = Server::start(|asked| match asked {
        _ if is_upload(asked) => accepted("/upload/1"),
        _ if asked.nth == 1 => status(503),
        _ => status(201),
    });
    let server = server.await;
    upload(&server).await.unwrap();
    let bodies: Vec<usize> = server.asked().iter().map(|asked| asked.body.len()).collect();
    assert_eq!(bodies, [0, BLOB.len(), 0, BLOB.len()]);
}
