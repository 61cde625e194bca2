use std::{io, path::Path};

use manifesto_keys::{AskError, BackupError, ImportError, SealError, SignError, StoreError, store::TokenError};

use super::{Caused, CliError};
use crate::exit::Exit;

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let (exit, kind) = classify(&error);
        let hint = hint(&error);
        let error = Self::new(exit, kind, error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

fn classify(error: &StoreError) -> (Exit, &'static str) {
    match error {
        StoreError::Unavailable(_) => (Exit::CannotSign, "keyring_unavailable"),
        StoreError::Locked(_) => (Exit::CannotSign, "keyring_locked"),
        StoreError::Hung(_) => (Exit::CannotSign, "keyring_hung"),
        StoreError::Keyring(_) => (Exit::CannotSign, "keyring_failed"),
        StoreError::Malformed { .. } | StoreError::OtherKey { .. } | StoreError::Secret { .. } => {
            (Exit::CannotSign, "key_damaged")
        }
        StoreError::Sealed { .. } | StoreError::Record { .. } => (Exit::CannotSign, "key_unusable"),
        StoreError::NotFound { .. } => (Exit::CannotSign, "no_such_key"),
        StoreError::Lost { .. } => (Exit::CannotSign, "key_lost"),
        StoreError::Ambiguous { .. } => (Exit::CannotSign, "key_ambiguous"),
        StoreError::TooBig { .. } => (Exit::CannotSign, "keyring_too_small"),
        StoreError::WrongPassphrase { .. } => (Exit::CannotSign, "wrong_passphrase"),
        StoreError::SamePassphrase { .. } => (Exit::Usage, "same_passphrase"),
        StoreError::NoPassphrase { source, .. } | StoreError::NoPin { source, .. } => of_question(source),
        StoreError::Exposed { .. } => (Exit::CannotSign, "key_exposed"),
        StoreError::NotAFile { .. } => (Exit::Usage, "key_not_a_file"),
        StoreError::Misnamed { .. } => (Exit::CannotSign, "key_misnamed"),
        StoreError::Index { .. } => (Exit::CannotSign, "key_index_unusable"),
        StoreError::Io { .. } => (Exit::CannotSign, "key_store_unusable"),
        StoreError::ReadOnly(_) => (Exit::Usage, "key_store_read_only"),
        StoreError::NotMade(_) => (Exit::Unexpected, "key_generation_failed"),
        StoreError::NeverLeaves { .. } => (Exit::CannotSign, "key_never_leaves"),
        StoreError::Token { source, .. } => (Exit::CannotSign, of_token(source)),
    }
}

fn of_token(error: &TokenError) -> &'static str {
    match error {
        TokenError::Module { .. } => "token_module_unusable",
        TokenError::Absent | TokenError::Removed => "token_absent",
        TokenError::Several(_) => "token_ambiguous",
        TokenError::Hung(_) => "token_hung",
        TokenError::WrongPin { .. } => "wrong_pin",
        TokenError::PinLocked => "pin_locked",
        TokenError::NoPin => "token_without_pin",
        TokenError::NoPrivateHalf { .. } => "key_lost",
        TokenError::AlwaysAsks { .. } => "key_unusable",
        TokenError::Unsupported(_) => "key_type_unsupported",
        TokenError::Leaky => "token_leaky",
        TokenError::ReadOnly => "token_read_only",
        TokenError::Full => "token_full",
        TokenError::TooMany(_) | TokenError::Record(_) | TokenError::Random | TokenError::Failed(_) => "token_failed",
        TokenError::NotASignature { .. } => "signing_failed",
    }
}

fn of_question(error: &AskError) -> (Exit, &'static str) {
    match error {
        AskError::NobodyThere => (Exit::CannotSign, "nobody_to_ask"),
        AskError::Refused(_) => (Exit::CannotSign, "passphrase_refused"),
        AskError::Io(source) if source.kind() == io::ErrorKind::Interrupted => (Exit::Interrupted, "interrupted"),
        AskError::Io(_) => (Exit::CannotSign, "passphrase_unreadable"),
    }
}

fn hint(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::Unavailable(_) => Some(
            "Without an OS keyring choose encrypted files, --key-store file:DIR, or hand over one key in MANIFESTO_KEY.",
        ),
        StoreError::Locked(_) | StoreError::Hung(_) => {
            Some("Unlock the keyring and try again, or choose --key-store file:DIR.")
        }
        StoreError::NoPassphrase { source: AskError::NobodyThere, .. } => {
            Some("Set MANIFESTO_PASSPHRASE, or MANIFESTO_PASSPHRASE_FILE to a file that holds it.")
        }
        StoreError::NoPin { source: AskError::NobodyThere, .. } => {
            Some("Set MANIFESTO_PIN, or MANIFESTO_PIN_FILE to a file that holds it.")
        }
        StoreError::NeverLeaves { .. } => {
            Some("Make another key where it is needed, and let it sign, too: manifesto key generate, delegation add.")
        }
        StoreError::Token { source, .. } => token_hint(source),
        StoreError::SamePassphrase { .. } => Some("Where nobody is asked, MANIFESTO_NEW_PASSPHRASE holds the new one."),
        StoreError::NotFound { .. } => Some("`manifesto key list` shows the keys that are there."),
        StoreError::Lost { .. } | StoreError::Malformed { .. } | StoreError::OtherKey { .. } => {
            Some("Bring it back from the backup: manifesto key restore FILE.")
        }
        StoreError::Exposed { .. } => Some("Take the permissions of others away: chmod -R go= on the folder."),
        StoreError::Keyring(_)
        | StoreError::Secret { .. }
        | StoreError::Sealed { .. }
        | StoreError::Record { .. }
        | StoreError::Ambiguous { .. }
        | StoreError::TooBig { .. }
        | StoreError::WrongPassphrase { .. }
        | StoreError::NoPassphrase { .. }
        | StoreError::NoPin { .. }
        | StoreError::NotMade(_)
        | StoreError::NotAFile { .. }
        | StoreError::Misnamed { .. }
        | StoreError::Index { .. }
        | StoreError::Io { .. }
        | StoreError::ReadOnly(_) => None,
    }
}

