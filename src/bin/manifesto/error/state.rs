use std::{ffi::OsStr, path::Path};

use manifesto::store::state::StateError;

use super::CliError;
use crate::exit::Exit;

impl From<StateError> for CliError {
    fn from(error: StateError) -> Self {
        if let StateError::Foreign { path, user, .. } = &error {
            let hint = format!(
                "Was a command run there with sudo? This gives it back: sudo chown -R {user} '{}'. Or set \
                 MANIFESTO_STATE_DIR to a folder of your own.",
                folder_of(path).display()
            );
            let about = path.display().to_string();
            return Self::new(Exit::Usage, "state_of_another_user", error).about(about).hint(hint);
        }
        if let StateError::Exposed { path, .. } = &error {
            let (hint, about) = (format!("chmod go-w '{}'", path.display()), path.display().to_string());
            return Self::new(Exit::Usage, "state_exposed", error).about(about).hint(hint);
        }
        let (exit, kind, hint) = match &error {
            StateError::Io { .. } | StateError::NoFolder => (
                Exit::Usage,
                "state_unusable",
                Some("Set MANIFESTO_STATE_DIR to a folder that this user can write to."),
            ),
            StateError::NotAFile { .. } => {
                (Exit::Usage, "state_unusable", Some("Look at what it is, and remove it if it is not yours."))
            }
            StateError::Foreign { .. } | StateError::Exposed { .. } => (Exit::Usage, "state_unusable", None),
            StateError::TooLarge { .. } | StateError::Corrupt { .. } => (
                Exit::Unexpected,
                "state_damaged",
                Some("If nobody tampered with it: `manifesto trust forget REPO`, then pin it anew."),
            ),
            StateError::NoVersion { .. } => (Exit::Verification, "malformed_metadata", None),
            StateError::OtherRepository { .. } | StateError::PinnedRoot { .. } => (
                Exit::NotTrusted,
                "pin_damaged",
                Some("If nobody tampered with it: `manifesto trust forget REPO`, then pin it anew."),
            ),
            StateError::AlreadyPinned { .. } => (
                Exit::NotTrusted,
                "pinned_otherwise",
                Some("If its owner says that this is the right one: `manifesto trust forget REPO` first."),
            ),
            StateError::PinChanged { .. } => (Exit::NotTrusted, "pin_changed", Some("Try again.")),
            StateError::Busy { .. } => {
                (Exit::Conflict, "state_busy", Some("Try again when the other command has ended."))
            }
            StateError::NotUnicode { .. } => (Exit::Usage, "path_not_unicode", None),
        };
        let error = Self::new(exit, kind, error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// The folder in which everything of one machine's state is, as far as the path tells.
fn folder_of(path: &Path) -> &Path {
    let inside = |name: &OsStr| name == "repositories" || name == "locks";
    let top = path.ancestors().filter(|path| path.file_name().is_some_and(inside)).last();
    top.and_then(Path::parent).unwrap_or(path)
}
