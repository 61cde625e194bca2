use std::{fmt, num::NonZeroU32};

use crate::name::{RoleName, StatementType};

/// Why a change of authority is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// A type or tag is already delegated to another role.
    #[error("'{what}' is already delegated to {role}")]
    AlreadyDelegated {
        /// The type, or the pattern of tags.
        what: String,
        /// The role that it is delegated to.
        role: RoleName,
    },
    /// The threshold would exceed the number of keys.
    #[error("{role} cannot require {threshold} signatures: it would have {keys} keys")]
    Unmeetable {
        /// The role.
        role: String,
        /// The threshold.
        threshold: u32,
        /// How many keys there would be.
        keys: usize,
    },
    /// The role would have no type and no tag.
    #[error("{role} would have neither a type nor a tag to sign")]
    Idle {
        /// The role.
        role: RoleName,
    },
    /// The role `repository` signs the owner's own statements. It has every type that no other role has, and always
    /// exists.
    #[error("the role repository signs every type that no other role has; it cannot be given types or be removed")]
    OwnersRole,
    /// No such role is delegated to.
    #[error("there is no role {role}")]
    NoSuchRole {
        /// The role.
        role: RoleName,
    },
    /// The role does not list the key.
    #[error("{key} is not a key of {role}")]
    NoSuchKey {
        /// The role.
        role: String,
        /// The key's name, or the first digits of its id.
        key: String,
    },
    /// The type is not delegated to the role.
    #[error("'{statement_type}' is not a type of {role}")]
    NoSuchType {
        /// The role.
        role: RoleName,
        /// The type.
        statement_type: StatementType,
    },
    /// A document with this period could not be renewed in time.
    #[error("{expiry} days of validity with renewal {signing} days before the end do not fit (at most {longest} days)")]
    Period {
        /// Days from signing to expiry.
        expiry: u16,
        /// Days before expiry from which the document is renewed.
        signing: u16,
        /// The longest validity in days.
        longest: u16,
    },
}

impl AuthorityError {
    /// Checks that `keys` keys can meet the threshold of `role`.
    ///
    /// # Errors
    /// [`Unmeetable`](Self::Unmeetable).
    pub fn check_threshold(role: impl fmt::Display, threshold: NonZeroU32, keys: usize) -> Result<(), Self> {
        let threshold = threshold.get();
        if threshold as usize > keys {
            return Err(Self::Unmeetable { role: role.to_string(), threshold, keys });
        }
        Ok(())
    }
}
