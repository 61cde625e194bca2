//! Checks before anything is published: nothing was rolled back, and this machine's clock is not behind.

use crate::{
    name::{Role, RoleName, TopLevelRole},
    read::{Error, resolve::Resolved},
    store::publication::{Publication, RepositoryMemory},
    time::is_future,
    trust::{KeyId, Root, TrustError, Verified},
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

    /// Checks that this machine's clock is not behind the dates that the repository's signers have signed. Its own
    /// documents would otherwise be older than the current ones, or already expired.
    ///
    /// If `next` replaces the root, dates signed by keys that it no longer lists are ignored: they may be an
    /// attacker's.
    pub(in crate::write) fn check_clock(&self, base: &Publication, next: Option<&Root>) -> Result<(), WriteError> {
        let trusted = base.trusted();
        let stays = |signers: &[KeyId], role| {
            next.is_none_or(|root| signers.iter().any(|id| root.roles.of(role).keyids.contains(id)))
        };
        let (timestamp, snapshot) = (trusted.timestamp(), trusted.snapshot());
        let online = [
            stays(timestamp.signers(), TopLevelRole::Timestamp).then(|| timestamp.created()),
            stays(snapshot.signers(), TopLevelRole::Snapshot).then(|| snapshot.created()),
        ];
        let all =
            [trusted.root().created(), trusted.targets().created()].into_iter().chain(online.into_iter().flatten());
        let signed = all.max().unwrap_or(self.repository.now);
        if is_future(signed, self.repository.now) {
            return Err(WriteError::ClockBehind {
                location: self.repository.location.clone(),
                now: self.repository.now,
                signed,
            });
        }
        Ok(())
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
