//! Where the content is that the registry has lost: on this machine, in files that the user gives, or nowhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    name::Digest,
    oci::{ContentError, Source},
    read::Error,
    store::{artifact::Blob, publication::Publication},
    trust::TrustedRoot,
    write::{error::WriteError, publish::draft::contents, publisher::Publisher, statement::StatementContent},
};

/// How many blobs are checked at the same time.
const PARALLEL: usize = 8;

/// Blobs to upload: their sizes in bytes, and where to read them.
pub(in crate::write) type Sources = BTreeMap<Digest, (u64, Source)>;

/// What the registry lacks of a publication.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// What is to be uploaded.
    pub(super) here: Sources,
    /// What this machine does not have either.
    pub(super) lost: BTreeSet<Digest>,
    /// The given files that are nothing of what was lost.
    pub(super) unused: Vec<PathBuf>,
}

impl Publisher {
    /// Returns what the registry lacks of a publication and of `roots`, and where it is.
    ///
    /// # Errors
    /// The registry fails, or a file cannot be read.
    pub(super) async fn find_missing(
        &self,
        publication: &Publication,
        roots: &BTreeMap<u64, Bytes>,
        given: &[PathBuf],
    ) -> Result<Missing, WriteError> {
        // A role's statements are checked even if the manifest does not list them: another recovery may have removed
        // them from it.
        let signed = signed_contents(publication).into_iter().map(|(digest, size)| Blob { digest, size });
        let blobs = publication.artifact().blobs().chain(signed).chain(roots.values().map(|bytes| Blob::of(bytes)));
        let absent = self.absent(blobs).await?;
        let known = self.known_of(publication)?.into_iter().chain(roots.values().cloned());
        let (here, mut wanted) = self.have_here(absent, known)?;
        let mut missing = Missing { here, ..Missing::default() };
        for path in given.iter().map(|path| files(path)).collect::<Result<Vec<_>, _>>()?.concat() {
            match is_wanted(&path, &wanted).await? {
                Some((digest, size)) => {
                    wanted.remove(&digest);
                    missing.here.insert(digest, (size, Source::File(path)));
                }
                None if given.contains(&path) => missing.unused.push(path),
                None => {}
            }
        }
        missing.lost = wanted.into_keys().collect();
        Ok(missing)
    }

    /// Returns the blobs that the registry does not have. Each is read completely, because the registry may wrongly
    /// claim to have it, or may have only a part of it.
    pub(in crate::write) async fn absent(
        &self,
        blobs: impl Iterator<Item = Blob>,
    ) -> Result<BTreeMap<Digest, u64>, WriteError> {
        let all: BTreeSet<Blob> = blobs.collect();
        let found: Vec<Option<(Digest, u64)>> = stream::iter(all)
            .map(|blob| async move {
                let there = self.repository.content.blob_to(blob.digest, blob.size, &mut tokio::io::sink()).await;
                match there {
                    Ok(true) => Ok(None),
                    Ok(false) | Err(ContentError::Digest { .. } | ContentError::Length { .. }) => {
                        Ok(Some((blob.digest, blob.size)))
                    }
                    Err(error) => Err(WriteError::from(error)),
                }
            })
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Divides what the registry lacks into what is among the `known` documents or the kept values, and the rest.
    ///
    /// # Errors
    /// A kept value is not accessible.
    pub(in crate::write) fn have_here(
        &self,
        absent: BTreeMap<Digest, u64>,
        known: impl IntoIterator<Item = Bytes>,
    ) -> Result<(Sources, BTreeMap<Digest, u64>), WriteError> {
        let known: BTreeMap<Digest, Bytes> = known.into_iter().map(|bytes| (Digest::of(&bytes), bytes)).collect();
        let (mut here, mut lost) = (Sources::new(), BTreeMap::new());
        for (digest, size) in absent {
            let bytes = match known.get(&digest) {
                Some(bytes) => Some(bytes.clone()),
                None => self.repository.state.kept_value(digest)?,
            };
            match bytes {
                Some(bytes) => _ = here.insert(digest, (size, Source::Bytes(bytes))),
                None => _ = lost.insert(digest, size),
            }
        }
        Ok((here, lost))
    }

    /// Uploads what the registry lacks and this machine has.
    pub(in crate::write) async fn upload_missing(&self, here: &Sources) -> Result<(), WriteError> {
        let content = &self.repository.content;
        let push =
            |(digest, (size, source)): (&Digest, &(u64, Source))| content.push_blob(*digest, *size, source.clone());
        // Collected first: a stream that borrows would keep the change from being spawned.
        stream::iter(here.iter().map(push).collect::<Vec<_>>()).buffer_unordered(PARALLEL).try_collect::<()>().await?;
        Ok(())
    }

    /// Returns the roots that this machine has and a publication no longer lists: another recovery may have left them
    /// out. They are verified again, from the pinned root on.
    ///
    /// # Errors
    /// This machine's state cannot be read.
    pub(super) fn unlisted_roots(&self, publication: &Publication) -> Result<BTreeMap<u64, Bytes>, WriteError> {
        let listed = &publication.artifact().roots;
        let newest = publication.trusted().root().version();
        let Some(pinned) = self.repository.state.pinned()? else { return Ok(BTreeMap::new()) };
        if (pinned.pin.version..=newest).all(|version| listed.contains_key(&version)) {
            return Ok(BTreeMap::new());
        }
        let mut root = TrustedRoot::anchor(pinned.root, &pinned.pin.gun, &self.repository.limits)?;
        let mut found = BTreeMap::new();
        loop {
            let version = root.root().version();
            if !listed.contains_key(&version) {
                found.insert(version, root.root().bytes().clone());
            }
            let Some(next) = self.repository.state.former_root(version.saturating_add(1))? else { break };
            let Ok(rotated) = root.rotate(next) else { break };
            root = rotated;
        }
        Ok(found)
    }
}

/// Returns all current and former values that the loaded roles sign, with their sizes in bytes.
pub(in crate::write) fn signed_contents(publication: &Publication) -> BTreeMap<Digest, u64> {
    publication.trusted().loaded().flat_map(|(_, role)| contents(role.document())).collect()
}

/// Returns the file at a path, or the files in the folder.
fn files(path: &Path) -> Result<Vec<PathBuf>, WriteError> {
    let failed = |source| WriteError::Read(Error::File { operation: "read", path: path.to_owned(), source });
    if !path.metadata().map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in path.read_dir().map_err(failed)? {
        files.push(entry.map_err(failed)?.path());
    }
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

/// Returns the digest and size of a file if its content is wanted. Only a file of the right size is read.
async fn is_wanted(path: &Path, wanted: &BTreeMap<Digest, u64>) -> Result<Option<(Digest, u64)>, WriteError> {
    let failed = |source| WriteError::Read(Error::File { operation: "read", path: path.to_owned(), source });
    let metadata = path.metadata().map_err(failed)?;
    if !metadata.is_file() || !wanted.values().any(|size| *size == metadata.len()) {
        return Ok(None);
    }
    let measured = StatementContent::measure(Source::File(path.to_owned())).await?;
    Ok(wanted.contains_key(&measured.digest).then_some((measured.digest, measured.size)))
}
