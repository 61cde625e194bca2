//! Files that the user names, read whole and never beyond a limit.

use std::{fs::File, io::Read as _, path::Path};

use zeroize::Zeroizing;

use crate::error::CliError;

/// Reads a file of at most `limit` bytes. `what` names it in errors, such as `root`. The bytes are zeroised on drop: some of
/// these files hold keys.
pub(crate) fn read(path: &Path, what: &str, limit: u64) -> Result<Zeroizing<Vec<u8>>, CliError> {
    let failed = |source| CliError::file("file_unreadable", &format!("cannot read the {what}"), path, source);
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path).map_err(failed)?.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(CliError::usage(format!("{} is too large for a {what}", path.display())).about(path.display()));
    }
    Ok(bytes)
}

/// As [`read`], as text.
pub(crate) fn read_text(path: &Path, what: &str, limit: u64) -> Result<Zeroizing<String>, CliError> {
    let mut bytes = read(path, what, limit)?;
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
        // The bytes go with the error, which may hold a key.
        drop(Zeroizing::new(error.into_bytes()));
        let source = std::io::Error::new(std::io::ErrorKind::InvalidData, "it is no text");
        CliError::file("file_unreadable", &format!("cannot read the {what}"), path, source)
    })?;
    Ok(Zeroizing::new(text))
}
