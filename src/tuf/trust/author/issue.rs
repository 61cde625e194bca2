use std::{collections::BTreeMap, num::NonZeroU32};

use super::super::{
    Json, Unknown,
    extension::{Common, Periods, RoleExtension, RootExtension, SnapshotExtension, TimestampExtension, Writers},
    key::KeyId,
    pattern::Pattern,
    schema::{
        DelegatedKeys, DelegatedRole, Delegations, Meta, RoleKeys, Root, RootRoles, Snapshot, SnapshotMeta, Targets,
        TimestampRole,
    },
};
use crate::{
    name::{Digest, Gun, Role, RoleName, TopLevelRole},
    time::{Age, Timestamp},
};

/// A public key and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedKey {
    /// The key's id.
    pub id: KeyId,
    /// The key as a TUF key object.
    pub key: Json,
    /// Its name, such as `alice`.
    pub name: String,
}

/// The largest distance between versions of documents that several signers sign, as a power of two.
const DISTANCE_BITS: u32 = 10;

/// The largest distance between the version of a proposed document and the one that it replaces.
pub const FARTHEST: u64 = 1 << DISTANCE_BITS;

/// What all documents of one operation have in common: their repository, their date and how long they are valid.
#[derive(Debug, Clone)]
pub struct Issue {
    gun: Gun,
    now: Timestamp,
    periods: Periods,
}

impl Issue {
    /// Makes documents of `gun`, dated `now`.
    pub fn new(gun: Gun, now: Timestamp, periods: Periods) -> Self {
        Self { gun, now: now.whole_seconds(), periods }
    }

    /// The date of the documents.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The first root. The `root` keys sign root and targets, the `repository` keys snapshot, the `timestamp` keys
    /// timestamp.
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

    /// The root after `current`. Its version is the next one, because clients accept no other.
    pub fn next_root(&self, current: &Root) -> Root {
        let mut next = current.clone();
        next.version = current.version.saturating_add(1);
        next.expires = self.until(self.periods.root.expiry);
        next.manifesto.common.created = self.now;
        next
    }

    /// The first top-level targets, which delegates everything to `repository`.
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

    /// The first version of a role, without statements.
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

    /// The same document of a role with a new version and date.
    pub fn next_role(&self, current: &Targets, version: u64) -> Targets {
        let mut next = current.clone();
        next.version = version;
        next.expires = self.until(self.role_expiry(&current.manifesto.common.role));
        next.manifesto.common.created = self.now;
        next.manifesto.follows = None;
        next
    }

    /// The same document of a role as part of a proposal, which several signers sign one after the other. `former` is
    /// the version and sha256 of the document that it replaces, if there is one.
    ///
    /// Authors of proposals do not see each other's documents, and a signed document cannot get another version. So the
    /// distance to the former version follows from the content, and two documents hardly ever have the same version.
    ///
    /// # Errors
    /// A field cannot be written as JSON.
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

    /// The next snapshot: the entries of `current`, with those in `changed` replaced.
    pub fn snapshot(&self, current: Option<&Snapshot>, version: u64, changed: Vec<(Role, Meta)>) -> Snapshot {
        let mut meta = current.map(|snapshot| snapshot.meta.clone()).unwrap_or_default();
        meta.extend(changed.into_iter().map(|(role, entry)| (format!("{role}.json"), entry)));
        Snapshot {
            version,
            expires: self.until(self.periods.snapshot.expiry),
            meta,
            manifesto: SnapshotExtension { common: self.common(TopLevelRole::Snapshot), other: Unknown::default() },
            other: current.map(|snapshot| snapshot.other.clone()).unwrap_or_default(),
        }
    }

    /// The next timestamp. For `parent` and `accounted` see [`TimestampExtension`].
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

/// The paths of the role `repository`: all statements and tags, and its own index. Other roles are searched before it.
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
