use crate::name::{RoleName, StatementType};

/// Why authority cannot be given or taken as wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// A type or tag is another role's already.
    #[error("'{what}' belongs to {role} already")]
    DelegationRemoval {
        /// The type, or the pattern of tags.
        what: String,
        /// Whose it is.
        role: RoleName,
    },
    /// More signatures would be needed than there are keys.
    #[error("{role} would need {threshold} signatures and have keys for {keys}")]
    Unmeetable {
        /// The role.
        role: String,
        /// How many signatures would be needed.
        threshold: u32,
        /// How many keys there would be.
        keys: usize,
    },
    /// A role without a type or tag.
    #[error("{role} would sign for nothing: neither a type nor a tag would be its own")]
    Idle {
        /// The role.
        role: RoleName,
    },
    /// The role of the owner's own statements has every type that is nobody else's, and is always there.
    #[error("the role repository has whatever is no other role's; it is given no type and does not end")]
    OwnersRole,
    /// Nothing is delegated to this role.
    #[error("there is no role {role}")]
    NoSuchRole {
        /// The role.
        role: RoleName,
    },
    /// The key is none of the role's.
    #[error("{key} is no key of {role}")]
    NoSuchKey {
        /// The role.
        role: String,
        /// The key's name, or the first digits of its id.
        key: String,
    },
    /// The type is none of the role's.
    #[error("'{statement_type}' is no type of {role}")]
    NoSuchType {
        /// The role.
        role: RoleName,
        /// The type.
        statement_type: StatementType,
    },
    /// A period in which a document could never be renewed in time.
    #[error(
        "a document cannot stand for {expiry} days and be renewed {signing} days before: at least one day of at most {longest}, and renewed in between"
    )]
    Period {
        /// Days from signing to expiry.
        expiry: u16,
        /// Days before expiry from which on it is renewed.
        signing: u16,
        /// The most days that a document may stand.
        longest: u16,
    },
}
