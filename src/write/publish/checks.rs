//! Checks before anything is published: nothing was rolled back, and this machine's clock agrees with the registry's.

use crate::{
    name::{Role, RoleName, TopLevelRole},
    read::{Error, resolve::Resolved},
    store::publication::{Publication, RepositoryMemory},
    trust::{TrustError, Verified},
    write::{error::WriteError, publish::versions::VersionFloor, publisher::Publisher},
};

impl Publisher {
    /// Checks for a rollback: no version that this machine remembers may be higher than all versions found at the tag
    /// and at the writers' tags.
    pub(in crate::write) fn check_not_rolled_back(
        &self,
        base: &Publication,
        version_floor: &VersionFloor,
    ) -> Result<(), Error> {
        if self.repository.trust.root.is_some() || self.repository.state.pin()?.is_none() {
            return Ok(());
        }
        let remembered = RepositoryMemory::read(&self.repository.state)?;
        let root = base.trusted().trusted_root().clone().newest();
        let memory = root.recall(remembered.timestamps, remembered.snapshots)?;
        let floor = |role: Role, seen: Option<u64>, found: u64| match seen {
            Some(seen) if seen > found => Err(TrustError::Rollback { role, seen, found }),
            _ => Ok(()),
        };
        floor(TopLevelRole::Timestamp.into(), memory.timestamp().map(Verified::version), version_floor.timestamp)?;
        floor(TopLevelRole::Snapshot.into(), memory.snapshot().map(Verified::version), version_floor.snapshot)?;
        for (file, meta) in memory.snapshot().iter().flat_map(|snapshot| &snapshot.document().meta) {
            if let Some(Ok(name)) = file.strip_suffix(".json").map(str::parse::<RoleName>) {
                let found = version_floor.roles.get(&name).copied().unwrap_or_default();
                floor(name.into(), Some(meta.version), found)?;
            }
        }
        Ok(())
    }

    /// Checks this machine's clock against the registry's before anything is signed. By a clock that is ahead,
    /// documents would look new for too long; by one that is behind, they would be too old or already expired.
    ///
    /// Signed dates are no witness: a signer's clock may have been ahead, and whose clock is right has to supersede
    /// them. A registry that sends no date is no witness either.
    ///
    /// # Errors
    /// [`WriteError::ClockDiffers`].
    pub(in crate::write) fn check_clock(&self) -> Result<(), WriteError> {
        let (location, now) = (self.repository.location.clone(), self.repository.now);
        match self.repository.registry_differs() {
            Some(registry) => Err(WriteError::ClockDiffers { location, now, registry }),
            None => Ok(()),
        }
    }

    /// Compares the signed tag with the image that the registry serves, before a change. An expired signature still
    /// counts here: it shows which image the signer meant.
    ///
    /// # Errors
    /// A signed tag names another image than the registry serves.
    pub(in crate::write) fn check_tag_to_change(
        &self,
        publication: &Publication,
        resolved: &Resolved,
    ) -> Result<(), Error> {
        let Some((tag, _)) = &resolved.tagged else { return Ok(()) };
        resolved.compare(publication.signed_tag(tag, None)?).map(drop)
    }
}
