use std::{fmt, str::FromStr};

use super::Damage;
use crate::{
    limits::Limits,
    name::{Role, TopLevelRole},
};

/// The name of a TUF file with consistent snapshots: `N.ROLE.json`, but `timestamp.json` for the timestamp (TUF
/// specification, section 6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileName {
    Timestamp,
    /// A version, from 1, of any other role.
    Versioned(u64, Role),
}

impl FileName {
    /// The largest size of such a file in bytes.
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
            // Accept one spelling of a number only: `01` and `+1` would be second names of the same file.
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
