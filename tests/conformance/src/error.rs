use std::path::{Path, PathBuf};

use manifesto_tuf::trust::TrustError;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The repository is not to be believed.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A flag that the command needs.
    #[error("{missing} is missing")]
    Usage { missing: &'static str },
    /// `init` was not called, or in another folder.
    #[error("no root is trusted yet; call init first")]
    NoRoot,
    /// The metadata has no such path.
    #[error("nobody signs for the target '{path}'")]
    NoTarget { path: String },
    /// The server has no such file.
    #[error("{url} does not exist")]
    NotFound { url: String },
    /// The server did not answer as it should.
    #[error("{url} could not be fetched")]
    Http { url: String, source: reqwest::Error },
    /// More bytes than are signed, or than may be taken.
    #[error("{url} is too large: more than {limit} bytes")]
    TooLarge { url: String, limit: u64 },
    /// A file or folder of this machine.
    #[error("{}", path.display())]
    File { path: PathBuf, source: std::io::Error },
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    pub(crate) fn http(url: &str) -> impl FnOnce(reqwest::Error) -> Self {
        // The error's own text would repeat the URL.
        move |source| Self::Http { url: url.to_owned(), source: source.without_url() }
    }
}
