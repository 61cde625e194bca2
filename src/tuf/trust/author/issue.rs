use std::{collections::BTreeMap, num::NonZeroU32};

use crate::time::Timestamp;

use super::super::{
    Json, Unknown,
    extension::{Common, Extension, Periods, RoleExtension, RootExtension, TimestampExtension, Writers},
    key::KeyId,
    pattern::Pattern,
    schema::{
        DelegatedKeys, DelegatedRole, Delegations, Meta, RoleKeys, Root, RootRoles, Snapshot, SnapshotMeta, Targets,
        TimestampRole,
    },
};
use crate::{
    name::{Digest, Gun, Role, RoleName, TopLevelRole},
    time::Age,
};

/// A public key as metadata lists it, with the name that people gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedKey {
    /// The key's id.
    pub id: KeyId,
    /// The key as a TUF key object.
    pub key: Json,
    /// Its name, such as `alice`.
    pub name: String,
}

/// How far versions of documents that are signed together lie apart at most, as a power of two.
const DISTANCE_BITS: u32 = 10;

/// By how much the version of a document that is signed together is higher than that of the one it follows, at most.
pub const FARTHEST: u64 = 1 << DISTANCE_BITS;

/// The circumstances under which documents are made: for which repository, when, and for how long they stand.
#[derive(Debug, Clone)]
pub struct Issue {
    gun: Gun,
    now: Timestamp,
    periods: Periods,
}

impl Issue {
    /// Documents of `gun`, made at `now`.
    pub fn new(gun: Gun, now: Timestamp, periods: Periods) -> Self {
        Self { gun, now: now.whole_seconds(), periods }
    }

    /// The date that documents are given.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The first root: who signs root, targets (the same keys), snapshot (the repository keys) and timestamp.
    pub fn first_root(
        &self,
        root: &[NamedKey],
        repository: &[NamedKey],
        timestamp: &[NamedKey],
        writers: Writers,
    ) -> Root {
        let all = || root.iter().chain(repository).chain(timestamp);
        Root {
            version: 1,
            expires: self.until(self.periods.root.expiry),
            consistent_snapshot: true,
            keys: key_table(all()),
            roles: RootRoles {
                root: one_of(root),
                targets: one_of(root),
                snapshot: one_of(repository),
                timestamp: one_of(timestamp),
                other: Unknown::default(),
            },
            manifesto: RootExtension {
                common: self.common(TopLevelRole::Root),
                writers,
                periods: self.periods,
                names: all().map(|key| (key.id.clone(), key.name.clone())).collect(),
                other: Unknown::default(),
            },
            other: Unknown::default(),
        }
    }

    /// The root that follows `current`: the very next version, which readers insist on.
    pub fn next_root(&self, current: &Root) -> Root {
        let mut next = current.clone();
        next.version = current.version.saturating_add(1);
        next.expires = self.until(self.periods.root.expiry);
        next.manifesto.common.created = self.now;
        next
    }

    /// The first top-level targets: everything is delegated to `repository`.
    pub fn first_targets(&self, repository: &[NamedKey]) -> Targets {
        let delegated = DelegatedRole {
            name: RoleName::repository(),
            keys: DelegatedKeys {
                keyids: repository.iter().map(|key| key.id.clone()).collect(),
                threshold: NonZeroU32::MIN,
            },
            paths: repository_paths(),
            terminating: false,
            other: Unknown::default(),
        };
        let delegations =
            Delegations { keys: key_table(repository.iter()), roles: vec![delegated], other: Unknown::default() };
        Targets { delegations: Some(delegations), ..self.first_role(TopLevelRole::Targets.into()) }
    }

    /// The first version of a role, which says nothing yet.
    pub fn first_role(&self, role: Role) -> Targets {
        Targets {
            version: 1,
            expires: self.until(self.role_expiry(&role)),
            targets: BTreeMap::new(),
            delegations: None,
            manifesto: RoleExtension {
                common: self.common(role),
                deleted: Vec::new(),
                follows: None,
                other: Unknown::default(),
            },
            other: Unknown::default(),
        }
    }

