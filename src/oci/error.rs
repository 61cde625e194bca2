use std::{io, path::PathBuf, time::Duration};

use super::{HttpError, layout::LayoutFault, registry::CredentialsError};
use crate::name::Digest;

/// Why content could not be read or stored. "Not found" is not among them: it is an answer.
///
/// `at` names the place without scheme, query or credentials: `host/path` of a registry, or a file. What a server
/// wrote is bounded, and its control characters are escaped.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The bytes are not those that were asked for.
    #[error("{at}: the content has digest {actual}, expected {expected}")]
    Digest {
        /// Where they came from.
        at: String,
        /// What was asked for.
        expected: Digest,
        /// What came.
        actual: Digest,
    },
    /// A manifest that says one thing of itself and was served as another, or that can be read as two.
    #[error("{at}: the document contradicts itself: {what}")]
    Contradiction {
        /// Where it came from.
        at: String,
        /// What contradicts what.
        what: String,
    },
    /// A whole body of another length than the content has. Registries whose cache outlives a garbage collection answer
    /// so, with an empty body.
    #[error("{at}: the content has {actual} bytes, expected {expected}")]
    Length {
        /// Where it came from.
        at: String,
        /// Bytes expected.
        expected: u64,
        /// Bytes received; where more came than expected, one more than that.
        actual: u64,
    },
    /// More bytes than are accepted.
    #[error("{at}: the content is larger than the {limit} bytes that are accepted")]
    TooLarge {
        /// Where it came from.
        at: String,
        /// Bytes accepted.
        limit: u64,
    },
    /// The server knows us not, or not well enough, or is read-only.
    #[error("{at}: refused with status {status}{}", tail(.detail))]
    Refused {
        /// What was asked for.
        at: String,
        /// The HTTP status.
        status: u16,
        /// What the server said.
        detail: Option<String>,
        /// Whether the request, or the one for its token, carried credentials.
        credentials_sent: bool,
    },
    /// The registry wants credentials sent where anyone on the way could read them.
    #[error("{at}: refused, and asks to send credentials to {realm}, which is not protected by TLS")]
    InsecureRealm {
        /// What was asked for.
        at: String,
        /// The host of the token server, or the text that is no address.
        realm: String,
    },
    /// The registry wants an authentication that this client does not speak.
    #[error("{at}: refused, and offers no authentication but '{offered}'")]
    Challenge {
        /// What was asked for.
        at: String,
        /// The schemes it offers.
        offered: String,
    },
    /// The registry wants credentials, and looking them up failed.
    #[error("cannot look up credentials for {host}")]
    Credentials {
        /// The registry's host.
        host: String,
        /// Why.
        source: CredentialsError,
    },
    /// The server calls what we sent invalid.
    #[error("{at}: called invalid with status {status}{}", tail(.detail))]
    Rejected {
        /// What was sent.
        at: String,
        /// The HTTP status.
        status: u16,
        /// What the server said.
        detail: Option<String>,
    },
    /// A manifest refers to what the repository does not have.
    #[error("{at}: the manifest refers to what is not there: {}", list(.missing))]
    MissingBlobs {
        /// What was sent.
        at: String,
        /// What is missing, as far as the registry names it.
        missing: Vec<Digest>,
    },
    /// The server failed, or asks us to come back later, and kept doing so.
    #[error("{at}: failed with status {status}{}", tail(.detail))]
    Failed {
        /// What was asked for.
        at: String,
        /// The HTTP status.
        status: u16,
        /// What the server said.
        detail: Option<String>,
        /// How long the server asks us to wait.
        retry_after: Option<Duration>,
    },
    /// Not the answer of a registry: HTML, a path that nothing serves, a status that has no meaning here.
    #[error("{at}: answered with status {status} and {content_type}, which is not how a registry answers{}", tail(.detail))]
    NotARegistry {
        /// What was asked for.
        at: String,
        /// The HTTP status.
        status: u16,
        /// What the body was said to be.
        content_type: String,
        /// What it said.
        detail: Option<String>,
    },
    /// A header that the protocol demands is missing or malformed.
    #[error("{at}: answered without a valid {name} header")]
    Header {
        /// What was asked for.
        at: String,
        /// The header.
        name: &'static str,
    },
    /// Sent on and on.
    #[error("{at}: redirected more than {limit} times")]
    Redirects {
        /// What was asked for.
        at: String,
        /// Redirects that are followed.
        limit: usize,
    },
    /// Sent on to where TLS does not protect the connection.
    #[error("{at}: points to {to}, which is not protected by TLS")]
    InsecureRedirect {
        /// What was asked for.
        at: String,
        /// Where it points.
        to: String,
    },
    /// No connection, no TLS, or a connection lost before the answer.
    #[error("{at}: could not be reached")]
    Transport {
        /// What was asked for.
        at: String,
        /// Why.
        source: HttpError,
    },
    /// No answer, or no more of it, in time.
    #[error("{at}: no answer within {} s", .after.as_secs_f32())]
    TimedOut {
        /// What was asked for.
        at: String,
        /// How long was waited.
        after: Duration,
    },
    /// The connection was lost within the body.
    #[error("{at}: the answer broke off after {received} bytes")]
    BrokenOff {
        /// What was asked for.
        at: String,
        /// Bytes received.
        received: u64,
        /// Why.
        source: HttpError,
    },
    /// A repository's name that makes no address.
    #[error("{repository} makes no address")]
    Address {
        /// The repository.
        repository: String,
        /// Why.
        source: url::ParseError,
    },
    /// The HTTP client could not be set up: no trusted roots, or a certificate it cannot use.
    #[error("cannot set up TLS")]
    Tls {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file could not be read or written.
    #[error("{}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The caller's sink did not take what was received.
    #[error("cannot write what was received from {at}")]
    Sink {
        /// Where it came from.
        at: String,
        /// Why.
        source: io::Error,
    },
    /// A file that was to be uploaded is not what the caller measured.
    #[error("{source_name}: has {actual} bytes, {expected} were announced")]
    SourceChanged {
        /// The file, or "memory".
        source_name: String,
        /// Bytes announced.
        expected: u64,
        /// Bytes there are.
        actual: u64,
    },
    /// A folder that is no OCI image layout, or a damaged one.
    #[error("{}: {fault}", .path.display())]
    Layout {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        fault: LayoutFault,
    },
}

