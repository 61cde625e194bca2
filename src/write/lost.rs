//! Content that the registry has lost, noticed by a change: the registry refuses a manifest that lists it.
//!
//! What this machine has is uploaded again. A lost former value never keeps a statement from being changed: it is
//! dropped, and the user is told. A lost current value is another matter: its loss is for `recover` to repair.

use std::collections::BTreeSet;

use crate::{
    name::Digest,
    oci::ContentError,
    read::Error,
    store::publication::Publication,
    write::{error::WriteError, keep::PartlyLoaded, publish::protocol::Protocol, publisher::Publisher},
};

/// How often a publication is tried again. A registry may name only a part of what it lacks.
const ATTEMPTS: u32 = 4;

impl Protocol<'_> {
    /// Publishes like [`publish`](Self::publish). If the registry has lost content, this restores what this machine has
    /// and drops former values that are lost.
    ///
    /// # Errors
    /// [`WriteError::Lost`]: a current value is lost.
    pub(in crate::write) async fn publish_despite_loss(
        &mut self,
        base: Publication,
    ) -> Result<Publication, WriteError> {
        let mut dropped = BTreeSet::new();
        for _ in 0..ATTEMPTS {
            let error = match Box::pin(self.publish(base.clone())).await {
                Ok(publication) => {
                    self.publisher.repository.notices.former_values_dropped(dropped.len());
                    return Ok(publication);
                }
                Err(error) => error,
            };
            let WriteError::Read(Error::Content(ContentError::MissingBlobs { missing, .. })) = &error else {
                return Err(error);
            };
            match Box::pin(self.publisher.repair(&base, missing)).await? {
                Repaired { uploaded: false, dropped } if dropped.is_empty() => return Err(error),
                repaired => dropped.extend(repaired.dropped),
            }
            self.without_former_values(&dropped);
        }
        Box::pin(self.publish(base)).await
    }
}

/// What was done about lost content.
struct Repaired {
    uploaded: bool,
    dropped: BTreeSet<Digest>,
}

impl Publisher {
    /// Uploads what this machine has of the `missing` blobs, or of all blobs, if the registry does not name them.
    /// Returns the former values that are lost.
    async fn repair(&self, base: &Publication, missing: &[Digest]) -> Result<Repaired, WriteError> {
        let listed = base.artifact().blobs().filter(|blob| missing.is_empty() || missing.contains(&blob.digest));
        let absent = self.absent(listed).await?;
        let (here, lost) = self.have_here(absent, self.known_of(base)?)?;
        self.upload_missing(&here).await?;
        let (uploaded, lost) = (!here.is_empty(), lost.into_keys().collect::<BTreeSet<_>>());
        if lost.is_empty() {
            return Ok(Repaired { uploaded, dropped: lost });
        }
        let mut documents = self.repository.state.documents()?;
        documents.extend(base.known());
        let PartlyLoaded { publication, missing } = self.load_all_roles(base, documents).await?;
        let roles = publication.trusted().loaded().map(|(_, role)| role.document());
        let current: BTreeSet<Digest> =
            roles.flat_map(|role| role.statements().flatten()).map(|said| said.digest).collect();
        let metadata = |digest: &Digest| !base.artifact().statements.contains_key(digest);
        let needed = lost.iter().filter(|digest| current.contains(digest) || metadata(digest)).count();
        if needed > 0 || !missing.is_empty() {
            let (location, statements) = (self.repository.location.clone(), needed.max(1));
            return Err(WriteError::Lost { location, statements, roots: 0 });
        }
        Ok(Repaired { uploaded, dropped: lost })
    }
}
