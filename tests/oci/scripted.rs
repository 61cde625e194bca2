//! A server that answers as a test tells it to, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{Method, StatusCode, header::AUTHORIZATION},
    response::Response,
};
use manifesto::{
    name::Digest,
    oci::{
        OCI_MANIFEST,
        registry::{Registry, RegistryOptions, Timeouts},
    },
};

use super::servers;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) authorization: Option<String>,
    pub(super) range: Option<String>,
    /// The server's own `host:port`.
    pub(super) host: String,
    pub(super) body: Bytes,
    /// How many requests came before it.
    pub(super) nth: usize,
}

/// The server's address and memory.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) host: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(super) async fn start<F>(answer: F) -> Self
    where
        F: Fn(&Asked) -> Response + Clone + Send + Sync + 'static,
    {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&asked);
        let handler = move |request: Request| {
            let (answer, memory) = (answer.clone(), Arc::clone(&memory));
            async move {
                let (parts, body) = request.into_parts();
                let header = |name| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
                let body = axum::body::to_bytes(body, 100 << 20).await.unwrap_or_default();
                let asked = {
                    let mut memory = memory.lock().unwrap();
                    let asked = Asked {
                        method: parts.method.clone(),
                        path: parts.uri.path().to_owned(),
                        query: parts.uri.query().unwrap_or_default().to_owned(),
                        authorization: header(AUTHORIZATION.as_str()),
                        range: header("range"),
                        host: header("host").unwrap_or_default(),
                        body,
                        nth: memory.len(),
                    };
                    memory.push(asked.clone());
                    asked
                };
                answer(&asked)
            }
        };
        let host = servers::serve(Router::new().fallback(handler)).await;
        Self { host, asked }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn registry(&self) -> Registry {
        servers::open(&self.host, quick())
    }
}

/// Options for servers that do not answer. Only for them: elsewhere a busy machine would look like a silent server.
pub(super) fn impatient() -> RegistryOptions {
    let silence = std::time::Duration::from_millis(300);
    RegistryOptions { timeouts: Timeouts { answer: silence, idle: silence, ..quick_timeouts() }, ..quick() }
}

/// Options whose waits between attempts are short.
pub(super) fn quick() -> RegistryOptions {
    RegistryOptions { timeouts: quick_timeouts(), ..RegistryOptions::default() }
}

pub(super) fn quick_timeouts() -> Timeouts {
    use std::time::Duration;
    Timeouts { backoff: Duration::from_millis(5), longest_wait: Duration::from_secs(2), ..Timeouts::DEFAULT }
}

pub(super) fn status(code: u16) -> Response {
    Response::builder().status(code).body(Body::empty()).unwrap()
}

pub(super) fn answer(code: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let mut builder = Response::builder().status(code);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(body.into()).unwrap()
}

pub(super) fn error(code: u16, kind: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errors": [{ "code": kind, "message": message }] }).to_string();
    answer(code, &[("content-type", "application/json; charset=utf-8")], body)
}

pub(super) const MANIFEST: &str = r#"{"schemaVersion":2,"layers":[]}"#;

pub(super) fn manifest_digest() -> Digest {
    Digest::of(MANIFEST.as_bytes())
}

/// The manifest as a registry serves it.
pub(super) fn manifest() -> Response {
    let digest = manifest_digest().to_string();
    answer(200, &[("content-type", OCI_MANIFEST), ("docker-content-digest", &digest)], MANIFEST)
}

pub(super) fn html(code: u16) -> Response {
    answer(code, &[("content-type", "text/html")], "<html><body>Welcome to the hotel</body></html>")
}

pub(super) fn is_upload(asked: &Asked) -> bool {
    asked.method == Method::POST && asked.path.ends_with("/blobs/uploads/")
}

/// Where an upload goes on.
pub(super) fn accepted(location: &str) -> Response {
    answer(StatusCode::ACCEPTED.as_u16(), &[("location", location)], Body::empty())
}
