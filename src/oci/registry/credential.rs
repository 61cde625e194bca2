//! One credential, and why none could be read.

use std::{path::PathBuf, time::Duration};

use zeroize::Zeroizing;

/// A password or token. It is zeroised on drop, and nothing can print it.
pub struct RegistrySecret(Zeroizing<String>);

impl RegistrySecret {
    /// Takes over a password or token.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

/// A credential for a registry. It has no `Debug` and no `Clone`, because it contains a [`RegistrySecret`].
pub enum Credential {
    /// A user and a password, or an access token in its place.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: RegistrySecret,
    },
    /// An identity token. It is exchanged for access tokens and is not a password.
    IdentityToken(RegistrySecret),
}

/// Why a docker config or its credential helper failed. The output of helpers is left out, because it may contain the
/// secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is not a docker config or too large.
    #[error("{} is not a docker config", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The entry for this host cannot be decoded.
    #[error("the entry for {key} in {} cannot be decoded", .path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The entry.
        key: String,
    },
    /// The name of a helper is a path and could lead outside the search path.
    #[error("'{0}' is not the name of a credential helper")]
    HelperName(String),
    /// The helper cannot be started, or does not read its input.
    #[error("cannot run the credential helper {helper}")]
    HelperStart {
        /// The program.
        helper: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The helper failed.
    #[error("the credential helper {helper} failed")]
    HelperFailed {
        /// The program.
        helper: String,
    },
    /// The helper's answer is malformed.
    #[error("the credential helper {helper} gave no valid answer")]
    HelperAnswer {
        /// The program.
        helper: String,
    },
    /// The helper took too long and was stopped.
    #[error("the credential helper {helper} gave no answer within {} s", .after.as_secs_f32())]
    HelperTimedOut {
        /// The program.
        helper: String,
        /// The time limit.
        after: Duration,
    },
}
