use manifesto::store::state::StateError;

use super::CliError;
use crate::exit::Exit;

impl From<StateError> for CliError {
    fn from(error: StateError) -> Self {
        let (exit, kind, hint) = match &error {
            StateError::Io { .. } => (Exit::Unexpected, "state_unusable", None),
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
