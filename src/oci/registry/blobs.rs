use bytes::Bytes;
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_RANGE, HeaderValue, RANGE},
};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::{Registry, answer::Answer, auth::Access, retry::retrying, transport::Call};
use crate::{
    name::Digest,
    oci::{
        ContentError, ContentErrorKind,
        receive::{self, Bound, Receiver},
    },
};

impl Registry {
    pub(super) async fn fetch_blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError> {
        let call = Call::new(Method::GET, self.url(&format!("blobs/{digest}"))?);
        let fetched = retrying(&self.transport.timeouts, self.limits.attempts, || async {
            let Some(answer) = self.open_blob(&call).await? else { return Ok(None) };
            let at = answer.at().to_owned();
            let bytes = answer.bytes(Bound::AtMost(limit)).await?;
            receive::verify(&at, digest, &bytes)?;
            Ok(Some(bytes))
        });
        self.note(digest, fetched.await)
    }

    pub(super) async fn stream_blob(
        &self,
        digest: Digest,
        size: u64,
        sink: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<bool, ContentError> {
        let call = Call::new(Method::GET, self.url(&format!("blobs/{digest}"))?);
        let at = super::transport::place(&call.url);
        let download = tokio::sync::Mutex::new(Download { receiver: Receiver::new(&*at, Bound::Exactly(size)), sink });
        let streamed = retrying(&self.transport.timeouts, self.limits.attempts, || async {
            let mut download = download.lock().await;
            self.stream_on(&call, &mut download).await
        });
        let outcome = match streamed.await {
            Ok(false) => Ok(None),
            Ok(true) => download.into_inner().receiver.verify(digest).map(Some),
            Err(error) => Err(error),
        };
        self.note(digest, outcome).map(|there| there.is_some())
    }

    /// Continues the stream from where the last attempt broke off. The bytes before that point are already hashed, so
    /// this skips them in the new answer.
    async fn stream_on(&self, call: &Call, download: &mut Download<'_>) -> Result<bool, ContentError> {
        let had = download.receiver.received();
        let mut call = Call { headers: call.headers.clone(), ..Call::new(call.method.clone(), call.url.clone()) };
        if had > 0
            && let Ok(range) = HeaderValue::from_str(&format!("bytes={had}-"))
        {
            call.headers.insert(RANGE, range);
        }
        let Some(mut answer) = self.open_blob(&call).await? else { return Ok(false) };
        let mut skip = if answer.status() == StatusCode::PARTIAL_CONTENT { 0 } else { had };
        if skip == 0 && had > 0 && !continues(&answer, had) {
            return Err(answer.not_a_registry(None));
        }
        while let Some(piece) = answer.piece().await? {
            let skipped = skip.min(piece.len() as u64);
            skip -= skipped;
            let piece = piece.slice(usize::try_from(skipped).unwrap_or(piece.len())..);
            download.receiver.take(&piece)?;
            let written = download.sink.write_all(&piece).await;
            written.map_err(|source| ContentError::Sink { at: answer.at().to_owned(), source })?;
        }
        let flushed = download.sink.flush().await;
        flushed.map_err(|source| ContentError::Sink { at: answer.at().to_owned(), source })?;
        Ok(true)
    }

    pub(super) async fn open_blob(&self, call: &Call) -> Result<Option<Answer>, ContentError> {
        let answer = self.exchange(call, Access::Pull).await?;
        match answer.status() {
            StatusCode::OK => Ok(Some(answer)),
            StatusCode::PARTIAL_CONTENT if call.headers.contains_key(RANGE) => Ok(Some(answer)),
            StatusCode::NOT_FOUND => answer.absent().await.map(|()| None),
            _ => Err(answer.refusal().await),
        }
    }

    /// Records a blob that was missing or incomplete, so that a later push sends it.
    fn note<T>(&self, digest: Digest, outcome: Result<Option<T>, ContentError>) -> Result<Option<T>, ContentError> {
        let doubtful = match &outcome {
            Ok(found) => found.is_none(),
            Err(error) => error.kind() == ContentErrorKind::Mismatch,
        };
        if doubtful {
            self.doubt(&[digest]);
        }
        outcome
    }
}

struct Download<'a> {
    receiver: Receiver,
    sink: &'a mut (dyn AsyncWrite + Send + Unpin),
}

/// Whether a partial answer begins at byte `at`.
fn continues(answer: &Answer, at: u64) -> bool {
    let begins = |text: &str| text.strip_prefix("bytes ")?.split('-').next()?.parse::<u64>().ok();
    answer.header(&CONTENT_RANGE).and_then(begins) == Some(at)
}
