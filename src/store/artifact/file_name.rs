use std::{fmt, str::FromStr};

use super::Damage;
use crate::{
    limits::Limits,
    name::{Role, TopLevelRole},
};

/// The name of a TUF file with consistent snapshots: `N.ROLE.json`, of the timestamp `timestamp.json` (TUF
/// specification, section 6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileName {
    Timestamp,
    /// Any other role, in a version of at least 1.
    Versioned(u64, Role),
}

impl FileName {
    /// How large such a file may be, in bytes.
    pub(super) fn limit(&self, limits: &Limits) -> u64 {
        match self {
            Self::Timestamp | Self::Versioned(_, Role::TopLevel(TopLevelRole::Timestamp)) => limits.timestamp_bytes,
            Self::Versioned(_, Role::TopLevel(TopLevelRole::Root)) => limits.root_bytes,
            Self::Versioned(_, Role::TopLevel(TopLevelRole::Snapshot)) => limits.snapshot_bytes,
            Self::Versioned(_, Role::TopLevel(TopLevelRole::Targets) | Role::Delegated(_)) => limits.targets_bytes,
        }
    }
}

impl FromStr for FileName {
    type Err = Damage;

    fn from_str(name: &str) -> Result<Self, Damage> {
        let parse = || {
            let stem = name.strip_suffix(".json")?;
            if stem == TopLevelRole::Timestamp.as_str() {
                return Some(Self::Timestamp);
            }
            let (version, role) = stem.split_once('.')?;
            let role: Role = role.parse().ok().filter(|role| *role != TopLevelRole::Timestamp.into())?;
            // A number has one spelling: `01` and `+1` would be second names of one file.
            let number: u64 = version.parse().ok().filter(|number| *number > 0)?;
            (number.to_string() == version).then_some(Self::Versioned(number, role))
        };
        parse().ok_or_else(|| Damage::FileName { name: name.to_owned() })
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timestamp => f.write_str("timestamp.json"),
            Self::Versioned(version, role) => write!(f, "{version}.{role}.json"),
        }
    }
}
