use std::{io::Write, path::PathBuf};

use manifesto_keys::{KeyRecord, Passphrase, Secret};

use crate::{read::Error, write::error::WriteError};

/// A file that holds keys, encrypted.
pub struct Backup {
    /// The file; it must not exist.
    pub path: PathBuf,
    /// What it is encrypted with.
    pub passphrase: Passphrase,
}

/// Writes keys into a new file that only its owner can read, wholly or not at all. A file that is there is not
/// replaced: it may be the only copy of other keys.
///
/// # Errors
/// The file exists, or cannot be written.
pub(in crate::write) fn write(keys: &[(KeyRecord, Secret)], backup: &Backup) -> Result<(), WriteError> {
    let failed = |source| WriteError::Read(Error::File { operation: "write", path: backup.path.clone(), source });
    let bytes = manifesto_keys::backup(keys, &backup.passphrase)?;
    let folder = backup.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| ".".as_ref())).map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist_noclobber(&backup.path).map_err(|error| failed(error.error))?;
    Ok(())
}
