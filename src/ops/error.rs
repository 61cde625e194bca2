use std::path::PathBuf;

use jiff::Timestamp;

use crate::{
    name::{Digest, Gun, Location, Platform, RoleName, StatementType, Tag},
    oci::{ContentError, platform::ChoiceError},
    store::{StoreError, proposals::ProposalError, state::StateError},
    time::{Age, to_tuf},
    trust::{TrustError, author::AuthorityError},
};

/// Why an operation did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// The registry or layout could not be read or written.
    #[error(transparent)]
    Content(ContentError),
    /// What was read is not to be believed.
    #[error(transparent)]
    Trust(TrustError),
    /// The signed metadata cannot be used.
    #[error(transparent)]
    Store(StoreError),
    /// This machine's memory could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// A key store failed.
    #[error(transparent)]
    Keys(#[from] manifesto_keys::StoreError),
    /// A key would not sign.
    #[error(transparent)]
    Sign(#[from] manifesto_keys::SignError),
    /// Nothing is pinned for this repository.
    #[error("{location} is not trusted on this machine: nothing is pinned for it")]
    NotPinned {
        /// The repository.
        location: Location,
        /// The fingerprint of the root that it shows, if it shows one.
        shown: Option<Digest>,
    },
    /// Another root or another repository than the pinned one.
    #[error("{location} is not what is pinned here: expected {expected}, found {found}")]
    PinMismatch {
        /// The repository.
        location: Location,
        /// What is pinned.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A layout on disk says nothing about which repository it is.
    #[error("{location} is a folder: which repository's metadata it holds has to be said")]
    NoIdentity {
        /// The layout.
        location: Location,
    },
    /// The registry knows no such image.
    #[error("no such image: {image}")]
    NoImage {
        /// The image as it was asked for.
        image: String,
        /// Whether credentials went with the question.
        credentials_sent: bool,
    },
    /// The image is none for the platform.
    #[error("{image} cannot be resolved for {platform}")]
    NoPlatform {
        /// The image as it was asked for.
        image: String,
        /// The platform.
        platform: Platform,
        /// Why.
        source: ChoiceError,
    },
    /// Verified: there is no such statement.
    #[error("there is no '{kind}' about {image}")]
    NoStatement {
        /// The image as it was asked for.
        image: String,
        /// The type.
        kind: StatementType,
    },
    /// The statement's own end has passed.
    #[error("the '{kind}' of {image} expired on {}", to_tuf(*.expires))]
    StatementExpired {
        /// The image as it was asked for.
        image: String,
        /// The type.
        kind: StatementType,
        /// When.
        expires: Timestamp,
    },
    /// The statement is older than the caller accepts.
    #[error("the '{kind}' of {image} is {age} old, more than {limit}")]
    StatementTooOld {
        /// The image as it was asked for.
        image: String,
        /// The type.
        kind: StatementType,
        /// How old it is.
        age: Age,
        /// How old it may be.
        limit: Age,
    },
    /// The signed date of the answer is older than the caller accepts.
    #[error("the signed date of {location} is {age} old, more than {limit}")]
    NotFresh {
        /// The repository.
        location: Location,
        /// How old it is.
        age: Age,
        /// How old it may be.
        limit: Age,
    },
    /// Something that an answer rests on is dated in the future, so that it has no age.
    #[error("{}", super::freshness::dated(what, *.date, *.now, *.registry))]
    DatedInFuture {
        /// The repository.
        location: Location,
        /// What bears the date.
        what: String,
        /// The date.
        date: Timestamp,
        /// The time here.
        now: Timestamp,
        /// The time by the registry's clock, where it tells.
        registry: Option<Timestamp>,
    },
    /// This machine's clock is behind the registry's, so that it cannot tell how old an answer is.
    #[error("{}", super::freshness::behind(*.now, *.registry, signed.as_ref()))]
    BehindRegistry {
        /// The repository.
        location: Location,
        /// The time here.
        now: Timestamp,
        /// The time by the registry's clock.
        registry: Timestamp,
        /// What is dated after the time here as well, and its date.
        signed: Option<(String, Timestamp)>,
    },
    /// The caller wants the tag signed, and names the image without one.
    #[error("{image} is named by its digest alone: there is no tag that could be signed")]
    NoTag {
        /// The image as it was asked for.
        image: String,
    },
    /// Nobody signs that the tag stands for this image, and the caller wants that signed.
    #[error("nobody signs which image the tag '{tag}' of {location} stands for")]
    UnsignedTag {
        /// The repository.
        location: Location,
        /// The tag.
        tag: Tag,
    },
    /// What would say whether the tag is signed, and for which image, is not to be believed.
    #[error("cannot tell whether the tag of {image} is signed, and for which image")]
    TagUnknown {
        /// The image as it was asked for.
        image: String,
        /// The same by the digest that the registry serves, which needs no tag.
        reference: String,
        /// What is wrong.
        source: Box<OpsError>,
    },
    /// A question about an image was put to the metadata of another repository [⚔].
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#other-repository
    #[error("{image} is not in {location}")]
    OtherRepository {
        /// The image.
        image: String,
        /// The repository whose metadata was asked.
        location: Location,
    },
    /// A signed tag stands for another image than the one that the registry serves, or that was asked for with it.
    #[error("the tag '{tag}' is signed to stand for {signed}, not for {found}")]
    WrongTag {
        /// The tag.
        tag: Tag,
        /// The signed digest.
        signed: Digest,
        /// The digest that was served or asked for.
        found: Digest,
    },
    /// There is signed metadata already.
    #[error("{location} has signed metadata already")]
    AlreadyInitialised {
        /// The repository.
        location: Location,
    },
    /// There is no signed metadata, and the caller did not ask for it to be made.
    #[error("{location} has no signed metadata yet")]
    NotInitialised {
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
    #[error("'{kind}' belongs to {role}, which this machine has no key for")]
    OtherRolesType {
        /// The type.
        kind: StatementType,
        /// The role whose it is.
        role: RoleName,
        /// The names of those who may sign.
        may_sign: Vec<String>,
    },
    /// Someone else changed the same statement, or who may sign it, in the meantime.
    #[error("'{kind}' of {image} was changed by someone else meanwhile")]
    Conflict {
        /// The image.
        image: Digest,
        /// The type.
        kind: StatementType,
        /// What this machine wanted to say; none where it wanted to delete.
        ours: Option<Digest>,
        /// What stands there now; none where nothing does.
        theirs: Option<Digest>,
        /// Who signed it.
        by: Vec<String>,
    },
    /// Someone else changed who may say what in the meantime.
    #[error("who may say what in {location} was changed by someone else meanwhile")]
    Overtaken {
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
    Outdated {
        /// The repository.
        location: Location,
        /// The proposal.
        id: Digest,
    },
    /// The first documents of a repository are others than those that were made on this machine.
    #[error("the first documents {} of {location} are not those that this machine made", id.short())]
    FoundedElsewhere {
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
    Stranger {
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
    Rests {
        /// The names of the keys.
        keys: Vec<String>,
        /// What would fail.
        gates: Vec<Gate>,
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
    KeyNamed {
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
    /// A file could not be read or written.
    #[error("cannot {operation} {}", path.display())]
    File {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something that the tool itself made cannot be written as a document.
    #[error("cannot write a document")]
    Document(#[from] serde_json::Error),
    /// Work on another thread ended without a result.
    #[error("a background task failed")]
    Task(#[from] tokio::task::JoinError),
}

/// A role whose statements would not be signed by enough of its people any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
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

fn statements(gates: &[Gate]) -> String {
    let of_role = |gate: &Gate| {
        let count = gate.statements;
        format!("{count} {} of {}", if count == 1 { "statement" } else { "statements" }, gate.role)
    };
    gates.iter().map(of_role).collect::<Vec<_>>().join(" and ")
}

impl OpsError {
    /// Whether something is missing that is signed for: while a tag moves, that may be what was just replaced.
    pub(super) fn is_missing_content(&self) -> bool {
        match self {
            Self::Trust(TrustError::Missing { .. }) => true,
            Self::TagUnknown { source, .. } => source.is_missing_content(),
            _ => false,
        }
    }
}

impl From<ContentError> for OpsError {
    fn from(error: ContentError) -> Self {
        Self::Content(error)
    }
}

impl From<TrustError> for OpsError {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}

/// Unwraps what only passed through, so that a cause has one place in the chain of errors.
impl From<StoreError> for OpsError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Content(error) => Self::Content(error),
            StoreError::Trust(error) => Self::Trust(error),
            StoreError::State(error) => Self::State(error),
            other => Self::Store(other),
        }
    }
}
