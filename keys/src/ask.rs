use crate::Passphrase;

/// Why a passphrase is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To open an existing key or store.
    Open,
    /// To protect something new. A user is asked twice.
    New,
    /// To log in to a token with a PIN. A few wrong PINs lock the token.
    Pin,
}

/// A source of passphrases, such as a user at a terminal, or a variable in CI. This crate reads neither itself.
pub trait AskPassphrase: Send + Sync {
    /// Returns the passphrase of `what`, such as `the key store file:/srv/keys`.
    ///
    /// # Errors
    /// There is no user to ask, or no passphrase was entered.
    fn ask(&self, what: &str, purpose: Purpose) -> Result<Passphrase, AskError>;

    /// Reports that the passphrase of `what`, asked for `purpose`, was wrong `tries` times. Returns whether to ask
    /// again.
    fn again(&self, what: &str, purpose: Purpose, tries: usize) -> bool {
        let _ = (what, purpose, tries);
        false
    }
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no user to ask.
    #[error("there is nobody to ask for the passphrase")]
    NobodyThere,
    /// The answer was empty or refused, or two answers differed.
    #[error("no passphrase was given: {0}")]
    Refused(String),
    /// The passphrase could not be read.
    #[error("the passphrase could not be read")]
    Io(#[from] std::io::Error),
}
