//! What a registry says besides content, parsed: no part of the API, but within reach of `tests/fuzz`.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use super::{
    answer::{self, StatementRevision},
    challenge::{Challenge, PlainHttp},
    token::{Token, TokenServer},
};
use crate::{name::Digest, oci::ContentError};

/// What headers `WWW-Authenticate` ask for: the realm and service of a token server, `None` for user and password.
///
/// # Errors
/// Nothing that can be met; what is offered instead.
pub fn challenge<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Option<(String, Option<String>)>, String> {
    let mut headers = HeaderMap::new();
    for value in values.filter_map(|value| HeaderValue::from_bytes(value).ok()) {
        headers.append(WWW_AUTHENTICATE, value);
    }
    Challenge::parse(&headers).map(|challenge| match challenge {
        Challenge::Basic => None,
        Challenge::Bearer { realm, service } => Some((realm, service)),
    })
}

/// Whether a registry that is reached over TLS may send credentials to `realm`.
///
/// # Errors
/// It may not.
pub fn token_server(realm: String) -> Result<(), ContentError> {
    TokenServer::new(PlainHttp::Nowhere, realm, None, "registry.example").map(drop)
}

/// The token in the answer of a token server, and how long it is used.
pub fn token(body: &[u8]) -> Option<(String, Duration)> {
    Token::parse(body).map(|token| (token.text.to_string(), token.lifetime))
}

/// What an error's body comes to: whether there is no such content, whether access was denied, the blobs that are
/// missing, and the text that is shown.
pub fn error_document(body: &[u8]) -> (bool, bool, Vec<Digest>, Option<String>) {
    let StatementRevision { absent, denied, missing, text, .. } = StatementRevision::parse(body);
    (absent, denied, missing, text)
}

/// The time that a header `Retry-After` asks for.
pub fn retry_after(text: &str) -> Option<Duration> {
    answer::retry_after(text)
}
