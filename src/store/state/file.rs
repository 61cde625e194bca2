//! Files that hold either their old or their new content, even after a crash.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    path::Path,
};

use bytes::Bytes;
use tempfile::NamedTempFile;

use super::StateError;

/// The prefix of a temporary file, before it is renamed to its final name.
const UNFINISHED: &str = ".unfinished-";

/// Reads a file of at most `limit` bytes. Returns `None` only if there is no such file.
pub(super) fn read(path: &Path, limit: u64) -> Result<Option<Bytes>, StateError> {
    if !is_there(path)? {
        return Ok(None);
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StateError::io("read", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(StateError::io("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(StateError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(Some(bytes.into()))
}

/// Whether there is a regular file at `path`.
pub(super) fn is_there(path: &Path) -> Result<bool, StateError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(_) => Err(StateError::NotAFile { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StateError::io("read", path)(error)),
    }
}

/// Checks that only its owner may write to a folder, if the folder exists.
pub(super) fn check_folder(path: &Path) -> Result<(), StateError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => check_mode(path, &metadata),
        Ok(_) => Err(StateError::io("list", path)(io::ErrorKind::NotADirectory.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StateError::io("list", path)(error)),
    }
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &fs::Metadata) -> Result<(), StateError> {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o777;
    if mode & 0o022 == 0 { Ok(()) } else { Err(StateError::Exposed { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &fs::Metadata) -> Result<(), StateError> {
    Ok(())
}

/// Replaces the content of a file durably. After a crash the file has all of the old or all of the new content. If this
/// fails, it has the old content, and no temporary file remains.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let folder = folder_for(path)?;
    let write = || {
        let new = temporary(folder, bytes)?;
        new.as_file().sync_all()?;
        new.persist(path).map_err(|error| error.error)?;
        sync_folder(folder)
    };
    write().map_err(StateError::io("write", path))
}

/// Replaces the content of a file whose bytes are checked when they are read. After a power cut the file may be
/// damaged; in return, this does not wait for the disk.
#[cfg(feature = "publish")]
pub(super) fn replace_unsynced(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let folder = folder_for(path)?;
    let write = || temporary(folder, bytes)?.persist(path).map(drop).map_err(|error| error.error);
    write().map_err(StateError::io("write", path))
}

/// Returns the folder of a file, which exists from now on.
fn folder_for(path: &Path) -> Result<&Path, StateError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    Ok(folder)
}

/// Writes a temporary file, which is removed unless it gets its final name.
fn temporary(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut new = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    new.write_all(bytes)?;
    Ok(new)
}

/// Removes a file durably. Returns whether it existed.
pub(super) fn remove(path: &Path) -> Result<bool, StateError> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(StateError::io("remove", path)(error)),
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    sync_folder(folder).map_err(StateError::io("write", folder))?;
    Ok(true)
}

/// Removes temporary files that a killed writer left in `folder`. The caller must hold the lock, so that none is in
/// use.
pub(super) fn sweep(folder: &Path) -> Result<(), StateError> {
    for name in list(folder)? {
        if name.starts_with(UNFINISHED) {
            remove(&folder.join(name))?;
        }
    }
    Ok(())
}

/// The sorted names in a folder, or none if there is no such folder. Names that are not Unicode are skipped.
pub(super) fn list(folder: &Path) -> Result<Vec<String>, StateError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StateError::io("list", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StateError::io("list", folder))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Creates a folder and its parents, with access for this user only.
pub(super) fn create_folder(path: &Path) -> Result<(), StateError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StateError::io("create", path))
}

/// Makes renames and removals in a folder durable. Windows has no such call and needs none.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
