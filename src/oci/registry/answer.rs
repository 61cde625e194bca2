//! A registry's answer: its bounded body, and the meaning of its errors.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER},
};
use serde::Deserialize;

use super::{
    Timeouts,
    date::{date, retry_after},
    transport::Transport,
};
use crate::{
    name::Digest,
    oci::{ContentError, HttpError, error::presentable, receive::Bound},
};

pub(super) struct Answer {
    response: Response,
    at: String,
    credentials_sent: bool,
    timeouts: Timeouts,
    error_body_bytes: u64,
    received: u64,
    begun: Option<Instant>,
}

impl Answer {
    pub(super) fn new(response: Response, at: String, credentials_sent: bool, transport: &Transport) -> Self {
        let timeouts = transport.timeouts.clone();
        let error_body_bytes = transport.limits.error_body_bytes;
        Self { response, at, credentials_sent, timeouts, error_body_bytes, received: 0, begun: None }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    pub(super) fn at(&self) -> &str {
        &self.at
    }

    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The value of `Content-Length`.
    pub(super) fn announced_length(&self) -> Option<u64> {
        self.header(&CONTENT_LENGTH)?.parse().ok()
    }

    /// The media type of the body, without parameters.
    pub(super) fn content_type(&self) -> Option<&str> {
        let text = self.header(&CONTENT_TYPE)?;
        Some(text.split(';').next().unwrap_or_default().trim()).filter(|text| !text.is_empty())
    }

    /// The next piece of the body, if it arrives in time.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, ContentError> {
        // ⚔ SECURITY.md#slow-retrieval
        // The time allowed depends on the bytes received, not on those announced. So a slow transfer ends early,
        // whatever length it announces.
        let allowed = self.timeouts.transfer(self.received);
        let deadline = *self.begun.get_or_insert_with(Instant::now) + allowed;
        let wait = self.timeouts.idle.min(deadline.saturating_duration_since(Instant::now()));
        match tokio::time::timeout(wait, self.response.chunk()).await {
            Ok(Ok(piece)) => {
                self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
                Ok(piece)
            }
            // The server announced content but sent none. A registry's cache does so for a blob that garbage collection
            // deleted.
            Ok(Err(_)) if self.received == 0 && self.announced_length().is_some_and(|length| length > 0) => {
                let expected = self.announced_length().unwrap_or_default();
                Err(ContentError::Length { at: self.at.clone(), expected, actual: 0 })
            }
            Ok(Err(error)) => Err(ContentError::BrokenOff {
                at: self.at.clone(),
                received: self.received,
                source: HttpError::new(error),
            }),
            Err(_) => {
                let after = if wait < self.timeouts.idle { allowed } else { wait };
                Err(ContentError::TimedOut { at: self.at.clone(), after })
            }
        }
    }