    /// The same document of a role under a new version and date.
    pub fn next_role(&self, current: &Targets, version: u64) -> Targets {
        let mut next = current.clone();
        next.version = version;
        next.expires = self.until(self.role_expiry(&current.manifesto.common.role));
        next.manifesto.common.created = self.now;
        next.manifesto.follows = None;
        next
    }

    /// The same document of a role as one that several people sign one after the other, in the place of `former`: its
    /// version and sha256, if there is one.
    ///
    /// Those who make such documents do not see each other's, and none is signed anew under another version. So the
    /// version lies at a distance from the former one that follows from the content, and hardly ever do two documents
    /// share one.
    ///
    /// # Errors
    /// A field that cannot be written as JSON.
    pub fn signed_together(
        &self,
        document: &Targets,
        former: Option<(u64, Digest)>,
    ) -> Result<Targets, serde_json::Error> {
        let (version, follows) = former.map_or((0, None), |(version, digest)| (version, Some(digest)));
        let mut next = self.next_role(document, version);
        next.manifesto.follows = follows;
        let distance = Digest::of(&serde_json::to_vec(&next)?).low_bits(DISTANCE_BITS);
        next.version = version.saturating_add(1).saturating_add(distance);
        Ok(next)
    }

    /// The next snapshot: what `current` lists, with `changed` in the place of older entries.
    pub fn snapshot(&self, current: Option<&Snapshot>, version: u64, changed: Vec<(Role, Meta)>) -> Snapshot {
        let mut meta = current.map(|snapshot| snapshot.meta.clone()).unwrap_or_default();
        meta.extend(changed.into_iter().map(|(role, entry)| (format!("{role}.json"), entry)));
        Snapshot {
            version,
            expires: self.until(self.periods.snapshot.expiry),
            meta,
            manifesto: Extension::from(self.common(TopLevelRole::Snapshot)),
            other: current.map(|snapshot| snapshot.other.clone()).unwrap_or_default(),
        }
    }

    /// The next timestamp. `parent` and `accounted` are its signed lineage, see [`TimestampExtension`].
    pub fn timestamp(
        &self,
        version: u64,
        snapshot: Meta,
        parent: Option<Digest>,
        accounted: BTreeMap<KeyId, u64>,
    ) -> TimestampRole {
        TimestampRole {
            version,
            expires: self.until(self.periods.timestamp.expiry),
            meta: SnapshotMeta { snapshot },
            manifesto: TimestampExtension {
                common: self.common(TopLevelRole::Timestamp),
                parent,
                accounted,
                other: Unknown::default(),
            },
            other: Unknown::default(),
        }
    }

    fn role_expiry(&self, role: &Role) -> u16 {
        match role {
            Role::TopLevel(_) => self.periods.targets.expiry,
            Role::Delegated(_) => self.periods.delegated.expiry,
        }
    }

    fn until(&self, days: u16) -> Timestamp {
        Age::days(days.into()).after(self.now)
    }

    fn common(&self, role: impl Into<Role>) -> Common {
        Common { gun: self.gun.clone(), role: role.into(), created: self.now }
    }
}

/// The paths of the role `repository`: every statement and tag that no other role has, and its own index.
fn repository_paths() -> Vec<Pattern> {
    ["sha256/*/*", "tags/*", "_manifesto"].iter().filter_map(|text| text.parse().ok()).collect()
}

fn key_table<'a>(keys: impl Iterator<Item = &'a NamedKey>) -> BTreeMap<KeyId, Json> {
    keys.map(|key| (key.id.clone(), key.key.clone())).collect()
}

fn one_of(keys: &[NamedKey]) -> RoleKeys {
    RoleKeys {
        keyids: keys.iter().map(|key| key.id.clone()).collect(),
        threshold: NonZeroU32::MIN,
        other: Unknown::default(),
    }
}
