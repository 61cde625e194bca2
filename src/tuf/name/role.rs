use std::{fmt, str::FromStr};

/// One of the four roles that every TUF repository has (TUF specification, section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopLevelRole {
    /// Root lists the keys of all four roles.
    Root,
    /// Targets has authority over statements: it delegates them to other roles.
    Targets,
    /// Snapshot lists the current version of every targets role.
    Snapshot,
    /// Timestamp states which snapshot is current.
    Timestamp,
}

impl TopLevelRole {
    /// All four, in the order in which a client verifies them.
    pub const ALL: [Self; 4] = [Self::Root, Self::Timestamp, Self::Snapshot, Self::Targets];

    /// The role's name in metadata, which is also its `_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Timestamp => "timestamp",
        }
    }
}

impl fmt::Display for TopLevelRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a delegated role: `[a-z][a-z0-9_-]{0,62}`, but not the name of a top-level role.
///
/// A delegated role named `root` would have the same file name as root itself, so it does not parse.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(String);

impl RoleName {
    /// The role that signs the owner's own statements. Every repository has it.
    pub fn repository() -> Self {
        Self("repository".to_owned())
    }

    /// Whether this role signs the owner's own statements.
    pub fn is_repository(&self) -> bool {
        self.0 == "repository"
    }

    /// A role's name in a repository of another layout, which may be any text but the name of a top-level role.
    ///
    /// Such a name may be unsafe in a path or file name. Names in this project's layout are made by [`FromStr`] alone,
    /// and a test lists the callers of this function.
    pub(crate) fn of_any_tuf_repository(text: &str) -> Result<Self, RoleNameError> {
        Self::unless_top_level(text)
    }

    fn unless_top_level(text: &str) -> Result<Self, RoleNameError> {
        if TopLevelRole::ALL.iter().any(|role| role.as_str() == text) {
            return Err(RoleNameError::TopLevel(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleName {
    type Err = RoleNameError;

    fn from_str(text: &str) -> Result<Self, RoleNameError> {
        let mut bytes = text.bytes();
        let first = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
        let rest = bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        if !first || !rest || text.len() > 63 {
            return Err(RoleNameError::Malformed(text.to_owned()));
        }
        Self::unless_top_level(text)
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::debug_as_text!(RoleName);

super::serde_as_text!(RoleName);

/// Any role whose document can be loaded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// One of the top-level roles.
    TopLevel(TopLevelRole),
    /// A delegated role.
    Delegated(RoleName),
}

impl Role {
    /// The role's name, as in file names and in snapshot (without `.json`).
    pub fn as_str(&self) -> &str {
        match self {
            Self::TopLevel(role) => role.as_str(),
            Self::Delegated(name) => name.as_str(),
        }
    }
}

impl From<TopLevelRole> for Role {
    fn from(role: TopLevelRole) -> Self {
        Self::TopLevel(role)
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        Self::Delegated(name)
    }
}

impl FromStr for Role {
    type Err = RoleNameError;

    fn from_str(text: &str) -> Result<Self, RoleNameError> {
        match TopLevelRole::ALL.into_iter().find(|role| role.as_str() == text) {
            Some(role) => Ok(Self::TopLevel(role)),
            None => text.parse().map(Self::Delegated),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

super::debug_as_text!(Role);

super::serde_as_text!(Role);

/// Why a text is not the name of a delegated role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleNameError {
    /// The text violates the grammar.
    #[error("'{0}' is not a role name: a lower-case letter, then up to 62 of a-z, 0-9, '_' and '-'")]
    Malformed(String),
    /// The text is the name of a top-level role.
    #[error("'{0}' is the name of a top-level role and cannot be delegated")]
    TopLevel(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_level_names_do_not_delegate() {
        for role in TopLevelRole::ALL {
            assert_eq!(role.as_str().parse::<RoleName>(), Err(RoleNameError::TopLevel(role.to_string())));
            assert_eq!(role.as_str().parse::<Role>(), Ok(Role::TopLevel(role)));
        }
    }

    #[test]
    fn the_grammar_keeps_names_out_of_paths() {
        for bad in ["", "Qa", "1qa", "qa/../x", "qa.json", "_qa", &"q".repeat(64)] {
            assert!(bad.parse::<RoleName>().is_err(), "{bad}");
        }
        for good in ["q", "qa", "repository", "qa-2_x", &"q".repeat(63)] {
            assert_eq!(good.parse::<RoleName>().unwrap().as_str(), good);
        }
    }
}
