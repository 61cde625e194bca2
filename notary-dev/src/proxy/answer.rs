//! Answers that the proxy gives by itself, and changes to those that it hands back.

use bytes::Bytes;
use hyper::{
    Method, Response, StatusCode, Uri,
    header::{
        CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
    },
};
use ring::digest::{SHA256, digest};
use serde_json::json;

use super::body::{Body, endless, full};

const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// A manifest as it was put.
#[derive(Debug, Clone)]
pub(super) struct Manifest {
    pub(super) media_type: String,
    pub(super) bytes: Bytes,
}

/// An error as registries write it.
pub(super) fn error(code: u16, retry_after: Option<u64>) -> Response<Body> {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let name = match code {
        401 => "UNAUTHORIZED",
        403 => "DENIED",
        404 => "NOT_FOUND",
        405 => "UNSUPPORTED",
        429 => "TOOMANYREQUESTS",
        _ => "UNKNOWN",
    };
    let body = json!({"errors": [{"code": name, "message": "a fault of notary-dev", "detail": null}]}).to_string();
    let mut answer = with_body(status, "application/json", body.into());
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

pub(super) fn html() -> Response<Body> {
    let page = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in.</body></html>";
    with_body(StatusCode::OK, "text/html; charset=utf-8", Bytes::from_static(page.as_bytes()))
}

pub(super) fn without_end() -> Response<Body> {
    let mut answer = Response::new(endless());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

pub(super) fn redirect(origin: &str, uri: &Uri) -> Response<Body> {
    let mut answer = with_body(StatusCode::TEMPORARY_REDIRECT, "text/plain", Bytes::new());
    insert(answer.headers_mut(), LOCATION, &format!("{origin}{}", path_of(uri)));
    answer
}

/// What a registry says when it has stored a write to `uri`.
pub(super) fn stored(uri: &Uri, body: &[u8]) -> Response<Body> {
    let mut answer = with_body(StatusCode::CREATED, "text/plain", Bytes::new());
    insert(answer.headers_mut(), LOCATION, path_of(uri));
    insert(answer.headers_mut(), DIGEST, &sha256(body));
    answer
}

/// A manifest, or the word that the client has it already.
pub(super) fn manifest(method: &Method, asked: &HeaderMap, manifest: &Manifest) -> Response<Body> {
    let digest = sha256(&manifest.bytes);
    let tag = format!("\"{digest}\"");
    let known = asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut answer = if known {
        let mut unchanged = Response::new(full(Bytes::new()));
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        with_body(StatusCode::OK, &manifest.media_type, manifest.bytes.clone())
    };
    if method == Method::HEAD {
        *answer.body_mut() = full(Bytes::new());
    }
    insert(answer.headers_mut(), DIGEST, &digest);
    insert(answer.headers_mut(), ETAG, &tag);
    answer
}

/// Gives `answer` another body and the length that goes with it.
pub(super) fn replace_body(answer: &mut Response<Body>, body: Bytes) {
    answer.headers_mut().remove(hyper::header::TRANSFER_ENCODING);
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    *answer.body_mut() = full(body);
}

/// Lets the Location of `answer` point at `origin`, if `at` fits its present origin.
pub(super) fn move_location(answer: &mut Response<Body>, origin: &str, at: impl FnOnce(&str) -> bool) {
    let moved = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|location| {
        let uri: Uri = location.parse().ok()?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        at(authority).then(|| format!("{origin}{}", path_of(&uri)))
    });
    if let Some(moved) = moved {
        insert(answer.headers_mut(), LOCATION, &moved);
    }
}

/// Sets a header; a value that is none is left out.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

pub(super) fn path_of(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

fn with_body(status: StatusCode, media_type: &str, body: Bytes) -> Response<Body> {
    let mut answer = Response::new(full(Bytes::new()));
    *answer.status_mut() = status;
    insert(answer.headers_mut(), CONTENT_TYPE, media_type);
    replace_body(&mut answer, body);
    answer
}

fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(digest(&SHA256, bytes)))
}