    /// The complete body.
    pub(super) async fn bytes(mut self, bound: Bound) -> Result<Bytes, ContentError> {
        let limit = bound.most();
        let too_large = |at: &str| ContentError::TooLarge { at: at.to_owned(), limit };
        if self.announced_length().is_some_and(|length| length > limit) {
            return Err(too_large(&self.at));
        }
        let mut body = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            if (body.len() + piece.len()) as u64 > limit {
                return Err(too_large(&self.at));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// The error for an answer that does not come from a registry.
    pub(super) fn not_a_registry(&self, detail: Option<String>) -> ContentError {
        ContentError::NotARegistry {
            at: self.at.clone(),
            status: self.status().as_u16(),
            content_type: self.content_type().map_or_else(|| "no content type".to_owned(), presentable),
            detail,
        }
    }

    /// Whether a 404 states that the content does not exist. Any other answer is an error.
    pub(super) async fn absent(self) -> Result<(), ContentError> {
        match self.judge().await {
            Judgement::Absent => Ok(()),
            Judgement::Error(error) => Err(error),
        }
    }

    /// The error for this answer.
    pub(super) async fn refusal(self) -> ContentError {
        let unexpected = self.not_a_registry(None);
        match self.judge().await {
            // This request does not need existing content.
            Judgement::Absent => unexpected,
            Judgement::Error(error) => error,
        }
    }

    async fn judge(mut self) -> Judgement {
        let status = self.status();
        let retry_after = self.header(&RETRY_AFTER).and_then(|text| retry_after(text, date(self.headers())));
        let is_json = self.content_type().is_some_and(|kind| kind.ends_with("json"));
        let body = self.beginning().await;
        let document = ErrorDocument::parse(&body);
        let detail = document.text.clone().or_else(|| {
            let text = String::from_utf8_lossy(&body);
            let shown = !is_json && !text.trim_start().starts_with('<') && !text.trim().is_empty();
            shown.then(|| presentable(&text))
        });
        let (at, credentials_sent, code) = (self.at.clone(), self.credentials_sent, status.as_u16());
        Judgement::Error(match code {
            404 if document.absent => return Judgement::Absent,
            401 | 403 | 405 => ContentError::Refused { at, status: code, detail, credentials_sent },
            404 if document.denied => ContentError::Refused { at, status: code, detail, credentials_sent },
            // Most registries answer 400, but some 404.
            400 | 404 if document.incomplete => ContentError::MissingBlobs { at, missing: document.missing },
            408 | 429 | 500..=599 => ContentError::Failed { at, status: code, detail, retry_after },
            404 => self.not_a_registry(detail),
            400..=499 => ContentError::Rejected { at, status: code, detail },
            _ => self.not_a_registry(detail),
        })
    }

    /// The first bytes of an error's body. If it is cut off, the rest does not matter.
    async fn beginning(&mut self) -> Bytes {
        let limit = self.error_body_bytes;
        let mut body = BytesMut::new();
        while let Ok(Some(piece)) = self.piece().await {
            body.extend_from_slice(&piece);
            if body.len() as u64 >= limit {
                break;
            }
        }
        body.freeze()
    }
}

enum Judgement {
    Absent,
    Error(ContentError),
}

/// The fields of a registry's error document that this client uses (distribution specification, "Error codes").
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ErrorDocument {
    pub(super) absent: bool,
    pub(super) denied: bool,
    incomplete: bool,
    pub(super) missing: Vec<Digest>,
    pub(super) text: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    detail: serde_json::Value,
}

impl ErrorDocument {
    pub(super) fn parse(body: &[u8]) -> Self {
        let Ok(document) = serde_json::from_slice::<ErrorBody>(body) else { return Self::default() };
        let Some(first) = document.errors.first() else { return Self::default() };
        let message = first.message.as_deref().unwrap_or_default();
        // Distribution answers MANIFEST_UNKNOWN for an existing manifest if `Accept` does not list its type.
        let absent = matches!(
            first.code.as_str(),
            "MANIFEST_UNKNOWN" | "NAME_UNKNOWN" | "BLOB_UNKNOWN" | "TAG_UNKNOWN" | "NOT_FOUND"
        ) && !message.to_ascii_lowercase().contains("accept header");
        let denied = matches!(first.code.as_str(), "DENIED" | "UNAUTHORIZED");
        let incomplete = first.code == MISSING_BLOB;
        let of_blobs = document.errors.iter().filter(|entry| entry.code == MISSING_BLOB);
        let missing = of_blobs
            .filter_map(|entry| digest_in(&entry.detail.to_string()).or_else(|| digest_in(entry.message.as_deref()?)))
            .collect();
        let text = [first.code.as_str(), message].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
        let text = if text.is_empty() { None } else { Some(presentable(&text.join(": "))) };
        Self { absent, denied, incomplete, missing, text }
    }
}

const MISSING_BLOB: &str = "MANIFEST_BLOB_UNKNOWN";

/// The digest in a text of the registry.
fn digest_in(text: &str) -> Option<Digest> {
    const LENGTH: usize = "sha256:".len() + 64;
    let begin = text.find("sha256:")?;
    text.get(begin..begin + LENGTH)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_registrys_own_word_means_absent() {
        for code in ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "BLOB_UNKNOWN", "NOT_FOUND"] {
            let body = format!(r#"{{"errors":[{{"code":"{code}","message":"m"}}]}}"#);
            assert!(ErrorDocument::parse(body.as_bytes()).absent, "{code}");
        }
        let accept = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"OCI manifest found, but accept header does not support OCI manifests"}]}"#;
        for body in [accept, "404 page not found\n", "<html>", "{}", "[]", "", r#"{"errors":[]}"#, r#"{"errors":[{}]}"#]
        {
            assert!(!ErrorDocument::parse(body.as_bytes()).absent, "{body}");
        }
        assert!(ErrorDocument::parse(br#"{"errors":[{"code":"DENIED"}]}"#).denied);
    }

    #[test]
    fn finds_the_blobs_that_a_manifest_lacks() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let body = format!(
            r#"{{"errors":[{{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry","detail":"{a}"}},
            {{"code":"MANIFEST_BLOB_UNKNOWN","message":"referenced blob {b} not present","detail":null}},
            {{"code":"MANIFEST_BLOB_UNKNOWN","detail":{{"digest":"sha256:ä"}}}}]}}"#
        );
        let document = ErrorDocument::parse(body.as_bytes());
        assert!(document.incomplete);
        assert_eq!(document.missing, [a, b]);
    }
}
