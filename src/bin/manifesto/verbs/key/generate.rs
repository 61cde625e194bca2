use manifesto::report::{Key, KeyGenerate, Text};
use manifesto_keys::{KeyRecord, Secret};

use super::blocking;
use crate::{
    connect::key_store::KeyRing,
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, KeyType, PersonName},
    session::Session,
};

/// Make a signing key, and print its public half
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key's name, such as alice or ci
    #[arg(value_name = "NAME")]
    name: PersonName,

    /// The kind of key to make
    #[arg(long, value_enum, default_value_t, value_name = "TYPE")]
    key_type: KeyType,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let KeyRing { store, .. } = KeyRing::open(session, &self.keys)?;
        let now = session.now;
        let report = blocking(move || {
            let taken = |record: &KeyRecord| record.role().is_none() && record.name() == self.name.as_str();
            if store.list()?.iter().any(taken) {
                return Err(CliError::new(
                    Exit::Usage,
                    "key_exists",
                    format!("there is a key \"{}\" already", self.name.as_str()),
                )
                .about(self.name.as_str()));
            }
            let secret = Secret::generate(self.key_type.into())
                .map_err(|error| CliError::new(Exit::Unexpected, "key_generation_failed", error))?;
            let record = KeyRecord::new(secret.public_key().clone(), self.name.as_str(), now)
                .map_err(|error| CliError::new(Exit::Usage, "wrong_usage", error))?;
            store.insert(&record, &secret)?;
            let public_key = Text::from(secret.public_key().to_pem());
            Ok(KeyGenerate { key: Key::of(&record, &store.describe()), public_key, warnings: Vec::new() })
        });
        session.show(&report.await?)
    }
}
