//! Writes results to files, completely or not at all.

use std::{fs, io, path::Path};

use tempfile::NamedTempFile;

use crate::error::CliError;

/// Writes a file, and creates its folder. The output of `write` replaces the file once it is complete. A link is
/// followed. A path that is not a file, such as a pipe or `/dev/null`, is written to and never replaced.
pub(crate) fn write_file(path: &Path, write: impl FnOnce(&mut fs::File) -> io::Result<()>) -> Result<(), CliError> {
    let failed = |source| CliError::file("file_unwritable", "cannot write", path, source);
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut there = fs::File::options().write(true).open(path).map_err(failed)?;
        return write(&mut there).map_err(failed);
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = new_file_in(folder).map_err(failed)?;
    write(file.as_file_mut()).map_err(failed)?;
    file.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes a file that must not exist.
pub(crate) fn write_new_file(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let failed = |source| CliError::file("file_unwritable", "cannot write", path, source);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = new_file_in(folder).map_err(failed)?;
    io::Write::write_all(&mut file, bytes).map_err(failed)?;
    file.persist_noclobber(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A temporary file with the permissions of the user's umask, because a statement or root is not secret.
fn new_file_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// As root, a rename over `/dev/null` would replace that device for the whole machine.
    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_to_and_a_link_is_followed() {
        use std::os::unix::{
            fs::{FileTypeExt, symlink},
            net::UnixListener,
        };

        write_file(Path::new("/dev/null"), |file| file.write_all(b"gone")).unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        assert!(write_file(&socket, |file| file.write_all(b"x")).is_err());
        assert!(fs::metadata(&socket).unwrap().file_type().is_socket());
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "before").unwrap();
        symlink(&file, &link).unwrap();
        write_file(&link, |file| file.write_all(b"after")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"after");
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_its_folder_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/seccomp");
        write_file(&path, |file| file.write_all(b"first, longer")).unwrap();
        assert!(write_file(&path, |file| file.write_all(b"half").and(Err(io::ErrorKind::StorageFull.into()))).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"first, longer");
        write_file(&path, |file| file.write_all(b"second")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let plain = folder.path().join("plain");
            fs::write(&plain, "").unwrap();
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(&path), mode(&plain));
        }
    }
}
