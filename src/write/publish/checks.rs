//! What has to hold before anything is published: nothing was taken back, and this machine's clock is not behind.

use crate::{
    name::{Role, RoleName, TopLevelRole},
    read::{Error, resolve::Resolved},
    store::publication::{Publication, Remembered},
    time::is_future,
    trust::{KeyId, Root, TrustError, Verified, role_keys},
    write::{error::WriteError, publish::draft::Burnt, publisher::Publisher},
};

impl Publisher {
    /// Checks that what this machine remembers was not taken back: that no version is remembered that is higher than
    /// all that were found, at the tag or at any writer's.
    ///
    /// # Errors
    /// One is.
    pub(in crate::write) fn check_not_rolled_back(&self, base: &Publication, burnt: &Burnt) -> Result<(), Error> {
        if self.repository.trust.root.is_some() || self.repository.state.pin()?.is_none() {
            return Ok(());
        }
        let remembered = Remembered::read(&self.repository.state)?;
        let root = base.trusted().trusted_root().clone().newest();
        let memory = root.recall(remembered.timestamps, remembered.snapshots)?;
        let floor = |role: Role, seen: Option<u64>, found: u64| match seen {
            Some(seen) if seen > found => Err(TrustError::Rollback { role, seen, found }),
            _ => Ok(()),
        };
        floor(TopLevelRole::Timestamp.into(), memory.timestamp().map(Verified::version), burnt.timestamp)?;
        floor(TopLevelRole::Snapshot.into(), memory.snapshot().map(Verified::version), burnt.snapshot)?;
        for (file, meta) in memory.snapshot().iter().flat_map(|snapshot| &snapshot.document().meta) {
            if let Some(Ok(name)) = file.strip_suffix(".json").map(str::parse::<RoleName>) {
                let found = burnt.roles.get(&name).copied().unwrap_or_default();
                floor(name.into(), Some(meta.version), found)?;
            }
        }
        Ok(())
    }

    /// Checks that this machine's clock is not behind the date that the repository's signers had on theirs. What it
    /// signed would be older than what is there, or expired already. Where another root is to follow, `next`, the dates
    /// of those count for nothing whom it does not list any more: they may be a thief's.
    ///
    /// # Errors
    /// It is, by more than clocks usually differ.
    pub(in crate::write) fn check_clock(&self, base: &Publication, next: Option<&Root>) -> Result<(), WriteError> {
        let trusted = base.trusted();
        let stays = |signers: &[KeyId], role| {
            next.is_none_or(|root| signers.iter().any(|id| role_keys(root, role).keyids.contains(id)))
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

    /// The same for those who are about to sign: what has expired by now still says which image was meant.
    ///
    /// # Errors
    /// A signature says that the tag stands for another image than the registry serves.
    pub(in crate::write) fn check_tag_to_change(
        &self,
        publication: &Publication,
        resolved: &Resolved,
    ) -> Result<(), Error> {
        let Some((tag, _)) = &resolved.tagged else { return Ok(()) };
        resolved.compare(publication.signed_tag(tag, None)?).map(drop)
    }
}
