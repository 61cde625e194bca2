//! The signed part of each role's document, as lenient as the specification (section 4). Unknown fields are dropped:
//! these documents are never written back, and signatures are checked over the received bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::{NonZeroU32, NonZeroU64},
};

use serde::{Deserialize, Deserializer, de::Error};

use super::{
    super::{
        Json, TrustError,
        authority::Authority,
        forms,
        key::{Algorithm, KeyId, Scheme},
        profile::{Delegate, Document, Listed, RootDocument, SnapshotDocument, TargetsDocument, TimestampDocument},
        schema::RootRoles,
    },
    hashes::{Hashes, Verifier},
    paths::{Bins, DelegatedPaths},
};
use crate::name::{Role, RoleName, TopLevelRole};

/// All signature schemes that this build supports.
const SCHEMES: &[Scheme] =
    &[Scheme::Signing(Algorithm::Ed25519), Scheme::Signing(Algorithm::EcdsaP256), Scheme::RsaPss, Scheme::RsaPkcs1];

/// The signed part of root (section 4.3).
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Root {
    version: NonZeroU64,
    #[serde(with = "forms")]
    expires: crate::time::Timestamp,
    /// Whether the names of files carry versions and hashes (section 6.2).
    #[serde(default)]
    pub consistent_snapshot: bool,
    pub(super) keys: BTreeMap<KeyId, Json>,
    roles: RootRoles,
}

/// The signed part of timestamp (section 4.6).
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Timestamp {
    version: NonZeroU64,
    #[serde(with = "forms")]
    expires: crate::time::Timestamp,
    meta: SnapshotMeta,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct SnapshotMeta {
    #[serde(rename = "snapshot.json")]
    snapshot: Meta,
}

/// The signed part of snapshot (section 4.4).
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Snapshot {
    version: NonZeroU64,
    #[serde(with = "forms")]
    expires: crate::time::Timestamp,
    meta: BTreeMap<String, Meta>,
}

/// The signed part of top-level targets or of a delegated role (section 4.5).
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Targets {
    version: NonZeroU64,
    #[serde(with = "forms")]
    expires: crate::time::Timestamp,
    targets: BTreeMap<String, Target>,
    #[serde(default)]
    delegations: Option<Delegations>,
}

/// What one document signs about another. Length and hashes are optional.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Meta {
    version: NonZeroU64,
    /// The document's length in bytes.
    #[serde(default)]
    pub length: Option<u64>,
    #[serde(default)]
    hashes: Option<Hashes>,
}

/// One target: the length and hashes of its content.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Target {
    /// The content's length in bytes.
    pub length: u64,
    /// The content's hashes.
    pub hashes: Hashes,
}

#[derive(Debug, Clone, PartialEq)]
struct Delegations {
    keys: BTreeMap<KeyId, Json>,
    roles: Roles,
}

#[derive(Debug, Clone, PartialEq)]
enum Roles {
    Listed(Vec<DelegatedRole>),
    Bins { keyids: Vec<KeyId>, threshold: NonZeroU32, bins: Bins },
}

#[derive(Debug, Clone, PartialEq)]
struct DelegatedRole {
    name: RoleName,
    keyids: Vec<KeyId>,
    threshold: NonZeroU32,
    terminating: bool,
    paths: DelegatedPaths,
}

/// A role may be delegated to once. Otherwise implementations could disagree which entry's keys count.
impl<'de> Deserialize<'de> for Delegations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Received {
            keys: BTreeMap<KeyId, Json>,
            roles: Option<Vec<DelegatedRole>>,
            succinct_roles: Option<Succinct>,
        }
        #[derive(Deserialize)]
        struct Succinct {
            keyids: Vec<KeyId>,
            threshold: NonZeroU32,
            bit_length: u32,
            name_prefix: String,
        }
        let Received { keys, roles, succinct_roles } = Received::deserialize(deserializer)?;
        let roles = match (roles, succinct_roles) {
            (Some(roles), None) => {
                let names: BTreeSet<&RoleName> = roles.iter().map(|role| &role.name).collect();
                if names.len() < roles.len() {
                    return Err(D::Error::custom("a role is delegated to twice"));
                }
                Roles::Listed(roles)
            }
            (None, Some(Succinct { keyids, threshold, bit_length, name_prefix })) => {
                Roles::Bins { keyids, threshold, bins: Bins::new(bit_length, name_prefix).map_err(D::Error::custom)? }
            }
            _ => return Err(D::Error::custom("delegations have either 'roles' or 'succinct_roles'")),
        };
        Ok(Self { keys, roles })
    }
}

