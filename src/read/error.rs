use std::path::PathBuf;

use crate::time::Timestamp;

use crate::{
    name::{Digest, Location, Platform, StatementType, Tag},
    oci::{ContentError, platform::ChoiceError},
    read::freshness,
    store::{StoreError, state::StateError},
    time::{Age, to_tuf},
    trust::TrustError,
};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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
    #[error("there is no '{statement_type}' about {image}")]
    NoStatement {
        /// The image as it was asked for.
        image: String,
        /// The type.
        statement_type: StatementType,
    },
    /// The statement's own end has passed.
    #[error("the '{statement_type}' of {image} expired on {}", to_tuf(*.expires))]
    StatementExpired {
        /// The image as it was asked for.
        image: String,
        /// The type.
        statement_type: StatementType,
        /// When.
        expires: Timestamp,
    },
    /// The statement is older than the caller accepts.
    #[error("the '{statement_type}' of {image} is {age} old, more than {limit}")]
    StatementTooOld {
        /// The image as it was asked for.
        image: String,
        /// The type.
        statement_type: StatementType,
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
    #[error("{}", freshness::dated(what, *.date, *.now, *.registry))]
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
    #[error("{}", freshness::behind(*.now, *.registry, signed.as_ref()))]
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
        source: Box<Error>,
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
    /// There is no signed metadata, and the caller did not ask for it to be made.
    #[error("{location} has no signed metadata yet")]
    NotInitialised {
        /// The repository.
        location: Location,
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

impl Error {
    /// Whether what was read is not to be believed, as opposed to what could not be read at all.
    pub fn does_not_verify(&self) -> bool {
        matches!(self, Self::Trust(_) | Self::Store(_))
    }

    /// Whether something is missing that is signed for: while a tag moves, that may be what was just replaced.
    pub(crate) fn is_missing_content(&self) -> bool {
        match self {
            Self::Trust(TrustError::Missing { .. }) => true,
            Self::TagUnknown { source, .. } => source.is_missing_content(),
            _ => false,
        }
    }
}

impl From<ContentError> for Error {
    fn from(error: ContentError) -> Self {
        Self::Content(error)
    }
}

impl From<TrustError> for Error {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}

/// Unwraps what only passed through, so that a cause has one place in the chain of errors.
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Content(error) => Self::Content(error),
            StoreError::Trust(error) => Self::Trust(error),
            StoreError::State(error) => Self::State(error),
            other => Self::Store(other),
        }
    }
}
