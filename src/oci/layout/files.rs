//! The files of a layout. Every path is built from parsed digests and constants, and nothing that is a link is followed
//! below the layout's own folder.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::Value;

use super::{LayoutFault, index::Index};
use crate::{
    name::Digest,
    oci::{
        ContentError,
        receive::{Bound, Receiver},
    },
};

/// Largest `oci-layout` file that is read.
const MARKER_BYTES: u64 = 4096;

#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) root: PathBuf,
    /// How long another process may hold the lock.
    pub(super) lock_time: Duration,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, lock_time: Duration::from_secs(30) }
    }

    pub(super) fn index_fault(&self, fault: LayoutFault) -> ContentError {
        ContentError::Layout { path: self.root.join("index.json"), fault }
    }

    /// `None`: there is no layout here yet.
    pub(super) fn read_index(&self, limit: u64) -> Result<Option<Index>, ContentError> {
        if !self.is_layout()? {
            return Ok(None);
        }
        let path = self.root.join("index.json");
        let Some(file) = open(&path)? else { return Ok(None) };
        let bytes = read(&path, file, limit)?;
        Index::parse(&bytes).map(Some).map_err(|fault| self.index_fault(fault))
    }

    pub(super) fn write_index(&self, index: &Index, limit: u64) -> Result<(), ContentError> {
        let path = self.root.join("index.json");
        let bytes = index.to_bytes();
        if bytes.len() as u64 > limit {
            return Err(ContentError::TooLarge { at: path.display().to_string(), limit });
        }
        self.replace(&path, &bytes)
    }

    /// A blob's file, if there is one.
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

    /// Stores what `source` holds, unless the blob is there and sound.
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

    /// Makes the folder a layout, if it is none yet.
    pub(super) fn prepare(&self) -> Result<(), ContentError> {
        if self.is_layout()? { Ok(()) } else { self.mark(&self.root.join("oci-layout")) }
    }

    /// Holds `index.json` against other processes; blobs need no lock, because what one process writes is what any
    /// other would.
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

    /// Whether the folder is a layout; `false` if it is empty or not there.
    fn is_layout(&self) -> Result<bool, ContentError> {
        let marker = self.root.join("oci-layout");
        let opened = match open(&marker)? {
            None if self.is_empty()? => return Ok(false),
            // The marker is a layout's first file: if another process has just made it, it is there by now.
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
            // Left by a process that was stopped while it made the layout.
            if !entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes the marker, unless another process has been faster: theirs may be locked already, and must stay.
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

    /// A file with these bytes, in the folder where `path` will be, for anybody to read.
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

/// Opens a file of the layout; what is no plain file is refused.
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

/// Temporary files are made for their owner alone; a layout is there to be handed on.
#[cfg(unix)]
fn readable_by_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_others(_: &File) -> io::Result<()> {
    Ok(())
}

/// Makes a rename last through a loss of power, where a folder can be synchronised.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
