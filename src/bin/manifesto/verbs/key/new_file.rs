use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::error::CliError;

/// A file with keys in the making: it must not exist, is written as a whole, and is for its owner alone.
pub(super) struct NewFile {
    file: NamedTempFile,
    path: PathBuf,
    action: &'static str,
}

impl NewFile {
    /// Makes sure that the file can be written, before anyone is asked for a passphrase. `action` reads like
    /// "cannot write the backup".
    pub(super) fn create(path: &Path, action: &'static str) -> Result<Self, CliError> {
        let failed = |source| CliError::file("file_unwritable", action, path, source);
        if path.symlink_metadata().is_ok() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(folder).map_err(failed)?;
        Ok(Self { file, path: path.to_owned(), action })
    }

    /// Writes all of it, and gives it its name.
    pub(super) fn write(mut self, bytes: &[u8]) -> Result<(), CliError> {
        let failed = |source| CliError::file("file_unwritable", self.action, &self.path, source);
        self.file.write_all(bytes).and_then(|()| self.file.as_file().sync_all()).map_err(failed)?;
        self.file.persist_noclobber(&self.path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}
