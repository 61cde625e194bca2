//! Why something of the environment could not be started.

use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

/// Why a server, a keyring or a helper program could not be started or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// A program is not on this machine.
    #[error("'{program}' is not installed; Debian ships it in the package {package}")]
    Missing {
        /// The program that was looked for in `PATH`.
        program: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// A file that the program needs could not be written or read.
    #[error("cannot prepare '{}'", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The program is there and could not be run.
    #[error("cannot run '{program}'")]
    Run {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The program ran and ended when it should not have, or without success.
    #[error("'{program}' ended with {status}: {output}")]
    Ended {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote.
        output: String,
    },
    /// The program runs and does not answer.
    #[error("'{program}' was not ready after {waited:?}: {output}")]
    NotReady {
        /// The program.
        program: String,
        /// How long it was waited for.
        waited: Duration,
        /// The end of what it wrote.
        output: String,
    },
    /// No server could be opened on the loopback interface.
    #[error("cannot serve on the loopback interface")]
    Listen(#[source] io::Error),
    /// A certificate or its key could not be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// A signing key was refused.
    #[error("a fresh signing key was refused")]
    SigningKey,
    /// A password could not be hashed.
    #[error("cannot hash a password")]
    Password(#[from] bcrypt::BcryptError),
}

impl LaunchError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
