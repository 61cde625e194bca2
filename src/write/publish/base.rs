//! What a publication is made on top of, where what stands at the tag may not be it.

use crate::time::Timestamp;
use std::collections::BTreeSet;

use bytes::Bytes;

use crate::{
    name::Digest,
    read::{Error, anchor::Anchor, open::VerifiedRepository},
    report,
    store::{
        StoreError,
        publication::{FetchedPublication, Publication, Remembered, Scope},
        state::Pinned,
    },
    time::Since,
    trust::TrustError,
    write::{error::WriteError, publisher::Publisher},
};

/// A publication to go on from, and the one that is to be replaced by what follows it.
#[derive(Debug, Clone)]
pub(in crate::write) struct PublishBase {
    /// What is gone on from.
    pub(in crate::write) publication: Publication,
    /// What stands at the tag, if anything does.
    pub(in crate::write) tag: Option<Digest>,
}

impl PublishBase {
    /// What stands at the tag.
    pub(in crate::write) fn at_tag(publication: Publication) -> Self {
        Self { tag: Some(publication.digest()), publication }
    }

    /// Whether something else stands at the tag, so that what is gone on from has to be published again.
    pub(in crate::write) fn is_displaced(&self) -> bool {
        self.tag != Some(self.publication.digest())
    }
}

/// A footing, on what its trust rests, and why it is not what stands at the tag.
pub(in crate::write) struct OpenedBase {
    pub(in crate::write) verified: VerifiedRepository,
    pub(in crate::write) tag: Option<Digest>,
    pub(in crate::write) unbelieved: Option<Error>,
}

impl Publisher {
    /// Opens what is to be gone on from when keys may be in the wrong hands, or the registry has lost something: what
    /// stands at the tag if it can be believed, else what this machine saw last.
    ///
    /// # Errors
    /// Neither can be believed: then why the former cannot.
    pub(in crate::write) async fn open_or_remember(&self, scope: &Scope) -> Result<OpenedBase, WriteError> {
        let unbelieved = match Box::pin(self.repository.publication(scope)).await {
            Ok(verified) => {
                let tag = Some(verified.publication.digest());
                return Ok(OpenedBase { verified, tag, unbelieved: None });
            }
            Err(error) if is_about_what_is_there(&error) => error,
            Err(error) => return Err(error.into()),
        };
        let tag = self.repository.current_digest().await?;
        match Box::pin(self.open_remembered(scope)).await {
            Ok(Some(verified)) => Ok(OpenedBase { verified, tag, unbelieved: Some(unbelieved) }),
            Ok(None) | Err(WriteError::Read(Error::Trust(_))) => Err(unbelieved.into()),
            Err(error) => Err(error),
        }
    }

    /// All documents of a publication that are here, be they loaded or remembered: the registry may have lost them.
    pub(in crate::write) fn known_of(&self, publication: &Publication) -> Result<Vec<Bytes>, WriteError> {
        let mut known = self.repository.state.documents()?;
        known.extend(publication.known());
        known.extend(self.repository.state.former_roots()?);
        known.extend(self.repository.state.pinned()?.map(|pinned| (Digest::of(&pinned.root), pinned.root)));
        let listed: BTreeSet<Digest> = publication.artifact().blobs().map(|blob| blob.digest).collect();
        Ok(known.into_iter().filter(|(digest, _)| listed.contains(digest)).map(|(_, bytes)| bytes).collect())
    }

    /// Verifies what this machine remembers as if it were read now. `None`: it remembers no publication.
    ///
    /// # Errors
    /// The memory or the registry fails; something is remembered in part only, and the registry has lost the rest.
    pub(in crate::write) async fn open_remembered(
        &self,
        scope: &Scope,
    ) -> Result<Option<VerifiedRepository>, WriteError> {
        let Some(Pinned { pin, root }) = self.repository.state.pinned()? else { return Ok(None) };
        // What this machine saw as a whole is held to nothing that it saw in part since: that may be a thief's.
        let remembered =
            Remembered { timestamps: Vec::new(), snapshots: Vec::new(), ..Remembered::read(&self.repository.state)? };
        let Some(fetched) = FetchedPublication::remembered(&remembered, &self.repository.limits)? else {
            return Ok(None);
        };
        let Anchor { root, basis, .. } = self.repository.pinned_anchor(Pinned { pin, root })?;
        let opened = fetched.open(&self.repository.origin(), root, remembered, scope).await?;
        Ok(Some(VerifiedRepository { publication: opened, basis }))
    }
}

/// Whether an error is about what stands there, and not about how it was asked for, or on what trust.
pub(in crate::write) fn is_about_what_is_there(error: &Error) -> bool {
    match error {
        Error::Trust(TrustError::Memory { .. }) => false,
        Error::Trust(_) => true,
        Error::Store(StoreError::Gone { .. } | StoreError::Index { .. } | StoreError::Artifact(_)) => true,
        _ => false,
    }
}

/// That a change was made on top of what this machine saw last, because what stood at the tag is not to be believed.
pub(in crate::write) fn went_on(now: Timestamp, seen: &Publication, error: &Error) -> report::Warning {
    let signed = Since::new(seen.trusted().timestamp().created(), now);
    report::Warning {
        kind: "went_on_from_memory",
        message: report::Text::from(format!(
            "what stands there is not to be believed: {error}; this goes on from what this machine saw last: signed as \
             current, {signed}"
        )),
    }
}
