//! `x-manifesto`: the fields that this project adds to TUF's documents, and the `custom` field of a statement.
//!
//! Every signed document names its repository and its role. Without that, the document of role `qa` of one repository
//! would verify in another repository that lists the same key. [⚔]
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{forms, json::open, key::KeyId};
use crate::{
    name::{Digest, Gun, Role, TargetPath},
    time::Timestamp,
};

/// The fields that every document has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Common {
    /// The repository it belongs to.
    pub gun: Gun,
    /// The role it was signed as.
    pub role: Role,
    /// When it was made, by its signer's clock.
    #[serde(with = "forms")]
    pub created: Timestamp,
}

/// Declares the `x-manifesto` of one role: the fields that every document has, and further ones.
macro_rules! extension {
    ($(#[$attribute:meta])* pub struct $name:ident { $($fields:tt)* }) => {
        open! {
            $(#[$attribute])*
            pub struct $name {
                flatten {
                    /// Repository, role and date.
                    pub common: Common {
                        gun: Gun,
                        role: Role,
                        #[serde(with = "forms")]
                        created: Timestamp,
                    }
                }
                $($fields)*
            }
        }
    };
}

extension! {
    /// The fields that snapshot has.
    pub struct SnapshotExtension {}
}

extension! {
    /// The fields that root has.
    pub struct RootExtension {
        /// How many machines publish.
        pub writers: Writers,
        /// How long documents are valid and when they may be renewed.
        pub periods: Periods,
        /// The names of keys, for people.
        #[serde(default)]
        pub names: BTreeMap<KeyId, String>,
    }
}

/// How many machines publish, which decides what a publication has to guard against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Writers {
    /// All keys are in one key store. A lock on that machine puts its publications in order.
    Single,
    /// Publications may race on the registry.
    Several,
}

/// How many days a role's documents are valid, and how many days before expiry they may be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Days from signing to expiry.
    pub expiry: u16,
    /// Days before expiry from which `refresh` renews the document.
    pub signing: u16,
}

/// The period of every role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Periods {
    /// The period of root.
    pub root: Period,
    /// The period of top-level targets.
    pub targets: Period,
    /// The period of delegated roles.
    pub delegated: Period,
    /// The period of snapshot.
    pub snapshot: Period,
    /// The period of timestamp.
    pub timestamp: Period,
}

impl Periods {
    /// The periods that `init` signs: a year for root and targets, 90 days for delegated roles and snapshot, 14 for
    /// timestamp.
    pub const DEFAULT: Self = Self {
        root: Period { expiry: 365, signing: 60 },
        targets: Period { expiry: 365, signing: 60 },
        delegated: Period { expiry: 90, signing: 30 },
        snapshot: Period { expiry: 90, signing: 30 },
        timestamp: Period { expiry: 14, signing: 7 },
    };
}

extension! {
    /// The fields that timestamp has.
    pub struct TimestampExtension {
        /// The manifest that was current when this publication was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub parent: Option<Digest>,
        /// For each timestamp key, the version of that writer's last publication that this one carries or gives up. The
        /// map is never larger than root's list of keys, whereas a list of ancestors would grow without limit.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub accounted: BTreeMap<KeyId, u64>,
    }
}

extension! {
    /// The fields that top-level targets and delegated roles have.
    pub struct RoleExtension {
        /// The last deletions, newest first, at most [`DELETED`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub deleted: Vec<Deletion>,
        /// The digest of the document that this one replaces. A proposal has it [⚔], so that its documents cannot be
        /// published on top of any other document.
        ///
        /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-replay
        #[serde(default, skip_serializing_if = "Option::is_none", with = "forms")]
        pub follows: Option<Digest>,
    }
}

/// How many deletions a role's document keeps.
pub const DELETED: usize = 100;

open! {
    /// A statement that was deleted.
    pub struct Deletion {
        /// The path of the statement.
        pub path: TargetPath,
        /// When it was deleted.
        #[serde(with = "forms")]
        pub at: Timestamp,
        /// The digest of the deleted value.
        #[serde(with = "forms")]
        pub sha256: Digest,
        /// The signed date of the deleted value, if it had one and it was recorded. Digest and date together identify
        /// a value; `at` does not tell them apart, because one of the two clocks may have been wrong.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "forms")]
        pub created: Option<Timestamp>,
        /// The values that the deleted one had replaced, newest first. A merge of two publications needs them, to see
        /// that they are deleted too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub history: Vec<Former>,
    }
}

/// How many former values a statement keeps.
pub const HISTORY: usize = 10;

open! {
    /// The `custom` field of a statement's target.
    pub struct StatementCustom {
        /// The fields that this project defines for a statement.
        pub manifesto: StatementInfo,
    }
}

open! {
    /// What a role signs about a statement besides the hash and length of its bytes.
    pub struct StatementInfo {
        /// When it was made, by its signer's clock.
        #[serde(with = "forms")]
        pub created: Timestamp,
        /// When the statement stops being valid, even if no other one replaces it.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "forms")]
        pub expires: Option<Timestamp>,
        /// The media type of the bytes.
        pub media_type: String,
        /// A title for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub title: Option<String>,
        /// Further text that the author wants to have signed.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub annotations: BTreeMap<String, String>,
        /// Its former values, newest first, at most [`HISTORY`].
        #[serde(default)]
        pub history: Vec<Former>,
    }
}

open! {
    /// A value that a statement had before.
    pub struct Former {
        /// Its hash.
        #[serde(with = "forms")]
        pub sha256: Digest,
        /// Its length in bytes.
        pub length: u64,
        /// When it was made.
        #[serde(with = "forms")]
        pub created: Timestamp,
    }
}
