//! The first half of reading: verifies root, timestamp, snapshot and targets.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    FetchedPublication, Loading, Publication, RepositoryMemory, Scope, SeenRoot, blobs::Blobs, fetch::second_round,
    load::as_listed,
};
use crate::{
    limits::Limits,
    name::{Role, TopLevelRole},
    oci::Content,
    store::{StoreError, artifact::Blob},
    trust::{TrustError, TrustedRoot},
};

const ROOT: Role = Role::TopLevel(TopLevelRole::Root);

/// Where a publication was fetched from, and the limits for it.
pub struct Origin<'a> {
    /// The repository's content.
    pub content: Arc<dyn Content>,
    /// The repository, for messages.
    pub location: String,
    /// The limits on what is accepted.
    pub limits: &'a Limits,
}

/// The top-level documents that were verified, each recorded at once.
///
/// This record outlives a failure. A verified document is remembered even if a later one cannot be fetched [⚔] (TUF
/// specification, sections 5.3.8, 5.4.5 and 5.5.7). Otherwise an attacker who withholds one document could make a
/// reader forget the root that revoked the attacker's key.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#withheld-document
#[derive(Debug, Clone, Default)]
pub struct VerifiedTopLevel {
    /// The newest verified root of the chain.
    pub root: Option<TrustedRoot>,
    /// The verified timestamp.
    pub timestamp: Option<Bytes>,
    /// The verified snapshot of that timestamp.
    pub snapshot: Option<Bytes>,
}

impl FetchedPublication {
    /// Verifies the publication from `anchor` on, as far as `scope` needs (TUF specification, section 5). Expiry is
    /// checked when an answer is taken.
    ///
    /// # Errors
    /// A document does not verify or cannot be fetched.
    pub async fn open(
        self,
        origin: &Origin<'_>,
        anchor: TrustedRoot,
        remembered: RepositoryMemory,
        scope: &Scope,
    ) -> Result<Publication, StoreError> {
        let mut loading = self.verify(origin, anchor, remembered, scope, &mut VerifiedTopLevel::default()).await?;
        loading.load(scope).await?;
        Ok(loading.finish())
    }

    /// Verifies the top-level documents from `anchor` on, and records each in `seen`. Meanwhile it fetches, but does
    /// not load, what `hints` may need.
    ///
    /// # Errors
    /// A document does not verify, cannot be fetched, or is older than a remembered one.
    pub async fn verify(
        self,
        origin: &Origin<'_>,
        anchor: TrustedRoot,
        remembered: RepositoryMemory,
        hints: &Scope,
        seen: &mut VerifiedTopLevel,
    ) -> Result<Loading, StoreError> {
        let Self { manifest, artifact } = self;
        let Origin { content, location, limits } = origin;
        let anchored = anchor.root();
        if let Some(listed) = artifact.roots.get(&anchored.version())
            && listed.digest != anchored.digest()
        {
            let (trusted, found) = (anchored.digest(), listed.digest);
            return Err(StoreError::OtherRoot { location: location.clone(), trusted, found });
        }
        let RepositoryMemory { roots, timestamps, snapshots, documents, .. } = remembered;
        let mut blobs = Blobs::new(Arc::clone(content), documents, limits.held_bytes);
        blobs.prefetch(second_round(&artifact, hints, anchored.version(), limits));

        let newest = artifact.roots.keys().next_back().copied().unwrap_or_default();
        let chain = Chain { roots: &roots, location, limits };
        let root = chain.follow(&mut blobs, anchor, newest, |version| artifact.roots.get(&version), seen).await?;
        let current = root.newest();
        let memory = current.recall(timestamps, snapshots)?;

        let timestamp = blobs.get(artifact.timestamp.digest, limits.timestamp_bytes, "timestamp metadata").await?;
        let with_timestamp = current.timestamp(timestamp, memory)?;
        seen.timestamp = Some(with_timestamp.timestamp().bytes().clone());
        let digest = with_timestamp.snapshot_meta().hashes.sha256;
        as_listed("snapshot metadata", artifact.snapshot.blob.digest, digest)?;
        let snapshot = blobs.get(digest, limits.snapshot_bytes, "snapshot metadata").await?;
        let with_snapshot = with_timestamp.snapshot(snapshot)?;
        seen.snapshot = Some(with_snapshot.snapshot().bytes().clone());
        let digest = with_snapshot.targets_meta()?.hashes.sha256;
        as_listed("targets metadata", artifact.targets.blob.digest, digest)?;
        let targets = blobs.get(digest, limits.targets_bytes, "targets metadata").await?;
        let trusted = with_snapshot.targets(targets)?;

        let (digest, manifest) = (manifest.digest, manifest.bytes);
        let publication = Publication { digest, manifest, artifact, trusted, indexes: Default::default() };
        Ok(Loading::new(publication, blobs, (*limits).clone()))
    }
}

/// The chain from the trusted root to the newest.
struct Chain<'a> {
    /// Roots that this machine has seen. The chain must lead to each of them.
    roots: &'a [SeenRoot],
    location: &'a str,
    limits: &'a Limits,
}

impl Chain<'_> {
    /// Follows the chain from the trusted root to the newest listed one, one version at a time (TUF specification,
    /// section 5.3).
    ///
    /// A listed root that is missing and a gap in the list are errors: a registry that withholds a root would keep a
    /// revoked key alive. A chain that ends before a root that was seen, or has another root in its place, is an error
    /// too [⚔].
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#hidden-roots
    async fn follow<'b>(
        &self,
        blobs: &mut Blobs,
        anchor: TrustedRoot,
        newest: u64,
        listed: impl Fn(u64) -> Option<&'b Blob>,
        seen: &mut VerifiedTopLevel,
    ) -> Result<TrustedRoot, StoreError> {
        let trusted = anchor.root().version();
        let expected = self.roots.iter().map(|root| root.version).max().unwrap_or_default().max(trusted);
        if newest < expected {
            return Err(TrustError::Rollback { role: ROOT, seen: expected, found: newest }.into());
        }
        let rotations = newest - trusted;
        if rotations > u64::from(self.limits.root_rotations) {
            let (count, limit) =
                (usize::try_from(rotations).unwrap_or(usize::MAX), self.limits.root_rotations as usize);
            return Err(TrustError::TooMany { role: ROOT, what: "newer versions", count, limit }.into());
        }
        self.check_seen(&anchor)?;
        let mut root = anchor;
        for version in trusted + 1..=newest {
            let what = format!("version {version} of root metadata");
            let blob = listed(version).ok_or_else(|| TrustError::Missing { what: what.clone() })?;
            root = root.rotate(blobs.get(blob.digest, self.limits.root_bytes, &what).await?)?;
            self.check_seen(&root)?;
            // A root that is older than the trusted one does not have to be in the chain.
            if version >= expected {
                seen.root = Some(root.clone());
            }
        }
        Ok(root)
    }

    fn check_seen(&self, root: &TrustedRoot) -> Result<(), StoreError> {
        let (version, found) = (root.root().version(), root.root().digest());
        match self.roots.iter().find(|seen| seen.version == version && seen.digest != found) {
            Some(seen) => {
                Err(StoreError::OtherRoot { location: self.location.to_owned(), trusted: seen.digest, found })
            }
            None => Ok(()),
        }
    }
}
