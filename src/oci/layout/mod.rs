//! An OCI image layout: a repository in a folder, without any server (OCI image specification, "Image Layout").
//!
//! A tag is the annotation `org.opencontainers.image.ref.name` in `index.json`. A ref name must not begin with `_`, so
//! the ref name of the tag `_manifesto` is `manifesto`, and that of `_manifesto.x` is `manifesto.x`. An entry without a
//! ref name, which many tools write for a single image, has the tag `latest`.
//!
//! All other content of `index.json` is kept. Files are replaced as a whole. A lock on the file `oci-layout` puts
//! changes in order.

mod files;
mod index;

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use self::{
    files::Folder,
    index::{LayoutIndex, ref_name},
};
use super::{
    Attempts, Content, ContentError, Descriptor, Fetched, LayoutFault, MANIFEST_TYPES, Manifest, Pushed, Reference,
    Source,
    document::{self, ManifestFields},
    receive::{Bound, Receiver},
};
use crate::{
    limits::Limits,
    name::{Digest, Tag},
};

/// A layout on disk. A folder that does not exist or is empty is an empty layout, and the first push initialises it.
#[derive(Debug, Clone)]
pub struct Layout {
    folder: Folder,
    limits: Limits,
}

impl Layout {
    /// Refers to the layout in the folder `root`. This reads nothing.
    pub fn new(root: impl Into<PathBuf>, limits: Limits) -> Self {
        Self { folder: Folder::new(root.into()), limits }
    }

    /// Sets how long to wait for another process that writes. The default is 30 s.
    #[must_use]
    pub fn lock_time(mut self, limit: Duration) -> Self {
        self.folder.lock_time = limit;
        self
    }

    /// Runs `work` on a thread where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ContentError> + Send + 'static,
    ) -> Result<T, ContentError> {
        let this = self.clone();
        match tokio::task::spawn_blocking(move || work(&this)).await {
            Ok(result) => result,
            Err(stopped) => Err(ContentError::file(&self.folder.root)(std::io::Error::other(stopped))),
        }
    }

    fn find(&self, reference: &Reference) -> Result<Option<Manifest>, ContentError> {
        let Some(index) = self.folder.read_index(self.limits.index_bytes)? else { return Ok(None) };
        let (digest, listed) = match reference {
            Reference::Tag(tag) => match index.tagged(tag).map_err(|fault| self.folder.index_fault(fault))? {
                Some(entry) => (entry.digest, Some(entry.media_type)),
                None => return Ok(None),
            },
            Reference::Digest(digest) => (*digest, index.media_type_of(*digest)),
        };
        let Some(bytes) = self.folder.read_blob(digest, self.limits.manifest_bytes)? else { return Ok(None) };
        // Blobs and manifests are in one folder. Only a file that parses as a manifest is one.
        if ManifestFields::parse(&bytes).is_err() {
            return Ok(None);
        }
        let at = format!("{}@{digest}", self.folder.root.display());
        let media_type = document::media_type(&at, &bytes, listed.as_deref())?;
        Ok(media_type.map(|media_type| Manifest { media_type, digest, bytes }))
    }

    fn store_manifest(&self, tag: &Tag, media_type: &str, bytes: &Bytes) -> Result<(), ContentError> {
        let fault = |fault| self.folder.index_fault(fault);
        let name = ref_name(tag).ok_or_else(|| fault(LayoutFault::RefName(tag.to_string())))?;
        let document = ManifestFields::parse(bytes).ok().filter(|_| MANIFEST_TYPES.contains(&media_type));
        let document = document.ok_or_else(|| fault(LayoutFault::NotAManifest))?;
        document::media_type(&self.folder.root.display().to_string(), bytes, Some(media_type))?;
        let lock = self.folder.lock()?;
        let mut missing = Vec::new();
        for needed in document.needs() {
            if !self.folder.has_blob(needed)? {
                missing.push(needed);
            }
        }
        if !missing.is_empty() {
            return Err(ContentError::MissingBlobs { at: self.folder.root.display().to_string(), missing });
        }
        let digest = Digest::of(bytes);
        self.folder.write_blob(digest, &mut &bytes[..])?;
        let mut index = self.folder.read_index(self.limits.index_bytes)?.unwrap_or_else(LayoutIndex::empty);
        index.set(&name, &Descriptor::new(media_type, digest, bytes.len() as u64));
        self.folder.write_index(&index, self.limits.index_bytes)?;
        drop(lock);
        Ok(())
    }
}

#[async_trait]
impl Content for Layout {
    async fn resolve(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError> {
        let reference = reference.clone();
        let found = self.blocking(move |layout| layout.find(&reference)).await?;
        Ok(found.as_ref().map(Manifest::descriptor))
    }

    async fn manifest(&self, reference: &Reference, known: Option<Digest>) -> Result<Fetched, ContentError> {
        let reference = reference.clone();
        Ok(match self.blocking(move |layout| layout.find(&reference)).await? {
            None => Fetched::Absent,
            Some(manifest) if known == Some(manifest.digest) => Fetched::Unchanged,
            Some(manifest) => Fetched::Manifest(manifest),
        })
    }

    async fn blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError> {
        self.blocking(move |layout| layout.folder.read_blob(digest, limit)).await
    }

    async fn blob_to(
        &self,
        digest: Digest,
        size: u64,
        sink: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<bool, ContentError> {
        let opened = self.blocking(move |layout| layout.folder.open_blob(digest)).await?;
        let Some((path, file)) = opened else { return Ok(false) };
        let at = path.display().to_string();
        let mut file = tokio::fs::File::from_std(file);
        let mut receiver = Receiver::new(&*at, Bound::Exactly(size));
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = file.read(&mut buffer).await.map_err(ContentError::file(&path))?;
            if read == 0 {
                break;
            }
            receiver.take(&buffer[..read])?;
            let written = sink.write_all(&buffer[..read]).await;
            written.map_err(|source| ContentError::Sink { at: at.clone(), source })?;
        }
        sink.flush().await.map_err(|source| ContentError::Sink { at, source })?;
        receiver.verify(digest)?;
        Ok(true)
    }

    async fn push_blob(&self, digest: Digest, size: u64, source: Source) -> Result<(), ContentError> {
        self.blocking(move |layout| {
            let (source_name, actual) = match &source {
                Source::Bytes(bytes) => ("memory".to_owned(), bytes.len() as u64),
                Source::File(path) => {
                    let metadata = std::fs::metadata(path).map_err(ContentError::file(path))?;
                    (path.display().to_string(), metadata.len())
                }
            };
            if actual != size {
                return Err(ContentError::SourceChanged { source_name, expected: size, actual });
            }
            layout.folder.prepare()?;
            match &source {
                Source::Bytes(bytes) => layout.folder.write_blob(digest, &mut &bytes[..])?,
                Source::File(path) => {
                    let mut file = std::fs::File::open(path).map_err(ContentError::file(path))?;
                    layout.folder.write_blob(digest, &mut file)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn push_manifest(
        &self,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
        _: Attempts,
    ) -> Result<Pushed, ContentError> {
        let (tag, media_type) = (tag.clone(), media_type.to_owned());
        self.blocking(move |layout| {
            if bytes.len() as u64 > layout.limits.manifest_bytes {
                let limit = layout.limits.manifest_bytes;
                return Err(ContentError::TooLarge { at: layout.folder.root.display().to_string(), limit });
            }
            layout.store_manifest(&tag, &media_type, &bytes)
        })
        .await?;
        Ok(Pushed::Stored)
    }
}
