//! Parses the header `WWW-Authenticate`.

use http_auth::ChallengeParser;
use reqwest::{
    Url,
    header::{HeaderMap, WWW_AUTHENTICATE},
};

use crate::oci::error::presentable;

/// The authentication that a registry demands. Its scope is ignored: this client chooses the scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password in every request.
    Basic,
    /// A token from `realm`.
    Bearer {
        /// The address of the token server, exactly as the registry sent it.
        realm: String,
        /// The registry's name at the token server.
        service: Option<String>,
    },
}

/// The longest `WWW-Authenticate` header that is parsed, in bytes.
const MAX_BYTES: usize = 4096;

impl Challenge {
    /// The first challenge that this client supports, preferably for a token. The error lists the schemes that are
    /// offered.
    pub(super) fn parse(headers: &HeaderMap) -> Result<Self, String> {
        let mut basic = false;
        let mut offered = Vec::new();
        for value in headers.get_all(WWW_AUTHENTICATE) {
            let Some(text) = value.to_str().ok().filter(|text| text.len() <= MAX_BYTES) else { continue };
            for challenge in ChallengeParser::new(text).map_while(Result::ok) {
                let parameter = |name: &str| {
                    let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                    found.map(|(_, value)| value.to_unescaped())
                };
                if challenge.scheme.eq_ignore_ascii_case("bearer")
                    && let Some(realm) = parameter("realm")
                {
                    return Ok(Self::Bearer { realm, service: parameter("service") });
                }
                basic |= challenge.scheme.eq_ignore_ascii_case("basic");
                offered.push(presentable(challenge.scheme));
            }
        }
        if basic { Ok(Self::Basic) } else { Err(presentable(&offered.join(", "))) }
    }
}

/// Where credentials may be sent without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlainHttp {
    /// Nowhere, because the registry itself uses TLS.
    Nowhere,
    /// To this machine, because the registry itself is on it and uses plain HTTP.
    Loopback,
    /// Anywhere, because the user allowed it.
    Anywhere,
}

impl PlainHttp {
    /// Whether the connection to `url` is protected well enough for credentials.
    pub(super) fn allows(self, url: &Url) -> bool {
        match (url.scheme(), self) {
            ("https", _) | ("http", Self::Anywhere) => true,
            ("http", Self::Loopback) => is_loopback(url),
            _ => false,
        }
    }
}

/// Whether `url` is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn parse(values: &[&str]) -> Result<Challenge, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap());
        }
        Challenge::parse(&headers)
    }

    #[test]
    fn reads_what_registries_send() {
        let bearer = Challenge::Bearer {
            realm: "https://auth.example.com/token".to_owned(),
            service: Some("reg.example.com".to_owned()),
        };
        let text =
            r#"Bearer realm="https://auth.example.com/token",service="reg.example.com",scope="repository:a:pull""#;
        assert_eq!(parse(&[text]), Ok(bearer.clone()));
        assert_eq!(parse(&[r#"Basic realm="x""#, text]), Ok(bearer));
        assert_eq!(parse(&[r#"Basic realm="basic-realm""#]), Ok(Challenge::Basic));
        let plain = Challenge::Bearer { realm: "t".to_owned(), service: None };
        assert_eq!(parse(&["bearer realm=t"]), Ok(plain));
    }

    #[test]
    fn what_it_cannot_meet_is_named() {
        assert_eq!(parse(&[r#"Negotiate x="y", Digest realm="r""#]), Err("Negotiate, Digest".to_owned()));
        assert_eq!(parse(&["Bearer service=\"no realm\""]), Err("Bearer".to_owned()));
        assert_eq!(parse(&["\"\"", ",,,", ""]), Err(String::new()));
        assert_eq!(parse(&[]), Err(String::new()));
        assert_eq!(parse(&[&format!("Bearer realm=\"{}\"", "x".repeat(5000))]), Err(String::new()));
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_named(text in "(Bearer |Basic )?[ -~\\t]{0,80}") {
            match parse(&[&text]) {
                Ok(Challenge::Bearer { .. }) => prop_assert!(text.to_ascii_lowercase().contains("bearer")),
                Ok(Challenge::Basic) => prop_assert!(text.to_ascii_lowercase().contains("basic")),
                Err(offered) => prop_assert!(offered.len() <= 2 * text.len()),
            }
        }
    }

    #[test]
    fn credentials_go_out_unprotected_only_where_the_registry_is_unprotected() {
        for (url, nowhere, loopback, anywhere) in [
            ("https://auth.example.com/token", true, true, true),
            ("http://auth.example.com/token", false, false, true),
            ("http://127.0.0.1:5001/token", false, true, true),
            ("http://localhost/token", false, true, true),
            ("http://[::1]/token", false, true, true),
            ("ftp://localhost/token", false, false, false),
            ("file:///etc/passwd", false, false, false),
        ] {
            let url = Url::parse(url).unwrap();
            let allowed =
                [PlainHttp::Nowhere, PlainHttp::Loopback, PlainHttp::Anywhere].map(|plain| plain.allows(&url));
            assert_eq!(allowed, [nowhere, loopback, anywhere], "{url}");
        }
    }
}
