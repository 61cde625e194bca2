use std::time::Duration;

use bytes::Bytes;
use manifesto_tuf::limits::Limits;
use reqwest::{Client, Response, StatusCode};

use crate::error::Error;

/// How long a server may keep silent.
const SILENCE: Duration = Duration::from_secs(30);

pub(crate) struct Http(Client);

impl Http {
    pub(crate) fn new() -> Result<Self, Error> {
        // Fails only where the process has chosen a provider already, which is then the one to use.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .connect_timeout(SILENCE)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::limited(Limits::DEFAULT.redirects))
            .build();
        Ok(Self(client.map_err(Error::http("the HTTP client"))?))
    }

    /// Fetches at most `limit` bytes. Only "not found" means that there is nothing.
    pub(crate) async fn find(&self, url: &str, limit: u64) -> Result<Option<Bytes>, Error> {
        let Some(mut body) = self.request(url, limit).await? else { return Ok(None) };
        let mut bytes = Vec::new();
        while let Some(piece) = body.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(Some(bytes.into()))
    }

    /// Fetches at most `limit` bytes that have to be there.
    pub(crate) async fn get(&self, url: &str, limit: u64) -> Result<Bytes, Error> {
        self.find(url, limit).await?.ok_or_else(|| Error::NotFound { url: url.to_owned() })
    }

    /// Begins to fetch at most `limit` bytes.
    pub(crate) async fn request(&self, url: &str, limit: u64) -> Result<Option<Body>, Error> {
        let response = self.0.get(url).send().await.map_err(Error::http(url))?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = response.error_for_status().map_err(Error::http(url))?;
        Ok(Some(Body { response, url: url.to_owned(), left: limit, limit }))
    }
}

/// A body that is read piece by piece and never beyond its limit.
pub(crate) struct Body {
    response: Response,
    url: String,
    left: u64,
    limit: u64,
}

impl Body {
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(piece) = self.response.chunk().await.map_err(Error::http(&self.url))? else { return Ok(None) };
        let left = self.left.checked_sub(piece.len() as u64);
        self.left = left.ok_or_else(|| Error::TooLarge { url: self.url.clone(), limit: self.limit })?;
        Ok(Some(piece))
    }
}
