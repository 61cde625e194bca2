//! Sending a draft: its blobs, and then the manifest that lists them.

use std::sync::atomic::Ordering;

use futures_util::future::try_join_all;

use crate::{
    name::{Digest, Tag},
    oci::{Attempts, ContentError, Pushed, Source},
    store::artifact,
    write::{
        error::WriteError,
        publish::{draft::Draft, protocol::Protocol},
    },
};

/// The outcome of sending a manifest. `failure` is why it is uncertain, if the registry kept failing.
pub(super) struct Sent {
    pub(super) pushed: Pushed,
    pub(super) failure: Option<ContentError>,
}

impl Protocol<'_> {
    /// Uploads every blob that a draft refers to, all at the same time.
    pub(super) async fn upload(&self, draft: &Draft) -> Result<(), WriteError> {
        let statement = async {
            match &self.content {
                Some((digest, size, source)) => {
                    self.publisher.repository.content.push_blob(*digest, *size, source.clone()).await
                }
                None => Ok(()),
            }
        };
        tokio::try_join!(self.publisher.upload(&draft.uploads), statement)?;
        Ok(())
    }

    /// Puts the manifest at `tag`. If the registry reports missing blobs, they are uploaded again: it may have claimed
    /// to have blobs that its garbage collection had taken.
    pub(super) async fn put(&self, tag: &Tag, draft: &Draft) -> Result<Sent, WriteError> {
        let mut sent = self.send(tag, draft, Attempts::Several).await;
        if let Err(ContentError::MissingBlobs { at, missing }) = sent {
            self.upload_again(draft, at, missing).await?;
            sent = self.send(tag, draft, Attempts::Several).await;
        }
        match sent {
            Ok(pushed) => Ok(Sent { pushed, failure: None }),
            Err(error) if may_have_landed(&error) => Ok(Sent { pushed: Pushed::Uncertain, failure: Some(error) }),
            Err(error) => Err(error.into()),
        }
    }

    /// Uploads the `missing` blobs again, or all that this machine has, if the registry does not name them.
    ///
    /// # Errors
    /// This machine does not have a missing blob: the statement is another writer's, or a former one.
    async fn upload_again(&self, draft: &Draft, at: String, missing: Vec<Digest>) -> Result<(), WriteError> {
        let metadata = draft.publication.known();
        let metadata = metadata.into_iter().map(|(digest, bytes)| (digest, bytes.len() as u64, Source::Bytes(bytes)));
        let here: Vec<_> = metadata.chain(self.content.clone()).collect();
        let lost = missing.iter().filter(|digest| !here.iter().any(|(here, ..)| here == *digest));
        let lost: Vec<Digest> = lost.copied().collect();
        if !lost.is_empty() {
            return Err(ContentError::MissingBlobs { at, missing: lost }.into());
        }
        let wanted = here.into_iter().filter(|(digest, ..)| missing.is_empty() || missing.contains(digest));
        let content = &self.publisher.repository.content;
        try_join_all(wanted.map(|(digest, size, source)| content.push_blob(digest, size, source))).await?;
        Ok(())
    }

    pub(super) async fn send(&self, tag: &Tag, draft: &Draft, attempts: Attempts) -> Result<Pushed, ContentError> {
        let bytes = draft.publication.manifest().clone();
        self.sent.store(true, Ordering::Relaxed);
        self.publisher.repository.content.push_manifest(tag, artifact::MANIFEST, bytes, attempts).await
    }
}

/// Returns whether a manifest may have landed, or may still land, although the registry reported an error.
fn may_have_landed(error: &ContentError) -> bool {
    match error {
        ContentError::Failed { status, .. } => *status != 429,
        ContentError::Transport { source, .. } => !source.is_connect(),
        ContentError::TimedOut { .. } | ContentError::BrokenOff { .. } => true,
        _ => false,
    }
}
