use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::error::CliError;

/// A file of keys that is being written. It is written as a whole, and only its owner can access it.
pub(super) struct NewFile {
    file: NamedTempFile,
    path: PathBuf,
    replaces: bool,
    action: &'static str,
}

impl NewFile {
    /// Creates a file that must not exist, so that a failure is found before the user is asked for a passphrase.
    /// `action` is like "cannot write the backup".
    pub(super) fn create(path: &Path, action: &'static str) -> Result<Self, CliError> {
        if path.symlink_metadata().is_ok() {
            return Err(CliError::file("file_unwritable", action, path, io::ErrorKind::AlreadyExists.into()));
        }
        Self::open(path, false, action)
    }

    /// Replaces an existing file, which stays unchanged until the new one is complete.
    pub(super) fn in_place_of(path: &Path, action: &'static str) -> Result<Self, CliError> {
        let failed = |source| CliError::file("file_unwritable", action, path, source);
        // If the path is a link, replace the file that it points to.
        Self::open(&path.canonicalize().map_err(failed)?, true, action)
    }

    fn open(path: &Path, replaces: bool, action: &'static str) -> Result<Self, CliError> {
        let failed = |source| CliError::file("file_unwritable", action, path, source);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(folder).map_err(failed)?;
        Ok(Self { file, path: path.to_owned(), replaces, action })
    }

    /// Writes the content, and renames the file to its final name.
    pub(super) fn write(mut self, bytes: &[u8]) -> Result<(), CliError> {
        let failed = |source| CliError::file("file_unwritable", self.action, &self.path, source);
        self.file.write_all(bytes).and_then(|()| self.file.as_file().sync_all()).map_err(failed)?;
        let persist = if self.replaces { NamedTempFile::persist } else { NamedTempFile::persist_noclobber };
        persist(self.file, &self.path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}
