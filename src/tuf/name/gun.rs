use std::{fmt, str::FromStr};

use super::{ReferenceError, RepositoryName};

/// The globally unique name of a repository in its signed metadata. It stays the same wherever the repository is
/// copied.
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

/// Why a text is not a repository name in normal form.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum GunError {
    /// The text does not name a repository.
    #[error("'{name}' does not name a repository")]
    NoRepository {
        /// The text.
        name: String,
        /// How it violates the grammar.
        source: ReferenceError,
    },
    /// The text names a repository, but not in the form that is signed.
    #[error("'{name}' is not in normal form, which is '{normal}'")]
    NotNormal {
        /// The text.
        name: String,
        /// The normal form of the name.
        normal: String,
    },
}
