use std::sync::{Arc, Mutex, PoisonError};

use super::StoreError;
use crate::{AskPassphrase, Passphrase, Purpose, SealError};

/// A passphrase that is asked for on first use, and kept if it is right.
pub(crate) struct Unlock {
    what: String,
    ask: Arc<dyn AskPassphrase>,
    known: Mutex<Option<Passphrase>>,
}

impl Unlock {
    pub(crate) fn new(what: String, ask: Arc<dyn AskPassphrase>) -> Self {
        Self { what, ask, known: Mutex::new(None) }
    }

    /// Whether a passphrase is known that was right before.
    pub(crate) fn is_known(&self) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Runs `action` with the passphrase. If it is wrong, the source is asked again as long as it allows, and then the
    /// passphrase is forgotten, so that the next call asks again.
    ///
    /// The lock is held while the user is asked, so that two threads do not ask at once.
    pub(crate) fn with<T>(
        &self,
        purpose: Purpose,
        action: impl Fn(&Passphrase) -> Result<T, SealError>,
    ) -> Result<T, StoreError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tries = 0;
        loop {
            let passphrase = match known.take() {
                Some(passphrase) => passphrase,
                None => self
                    .ask
                    .ask(&self.what, purpose)
                    .map_err(|source| StoreError::NoPassphrase { what: self.what.clone(), source })?,
            };
            tries += 1;
            match action(&passphrase) {
                Err(SealError::Passphrase) if self.ask.again(&self.what, purpose, tries) => {}
                Err(SealError::Passphrase) => return Err(StoreError::WrongPassphrase { what: self.what.clone() }),
                result => {
                    *known = Some(passphrase);
                    return result.map_err(|source| StoreError::Sealed { what: self.what.clone(), source });
                }
            }
        }
    }
}
