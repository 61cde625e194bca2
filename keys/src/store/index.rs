use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{IndexError, StoreError};
use crate::{KeyRecord, limits};

const FORMAT: &str = "dev.manifesto.keys/v1";
/// How long to wait for the lock, which other processes hold for one small write.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// The public list of the keys in the keyring. It exists because even a search makes a locked keyring prompt.
pub(crate) struct KeyIndex {
    path: PathBuf,
}

/// A key, and the name of its item in the keyring.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeyEntry {
    pub(crate) item: String,
    pub(crate) record: KeyRecord,
}

#[derive(Serialize, Deserialize)]
struct IndexDocument {
    format: String,
    keys: Vec<KeyEntry>,
}

impl KeyIndex {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// All entries. Only an index that does not exist is empty.
    pub(crate) fn read(&self) -> Result<Vec<KeyEntry>, StoreError> {
        self.parse().map_err(|source| self.failed(source))
    }

    /// Checks that the index could be changed: its folder can be created and its lock taken.
    pub(crate) fn check_writable(&self) -> Result<(), StoreError> {
        self.parse().and_then(|_| self.lock().map(drop)).map_err(|source| self.failed(source))
    }

    /// Takes the lock, reads the entries, and changes them.
    pub(crate) fn edit(&self, change: impl FnOnce(&mut Vec<KeyEntry>)) -> Result<(), StoreError> {
        let edited = || -> Result<(), IndexError> {
            let _lock = self.lock()?;
            let mut keys = self.parse()?;
            change(&mut keys);
            self.write(&IndexDocument { format: FORMAT.to_owned(), keys })
        };
        edited().map_err(|source| self.failed(source))
    }

    fn parse(&self) -> Result<Vec<KeyEntry>, IndexError> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take(limits::INDEX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limits::INDEX_BYTES {
            return Err(IndexError::TooBig);
        }
        let document: IndexDocument = serde_json::from_slice(&bytes)?;
        if document.format == FORMAT { Ok(document.keys) } else { Err(IndexError::Format(document.format)) }
    }

    fn write(&self, document: &IndexDocument) -> Result<(), IndexError> {
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(self.folder())?;
        serde_json::to_writer_pretty(&mut file, document)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }

    /// The lock is on a separate file, because each write replaces the index.
    fn lock(&self) -> Result<File, IndexError> {
        fs::create_dir_all(self.folder())?;
        let file = File::options().create(true).truncate(false).write(true).open(self.path.with_extension("lock"))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(error.into()),
                Err(TryLockError::WouldBlock) if start.elapsed() > LOCK_PATIENCE => return Err(IndexError::Busy),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    fn failed(&self, source: IndexError) -> StoreError {
        StoreError::Index { path: self.path.clone(), source }
    }
}
