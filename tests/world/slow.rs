use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use manifesto::{
    name::{Digest, Tag},
    oci::{Attempts, Content, ContentError, Descriptor, Fetched, Pushed, Reference, Source, memory::Memory},
};
use tokio::io::AsyncWrite;

/// A registry that takes a random time for everything, on the way there and on the way back.
pub(crate) struct Slow {
    pub(crate) memory: Memory,
    pub(crate) most: Duration,
}

impl Slow {
    async fn way(&self) {
        tokio::time::sleep(self.most.mul_f64(fastrand::f64())).await;
    }
}

#[async_trait]
impl Content for Slow {
    async fn resolve(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError> {
        self.way().await;
        let found = self.memory.resolve(reference).await;
        self.way().await;
        found
    }

    async fn manifest(&self, reference: &Reference, known: Option<Digest>) -> Result<Fetched, ContentError> {
        self.way().await;
        let found = self.memory.manifest(reference, known).await;
        self.way().await;
        found
    }

    async fn blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError> {
        self.way().await;
        self.memory.blob(digest, limit).await
    }

    async fn blob_to(
        &self,
        digest: Digest,
        size: u64,
        sink: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<bool, ContentError> {
        self.memory.blob_to(digest, size, sink).await
    }

    async fn push_blob(&self, digest: Digest, size: u64, source: Source) -> Result<(), ContentError> {
        self.way().await;
        self.memory.push_blob(digest, size, source).await
    }

    async fn push_manifest(
        &self,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
        attempts: Attempts,
    ) -> Result<Pushed, ContentError> {
        self.way().await;
        let pushed = self.memory.push_manifest(tag, media_type, bytes, attempts).await;
        self.way().await;
        pushed
    }
}
