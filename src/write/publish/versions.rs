//! Version numbers: which are used up, and which follow, so that no two writers ever choose the same.

use std::collections::BTreeMap;

use crate::{
    name::{RoleName, TopLevelRole},
    store::publication::Publication,
    trust::Root,
};

/// The highest version of each document that was seen at any tag. [⚔] A version that was put anywhere is used up,
/// whatever became of it, because a reader may have verified it.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#lost-update
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::write) struct VersionFloor {
    pub(in crate::write) timestamp: u64,
    pub(in crate::write) snapshot: u64,
    pub(in crate::write) targets: u64,
    pub(in crate::write) roles: BTreeMap<RoleName, u64>,
}

/// No honest writer reaches this version: at one publication a second it takes 68 years. Higher ones come from a stolen
/// key.
const IMPLAUSIBLE: u64 = i32::MAX as u64;

impl VersionFloor {
    /// Collects every version in these publications.
    pub(in crate::write) fn of<'p>(publications: impl Iterator<Item = &'p Publication>) -> Self {
        let mut version_floor = Self::default();
        publications.for_each(|publication| version_floor.see(publication));
        version_floor
    }

    /// Collects the versions that readers will enforce under the next `root` (TUF specification, section 5.3.11). A
    /// version above `IMPLAUSIBLE` counts only if keys that `root` keeps signed it, so that a stolen key cannot use up
    /// the version numbers.
    pub(in crate::write) fn under<'p>(publications: impl Iterator<Item = &'p Publication>, root: &Root) -> Self {
        let mut version_floor = Self::default();
        for publication in publications {
            let mut seen = Self::of(std::iter::once(publication));
            let trusted = publication.trusted();
            let timestamp = root.roles.quorum(TopLevelRole::Timestamp).is_met_by(trusted.timestamp().signers());
            let snapshot = root.roles.quorum(TopLevelRole::Snapshot).is_met_by(trusted.snapshot().signers());
            let counts = |version: u64, vouched: bool| if vouched || version < IMPLAUSIBLE { version } else { 0 };
            seen.timestamp = counts(seen.timestamp, timestamp);
            // A timestamp states the version of its snapshot, so a reader who remembers the timestamp enforces that
            // version, too.
            seen.snapshot = counts(seen.snapshot, timestamp || snapshot);
            seen.targets = counts(seen.targets, snapshot);
            seen.roles.values_mut().for_each(|version| *version = counts(*version, snapshot));
            version_floor.join(&seen);
        }
        version_floor
    }

    /// Adds every version in `publication`.
    pub(in crate::write) fn see(&mut self, publication: &Publication) {
        let trusted = publication.trusted();
        self.timestamp = self.timestamp.max(trusted.timestamp().version());
        self.snapshot = self.snapshot.max(trusted.snapshot().version());
        self.targets = self.targets.max(trusted.targets().version());
        for (file, meta) in &trusted.snapshot().document().meta {
            if let Some(Ok(name)) = file.strip_suffix(".json").map(str::parse::<RoleName>) {
                let seen = self.roles.entry(name).or_default();
                *seen = (*seen).max(meta.version);
            }
        }
    }

    /// Adds every version in `other`.
    pub(in crate::write) fn join(&mut self, other: &Self) {
        self.timestamp = self.timestamp.max(other.timestamp);
        self.snapshot = self.snapshot.max(other.snapshot);
        self.targets = self.targets.max(other.targets);
        for (name, version) in &other.roles {
            let seen = self.roles.entry(name.clone()).or_default();
            *seen = (*seen).max(*version);
        }
    }
}

/// Gives a writer the versions of its next documents.
///
/// Each of several writers has its own remainder modulo their number, so no two writers ever give one version to two
/// documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::write) struct VersionAllocator {
    pub(in crate::write) version_floor: VersionFloor,
    /// This writer's place among the timestamp keys.
    pub(in crate::write) slot: u64,
    /// The number of timestamp keys; at least one.
    pub(in crate::write) writers: u64,
}

