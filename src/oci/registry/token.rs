//! The token server of a registry (Docker registry documentation, "Token Authentication").

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    Method, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::Deserialize;
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    Credential,
    answer::Answer,
    authorization::basic,
    challenge::PlainHttp,
    transport::{Call, Payload, Transport, place},
};
use crate::oci::{ContentError, error::presentable, receive::Bound};

/// How long a token is used if its server does not state a lifetime (the protocol's default).
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);
/// The longest time that a token is used, even if its server states a longer one.
const LONGEST_LIFETIME: Duration = Duration::from_secs(3600);

/// The source of a registry's tokens.
#[derive(Clone)]
pub(super) struct TokenServer {
    realm: Url,
    service: Option<String>,
}

/// A token for one scope.
pub(super) struct Token {
    pub(super) text: Zeroizing<String>,
    pub(super) lifetime: Duration,
}

impl TokenServer {
    pub(super) fn new(
        plain: PlainHttp,
        realm: String,
        service: Option<String>,
        at: &str,
    ) -> Result<Self, ContentError> {
        let insecure = |realm: &str| ContentError::InsecureRealm { at: at.to_owned(), realm: presentable(realm) };
        let url = Url::parse(&realm).map_err(|_| insecure(&realm))?;
        if !plain.allows(&url) || !url.username().is_empty() || url.password().is_some() {
            return Err(insecure(url.host_str().unwrap_or_default()));
        }
        Ok(Self { realm: url, service })
    }

    /// Fetches a token for `scope`: anonymously, with user and password, or in exchange for an identity token.
    pub(super) async fn fetch(
        &self,
        transport: &Transport,
        scope: &str,
        credential: Option<&Credential>,
    ) -> Result<Token, ContentError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let mut call = match credential {
            Some(Credential::IdentityToken(token)) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token.expose());
                form.append_pair("client_id", "manifesto").append_pair("scope", scope);
                if let Some(service) = &self.service {
                    form.append_pair("service", service);
                }
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                let mut call = Call::new(Method::POST, self.realm.clone());
                call.payload = Payload::Bytes(Bytes::from(form.finish()));
                call
            }
            Some(Credential::Password { .. }) | None => {
                if let Some(header) = credential.and_then(basic) {
                    headers.insert(AUTHORIZATION, header);
                }
                let mut url = self.realm.clone();
                if let Some(service) = &self.service {
                    url.query_pairs_mut().append_pair("service", service);
                }
                url.query_pairs_mut().append_pair("scope", scope);
                Call::new(Method::GET, url)
            }
        };
        call.headers = headers;
        let response = transport.send(&call, &call.url, call.headers.clone()).await?;
        let answer = Answer::new(response, place(&call.url), credential.is_some(), transport);
        if !answer.status().is_success() {
            return Err(match answer.refusal().await {
                // RFC 6749, section 5.2: an OAuth server answers 400 to a grant that it does not accept.
                ContentError::Rejected { at, status, detail } => {
                    ContentError::Refused { at, status, detail, credentials_sent: credential.is_some() }
                }
                other => other,
            });
        }
        let malformed = answer.not_a_registry(None);
        let body = Zeroizing::new(answer.bytes(Bound::AtMost(transport.limits.token_bytes)).await?.to_vec());
        Token::parse(&body).ok_or(malformed)
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Token {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut document: TokenAnswer = serde_json::from_slice(body).ok()?;
        let mut other = document.access_token.take();
        let text = document.token.filter(|text| !text.is_empty()).or_else(|| other.take())?;
        other.zeroize();
        let seconds = document.expires_in.map_or(DEFAULT_LIFETIME, Duration::from_secs);
        let text = Zeroizing::new(text);
        if text.is_empty() { None } else { Some(Self { text, lifetime: seconds.min(LONGEST_LIFETIME) }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_names_of_a_token() {
        for (body, text, seconds) in [
            (r#"{"token":"t"}"#, "t", 60),
            (r#"{"access_token":"a","expires_in":300}"#, "a", 300),
            (r#"{"token":"t","access_token":"a","expires_in":99999999,"issued_at":"x"}"#, "t", 3600),
            (r#"{"token":"","access_token":"a"}"#, "a", 60),
        ] {
            let token = Token::parse(body.as_bytes()).unwrap();
            assert_eq!((token.text.as_str(), token.lifetime.as_secs()), (text, seconds), "{body}");
        }
        for bad in ["", "{}", "[]", r#"{"token":""}"#, r#"{"token":7}"#, "<html>"] {
            assert!(Token::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_realm_must_be_protected_and_hold_no_credentials() {
        let server = |realm: &str| TokenServer::new(PlainHttp::Nowhere, realm.to_owned(), None, "here");
        assert!(server("https://auth.example.com/token").is_ok());
        for bad in ["http://auth.example.com/token", "https://user:secret@example.com/", "token", "", "file:///x"] {
            let Err(ContentError::InsecureRealm { realm, .. }) = server(bad) else { panic!("{bad}") };
            assert!(!realm.contains("secret"));
        }
    }
}
