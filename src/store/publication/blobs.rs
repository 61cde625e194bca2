//! The blobs of one publication, which are fetched ahead and in parallel.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    name::Digest,
    oci::{Content, ContentError},
    store::StoreError,
    trust::TrustError,
};

/// How many blobs are fetched at the same time.
const PARALLEL: usize = 16;

type Fetching = AbortOnDropHandle<Result<Option<Bytes>, ContentError>>;

/// The blobs of one repository, each fetched at most once.
///
/// A task fetches each blob ahead, and its result waits until the blob is needed. So a blob that the answer does not
/// need may be missing, damaged or endless, and neither fails nor delays the answer. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#unrelated-blob
pub(super) struct Blobs {
    content: Arc<dyn Content>,
    known: BTreeMap<Digest, Bytes>,
    fetching: HashMap<Digest, Fetching>,
    permits: Arc<Semaphore>,
    /// Bytes fetched so far.
    held: u64,
    /// The most bytes to fetch.
    limit: u64,
}

impl Blobs {
    /// The blobs of `content`. Those in `known` are not fetched; of the others at most `limit` bytes in total.
    pub(super) fn new(content: Arc<dyn Content>, known: BTreeMap<Digest, Bytes>, limit: u64) -> Self {
        let permits = Arc::new(Semaphore::new(PARALLEL));
        Self { content, known, fetching: HashMap::new(), permits, held: 0, limit }
    }

    /// Begins to fetch the unknown ones of these blobs, each up to its limit in bytes.
    pub(super) fn prefetch(&mut self, wanted: impl IntoIterator<Item = (Digest, u64)>) {
        for (digest, limit) in wanted {
            if !self.known.contains_key(&digest) && !self.fetching.contains_key(&digest) {
                let fetching = self.fetch(digest, limit);
                self.fetching.insert(digest, fetching);
            }
        }
    }

    fn fetch(&self, digest: Digest, limit: u64) -> Fetching {
        let (content, permits) = (Arc::clone(&self.content), Arc::clone(&self.permits));
        AbortOnDropHandle::new(tokio::spawn(async move {
            // The semaphore is never closed, so this cannot fail.
            let _permit = permits.acquire_owned().await;
            content.blob(digest, limit).await
        }))
    }

    /// Returns a blob. `what` names it in errors.
    pub(super) async fn get(&mut self, digest: Digest, limit: u64, what: &str) -> Result<Bytes, StoreError> {
        if let Some(bytes) = self.known.get(&digest) {
            return Ok(bytes.clone());
        }
        let fetching = self.fetching.remove(&digest).unwrap_or_else(|| self.fetch(digest, limit));
        let found = fetching.await.map_err(|stopped| StoreError::Stopped { source: stopped })??;
        let bytes = found.ok_or_else(|| TrustError::Missing { what: what.to_owned() })?;
        self.held = self.held.saturating_add(bytes.len() as u64);
        if self.held > self.limit {
            return Err(StoreError::TooMuch { limit: self.limit });
        }
        self.known.insert(digest, bytes.clone());
        Ok(bytes)
    }
}
