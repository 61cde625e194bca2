use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::name::Digest;

/// Why the state of this machine could not be read or changed. Absence is an answer and not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The operating system refused an operation on a file or folder.
    #[error("cannot {operation} '{}'", path.display())]
    Io {
        /// The operation, as a verb: `read`, `write`, `create`, `remove`, `list`, `lock`.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file or folder belongs to another user and is not accessible to this one.
    #[error("cannot {operation} '{}', which belongs to user {owner}; this is user {user}", path.display())]
    Foreign {
        /// The operation, as a verb.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The numeric id of its owner.
        owner: u32,
        /// The numeric id of the user that this process runs as.
        user: u32,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The path is a link, a device or a pipe, not a file. Reading it could lead elsewhere or never end.
    #[error("'{}' is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Other users may write to the folder, so they could pin any root.
    #[error("other users may write to the folder '{}' (mode {mode:03o})", path.display())]
    Exposed {
        /// The folder.
        path: PathBuf,
        /// The mode bits of the folder.
        mode: u32,
    },
    /// This machine has no state directory.
    #[error("there is no state directory")]
    NoFolder,
    /// A file is larger than any valid one.
    #[error("'{}' is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file does not have valid content: it was truncated, overwritten or damaged.
    #[error("'{}' is damaged", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with the content.
        source: serde_json::Error,
    },
    /// A document to be stored is not signed metadata with a version.
    #[error("a document to be stored as '{}' has no version", path.display())]
    NoVersion {
        /// The file to be written, which is unchanged.
        path: PathBuf,
        /// What is wrong with the document.
        source: serde_json::Error,
    },
    /// The folder of one repository has the pin of another.
    #[error("'{}' is for '{found}', not for '{expected}'", path.display())]
    OtherRepository {
        /// The pin.
        path: PathBuf,
        /// The repository whose folder this is.
        expected: String,
        /// The repository that the pin names.
        found: String,
    },
    /// The pinned root does not have the fingerprint that the pin records.
    #[error("the pinned root '{}' is {}, but {recorded} was pinned", path.display(), shown(found.as_ref()))]
    PinnedRoot {
        /// The pinned root.
        path: PathBuf,
        /// The fingerprint in the pin.
        recorded: Digest,
        /// The fingerprint of the file, or `None` if there is no file.
        found: Option<Digest>,
    },
    /// Another root is already pinned.
    #[error("'{repository}' is already pinned to {pinned}, not to {offered}")]
    AlreadyPinned {
        /// The repository.
        repository: String,
        /// The pinned fingerprint.
        pinned: Digest,
        /// The fingerprint to be pinned.
        offered: Digest,
    },
    /// The documents were verified under a pin that has changed since, so they are not stored.
    #[error("the pin of '{repository}' changed meanwhile: was {expected}, is {}", shown(found.as_ref()))]
    PinChanged {
        /// The repository.
        repository: String,
        /// The fingerprint that the documents were verified under.
        expected: Digest,
        /// The pinned fingerprint, or `None` if the pin was forgotten.
        found: Option<Digest>,
    },
    /// Another process held the lock for too long.
    #[error("another process holds the lock '{}' (waited {} ms)", path.display(), waited.as_millis())]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long this process waited.
        waited: Duration,
    },
    /// The path of a layout is not Unicode and cannot be recorded.
    #[error("'{}' is not Unicode", path.display())]
    NotUnicode {
        /// The path.
        path: PathBuf,
    },
}

impl StateError {
    /// Adds the operation and the path to an error of the operating system.
    pub(super) fn io(operation: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            let path = path.into();
            // If a file cannot be created, it is not the leftover of another user's run.
            let refused = if operation == "create" { None } else { owner_of_refused(&path, &source) };
            match refused {
                Some((path, owner, user)) => Self::Foreign { operation, path, owner, user, source },
                None => Self::Io { operation, path, source },
            }
        }
    }

    /// Whether the state can be read but not changed.
    pub fn is_about_writing(&self) -> bool {
        match self {
            Self::Io { operation, .. } | Self::Foreign { operation, .. } => !matches!(*operation, "read" | "list"),
            Self::Busy { .. } | Self::NoFolder => true,
            _ => false,
        }
    }
}

/// If the system refused access: the nearest accessible file or folder on the way to `path`, its owner and this user,
/// if they differ.
#[cfg(unix)]
fn owner_of_refused(path: &Path, error: &io::Error) -> Option<(PathBuf, u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if error.kind() != io::ErrorKind::PermissionDenied {
        return None;
    }
    let there = path.ancestors().find_map(|path| Some((path, path.symlink_metadata().ok()?)));
    let (path, metadata) = there?;
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    (owner != user).then(|| (path.to_owned(), owner, user))
}

#[cfg(not(unix))]
fn owner_of_refused(_: &Path, _: &io::Error) -> Option<(PathBuf, u32, u32)> {
    None
}

fn shown(digest: Option<&Digest>) -> String {
    digest.map_or_else(|| "absent".to_owned(), Digest::to_string)
}
