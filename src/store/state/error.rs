use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::name::Digest;

/// Why the state of this machine could not be read or changed. "There is none" is not among them: it is an answer.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The operating system refused an operation on a file or folder.
    #[error("cannot {operation} '{}'", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `write`, `create`, `remove`, `list`, `lock`.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder belongs to somebody else, who does not let this user at it.
    #[error("cannot {operation} '{}', which belongs to user {owner}; this is user {user}", path.display())]
    Foreign {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The numeric id of its owner.
        owner: u32,
        /// The numeric id of the user that this process runs as.
        user: u32,
        /// What the system said.
        source: io::Error,
    },
    /// A link, a device or a pipe where a file must be: reading it could lead elsewhere, or never end.
    #[error("'{}' is no regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Others than its owner may write to the folder, and so pin whatever they like.
    #[error("others may write to the folder '{}' (mode {mode:03o})", path.display())]
    Exposed {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// There is no folder to keep state in.
    #[error("there is no folder to remember anything in")]
    NoFolder,
    /// A file holds more than any valid one can.
    #[error("'{}' is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound, in bytes.
        limit: u64,
    },
    /// A file does not hold what is stored under its name: it was cut off, overwritten or damaged.
    #[error("'{}' is damaged", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where its content departs from what is expected.
        source: serde_json::Error,
    },
    /// A document that was to be stored is no signed metadata with a version.
    #[error("a document that was to be stored as '{}' has no version", path.display())]
    NoVersion {
        /// The file it was meant for; it is unchanged.
        path: PathBuf,
        /// Where the document departs from what is expected.
        source: serde_json::Error,
    },
    /// The folder of one repository holds the pin of another.
    #[error("'{}' is about '{found}', not about '{expected}'", path.display())]
    OtherRepository {
        /// The pin.
        path: PathBuf,
        /// The repository whose folder this is.
        expected: String,
        /// The repository that the pin names.
        found: String,
    },
    /// The pinned root is not the one that the pin records.
    #[error("the pinned root '{}' is {}, but {recorded} was pinned", path.display(), shown(found.as_ref()))]
    PinnedRoot {
        /// The pinned root.
        path: PathBuf,
        /// The fingerprint in the pin.
        recorded: Digest,
        /// The fingerprint of the file, none if there is no file.
        found: Option<Digest>,
    },
    /// Another root is pinned already.
    #[error("'{repository}' is pinned to {pinned} already, not to {offered}")]
    AlreadyPinned {
        /// The repository.
        repository: String,
        /// The fingerprint in force.
        pinned: Digest,
        /// The fingerprint that was to be pinned.
        offered: Digest,
    },
    /// The pin that documents were verified under is no longer the one in force, so they are not stored.
    #[error("the pin of '{repository}' changed meanwhile: was {expected}, is {}", shown(found.as_ref()))]
    PinChanged {
        /// The repository.
        repository: String,
        /// The fingerprint that the documents were verified under.
        expected: Digest,
        /// The fingerprint in force, none if the pin was forgotten.
        found: Option<Digest>,
    },
    /// Another process holds the lock, and did not let go of it in time.
    #[error("another process holds the lock '{}' (waited {} ms)", path.display(), waited.as_millis())]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long this process waited.
        waited: Duration,
    },
    /// The path of a layout is not Unicode, so it cannot be recorded.
    #[error("'{}' is not Unicode", path.display())]
    NotUnicode {
        /// The path.
        path: PathBuf,
    },
}

impl StateError {
    /// Adds what was tried, and on which path, to an answer of the operating system.
    pub(super) fn io(operation: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            let path = path.into();
            // What cannot be made at all is no leftover of somebody else's run.
            let refused = if operation == "create" { None } else { owner_of_refused(&path, &source) };
            match refused {
                Some((path, owner, user)) => Self::Foreign { operation, path, owner, user, source },
                None => Self::Io { operation, path, source },
            }
        }
    }

    /// Whether the state cannot be changed, though what there is of it can be read.
    pub fn is_about_writing(&self) -> bool {
        match self {
            Self::Io { operation, .. } | Self::Foreign { operation, .. } => !matches!(*operation, "read" | "list"),
            Self::Busy { .. } | Self::NoFolder => true,
            _ => false,
        }
    }
}

/// The nearest file or folder on the way to `path` that can be looked at, its owner and this user, where the two differ
/// and the system refused access.
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
