//! Opening a repository to publish on top of what is there, and remembering what was published.

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
        publication::{FetchedPublication, Publication, Remembered, Scope, Seen},
        state::Document,
    },
    trust::{Root, TrustError, Writers, author::Issue},
    write::publisher::Publisher,
};

impl Publisher {
    /// What documents of the repository that `root` is of are made with, now.
    pub(in crate::write) fn issue(&self, root: &Root) -> Issue {
        Issue::new(root.manifesto.common.gun.clone(), self.repository.now, root.manifesto.periods)
    }

    /// Opens the repository to publish on top of what is there.
    ///
    /// Among several writers this machine's memory is no floor for what is found at the tag: a late request of another
    /// writer may have put an older publication there, and who is to mend that has to read it first. Whether what was
    /// remembered has really been taken back shows with the writers' own tags.
    ///
    /// # Errors
    /// As [`publication`](Self::publication).
    pub(in crate::write) async fn open_to_write(&self, scope: &Scope) -> Result<VerifiedRepository, Error> {
        Box::pin(self.open_for_writing(&Wanted::Scope(scope))).await
    }

    /// As [`open_to_write`](Self::open_to_write), for what may depend on an image that is looked up meanwhile.
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
            &Remembered::default(),
            &self.repository.limits,
        )
        .await?;
        let gone = || StoreError::Gone { location: self.repository.location.to_string() };
        let fetched = fetched.ok_or_else(gone)?;
        let anchor = self.repository.anchor(&fetched).await?;
        // ⚔ SECURITY.md#bypassed-memory
        // Roots are no matter of late requests: those that were seen have to be on the way here, too.
        let floors = self.repository.floors(&anchor, self.repository.state.pinned()?, Remembered::default())?;
        let memory = Remembered { timestamps: Vec::new(), snapshots: Vec::new(), ..floors };
        let (hints, mut seen) = (wanted.hints(), Seen::default());
        let mut loading = fetched.verify(&self.repository.origin(), anchor.root, memory, &hints, &mut seen).await?;
        wanted.load(&mut loading, &*wanted.scope().await?).await?;
        let publication = loading.finish();
        if publication.trusted().trusted_root().writers() == Writers::Single {
            // With one writer nothing can be older than what that writer remembers: this is the refusal again.
            return self.repository.publication_for(wanted).await;
        }
        Ok(VerifiedRepository { publication, basis: anchor.basis })
    }

    /// Whether another publication than the one with this manifest is remembered as the last.
    ///
    /// # Errors
    /// This machine's memory cannot be read.
    pub(in crate::write) fn remembers_other_than(&self, manifest: Digest) -> Result<bool, Error> {
        let remembered = self.repository.state.read(&Document::Manifest)?;
        Ok(remembered.is_some_and(|bytes| Digest::of(&bytes) != manifest))
    }

    /// Remembers a publication that was made, or confirmed, here.
    ///
    /// # Errors
    /// This machine's memory cannot be written.
    pub(in crate::write) fn remember_publication(&self, publication: &Publication) -> Result<(), Error> {
        if self.repository.trust.root.is_some() {
            // It was verified under a root that is trusted for this call, not under the pinned one.
            return Ok(());
        }
        let Some(pin) = self.repository.state.pin()? else { return Ok(()) };
        let lock = self.repository.state.lock(self.repository.lock_timeout)?;
        // With a new root, a remembered timestamp of a key that went, under a version that is never reached again, would
        // stand in the way of what was just made.
        forget_unverifiable(&lock, publication.trusted().trusted_root())?;
        lock.store(pin.fingerprint, &publication.documents())?;
        Ok(())
    }
}