fn token_hint(error: &TokenError) -> Option<&'static str> {
    match error {
        TokenError::Module { .. } => {
            Some("module-path is the shared library of the token, such as /usr/lib/softhsm/libsofthsm2.so.")
        }
        TokenError::Absent | TokenError::Removed => {
            Some("Put it in and try again. `pkcs11-tool --module MODULE -T` shows the tokens that are present.")
        }
        TokenError::Several(_) => Some("Say which: pkcs11:token=LABEL;serial=NUMBER?module-path=FILE."),
        TokenError::Hung(_) => Some("Take the token out, put it in again, and try again."),
        TokenError::WrongPin { final_try: true } => Some("The next wrong PIN locks the token. Nothing more was tried."),
        TokenError::WrongPin { final_try: false } => {
            Some("A few wrong PINs lock a token, so one that is given in MANIFESTO_PIN is tried once.")
        }
        TokenError::PinLocked => Some("Its security officer can set a new PIN: pkcs11-tool --init-pin."),
        TokenError::NoPin => Some("Set one with the token's own program, or pkcs11-tool --init-pin or --change-pin."),
        TokenError::AlwaysAsks { .. } => {
            Some("Use a key of the token that is free to sign after one login, such as one that manifesto made.")
        }
        TokenError::Unsupported(_) => Some("Choose the other kind: --key-type ecdsa or ed25519."),
        TokenError::ReadOnly => Some("Keys are made in it with the token's own program; manifesto signs with them."),
        TokenError::NoPrivateHalf { .. }
        | TokenError::Leaky
        | TokenError::Full
        | TokenError::TooMany(_)
        | TokenError::NotASignature { .. }
        | TokenError::Record(_)
        | TokenError::Random
        | TokenError::Failed(_) => None,
    }
}

impl From<BackupError> for CliError {
    fn from(error: BackupError) -> Self {
        let (exit, kind) = match &error {
            BackupError::TooBig | BackupError::NotABackup => (Exit::Usage, "not_a_backup"),
            BackupError::TooManyKeys(_) => (Exit::Usage, "too_many_keys"),
            BackupError::Damaged => (Exit::CannotSign, "backup_damaged"),
            BackupError::WrongPassphrase => (Exit::CannotSign, "wrong_passphrase"),
            BackupError::Key(_) => (Exit::CannotSign, "key_unusable"),
        };
        Self::new(exit, kind, error)
    }
}

impl CliError {
    /// A key that could not be imported from `path`.
    pub(crate) fn import(path: &Path, error: ImportError) -> Self {
        let (exit, kind) = match &error {
            ImportError::NoKey | ImportError::PublicOnly(_) => (Exit::Usage, "no_private_key"),
            ImportError::Several(_) => (Exit::Usage, "several_keys"),
            ImportError::TooBig | ImportError::Cut | ImportError::Malformed => (Exit::Usage, "malformed_key"),
            ImportError::Unsupported(_)
            | ImportError::Label(_)
            | ImportError::NotBuilt(_)
            | ImportError::Scheme(_)
            | ImportError::Cost(_)
            | ImportError::Secret(_)
            | ImportError::Sealed(_) => (Exit::Usage, "key_unusable"),
            ImportError::Passphrase => (Exit::CannotSign, "wrong_passphrase"),
        };
        let message = format!("cannot import {}", path.display());
        Self::new(exit, kind, Caused { message, source: error }).about(path.display())
    }

    /// A key that could not be written in the form that it is exported in.
    pub(crate) fn export(error: SealError) -> Self {
        Self::new(Exit::CannotSign, "key_unusable", error)
    }
}

impl From<SignError> for CliError {
    fn from(error: SignError) -> Self {
        let told = error.source.as_deref();
        let kind = told.map_or("signing_failed", |source| classify(source).1);
        let hint = told.and_then(hint);
        let error = Self::new(Exit::CannotSign, kind, error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_machine_without_keyring_is_told_its_choices() {
        let report = CliError::from(StoreError::Unavailable("no session bus".into())).to_report();
        assert_eq!((report.exit_code, report.kind), (11, "keyring_unavailable"));
        assert_eq!(report.message.raw(), "no OS keyring can be reached: no session bus");
        let hint = report.hint.unwrap();
        assert!(hint.raw().contains("file:DIR") && hint.raw().contains("MANIFESTO_KEY"), "{hint}");
        assert_eq!(CliError::from(StoreError::Hung(Duration::from_secs(5))).to_report().kind, "keyring_hung");
    }

    #[test]
    fn ctrl_c_at_a_passphrase_is_an_interruption() {
        let unanswered = |source| StoreError::NoPassphrase { what: "app.backup".into(), source };
        let pressed = AskError::Io(io::ErrorKind::Interrupted.into());
        assert_eq!(CliError::from(unanswered(pressed)).exit(), Exit::Interrupted);
        let report = CliError::from(unanswered(AskError::NobodyThere)).to_report();
        assert_eq!((report.exit_code, report.kind), (11, "nobody_to_ask"));
        assert!(report.hint.unwrap().raw().contains("MANIFESTO_PASSPHRASE"));
    }
}
