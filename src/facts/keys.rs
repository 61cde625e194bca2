use manifesto_keys::{AskError, BackupError, SignError, StoreError, store::TokenError};

use super::{Class, Classified, Facts, cannot_sign, facts, unexpected, usage};

impl Classified for StoreError {
    fn facts(&self) -> Facts {
        match self {
            Self::Unavailable(_) => cannot_sign("keyring_unavailable"),
            Self::Locked(_) => cannot_sign("keyring_locked"),
            Self::Hung(_) => cannot_sign("keyring_hung"),
            Self::Keyring(_) => cannot_sign("keyring_failed"),
            Self::Malformed { .. } | Self::OtherKey { .. } | Self::Secret { .. } => cannot_sign("key_damaged"),
            Self::Sealed { .. } | Self::Record { .. } => cannot_sign("key_unusable"),
            Self::NotFound { .. } => cannot_sign("no_such_key"),
            Self::Lost { .. } => cannot_sign("key_lost"),
            Self::Ambiguous { .. } => cannot_sign("key_ambiguous"),
            Self::TooBig { .. } => cannot_sign("keyring_too_small"),
            Self::WrongPassphrase { .. } => cannot_sign("wrong_passphrase"),
            Self::SamePassphrase { .. } => usage("same_passphrase"),
            Self::NoPassphrase { source, .. } | Self::NoPin { source, .. } => source.facts(),
            Self::Exposed { .. } => cannot_sign("key_exposed"),
            Self::NotAFile { .. } => usage("key_not_a_file"),
            Self::Misnamed { .. } => cannot_sign("key_misnamed"),
            Self::Index { .. } => cannot_sign("key_index_unusable"),
            Self::Io { .. } => cannot_sign("key_store_unusable"),
            Self::ReadOnly(_) => usage("key_store_read_only"),
            Self::NotMade(_) => unexpected("key_generation_failed"),
            Self::NeverLeaves { .. } => cannot_sign("key_never_leaves"),
            Self::Token { source, .. } => source.facts(),
        }
    }
}

impl Classified for TokenError {
    fn facts(&self) -> Facts {
        match self {
            Self::Module { .. } => cannot_sign("token_module_unusable"),
            Self::Absent | Self::Removed => cannot_sign("token_absent"),
            Self::Several(_) => cannot_sign("token_ambiguous"),
            Self::Hung(_) => cannot_sign("token_hung"),
            Self::WrongPin { .. } => cannot_sign("wrong_pin"),
            Self::PinLocked => cannot_sign("pin_locked"),
            Self::NoPin => cannot_sign("token_without_pin"),
            Self::NoPrivateHalf { .. } => cannot_sign("key_lost"),
            Self::AlwaysAsks { .. } => cannot_sign("key_unusable"),
            Self::Unsupported(_) => cannot_sign("key_type_unsupported"),
            Self::Leaky => cannot_sign("token_leaky"),
            Self::ReadOnly => cannot_sign("token_read_only"),
            Self::Full => cannot_sign("token_full"),
            Self::TooMany(_) | Self::Record(_) | Self::Random | Self::Failed(_) => cannot_sign("token_failed"),
            Self::NotASignature { .. } => cannot_sign("signing_failed"),
        }
    }
}

impl Classified for AskError {
    fn facts(&self) -> Facts {
        match self {
            Self::NobodyThere => cannot_sign("nobody_to_ask"),
            Self::Refused(_) => cannot_sign("passphrase_refused"),
            Self::Io(source) if source.kind() == std::io::ErrorKind::Interrupted => {
                facts(Class::Interrupted, "interrupted")
            }
            Self::Io(_) => cannot_sign("passphrase_unreadable"),
        }
    }
}

impl Classified for BackupError {
    fn facts(&self) -> Facts {
        match self {
            Self::TooBig | Self::NotABackup => usage("not_a_backup"),
            Self::TooManyKeys(_) => usage("too_many_keys"),
            Self::Damaged => cannot_sign("backup_damaged"),
            Self::WrongPassphrase => cannot_sign("wrong_passphrase"),
            Self::Key(_) => cannot_sign("key_unusable"),
        }
    }
}

/// If the key's store signs, the kind is that of the store's error.
impl Classified for SignError {
    fn facts(&self) -> Facts {
        let kind = self.source.as_deref().map_or("signing_failed", |source| source.facts().kind);
        cannot_sign(kind)
    }
}
