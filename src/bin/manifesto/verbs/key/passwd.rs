use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use manifesto::report::{Key, KeyPasswd, Report};
use manifesto_keys::{
    AskPassphrase, BackupError, KeyRecord, KeyStoreSpec, Purpose, StoreError, backup, backup_records, restore,
    store::FileStore,
};

use super::{blocking, new_file::NewFile, read_backup, unlock};
use crate::{connect::Passphrases, error::CliError, exit::Exit, flags::OneStoreFlag, session::Session};

/// Change the passphrase of a folder of encrypted keys, or of a backup
///
/// All keys of the folder get the new passphrase. After an interruption, run the same command again to complete it. A
/// backup is replaced as a whole.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The backup whose passphrase to change, instead of that of the key store
    #[arg(long, value_name = "FILE", conflicts_with = "key_store")]
    backup: Option<PathBuf>,

    #[command(flatten)]
    keys: OneStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let passphrases = Arc::new(Passphrases::new(session.environment.clone(), session.asker.clone()));
        if let Some(file) = self.backup {
            let report = blocking(move || of_backup(&file, passphrases.as_ref()));
            return session.show(&Report::from(report.await?));
        }
        let folder = match self.keys.chosen(&session.environment, &session.config)? {
            KeyStoreSpec::File(folder) => folder,
            KeyStoreSpec::Keyring => {
                let message = "the passphrase of the OS keyring is changed in the system's settings";
                return Err(elsewhere(message));
            }
            KeyStoreSpec::Token(_) => {
                return Err(elsewhere(
                    "the PIN of a token is changed with its own program, or pkcs11-tool --change-pin",
                ));
            }
        };
        let report = blocking(move || of_folder(&folder, passphrases));
        session.show(&Report::from(report.await?))
    }
}

fn of_folder(folder: &Path, passphrases: Arc<Passphrases>) -> Result<KeyPasswd, CliError> {
    let store = FileStore::new(folder, passphrases.clone());
    let change = store.change_passphrase(passphrases.as_ref())?;
    if change.changed.is_empty() && change.unchanged.is_empty() {
        let message = format!("there are no keys in file:{}", folder.display());
        return Err(CliError::new(Exit::CannotSign, "no_such_key", message));
    }
    let name = format!("file:{}", folder.display());
    let shown = |records: Vec<KeyRecord>| records.iter().map(|record| Key::of(record, &name)).collect();
    Ok(KeyPasswd { changed: shown(change.changed), unchanged: shown(change.unchanged) })
}

fn of_backup(path: &Path, passphrases: &Passphrases) -> Result<KeyPasswd, CliError> {
    let bytes = read_backup(path)?;
    // Report what needs no passphrase before the user is asked for one.
    backup_records(&bytes)?;
    let file = NewFile::in_place_of(path, "cannot write the backup")?;
    let what = path.display().to_string();
    let is_wrong = |error: &BackupError| matches!(error, BackupError::WrongPassphrase);
    let keys = unlock(passphrases, &what, |passphrase| restore(&bytes, passphrase), is_wrong)??;
    let failed = |source| StoreError::NoPassphrase { what: what.clone(), source };
    let new = passphrases.ask(&what, Purpose::New).map_err(failed)?;
    if restore(&bytes, &new).is_ok() {
        return Err(StoreError::SamePassphrase { what }.into());
    }
    file.write(&backup(&keys, &new)?)?;
    let changed = keys.iter().map(|(record, _)| Key::of(record, &what)).collect();
    Ok(KeyPasswd { changed, unchanged: Vec::new() })
}

fn elsewhere(message: &str) -> CliError {
    CliError::new(Exit::Usage, "no_passphrase", message)
        .hint("The passphrase of encrypted files is changed with --key-store file:DIR, that of a backup with --backup.")
}