impl<'de> Deserialize<'de> for DelegatedRole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Received {
            name: String,
            keyids: Vec<KeyId>,
            threshold: NonZeroU32,
            terminating: bool,
            paths: Option<Vec<String>>,
            path_hash_prefixes: Option<Vec<String>>,
        }
        let Received { name, keyids, threshold, terminating, paths, path_hash_prefixes } =
            Received::deserialize(deserializer)?;
        let name = RoleName::of_any_tuf_repository(&name).map_err(D::Error::custom)?;
        let paths = DelegatedPaths::new(paths, path_hash_prefixes).map_err(D::Error::custom)?;
        Ok(Self { name, keyids, threshold, terminating, paths })
    }
}

macro_rules! document {
    ($($document:ty),+) => {$(
        impl Document for $document {
            fn version(&self) -> u64 {
                self.version.get()
            }

            fn expires(&self) -> crate::time::Timestamp {
                self.expires
            }
        }
    )+};
}
document!(Root, Timestamp, Snapshot, Targets);

impl RootDocument for Root {
    fn authority(&self, role: TopLevelRole) -> Authority<'_> {
        let entry = self.roles.of(role);
        authority(role.into(), &self.keys, &entry.keyids, entry.threshold)
    }
}

impl TimestampDocument for Timestamp {
    type Meta = Meta;

    fn snapshot(&self) -> &Meta {
        &self.meta.snapshot
    }
}

impl SnapshotDocument for Snapshot {
    type Meta = Meta;

    fn meta(&self) -> &BTreeMap<String, Meta> {
        &self.meta
    }
}

impl Targets {
    pub(super) fn keys_listed(&self) -> usize {
        self.delegations.as_ref().map_or(0, |delegations| delegations.keys.len())
    }

    pub(super) fn roles_listed(&self) -> usize {
        match self.delegations.as_ref().map(|delegations| &delegations.roles) {
            Some(Roles::Listed(roles)) => roles.len(),
            Some(Roles::Bins { .. }) | None => 0,
        }
    }
}

impl TargetsDocument for Targets {
    type Target = Target;

    fn target(&self, path: &str) -> Option<&Target> {
        self.targets.get(path)
    }

    fn delegates(&self, path: &str) -> Vec<Delegate> {
        match self.delegations.as_ref().map(|delegations| &delegations.roles) {
            None => Vec::new(),
            Some(Roles::Listed(roles)) => {
                let matching = roles.iter().filter(|role| role.paths.contains(path));
                matching.map(|role| Delegate { name: role.name.clone(), terminating: role.terminating }).collect()
            }
            // Bins share no path, so no later role could sign for this path (TAP 15).
            Some(Roles::Bins { bins, .. }) => {
                bins.of(path).into_iter().map(|name| Delegate { name, terminating: true }).collect()
            }
        }
    }

    fn authority(&self, name: &RoleName) -> Option<Authority<'_>> {
        let Delegations { keys, roles } = self.delegations.as_ref()?;
        let (keyids, threshold) = match roles {
            Roles::Listed(roles) => {
                let role = roles.iter().find(|role| role.name == *name)?;
                (&role.keyids, role.threshold)
            }
            Roles::Bins { keyids, threshold, bins } => bins.contains(name).then_some((keyids, *threshold))?,
        };
        Some(authority(Role::Delegated(name.clone()), keys, keyids, threshold))
    }
}

fn authority<'d>(
    role: Role,
    keys: &'d BTreeMap<KeyId, Json>,
    keyids: &'d [KeyId],
    threshold: NonZeroU32,
) -> Authority<'d> {
    Authority { role, keys, keyids, threshold: threshold.get() as usize, schemes: SCHEMES }
}

impl Target {
    /// Begins to check content that arrives in pieces. `what` names it in errors.
    ///
    /// # Errors
    /// This build supports none of the hash algorithms.
    pub fn content(&self, what: &str) -> Result<Verifier<'_>, TrustError> {
        Verifier::new(what, Some(self.length), Some(&self.hashes))
    }
}

impl Listed for Meta {
    fn version(&self) -> u64 {
        self.version.get()
    }

    fn check(&self, what: &str, bytes: &[u8]) -> Result<(), TrustError> {
        let mut content = Verifier::new(what, self.length, self.hashes.as_ref())?;
        content.update(bytes);
        content.finish()
    }

    fn agrees(&self, other: &Self) -> bool {
        self.hashes == other.hashes
    }
}
