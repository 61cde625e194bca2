//! One request, one answer: proxies, times. No redirects, no credentials of its own.

use std::{error::Error, path::PathBuf, time::Instant};

use bytes::Bytes;
use reqwest::{
    Body, Client, Method, Response, Url,
    header::{CONTENT_LENGTH, HeaderMap},
};
use tokio::{io::AsyncReadExt as _, sync::OnceCell};
use tokio_util::io::ReaderStream;

use super::{
    RegistryOptions, Timeouts,
    challenge::{PlainHttp, is_loopback},
    tls::{self, Roots},
};
use crate::{
    limits::Limits,
    oci::{ContentError, HttpError, error::presentable},
};

/// What a request carries.
#[derive(Clone)]
pub(super) enum Payload {
    None,
    Bytes(Bytes),
    File { path: PathBuf, size: u64 },
}

/// A request, as often as it may have to be sent.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
}

impl Call {
    pub(super) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), payload: Payload::None }
    }
}

/// Bytes of an upload that are in memory at a time.
const PIECE: usize = 64 << 10;

pub(super) struct Transport {
    user_agent: String,
    ca_files: Vec<PathBuf>,
    pub(super) plain: PlainHttp,
    pub(super) timeouts: Timeouts,
    pub(super) limits: Limits,
    /// For this machine: past every proxy.
    local: OnceCell<Client>,
    /// For everything else: through the proxies that the environment names.
    remote: OnceCell<Client>,
}

impl Transport {
    pub(super) fn new(options: &RegistryOptions, plain: PlainHttp) -> Self {
        Self {
            user_agent: options.user_agent.clone(),
            ca_files: options.ca_files.clone(),
            plain,
            timeouts: options.timeouts.clone(),
            limits: options.limits.clone(),
            local: OnceCell::new(),
            remote: OnceCell::new(),
        }
    }

    /// Sends `call` to `url`, which is its own or where a redirect led.
    pub(super) async fn send(&self, call: &Call, url: &Url, headers: HeaderMap) -> Result<Response, ContentError> {
        let client = self.client_for(url).await?;
        let mut request = client.request(call.method.clone(), url.clone()).headers(headers);
        let mut limit = self.timeouts.answer;
        match &call.payload {
            Payload::None => {}
            Payload::Bytes(bytes) => {
                limit += self.timeouts.transfer(bytes.len() as u64);
                request = request.header(CONTENT_LENGTH, bytes.len()).body(bytes.clone());
            }
            Payload::File { path, size } => {
                limit += self.timeouts.transfer(*size);
                let file = tokio::fs::File::open(path).await.map_err(ContentError::file(path))?;
                let pieces = ReaderStream::with_capacity(file.take(*size), PIECE);
                request = request.header(CONTENT_LENGTH, *size).body(Body::wrap_stream(pieces));
            }
        }
        let begun = Instant::now();
        let answer = tokio::time::timeout(limit, request.send()).await;
        let status = answer.as_ref().ok().and_then(|answer| answer.as_ref().ok()).map(Response::status);
        tracing::debug!(method = %call.method, at = place(url), ?status, elapsed = ?begun.elapsed(), "request");
        match answer {
            Ok(answer) => {
                answer.map_err(|error| ContentError::Transport { at: place(url), source: HttpError::new(error) })
            }
            Err(_) => Err(ContentError::TimedOut { at: place(url), after: limit }),
        }
    }

    async fn client_for(&self, url: &Url) -> Result<&Client, ContentError> {
        if is_loopback(url) {
            self.local.get_or_try_init(|| async { self.client(true) }).await
        } else {
            self.remote.get_or_try_init(|| async { self.client(false) }).await
        }
    }

    fn client(&self, local: bool) -> Result<Client, ContentError> {
        let unusable = |source: Box<dyn Error + Send + Sync>| ContentError::Tls { source };
        let mut certificates = Vec::new();
        for file in &self.ca_files {
            let pem = std::fs::read(file).map_err(ContentError::file(file))?;
            let found = tls::certificates(&pem).map_err(|source| unusable(source.into()))?;
            if found.is_empty() {
                let nothing = std::io::Error::new(std::io::ErrorKind::InvalidData, "holds no certificate");
                return Err(ContentError::file(file)(nothing));
            }
            certificates.extend(found);
        }
        let roots = if local && self.plain != PlainHttp::Nowhere && certificates.is_empty() {
            // A plain registry on this machine.
            Roots::None
        } else {
            Roots::SystemAnd(certificates)
        };
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls::config(roots).map_err(|source| unusable(source.into()))?)
            .user_agent(&self.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.timeouts.connect);
        if local {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|source| unusable(source.into()))
    }
}

/// How messages name what `url` leads to: never with a query, which can hold a token or a signature. It may be where a
/// redirect led, so it is as long as somebody else likes.
pub(super) fn place(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().strip_prefix("/v2").unwrap_or(url.path());
    presentable(&format!("{}{port}{path}", url.host_str().unwrap_or_default()))
}
