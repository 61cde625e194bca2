//! The files of a layout. Every path consists of parsed digests and constants. Links below the layout's own folder are
//! not followed.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::Value;

use super::{super::LayoutFault, index::LayoutIndex};
use crate::{
    name::Digest,
    oci::{
        ContentError,
        receive::{Bound, Receiver},
    },
};

/// The largest `oci-layout` file that is read, in bytes.
const MARKER_BYTES: u64 = 4096;

#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) root: PathBuf,
    /// How long to wait for another process that holds the lock.
    pub(super) lock_time: Duration,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, lock_time: Duration::from_secs(30) }
    }

    pub(super) fn index_fault(&self, fault: LayoutFault) -> ContentError {
        ContentError::Layout { path: self.root.join("index.json"), fault }
    }

    /// Reads `index.json`. `None` means that the folder is not a layout yet.
    pub(super) fn read_index(&self, limit: u64) -> Result<Option<LayoutIndex>, ContentError> {
        if !self.is_layout()? {
            return Ok(None);
        }
        let path = self.root.join("index.json");
        let Some(file) = open(&path)? else { return Ok(None) };
        let bytes = read(&path, file, limit)?;
        LayoutIndex::parse(&bytes).map(Some).map_err(|fault| self.index_fault(fault))
    }

    pub(super) fn write_index(&self, index: &LayoutIndex, limit: u64) -> Result<(), ContentError> {
        let path = self.root.join("index.json");
        let bytes = index.to_bytes();
        if bytes.len() as u64 > limit {
            return Err(ContentError::TooLarge { at: path.display().to_string(), limit });
        }
        self.replace(&path, &bytes)
    }

    /// Opens the file of a blob, if it exists.
    pub(super) fn open_blob(&self, digest: Digest) -> Result<Option<(PathBuf, File)>, ContentError> {
        if !self.is_layout()? {
            return Ok(None);
        }
        for folder in [self.root.join("blobs"), self.blobs()] {
            if !is_folder(&folder)? {
                return Ok(None);
            }
        }
        let path = self.blobs().join(digest.hex());
        Ok(open(&path)?.map(|file| (path, file)))
    }

    pub(super) fn has_blob(&self, digest: Digest) -> Result<bool, ContentError> {
        Ok(open(&self.blobs().join(digest.hex()))?.is_some())
    }

    pub(super) fn read_blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError> {
        let Some((path, file)) = self.open_blob(digest)? else { return Ok(None) };
        let bytes = read(&path, file, limit)?;
        crate::oci::receive::verify(&path.display().to_string(), digest, &bytes)?;
        Ok(Some(bytes))
    }

    /// Stores the content of `source`, unless the blob exists and is intact.
    pub(super) fn write_blob(&self, digest: Digest, source: &mut dyn Read) -> Result<(), ContentError> {
        if let Some((path, file)) = self.open_blob(digest)?
            && copy(&path, file, &mut io::sink(), digest).is_ok()
        {
            return Ok(());
        }
        for folder in [self.root.join("blobs"), self.blobs()] {
            match fs::create_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_folder(&folder).map(drop)?,
                made => made.map_err(ContentError::file(&folder))?,
            }
        }
        let path = self.blobs().join(digest.hex());
        let failed = || ContentError::file(&path);
        let mut temporary = tempfile::NamedTempFile::new_in(self.blobs()).map_err(failed())?;
        copy(&path, source, temporary.as_file_mut(), digest)?;
        self.finish(temporary, &path)
    }

    /// Makes the folder a layout if it is not one yet.
    pub(super) fn prepare(&self) -> Result<(), ContentError> {
        if self.is_layout()? { Ok(()) } else { self.mark(&self.root.join("oci-layout")) }
    }

    /// Locks `index.json` against other processes. Blobs need no lock, because every process would write the same
    /// bytes.
    pub(super) fn lock(&self) -> Result<File, ContentError> {
        self.prepare()?;
        let marker = self.root.join("oci-layout");
        let file = File::open(&marker).map_err(ContentError::file(&marker))?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if begun.elapsed() < self.lock_time => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(ContentError::Layout { path: self.root.clone(), fault: LayoutFault::Locked });
                }
                Err(TryLockError::Error(source)) => return Err(ContentError::file(&marker)(source)),
            }
        }
    }

    fn blobs(&self) -> PathBuf {
        self.root.join("blobs").join("sha256")
    }

    /// Whether the folder is a layout. It is not if it is empty or does not exist.
    fn is_layout(&self) -> Result<bool, ContentError> {
        let marker = self.root.join("oci-layout");
        let opened = match open(&marker)? {
            None if self.is_empty()? => return Ok(false),
            // The marker is the first file of a layout. If another process has just created the layout, the marker
            // exists now.
            None => open(&marker)?,
            opened => opened,
        };
        let Some(file) = opened else {
            return Err(ContentError::Layout { path: self.root.clone(), fault: LayoutFault::NotALayout });
        };
        let bytes = read(&marker, file, MARKER_BYTES)?;
        let version = serde_json::from_slice::<Value>(&bytes).ok();
        let version = version.as_ref().and_then(|document| document.get("imageLayoutVersion")).and_then(Value::as_str);
        if version == Some("1.0.0") {
            Ok(true)
        } else {
            Err(ContentError::Layout { path: marker, fault: LayoutFault::Version })
        }
    }

    fn is_empty(&self) -> Result<bool, ContentError> {
        let entries = match fs::read_dir(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            entries => entries.map_err(ContentError::file(&self.root))?,
        };
        for entry in entries {
            let entry = entry.map_err(ContentError::file(&self.root))?;
            // A process that was stopped while it made the layout may have left temporary files.
            if !entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes the marker, unless another process was faster. Its marker may already be locked, and must stay.
    fn mark(&self, marker: &Path) -> Result<(), ContentError> {
        fs::create_dir_all(&self.root).map_err(ContentError::file(&self.root))?;
        let temporary = self.temporary(marker, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        match temporary.persist_noclobber(marker) {
            Err(failure) if failure.error.kind() != io::ErrorKind::AlreadyExists => {
                Err(ContentError::file(marker)(failure.error))
            }
            _ => Ok(()),
        }
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), ContentError> {
        let temporary = self.temporary(path, bytes)?;
        self.finish(temporary, path)
    }

    /// Makes a temporary file with these bytes in the folder of `path`, readable by every user.
    fn temporary(&self, path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, ContentError> {
        let failed = || ContentError::file(path);
        let mut temporary = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&self.root).map_err(failed())?;
        temporary.write_all(bytes).map_err(failed())?;
        readable_by_others(temporary.as_file()).map_err(failed())?;
        Ok(temporary)
    }

    fn finish(&self, temporary: tempfile::NamedTempFile, path: &Path) -> Result<(), ContentError> {
        let failed = || ContentError::file(path);
        readable_by_others(temporary.as_file()).map_err(failed())?;
        temporary.as_file().sync_all().map_err(failed())?;
        temporary.persist(path).map_err(|error| ContentError::file(path)(error.error))?;
        sync_folder(path.parent().unwrap_or(&self.root)).map_err(failed())
    }
}

const TEMPORARY: &str = ".tmp";

/// Opens a file of the layout. Refuses everything but a regular file.
fn open(path: &Path) -> Result<Option<File>, ContentError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ContentError::file(path)(error)),
        Ok(metadata) if metadata.is_file() => File::open(path).map(Some).map_err(ContentError::file(path)),
        Ok(_) => Err(ContentError::Layout { path: path.to_owned(), fault: LayoutFault::Odd }),
    }
}

