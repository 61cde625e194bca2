//! `x-manifesto`: what this project's documents say beyond TUF, and `custom` of a statement.
//!
//! Every signed document names its repository and role. Without that the `qa` role of one repository would verify in
//! another wherever the two share a key. [⚔]
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository

use std::collections::BTreeMap;

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Unknown,
    forms::{hex_digest, tuf_time},
    json::open,
    key::KeyId,
};
use crate::name::{Digest, Gun, Role, TargetPath};

open! {
    /// What every document carries.
    pub struct Extension {
        /// The repository it belongs to.
        pub gun: Gun,
        /// The role it was signed as.
        pub role: Role,
        /// When it was made, by its signer's clock.
        #[serde(with = "tuf_time")]
        pub created: Timestamp,
    }
}

open! {
    /// What root carries.
    pub struct RootExtension {
        flatten {
            /// Repository, role and date.
            pub common: Common {
                gun: Gun,
                role: Role,
                #[serde(with = "tuf_time")]
                created: Timestamp,
            }
        }
        /// How many publish.
        pub writers: Writers,
        /// How long documents stand and when they may be renewed.
        pub periods: Periods,
        /// The names that people gave to keys.
        #[serde(default)]
        pub names: BTreeMap<KeyId, String>,
    }
}

/// Repository, role and date, as the first three fields of a larger extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Common {
    /// The repository it belongs to.
    pub gun: Gun,
    /// The role it was signed as.
    pub role: Role,
    /// When it was made, by its signer's clock.
    #[serde(with = "tuf_time")]
    pub created: Timestamp,
}

impl From<Common> for Extension {
    fn from(Common { gun, role, created }: Common) -> Self {
        Self { gun, role, created, other: Unknown::default() }
    }
}

/// How many machines or people publish, which decides how much care a publication takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Writers {
    /// All keys are in one keyring, whose user's publications are put in order by a lock.
    Single,
    /// Publications may race on the registry.
    Several,
}

/// How long a document of a role stands, in days, and how many days before its end it may be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Days from signing to expiry.
    pub expiry: u16,
    /// Days before expiry from which on `refresh` renews it.
    pub signing: u16,
}

/// The periods of all roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Periods {
    /// Of root.
    pub root: Period,
    /// Of top-level targets.
    pub targets: Period,
    /// Of delegated roles.
    pub delegated: Period,
    /// Of snapshot.
    pub snapshot: Period,
    /// Of timestamp.
    pub timestamp: Period,
}

impl Periods {
    /// What `init` signs: a year for root and targets, 90 days for delegated roles and snapshot, 14 for timestamp.
    pub const DEFAULT: Self = Self {
        root: Period { expiry: 365, signing: 60 },
        targets: Period { expiry: 365, signing: 60 },
        delegated: Period { expiry: 90, signing: 30 },
        snapshot: Period { expiry: 90, signing: 30 },
        timestamp: Period { expiry: 14, signing: 7 },
    };
}

open! {
    /// What timestamp carries.
    pub struct TimestampExtension {
        flatten {
            /// Repository, role and date.
            pub common: Common {
                gun: Gun,
                role: Role,
                #[serde(with = "tuf_time")]
                created: Timestamp,
            }
        }
        /// The manifest that was current when this publication was made: the first of its lineage.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub parent: Option<Digest>,
        /// For each timestamp key, the timestamp version of that writer's last publication that was carried into this one or
        /// given up. As long as root's list of keys, so that it cannot overflow as a list of ancestors does.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub accounted: BTreeMap<KeyId, u64>,
    }
}

open! {
    /// What top-level targets and delegated roles carry.
    pub struct RoleExtension {
        flatten {
            /// Repository, role and date.
            pub common: Common {
                gun: Gun,
                role: Role,
                #[serde(with = "tuf_time")]
                created: Timestamp,
            }
        }
        /// The last deletions, newest first, at most [`DELETED`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub deleted: Vec<Deletion>,
        /// The document that this one replaces, where several people signed it one after the other [⚔]: it is not to be
        /// published on top of another.
        ///
        /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-replay
        #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_digest")]
        pub follows: Option<Digest>,
    }
}

/// How many deletions a role remembers.
pub const DELETED: usize = 100;

open! {
    /// A statement that was taken back.
    pub struct Deletion {
        /// What it was about.
        pub path: TargetPath,
        /// When it was deleted.
        #[serde(with = "tuf_time")]
        pub at: Timestamp,
        /// The value that was deleted.
        #[serde(with = "hex_digest")]
        pub sha256: Digest,
        /// The values that it had replaced, newest first: whoever compares two publications has to see that they went too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub history: Vec<Former>,
    }
}

/// How many former values a statement remembers.
pub const HISTORY: usize = 10;

open! {
    /// `custom` of a statement's target.
    pub struct StatementCustom {
        /// What this project says of a statement.
        pub manifesto: StatementInfo,
    }
}

open! {
    /// What is signed about a statement besides its bytes.
    pub struct StatementInfo {
        /// When it was made, by its signer's clock.
        #[serde(with = "tuf_time")]
        pub created: Timestamp,
        /// When it stops being valid, if it does so before it is replaced.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_time")]
        pub expires: Option<Timestamp>,
        /// What kind of bytes these are.
        pub media_type: String,
        /// A title for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub title: Option<String>,
        /// Whatever else its author wants to have signed.
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
        #[serde(with = "hex_digest")]
        pub sha256: Digest,
        /// Its length in bytes.
        pub length: u64,
        /// When it was made.
        #[serde(with = "tuf_time")]
        pub created: Timestamp,
    }
}

mod optional_digest {
    use super::{Digest, hex_digest};
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Present(#[serde(with = "hex_digest")] Digest);

    pub(super) fn serialize<S: Serializer>(digest: &Option<Digest>, serializer: S) -> Result<S::Ok, S::Error> {
        match digest {
            Some(digest) => hex_digest::serialize(digest, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Digest>, D::Error> {
        Ok(Option::<Present>::deserialize(deserializer)?.map(|present| present.0))
    }
}

mod optional_time {
    use super::{Timestamp, tuf_time};
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Present(#[serde(with = "tuf_time")] Timestamp);

    pub(super) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => tuf_time::serialize(time, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<Present>::deserialize(deserializer)?.map(|Present(time)| time))
    }
}
