use std::{convert::Infallible, str::FromStr, sync::Arc};

use zeroize::Zeroizing;

/// A secret given on the command line: nothing can print it, and the last holder wipes it.
#[derive(Clone)]
pub(crate) struct SecretArg(Arc<Zeroizing<String>>);

impl SecretArg {
    /// Takes a secret over.
    pub(crate) fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// The secret, for whoever sends it to where it belongs.
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
