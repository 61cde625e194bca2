//! A repository in memory, for tests and embedding. It lives as long as the value.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::{
    Attempts, Content, ContentError, Descriptor, Fetched, MANIFEST_TYPES, Manifest, Pushed, Reference, Source,
    document::{self, ManifestFields},
    receive::{self, Bound, Receiver},
};
use crate::{
    limits::Limits,
    name::{Digest, Tag},
};

/// The manifests and blobs of one repository in memory.
///
/// Like a registry, it refuses a manifest whose blobs it does not have.
#[derive(Default)]
pub struct Memory(Mutex<State>);

#[derive(Default)]
struct State {
    manifests: HashMap<Digest, Manifest>,
    blobs: HashMap<Digest, Bytes>,
    tags: HashMap<Tag, Digest>,
}

impl Memory {
    /// Makes an empty repository.
    pub fn new() -> Self {
        Self::default()
    }

    /// Points `tag` at a manifest, even if the blobs that it lists are missing. This is for a partial copy of a
    /// repository.
    pub fn place(&self, tag: &Tag, media_type: &str, bytes: Bytes) {
        let digest = Digest::of(&bytes);
        let mut state = self.state();
        state.manifests.insert(digest, Manifest { media_type: media_type.to_owned(), digest, bytes });
        state.tags.insert(tag.clone(), digest);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is a single insertion, so a panic elsewhere leaves nothing incomplete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, reference: &Reference) -> Result<Option<Manifest>, ContentError> {
        let state = self.state();
        let digest = match reference {
            Reference::Tag(tag) => state.tags.get(tag),
            Reference::Digest(digest) => Some(digest),
        };
        let Some(manifest) = digest.and_then(|digest| state.manifests.get(digest)) else { return Ok(None) };
        let media_type = document::media_type(&place(&manifest.digest), &manifest.bytes, Some(&manifest.media_type))?;
        Ok(media_type.map(|media_type| Manifest { media_type, ..manifest.clone() }))
    }
}

#[async_trait]
impl Content for Memory {
    async fn resolve(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError> {
        Ok(self.find(reference)?.as_ref().map(Manifest::descriptor))
    }

    async fn manifest(&self, reference: &Reference, known: Option<Digest>) -> Result<Fetched, ContentError> {
        Ok(match self.find(reference)? {
            None => Fetched::Absent,
            Some(manifest) if known == Some(manifest.digest) => Fetched::Unchanged,
            Some(manifest) => Fetched::Manifest(manifest),
        })
    }

    async fn blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError> {
        let blob = self.state().blobs.get(&digest).cloned();
        match blob {
            Some(bytes) if bytes.len() as u64 > limit => Err(ContentError::TooLarge { at: place(&digest), limit }),
            blob => Ok(blob),
        }
    }

    async fn blob_to(
        &self,
        digest: Digest,
        size: u64,
        sink: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<bool, ContentError> {
        let blob = self.state().blobs.get(&digest).cloned();
        let Some(bytes) = blob else { return Ok(false) };
        let mut receiver = Receiver::new(place(&digest), Bound::Exactly(size));
        receiver.take(&bytes)?;
        receiver.verify(digest)?;
        let failed = |source| ContentError::Sink { at: place(&digest), source };
        sink.write_all(&bytes).await.map_err(failed)?;
        sink.flush().await.map_err(failed)?;
        Ok(true)
    }

    async fn push_blob(&self, digest: Digest, size: u64, source: Source) -> Result<(), ContentError> {
        let bytes = match source {
            Source::Bytes(bytes) => bytes,
            Source::File(path) => tokio::fs::read(&path).await.map_err(ContentError::file(path))?.into(),
        };
        if bytes.len() as u64 != size {
            let (source_name, actual) = ("memory".to_owned(), bytes.len() as u64);
            return Err(ContentError::SourceChanged { source_name, expected: size, actual });
        }
        receive::verify(&place(&digest), digest, &bytes)?;
        self.state().blobs.insert(digest, bytes);
        Ok(())
    }

    async fn push_manifest(
        &self,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
        _: Attempts,
    ) -> Result<Pushed, ContentError> {
        let rejected =
            |detail: String| ContentError::Rejected { at: format!("memory/{tag}"), status: 400, detail: Some(detail) };
        if bytes.len() as u64 > Limits::DEFAULT.manifest_bytes {
            return Err(rejected("MANIFEST_INVALID: too large".to_owned()));
        }
        let document = ManifestFields::parse(&bytes).ok().filter(|_| MANIFEST_TYPES.contains(&media_type));
        let document = document.ok_or_else(|| rejected("MANIFEST_INVALID".to_owned()))?;
        document::media_type(&place(&Digest::of(&bytes)), &bytes, Some(media_type))?;
        let state = self.state();
        let lacks = |digest: &Digest| !state.blobs.contains_key(digest) && !state.manifests.contains_key(digest);
        let missing: Vec<Digest> = document.needs().filter(lacks).collect();
        if !missing.is_empty() {
            return Err(ContentError::MissingBlobs { at: format!("memory/{tag}"), missing });
        }
        drop(state);
        self.place(tag, media_type, bytes);
        Ok(Pushed::Stored)
    }
}

fn place(digest: &Digest) -> String {
    format!("memory/{digest}")
}
