//! One request after another: judged, passed on, handed back.

use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::Incoming,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName},
    http::request::Parts,
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::net::{TcpListener, TcpStream};

use super::{
    Latency,
    answer::{self, Manifest},
    body::{Body, BoxError, Measured, flipped, full, truncated},
    log::Log,
    rule::{Fault, Rule, judge, manifest_reference},
};

/// The largest body that is taken into memory, where a rule or the memory of manifests needs it whole.
const BUFFERED: usize = 64 << 20;

/// What the proxy's tasks and its owner share.
pub(super) struct Shared {
    upstream: String,
    client: Client<HttpConnector, Body>,
    pub(super) latency: Mutex<Delays>,
    pub(super) rules: Mutex<Vec<Rule>>,
    pub(super) log: Log,
    /// Every manifest that was put by tag, by path, oldest first.
    manifests: Mutex<HashMap<String, Vec<Manifest>>>,
    dead: AtomicBool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

/// A latency, and the state of its sequence.
pub(super) struct Delays(Latency, fastrand::Rng);

impl From<Latency> for Delays {
    fn from(latency: Latency) -> Self {
        let seed = if let Latency::Random { seed, .. } = latency { seed } else { 0 };
        Self(latency, fastrand::Rng::with_seed(seed))
    }
}

impl Delays {
    fn next(&mut self) -> Duration {
        match self.0 {
            Latency::None => Duration::ZERO,
            Latency::Fixed(delay) => delay,
            Latency::Random { most, .. } => most.mul_f64(self.1.f64()),
        }
    }
}

/// Why a connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
pub(super) struct Closed;

/// Answers connections until it is dropped.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, most likely: others have to end first.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if !shared.is_dead() {
            tokio::spawn(connection(stream, shared.clone()));
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let Ok(own) = stream.local_addr() else { return };
    let service = service_fn(|request| {
        let shared = shared.clone();
        async move { shared.exchange(request, own).await }
    });
    if let Err(error) = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
    {
        tracing::debug!(%error, "a connection ended");
    }
}

impl Shared {
    pub(super) fn new(upstream: &str) -> Self {
        Self {
            upstream: upstream.to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            latency: Mutex::new(Latency::None.into()),
            rules: Mutex::default(),
            log: Log::default(),
            manifests: Mutex::default(),
            dead: AtomicBool::new(false),
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub(super) fn set_dead(&self, dead: bool) {
        self.dead.store(dead, Ordering::SeqCst);
    }

    async fn exchange(
        self: Arc<Self>,
        request: Request<Incoming>,
        own: SocketAddr,
    ) -> Result<Response<Measured>, Closed> {
        if self.is_dead() {
            return Err(Closed);
        }
        let (head, body) = request.into_parts();
        let (method, path) = (head.method.as_str(), answer::path_of(&head.uri));
        let verdict = judge(&mut self.rules.lock().unwrap_or_else(PoisonError::into_inner), method, path);
        let entry = self.log.begin(method, path, head.headers.contains_key(AUTHORIZATION));
        if let Some(callback) = &verdict.callback {
            callback(method, path);
        }
        let delay = self.latency.lock().unwrap_or_else(PoisonError::into_inner).next();
        tokio::time::sleep(delay).await;
        let mut answer = self.befall(verdict.fault, head, body.map_err(BoxError::from).boxed_unsync()).await?;
        answer::move_location(&mut answer, &format!("http://{own}"), |authority| authority == self.upstream);
        entry.answered(answer.status().as_u16());
        Ok(answer.map(|body| Measured::new(body, entry)))
    }

    async fn befall(self: &Arc<Self>, fault: Fault, head: Parts, body: Body) -> Result<Response<Body>, Closed> {
        match fault {
            Fault::Pass => self.forward(head, body).await,
            Fault::Delay(delay) => {
                tokio::time::sleep(delay).await;
                self.forward(head, body).await
            }
            Fault::Status { code, retry_after } => {
                let answer = answer::error(code, retry_after);
                Ok(drained(body, answer).await)
            }
            Fault::Html => Ok(drained(body, answer::html()).await),
            Fault::Endless => Ok(answer::without_end()),
            Fault::Redirect(origin) => Ok(answer::redirect(&origin, &head.uri)),
            Fault::Manifest { media_type, bytes } => {
                Ok(answer::manifest(&head.method, &head.headers, &Manifest { media_type, bytes }))
            }
            Fault::StaleTag(back) => match self.earlier(answer::path_of(&head.uri), back) {
                Some(manifest) => Ok(answer::manifest(&head.method, &head.headers, &manifest)),
                None => self.forward(head, body).await,
            },
            Fault::LostWrite => {
                let bytes = collected(body).await?;
                Ok(answer::stored(&head.uri, &bytes))
            }
            Fault::LateWrite { answer, lands } => {
                let bytes = collected(body).await?;
                let shared = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(lands).await;
                    if shared.forward(head, full(bytes)).await.is_err() {
                        tracing::warn!("a late write could not be passed on");
                    }
                });
                tokio::time::sleep(answer).await;
                Ok(answer::error(StatusCode::GATEWAY_TIMEOUT.as_u16(), None))
            }
            Fault::LostAnswer => {
                self.forward(head, body).await?;
                Err(Closed)
            }
            Fault::Disconnect => Err(Closed),
            Fault::Die => {
                self.set_dead(true);
                Err(Closed)
            }
            Fault::Truncate(length) => Ok(self.forward(head, body).await?.map(|body| truncated(body, length))),
            Fault::FlipBit(offset) => Ok(self.forward(head, body).await?.map(|body| flipped(body, offset))),
            Fault::ReplaceBody(bytes) => {
                let is_head = head.method == Method::HEAD;
                let mut answer = self.forward(head, body).await?;
                answer::replace_body(&mut answer, bytes);
                if is_head {
                    *answer.body_mut() = full(Bytes::new());
                }
                Ok(answer)
            }
            Fault::Header(name, value) => {
                let mut answer = self.forward(head, body).await?;
                if let Ok(name) = name.parse::<HeaderName>() {
                    answer::insert(answer.headers_mut(), name, &value);
                }
                Ok(answer)
            }
            Fault::MoveLocation(origin) => {
                let mut answer = self.forward(head, body).await?;
                answer::move_location(&mut answer, &origin, |_| true);
                Ok(answer)
            }
        }
    }

