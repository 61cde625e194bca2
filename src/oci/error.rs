use std::{io, path::PathBuf, time::Duration};

use super::{HttpError, LayoutFault, registry::CredentialsError};
use crate::name::Digest;

/// Why content could not be read or stored. Absence is an answer and not an error.
///
/// `at` names the place without scheme, query or credentials: `host/path` of a registry, or a file. Text from a server
/// is truncated, and its control characters are escaped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// The bytes do not have the requested digest.
    #[error("{at}: the content has digest {actual}, expected {expected}")]
    Digest {
        /// The source of the bytes.
        at: String,
        /// The requested digest.
        expected: Digest,
        /// The actual digest.
        actual: Digest,
    },
    /// A manifest states another type than its response, or can be read in two ways.
    #[error("{at}: the document contradicts itself: {what}")]
    Contradiction {
        /// The source of the manifest.
        at: String,
        /// The contradiction.
        what: String,
    },
    /// A complete body does not have the expected length. A registry whose cache outlives a garbage collection answers
    /// with an empty body.
    #[error("{at}: the content has {actual} bytes, expected {expected}")]
    Length {
        /// The source of the content.
        at: String,
        /// The expected length in bytes.
        expected: u64,
        /// The received bytes. If there were too many, this is the expected length plus one.
        actual: u64,
    },
    /// The content is larger than the limit.
    #[error("{at}: the content is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The source of the content.
        at: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The server did not accept the credentials, or they do not suffice, or it is read-only.
    #[error("{at}: refused with status {status}{}", tail(.detail))]
    Refused {
        /// The address of the request.
        at: String,
        /// The HTTP status.
        status: u16,
        /// The text of the server.
        detail: Option<String>,
        /// Whether the request, or the one for its token, carried credentials.
        credentials_sent: bool,
    },
    /// The registry demands that credentials are sent without TLS.
    #[error("{at}: refused, and demands credentials at {realm}, which is not protected by TLS")]
    InsecureRealm {
        /// The address of the request.
        at: String,
        /// The host of the token server, or the text that is not an address.
        realm: String,
    },
    /// The registry demands an unsupported authentication.
    #[error("{at}: refused, and offers only the authentication '{offered}'")]
    Challenge {
        /// The address of the request.
        at: String,
        /// The offered schemes.
        offered: String,
    },
    /// The registry demands credentials, and looking them up failed.
    #[error("cannot look up credentials for {host}")]
    Credentials {
        /// The registry's host.
        host: String,
        /// Why.
        source: CredentialsError,
    },
    /// The server answered that the request is invalid.
    #[error("{at}: rejected as invalid with status {status}{}", tail(.detail))]
    Rejected {
        /// The address of the request.
        at: String,
        /// The HTTP status.
        status: u16,
        /// The text of the server.
        detail: Option<String>,
    },
    /// A manifest refers to blobs that the repository does not have.
    #[error("{at}: the manifest refers to missing content: {}", list(.missing))]
    MissingBlobs {
        /// The address of the manifest.
        at: String,
        /// The missing blobs, as far as the registry names them.
        missing: Vec<Digest>,
    },
    /// The server failed or demanded a wait, also after retries.
    #[error("{at}: failed with status {status}{}", tail(.detail))]
    Failed {
        /// The address of the request.
        at: String,
        /// The HTTP status.
        status: u16,
        /// The text of the server.
        detail: Option<String>,
        /// The wait that the server demands.
        retry_after: Option<Duration>,
    },
    /// The answer is not one of a registry: HTML, a path that does not exist, or an unexpected status.
    #[error("{at}: not the answer of a registry: status {status}, {content_type}{}", tail(.detail))]
    NotARegistry {
        /// The address of the request.
        at: String,
        /// The HTTP status.
        status: u16,
        /// The media type of the body.
        content_type: String,
        /// The text of the body.
        detail: Option<String>,
    },
    /// A header that the protocol demands is missing or malformed.
    #[error("{at}: answered without a valid {name} header")]
    Header {
        /// The address of the request.
        at: String,
        /// The header.
        name: &'static str,
    },
    /// There were too many redirects.
    #[error("{at}: redirected more than {limit} times")]
    Redirects {
        /// The address of the request.
        at: String,
        /// The limit.
        limit: usize,
    },
    /// A redirect leads to an address without TLS.
    #[error("{at}: points to {to}, which is not protected by TLS")]
    InsecureRedirect {
        /// The address of the request.
        at: String,
        /// The address of the redirect.
        to: String,
    },
    /// The connection or TLS handshake failed, or the connection was lost before the answer.
    #[error("{at}: could not be reached")]
    Transport {
        /// The address of the request.
        at: String,
        /// Why.
        source: HttpError,
    },
    /// The answer, or the next piece of it, did not arrive in time.
    #[error("{at}: no answer within {} s", .after.as_secs_f32())]
    TimedOut {
        /// The address of the request.
        at: String,
        /// The time limit.
        after: Duration,
    },
    /// The connection was lost within the body.
    #[error("{at}: the answer broke off after {received} bytes")]
    BrokenOff {
        /// The address of the request.
        at: String,
        /// Bytes received.
        received: u64,
        /// Why.
        source: HttpError,
    },
    /// The name of the repository is not a valid address.
    #[error("{repository} is not a valid address")]
    Address {
        /// The repository.
        repository: String,
        /// Why.
        source: url::ParseError,
    },
    /// The HTTP client could not be set up: there are no trusted roots, or a certificate is invalid.
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
    /// The caller's sink failed.
    #[error("cannot write what was received from {at}")]
    Sink {
        /// The source of the content.
        at: String,
        /// Why.
        source: io::Error,
    },
    /// A file to be uploaded does not have the length that the caller stated.
    #[error("{source_name}: has {actual} bytes, {expected} were announced")]
    SourceChanged {
        /// The file, or "memory".
        source_name: String,
        /// The stated length in bytes.
        expected: u64,
        /// The actual length in bytes.
        actual: u64,
    },
    /// The folder is not an OCI image layout, or a damaged one.
    #[error("{}: {fault}", .path.display())]
    Layout {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        fault: LayoutFault,
    },
}

/// The meaning of a failure for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentErrorKind {
    /// The bytes are not the requested ones.
    Mismatch,
    /// The content is larger than the limit.
    TooLarge,
    /// The registry refuses the request: the user is unknown or not authorised, or the registry is read-only.
    Refused,
    /// The registry cannot be reached or does not work.
    Unreachable,
    /// The registry or layout answered that the request is invalid.
    Invalid,
    /// A fault of this machine: files, folders, certificates.
    Local,
}

impl ContentError {
    /// Whether an answer came but is wrong. If an attacker can choose what is requested, the attacker may have chosen
    /// this failure too.
    pub fn is_about_content(&self) -> bool {
        matches!(self.kind(), ContentErrorKind::Mismatch | ContentErrorKind::TooLarge)
    }

    /// The meaning of the failure for the caller.
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
            Self::Layout { fault: LayoutFault::RefName(_) | LayoutFault::NotAManifest, .. } => {
                ContentErrorKind::Invalid
            }
            Self::Layout { .. } => ContentErrorKind::Local,
        }
    }

    /// Whether the request carried credentials. `None` if the failure does not depend on that.
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

/// The beginning of a foreign text for a message: truncated, and without control characters.
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
