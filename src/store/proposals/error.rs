use crate::name::Digest;

/// Why bytes are no proposal, or no list of proposals.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// Not JSON of this shape.
    #[error("it cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// Another kind of document.
    #[error("it is not a proposal but '{found}'")]
    Kind {
        /// What it says that it is.
        found: String,
    },
    /// A bound is exceeded.
    #[error("it has {count} {what}, at most {limit} are allowed")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        count: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// There is nothing to be signed in it.
    #[error("there is nothing in it to sign")]
    Empty,
    /// A copy of something that it is not a copy of.
    #[error("what it carries as {expected} is {found}")]
    Mismatch {
        /// The digest under which it stands.
        expected: Digest,
        /// The digest that it has.
        found: Digest,
    },
}
