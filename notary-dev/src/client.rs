//! A plain HTTP client: it follows nothing, retries nothing and believes everything, so that a test sees what a server
//! really said.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode, header::HeaderMap};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status line's number.
    pub status: StatusCode,
    /// Every header.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A header's value, empty if it is absent or no text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text, with what is no UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The request could not be formed.
    #[error("not a request: {method} {url}")]
    Request {
        /// The method.
        method: Method,
        /// The address.
        url: String,
        /// What is wrong.
        source: hyper::http::Error,
    },
    /// No connection, or it ended before an answer.
    #[error("no answer to {method} {url}")]
    NoAnswer {
        /// The method.
        method: Method,
        /// The address.
        url: String,
        /// What happened.
        source: hyper_util::client::legacy::Error,
    },
    /// The answer began and did not end as announced.
    #[error("the answer to {method} {url} broke off")]
    BrokenOff {
        /// The method.
        method: Method,
        /// The address.
        url: String,
        /// What happened.
        source: hyper::Error,
    },
}

/// Sends one request on a connection of its own and reads the whole answer.
///
/// # Errors
///
/// If there is no whole answer. Any status is an answer.
pub async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes> + Send,
) -> Result<Answer, ClientError> {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder().method(method.clone()).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).map_err(|source| ClientError::Request {
        method: method.clone(),
        url: url.to_owned(),
        source,
    })?;
    let answer = client.request(request).await.map_err(|source| ClientError::NoAnswer {
        method: method.clone(),
        url: url.to_owned(),
        source,
    })?;
    let (head, body) = answer.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|source| ClientError::BrokenOff { method, url: url.to_owned(), source })?
        .to_bytes();
    Ok(Answer { status: head.status, headers: head.headers, body })
}