fn is_folder(path: &Path) -> Result<bool, ContentError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(ContentError::file(path)(error)),
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Ok(_) => Err(ContentError::Layout { path: path.to_owned(), fault: LayoutFault::Odd }),
    }
}

fn read(path: &Path, file: File, limit: u64) -> Result<Bytes, ContentError> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(ContentError::file(path))?;
    if bytes.len() as u64 > limit {
        return Err(ContentError::TooLarge { at: path.display().to_string(), limit });
    }
    Ok(bytes.into())
}

fn copy(path: &Path, mut source: impl Read, target: &mut dyn io::Write, digest: Digest) -> Result<(), ContentError> {
    let mut receiver = Receiver::new(path.display().to_string(), Bound::AtMost(u64::MAX));
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = source.read(&mut buffer).map_err(ContentError::file(path))?;
        if read == 0 {
            return receiver.verify(digest);
        }
        receiver.take(&buffer[..read])?;
        target.write_all(&buffer[..read]).map_err(ContentError::file(path))?;
    }
}

/// Temporary files are readable by their owner only, but other users must be able to read a layout.
#[cfg(unix)]
fn readable_by_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_others(_: &File) -> io::Result<()> {
    Ok(())
}

/// Makes a rename durable, on systems that can synchronise a folder.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
