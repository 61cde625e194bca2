use super::{Classified, Facts, conflict, not_trusted, unexpected, usage, verification};
use crate::store::state::StateError;

impl Classified for StateError {
    fn facts(&self) -> Facts {
        match self {
            Self::Foreign { path, .. } => usage("state_of_another_user").about(path.display()),
            Self::Exposed { path, .. } => usage("state_exposed").about(path.display()),
            Self::Io { .. } | Self::NoFolder | Self::NotAFile { .. } => usage("state_unusable"),
            Self::TooLarge { .. } | Self::Corrupt { .. } => unexpected("state_damaged"),
            Self::NoVersion { .. } => verification("malformed_metadata"),
            Self::OtherRepository { .. } | Self::PinnedRoot { .. } => not_trusted("pin_damaged"),
            Self::AlreadyPinned { .. } => not_trusted("pinned_otherwise"),
            Self::PinChanged { .. } => not_trusted("pin_changed"),
            Self::Busy { .. } => conflict("state_busy"),
            Self::NotUnicode { .. } => usage("path_not_unicode"),
        }
    }
}
