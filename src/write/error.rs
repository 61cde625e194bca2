//! The errors of a change.

use crate::{
    name::{Digest, Gun, Location, Role, RoleName, StatementType, Tag},
    oci::ContentError,
    read::Error,
    store::{StoreError, proposals::ProposalError, state::StateError},
    time::{Timestamp, to_tuf},
    trust::{TrustError, author::AuthorityError},
};

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The base of the change could not be read, or does not verify.
    #[error(transparent)]
    Read(#[from] Error),
    /// A key store failed.
    #[error(transparent)]
    Keys(#[from] manifesto_keys::StoreError),
    /// A key failed to sign.
    #[error(transparent)]
    Sign(#[from] manifesto_keys::SignError),
    /// A layout on disk, without the name of the repository whose metadata it holds.
    #[error("{location} is a folder: name the repository whose metadata it contains")]
    NoIdentity {
        /// The layout.
        location: Location,
    },
    /// The repository has signed metadata already.
    #[error("{location} has signed metadata already")]
    AlreadyInitialised {
        /// The repository.
        location: Location,
    },
    /// This machine has no key that may sign for a role.
    #[error("this machine has no key that may sign as {role} of {gun}")]
    NoKey {
        /// The role.
        role: String,
        /// The repository.
        gun: Gun,
        /// The names of the keys that may sign.
        may_sign: Vec<String>,
    },
    /// A role needs more signatures than the keys on this machine can give.
    #[error("{role} needs {threshold} signatures, and the keys on this machine give {have}")]
    TooFewKeys {
        /// The role.
        role: String,
        /// The role's threshold.
        threshold: usize,
        /// How many of its keys are on this machine.
        have: usize,
        /// The names of the keys that may sign and are not on this machine.
        missing: Vec<String>,
    },
    /// A key could not be made.
    #[error(transparent)]
    Secret(#[from] manifesto_keys::SecretError),
    /// A key's record could not be made.
    #[error(transparent)]
    Record(#[from] manifesto_keys::RecordError),
    /// Keys could not be backed up or restored.
    #[error(transparent)]
    Backup(#[from] manifesto_keys::BackupError),
    /// A type is delegated to a role that has no key on this machine.
    #[error("only role {role} may sign type '{statement_type}', and none of its keys is on this machine")]
    OtherRolesType {
        /// The type.
        statement_type: StatementType,
        /// The role.
        role: RoleName,
        /// The names of the keys that may sign.
        may_sign: Vec<String>,
    },
    /// Somebody else changed the same statement, or its delegation, meanwhile.
    #[error("'{statement_type}' of {image} was changed by someone else meanwhile")]
    Conflict {
        /// The image.
        image: Digest,
        /// The type.
        statement_type: StatementType,
        /// The value that this change makes current; `None` for a deletion.
        ours: Option<Digest>,
        /// The current value; `None` if there is none.
        theirs: Option<Digest>,
        /// The names of the keys that signed it.
        by: Vec<String>,
    },
    /// Somebody else changed the root or the delegations meanwhile.
    #[error("root or the delegations of {location} were changed by someone else meanwhile")]
    AuthorityChanged {
        /// The repository.
        location: Location,
    },
    /// A signed document follows one that has been replaced meanwhile.
    #[error("the metadata of {location} was changed meanwhile, and the signed documents follow an older version")]
    Moved {
        /// The repository.
        location: Location,
    },
    /// A file is not a valid proposal.
    #[error("this is not a valid proposal")]
    Proposal(#[from] ProposalError),
    /// No proposal, or more than one, has an id that begins with these digits.
    #[error("no single proposal of {location} has an id that begins with '{id}' ({found} match)")]
    ProposalNamed {
        /// The repository.
        location: Location,
        /// The first digits of an id.
        id: String,
        /// How many proposals match.
        found: usize,
    },
    /// The metadata that a proposal follows has been replaced, and the proposal cannot be made again.
    #[error("the proposal {} is outdated: root or the delegations of {location} were changed meanwhile", id.short())]
    ProposalOutdated {
        /// The repository.
        location: Location,
        /// The proposal's id.
        id: Digest,
    },
    /// The first documents of a repository are not those that this machine made.
    #[error("the first documents {} of {location} are not those that this machine made", id.short())]
    OtherFirstDocuments {
        /// The repository.
        location: Location,
        /// The id of the documents.
        id: Digest,
    },
    /// A signed proposal could not be stored where the other signers look for it.
    #[error("the proposal could not be stored at {location}:{tag}, where the other signers look for it")]
    NotKept {
        /// The repository.
        location: Location,
        /// The tag of the signer's key.
        tag: Tag,
        /// The cause.
        source: ContentError,
    },
    /// A proposal changes a repository whose current metadata is not available on this machine.
    #[error("this proposal changes {location}, whose current metadata is not on this machine")]
    NothingToCompare {
        /// The repository.
        location: Location,
    },
    /// A proposal needs no signature of a key on this machine.
    #[error("{role} needs no signature of a key on this machine")]
    NotAsked {
        /// The roles whose signatures are missing.
        role: String,
        /// The names of the keys that can sign.
        may_sign: Vec<String>,
    },
    /// This machine has no key that the repository lists, so it cannot store a proposal.
    #[error("none of the keys on this machine is listed in {location}")]
    NoRepositoryKey {
        /// The repository.
        location: Location,
        /// The names of the keys that can sign.
        may_sign: Vec<String>,
    },
    /// The authority cannot be changed as requested.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The registry has lost current content that this machine does not have, and takes no manifest that lists it.
    #[error("{location} has lost content that this machine cannot restore: {}", lost(*.statements, *.roots))]
    Lost {
        /// The repository.
        location: Location,
        /// The number of lost statements.
        statements: usize,
        /// The number of lost roots.
        roots: usize,
    },
    /// Statements depend on keys to revoke, and this machine cannot sign them again.
    #[error(
        "{} depend on {}: they would no longer count, and this machine cannot sign them again",
        statements(gates),
        keys.join(", ")
    )]
    StatementsDependOnKey {
        /// The names of the keys.
        keys: Vec<String>,
        /// The roles that have the statements.
        gates: Vec<AffectedRole>,
    },
    /// Several keys have the given name.
    #[error("several keys are named '{name}': {}", keys.join(", "))]
    AmbiguousKey {
        /// The name.
        name: String,
        /// The first digits of each key's id, and its roles.
        keys: Vec<String>,
    },
    /// No key, or more than one, has the given name.
    #[error("no single key of {role} is named '{name}' ({found} match)")]
    NoSuchKeyName {
        /// The role or repository whose keys were searched.
        role: String,
        /// The name, or the first digits of an id.
        name: String,
        /// How many keys match.
        found: usize,
    },
    /// Others kept publishing, or the registry lost what it was sent.
    #[error("not confirmed after {rounds} attempts: others kept publishing to {location}")]
    NotConfirmed {
        /// The repository.
        location: Location,
        /// The number of attempts.
        rounds: u32,
        /// Whether readers may have seen an attempt.
        may_have_been_seen: bool,
    },
    /// This machine's clock and the registry's differ by more than two clocks may.
    #[error(
        "this machine's clock says {}, but the registry of {location} says {}: nothing was signed",
        to_tuf(*.now),
        to_tuf(*.registry)
    )]
    ClockDiffers {
        /// The repository.
        location: Location,
        /// This machine's time.
        now: Timestamp,
        /// The registry's time.
        registry: Timestamp,
    },
    /// A document that everything else rests on has expired, and this machine cannot renew it.
    #[error("{role} metadata of {location} expired on {}: nobody could read what is published now", to_tuf(*.expires))]
    Expired {
        /// The repository.
        location: Location,
        /// The document's role.
        role: Role,
        /// When it expired.
        expires: Timestamp,
        /// The names of the keys that may sign it.
        may_sign: Vec<String>,
    },
    /// A key has used up the version numbers.
    #[error("no version number is left for the next publication of {location}")]
    VersionsUsedUp {
        /// The repository.
        location: Location,
    },
    /// A role or the manifest has no room for another statement.
    #[error("{role} has no room for another statement")]
    Full {
        /// The role.
        role: RoleName,
    },
}

/// A role whose statements would have too few signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedRole {
    /// The role.
    pub role: RoleName,
    /// The types delegated to it: reading these would fail. Empty for the owner's role, which has all others.
    pub types: Vec<StatementType>,
    /// The number of its statements.
    pub statements: usize,
    /// The role's threshold.
    pub threshold: usize,
    /// The names of the remaining keys that have signed.
    pub signed: Vec<String>,
    /// The names of the other keys that can sign.
    pub may_sign: Vec<String>,
}

fn lost(statements: usize, roots: usize) -> String {
    let counted = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let all = [counted(statements, "statement", "statements"), counted(roots, "earlier root", "earlier roots")];
    all.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn statements(gates: &[AffectedRole]) -> String {
    let of_role = |gate: &AffectedRole| {
        let count = gate.statements;
        format!("{count} {} of {}", if count == 1 { "statement" } else { "statements" }, gate.role)
    };
    gates.iter().map(of_role).collect::<Vec<_>>().join(" and ")
}

impl WriteError {
    /// Returns whether what was read does not verify, as opposed to a failure to read it.
    pub(in crate::write) fn does_not_verify(&self) -> bool {
        matches!(self, Self::Read(error) if error.does_not_verify())
    }
}

/// A writer reads first, so it converts a reader's errors, too.
macro_rules! from_read_errors {
    ($($error:ty),+) => {
        $(impl From<$error> for WriteError {
            fn from(error: $error) -> Self {
                Self::Read(error.into())
            }
        })+
    };
}

from_read_errors!(ContentError, TrustError, StoreError, StateError, serde_json::Error, tokio::task::JoinError);
