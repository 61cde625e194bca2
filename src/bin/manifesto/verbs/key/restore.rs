use std::path::PathBuf;

use manifesto::report::{Key, KeyRestore, Report};
use manifesto_keys::{BackupError, Inserted, backup_records, restore};

use super::{blocking, read_backup, unlock};
use crate::{
    connect::{Passphrases, key_store},
    error::CliError,
    exit::Exit,
    flags::OneStoreFlag,
    session::Session,
};

/// Restore the keys of a backup
///
/// Restoring them twice changes nothing.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The backup, as `manifesto key backup` or `manifesto init` wrote it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    keys: OneStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let store = key_store::chosen(session, &self.keys)?;
        let passphrases = Passphrases::new(session.environment.clone(), session.asker.clone());
        let report = blocking(move || {
            let bytes = read_backup(&self.file)?;
            // Report a file that is not a backup before the user is asked for a passphrase.
            backup_records(&bytes)?;
            let what = self.file.display().to_string();
            let is_wrong = |error: &BackupError| matches!(error, BackupError::WrongPassphrase);
            let keys = unlock(&passphrases, &what, |passphrase| restore(&bytes, passphrase), is_wrong)??;
            let (mut restored, mut present) = (Vec::new(), Vec::new());
            for (record, secret) in keys {
                let key = Key::of(&record, &store.describe());
                match store.insert(&record, &secret)? {
                    Inserted::New => restored.push(key),
                    Inserted::Known => present.push(key),
                }
            }
            Ok(Report::from(KeyRestore { restored, present }))
        });
        session.show(&report.await?)
    }
}
