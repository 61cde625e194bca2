use crate::time::Timestamp;

use crate::{
    name::{Digest, Gun, Location, RoleName, StatementType, Tag},
    oci::ContentError,
    read::Error,
    store::{StoreError, proposals::ProposalError, state::StateError},
    time::to_tuf,
    trust::{TrustError, author::AuthorityError},
};

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// What the change is to be made on could not be read, or is not to be believed.
    #[error(transparent)]
    Read(#[from] Error),
    /// A key store failed.
    #[error(transparent)]
    Keys(#[from] manifesto_keys::StoreError),
    /// A key would not sign.
    #[error(transparent)]
    Sign(#[from] manifesto_keys::SignError),
    /// A layout on disk says nothing about which repository it is.
    #[error("{location} is a folder: which repository's metadata it holds has to be said")]
    NoIdentity {
        /// The layout.
        location: Location,
    },
    /// There is signed metadata already.
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
        /// The names of the keys that may.
        may_sign: Vec<String>,
    },
    /// A role needs more signatures than the keys on this machine can give.
    #[error("{role} needs {threshold} signatures, and the keys on this machine give {have}")]
    TooFewKeys {
        /// The role.
        role: String,
        /// How many signatures are needed.
        threshold: usize,
        /// How many keys are here.
        have: usize,
        /// The names of the keys that may sign and are not here.
        missing: Vec<String>,
    },
    /// A key could not be made.
    #[error(transparent)]
    Secret(#[from] manifesto_keys::SecretError),
    /// A key's record could not be made.
    #[error(transparent)]
    Record(#[from] manifesto_keys::RecordError),
    /// Keys could not be saved, or read back.
    #[error(transparent)]
    Backup(#[from] manifesto_keys::BackupError),
    /// A type belongs to a role that the keys on this machine do not speak for.
    #[error("'{statement_type}' belongs to {role}, which this machine has no key for")]
    OtherRolesType {
        /// The type.
        statement_type: StatementType,
        /// The role whose it is.
        role: RoleName,
        /// The names of those who may sign.
        may_sign: Vec<String>,
    },
    /// Someone else changed the same statement, or who may sign it, in the meantime.
    #[error("'{statement_type}' of {image} was changed by someone else meanwhile")]
    Conflict {
        /// The image.
        image: Digest,
        /// The type.
        statement_type: StatementType,
        /// What this machine wanted to say; none where it wanted to delete.
        ours: Option<Digest>,
        /// What stands there now; none where nothing does.
        theirs: Option<Digest>,
        /// Who signed it.
        by: Vec<String>,
    },
    /// Someone else changed who may say what in the meantime.
    #[error("who may say what in {location} was changed by someone else meanwhile")]
    AuthorityChanged {
        /// The repository.
        location: Location,
    },
    /// What several people signed was made on top of something that is not current any more.
    #[error("what {location} says was changed meanwhile, and this was signed on top of what it said before")]
    Moved {
        /// The repository.
        location: Location,
    },
    /// A file or an answer that should be a proposal is none.
    #[error("this is no proposal that can be used")]
    Proposal(#[from] ProposalError),
    /// No proposal, or more than one, begins with these digits.
    #[error("{found} proposals of {location} are called '{id}'")]
    ProposalNamed {
        /// The repository.
        location: Location,
        /// The first digits of an id.
        id: String,
        /// How many there are.
        found: usize,
    },
    /// A proposal was made on top of something that is not current any more, and cannot be made anew.
    #[error("the proposal {} was overtaken: who may say what in {location} was changed meanwhile", id.short())]
    ProposalOutdated {
        /// The repository.
        location: Location,
        /// The proposal.
        id: Digest,
    },
    /// The first documents of a repository are others than those that were made on this machine.
    #[error("the first documents {} of {location} are not those that this machine made", id.short())]
    OtherFirstDocuments {
        /// The repository.
        location: Location,
        /// What names the documents.
        id: Digest,
    },
    /// What was signed could not be kept where others look for it.
    #[error("what was signed could not be kept at {location}:{tag}, where others look for it")]
    NotKept {
        /// The repository.
        location: Location,
        /// The tag of the key that signed.
        tag: Tag,
        /// Why.
        source: ContentError,
    },
    /// A proposal of documents that do not begin a repository, and nothing to compare it with.
    #[error("this proposal changes {location}, and what is current there is not known here")]
    NothingToCompare {
        /// The repository.
        location: Location,
    },
    /// No key on this machine is asked for, or all that are have signed.
    #[error("no key on this machine is asked to sign for {role}")]
    NotAsked {
        /// The roles whose signatures are missing.
        role: String,
        /// The names of those who are asked.
        may_sign: Vec<String>,
    },
    /// There is nothing on this machine that could keep a proposal.
    #[error("this machine has no key that {location} knows")]
    NoRepositoryKey {
        /// The repository.
        location: Location,
        /// The names of those who could sign.
        may_sign: Vec<String>,
    },
    /// Authority cannot be given or taken as wanted.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// Content that is signed for is nowhere any more, and nobody has consented to go on without it.
    #[error("{location} has lost what cannot be put back from here: {}", lost(*.statements, *.roots))]
    Lost {
        /// The repository.
        location: Location,
        /// How many statements.
        statements: usize,
        /// How many roots.
        roots: usize,
    },
    /// Statements rest on keys that are to go, and this machine cannot sign them again.
    #[error(
        "{} rest on {}: without it they would not count any more, and this machine cannot sign them again",
        statements(gates),
        keys.join(", ")
    )]
    StatementsDependOnKey {
        /// The names of the keys.
        keys: Vec<String>,
        /// What would fail.
        gates: Vec<AffectedRole>,
    },
    /// Several keys have the name that one is to be meant by.
    #[error("several keys are called '{name}': {}", keys.join(", "))]
    AmbiguousKey {
        /// The name.
        name: String,
        /// The keys, by the first digits of their ids, and what each stands for.
        keys: Vec<String>,
    },
    /// A key is named that is not there, or not the only one of its name.
    #[error("{found} of the keys of {role} are called '{name}'")]
    NoSuchKeyName {
        /// Whose keys were looked at.
        role: String,
        /// The name, or the first digits of an id.
        name: String,
        /// How many there are.
        found: usize,
    },
    /// Others kept publishing, or the registry lost what it was sent.
    #[error("not confirmed after {rounds} attempts: others kept publishing to {location}")]
    NotConfirmed {
        /// The repository.
        location: Location,
        /// How often it was tried.
        rounds: u32,
        /// Whether what was tried may have been seen by readers.
        may_have_been_seen: bool,
    },
    /// This machine's clock is behind what the repository's signers had on theirs, or one of theirs was ahead.
    #[error(
        "this machine's clock says {}, but {location} was signed on {}",
        to_tuf(*.now),
        to_tuf(*.signed)
    )]
    ClockBehind {
        /// The repository.
        location: Location,
        /// The time here.
        now: Timestamp,
        /// The date of the newest signature.
        signed: Timestamp,
    },
    /// Somebody pushed a version up to where none follows.
    #[error("no version is left for what {location} publishes next")]
    VersionsUsedUp {
        /// The repository.
        location: Location,
    },
    /// No more fits into one role, or one manifest.
    #[error("{role} holds as many statements as it can")]
    Full {
        /// The role.
        role: RoleName,
    },
}

/// A role whose statements would not be signed by enough of its people any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedRole {
    /// The role.
    pub role: RoleName,
    /// The types that are its own: questions about these would fail. None for the owner's role, which has all others.
    pub types: Vec<StatementType>,
    /// How many statements it has.
    pub statements: usize,
    /// How many of its people have to sign.
    pub threshold: usize,
    /// The names of those whose signatures stand.
    pub signed: Vec<String>,
    /// The names of those who can sign besides them.
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
    /// Whether what was read is not to be believed, as opposed to what could not be read at all.
    pub(in crate::write) fn does_not_verify(&self) -> bool {
        matches!(self, Self::Read(error) if error.does_not_verify())
    }
}

/// What a reader meets, a writer meets by the way.
macro_rules! met_while_reading {
    ($($error:ty),+) => {
        $(impl From<$error> for WriteError {
            fn from(error: $error) -> Self {
                Self::Read(error.into())
            }
        })+
    };
}

met_while_reading!(ContentError, TrustError, StoreError, StateError, serde_json::Error, tokio::task::JoinError);