impl VersionAllocator {
    /// Returns this writer's lowest version above `version_floor`.
    pub(in crate::write) fn next(&self, version_floor: u64) -> u64 {
        let writers = self.writers.max(1);
        let lowest = version_floor.saturating_add(1);
        let missing = (self.slot % writers + writers - lowest % writers) % writers;
        lowest.saturating_add(missing)
    }

    /// Returns whether every document to sign has a version left: a stolen key may have used them up. Roles that are
    /// not signed do not matter.
    pub(in crate::write) fn are_left<'r>(&self, mut roles: impl Iterator<Item = &'r RoleName>, targets: bool) -> bool {
        let is_left = |version: u64| version < u64::MAX - self.writers;
        let version_floor = &self.version_floor;
        is_left(version_floor.timestamp)
            && is_left(version_floor.snapshot)
            && (!targets || is_left(version_floor.targets))
            && roles.all(|role| version_floor.roles.get(role).is_none_or(|version| is_left(*version)))
    }

    /// Returns the next version of a delegated role.
    pub(in crate::write) fn next_of(&self, role: &RoleName) -> u64 {
        self.next(self.version_floor.roles.get(role).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_grow_and_no_two_writers_ever_give_the_same() {
        for writers in 1..6 {
            for slot in 0..writers {
                let versions = VersionAllocator { version_floor: VersionFloor::default(), slot, writers };
                for version_floor in 0..40 {
                    let next = versions.next(version_floor);
                    assert!(
                        next > version_floor && next <= version_floor + writers,
                        "{version_floor} {slot} of {writers}: {next}"
                    );
                    assert_eq!(next % writers, slot);
                }
            }
        }
        let alone = VersionAllocator { version_floor: VersionFloor::default(), slot: 0, writers: 0 };
        assert_eq!(alone.next(7), 8);
    }

    /// A stolen key can use up the version numbers. Then nothing can be published until root no longer lists it. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#fast-forward
    #[test]
    fn versions_end() {
        let at = |timestamp| VersionAllocator {
            version_floor: VersionFloor { timestamp, ..VersionFloor::default() },
            slot: 0,
            writers: 2,
        };
        assert!(at(1 << 31).are_left([].iter(), true));
        assert!(!at(u64::MAX - 1).are_left([].iter(), true));
        assert!(!at(u64::MAX).are_left([].iter(), true));
        let qa: RoleName = "qa".parse().unwrap();
        let version_floor = VersionFloor { roles: BTreeMap::from([(qa.clone(), u64::MAX)]), ..VersionFloor::default() };
        let of_qa = VersionAllocator { version_floor, slot: 0, writers: 2 };
        assert!(!of_qa.are_left([&qa].into_iter(), false), "its own documents");
        assert!(of_qa.are_left([].iter(), true), "and nobody else's");
    }

    #[test]
    fn versions_seen_anywhere_are_used_up() {
        let (qa, dev): (RoleName, RoleName) = ("qa".parse().unwrap(), "dev".parse().unwrap());
        let mut version_floor =
            VersionFloor { timestamp: 5, snapshot: 2, targets: 8, roles: BTreeMap::from([(qa.clone(), 3)]) };
        version_floor.join(&VersionFloor {
            timestamp: 4,
            snapshot: 7,
            targets: 6,
            roles: BTreeMap::from([(qa.clone(), 2), (dev.clone(), 9)]),
        });
        assert_eq!(
            version_floor,
            VersionFloor { timestamp: 5, snapshot: 7, targets: 8, roles: BTreeMap::from([(qa.clone(), 3), (dev, 9)]) }
        );
        let versions = VersionAllocator { version_floor, slot: 0, writers: 1 };
        assert_eq!((versions.next_of(&qa), versions.next_of(&"new".parse().unwrap())), (4, 1));
    }
}
