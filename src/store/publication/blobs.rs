//! The blobs of one publication: fetched ahead, in parallel, and asked for one by one.

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
/// What is fetched ahead is fetched by tasks of its own. Each keeps its own outcome until somebody asks for that blob:
/// a blob that the answer does not need may be missing, damaged or endless, and neither fails nor delays the answer.
/// [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#unrelated-blob
pub(super) struct Blobs {
    content: Arc<dyn Content>,
    known: BTreeMap<Digest, Bytes>,
    fetching: HashMap<Digest, Fetching>,
    permits: Arc<Semaphore>,
    /// Bytes that were fetched so far.
    held: u64,
    /// How many may be.
    limit: u64,
}

impl Blobs {
    /// Blobs of `content`. Those in `known` are here already; of the others at most `limit` bytes are fetched in all.
    pub(super) fn new(content: Arc<dyn Content>, known: BTreeMap<Digest, Bytes>, limit: u64) -> Self {
        let permits = Arc::new(Semaphore::new(PARALLEL));
        Self { content, known, fetching: HashMap::new(), permits, held: 0, limit }
    }

    /// Begins to fetch what is not known yet: digests, each with the most bytes that are accepted.
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
            // The semaphore is never closed.
            let _permit = permits.acquire_owned().await;
            content.blob(digest, limit).await
        }))
    }

    /// A blob that is signed for, or listed, as `what`.
    ///
    /// # Errors
    /// It cannot be fetched, or is not there; it is more than is held in all.
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
