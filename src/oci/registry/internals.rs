//! Private parsers of a registry's answers, for `tests/fuzz`. They are not part of the API.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use super::{
    answer::ErrorDocument,
    challenge::{Challenge, PlainHttp},
    date,
    token::{Token, TokenServer},
};
use crate::{name::Digest, oci::ContentError, time::Timestamp};

/// Parses headers `WWW-Authenticate`: the realm and service of a token server, or `None` for user and password.
///
/// # Errors
/// No offered scheme is supported. The error lists them.
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

/// Checks whether a registry that uses TLS may send credentials to `realm`.
///
/// # Errors
/// It may not.
pub fn token_server(realm: String) -> Result<(), ContentError> {
    TokenServer::new(PlainHttp::Nowhere, realm, None, "registry.example").map(drop)
}

/// The token in a token server's answer, and how long it is used.
pub fn token(body: &[u8]) -> Option<(String, Duration)> {
    Token::parse(body).map(|token| (token.text.to_string(), token.lifetime))
}

/// The meaning of an error's body: whether the content does not exist, whether access was denied, the missing blobs,
/// and the text to show.
pub fn error_document(body: &[u8]) -> (bool, bool, Vec<Digest>, Option<String>) {
    let ErrorDocument { absent, denied, missing, text, .. } = ErrorDocument::parse(body);
    (absent, denied, missing, text)
}

/// The wait that a header `Retry-After` demands in an answer of 1970.
pub fn retry_after(text: &str) -> Option<Duration> {
    date::retry_after(text, Some(Timestamp::UNIX_EPOCH))
}
