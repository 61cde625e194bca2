//! The signed part of each role's document, as a typed view (TUF specification, section 4).
//!
//! A document is checked before it is read as one of these types. Unknown fields are kept in `other`, so that writing
//! the document back loses nothing. The types are as lenient as the specification: a key of an unknown type is kept,
//! but cannot sign. A field that may be any JSON is kept as text, so that a document takes not much more memory than
//! its bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Json, Unknown,
    extension::{RoleExtension, RootExtension, SnapshotExtension, TimestampExtension},
    forms,
    json::open,
    key::KeyId,
};
use crate::{
    name::{Digest, RoleName, TopLevelRole},
    time::Timestamp,
};

open! {
    /// The keys of one role and how many of them must sign.
    pub struct RoleKeys {
        /// The ids of the authorised keys.
        pub keyids: Vec<KeyId>,
        /// How many distinct keys must sign; at least one.
        pub threshold: std::num::NonZeroU32,
    }
}

open! {
    /// The signed part of root (section 4.3).
    pub struct Root {
        /// The version, from 1 without a gap.
        pub version: u64,
        /// When it expires.
        #[serde(with = "forms")]
        pub expires: Timestamp,
        /// Whether files of metadata carry their version in their names; always true in this layout.
        #[serde(default)]
        pub consistent_snapshot: bool,
        /// All keys by id, as they were received.
        pub keys: BTreeMap<KeyId, Json>,
        /// The keys of the four top-level roles.
        pub roles: RootRoles,
        /// This project's own fields.
        #[serde(rename = "x-manifesto")]
        pub manifesto: RootExtension,
    }
}

open! {
    /// The keys and thresholds of the top-level roles.
    pub struct RootRoles {
        /// The keys that sign root.
        pub root: RoleKeys,
        /// The keys that sign top-level targets: the delegations.
        pub targets: RoleKeys,
        /// The keys that sign snapshot: which versions belong together.
        pub snapshot: RoleKeys,
        /// The keys that sign timestamp: which snapshot is current.
        pub timestamp: RoleKeys,
    }
}

impl RootRoles {
    /// The keys of one top-level role.
    pub fn of(&self, role: TopLevelRole) -> &RoleKeys {
        match role {
            TopLevelRole::Root => &self.root,
            TopLevelRole::Targets => &self.targets,
            TopLevelRole::Snapshot => &self.snapshot,
            TopLevelRole::Timestamp => &self.timestamp,
        }
    }
}

open! {
    /// What timestamp signs about snapshot, and snapshot about every targets role (sections 4.4 and 4.5).
    pub struct Meta {
        /// The document's version.
        pub version: u64,
        /// The document's length in bytes, which this layout requires.
        pub length: u64,
        /// The document's hashes. This layout requires sha256.
        pub hashes: Hashes,
    }
}

open! {
    /// Hashes by algorithm. This project signs and checks sha256, and keeps the others.
    pub struct Hashes {
        /// Lower-case hexadecimal sha256.
        #[serde(with = "forms")]
        pub sha256: Digest,
    }
}

impl From<Digest> for Hashes {
    fn from(sha256: Digest) -> Self {
        Self { sha256, other: Unknown::default() }
    }
}

open! {
    /// The signed part of timestamp (section 4.6).
    pub struct TimestampRole {
        /// The version, which only grows.
        pub version: u64,
        /// When it expires.
        #[serde(with = "forms")]
        pub expires: Timestamp,
        /// The current snapshot.
        pub meta: SnapshotMeta,
        /// This project's own fields.
        #[serde(rename = "x-manifesto")]
        pub manifesto: TimestampExtension,
    }
}

/// The only entry of timestamp's `meta`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotMeta {
    /// The current snapshot.
    #[serde(rename = "snapshot.json")]
    pub snapshot: Meta,
}

open! {
    /// The signed part of snapshot (section 4.4).
    pub struct Snapshot {
        /// The version, which only grows.
        pub version: u64,
        /// When it expires.
        #[serde(with = "forms")]
        pub expires: Timestamp,
        /// The current version of every targets role, by `NAME.json`.
        pub meta: BTreeMap<String, Meta>,
        /// This project's own fields.
        #[serde(rename = "x-manifesto")]
        pub manifesto: SnapshotExtension,
    }
}

open! {
    /// The signed part of top-level targets or of a delegated role (section 4.5).
    pub struct Targets {
        /// The version, which only grows.
        pub version: u64,
        /// When it expires.
        #[serde(with = "forms")]
        pub expires: Timestamp,
        /// The signed targets, by target path.
        pub targets: BTreeMap<String, Target>,
        /// The roles that this role delegates to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub delegations: Option<Delegations>,
        /// This project's own fields.
        #[serde(rename = "x-manifesto")]
        pub manifesto: RoleExtension,
    }
}

open! {
    /// One target: the length and hashes of its content.
    pub struct Target {
        /// The content's length in bytes.
        pub length: u64,
        /// The content's hashes.
        pub hashes: Hashes,
        /// What the signer adds about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub custom: Option<Json>,
    }
}

open! {
    /// The roles that a role delegates to, in the order in which a client searches them.
    pub struct Delegations {
        /// The delegates' keys by id, as they were received.
        pub keys: BTreeMap<KeyId, Json>,
        /// The delegated roles.
        pub roles: Vec<DelegatedRole>,
    }
}

open! {
    /// One delegated role.
    pub struct DelegatedRole {
        flatten {
            /// Its keys and threshold.
            pub keys: DelegatedKeys {
                keyids: Vec<KeyId>,
                threshold: std::num::NonZeroU32,
            }
        }
        /// Its name.
        pub name: RoleName,
        /// The paths it may sign for.
        pub paths: Vec<super::pattern::Pattern>,
        /// Whether the search for a matching path ends after this role.
        pub terminating: bool,
    }
}

/// The keys and threshold of a delegated role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegatedKeys {
    /// The ids of the authorised keys.
    pub keyids: Vec<KeyId>,
    /// How many distinct keys must sign; at least one.
    pub threshold: std::num::NonZeroU32,
}
