use std::path::{Path, PathBuf};

use manifesto::{
    name::RepositoryName,
    report::{Key, KeyBackup, Text, Warning},
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
            Ok(KeyBackup { file: self.output, keys, warnings: warnings.into_iter().flatten().collect() })
        });
        session.show(&report.await?)
    }
}

/// The keys of a store that were made for `repository`; all without one.
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
        let message = format!("no backup can hold keys that never leave {}: {}", store.describe(), kept.join(", "));
        return Err(CliError::new(Exit::CannotSign, "key_never_leaves", message).hint(
            "If the token is lost, what they sign is lost: let a second key sign there too, kept in another place.",
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

/// The keys of a token beside the store, of which a person must not believe that they are in the backup.
fn left_out(token: &dyn KeyStore, repository: Option<&str>) -> Result<Vec<Warning>, CliError> {
    let name = token.describe();
    let warning = |message: String| Warning { kind: "key_not_saved", message: Text::from(message) };
    let Some(records) = if_present(meant(token, repository))? else {
        return Ok(vec![warning(format!("{name} is not present: no backup holds its keys"))]);
    };
    let said = |record: &KeyRecord| warning(format!("{} never leaves {name}: no backup holds it", named(record)));
    Ok(records.iter().map(said).collect())
}

fn named(record: &KeyRecord) -> String {
    let id = start_of_id(record);
    match (record.role(), record.repository()) {
        (Some(role), Some(repository)) => format!("the {role} key \"{}\" ({id}) of {repository}", record.name()),
        _ => format!("the key \"{}\" ({id})", record.name()),
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
