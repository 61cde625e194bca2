use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use manifesto::report::{Key, KeyRestore};
use manifesto_keys::{BackupError, Inserted, backup_records, restore};

use super::{blocking, unlock};
use crate::{
    connect::{Passphrases, key_store},
    error::CliError,
    exit::Exit,
    flags::OneStoreFlag,
    session::Session,
};

/// Bring back the keys of a backup
///
/// Bringing them back twice changes nothing.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The backup, as `manifesto key backup` or `manifesto init` wrote it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    keys: OneStoreFlag,
}

/// Bytes of a backup that are read: more than any has, and the library decides about the rest.
const MAX_BYTES: u64 = 8 << 20;

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let store = key_store::chosen(session, &self.keys)?;
        let passphrases = Passphrases::new(session.environment.clone(), session.asker.clone());
        let report = blocking(move || {
            let bytes = read(&self.file)?;
            // A file that is no backup is told before anyone is asked for its passphrase.
            backup_records(&bytes)?;
            let what = self.file.display().to_string();
            let is_wrong = |error: &BackupError| matches!(error, BackupError::WrongPassphrase);
            let keys = unlock(&passphrases, &what, |passphrase| restore(&bytes, passphrase), is_wrong)??;
            let mut report = KeyRestore { restored: Vec::new(), present: Vec::new(), warnings: Vec::new() };
            for (record, secret) in keys {
                let key = Key::of(&record, &store.describe());
                match store.insert(&record, &secret)? {
                    Inserted::New => report.restored.push(key),
                    Inserted::Known => report.present.push(key),
                }
            }
            Ok(report)
        });
        session.show(&report.await?)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let failed = |source| CliError::file("file_unreadable", "cannot read the backup", path, source);
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
