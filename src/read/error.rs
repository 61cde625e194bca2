//! The errors of a read.

use std::path::PathBuf;

use crate::{
    name::{Digest, Location, Platform, StatementType, Tag},
    oci::{ContentError, platform::ChoiceError},
    store::{StoreError, state::StateError},
    time::{Age, Timestamp, is_future, to_tuf},
    trust::TrustError,
};

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The registry or layout could not be read or written.
    #[error(transparent)]
    Content(ContentError),
    /// The metadata does not verify.
    #[error(transparent)]
    Trust(TrustError),
    /// The signed metadata cannot be used.
    #[error(transparent)]
    Store(StoreError),
    /// This machine's state could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// No root is pinned for the repository.
    #[error("{location} is not trusted on this machine: nothing is pinned for it")]
    NotPinned {
        /// The repository.
        location: Location,
        /// The fingerprint of the root in the registry, if there is one.
        shown: Option<Digest>,
    },
    /// The root or the repository's name is not the pinned one.
    #[error("{location} is not what is pinned here: expected {expected}, found {found}")]
    PinMismatch {
        /// The repository.
        location: Location,
        /// What is pinned.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The registry has no such image.
    #[error("no such image: {image}")]
    NoImage {
        /// The image, as given by the user.
        image: String,
        /// Whether the request carried credentials.
        credentials_sent: bool,
    },
    /// The index has no image for the platform.
    #[error("{image} cannot be resolved for {platform}")]
    NoPlatform {
        /// The image, as given by the user.
        image: String,
        /// The platform.
        platform: Platform,
        /// The cause.
        source: ChoiceError,
    },
    /// Verified: there is no such statement.
    #[error("there is no '{statement_type}' about {image}")]
    NoStatement {
        /// The image, as given by the user.
        image: String,
        /// The type.
        statement_type: StatementType,
    },
    /// The statement has expired.
    #[error("the '{statement_type}' of {image} expired on {}", to_tuf(*.expires))]
    StatementExpired {
        /// The image, as given by the user.
        image: String,
        /// The type.
        statement_type: StatementType,
        /// When it expired.
        expires: Timestamp,
    },
    /// The statement is older than the caller accepts.
    #[error("the '{statement_type}' of {image} is {age} old, more than {limit}")]
    StatementTooOld {
        /// The image, as given by the user.
        image: String,
        /// The type.
        statement_type: StatementType,
        /// Its age.
        age: Age,
        /// The highest age that the caller accepts.
        limit: Age,
    },
    /// The metadata's signed date is older than the caller accepts.
    #[error("the signed date of {location} is {age} old, more than {limit}")]
    NotFresh {
        /// The repository.
        location: Location,
        /// Its age.
        age: Age,
        /// The highest age that the caller accepts.
        limit: Age,
    },
    /// A document or statement is dated in the future, so its age is unknown.
    #[error("{}", dated(what, *.date, *.now, *.registry))]
    DatedInFuture {
        /// The repository.
        location: Location,
        /// The document or statement.
        what: String,
        /// Its date.
        date: Timestamp,
        /// This machine's time.
        now: Timestamp,
        /// The registry's time, if it is known.
        registry: Option<Timestamp>,
    },
    /// This machine's clock is behind the registry's, so ages are unknown.
    #[error("{}", behind(*.now, *.registry, signed.as_ref()))]
    BehindRegistry {
        /// The repository.
        location: Location,
        /// This machine's time.
        now: Timestamp,
        /// The registry's time.
        registry: Timestamp,
        /// A document or statement that is dated after this machine's time, too, and its date.
        signed: Option<(String, Timestamp)>,
    },
    /// The caller requires a signed tag, and the image is given without a tag.
    #[error("{image} is named by its digest alone: there is no tag that could be signed")]
    NoTag {
        /// The image, as given by the user.
        image: String,
    },
    /// The caller requires a signed tag, and the tag is not signed.
    #[error("the tag '{tag}' of {location} is not signed")]
    UnsignedTag {
        /// The repository.
        location: Location,
        /// The tag.
        tag: Tag,
    },
    /// The role that could sign the tag does not verify.
    #[error("cannot tell whether the tag of {image} is signed, and for which image")]
    TagUnknown {
        /// The image, as given by the user.
        image: String,
        /// The same image by digest. A question about it needs no tag.
        reference: String,
        /// The cause.
        source: Box<Error>,
    },
    /// The image is in another repository than the one whose metadata was read. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#other-repository
    #[error("{image} is not in {location}")]
    OtherRepository {
        /// The image.
        image: String,
        /// The repository whose metadata was read.
        location: Location,
    },
    /// A signed tag stands for another image than the registry serves, or than the digest beside it names.
    #[error("the tag '{tag}' is signed to stand for {signed}, not for {found}")]
    WrongTag {
        /// The tag.
        tag: Tag,
        /// The signed digest.
        signed: Digest,
        /// The digest that was served or given.
        found: Digest,
    },
    /// The repository has no signed metadata yet.
    #[error("{location} has no signed metadata yet")]
    NotInitialised {
        /// The repository.
        location: Location,
    },
    /// A file could not be read or written.
    #[error("cannot {operation} {}", path.display())]
    File {
        /// The attempted operation, as a verb.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A document made by this tool cannot be written.
    #[error("cannot write a document")]
    Document(#[from] serde_json::Error),
    /// A background task failed.
    #[error("a background task failed")]
    Task(#[from] tokio::task::JoinError),
}

impl Error {
    /// Returns whether what was read does not verify, as opposed to a failure to read it.
    pub fn does_not_verify(&self) -> bool {
        matches!(self, Self::Trust(_) | Self::Store(_))
    }

    /// Returns whether signed content is missing. While a tag moves, it may belong to the publication that was just
    /// replaced.
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

/// Unwraps the errors of other layers, so that each cause appears only once in the chain of errors.
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

/// Describes a date in the future, and whose clock is wrong, as far as the registry's time tells.
pub(crate) fn dated(what: &str, date: Timestamp, now: Timestamp, registry: Option<Timestamp>) -> String {
    let clocks = match registry {
        None => format!("this machine's clock says {}", to_tuf(now)),
        Some(registry) => format!("this machine's clock says {}, the registry's {}", to_tuf(now), to_tuf(registry)),
    };
    let whose = match registry {
        None => "either this machine's clock is behind, or the signer's was ahead",
        Some(registry) if !is_future(registry, now) => "the signer's clock was ahead",
        Some(registry) if !is_future(date, registry) => "this machine's clock is behind",
        Some(_) => "this machine's clock is behind, and the signer's was ahead",
    };
    format!("{what} is dated in the future ({}): {clocks}; {whose}", to_tuf(date))
}

/// Describes that this machine's clock is behind the registry's, and behind the `signed` date.
pub(crate) fn behind(now: Timestamp, registry: Timestamp, signed: Option<&(String, Timestamp)>) -> String {
    let (now, registry) = (to_tuf(now), to_tuf(registry));
    let signed = signed.map(|(what, date)| format!(", and {what} is dated {}", to_tuf(*date))).unwrap_or_default();
    format!("this machine's clock is behind: it says {now}, the registry's says {registry}{signed}")
}
