use crate::time::Timestamp;

use super::key::KeyId;
use crate::{
    name::{Digest, Gun, Role},
    text::{MOST_IN_AN_ERROR, cut},
    time::to_tuf,
};

/// Why a document, or a chain of them, is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Larger than [`Limits`](crate::limits::Limits) or the signed length allow.
    #[error("{role} metadata is too large: {size} bytes, at most {limit} are allowed")]
    TooLarge {
        /// The role it was loaded as.
        role: Role,
        /// Bytes received.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// Too many of something in one document.
    #[error("{role} metadata lists {count} {what}, at most {limit} are allowed")]
    TooMany {
        /// The role it was loaded as.
        role: Role,
        /// What there is too much of.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Too much of something in all documents together, up to this one.
    #[error("up to {role} there is more metadata than is read at once: more than {limit} {what}")]
    TooMuch {
        /// The role with whose document it became too much.
        role: Role,
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// Not JSON as signed documents may use it, or not of the shape of this role's metadata.
    #[error("{role} metadata cannot be read")]
    Malformed {
        /// The role it was loaded as.
        role: Role,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The document says that it is another kind of document.
    #[error("{role} metadata says it is of type '{found}'")]
    WrongType {
        /// The role it was loaded as.
        role: Role,
        /// Its `_type`.
        found: String,
    },
    /// Written for another major version of the specification.
    #[error("{role} metadata is written for version '{found}' of the TUF specification; 1.x is supported")]
    SpecVersion {
        /// The role it was loaded as.
        role: Role,
        /// Its `spec_version`.
        found: String,
    },
    /// Signed for another repository.
    #[error("{role} metadata belongs to repository '{found}', not to '{expected}'")]
    OtherRepository {
        /// The role it was loaded as.
        role: Role,
        /// The repository it should name.
        expected: Gun,
        /// The repository it names.
        found: Gun,
    },
    /// Signed for another role.
    #[error("{role} metadata was signed as '{found}' metadata")]
    OtherRole {
        /// The role it was loaded as.
        role: Role,
        /// The role it names.
        found: Role,
    },
    /// Two signatures under one key id, which no document may carry (TUF specification, section 4.2).
    #[error("{role} metadata carries two signatures of key {}", .keyid.short())]
    RepeatedSignature {
        /// The role it was loaded as.
        role: Role,
        /// The id that is there twice.
        keyid: KeyId,
    },
    /// Fewer good signatures of authorised keys than the threshold.
    #[error("{role} metadata carries {good} of {threshold} required signatures")]
    Threshold {
        /// The role whose keys were asked for.
        role: Role,
        /// Distinct authorised public keys with a good signature.
        good: usize,
        /// How many are required.
        threshold: usize,
    },
    /// A root that does not follow the one before it, or a document that is not the version its parent signed.
    #[error("{role} metadata has version {found} where version {expected} was due")]
    Version {
        /// The role it was loaded as.
        role: Role,
        /// The version due.
        expected: u64,
        /// The version found.
        found: u64,
    },
    /// Older than what was verified here before.
    #[error("{role} metadata was rolled back: version {found}, but version {seen} was seen before")]
    Rollback {
        /// The role that went back.
        role: Role,
        /// The highest version verified here.
        seen: u64,
        /// The version found.
        found: u64,
    },
    /// The version that was verified here before, with other content.
    #[error("{role} metadata of version {version} differs from that of the same version seen before")]
    Fork {
        /// The role it was loaded as.
        role: Role,
        /// The version that two documents share.
        version: u64,
    },
    /// A role that was listed before is gone.
    #[error("{role} metadata is no longer listed, but was before")]
    Unlisted {
        /// The role that is gone.
        role: Role,
    },
    /// Past its date.
    #[error("{role} metadata expired on {}", to_tuf(*.expires))]
    Expired {
        /// The role whose document is stale.
        role: Role,
        /// When it expired.
        expires: Timestamp,
    },
    /// Not the bytes that were signed.
    #[error("{what} is not what was signed: expected {expected}, found {found}")]
    Mismatch {
        /// Which content.
        what: String,
        /// The signed digest.
        expected: Digest,
        /// The digest received.
        found: Digest,
    },
    /// Not the signed length.
    #[error("{what} is not what was signed: expected {expected} bytes, found {found}")]
    Length {
        /// Which content.
        what: String,
        /// The signed length.
        expected: u64,
        /// The length received.
        found: u64,
    },
    /// Not the signed hash, by an algorithm that this project's own layout does not use.
    #[error("{what} is not what was signed: its {algorithm} is another")]
    Hash {
        /// Which content.
        what: String,
        /// The algorithm.
        algorithm: &'static str,
    },
    /// Signed by hashes that this build cannot compute.
    #[error("{what} is signed for by no hash that this build can compute")]
    NoHash {
        /// Which content.
        what: String,
    },
    /// Signed content that the registry, or the layout, does not have.
    #[error("{what} is signed for but missing")]
    Missing {
        /// Which content.
        what: String,
    },
    /// A role that is delegated to, but that snapshot does not list: nothing says which of its documents is current.
    #[error("snapshot does not list {role} metadata")]
    NotListed {
        /// The role.
        role: Role,
    },
    /// Nobody is authorised for a path, or the role is not delegated to.
    #[error("nothing is delegated for {what}")]
    NotDelegated {
        /// The target path or the role.
        what: String,
    },
    /// A question about a role whose document the caller did not load: a mistake of this program, not of what it read.
    #[error("{role} metadata was not loaded; this is a mistake in manifesto, please report it")]
    NotLoaded {
        /// The role.
        role: Role,
    },
    /// Breaks a rule of this project's layout that plain TUF does not know.
    #[error("{role} metadata breaks a rule of signed image metadata: {rule}")]
    Profile {
        /// The role it was loaded as.
        role: Role,
        /// The rule, with what breaks it.
        rule: String,
    },
    /// The index and the signed entries say different things.
    #[error("the index of {role} disagrees with what {role} signed about {path}")]
    Index {
        /// The role whose index it is.
        role: Role,
        /// The target path they disagree about.
        path: String,
    },
    /// A document that this machine keeps to notice rollbacks cannot be used.
    #[error("what this machine remembers of the repository's {role} metadata cannot be used")]
    Memory {
        /// The role whose document was kept.
        role: Role,
        /// What is wrong with it.
        source: Box<TrustError>,
    },
    /// More delegations than one lookup may visit.
    #[error("looking up {path} visits more than {limit} delegated roles")]
    TooDeep {
        /// The path that was looked up.
        path: String,
        /// How many roles a lookup may visit.
        limit: usize,
    },
}

impl TrustError {
    /// A document that cannot be read, and why; of what it quotes, as much as a person reads.
    pub fn malformed(role: Role, source: serde_json::Error) -> Self {
        let text = source.to_string();
        let is_long = text.chars().nth(FOREIGN).is_some();
        Self::Malformed { role, source: if is_long { serde::de::Error::custom(cut(&text, FOREIGN)) } else { source } }
    }

    /// Whether this is about time alone: everything else was in order.
    pub fn is_expiry(&self) -> bool {
        matches!(self, Self::Expired { .. })
    }
}

/// The most characters that an error takes over from a document, before the sign that there are more.
pub(super) const FOREIGN: usize = MOST_IN_AN_ERROR - 1;
