use std::path::PathBuf;

use super::{StoreError, file::FileStore};
use crate::{
    AskPassphrase, KeyRecord, KeyStore as _, Passphrase, Purpose, SealError, Secret,
    sealed::{Sealed, seal},
};

/// The result of [`FileStore::change_passphrase`].
#[derive(Debug, Default)]
pub struct PassphraseChange {
    /// The keys that were encrypted with the new passphrase.
    pub changed: Vec<KeyRecord>,
    /// The keys that already had the new passphrase, because an earlier change was interrupted.
    pub unchanged: Vec<KeyRecord>,
}

/// A key file.
struct Found {
    path: PathBuf,
    record: KeyRecord,
    sealed: Sealed,
    /// The key, once the old passphrase has decrypted it.
    secret: Option<Secret>,
}

impl FileStore {
    /// Encrypts every key with a new passphrase. `ask` provides the present one and the new one.
    ///
    /// All keys are decrypted and encrypted again before the first file is replaced, and each file is replaced as a
    /// whole. After an interruption between two files, another call with the same passphrases completes the change.
    ///
    /// # Errors
    /// Neither passphrase opens a file, or both are the same. Then nothing is changed.
    pub fn change_passphrase(&self, ask: &dyn AskPassphrase) -> Result<PassphraseChange, StoreError> {
        let what = format!("the key store {}", self.describe());
        let mut found = self.found()?;
        let mut change = PassphraseChange::default();
        if found.is_empty() {
            return Ok(change);
        }
        let present = open_some(&mut found, &what, ask)?;
        let new = asked(ask, &what, Purpose::New)?;
        if new.as_bytes() == present.as_bytes() {
            return Err(StoreError::SamePassphrase { what });
        }
        let mut replaced = Vec::new();
        for key in found {
            let sealed = |source| StoreError::Sealed { what: key.path.display().to_string(), source };
            match key.secret {
                Some(secret) => {
                    let text = seal(&key.record, &secret, &new).map_err(sealed)?;
                    replaced.push((key.path, text));
                    change.changed.push(key.record);
                }
                None => match key.sealed.open(&new) {
                    Ok(_) => change.unchanged.push(key.record),
                    Err(SealError::Passphrase) => {
                        return Err(StoreError::WrongPassphrase { what: key.path.display().to_string() });
                    }
                    Err(source) => return Err(sealed(source)),
                },
            }
        }
        for (path, text) in replaced {
            self.write(&path, &text)?;
        }
        Ok(change)
    }

    fn found(&self) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        for key_id in self.key_ids()? {
            let (path, sealed) = (self.path(&key_id)?, self.read(&key_id)?);
            let what = path.display().to_string();
            let record = sealed.record.clone().ok_or(StoreError::Sealed { what, source: SealError::NoRecord })?;
            found.push(Found { path, record, sealed, secret: None });
        }
        Ok(found)
    }
}

/// Decrypts every key with the present passphrase, and returns it. It must open at least one key.
fn open_some(found: &mut [Found], what: &str, ask: &dyn AskPassphrase) -> Result<Passphrase, StoreError> {
    for tries in 1.. {
        let passphrase = asked(ask, what, Purpose::Open)?;
        for key in found.iter_mut() {
            match key.sealed.open(&passphrase) {
                Ok(secret) => key.secret = Some(secret),
                Err(SealError::Passphrase) => {}
                Err(source) => return Err(StoreError::Sealed { what: key.path.display().to_string(), source }),
            }
        }
        if found.iter().any(|key| key.secret.is_some()) {
            return Ok(passphrase);
        }
        if !ask.again(what, Purpose::Open, tries) {
            break;
        }
    }
    Err(StoreError::WrongPassphrase { what: what.to_owned() })
}

fn asked(ask: &dyn AskPassphrase, what: &str, purpose: Purpose) -> Result<Passphrase, StoreError> {
    ask.ask(what, purpose).map_err(|source| StoreError::NoPassphrase { what: what.to_owned(), source })
}
