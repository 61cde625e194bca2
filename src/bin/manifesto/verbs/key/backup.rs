use std::path::{Path, PathBuf};

use manifesto::{
    name::Repository,
    report::{Key, KeyBackup},
};
use manifesto_keys::{AskPassphrase, KeyRecord, KeyStore, Purpose, Secret, StoreError};

use super::{blocking, new_file::NewFile};
use crate::{
    connect::{Passphrases, key_store::KeyRing},
    error::CliError,
    exit::Exit,
    flags::KeyStoreFlag,
    session::Session,
};

/// Write keys to a file, encrypted with a passphrase
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository whose keys to write; all keys if not given
    #[arg(value_name = "REPO")]
    repository: Option<Repository>,

    /// The file to write; it must not exist
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let KeyRing { store, .. } = KeyRing::open(session, &self.keys)?;
        let passphrases = Passphrases::new(session.environment.clone(), session.asker.clone());
        let report = blocking(move || {
            let repository = self.repository.as_ref().map(Repository::to_string);
            let keys = collect(store.as_ref(), repository.as_deref())?;
            write(&self.output, &keys, &passphrases)?;
            let keys = keys.iter().map(|(record, _)| Key::of(record, &store.describe())).collect();
            Ok(KeyBackup { file: self.output, keys, warnings: Vec::new() })
        });
        session.show(&report.await?)
    }
}

/// The keys of a store that were made for `repository`; all without one.
fn collect(store: &dyn KeyStore, repository: Option<&str>) -> Result<Vec<(KeyRecord, Secret)>, CliError> {
    let mut keys = Vec::new();
    for record in store.list()? {
        if repository.is_none() || record.repository() == repository {
            let secret = store.export(&record.key_id())?;
            keys.push((record, secret));
        }
    }
    match (keys.is_empty(), repository) {
        (false, _) => Ok(keys),
        (true, Some(repository)) => {
            let message = format!("there are no keys of {repository} in {}", store.describe());
            Err(CliError::new(Exit::CannotSign, "no_such_key", message).about(repository))
        }
        (true, None) => {
            Err(CliError::new(Exit::CannotSign, "no_such_key", format!("there are no keys in {}", store.describe())))
        }
    }
}

/// Writes keys under a new passphrase into a file that must not exist: whole, and readable by this user alone.
pub(crate) fn write(
    path: &Path,
    keys: &[(KeyRecord, Secret)],
    passphrases: &dyn AskPassphrase,
) -> Result<(), CliError> {
    let file = NewFile::create(path, "cannot write the backup")?;
    let what = path.display().to_string();
    let passphrase =
        passphrases.ask(&what, Purpose::New).map_err(|source| StoreError::NoPassphrase { what, source })?;
    file.write(&manifesto_keys::backup(keys, &passphrase)?)
}
