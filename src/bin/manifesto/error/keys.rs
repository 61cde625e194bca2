use std::path::Path;

use manifesto::Classified;
use manifesto_keys::{AskError, BackupError, ImportError, SealError, SignError, StoreError, store::TokenError};

use super::{Caused, CliError, Hint};
use crate::exit::Exit;

impl Hint for StoreError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Token { source, .. } => return source.hint(),
            Self::Unavailable(_) => {
                "Without an OS keyring choose encrypted files, --key-store file:DIR, or hand over one key in \
                 MANIFESTO_KEY."
            }
            Self::Locked(_) | Self::Hung(_) => "Unlock the keyring and try again, or choose --key-store file:DIR.",
            Self::NoPassphrase { source: AskError::NobodyThere, .. } => {
                "Set MANIFESTO_PASSPHRASE, or MANIFESTO_PASSPHRASE_FILE to a file that holds it."
            }
            Self::NoPin { source: AskError::NobodyThere, .. } => {
                "Set MANIFESTO_PIN, or MANIFESTO_PIN_FILE to a file that holds it."
            }
            Self::NeverLeaves { .. } => {
                "Generate another key on that machine, and delegate to it too: manifesto key generate, delegation add."
            }
            Self::SamePassphrase { .. } => "Without a terminal, MANIFESTO_NEW_PASSPHRASE contains the new one.",
            Self::NotFound { .. } => "`manifesto key list` lists the available keys.",
            Self::Lost { .. } | Self::Malformed { .. } | Self::OtherKey { .. } => {
                "Restore it from the backup: manifesto key restore FILE."
            }
            Self::Exposed { .. } => "Remove the permissions of other users: chmod -R go= on the folder.",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for TokenError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Module { .. } => {
                "module-path is the shared library of the token, such as /usr/lib/softhsm/libsofthsm2.so."
            }
            Self::Absent | Self::Removed => {
                "Insert it and try again. `pkcs11-tool --module MODULE -T` shows the tokens that are present."
            }
            Self::Several(_) => "Name it: pkcs11:token=LABEL;serial=NUMBER?module-path=FILE.",
            Self::Hung(_) => "Take the token out, put it in again, and try again.",
            Self::WrongPin { final_try: true } => "The next wrong PIN locks the token. Nothing more was tried.",
            Self::WrongPin { final_try: false } => {
                "A few wrong PINs lock a token, so one that is given in MANIFESTO_PIN is tried once."
            }
            Self::PinLocked => "Its security officer can set a new PIN: pkcs11-tool --init-pin.",
            Self::NoPin => "Set one with the token's own program, or pkcs11-tool --init-pin or --change-pin.",
            Self::AlwaysAsks { .. } => {
                "Use a key of the token that can sign repeatedly after one login, such as one that manifesto made."
            }
            Self::Unsupported(_) => "Choose the other type: --key-type ecdsa or ed25519.",
            Self::ReadOnly => "Generate keys with the token's own program; manifesto can sign with them.",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for BackupError {
    fn hint(&self) -> Option<String> {
        None
    }
}

impl Hint for SignError {
    fn hint(&self) -> Option<String> {
        self.source.as_deref()?.hint()
    }
}

impl CliError {
    /// An error for a key that could not be imported from `path`.
    pub(crate) fn import(path: &Path, error: ImportError) -> Self {
        let facts = error.facts();
        let message = format!("cannot import {}", path.display());
        Self::new(facts.class.into(), facts.kind, Caused { message, source: error }).about(path.display())
    }

    /// An error for a key that could not be exported.
    pub(crate) fn export(error: SealError) -> Self {
        Self::new(Exit::CannotSign, "key_unusable", error)
    }
}

#[cfg(test)]
mod tests {
    use std::{io, time::Duration};

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
