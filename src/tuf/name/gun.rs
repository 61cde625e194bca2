use std::{fmt, str::FromStr};

use super::{ReferenceError, RepositoryName};

/// The globally unique name of a repository inside its signed metadata: its identity, wherever it is copied to.
///
/// It is the repository's name in normal form, `registry/path`, such as `ghcr.io/acme/app` or
/// `docker.io/library/alpine`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gun(String);

impl Gun {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&RepositoryName> for Gun {
    fn from(repository: &RepositoryName) -> Self {
        Self(repository.to_string())
    }
}

impl FromStr for Gun {
    type Err = GunError;

    fn from_str(text: &str) -> Result<Self, GunError> {
        let repository: RepositoryName =
            text.parse().map_err(|source| GunError::NoRepository { name: text.to_owned(), source })?;
        let normal = repository.to_string();
        if normal != text {
            return Err(GunError::NotNormal { name: text.to_owned(), normal });
        }
        Ok(Self(normal))
    }
}

impl fmt::Display for Gun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Gun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

super::serde_as_text!(Gun);

/// Why a text is no repository name in normal form.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum GunError {
    /// Not the name of a repository.
    #[error("'{name}' does not name a repository")]
    NoRepository {
        /// What was given.
        name: String,
        /// Where it departs from the grammar.
        source: ReferenceError,
    },
    /// A repository's name, but not in the form that is signed.
    #[error("'{name}' is not in normal form, which is '{normal}'")]
    NotNormal {
        /// What was given.
        name: String,
        /// The same repository's name in normal form.
        normal: String,
    },
}
