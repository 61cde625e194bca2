//! Writing an encrypted backup of new keys.

use std::{io::Write, path::PathBuf};

use manifesto_keys::{KeyRecord, Passphrase, Secret, restore};

use crate::{read::Error, write::error::WriteError};

/// An encrypted backup of keys, in a file.
pub struct Backup {
    /// The file. It must not exist yet.
    pub path: PathBuf,
    /// The passphrase that encrypts it.
    pub passphrase: Passphrase,
}

/// Returns whether the file is a backup of these keys already, under the same passphrase.
pub(in crate::write) fn holds(keys: &[KeyRecord], backup: &Backup) -> bool {
    let saved = std::fs::read(&backup.path).ok().and_then(|bytes| restore(&bytes, &backup.passphrase).ok());
    let holds = |key: &KeyRecord| saved.iter().flatten().any(|(saved, _)| saved.key_id() == key.key_id());
    saved.is_some() && keys.iter().all(holds)
}

/// Writes keys to a new file that only its owner can read, completely or not at all. An existing file is never
/// replaced: it may be the only copy of other keys.
pub(in crate::write) fn write(keys: &[(KeyRecord, Secret)], backup: &Backup) -> Result<(), WriteError> {
    let failed = |source| WriteError::Read(Error::File { operation: "write", path: backup.path.clone(), source });
    let bytes = manifesto_keys::backup(keys, &backup.passphrase)?;
    let folder = backup.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| ".".as_ref())).map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist_noclobber(&backup.path).map_err(|error| failed(error.error))?;
    Ok(())
}
