//! The base of a publication. It may differ from what the tag shows.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::{
    name::Digest,
    read::{Error, anchor::Anchor, open::VerifiedRepository},
    report,
    store::{
        StoreError,
        publication::{FetchedPublication, Publication, RepositoryMemory, Scope},
    },
    time::{Since, Timestamp},
    trust::TrustError,
    write::{error::WriteError, publisher::Publisher},
};

/// A publication to build on, and what the tag shows in its place.
#[derive(Debug, Clone)]
pub(in crate::write) struct PublishBase {
    /// The publication to build on.
    pub(in crate::write) publication: Publication,
    /// The digest of the manifest at the tag, if there is one.
    pub(in crate::write) tag: Option<Digest>,
}

impl PublishBase {
    /// Builds on the publication at the tag.
    pub(in crate::write) fn at_tag(publication: Publication) -> Self {
        Self { tag: Some(publication.digest()), publication }
    }

    /// Returns whether the tag shows something other than the base. Then the base has to be published again.
    pub(in crate::write) fn is_displaced(&self) -> bool {
        self.tag != Some(self.publication.digest())
    }
}

/// A base, the origin of its trust, and why it differs from what the tag shows.
pub(in crate::write) struct OpenedBase {
    pub(in crate::write) verified: VerifiedRepository,
    pub(in crate::write) tag: Option<Digest>,
    pub(in crate::write) rejected: Option<Error>,
}

impl Publisher {
    /// Opens a base when keys may be compromised or the registry has lost blobs. It is the publication at the tag if
    /// that verifies, else the one that this machine verified last.
    ///
    /// # Errors
    /// Neither verifies. The error is that of the publication at the tag.
    pub(in crate::write) async fn open_or_remember(&self, scope: &Scope) -> Result<OpenedBase, WriteError> {
        let rejected = match Box::pin(self.repository.publication(scope)).await {
            Ok(verified) => {
                let tag = Some(verified.publication.digest());
                return Ok(OpenedBase { verified, tag, rejected: None });
            }
            Err(error) if is_about_registry_state(&error) => error,
            Err(error) => return Err(error.into()),
        };
        let tag = self.repository.current_digest().await?;
        match Box::pin(self.open_remembered(scope)).await {
            Ok(Some(verified)) => Ok(OpenedBase { verified, tag, rejected: Some(rejected) }),
            Ok(None) | Err(WriteError::Read(Error::Trust(_))) => Err(rejected.into()),
            Err(error) => Err(error),
        }
    }

    /// Returns all documents of a publication that this machine has loaded or remembers. The registry may have lost
    /// them.
    pub(in crate::write) fn known_of(&self, publication: &Publication) -> Result<Vec<Bytes>, WriteError> {
        let mut known = self.repository.state.documents()?;
        known.extend(publication.known());
        known.extend(self.repository.state.former_roots()?);
        known.extend(self.repository.state.pinned()?.map(|pinned| (Digest::of(&pinned.root), pinned.root)));
        let listed: BTreeSet<Digest> = publication.artifact().blobs().map(|blob| blob.digest).collect();
        Ok(known.into_iter().filter(|(digest, _)| listed.contains(digest)).map(|(_, bytes)| bytes).collect())
    }

    /// Verifies the publication that this machine remembers as if it had just been fetched. `None`: it remembers none.
    ///
    /// # Errors
    /// The memory or the registry fails, or the publication is remembered in part and the registry has lost the rest.
    pub(in crate::write) async fn open_remembered(
        &self,
        scope: &Scope,
    ) -> Result<Option<VerifiedRepository>, WriteError> {
        let Some((fetched, Anchor { root, basis, .. }, remembered)) = self.remembered_publication()? else {
            return Ok(None);
        };
        let opened = fetched.open(&self.repository.origin(), root, remembered, scope).await?;
        Ok(Some(VerifiedRepository { publication: opened, basis }))
    }

    /// Returns the publication that this machine remembers, not verified again yet, with the anchor to verify it from and
    /// its documents. `None`: it remembers none.
    ///
    /// # Errors
    /// The memory cannot be read.
    pub(in crate::write) fn remembered_publication(
        &self,
    ) -> Result<Option<(FetchedPublication, Anchor, RepositoryMemory)>, WriteError> {
        let Some(pinned) = self.repository.state.pinned()? else { return Ok(None) };
        // Timestamps and snapshots that were seen without the rest of their publication do not count here: they may be
        // an attacker's.
        let memory = RepositoryMemory::read(&self.repository.state)?;
        let remembered = RepositoryMemory { timestamps: Vec::new(), snapshots: Vec::new(), ..memory };
        let Some(fetched) = FetchedPublication::remembered(&remembered, &self.repository.limits)? else {
            return Ok(None);
        };
        Ok(Some((fetched, self.repository.pinned_anchor(pinned)?, remembered)))
    }
}

/// Returns whether an error is about the registry's state, and not about the request or the trust anchor.
pub(in crate::write) fn is_about_registry_state(error: &Error) -> bool {
    match error {
        Error::Trust(TrustError::Memory { .. }) => false,
        Error::Trust(_) => true,
        Error::Store(StoreError::Gone { .. } | StoreError::Index { .. } | StoreError::Artifact(_)) => true,
        _ => false,
    }
}

/// Warns that a change was made on top of the state that this machine verified last, because the publication at the tag
/// does not verify.
pub(in crate::write) fn from_memory_warning(now: Timestamp, seen: &Publication, error: &Error) -> report::Warning {
    let signed = Since::new(seen.trusted().timestamp().created(), now);
    report::Warning {
        kind: "went_on_from_memory",
        message: report::Text::from(format!(
            "the registry's current metadata does not verify ({error}); continuing from the state that this machine \
             verified last, signed {signed}"
        )),
    }
}
