use crate::Passphrase;

/// What a passphrase is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To open what is there.
    Open,
    /// To protect something new; a person is asked twice.
    New,
    /// To log in to a token: a PIN, of which a few wrong ones lock it.
    Pin,
}

/// Whoever knows passphrases: a person at a terminal, a variable in CI. This crate reads neither itself.
pub trait AskPassphrase: Send + Sync {
    /// The passphrase of `what`, such as `the key store file:/srv/keys`.
    ///
    /// # Errors
    /// Nobody can be asked, or whoever was asked gave none.
    fn ask(&self, what: &str, purpose: Purpose) -> Result<Passphrase, AskError>;

    /// Told that the passphrase of `what`, asked for `purpose`, was wrong for the `tries`-th time: whether it makes sense
    /// to ask again.
    fn again(&self, what: &str, purpose: Purpose, tries: usize) -> bool {
        let _ = (what, purpose, tries);
        false
    }
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody is there to be asked.
    #[error("there is nobody to ask for the passphrase")]
    NobodyThere,
    /// The answer was empty, or two answers differed, or it was refused.
    #[error("no passphrase was given: {0}")]
    Refused(String),
    /// Reading it failed.
    #[error("the passphrase could not be read")]
    Io(#[from] std::io::Error),
}
