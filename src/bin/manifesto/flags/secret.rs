use std::{convert::Infallible, str::FromStr, sync::Arc};

use zeroize::Zeroizing;

/// A secret from the command line. Nothing can print it, and it is zeroised on drop.
#[derive(Clone)]
pub(crate) struct SecretArg(Arc<Zeroizing<String>>);

impl SecretArg {
    /// Takes over a secret.
    pub(crate) fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// The secret, for the code that sends it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretArg {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text.to_owned()))
    }
}
