use std::path::{Path, PathBuf};

use manifesto::{
    name::RepositoryName,
    report::{Key, KeyBackup, Report, Text, Warning},
};
use manifesto_keys::{AskPassphrase, KeyRecord, KeyStore, Purpose, Secret, StoreError};

use super::{blocking, new_file::NewFile, start_of_id};
use crate::{
    connect::{
        Passphrases,
        key_store::{KeyRing, if_present},
    },
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
    repository: Option<RepositoryName>,

    /// The file to write; it must not exist
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let KeyRing { store, token, .. } = KeyRing::open(session, &self.keys)?;
        let passphrases = Passphrases::new(session.environment.clone(), session.asker.clone());
        let report = blocking(move || {
            let repository = self.repository.as_ref().map(RepositoryName::to_string);
            let keys = collect(store.as_ref(), repository.as_deref())?;
            let warnings = token.map(|token| left_out(token.as_ref(), repository.as_deref())).transpose()?;
            write(&self.output, &keys, &passphrases)?;
            let keys = keys.iter().map(|(record, _)| Key::of(record, &store.describe())).collect();
            let warnings = warnings.into_iter().flatten().collect();
            Ok(Report { head: (), body: KeyBackup { file: self.output, keys }, warnings })
        });
        session.show(&report.await?)
    }
}

/// The keys of a store for `repository`, or all keys.
fn collect(store: &dyn KeyStore, repository: Option<&str>) -> Result<Vec<(KeyRecord, Secret)>, CliError> {
    let (mut keys, mut kept) = (Vec::new(), Vec::new());
    for record in meant(store, repository)? {
        match store.export(record.key_id()) {
            Ok(secret) => keys.push((record, secret)),
            Err(StoreError::NeverLeaves { .. }) => kept.push(named(&record)),
            Err(error) => return Err(error.into()),
        }
    }
    if !kept.is_empty() {
        let message = format!("keys that never leave {} cannot be backed up: {}", store.describe(), kept.join(", "));
        return Err(CliError::new(Exit::CannotSign, "key_never_leaves", message).hint(
            "If the token is lost, its roles cannot be signed: add a second key to them, and keep it in another place.",
        ));
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

fn meant(store: &dyn KeyStore, repository: Option<&str>) -> Result<Vec<KeyRecord>, StoreError> {
    let mut records = store.list()?;
    records.retain(|record| repository.is_none() || record.repository() == repository);
    Ok(records)
}

/// Warnings about the keys of a token besides the store, which are not in the backup.
fn left_out(token: &dyn KeyStore, repository: Option<&str>) -> Result<Vec<Warning>, CliError> {
    let name = token.describe();
    let warning = |message: String| Warning { kind: "key_not_saved", message: Text::from(message) };
    let Some(records) = if_present(meant(token, repository))? else {
        return Ok(vec![warning(format!("{name} is not present, so its keys are not in the backup"))]);
    };
    let missing =
        |record: &KeyRecord| warning(format!("{} never leaves {name}, so it is not in the backup", named(record)));
    Ok(records.iter().map(missing).collect())
}

fn named(record: &KeyRecord) -> String {
    let id = start_of_id(record);
    match (record.role(), record.repository()) {
        (Some(role), Some(repository)) => format!("the {role} key \"{}\" ({id}) of {repository}", record.name()),
        _ => format!("the key \"{}\" ({id})", record.name()),
    }
}

/// Encrypts keys with a new passphrase, and writes them to a new file that only this user can read.
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
