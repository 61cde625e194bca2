use crate::{SealError, SecretError, UnsupportedAlgorithm};

/// Why no key can be imported from a file. No variant contains any part of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file is longer than any file with one key.
    #[error("longer than a file with one private key can be")]
    TooBig,
    /// There is no private key in the file.
    #[error("there is no private key in it")]
    NoKey,
    /// The file has only public content. The field is the label of the PEM block.
    #[error("there is no private key in it, only a '{0}'")]
    PublicOnly(String),
    /// The file has several private keys.
    #[error("there are {0} private keys in it, but only one can be imported at a time")]
    Several(usize),
    /// A PEM block has no end or no beginning.
    #[error("cut off: a PEM block is incomplete")]
    Cut,
    /// The format is not supported. The field is the label of the PEM block.
    #[error("private keys in the form '{0}' are not supported")]
    Label(String),
    /// The format is supported only with the feature `import`. The field is its label.
    #[error("private keys in the form '{0}' are not supported by this build, which lacks the feature `import`")]
    NotBuilt(String),
    /// The content of the block does not parse.
    #[error("malformed private key")]
    Malformed,
    /// The key's algorithm is not supported.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// The key is invalid.
    #[error(transparent)]
    Secret(SecretError),
    /// The encryption or record of the PKCS#8 block cannot be used.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The encryption is not supported. The field is its name in the file.
    #[error("encrypted with '{0}', which is not supported")]
    Scheme(String),
    /// Deriving the key would cost too much. The field is the cost that the file states.
    #[error("deriving the key would take {0}, more than is allowed")]
    Cost(String),
    /// The passphrase is wrong, or the ciphertext is damaged, which looks the same.
    #[error("wrong passphrase")]
    Passphrase,
}

impl From<SecretError> for ImportError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Unsupported(kind) => Self::Unsupported(kind),
            SecretError::Malformed(_) => Self::Malformed,
            other => Self::Secret(other),
        }
    }
}
