use std::{ffi::OsStr, path::Path};

use manifesto::store::state::StateError;

use super::Hint;

impl Hint for StateError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Foreign { path, user, .. } => {
                return Some(format!(
                    "Was a command run there with sudo? This gives it back: sudo chown -R {user} '{}'. Or set \
                     MANIFESTO_STATE_DIR to a folder of your own.",
                    folder_of(path).display()
                ));
            }
            Self::Exposed { path, .. } => return Some(format!("chmod go-w '{}'", path.display())),
            Self::Io { .. } | Self::NoFolder => "Set MANIFESTO_STATE_DIR to a folder that this user can write to.",
            Self::NotAFile { .. } => "Check what it is, and remove it if it is not yours.",
            Self::TooLarge { .. } | Self::Corrupt { .. } | Self::OtherRepository { .. } | Self::PinnedRoot { .. } => {
                "If you are sure that nobody tampered with it: `manifesto trust forget REPO`, then pin it again."
            }
            Self::AlreadyPinned { .. } => "If its owner confirms the new root: `manifesto trust forget REPO` first.",
            Self::PinChanged { .. } => "Try again.",
            Self::Busy { .. } => "Try again when the other command has ended.",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// The state directory that contains `path`, as far as the path shows.
fn folder_of(path: &Path) -> &Path {
    let inside = |name: &OsStr| name == "repositories" || name == "locks";
    let top = path.ancestors().filter(|path| path.file_name().is_some_and(inside)).last();
    top.and_then(Path::parent).unwrap_or(path)
}
