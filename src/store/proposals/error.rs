use crate::name::Digest;

/// Why bytes are not a proposal or a list of proposals.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// It is not JSON of this form.
    #[error("the proposal is malformed")]
    Malformed(#[source] serde_json::Error),
    /// It is another kind of document.
    #[error("it is not a proposal but '{found}'")]
    Kind {
        /// The kind that it states.
        found: String,
    },
    /// It exceeds a limit.
    #[error("it has {count} {what}, at most {limit} are allowed")]
    TooMany {
        /// What it has too much of.
        what: &'static str,
        /// How much it has.
        count: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// It has nothing to sign.
    #[error("there is nothing in it to sign")]
    Empty,
    /// A blob does not have the digest under which it is listed.
    #[error("the blob listed as {expected} is {found}")]
    Mismatch {
        /// The digest under which it is listed.
        expected: Digest,
        /// The digest of its bytes.
        found: Digest,
    },
}
