use crate::{Class, Classified, Facts, store::state::StateError};

impl Classified for StateError {
    fn facts(&self) -> Facts {
        match self {
            Self::Foreign { path, .. } => Class::Usage.facts("state_of_another_user").about(path.display()),
            Self::Exposed { path, .. } => Class::Usage.facts("state_exposed").about(path.display()),
            Self::Io { .. } | Self::NoFolder | Self::NotAFile { .. } => Class::Usage.facts("state_unusable"),
            Self::TooLarge { .. } | Self::Corrupt { .. } => Class::Unexpected.facts("state_damaged"),
            Self::NoVersion { .. } => Class::Verification.facts("malformed_metadata"),
            Self::OtherRepository { .. } | Self::PinnedRoot { .. } => Class::NotTrusted.facts("pin_damaged"),
            Self::AlreadyPinned { .. } => Class::NotTrusted.facts("pinned_otherwise"),
            Self::PinChanged { .. } => Class::NotTrusted.facts("pin_changed"),
            Self::Busy { .. } => Class::Conflict.facts("state_busy"),
            Self::NotUnicode { .. } => Class::Usage.facts("path_not_unicode"),
        }
    }
}
