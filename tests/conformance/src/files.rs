use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tempfile::NamedTempFile;

use crate::error::Error;

/// A folder whose files are whole or not there.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The content of a file, if there is one.
    pub(crate) fn load(&self, name: &str) -> Result<Option<Bytes>, Error> {
        let path = self.0.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::file(&path)(source)),
        }
    }

    /// Opens a file to read it piece by piece, if there is one.
    pub(crate) fn open(&self, name: &str) -> Result<Option<(File, PathBuf)>, Error> {
        let path = self.0.join(name);
        match File::open(&path) {
            Ok(file) => Ok(Some((file, path))),
            Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::file(&path)(source)),
        }
    }

    pub(crate) fn store(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let mut draft = self.begin()?;
        draft.write(bytes)?;
        draft.keep(name)
    }

    /// Begins a file that is there only once it is kept.
    pub(crate) fn begin(&self) -> Result<Draft<'_>, Error> {
        std::fs::create_dir_all(&self.0).map_err(Error::file(&self.0))?;
        // In its place, as a file can be renamed within one file system only.
        let file = NamedTempFile::new_in(&self.0).map_err(Error::file(&self.0))?;
        Ok(Draft { folder: &self.0, file })
    }
}

/// A file that vanishes unless it is kept.
pub(crate) struct Draft<'f> {
    folder: &'f Path,
    file: NamedTempFile,
}

impl Draft<'_> {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(Error::file(self.file.path()))
    }

    pub(crate) fn keep(self, name: &str) -> Result<(), Error> {
        let path = self.folder.join(name);
        self.file.persist(&path).map_err(|failed| Error::file(&path)(failed.error))?;
        Ok(())
    }
}