    /// Passes a request on and keeps the manifest that it may put. An upstream that does not answer is answered for
    /// with 502.
    async fn forward(&self, mut head: Parts, body: Body) -> Result<Response<Body>, Closed> {
        let path = answer::path_of(&head.uri).to_owned();
        head.uri = format!("http://{}{path}", self.upstream).parse::<Uri>().map_err(|_| Closed)?;
        let by_tag = head.method == Method::PUT
            && manifest_reference(&path).is_some_and(|reference| !reference.starts_with("sha256:"));
        let mut manifest = None;
        let body = if by_tag {
            let bytes = collected(body).await?;
            let media_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
            manifest = Some(Manifest { media_type: media_type.to_owned(), bytes: bytes.clone() });
            full(bytes)
        } else {
            body
        };
        match self.client.request(Request::from_parts(head, body)).await {
            Ok(answer) => {
                if let Some(manifest) = manifest.filter(|_| answer.status().is_success()) {
                    let mut manifests = self.manifests.lock().unwrap_or_else(PoisonError::into_inner);
                    manifests.entry(path).or_default().push(manifest);
                }
                Ok(answer.map(|body| body.map_err(BoxError::from).boxed_unsync()))
            }
            Err(error) => {
                tracing::debug!(%error, "the registry behind the proxy did not answer");
                Ok(answer::error(StatusCode::BAD_GATEWAY.as_u16(), None))
            }
        }
    }

    fn earlier(&self, path: &str, back: usize) -> Option<Manifest> {
        let manifests = self.manifests.lock().unwrap_or_else(PoisonError::into_inner);
        let history = manifests.get(path)?;
        history.iter().rev().nth(back).cloned()
    }
}

async fn collected(mut body: Body) -> Result<Bytes, Closed> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let data = frame.map_err(|_| Closed)?.into_data().unwrap_or_default();
        if bytes.len() + data.len() > BUFFERED {
            return Err(Closed);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// `answer`, once the request's body has been read: a connection that is closed on a client that still sends loses the
/// answer.
async fn drained(mut body: Body, answer: Response<Body>) -> Response<Body> {
    while let Some(Ok(_)) = body.frame().await {}
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_delays_are_the_same_for_the_same_seed() {
        let most = Duration::from_millis(500);
        let sequence = |seed| {
            let mut delays = Delays::from(Latency::Random { most, seed });
            [(); 8].map(|()| delays.next())
        };
        assert_eq!(sequence(7), sequence(7));
        assert_ne!(sequence(7), sequence(8));
        assert!(sequence(7).iter().all(|delay| *delay <= most));
    }
}
