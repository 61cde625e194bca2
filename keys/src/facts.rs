use manifesto_tuf::facts::{Class, Classified, Facts};

use crate::{AskError, BackupError, ImportError, SignError, StoreError, store::TokenError};

impl Classified for StoreError {
    fn facts(&self) -> Facts {
        match self {
            Self::Unavailable(_) => Class::CannotSign.facts("keyring_unavailable"),
            Self::Locked(_) => Class::CannotSign.facts("keyring_locked"),
            Self::Hung(_) => Class::CannotSign.facts("keyring_hung"),
            Self::Keyring(_) => Class::CannotSign.facts("keyring_failed"),
            Self::Malformed { .. } | Self::OtherKey { .. } | Self::Secret { .. } => {
                Class::CannotSign.facts("key_damaged")
            }
            Self::Sealed { .. } | Self::Record { .. } => Class::CannotSign.facts("key_unusable"),
            Self::NotFound { .. } => Class::CannotSign.facts("no_such_key"),
            Self::Lost { .. } => Class::CannotSign.facts("key_lost"),
            Self::Ambiguous { .. } => Class::CannotSign.facts("key_ambiguous"),
            Self::TooBig { .. } => Class::CannotSign.facts("keyring_too_small"),
            Self::WrongPassphrase { .. } => Class::CannotSign.facts("wrong_passphrase"),
            Self::SamePassphrase { .. } => Class::Usage.facts("same_passphrase"),
            Self::NoPassphrase { source, .. } | Self::NoPin { source, .. } => source.facts(),
            Self::Exposed { .. } => Class::CannotSign.facts("key_exposed"),
            Self::NotAFile { .. } => Class::Usage.facts("key_not_a_file"),
            Self::Misnamed { .. } => Class::CannotSign.facts("key_misnamed"),
            Self::Index { .. } => Class::CannotSign.facts("key_index_unusable"),
            Self::Io { .. } => Class::CannotSign.facts("key_store_unusable"),
            Self::ReadOnly(_) => Class::Usage.facts("key_store_read_only"),
            Self::NotMade(_) => Class::Unexpected.facts("key_generation_failed"),
            Self::NeverLeaves { .. } => Class::CannotSign.facts("key_never_leaves"),
            Self::Token { source, .. } => source.facts(),
        }
    }
}

impl Classified for TokenError {
    fn facts(&self) -> Facts {
        match self {
            Self::Module { .. } => Class::CannotSign.facts("token_module_unusable"),
            Self::Absent | Self::Removed => Class::CannotSign.facts("token_absent"),
            Self::Several(_) => Class::CannotSign.facts("token_ambiguous"),
            Self::Hung(_) => Class::CannotSign.facts("token_hung"),
            Self::WrongPin { .. } => Class::CannotSign.facts("wrong_pin"),
            Self::PinLocked => Class::CannotSign.facts("pin_locked"),
            Self::NoPin => Class::CannotSign.facts("token_without_pin"),
            Self::NoPrivateHalf { .. } => Class::CannotSign.facts("key_lost"),
            Self::AlwaysAsks { .. } => Class::CannotSign.facts("key_unusable"),
            Self::Unsupported(_) => Class::CannotSign.facts("key_type_unsupported"),
            Self::Leaky => Class::CannotSign.facts("token_leaky"),
            Self::ReadOnly => Class::CannotSign.facts("token_read_only"),
            Self::Full => Class::CannotSign.facts("token_full"),
            Self::TooMany(_) | Self::Record(_) | Self::Random | Self::Failed(_) => {
                Class::CannotSign.facts("token_failed")
            }
            Self::NotASignature { .. } => Class::CannotSign.facts("signing_failed"),
        }
    }
}

impl Classified for AskError {
    fn facts(&self) -> Facts {
        match self {
            Self::NobodyThere => Class::CannotSign.facts("nobody_to_ask"),
            Self::Refused(_) => Class::CannotSign.facts("passphrase_refused"),
            Self::Io(source) if source.kind() == std::io::ErrorKind::Interrupted => {
                Class::Interrupted.facts("interrupted")
            }
            Self::Io(_) => Class::CannotSign.facts("passphrase_unreadable"),
        }
    }
}

impl Classified for BackupError {
    fn facts(&self) -> Facts {
        match self {
            Self::TooBig | Self::NotABackup => Class::Usage.facts("not_a_backup"),
            Self::TooManyKeys(_) => Class::Usage.facts("too_many_keys"),
            Self::Damaged => Class::CannotSign.facts("backup_damaged"),
            Self::WrongPassphrase => Class::CannotSign.facts("wrong_passphrase"),
            Self::Key(_) => Class::CannotSign.facts("key_unusable"),
        }
    }
}

/// If the key's store signs, the kind is that of the store's error.
impl Classified for SignError {
    fn facts(&self) -> Facts {
        let kind = self.source.as_deref().map_or("signing_failed", |source| source.facts().kind);
        Class::CannotSign.facts(kind)
    }
}

impl Classified for ImportError {
    fn facts(&self) -> Facts {
        match self {
            Self::NoKey | Self::PublicOnly(_) => Class::Usage.facts("no_private_key"),
            Self::Several(_) => Class::Usage.facts("several_keys"),
            Self::TooBig | Self::Cut | Self::Malformed => Class::Usage.facts("malformed_key"),
            Self::Unsupported(_)
            | Self::Label(_)
            | Self::NotBuilt(_)
            | Self::Scheme(_)
            | Self::Cost(_)
            | Self::Secret(_)
            | Self::Sealed(_) => Class::Usage.facts("key_unusable"),
            Self::Passphrase => Class::CannotSign.facts("wrong_passphrase"),
        }
    }
}
