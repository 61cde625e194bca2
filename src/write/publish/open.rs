//! Opening a repository for a change, and remembering what was published.

use crate::{
    name::{Digest, Tag},
    oci::Reference,
    read::{
        Error,
        open::{VerifiedRepository, forget_unverifiable},
        wanted::Wanted,
    },
    store::{
        StoreError,
        publication::{FetchedPublication, Publication, RepositoryMemory, Scope, VerifiedTopLevel},
        state::StateDocument,
    },
    trust::{Root, TrustError, Writers, author::Issue},
    write::publisher::Publisher,
};

impl Publisher {
    /// Returns what the next documents of this root's repository are made with, dated now.
    pub(in crate::write) fn issue(&self, root: &Root) -> Issue {
        Issue::new(root.manifesto.common.gun.clone(), self.repository.now, root.manifesto.periods)
    }

    /// Opens the repository in order to publish on top of its current state.
    ///
    /// With several writers, what the tag shows may be older than what this machine remembers: a late `PUT` of another
    /// writer may have restored an older publication. A writer has to read that publication in order to repair it. The
    /// writers' tags show later whether a remembered publication has really been rolled back.
    pub(in crate::write) async fn open_to_write(&self, scope: &Scope) -> Result<VerifiedRepository, Error> {
        Box::pin(self.open_for_writing(&Wanted::Scope(scope))).await
    }

    /// Like [`open_to_write`](Self::open_to_write), for roles that may depend on an image that is still being looked
    /// up.
    pub(in crate::write) async fn open_for_writing(&self, wanted: &Wanted<'_>) -> Result<VerifiedRepository, Error> {
        match self.repository.publication_for(wanted).await {
            Err(Error::Trust(TrustError::Rollback { .. } | TrustError::Fork { .. } | TrustError::Unlisted { .. })) => {
                Box::pin(self.open_without_memory(wanted)).await
            }
            result => result,
        }
    }

    async fn open_without_memory(&self, wanted: &Wanted<'_>) -> Result<VerifiedRepository, Error> {
        let reference = Reference::Tag(Tag::manifesto());
        let fetched = FetchedPublication::get(
            self.repository.content.as_ref(),
            &reference,
            &RepositoryMemory::default(),
            &self.repository.limits,
        )
        .await?;
        let gone = || StoreError::Gone { location: self.repository.location.to_string() };
        let fetched = fetched.ok_or_else(gone)?;
        let anchor = self.repository.anchor(&fetched).await?;
        // ⚔ SECURITY.md#bypassed-memory
        // A late request cannot undo a root. So every root that this machine has seen must be in the chain, even
        // without the rest of its memory.
        let floors = self.repository.floors(&anchor, self.repository.state.pinned()?, RepositoryMemory::default())?;
        let memory = RepositoryMemory { timestamps: Vec::new(), snapshots: Vec::new(), ..floors };
        let (hints, mut seen) = (wanted.hints(), VerifiedTopLevel::default());
        let mut loading = fetched.verify(&self.repository.origin(), anchor.root, memory, &hints, &mut seen).await?;
        wanted.load(&mut loading, &*wanted.scope().await?).await?;
        let publication = loading.finish();
        if publication.trusted().trusted_root().writers() == Writers::Single {
            // With one writer, nothing can be older than what that writer remembers. Opening again returns the original
            // error.
            return self.repository.publication_for(wanted).await;
        }
        Ok(VerifiedRepository { publication, basis: anchor.basis })
    }

    /// Returns whether the last publication that this machine remembers has a different manifest.
    pub(in crate::write) fn remembers_other_than(&self, manifest: Digest) -> Result<bool, Error> {
        let remembered = self.repository.state.read(&StateDocument::Manifest)?;
        Ok(remembered.is_some_and(|bytes| Digest::of(&bytes) != manifest))
    }

    /// Remembers a publication that this machine has made or confirmed.
    pub(in crate::write) fn remember_publication(&self, publication: &Publication) -> Result<(), Error> {
        if self.repository.trust.root.is_some() {
            // It was verified under a root that is trusted for this call only, not under the pinned root.
            return Ok(());
        }
        let Some(pin) = self.repository.state.pin()? else { return Ok(()) };
        let lock = self.repository.state.lock(self.repository.lock_timeout)?;
        // A remembered timestamp of a removed key may have a version that no later timestamp reaches. After a change of
        // root it would block the publication that was just made.
        forget_unverifiable(&lock, publication.trusted().trusted_root())?;
        lock.store(pin.fingerprint, &publication.documents())?;
        Ok(())
    }
}