/// What a failure means to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentErrorKind {
    /// The bytes are not those that were asked for.
    Mismatch,
    /// More bytes than are accepted.
    TooLarge,
    /// The registry refuses us: unknown, not allowed, read-only.
    Refused,
    /// There is no registry to be reached, or none that works.
    Unreachable,
    /// The registry, or the layout, calls what we sent invalid.
    Invalid,
    /// This machine: files, folders, certificates.
    Local,
}

impl ContentError {
    /// Whether the answer came and is not what was asked for. Where somebody else chose what is asked for, they may have
    /// chosen that, too.
    pub fn is_about_content(&self) -> bool {
        matches!(self.kind(), ContentErrorKind::Mismatch | ContentErrorKind::TooLarge)
    }

    /// What the failure means to the caller.
    pub fn kind(&self) -> ContentErrorKind {
        match self {
            Self::Digest { .. } | Self::Length { .. } | Self::Contradiction { .. } => ContentErrorKind::Mismatch,
            Self::TooLarge { .. } => ContentErrorKind::TooLarge,
            Self::Refused { .. } | Self::InsecureRealm { .. } | Self::Challenge { .. } | Self::Credentials { .. } => {
                ContentErrorKind::Refused
            }
            Self::Failed { .. }
            | Self::NotARegistry { .. }
            | Self::Header { .. }
            | Self::Redirects { .. }
            | Self::InsecureRedirect { .. }
            | Self::Transport { .. }
            | Self::TimedOut { .. }
            | Self::BrokenOff { .. } => ContentErrorKind::Unreachable,
            Self::Rejected { .. } | Self::MissingBlobs { .. } => ContentErrorKind::Invalid,
            Self::Address { .. }
            | Self::Tls { .. }
            | Self::File { .. }
            | Self::Sink { .. }
            | Self::SourceChanged { .. } => ContentErrorKind::Local,
            Self::Layout { fault, .. } => fault.kind(),
        }
    }

    /// Whether credentials went with the request; `None` where the failure has nothing to do with them.
    pub fn credentials_sent(&self) -> Option<bool> {
        match self {
            Self::Refused { credentials_sent, .. } => Some(*credentials_sent),
            _ => None,
        }
    }

    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

fn tail(detail: &Option<String>) -> String {
    detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default()
}

fn list(missing: &[Digest]) -> String {
    match missing {
        [] => "a blob that the registry does not name".to_owned(),
        [first] => first.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// The beginning of a foreign text, fit for a message: bounded, and nothing in it that a terminal acts on.
pub(super) fn presentable(text: &str) -> String {
    const CHARACTERS: usize = 300;
    crate::text::presentable(text.trim(), CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_bounded_and_cannot_move_the_cursor() {
        assert_eq!(presentable(" denied\u{1b}[2J\n"), "denied\\u{1b}[2J");
        assert_eq!(presentable("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(presentable(&"x".repeat(1000)).chars().count(), 301);
    }

    #[test]
    fn the_text_does_not_repeat_its_source() {
        let source = io::Error::other("the disk is full");
        let error = ContentError::file("a/b")(source);
        assert_eq!(error.to_string(), "a/b");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the disk is full");
    }
}
