use std::{io, path::Path};

use manifesto_keys::{AskError, BackupError, ImportError, SealError, SignError, StoreError};

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
        StoreError::NoPassphrase { source, .. } => of_question(source),
        StoreError::Exposed { .. } => (Exit::CannotSign, "key_exposed"),
        StoreError::Misnamed { .. } => (Exit::CannotSign, "key_misnamed"),
        StoreError::Index { .. } => (Exit::CannotSign, "key_index_unusable"),
        StoreError::Io { .. } => (Exit::CannotSign, "key_store_unusable"),
        StoreError::ReadOnly(_) => (Exit::Usage, "key_store_read_only"),
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
        | StoreError::Misnamed { .. }
        | StoreError::Index { .. }
        | StoreError::Io { .. }
        | StoreError::ReadOnly(_) => None,
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
        Self::new(Exit::CannotSign, "signing_failed", error)
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
