use crate::{SealError, SecretError, UnsupportedAlgorithm};

/// Why no key can be imported from a file. No variant carries any part of a key.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Longer than a file with one key.
    #[error("longer than a file with one private key can be")]
    TooBig,
    /// There is no private key in it.
    #[error("there is no private key in it")]
    NoKey,
    /// There is only what anyone may have; the label of the PEM block.
    #[error("there is no private key in it, only a '{0}'")]
    PublicOnly(String),
    /// Several private keys.
    #[error("there are {0} private keys in it, and one is imported at a time")]
    Several(usize),
    /// A PEM block without its end, or an end without its block.
    #[error("cut off: a PEM block is incomplete")]
    Cut,
    /// A form that is not read here; the label of the PEM block.
    #[error("private keys in the form '{0}' are not read here")]
    Label(String),
    /// A form that a build with the feature `import` reads; its label.
    #[error("private keys in the form '{0}' are not read by this build, which was made without the feature `import`")]
    NotBuilt(String),
    /// What stands in the block does not parse.
    #[error("malformed private key")]
    Malformed,
    /// Another kind of key.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// No key that can sign here.
    #[error(transparent)]
    Secret(SecretError),
    /// PKCS#8 whose encryption or record cannot be used.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// Encrypted in a way that is not read here; what the file says.
    #[error("encrypted by '{0}', which is not read here")]
    Scheme(String),
    /// Deriving the key would cost more than is tried; what the file asks for.
    #[error("deriving the key would take {0}, which is not tried")]
    Cost(String),
    /// The passphrase does not open it. A damaged ciphertext looks the same.
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
