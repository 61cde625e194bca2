use super::key::KeyId;
use crate::{
    name::{Digest, Gun, Role},
    text::{MOST_IN_AN_ERROR, cut},
    time::{Timestamp, to_tuf},
};

/// Why a document, or a chain of documents, does not verify.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The document is larger than [`Limits`](crate::limits::Limits) or the signed length allow.
    #[error("{role} metadata is too large: {size} bytes, at most {limit} are allowed")]
    TooLarge {
        /// The role it was loaded as.
        role: Role,
        /// Bytes received.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// One document lists too many items of one kind.
    #[error("{role} metadata lists {count} {what}, at most {limit} are allowed")]
    TooMany {
        /// The role it was loaded as.
        role: Role,
        /// The kind of item.
        what: &'static str,
        /// How many items the document lists.
        count: usize,
        /// How many items are allowed.
        limit: usize,
    },
    /// All documents up to this one have too many bytes or values together.
    #[error("the metadata up to {role} is too large in total: more than {limit} {what}")]
    TooMuch {
        /// The role whose document exceeded the limit.
        role: Role,
        /// What is counted: bytes or values.
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// The document is not JSON that may be signed, or lacks the fields of its role.
    #[error("{role} metadata cannot be read")]
    Malformed {
        /// The role it was loaded as.
        role: Role,
        /// What is wrong, and at which position.
        source: serde_json::Error,
    },
    /// The document's `_type` is that of another role.
    #[error("{role} metadata has the wrong type '{found}'")]
    WrongType {
        /// The role it was loaded as.
        role: Role,
        /// Its `_type`.
        found: String,
    },
    /// The document is written for another major version of the specification.
    #[error("{role} metadata is written for version '{found}' of the TUF specification; 1.x is supported")]
    SpecVersion {
        /// The role it was loaded as.
        role: Role,
        /// Its `spec_version`.
        found: String,
    },
    /// The document was signed for another repository.
    #[error("{role} metadata belongs to repository '{found}', not to '{expected}'")]
    OtherRepository {
        /// The role it was loaded as.
        role: Role,
        /// The repository it should name.
        expected: Gun,
        /// The repository it names.
        found: Gun,
    },
    /// The document was signed for another role.
    #[error("{role} metadata was signed as '{found}' metadata")]
    OtherRole {
        /// The role it was loaded as.
        role: Role,
        /// The role it names.
        found: Role,
    },
    /// The document has two signatures under one key id, which TUF forbids (specification, section 4.2).
    #[error("{role} metadata carries two signatures of key {}", .keyid.short())]
    RepeatedSignature {
        /// The role it was loaded as.
        role: Role,
        /// The repeated id.
        keyid: KeyId,
    },
    /// Fewer authorised keys than the threshold made a good signature.
    #[error("{role} metadata carries {good} of {threshold} required signatures")]
    Threshold {
        /// The role whose keys have to sign.
        role: Role,
        /// How many distinct authorised public keys made a good signature.
        good: usize,
        /// How many are required.
        threshold: usize,
    },
    /// A root is not the next version, or a document is not the version that its parent signed.
    #[error("{role} metadata has version {found}, expected version {expected}")]
    Version {
        /// The role it was loaded as.
        role: Role,
        /// The version expected.
        expected: u64,
        /// The version found.
        found: u64,
    },
    /// The document is older than one that this machine verified before.
    #[error("{role} metadata was rolled back: version {found}, but version {seen} was seen before")]
    Rollback {
        /// The role that was rolled back.
        role: Role,
        /// The highest version that this machine verified.
        seen: u64,
        /// The version found.
        found: u64,
    },
    /// The document has a version that this machine verified before, but other content.
    #[error("{role} metadata of version {version} differs from that of the same version seen before")]
    Fork {
        /// The role it was loaded as.
        role: Role,
        /// The version that two documents share.
        version: u64,
    },
    /// Snapshot no longer lists a role that it listed before.
    #[error("{role} metadata is no longer listed, but was before")]
    Unlisted {
        /// The missing role.
        role: Role,
    },
    /// The document has expired.
    #[error("{role} metadata expired on {}", to_tuf(*.expires))]
    Expired {
        /// The role whose document expired.
        role: Role,
        /// When it expired.
        expires: Timestamp,
    },
    /// Content does not have the digest that is signed for it.
    #[error("{what} is not what was signed: expected {expected}, found {found}")]
    Mismatch {
        /// Which content.
        what: String,
        /// The signed digest.
        expected: Digest,
        /// The digest received.
        found: Digest,
    },
    /// Content does not have the length that is signed for it.
    #[error("{what} is not what was signed: expected {expected} bytes, found {found}")]
    Length {
        /// Which content.
        what: String,
        /// The signed length.
        expected: u64,
        /// The length received.
        found: u64,
    },
    /// Content does not have the hash that is signed for it, under an algorithm that only other layouts use.
    #[error("{what} is not what was signed: its {algorithm} differs")]
    Hash {
        /// Which content.
        what: String,
        /// The algorithm.
        algorithm: &'static str,
    },
    /// Content is signed with hash algorithms of which this build supports none.
    #[error("{what} is signed with unsupported hash algorithms only")]
    NoHash {
        /// Which content.
        what: String,
    },
    /// The registry or layout lacks content that is signed.
    #[error("{what} is signed but missing")]
    Missing {
        /// Which content.
        what: String,
    },
    /// A role is delegated to, but snapshot does not list it, so none of its documents is current.
    #[error("snapshot does not list {role} metadata")]
    NotListed {
        /// The role.
        role: Role,
    },
    /// No role is authorised for a path, or no role delegates to this one.
    #[error("no delegation covers {what}")]
    NotDelegated {
        /// The target path or the role.
        what: String,
    },
    /// The caller asks about a role whose document it did not load. This is a bug in the program, not in the
    /// repository.
    #[error("{role} metadata was not loaded; this is a mistake in manifesto, please report it")]
    NotLoaded {
        /// The role.
        role: Role,
    },
    /// The document breaks a rule of this project's layout that plain TUF does not have.
    #[error("{role} metadata breaks a rule of signed image metadata: {rule}")]
    Profile {
        /// The role it was loaded as.
        role: Role,
        /// The rule, with what breaks it.
        rule: String,
    },
    /// A role's index disagrees with the targets that the role signs.
    #[error("the index of {role} disagrees with what {role} signed about {path}")]
    Index {
        /// The role whose index it is.
        role: Role,
        /// The target path they disagree about.
        path: String,
    },
    /// A document that this machine keeps to detect rollbacks cannot be used.
    #[error("what this machine remembers of the repository's {role} metadata cannot be used")]
    Memory {
        /// The role whose document was kept.
        role: Role,
        /// What is wrong with it.
        source: Box<TrustError>,
    },
    /// A lookup would visit more delegated roles than allowed.
    #[error("looking up {path} visits more than {limit} delegated roles")]
    TooDeep {
        /// The path that was looked up.
        path: String,
        /// How many roles a lookup may visit.
        limit: usize,
    },
}

impl TrustError {
    /// Returns a [`Malformed`](Self::Malformed) error, which quotes only as much of the document as a person reads.
    pub fn malformed(role: Role, source: serde_json::Error) -> Self {
        let text = source.to_string();
        let is_long = text.chars().nth(FOREIGN).is_some();
        Self::Malformed { role, source: if is_long { serde::de::Error::custom(cut(&text, FOREIGN)) } else { source } }
    }

    /// Whether only the date is wrong: everything else verified.
    pub fn is_expiry(&self) -> bool {
        matches!(self, Self::Expired { .. })
    }
}

/// The most characters of a document that an error quotes, before the mark that there are more.
pub(super) const FOREIGN: usize = MOST_IN_AN_ERROR - 1;
